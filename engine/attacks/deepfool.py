"""DeepFool: a network is linear near a picture, and of a linear one the nearest boundary is known."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from engine.attacks.budget import ball
from engine.attacks.dispatch import steps_of
from engine.attacks.found import Smallest, reaches
from engine.attacks.hyperplane import DUAL, Plane, nearest_plane
from engine.attacks.jacobian import Answer
from engine.attacks.loss import likeliest_others
from engine.attacks.problem import Problem, Step
from engine.attacks.resting import among, part
from engine.catalogue.attacks import DeepFool, Norm

SHORTEST = 1e-5
"""No step is shorter, in pixel units, so that a picture just on a boundary gets off it.

The authors' program adds 1e-4 to every step instead, which is as much as a photograph's whole change in L∞.
"""


@steps_of.register
def _deepfool(attack: DeepFool, problem: Problem) -> Iterator[Step | None]:
    """Moosavi-Dezfooli et al. 2016, algorithm 2, in L∞ with the step of equation 10.

    As in the authors' program, the class to leave is compared with the likeliest others of the clean picture, and the
    gradients are taken where the stretched change has led. Every iterate is brought into [0, 1]. A picture that has
    left its class rests. The slope of an iterate is that of the gradient that led to it.
    """
    some, seen = problem, Answer(problem, problem.x)
    start = now = seen.step(0)
    yield start
    others = likeliest_others(start.logits, problem.labels, attack.candidates - 1)
    walked = torch.zeros_like(problem.x)
    for index in range(1, attack.steps + 1):
        places = (~reaches(problem, now.logits)).nonzero()[:, 0]
        if len(places) == 0:
            break
        if len(places) < len(some.x):
            some = part(problem, places)
            seen = Answer(some, now.x[places])
        plane, slope = yield from nearest_plane(some, seen, now.x[places], others[places], problem.norm)
        walked = walked.index_add(0, places, _way(plane, problem.norm))
        moved = (some.x + (1 + attack.overshoot) * walked[places]).clamp_(0, 1)
        seen = Answer(some, moved)  # the next gradients are taken of the same answer
        now = among(now, places, seen.step(index, slope))
        yield now
    best = Smallest(problem, start)
    best.offer(now)
    yield best.step(now.index + 1)


def _way(plane: Plane, norm: Norm) -> Tensor:
    """The smallest change that ends on a plane wherever that is, (N, C, H, W); zero where no gradient shows one."""
    steepness = DUAL[norm](plane.normal).flatten()
    length = torch.where(steepness > 0, (plane.value.abs() / steepness).clamp(min=SHORTEST), 0.0)
    return ball(norm).steepest(plane.normal) * length.view(-1, 1, 1, 1)
