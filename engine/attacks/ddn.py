"""DDN: the direction follows the gradient, and the size goes in while the picture fools and out while it does not."""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch

from engine.attacks.budget import L2Ball
from engine.attacks.dispatch import steps_of
from engine.attacks.found import Smallest
from engine.attacks.gradient import judge, look
from engine.attacks.problem import Problem, Step
from engine.catalogue.attacks import DDN

FIRST_STEP, LAST_STEP = 1.0, 0.01
"""α in the beginning and in the end, in pixel units."""


@steps_of.register
def _ddn(attack: DDN, problem: Problem) -> Iterator[Step]:
    """Rony et al. 2019, algorithm 1, with the cosine of section 4.

    As in the authors' program the change that the next step starts from is the one that was brought into [0, 1], and
    no radius goes beyond the farthest corner of [0, 1]. The iterate after the last step is tried as well.
    """
    clean = x = problem.x
    farthest = L2Ball.size(torch.maximum(clean, 1 - clean))
    radius = torch.full_like(farthest, attack.first_radius)
    best: Smallest | None = None
    for index in range(attack.steps):
        seen = look(problem, x)
        step = Step(index, x, seen.logits, seen.loss, seen.slope)
        yield step
        best = best or Smallest(problem, step)
        if index == 0 and best.is_trivial:
            yield best.step(1)
            return
        does = best.offer(step).view(-1, 1, 1, 1)
        radius = torch.where(does, radius * (1 - attack.gamma), radius * (1 + attack.gamma)).minimum(farthest)
        change = x - clean + length_of_step(index / attack.steps) * L2Ball.steepest(seen.gradient)
        x = (clean + radius * L2Ball.steepest(change)).clamp_(0, 1)
    last = judge(problem, x, attack.steps)
    yield last
    if best is not None:
        best.offer(last)
        yield best.step(attack.last_index)


def length_of_step(done: float) -> float:
    """α when that part of the steps is done: half a cosine from the first to the last."""
    return LAST_STEP + (FIRST_STEP - LAST_STEP) * (1 + math.cos(math.pi * done)) / 2
