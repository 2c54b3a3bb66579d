"""What an attack may do beside its budget: where, in which channels, on which grid, and which views it must survive."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import torch
from torch import Generator, Tensor
from torch.nn import functional

from engine.attacks.jpeg import compressed
from engine.catalogue.rules import Rules
from engine.errors import ExplainedError
from engine.masks import fitted, read_mask

View = Callable[[Tensor], Tensor]
"""Differentiable, from the pixels (N, C, H, W) to the ones that the network is shown instead."""


class RulesError(ExplainedError, ValueError):
    """Rules that no attack can keep to."""

    def __init__(self, field: str, why: str, remedy: str) -> None:
        super().__init__("The attack cannot keep to its rules", why, remedy)
        self.field = field


JPEG_QUALITY = (50, 95)
"""Between these a view's compression is drawn."""


@dataclass(frozen=True, eq=False)
class Ruling:
    """The rules of one run.

    Attributes:
        rules: as chosen.
        allowed: (1, C, H, W) of bool, where the picture may change; None is everywhere.
    """

    rules: Rules = Rules()  # noqa: RUF009 - frozen, so one default may be shared
    allowed: Tensor | None = None

    @property
    def is_free(self) -> bool:
        """Whether there is nothing to keep to."""
        return not (self.shapes_pictures or self.rules.views or self.rules.stop_early)

    @property
    def shapes_pictures(self) -> bool:
        """Whether a picture is shown otherwise than the attack makes it."""
        return self.allowed is not None or self.rules.eight_bit

    def shown(self, x: Tensor, clean: Tensor) -> Tensor:
        """What is left of ``x``, (N, C, H, W); differentiable as if values were not rounded.

        Args:
            x: pixels in [0, 1].
            clean: (1, C, H, W) the one clean picture of the whole batch.
        """
        if self.allowed is not None:
            x = torch.where(self.allowed, x, clean)
        if self.rules.eight_bit:
            x = (x.detach() * 255).round() / 255 + (x - x.detach())
        return x


FREE = Ruling()
"""No rules."""


def make_ruling(rules: Rules, mask: str, like: Tensor) -> Ruling:
    """The rules for pictures such as ``like``, (N, C, H, W).

    Args:
        rules: as chosen.
        mask: where the attack may act, as text of ``engine.masks``, stretched to the picture; empty is everywhere.
        like: whose shape and device count.

    Raises:
        ValueError: the mask is none.
        RulesError: nothing may change at all.
    """
    if not any(rules.channels[: like.shape[1]]):
        raise RulesError("rules", "no channel of the picture may change", "Allow one of red, green and blue.")
    channels = torch.tensor(rules.channels[: like.shape[1]], device=like.device)
    if not mask and bool(channels.all()):
        return Ruling(rules)
    allowed = channels.view(1, -1, 1, 1).expand(1, -1, *like.shape[2:])
    if mask:
        height, width = like.shape[2:]
        allowed = allowed & torch.from_numpy(fitted(read_mask(mask), (height, width))).to(like.device)
    if not bool(allowed.any()):
        why = "the mask leaves it no pixel that may change"
        raise RulesError("mask", why, "Paint an area where it may act, or let it act everywhere.")
    return Ruling(rules, allowed)


class Views:
    """Random views of a picture: another part of it, scaled back to its size, perhaps compressed.

    Args:
        rules: how many, how much is cut off, whether they are compressed.
        seed: of what is drawn.
    """

    def __init__(self, rules: Rules, seed: int) -> None:
        self._rules = rules
        self._source = Generator().manual_seed(seed)

    def draw(self) -> Iterator[View]:
        """As many as the rules ask for, others every time."""
        for _ in range(self._rules.views):
            share = 1 - self._rules.crop * self._uniform()
            left, top = (1 - share) * self._uniform(), (1 - share) * self._uniform()
            low, high = JPEG_QUALITY
            quality = round(low + (high - low) * self._uniform()) if self._rules.jpeg else None
            yield partial(_viewed, share=share, left=left, top=top, quality=quality)

    def _uniform(self) -> float:
        return float(torch.rand((), generator=self._source, dtype=torch.float64))


def _viewed(x: Tensor, *, share: float, left: float, top: float, quality: int | None) -> Tensor:
    height, width = x.shape[2:]
    rows, columns = max(round(share * height), 1), max(round(share * width), 1)
    first_row, first_column = round(top * height), round(left * width)
    part = x[:, :, first_row : first_row + rows, first_column : first_column + columns]
    seen = functional.interpolate(part, (height, width), mode="bilinear", align_corners=False)
    if quality is None:
        return seen
    levels = (seen.detach() * 255).round().clamp(0, 255).to(torch.uint8).cpu()
    squeezed = torch.stack([compressed(each, quality) for each in levels]).to(x.dtype).to(x.device) / 255
    return squeezed + (seen - seen.detach())  # compression has no slope of use: it counts as none (Athalye 2018)
