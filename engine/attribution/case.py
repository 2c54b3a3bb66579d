"""What is attributed, and what an attribution is while it comes about."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from engine.errors import ExplainedError
from engine.models.classifier import Classifier
from engine.network.watched import Watched

_VALUES_AT_ONCE = 2**16
"""So many numbers of pictures are asked about in one pass, so that no piece of work takes long on a processor."""

_DELTA_TOLERANCE = 0.05
"""A sum that is off by more than this share is told of."""


@dataclass(frozen=True, eq=False)
class Case:
    """A picture before a network, and the class whose score z_c, a logit, is attributed to its pixels.

    Attributes:
        watched: the network.
        x: (1, C, H, W), pixels in [0, 1], in the network's type of numbers and on its device.
        label: the class c.
        layer: name of a node, for ways that depend on one; "" otherwise.
    """

    watched: Watched
    x: Tensor
    label: int
    layer: str = ""

    @property
    def classifier(self) -> Classifier:
        """The network as it is attacked."""
        return self.watched.classifier

    @property
    def at_once(self) -> int:
        """How many pictures of this size are asked about in one piece of work."""
        return max(1, _VALUES_AT_ONCE // self.x.numel())

    def scores(self, x: Tensor) -> Tensor:
        """(N, C, H, W) to z_c, (N,), without a graph."""
        return self.classifier.logits(x)[:, self.label]

    def gradients(self, x: Tensor) -> Tensor:
        """(N, C, H, W) to ∂z_c/∂x of each, the same shape, in single precision or better."""
        from captum.attr import Saliency  # takes half a second, and draws in a library for plots

        def differentiable(x: Tensor) -> Tensor:
            logits = self.classifier(x)
            check_differentiable(logits)
            return logits

        leaf = x.detach().clone().requires_grad_()
        found: Tensor = Saliency(differentiable).attribute(leaf, target=self.label, abs=False)
        return exact(found.detach())


@dataclass(frozen=True, eq=False)
class Attribution:
    """How far the work on one picture has come.

    Attributes:
        values: (C, H, W), or (1, H, W) where channels are not told apart; NaN where nothing is known yet.
        done, total: pieces of work.
        note: what is to be said of it, a sentence or more.
    """

    values: Tensor
    done: int = 1
    total: int = 1
    note: str = ""


class NoGradientError(ExplainedError):
    """A network whose answer does not lead back to the picture."""

    def __init__(self) -> None:
        super().__init__(
            "Which pixels count cannot be found by gradients",
            "no gradient comes back from the network's answer to the picture",
            "Choose occlusion, which needs none.",
        )


def check_differentiable(logits: Tensor) -> None:
    """Raises ``NoGradientError`` if nothing leads back from an answer."""
    if not logits.requires_grad:
        raise NoGradientError


def exact(values: Tensor) -> Tensor:
    """Half precision as single, so that sums lose nothing; anything better as it is."""
    return values.to(torch.promote_types(values.dtype, torch.float32))


def say_incomplete(case: Case, values: Tensor, remedy: str) -> str:
    """A sentence where an attribution does not add up to z_c(x) − z_c(black), as it should; "" where it does."""
    here, black = case.scores(torch.cat([case.x, torch.zeros_like(case.x)])).tolist()
    total, rise = float(values.sum()), here - black
    if abs(total - rise) <= _DELTA_TOLERANCE * max(abs(rise), 1e-3 * abs(here)):
        return ""
    return f"The map adds up to {total:.3g} and the score's rise from black is {rise:.3g}: {remedy}"
