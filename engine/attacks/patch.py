"""Adversarial patches: a disc that is laid on a picture, wherever, however large and turned."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from engine.attacks.dispatch import steps_of
from engine.attacks.gradient import judge
from engine.attacks.problem import Problem, Step
from engine.catalogue.attacks import Patch
from engine.catalogue.crafted import CraftKind, find_crafted


@dataclass(frozen=True, eq=False)
class Places:
    """Where a disc lies on each of N pictures, all (N,), in pixels.

    Attributes:
        across: its middle, from the left end of the picture.
        down: its middle, from the upper end.
        radius: of the disc.
        turn: clockwise, in radians.
    """

    across: Tensor
    down: Tensor
    radius: Tensor
    turn: Tensor

    def offsets(self, like: Tensor) -> tuple[Tensor, Tensor]:
        """How far the middles of pixels are to the right of the disc's and below it, each (N, H, W)."""
        height, width = like.shape[2:]
        columns = torch.arange(width, device=like.device, dtype=like.dtype) + 0.5
        rows = torch.arange(height, device=like.device, dtype=like.dtype) + 0.5
        right = (columns - self.across[:, None])[:, None, :].expand(-1, height, -1)
        below = (rows - self.down[:, None])[:, :, None].expand(-1, -1, width)
        return right, below

    def covered(self, like: Tensor) -> Tensor:
        """The pixels whose middles lie on the disc, (N, 1, H, W) of bool."""
        right, below = self.offsets(like)
        inside: Tensor = right.square() + below.square() <= self.radius.square()[:, None, None]
        return inside[:, None]


def laid(x: Tensor, patch: Tensor, places: Places, covered: Tensor | None = None) -> Tensor:
    """Pictures with a patch on them, (N, C, H, W); differentiable by the patch.

    Args:
        x: (N, C, H, W).
        patch: (1, C, P, P), of which the disc that just fits in is shown.
        places: where.
        covered: (N, 1, H, W) of bool, which pixels are covered; None is all that lie on the disc.
    """
    right, below = places.offsets(x)
    cosine, sine = (each[:, None, None] for each in (places.turn.cos(), places.turn.sin()))
    radius = places.radius.clamp(min=1e-6)[:, None, None]
    grid = torch.stack(((cosine * right + sine * below) / radius, (cosine * below - sine * right) / radius), -1)
    seen = functional.grid_sample(
        patch.expand(len(x), -1, -1, -1), grid, mode="bilinear", padding_mode="border", align_corners=False
    )
    return torch.where(places.covered(x) if covered is None else covered, seen, x)


@steps_of.register
def _patch(attack: Patch, problem: Problem) -> Iterator[Step | None]:
    """The clean picture, then the one with the patch; the disc has the area ε, and covers no more than ε pixels.

    Raises:
        engine.catalogue.crafted.CraftedError: nothing that fits was kept, or it is damaged.
    """
    x = problem.x
    _, values = find_crafted(CraftKind.PATCH, attack.saved, x.shape[1])
    patch = torch.from_numpy(values)[None].to(x.dtype).to(x.device)
    area = problem.radius.flatten()
    places = Places(
        across=torch.full_like(area, attack.across * x.shape[3]),
        down=torch.full_like(area, attack.down * x.shape[2]),
        radius=(area / math.pi).sqrt(),
        turn=torch.full_like(area, math.radians(attack.turn)),
    )
    yield judge(problem, x, 0)
    yield judge(problem, laid(x, patch, places, _within(places, x, area)).clamp(0, 1), 1)


def _within(places: Places, x: Tensor, area: Tensor) -> Tensor:
    """The pixels on the disc, without the outermost where there are more of them than ε."""
    right, below = places.offsets(x)
    distances = (right.square() + below.square()).flatten(1)
    order = distances.argsort(dim=1, stable=True)
    places_in_order = torch.arange(order.shape[1], device=x.device).expand_as(order)
    rank = torch.empty_like(order).scatter_(1, order, places_in_order)
    nearest = (rank < area.floor()[:, None]).view(len(x), 1, *x.shape[2:])
    return places.covered(x) & nearest
