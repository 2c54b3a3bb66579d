"""APGD-T: away from a class by aiming at the others, one after another (Croce & Hein 2020)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from torch import Tensor

from engine.attacks.apgd import TINY, Pace, climb_at_its_pace
from engine.attacks.budget import ball
from engine.attacks.dispatch import steps_of
from engine.attacks.gradient import GradientError, judge
from engine.attacks.loss import likeliest_others, margin
from engine.attacks.problem import Problem, Step, choose
from engine.attacks.resting import among, part
from engine.catalogue.attacks import APGDT

NEEDED = 4
"""How many classes the aimed ratio of logits compares."""


@steps_of.register
def _apgd_t(attack: APGDT, problem: Problem) -> Iterator[Step]:
    """As in the authors' program: one run of APGD at every target, for the pictures that still hold.

    A picture that has left its class by the end of a run rests: every later ``Step`` shows its best iterate so far
    and the answer to it, with a slope that is not a number, since no gradient is taken there. A picture that the
    network gets wrong from the start is attacked once, like any other.

    The best is the iterate at which the class is furthest behind, by the margin of logits, over all runs; the program
    keeps the last one that fools. Where there are fewer other classes than targets, it begins again with the first;
    the program fails there.
    """
    clean = judge(problem, problem.x, 0)
    order = other_classes(clean.logits, problem.labels)
    starts = ball(problem.norm)(problem.x, problem.radius).random_starts(problem.seeds)
    best: Step | None = None
    for run, start in enumerate(islice(starts, attack.runs)):
        target = order[:, run // attack.restarts % order.shape[1]]
        for step in _aimed_run(attack, problem, start, target, best):
            yield replace(step, index=run * (attack.steps + 1) + step.index)
            if best is None:
                best = replace(step, slope=None, came=None)
            else:
                is_better = margin(step.logits, problem.labels) < margin(best.logits, problem.labels)
                best = choose(is_better, step, best)
    if best is not None:
        yield replace(best, index=attack.last_index)


def other_classes(logits: Tensor, labels: Tensor) -> Tensor:
    """The classes besides each label, the largest logit first, (N, K − 1).

    Raises:
        GradientError: the model knows fewer than four classes.
    """
    known = logits.shape[1]
    if known < NEEDED:
        raise GradientError(
            f"the ratio of logits that APGD-T climbs compares {NEEDED} classes, and it knows {known}",
            "Choose a network that knows more, or APGD-CE.",
        )
    return likeliest_others(logits, labels)


def aimed_ratio(logits: Tensor, labels: Tensor, targets: Tensor) -> Tensor:
    """The targeted difference of logits ratio −(z_y − z_t) / (z₍₁₎ − ½ (z₍₃₎ + z₍₄₎)), (N,), equation 7.

    It is positive where t is ahead of y, so that y is left.

    Args:
        logits: (N, K) with K ≥ 4.
        labels: (N,) of int64, the classes y to leave.
        targets: (N,) of int64, the classes t that are aimed at.
    """
    largest = logits.topk(NEEDED, dim=1).values
    lead = logits.gather(1, targets[:, None])[:, 0] - logits.gather(1, labels[:, None])[:, 0]
    return lead / (largest[:, 0] - (largest[:, 2] + largest[:, 3]) / 2 + TINY)


def _aimed_run(attack: APGDT, problem: Problem, start: Tensor, targets: Tensor, best: Step | None) -> Iterator[Step]:
    """The n + 1 steps of one run, for the pictures that hold; the others are shown as they are in ``best``."""
    if best is None:
        yield from _climb(attack, problem, start, targets)
        return
    places = (margin(best.logits, problem.labels) >= 0).nonzero()[:, 0]
    if len(places) == 0:
        for index in range(attack.steps + 1):
            yield replace(best, index=index)
        return
    for step in _climb(attack, part(problem, places), start[places], targets[places]):
        yield among(best, places, step)


def _climb(attack: APGDT, problem: Problem, start: Tensor, targets: Tensor) -> Iterator[Step]:
    def objective(logits: Tensor, labels: Tensor, _targeted: bool) -> Tensor:
        return aimed_ratio(logits, labels, targets)

    return climb_at_its_pace(problem, start, attack, objective, Pace(2 * problem.radius))
