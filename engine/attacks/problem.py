"""What an attack is given, and what it gives back at every step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor, nn

from engine.catalogue.attacks import Norm

Model = Callable[[Tensor], Tensor]
"""Pixels (N, C, H, W) in [0, 1] to logits (N, K)."""


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

    def __post_init__(self) -> None:
        self._check_pictures()
        self._check_labels()
        self._check_budget()
        if len(self.seeds) != len(self.x):
            raise ValueError(f"seeds: there must be one per image, {len(self.x)}, not {len(self.seeds)}")

    @cached_property
    def radius(self) -> Tensor:
        """ε of every image, (N, 1, 1, 1), in the type and on the device of ``x``."""
        # The type first: some devices have no double precision to arrive in.
        return self._sizes().to(self.x.dtype).to(self.x.device).expand(len(self.x), 1, 1, 1)

    @cached_property
    def highest_label(self) -> int:
        """The largest of ``labels``."""
        return int(self.labels.max())

    @cached_property
    def layers(self) -> tuple[nn.Module, ...]:
        """The modules of the model, all the way down; none if it is a plain function."""
        return tuple(self.model.modules()) if isinstance(self.model, nn.Module) else ()

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
        if bool((labels < 0).any()):
            raise ValueError("labels: a class is a number from 0 on")

    def _check_budget(self) -> None:
        if not isinstance(self.norm, Norm):
            raise ValueError(f"norm: must be one of {', '.join(Norm)}, not {self.norm!r}")
        sizes = self._sizes()
        if sizes.ndim and sizes.shape not in {(1, 1, 1, 1), (len(self.x), 1, 1, 1)}:
            raise ValueError(f"epsilon: must be one number or ({len(self.x)}, 1, 1, 1), not {tuple(sizes.shape)}")
        if not bool((sizes >= 0).all() and sizes.isfinite().all()):
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
    """

    index: int
    x: Tensor
    logits: Tensor
    loss: Tensor
    slope: Tensor | None = None
    queries: int = 0

    @property
    def flat(self) -> Tensor | None:
        """Where the gradient is zero at every pixel, so that it shows no way, (N,) of bool."""
        return None if self.slope is None else self.slope == 0
