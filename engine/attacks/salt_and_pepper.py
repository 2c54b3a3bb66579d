"""Salt and pepper: blind noise on single pixels, more and more of it until the answer changes."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from engine.attacks.budget import ball, generators
from engine.attacks.decision import with_smallest
from engine.attacks.dispatch import steps_of
from engine.attacks.found import reaches
from engine.attacks.gradient import judge
from engine.attacks.problem import Problem, Step
from engine.attacks.resting import part
from engine.catalogue.attacks import SaltAndPepper

SPARE = 1.2
"""After a success no more than so many times its share of pixels is tried: more noise is not always a larger change."""


@steps_of.register
def _salt_and_pepper(attack: SaltAndPepper, problem: Problem) -> Iterator[Step | None]:
    """The search of Foolbox, which there makes ‖δ‖₂ smallest; here it is the size in the problem's norm.

    A step shows the noisy picture that was asked about, the last one the smallest that changed the answer.
    """
    clean = judge(problem, problem.x, 0)
    yield clean
    places = (~reaches(problem, clean.logits)).nonzero()[:, 0]
    steps = _walk(attack.steps, part(problem, places)) if len(places) else iter(())
    yield from with_smallest(problem, clean, places, steps)


def _walk(steps: int, problem: Problem) -> Iterator[Step]:
    sources, size = generators(problem.seeds), ball(problem.norm).size
    amount = Amount(len(problem.x), steps)
    nearest = torch.full((len(problem.x),), torch.inf, dtype=torch.float64)
    for index in range(steps):
        noisy = _peppered(problem.x, amount.share, sources)
        tried = judge(problem, noisy, index + 1)
        sizes = size(noisy - problem.x).flatten().cpu().double()
        is_best = reaches(problem, tried.logits).cpu() & (sizes < nearest)
        nearest = torch.where(is_best, sizes, nearest)
        amount.next(is_best, steps - index)
        yield tried


class Amount:
    """The share of pixels that become noise: it grows, and where that has succeeded it begins anew, below.

    Attributes:
        share: (N,) p, in double precision on the CPU.

    Args:
        count: N.
        steps: in how many it grows from 0 to 1.
    """

    def __init__(self, count: int, steps: int) -> None:
        self._low = torch.zeros(count, dtype=torch.float64)
        self._high = torch.ones(count, dtype=torch.float64)
        self._step = self._high / steps
        self.share = self._step

    def next(self, succeeded: Tensor, left: int) -> None:
        """Goes on to the next share.

        Args:
            succeeded: (N,) of bool, where this one has given the smallest change so far.
            left: how many steps there are, this one included.
        """
        self._low = torch.where(succeeded, self.share / 2, self._low)
        self._high = torch.where(succeeded, (SPARE * self.share).clamp(max=1), self._high)
        self._step = torch.where(succeeded, (self._high - self._low) / left, self._step)
        begins_anew = succeeded | (self.share == self._high)
        begun = torch.where(begins_anew, self._low, self.share)
        self.share = torch.minimum(begun + self._step, self._high)


def _peppered(x: Tensor, share: Tensor, sources: tuple[torch.Generator, ...]) -> Tensor:
    """``x`` (N, C, H, W) with a share (N,) of its pixels white or black, equally often, in all their channels."""
    shape = (1, *x.shape[2:])
    drawn = torch.stack([torch.rand(shape, generator=source, dtype=torch.float64) for source in sources])
    half = share.view(-1, 1, 1, 1) / 2
    salt, pepper = ((drawn >= 1 - half).to(x.device), (drawn < half).to(x.device))
    return x.masked_fill(salt, 1.0).masked_fill(pepper, 0.0)
