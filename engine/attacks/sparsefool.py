"""SparseFool: the boundary is nearly flat, and few values are enough to get over a plane (Modas et al. 2019)."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import replace
from functools import partial

import torch
from torch import Tensor

from engine.attacks.budget import L2Ball
from engine.attacks.dispatch import steps_of
from engine.attacks.found import Smallest, reaches
from engine.attacks.gradient import judge
from engine.attacks.hyperplane import Plane, ahead, nearest_plane, way_onto
from engine.attacks.jacobian import Answer
from engine.attacks.loss import likeliest_others
from engine.attacks.problem import Problem, Step
from engine.attacks.resting import among, part
from engine.catalogue.attacks import Norm, SparseFool

OVERSHOOT = 0.02
"""How much further than the plane a picture is moved, as a part of the whole change."""

LOOKS = 50
"""How many steps DeepFool may take to the boundary; it seldom needs more than three."""

SHORTEST = 1e-4
"""None of those is shorter than this, so that a picture on a boundary gets off it."""


@steps_of.register
def _sparsefool(attack: SparseFool, problem: Problem) -> Iterator[Step | None]:
    """Algorithm 2; the overshoot of the whole change is the authors' program's. A picture that is fooled rests.

    Their linear solver (algorithm 1) changes one value after another until the plane is reached; that is the smallest
    change in L1, which ``way_onto`` has at once for all values. In L0 it is the fewest values but for the last one, as
    long as all have as much room; ε there counts the pixels that they lie in.
    """
    now = judge(problem, problem.x, 0)
    yield now
    best = Smallest(problem, now)
    others = likeliest_others(now.logits, problem.labels, attack.candidates)
    walked = problem.x
    for index in range(1, attack.steps + 1):
        places = (~best.is_found).nonzero()[:, 0]
        if len(places) == 0:
            break
        some, at = part(problem, places), walked[places]
        boundary = yield from _boundary(some, at, others[places], attack.reach)
        at = at + way_onto(boundary, at, Norm.L1)
        walked = walked.index_copy(0, places, at)
        moved = (some.x + (1 + OVERSHOOT) * (at - some.x)).clamp_(0, 1)
        slope = boundary.normal.abs().amax((1, 2, 3))
        now = among(now, places, replace(judge(some, moved, index), slope=slope))
        yield now
        best.offer(now)
    yield best.step(now.index + 1)


def _boundary(problem: Problem, x: Tensor, others: Tensor, reach: float) -> Generator[None, None, Plane]:
    """The boundary as a plane, moved away from ``x`` (N, C, H, W) to ``reach`` times its distance."""
    walked, there = yield from _deepfool(problem, x, others)
    seen = Answer(problem, x + walked)
    normal = seen.gradient(partial(ahead, label=there, of=problem.labels))
    yield None
    return Plane(normal, x + reach * walked, torch.zeros_like(seen.loss))


def _deepfool(problem: Problem, x: Tensor, others: Tensor) -> Generator[None, None, tuple[Tensor, Tensor]]:
    """DeepFool in L2, which may leave [0, 1] here: the way to the boundary, and the classes beyond it, (N,)."""
    walked, there = torch.zeros_like(x), torch.zeros_like(problem.labels)
    places, some = torch.arange(len(x), device=x.device), problem
    for _ in range(LOOKS):
        at = x[places] + walked[places]
        plane, _slope = yield from nearest_plane(some, Answer(some, at), at, others[places], Norm.L2)
        walked = walked.index_add(0, places, _straight(plane))
        step = judge(some, x[places] + (1 + OVERSHOOT) * walked[places], 0)
        yield None
        there = there.index_copy(0, places, likeliest_others(step.logits, some.labels, 1)[:, 0])
        places = places[~reaches(some, step.logits)]
        if len(places) == 0:
            break
        some = part(problem, places)
    return walked, there


def _straight(plane: Plane) -> Tensor:
    """The shortest way from the plane's point onto it, in L2 and without regard to [0, 1]."""
    steepness = L2Ball.size(plane.normal)
    distance = torch.where(steepness > 0, plane.value.abs().view(-1, 1, 1, 1) / steepness, 0.0)
    return distance.clamp(min=SHORTEST) * L2Ball.steepest(plane.normal)
