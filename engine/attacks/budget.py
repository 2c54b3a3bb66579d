"""Budgets: the balls of a norm around the clean pictures, cut with the box [0, 1].

A norm is a few small methods (a random start, the steepest direction, the projection), and the loop of the iterated
attacks is written once for all of them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence

import torch
from torch import Tensor

from engine.catalogue.attacks import Norm

Draw = Callable[[torch.Size, torch.Generator], Tensor]
"""Draws one image's numbers, of the given shape (C, H, W), in double precision on the CPU."""


class Ball(ABC):
    """All pictures within ε of a clean one, and within [0, 1]; a batch of such sets.

    Args:
        centre: (N, C, H, W) the clean pictures, in [0, 1].
        radius: (N, 1, 1, 1) ε of each.
    """

    def __init__(self, centre: Tensor, radius: Tensor) -> None:
        self.centre = centre
        self.radius = radius

    def random_start(self, seeds: Sequence[int]) -> Tensor:
        """A point drawn uniformly from the norm's ball, then brought into [0, 1] (Madry et al. 2018, section 2.1)."""
        return next(self.random_starts(seeds))

    def random_starts(self, seeds: Sequence[int]) -> Iterator[Tensor]:
        """Such points without end, each independent of the others."""
        sources = generators(seeds)
        while True:
            yield self.project(self.centre + self.radius * _drawn_by(self._inside, sources, self.centre))

    @abstractmethod
    def project(self, x: Tensor) -> Tensor:
        """The picture of the set that stands for ``x``: near it, within ε, within [0, 1]."""

    @staticmethod
    @abstractmethod
    def steepest(gradient: Tensor) -> Tensor:
        """The direction of size 1 along which the gradient promises most; zero where the gradient is zero."""

    @staticmethod
    @abstractmethod
    def on_edge(shape: torch.Size, generator: torch.Generator) -> Tensor:
        """A random direction of size exactly 1."""

    @staticmethod
    @abstractmethod
    def _inside(shape: torch.Size, generator: torch.Generator) -> Tensor:
        """A uniform random point of the ball of radius 1."""


class LinfBall(Ball):
    """max |x′ − x| ≤ ε: a box itself, so that its cut with [0, 1] is one box, found once."""

    def __init__(self, centre: Tensor, radius: Tensor) -> None:
        super().__init__(centre, radius)
        self._low = (centre - radius).clamp_(min=0)
        self._high = (centre + radius).clamp_(max=1)

    def project(self, x: Tensor) -> Tensor:
        """The nearest point of the box."""
        return torch.clamp(x, self._low, self._high)

    @staticmethod
    def steepest(gradient: Tensor) -> Tensor:
        """The sign of g, which maximises ⟨g, d⟩ over max |d| ≤ 1 (Goodfellow et al. 2015)."""
        return gradient.sign()

    @staticmethod
    def on_edge(shape: torch.Size, generator: torch.Generator) -> Tensor:
        """A corner: every value ±1."""
        return torch.randint(0, 2, shape, generator=generator).double() * 2 - 1

    @staticmethod
    def _inside(shape: torch.Size, generator: torch.Generator) -> Tensor:
        return torch.rand(shape, generator=generator, dtype=torch.float64) * 2 - 1


class L2Ball(Ball):
    """√Σ(x′ − x)² ≤ ε."""

    def project(self, x: Tensor) -> Tensor:
        """First onto the ball, then into [0, 1], which lies around the centre and so brings x no further from it.

        This is the order of the literature. The nearest point of the cut would take a search along a line.
        """
        change = x - self.centre
        size = _length(change)
        inside = self.centre + change * torch.where(size > self.radius, self.radius / size, 1.0)
        return inside.clamp_(0, 1)

    @staticmethod
    def steepest(gradient: Tensor) -> Tensor:
        """The unit vector g / ‖g‖₂, which maximises ⟨g, d⟩ over ‖d‖₂ ≤ 1.

        The gradient is scaled by its largest value first: the squares of a small one would vanish, and a floor under
        the norm instead would make the step too short.
        """
        peak = gradient.abs().amax((1, 2, 3), keepdim=True)
        scaled = gradient / torch.where(peak > 0, peak, 1.0)
        return scaled / torch.where(peak > 0, _length(scaled), 1.0)

    @staticmethod
    def on_edge(shape: torch.Size, generator: torch.Generator) -> Tensor:
        """A point of the unit sphere: a Gaussian one, divided by its length."""
        gaussian = torch.randn(shape, generator=generator, dtype=torch.float64)
        return gaussian / gaussian.square().sum().sqrt()

    @staticmethod
    def _inside(shape: torch.Size, generator: torch.Generator) -> Tensor:
        direction = L2Ball.on_edge(shape, generator)
        # The share of the ball within radius r is r^d, so that r = u^(1/d) for a uniform u.
        volume = torch.rand((), generator=generator, dtype=torch.float64)
        return direction * volume ** (1 / shape.numel())


_BALLS: Mapping[Norm, type[Ball]] = {Norm.LINF: LinfBall, Norm.L2: L2Ball}


def ball(norm: Norm) -> type[Ball]:
    """The kind of ball that a norm has."""
    return _BALLS[norm]


def drawn(draw: Draw, seeds: Sequence[int], like: Tensor) -> Tensor:
    """Random numbers for a batch, (N, C, H, W), each image's from a generator of its own with its own seed.

    Args:
        draw: draws one image's numbers.
        seeds: one per image.
        like: (N, C, H, W), whose shape, type and device the result has.
    """
    return _drawn_by(draw, generators(seeds), like)


def generators(seeds: Sequence[int]) -> tuple[torch.Generator, ...]:
    """A source of random numbers for every image, to draw from again and again.

    They are on the CPU and draw in double precision, so that what they draw does not depend on the batch, the device
    or, but for rounding, the type.
    """
    return tuple(torch.Generator().manual_seed(seed) for seed in seeds)


def _drawn_by(draw: Draw, sources: Sequence[torch.Generator], like: Tensor) -> Tensor:
    return torch.stack([draw(like.shape[1:], source).to(like.dtype) for source in sources]).to(like.device)


def _length(change: Tensor) -> Tensor:
    """‖·‖₂ of every image, (N, 1, 1, 1)."""
    return change.square().sum((1, 2, 3), keepdim=True).sqrt()
