"""FMN: a ball that shrinks while the picture in it fools, and grows while it does not (Pintor et al. 2021)."""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import Tensor

from engine.attacks.budget import L2Ball, ball
from engine.attacks.dispatch import steps_of
from engine.attacks.found import Smallest
from engine.attacks.gradient import Look, judge, look
from engine.attacks.hyperplane import DUAL
from engine.attacks.loss import lead
from engine.attacks.problem import Problem, Step
from engine.catalogue.attacks import FMN, Norm

LAST_STEP = 0.01
"""The last step as a part of the first, α_K / α₀."""

LAST_SHARE = 0.001
"""By what part the ball shrinks and grows in the end, γ_K."""


@steps_of.register
def _fmn(attack: FMN, problem: Problem) -> Iterator[Step]:
    """Algorithm 1. The iterate after the last step, which the paper does not ask about, is tried as well.

    In L1 the projection is onto the ball and [0, 1] at once, where the paper cuts to [0, 1] afterwards; and the ball
    grows at every step as long as nothing is found.
    """
    radius = Radius(problem)
    x, best = problem.x, None
    for index in range(attack.steps):
        seen = look(problem, x, lead)
        step = Step(index, x, seen.logits, seen.loss, seen.slope)
        yield step
        best = best or Smallest(problem, step)
        if index == 0 and best.is_trivial:
            yield best.step(1)
            return
        done = index / attack.steps
        radius.adapt(best, step, seen, annealed(attack.shrink, LAST_SHARE, done))
        length = annealed(attack.step_size, LAST_STEP * attack.step_size, done)
        moved = x + length * L2Ball.steepest(seen.gradient)
        x = ball(problem.norm)(problem.x, radius.value).project(moved)
    end = judge(problem, x, attack.steps)
    yield end
    if best is not None:
        best.offer(end)
        yield best.step(attack.last_index)


def annealed(first: float, last: float, done: float) -> float:
    """From ``first`` to ``last`` along half a cosine, where ``done`` of 1 is behind."""
    return last + (first - last) * (1 + math.cos(math.pi * done)) / 2


class Radius:
    """ε of every picture's ball, which follows the boundary.

    Attributes:
        value: (N, 1, 1, 1); infinite, or one pixel, until the first picture was looked at.
    """

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        x = problem.x
        self.value = torch.full_like(x[:, :1, :1, :1], 1.0 if problem.norm is Norm.L0 else torch.inf)
        self._largest = ball(problem.norm).size(torch.maximum(x, 1 - x))

    def adapt(self, best: Smallest, step: Step, seen: Look, share: float) -> None:
        """After a look at the picture: shrinks by ``share`` where it fools, grows by ``share`` where it does not.

        It never stays above the smallest change found. In L0 it changes by one pixel at least, and is never less than
        one.
        """
        sizes = best.sizes(step.x)
        fools = best.offer(step, sizes).view(-1, 1, 1, 1)
        smallest = best.size.view(-1, 1, 1, 1)
        if self._problem.norm is Norm.L0:
            less = torch.minimum(self.value - 1, (self.value * (1 - share)).floor())
            more = torch.maximum(self.value + 1, (self.value * (1 + share)).floor())
            adapted = torch.where(fools, torch.minimum(less, smallest), more).clamp_(min=1)
        else:
            less = torch.minimum(self.value * (1 - share), smallest)
            more = self.value * (1 + share)
            if not bool(best.is_found.all()):  # else the reach, which takes long, is not needed any more
                more = torch.where(smallest.isfinite(), more, self._further(self._reach(sizes, seen), more))
            adapted = torch.where(fools, less, more)
        self.value = torch.minimum(adapted, self._largest)

    def _further(self, reach: Tensor, grown: Tensor) -> Tensor:
        """While nothing is found: as far as the boundary would be, and not only as much as before.

        The paper has the reach alone. It falls short wherever values are cut at 0 and 1 or the boundary bends away, a
        little less at every step, and many a drawing is never moved across.
        """
        return torch.where(self.value.isfinite(), torch.maximum(reach, grown), reach)

    def _reach(self, sizes: Tensor, seen: Look) -> Tensor:
        """‖δ‖ + |L| / ‖∇L‖, where a linear network's answer would change."""
        steepness = DUAL[self._problem.norm](seen.gradient)
        gap = seen.height.abs().view(-1, 1, 1, 1)
        distance = torch.where(steepness > 0, gap / steepness, torch.inf)
        return sizes.view(-1, 1, 1, 1) + distance
