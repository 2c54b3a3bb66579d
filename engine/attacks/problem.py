"""What an attack is given, and what it gives back at every step."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from engine.attacks.ruling import FREE, Ruling, Views
from engine.catalogue.attacks import Norm
from engine.catalogue.joining import Joining

if TYPE_CHECKING:
    from engine.attacks.climbing import Climb

Model = Callable[[Tensor], Tensor]
"""Pixels (N, C, H, W) in [0, 1] to logits (N, K)."""


@dataclass(frozen=True, eq=False)
class Ensemble:
    """What an attack is crafted on beside one model.

    Attributes:
        models: each takes the same pictures and knows the same classes.
        joining: what is averaged over them and that one.
    """

    models: tuple[Model, ...]
    joining: Joining = Joining.LOGITS


@dataclass(frozen=True, eq=False)
class Problem:
    """A batch of pictures, and what is to become of each.

    Attributes:
        model: pixels in [0, 1] to logits; normalisation happens inside.
        x: (N, C, H, W) clean pictures in [0, 1], of the model's type.
        labels: (N,) of int64, the class to leave, or to reach when ``targeted``.
        targeted: whether ``labels`` are to be reached.
        norm: the norm in which ε is measured.
        epsilon: the size of the perturbation, one number or one per image, (N, 1, 1, 1).
        seeds: one per image; all that an attack draws for an image comes from its seed.
        ruling: what the attack may do beside its budget; ``run`` sees to it.
        views: other views of the pictures, over which every gradient is averaged; set by ``run``.
        ensemble: other models that the attack is crafted on too; ``model`` alone judges what comes out.

    Raises:
        ValueError: an argument does not fit; the message begins with its name.
    """

    model: Model
    x: Tensor
    labels: Tensor
    targeted: bool
    norm: Norm
    epsilon: Tensor | float
    seeds: tuple[int, ...]
    ruling: Ruling = FREE
    views: Views | None = None
    ensemble: Ensemble | None = None

    def __post_init__(self) -> None:
        self._check_pictures()
        self._check_labels()
        self._check_budget()
        if len(self.seeds) != len(self.x):
            raise ValueError(f"seeds: there must be one per image, {len(self.x)}, not {len(self.seeds)}")

    @property
    def others(self) -> tuple[Model, ...]:
        """The other models that the attack is crafted on."""
        return () if self.ensemble is None else self.ensemble.models

    @cached_property
    def apart(self) -> tuple[Problem, ...]:
        """The same problem posed to each of the other models alone."""
        return tuple(replace(self, model=each, ensemble=None) for each in self.others)

    @cached_property
    def radius(self) -> Tensor:
        """ε of every image, (N, 1, 1, 1), in the type and on the device of ``x``."""
        # The type first: some devices have no double precision to arrive in.
        return self._sizes().to(self.x.dtype).to(self.x.device).expand(len(self.x), 1, 1, 1)

    @property
    def highest_label(self) -> int:
        """The largest of ``labels``."""
        return self._ends_of_labels[1]

    @cached_property
    def layers(self) -> tuple[nn.Module, ...]:
        """The modules of the model, all the way down; none if it is a plain function."""
        return tuple(self.model.modules()) if isinstance(self.model, nn.Module) else ()

    @cached_property
    def _ends_of_labels(self) -> tuple[int, int]:
        """The smallest and the largest of ``labels``."""
        low, high = (int(each) for each in torch.aminmax(self.labels))
        return low, high

    def _sizes(self) -> Tensor:
        given = self.epsilon
        return given.detach() if isinstance(given, Tensor) else torch.tensor(given, dtype=torch.float64)

    def _check_pictures(self) -> None:
        x = self.x
        if x.ndim != 4 or x.numel() == 0:
            raise ValueError(f"x: must be a batch of pictures, (N, C, H, W), not of shape {tuple(x.shape)}")
        if not x.is_floating_point():
            raise ValueError(f"x: must hold floating-point pixels in [0, 1], not {x.dtype}")
        low, high = (float(each) for each in torch.aminmax(x.detach()))
        if not (low >= 0 and high <= 1):
            raise ValueError(f"x: pixels must lie in [0, 1], not in [{low:.3g}, {high:.3g}]")

    def _check_labels(self) -> None:
        labels = self.labels
        if labels.dtype != torch.int64 or labels.shape != (len(self.x),):
            raise ValueError(
                f"labels: must be {len(self.x)} whole numbers (int64), not {labels.dtype} of {tuple(labels.shape)}"
            )
        if self._ends_of_labels[0] < 0:
            raise ValueError("labels: a class is a number from 0 on")

    def _check_budget(self) -> None:
        if not isinstance(self.norm, Norm):
            raise ValueError(f"norm: must be one of {', '.join(Norm)}, not {self.norm!r}")
        low = high = self.epsilon
        if isinstance(low, Tensor):
            if low.ndim and low.shape not in {(1, 1, 1, 1), (len(self.x), 1, 1, 1)}:
                raise ValueError(f"epsilon: must be one number or ({len(self.x)}, 1, 1, 1), not {tuple(low.shape)}")
            low, high = (float(each) for each in torch.aminmax(low.detach()))
        if not (low >= 0 and high < math.inf):  # false where it is not a number, too
            raise ValueError("epsilon: must be finite and not negative")


@dataclass(frozen=True, eq=False)
class Step:
    """One iterate of an attack, before it is updated; all from one forward pass.

    Attributes:
        index: k for the iterate xₖ; 0 is the start, and an attack of n steps ends with n.
        x: (N, C, H, W) the iterate; never changed afterwards.
        logits: (N, K) the network's answer to ``x``.
        loss: (N,) cross-entropy of the class to leave or to reach.
        slope: (N,) the largest value of the gradient at ``x``, max |∂J/∂x|; None where no gradient was taken, as at
            the last iterate, and not a number for a picture that rests while others are attacked. Where it is
            estimated from answers alone, that of the estimate which led to ``x``.
        queries: how many pictures the network was asked about so far, for one of the batch: its forward passes. Where
            some of the batch rest, it is the mean, rounded down. ``run`` counts; in a step from elsewhere it is 0.
        moved: (N,) how far any point of the picture is moved at most, in pixels; None where nothing is moved.
        by: the member that made each picture, (N) names of attacks, where an attack is made of several; else empty.
        came: the step along a gradient that led to ``x`` from the iterate before; None at a start, at a picture that is
            shown once more, and where an attack goes another way. Of a batch, it is that of the pictures that move.
    """

    index: int
    x: Tensor
    logits: Tensor
    loss: Tensor
    slope: Tensor | None = None
    queries: int = 0
    moved: Tensor | None = None
    by: tuple[str, ...] = ()
    came: Climb | None = None

    @property
    def flat(self) -> Tensor | None:
        """Where the gradient is zero at every pixel, so that it shows no way, (N,) of bool."""
        return None if self.slope is None else self.slope == 0

    @property
    def nbytes(self) -> int:
        """What it takes to keep it among other iterates."""
        return self.x.nbytes + (0 if self.came is None else self.came.nbytes)


def choose(which: Tensor, one: Step, other: Step) -> Step:
    """``one`` for the images where ``which`` is true, (N,) of bool, and ``other`` for the rest; no slope, no climb."""
    mix = mixing(which)
    return replace(
        other,
        x=mix(one.x, other.x),
        logits=mix(one.logits, other.logits),
        loss=mix(one.loss, other.loss),
        slope=None,
        came=None,
        moved=None if one.moved is None or other.moved is None else mix(one.moved, other.moved),
    )


def mixing(which: Tensor) -> Callable[[Tensor, Tensor], Tensor]:
    """From two tensors (N, …) the first's rows where ``which`` is true, (N,) of bool, and the second's elsewhere.

    Where that is all of one of them it is that one itself: most often nothing is better, and nothing to be copied.
    """
    count = int(which.sum())
    if count == 0:
        return lambda _one, other: other
    if count == len(which):
        return lambda one, _other: one
    return lambda one, other: torch.where(which.view(-1, *(1,) * (one.ndim - 1)), one, other)
