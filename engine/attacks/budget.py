"""Budgets: the balls of a norm around the clean pictures, cut with the box [0, 1].

A norm is a few small methods (a random start, the steepest direction, the projection), and the loop of the iterated
attacks is written once for all of them.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence

import torch
from torch import Tensor

from engine.catalogue.attacks import Norm

SPREAD = 0.01
"""The part of the values that one step in L1 changes, as in the authors' program."""

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

    def uphill(self, x: Tensor, gradient: Tensor) -> Tensor:  # noqa: ARG002 - for norms that need it
        """The direction of size 1 for a small step from ``x``: the steepest one, where the norm has no better."""
        return self.steepest(gradient)

    def onto(self, x: Tensor) -> Tensor | None:  # noqa: ARG002 - for norms that go two ways
        """``x`` brought within ε, but not into [0, 1] yet; None in a norm that does both at once."""
        return None

    def shorten(self, x: Tensor) -> Tensor:
        """The picture on the straight way from the clean one to ``x`` where ε is reached, or ``x`` if it is nearer."""
        size = self.size(x - self.centre)
        share = torch.where(size > self.radius, self.radius / size, 1.0)
        return torch.where(share < 1, (self.centre + share * (x - self.centre)).clamp_(0, 1), x)

    @staticmethod
    @abstractmethod
    def size(change: Tensor) -> Tensor:
        """The norm of every image's change, (N, 1, 1, 1)."""

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

    def onto(self, x: Tensor) -> Tensor:
        """The nearest point within ε."""
        return torch.clamp(x, self.centre - self.radius, self.centre + self.radius)

    def project(self, x: Tensor) -> Tensor:
        """The nearest point of the box."""
        return torch.clamp(x, self._low, self._high)

    @staticmethod
    def size(change: Tensor) -> Tensor:
        """The largest, max |δ|."""
        return change.abs().amax((1, 2, 3), keepdim=True)

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
        return self.onto(x).clamp_(0, 1)

    def onto(self, x: Tensor) -> Tensor:
        """The nearest point within ε."""
        change = x - self.centre
        size = _length(change)
        return self.centre + change * torch.where(size > self.radius, self.radius / size, 1.0)

    @staticmethod
    def size(change: Tensor) -> Tensor:
        """√Σδ²; the largest value is taken out first, since the squares of small ones would vanish."""
        peak = change.abs().amax((1, 2, 3), keepdim=True)
        return peak * _length(change / torch.where(peak > 0, peak, 1.0))

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


class L1Ball(Ball):
    """Σ|x′ − x| ≤ ε."""

    def project(self, x: Tensor) -> Tensor:
        """The nearest point of the ball's cut with [0, 1] (Croce & Hein 2021, arXiv:2103.01208, proposition 2.2).

        It is |δᵢ| = min(max(|vᵢ| − θ, 0), cᵢ), cᵢ being the room that value has in [0, 1] and θ such that the sum is
        ε. Going onto the ball first and into [0, 1] after, as is usual for other norms, would leave much of ε unused
        in L1, where single values change a lot.
        """
        change = (x - self.centre).flatten(1)
        centre = self.centre.flatten(1)
        room = torch.where(change > 0, 1 - centre, centre)
        sizes = change.abs()
        radius = self.radius.flatten(1)
        kept = torch.minimum((sizes - _threshold(sizes, room, radius)).clamp_(min=0), room)
        total = kept.sum(1, keepdim=True)
        kept = kept * torch.where(total > radius, radius / total, 1.0)  # what rounding has left above ε
        return (centre + kept * change.sign()).clamp_(0, 1).view_as(x)

    def uphill(self, x: Tensor, gradient: Tensor) -> Tensor:
        """The same in each of the hundredth of the values with the largest |g|, among those that have room.

        The steepest direction changes one value only, which is soon at its end (Tramèr & Boneh 2019,
        arXiv:1904.13000, section 4.1: sparse L1 descent). Values that are at their end are pushed on, or the projection
        would take them back a little, and they would be the ones to move at every step.
        """
        is_stuck = ((x <= 0) & (gradient < 0)) | ((x >= 1) & (gradient > 0))
        flat = torch.where(is_stuck, 0.0, gradient).flatten(1)
        values = flat.shape[1]
        places = flat.abs().topk(values - math.ceil((1 - SPREAD) * (values - 1)), dim=1).indices
        signs = torch.zeros_like(flat).scatter_(1, places, flat.gather(1, places).sign())
        share = 1 / signs.abs().sum(1).clamp_(min=1)
        return share[:, None, None, None] * torch.where(is_stuck, gradient.sign(), signs.view_as(gradient))

    @staticmethod
    def size(change: Tensor) -> Tensor:
        """Σ|δ|."""
        return change.abs().sum((1, 2, 3), keepdim=True)

    @staticmethod
    def steepest(gradient: Tensor) -> Tensor:
        """All of it in the one value with the largest |g|, which maximises ⟨g, d⟩ over Σ|d| ≤ 1."""
        flat = gradient.flatten(1)
        place = flat.abs().argmax(1, keepdim=True)
        return torch.zeros_like(flat).scatter_(1, place, flat.gather(1, place).sign()).view_as(gradient)

    @staticmethod
    def on_edge(shape: torch.Size, generator: torch.Generator) -> Tensor:
        """A uniform point of the surface: exponential values with random signs, divided by their sum."""
        sizes = -torch.rand(shape, generator=generator, dtype=torch.float64).clamp_(min=1e-300).log()
        signs = torch.randint(0, 2, shape, generator=generator).double() * 2 - 1
        return signs * sizes / sizes.sum()

    @staticmethod
    def _inside(shape: torch.Size, generator: torch.Generator) -> Tensor:
        direction = L1Ball.on_edge(shape, generator)
        volume = torch.rand((), generator=generator, dtype=torch.float64)
        return direction * volume ** (1 / shape.numel())


