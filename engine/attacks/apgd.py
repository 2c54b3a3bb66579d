"""APGD: projected gradient steps that find their own length (Croce & Hein 2020)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import torch
from torch import Tensor

from engine.attacks.budget import ball
from engine.attacks.climbing import Climb
from engine.attacks.dispatch import steps_of
from engine.attacks.gradient import GradientError, Objective, judge, look
from engine.attacks.loss import margin, rise
from engine.attacks.problem import Problem, Step, choose, mixing
from engine.catalogue.attacks import APGD, APGDDLR, Attack, AutoPGD

INERTIA = 0.25
"""How much of the last change is kept, 1 − α in the paper."""


@steps_of.register
def _apgd(attack: AutoPGD, problem: Problem) -> Iterator[Step]:
    """Croce & Hein 2020, algorithm 1, from a random point of the ball.

    After the last iterate comes one more ``Step``: every picture's best, where the loss that is climbed was highest.
    """
    start = ball(problem.norm)(problem.x, problem.radius).random_start(problem.seeds)
    pace = Pace(2 * problem.radius)
    yield from climb_at_its_pace(problem, start, attack, _OBJECTIVES[type(attack)], pace)
    yield Step(attack.last_index, pace.best.x, pace.best.logits, pace.best.loss)


def climb_at_its_pace(
    problem: Problem, start: Tensor, attack: AutoPGD, objective: Objective, pace: Pace
) -> Iterator[Step]:
    """One run of the algorithm: the iterates x₀ to xₙ, of which ``pace`` then knows the best.

    Args:
        problem: what is asked.
        start: x₀, (N, C, H, W), within the budget.
        attack: how many steps are taken, and the share of them that must rise.
        objective: what is climbed.
        pace: where every image's step size is decided, as 2ε at first.
    """
    budget = ball(problem.norm)(problem.x, problem.radius)
    checks = checkpoints(attack.steps)
    x = before = start
    came: Climb | None = None
    for index in range(attack.steps):
        seen = look(problem, x, objective)
        step = Step(index, x, seen.logits, seen.loss, seen.slope, came=came)
        yield step
        pace.see(step, seen.height, seen.gradient)
        gradient = seen.gradient
        if index in checks:
            step, gradient = pace.check(step, gradient, attack.rho * checks[index])
        inertia = INERTIA if index else 0.0
        came = Climb.of(budget, step, gradient, pace.step_size, before=before, inertia=inertia)
        x, before = came.reached(), step.x
    end = judge(problem, x, attack.steps)
    yield replace(end, came=came)
    pace.see(end, objective(end.logits, problem.labels, problem.targeted), pace.gradient)


def checkpoints(steps: int) -> dict[int, int]:
    """The iterates after which the step size is reconsidered, with how many steps lie before each since the last.

    wⱼ = ⌈pⱼ n⌉ with p₀ = 0, p₁ = 0.22, pⱼ₊₁ = pⱼ + max(pⱼ − pⱼ₋₁ − 0.03, 0.06) (section 3.3).
    """
    checks: dict[int, int] = {}
    last, percent, stretch = 0, 22, 22  # whole hundredths, so that nothing is rounded before ⌈⌉
    while percent < 100:
        at = -(-percent * steps // 100)
        if at > last:
            checks[at] = at - last
            last = at
        stretch = max(stretch - 3, 6)
        percent += stretch
    return checks


class Pace:
    """Every image's step size, with what it is decided by; all are (N, …), and no image minds the others.

    The authors' program differs from the paper in three places, where this keeps to the paper: the program compares
    the loss of x₁ with 0 instead of the loss of x₀, it also halves where exactly the share ρ of the steps rose, and
    it does not ask at the first check whether the best loss is still that of x₀. As in the program, the loss after a
    return to the best picture is compared with the loss of the picture that was left.

    Attributes:
        step_size: (N, 1, 1, 1) η, pixels in [0, 1].
        best: the iterate with the highest loss so far, an image each.
        gradient: (N, C, H, W) the gradient there.
    """

    best: Step
    gradient: Tensor

    def __init__(self, step_size: Tensor) -> None:
        self.step_size = step_size

    def see(self, step: Step, loss: Tensor, gradient: Tensor) -> None:
        """Takes note of an iterate, the loss that is climbed, (N,), and its gradient."""
        if step.index == 0:
            self.best, self.gradient = step, gradient
            self._loss = self._highest = self._highest_at_check = loss
            self._rises = torch.zeros_like(loss)
            self._was_halved = torch.zeros_like(loss, dtype=torch.bool)
            return
        self._rises = self._rises + (loss > self._loss)
        self._loss = loss
        is_better = loss > self._highest
        self._highest = torch.where(is_better, loss, self._highest)
        self.best = choose(is_better, step, self.best)
        self.gradient = mixing(is_better)(gradient, self.gradient)

    def check(self, step: Step, gradient: Tensor, enough: float) -> tuple[Step, Tensor]:
        """Halves η for some images, and says from where and along which gradient every image goes on.

        An image's η is halved where fewer than ``enough`` steps rose since the last check (condition 1), or where η
        was not halved then and the best loss is the same as then (condition 2); it goes on from its best.
        """
        is_stuck = ~self._was_halved & (self._highest == self._highest_at_check)
        halves = (self._rises < enough) | is_stuck
        self.step_size = torch.where(_wide(halves), self.step_size / 2, self.step_size)
        self._rises = torch.zeros_like(self._rises)
        self._was_halved, self._highest_at_check = halves, self._highest
        return choose(halves, self.best, step), mixing(halves)(self.gradient, gradient)


def logit_ratio(logits: Tensor, labels: Tensor, targeted: bool) -> Tensor:
    """The difference of logits ratio, (N,): positive where the attack's aim is reached; no scale changes it.

    −(z_y − max z_{i≠y}) / (z₍₁₎ − z₍₃₎) away from y (equation 6). Towards t it is
    (z_t − max z_{i≠t}) / (z₍₁₎ − ½ (z₍₃₎ + z₍₄₎)): equation 7, with the strongest other class for y. The paper has the
    true class there, since it aims at t only in order to leave y. Where y is the third of all, the ratio is 1 whatever
    the picture, so that its slope is zero but for rounding; but then y has been left already.

    Args:
        logits: (N, K) with K ≥ 3, or K ≥ 4 when ``targeted``.
        labels: (N,) of int64.
        targeted: whether ``labels`` are to be reached.

    Raises:
        GradientError: the model knows too few classes.
    """
    needed, known = (4 if targeted else 3), logits.shape[1]
    if known < needed:
        raise GradientError(
            f"the ratio of logits compares {needed} classes, and it knows {known}",
            "Choose a network that knows more, or APGD-CE.",
        )
    lead = margin(logits, labels)
    largest = logits.topk(needed, dim=1).values
    if targeted:
        return lead / (largest[:, 0] - (largest[:, 2] + largest[:, 3]) / 2 + TINY)
    return -lead / (largest[:, 0] - largest[:, 2] + TINY)


TINY = 1e-12
"""Keeps the ratio finite where the largest logits are all the same, as in the authors' program."""


_OBJECTIVES: Mapping[type[Attack], Objective] = {APGD: rise, APGDDLR: logit_ratio}


def _wide(of_image: Tensor) -> Tensor:
    """(N,) as (N, 1, 1, 1)."""
    return of_image[:, None, None, None]
