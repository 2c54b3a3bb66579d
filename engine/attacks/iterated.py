"""Attacks of many small steps along the gradient, each brought back into the budget."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from torch import Tensor

from engine.attacks.budget import Ball, ball
from engine.attacks.climbing import Climb
from engine.attacks.dispatch import steps_of
from engine.attacks.gradient import judge, look
from engine.attacks.problem import Problem, Step, choose
from engine.catalogue.attacks import BIM, PGD


def climb(problem: Problem, budget: Ball, start: Tensor, steps: int, step_size: float) -> Iterator[Step]:
    """The loop: xₖ₊₁ = Π(xₖ + α · uphill ∇ₓJ(xₖ, y)), Π the projection onto the budget.

    Args:
        problem: what is asked.
        budget: the balls around ``problem.x``.
        start: x₀, (N, C, H, W), within the budget.
        steps: how many gradient steps are taken.
        step_size: α as a share of ε.
    """
    alpha = step_size * problem.radius
    x, came = start, None
    for index in range(steps):
        seen = look(problem, x)
        step = Step(index, x, seen.logits, seen.loss, seen.slope, came=came)
        yield step
        came = Climb.of(budget, step, seen.gradient, alpha)
        x = came.reached()
    yield replace(judge(problem, x, steps), came=came)


@steps_of.register
def _bim(attack: BIM, problem: Problem) -> Iterator[Step]:
    """Starts at the clean picture (Kurakin, Goodfellow, Bengio 2017, section 2.2)."""
    budget = ball(problem.norm)(problem.x, problem.radius)
    return climb(problem, budget, problem.x, attack.steps, attack.step_size)


@steps_of.register
def _pgd(attack: PGD, problem: Problem) -> Iterator[Step]:
    """Starts at a random point of the ball (Madry et al. 2018, section 2.1), as often as is asked.

    With one run the result is the last iterate, whatever its loss. After several runs comes one more ``Step``: every
    picture's best ending, the one with the highest loss, or towards a target the lowest.
    """
    budget = ball(problem.norm)(problem.x, problem.radius)
    if attack.runs > 1:
        return _best_of_runs(attack, problem, budget)
    start = budget.random_start(problem.seeds) if attack.random_start else problem.x
    return climb(problem, budget, start, attack.steps, attack.step_size)


def _best_of_runs(attack: PGD, problem: Problem, budget: Ball) -> Iterator[Step]:
    best: Step | None = None
    starts = islice(budget.random_starts(problem.seeds), attack.runs)
    for run, start in enumerate(starts):
        for step in climb(problem, budget, start, attack.steps, attack.step_size):
            yield replace(step, index=run * (attack.steps + 1) + step.index)
            if step.index == attack.steps:
                best = step if best is None else _better(problem, step, best)
    if best is not None:
        yield replace(best, index=attack.last_index)


def _better(problem: Problem, one: Step, other: Step) -> Step:
    return choose(one.loss < other.loss if problem.targeted else one.loss > other.loss, one, other)