class L0Ball(Ball):
    """At most ε pixels differ, in whatever channel; ε is rounded down to a whole number."""

    def project(self, x: Tensor) -> Tensor:
        """Keeps the ε pixels that changed most, Σ|δ| over the channels, and puts the others back."""
        changes = (x - self.centre).abs().sum(1).flatten(1)
        order = changes.argsort(stable=True, dim=1, descending=True)
        rank = torch.empty_like(order).scatter_(
            1, order, torch.arange(order.shape[1], device=x.device).expand_as(order)
        )
        kept = (rank < self.radius.flatten(1).floor()).view(len(x), 1, *x.shape[2:])
        return torch.where(kept, x, self.centre).clamp(0, 1)

    def shorten(self, x: Tensor) -> Tensor:
        """There is no straight way in L0: the pixels that changed least are put back."""
        return self.project(x)

    @staticmethod
    def size(change: Tensor) -> Tensor:
        """How many pixels are changed."""
        return (change != 0).any(1, keepdim=True).sum((2, 3), keepdim=True).to(change.dtype)

    @staticmethod
    def steepest(gradient: Tensor) -> Tensor:
        """The pixel with the largest Σ|g| over its channels, each of which goes all the way."""
        strength = gradient.abs().sum(1).flatten(1)
        chosen = torch.zeros_like(strength).scatter_(1, strength.argmax(1, keepdim=True), 1.0)
        return gradient.sign() * chosen.view(len(gradient), 1, *gradient.shape[2:])

    @staticmethod
    def on_edge(shape: torch.Size, generator: torch.Generator) -> Tensor:
        """One pixel at random, each channel of it up or down."""
        chosen = torch.zeros(shape[1:], dtype=torch.float64).flatten()
        chosen[torch.randint(0, len(chosen), (), generator=generator)] = 1
        signs = torch.randint(0, 2, (shape[0], 1, 1), generator=generator).double() * 2 - 1
        return signs * chosen.view(1, *shape[1:])

    @staticmethod
    def _inside(shape: torch.Size, generator: torch.Generator) -> Tensor:
        return L0Ball.on_edge(shape, generator)


_BALLS: Mapping[Norm, type[Ball]] = {Norm.LINF: LinfBall, Norm.L2: L2Ball, Norm.L1: L1Ball, Norm.L0: L0Ball}


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


def _threshold(sizes: Tensor, room: Tensor, radius: Tensor) -> Tensor:
    """θ ≥ 0 with Σ min(max(sᵢ − θ, 0), cᵢ) = ε, or 0 where the sum is no larger even then; (N, 1).

    The sum is Σ max(sᵢ − θ, 0) − Σ max(sᵢ − cᵢ − θ, 0): linear in θ between its 2d corners, which are gone through from
    the largest one down.

    Args:
        sizes: (N, d) s.
        room: (N, d) c.
        radius: (N, 1) ε.
    """
    excess = torch.minimum(sizes, room).sum(1, keepdim=True) > radius
    if not bool(excess.any()):
        return torch.zeros_like(radius)
    corners = torch.cat([sizes, sizes - room], 1)
    # Those below 0 are never reached; along an attack most values are unchanged, and sorting takes long.
    corners, order = corners.topk(int((corners > 0).sum(1).max()), dim=1)
    weights = torch.where(order < sizes.shape[1], 1.0, -1.0).to(sizes.dtype)
    slopes, sums = weights.cumsum(1), (weights * corners).cumsum(1)
    # The last corner at which the sum is still within ε; the sum rises from one corner to the next.
    last = ((sums - corners * slopes <= radius).sum(1, keepdim=True) - 1).clamp_(min=0)
    slope = slopes.gather(1, last)
    theta = (sums.gather(1, last) - radius) / torch.where(slope > 0, slope, 1.0)
    return torch.where(excess, theta.clamp_(min=0), 0.0)


def _length(change: Tensor) -> Tensor:
    """‖·‖₂ of every image, (N, 1, 1, 1)."""
    return change.square().sum((1, 2, 3), keepdim=True).sqrt()
