"""Random search: one square after another is changed, and kept where that helps. No gradient is asked for."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache

import torch
from torch import Generator, Tensor

from engine.attacks.budget import Ball, ball, generators
from engine.attacks.dispatch import steps_of
from engine.attacks.gradient import judge
from engine.attacks.loss import margin
from engine.attacks.problem import Problem, Step, choose
from engine.catalogue.attacks import Norm, Square

HALVED_AFTER = (10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000)
"""The part of the picture that a square covers is halved after so many of 10 000 queries.

These are the numbers of the authors' program, with which their results were measured; the paper's list (section 5)
leaves 500 out.
"""

TILES = 5
"""The start in L2 is a tiling of at least 5 × 5 (section 3.4)."""


@steps_of.register
def _square(attack: Square, problem: Problem) -> Iterator[Step]:
    """Andriushchenko et al. 2020, algorithm 1: the start is one query, and every step one more.

    A step shows the best picture so far and the answer to it. What is made smaller is the margin of the class to leave
    (section 3.1), or the cross-entropy of the one to reach; a picture that reaches it is never given up for one that
    does not. The paper stops where the answer has changed, and this goes on, as every attack here does.
    """
    budget = ball(problem.norm)(problem.x, problem.radius)
    search = _SEARCHES[problem.norm](budget)
    sources = generators(problem.seeds)
    best = judge(problem, search.start(sources), 0)
    lead = margin(best.logits, problem.labels)
    yield best
    height, width = problem.x.shape[2:]
    for index in range(attack.steps):
        share = share_of_pixels(attack.share, index, attack.steps)
        side = search.side(share * height * width, min(height, width))
        tried = judge(problem, search.change(best.x, side, sources), index + 1)
        tried_lead = margin(tried.logits, problem.labels)
        is_better = _is_better(problem, tried, tried_lead, best, lead)
        lead = torch.where(is_better, tried_lead, lead)
        best = replace(choose(is_better, tried, best), index=index + 1)
        yield best


def share_of_pixels(first: float, index: int, steps: int) -> float:
    """p, the part of the picture that the square covers in query ``index`` of ``steps``, counted from 0.

    Args:
        first: p in the first queries.
        index: of the query.
        steps: how many queries there are; the schedule of 10 000 is stretched to them.
    """
    at = index * 10_000 // steps
    return float(first / 2 ** sum(at > each for each in HALVED_AFTER))


class Search(ABC):
    """Where a search begins and what it tries next; every image draws from a source of its own.

    Args:
        budget: the balls around the clean pictures.
    """

    smallest: int

    def __init__(self, budget: Ball) -> None:
        self._budget = budget

    def side(self, area: float, limit: int) -> int:
        """How many pixels long a square of that area is, at most ``limit``."""
        return min(self._whole(max(round(math.sqrt(area)), self.smallest)), limit)

    def _whole(self, side: int) -> int:
        return side

    @abstractmethod
    def start(self, sources: tuple[Generator, ...]) -> Tensor:
        """The first pictures, (N, C, H, W), within the budget."""

    @abstractmethod
    def change(self, x: Tensor, side: int, sources: tuple[Generator, ...]) -> Tensor:
        """``x``, (N, C, H, W), with one square of each changed, within the budget."""


class LinfSearch(Search):
    """Every value is at clean − ε or clean + ε, but for what leaves [0, 1] (section 3.3)."""

    smallest = 1

    def start(self, sources: tuple[Generator, ...]) -> Tensor:
        """Vertical stripes, each of one pixel: ±ε at random for every column and channel."""
        x = self._budget.centre
        stripes = torch.stack([_signs((x.shape[1], 1, x.shape[3]), source, x) for source in sources])
        return self._budget.project(x + self._budget.radius * stripes)

    def change(self, x: Tensor, side: int, sources: tuple[Generator, ...]) -> Tensor:
        """±2ε in a square, one sign for each channel, so that projecting leaves its values at ±ε (algorithm 2)."""
        windows = [_window(x.shape[1:], side, source) for source in sources]
        signs = torch.stack([torch.randint(0, 2, (x.shape[1], 1, 1), generator=source) for source in sources])
        shift = 2 * self._budget.radius * (signs * 2 - 1).to(x.dtype).to(x.device)
        tried = x.clone()
        for picture, (rows, columns), by in zip(tried, windows, shift, strict=True):
            picture[:, rows, columns].add_(by)
        return self._budget.project(tried)


class L2Search(Search):
    """The perturbation is always ε long before it is cut to [0, 1] (section 3.4)."""

    smallest = 3

    def _whole(self, side: int) -> int:
        return side + 1 - side % 2

    def start(self, sources: tuple[Generator, ...]) -> Tensor:
        """A tiling of η, each tile with random signs and turned or not."""
        x = self._budget.centre
        height, width = x.shape[2:]
        side = max(1, min(height, width) // TILES)
        delta = torch.zeros_like(x)
        for change, source in zip(delta, sources, strict=True):
            for top in range(height % side // 2, height - side + 1, side):
                for left in range(width % side // 2, width - side + 1, side):
                    tile = _turned(side, source, x) * _signs((x.shape[1], 1, 1), source, x)
                    change[:, top : top + side, left : left + side] = tile
        return self._at_length(delta)

    def change(self, x: Tensor, side: int, sources: tuple[Generator, ...]) -> Tensor:
        """Algorithm 3: one window is emptied, and another takes over its size and what is left of ε."""
        delta = x - self._budget.centre
        for change, radius, source in zip(delta, self._budget.radius, sources, strict=True):
            self._shift(change, radius, side, source)
        return self._at_length(delta)

    def _shift(self, delta: Tensor, radius: Tensor, side: int, source: Generator) -> None:
        """The same for one image's perturbation (C, H, W), in place.

        In the window, ν is the sum of what was there and of ±η, both of length 1, brought to the length
        √(‖δ in both windows‖² + (ε² − ‖δ‖²) / C) in every channel.
        """
        channels = len(delta)
        to, away = (_window(delta.shape, side, source) for _ in range(2))
        both = torch.zeros_like(delta, dtype=torch.bool)
        both[:, *to] = both[:, *away] = True
        unused = (radius.square() - delta.square().sum()).clamp(min=0)
        wanted = ((delta * both).square().sum((1, 2), keepdim=True) + unused / channels).sqrt()
        eta = _turned(side, source, delta) * _signs((channels, 1, 1), source, delta)
        mixed = _of_length_one(_of_length_one(delta[:, *to]) + eta)
        delta[:, *away] = 0
        delta[:, *to] = mixed * wanted

    def _at_length(self, delta: Tensor) -> Tensor:
        """Clean pictures moved by ε in the directions of ``delta``, within [0, 1]."""
        return self._budget.project(self._budget.centre + self._budget.radius * self._budget.steepest(delta))


_SEARCHES: Mapping[Norm, type[Search]] = {Norm.LINF: LinfSearch, Norm.L2: L2Search}


@lru_cache(maxsize=64)  # every picture asks for it at every step, and the sides are few
def eta(side: int) -> Tensor:
    """η, (side, side) in double precision and of length 1: two hills, one above the other, the lower one negative.

    Equation 4: each half is η at (r, s) = Σ 1 / k² over k from 1 + max(|r − ⌊h/2⌋|, |s − ⌊w/2⌋|) to 1 + ⌊m/2⌋, for a
    half of h × w and m the larger of the two.
    """
    upper = side // 2
    return _of_length_one(torch.cat([_hill(upper, side), -_hill(side - upper, side)]))


def _hill(height: int, width: int) -> Tensor:
    """One half of η, of length 1."""
    rows, columns = (torch.arange(size) - size // 2 for size in (height, width))
    far = torch.maximum(rows.abs()[:, None], columns.abs())
    terms = 1 / torch.arange(1, max(height, width) // 2 + 2, dtype=torch.float64).square()
    return _of_length_one(terms.flip(0).cumsum(0).flip(0)[far])


def _turned(side: int, source: Generator, like: Tensor) -> Tensor:
    """η as it is or on its side, equally often; (1, side, side) like the pictures."""
    is_turned = bool(torch.randint(0, 2, (), generator=source))
    shape = eta(side)
    return (shape.T if is_turned else shape)[None].to(like.dtype).to(like.device)


def _signs(shape: tuple[int, ...], source: Generator, like: Tensor) -> Tensor:
    """+1 or −1, equally often, like the pictures."""
    drawn = torch.randint(0, 2, shape, generator=source) * 2 - 1
    return drawn.to(like.dtype).to(like.device)


def _window(shape: torch.Size, side: int, source: Generator) -> tuple[slice, slice]:
    """Rows and columns of a square."""
    top, left = _corner(shape, side, source)
    return slice(top, top + side), slice(left, left + side)


def _corner(shape: torch.Size, side: int, source: Generator) -> tuple[int, int]:
    """First row and first column of a square, every place that has room for it equally likely.

    The authors' program never draws the last row and column; this keeps to the paper.
    """
    height, width = shape[-2:]
    top = int(torch.randint(0, height - side + 1, (), generator=source))
    left = int(torch.randint(0, width - side + 1, (), generator=source))
    return top, left


def _of_length_one(values: Tensor) -> Tensor:
    """(…, h, w) divided by its length over the last two dimensions; zero where it is zero."""
    length = values.square().sum((-2, -1), keepdim=True).sqrt()
    return values / torch.where(length > 0, length, 1.0)


def _is_better(problem: Problem, tried: Step, tried_lead: Tensor, best: Step, best_lead: Tensor) -> Tensor:
    """Which of the pictures that were tried take the place of the best ones, (N,) of bool.

    The leads, (N,), are the margins of the label.
    """
    if not problem.targeted:
        return tried_lead < best_lead
    hits, best_hits = tried_lead > 0, best_lead > 0
    return (hits & ~best_hits) | ((tried.loss < best.loss) & (hits | ~best_hits))
