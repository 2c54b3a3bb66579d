"""σ-zero: gradient descent on a smooth count of the changed pixels (Cinà et al. 2025)."""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import Tensor

from engine.attacks.adam import Adam
from engine.attacks.dispatch import steps_of
from engine.attacks.found import Smallest
from engine.attacks.gradient import Look, judge, look
from engine.attacks.loss import lead
from engine.attacks.problem import Problem, Step
from engine.catalogue.attacks import SigmaZero

LAST_RATE = 0.1
"""The last rate as a part of the first."""


@steps_of.register
def _sigma_zero(attack: SigmaZero, problem: Problem) -> Iterator[Step]:
    """Algorithm 1, in the order of the authors' program: the threshold moves before it is applied.

    The iterate after the last step, which the program does not ask about, is tried as well.
    """
    descent = Descent(attack, problem)
    best: Smallest | None = None
    for index in range(attack.steps):
        seen = look(problem, descent.x, lead)
        step = Step(index, descent.x, seen.logits, seen.loss, seen.slope)
        yield step
        best = best or Smallest(problem, step)
        if index == 0 and best.is_trivial:
            yield best.step(1)
            return
        descent.take(index, seen, best.offer(step).view(-1, 1, 1, 1))
    end = judge(problem, descent.x, attack.steps)
    yield end
    if best is not None:
        best.offer(end)
        yield best.step(attack.last_index)


class Descent:
    """The pictures on their way down, with Adam's memory and every picture's threshold.

    Attributes:
        x: (N, C, H, W) where they are.
        threshold: (N, 1, 1, 1) τ.
    """

    def __init__(self, attack: SigmaZero, problem: Problem) -> None:
        self._attack = attack
        self._problem = problem
        self.x = problem.x
        self.threshold = torch.full_like(problem.x[:, :1, :1, :1], attack.threshold)
        self._adam = Adam(problem.x)

    def take(self, index: int, seen: Look, fools: Tensor) -> None:
        """Step ``index``, after a look at ``x``; ``fools`` (N, 1, 1, 1) tells which pictures do what they should."""
        attack, clean = self._attack, self._problem.x
        # A picture that fools has nothing to gain but fewer pixels: max(…, 0) of the loss is flat there.
        uphill = self.count_slope(self.x - clean) - torch.where(fools, 0.0, seen.gradient)
        moved = self.x - self._rate(index) * self._adam.way(_of_peak_one(uphill))
        drift = attack.drift * self._rate(index + 1)
        self.threshold = (self.threshold + torch.where(fools, drift, -drift)).clamp_(0, 1)
        self.x = self._sparse(moved.clamp_(0, 1))

    def count_slope(self, change: Tensor) -> Tensor:
        """The slope of the smooth count 1/d · Σ s / (s + σ), s = ‖δₚ‖² of every pixel or value, by δ."""
        attack = self._attack
        square = change.square().sum(1, keepdim=True) if attack.whole_pixels else change.square()
        return 2 * attack.sigma / square[0].numel() * change / (square + attack.sigma).square()

    def _rate(self, index: int) -> float:
        share = LAST_RATE + (1 - LAST_RATE) * (1 + math.cos(math.pi * index / self._attack.steps)) / 2
        return self._attack.rate * share

    def _sparse(self, x: Tensor) -> Tensor:
        """The pictures with everything put back that has changed by less than τ (the paper's projection Π)."""
        change = (x - self._problem.x).abs()
        if self._attack.whole_pixels:
            change = change.amax(1, keepdim=True)
        return torch.where(change < self.threshold, self._problem.x, x)


def _of_peak_one(gradient: Tensor) -> Tensor:
    """The gradient divided by its largest value; zero where it is zero at every pixel."""
    peak = gradient.abs().amax((1, 2, 3), keepdim=True)
    return gradient / torch.where(peak > 0, peak, 1.0)
