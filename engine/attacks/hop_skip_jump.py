"""HopSkipJump: the border's slope is felt by asking on which side of it points nearby lie."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator
from functools import partial

import torch
from torch import Tensor

from engine.attacks.budget import ball
from engine.attacks.decision import Sources, ask, pictures_at_once, to_border, walk_from_noise
from engine.attacks.dispatch import steps_of
from engine.attacks.gradient import judge
from engine.attacks.problem import Problem, Step
from engine.catalogue.attacks import HopSkipJump, Norm

FIRST_REACH = 0.1
"""How far from the border the first estimate asks, δ, as in the authors' program."""

MOST_SAMPLES = 10_000
"""No estimate asks about more points, as in the authors' program."""

SHORTEST_JUMP = 50
"""How often a jump is halved before it is given up: by then it is shorter than any type can tell."""

COARSEST = 16
"""An estimate moves a value by no less than so many times the finest part of 1 that its type tells apart.

The paper's δ is that of exact arithmetic: for 224 × 224 in colour and single precision, most of the points that it
asks about would be one and the same.
"""


@steps_of.register
def _hop_skip_jump(attack: HopSkipJump, problem: Problem) -> Iterator[Step | None]:
    """Chen et al. 2020, algorithm 2, in L2 and in L∞.

    The last step shows the smallest change of all: a jump may also lead to a place of the border that is further away.
    """
    return walk_from_noise(problem, attack.tries, partial(_walk, attack))


def _walk(attack: HopSkipJump, problem: Problem, start: Tensor, sources: Sources) -> Iterator[Step | None]:
    size, values = ball(problem.norm).size, problem.x[0].numel()
    tolerance = border_tolerance(values, problem.norm)
    far, reach = start, torch.full_like(start[:, :1, :1, :1], FIRST_REACH)
    x = yield from to_border(problem, far, tolerance)
    yield judge(problem, x, 1)
    for index in range(1, attack.steps + 1):
        count = min(int(attack.samples * math.sqrt(index)), MOST_SAMPLES)
        slope = yield from felt_slope(problem, x, reach, count, sources)
        step = size(x - problem.x) / math.sqrt(index)
        far = yield from _jump(problem, x, step, ball(problem.norm).steepest(slope))
        x = yield from to_border(problem, far, tolerance)
        yield judge(problem, x, index + 1)
        reach = reach_of(size(far - problem.x), values)


def border_tolerance(values: int, norm: Norm) -> float:
    """θ, how closely the border is found: d^(−3/2) in L2 and d⁻² in L∞, for d values (section 4.2, equation 15)."""
    return float(values ** (-2 if norm is Norm.LINF else -1.5))


def reach_of(distance: Tensor, values: int) -> Tensor:
    """δ, how far from the border is asked: the distance before the last halving, over d, in both norms (equation 15).

    No less than what moves the values by ``COARSEST`` steps of their type.
    """
    finest = COARSEST * torch.finfo(distance.dtype).eps * math.sqrt(values)
    return (distance / values).clamp(min=finest)


def felt_slope(
    problem: Problem, x: Tensor, reach: Tensor, count: int, sources: Sources
) -> Generator[None, None, Tensor]:
    """Σ (φ(x + δ uᵢ) − φ̄) uᵢ / n, (N, C, H, W): which way leads off the border (equations 9 and 16).

    φ is 1 where the answer is wrong and −1 elsewhere, φ̄ its mean; where all are alike, φ̄ is left out. What a point
    has moved is measured after it was brought into [0, 1], as in the authors' program.

    Args:
        problem: what is asked.
        x: (N, C, H, W) on the border.
        reach: δ, (N, 1, 1, 1).
        count: n, how many points are asked about.
        sources: of the directions.
    """
    sides, ways = torch.zeros_like(reach), torch.zeros_like(x)
    weighed = torch.zeros_like(x)
    at_once = pictures_at_once(x)
    for first in range(0, count, at_once):
        drawn = torch.stack([_directions(problem, sources) for _ in range(min(at_once, count - first))])
        points = (x + reach * drawn).clamp_(0, 1)
        answers = yield from ask(problem, points)
        moved = (points - x) / reach
        side = (2.0 * answers - 1.0).to(x.dtype)[..., None, None, None]
        sides, ways, weighed = sides + side.sum(0), ways + moved.sum(0), weighed + (side * moved).sum(0)
    mean = sides / count
    return torch.where(mean.abs() == 1, mean * ways, weighed - mean * ways) / count


def _directions(problem: Problem, sources: Sources) -> Tensor:
    """One random direction of length 1 for every picture, (N, C, H, W); in L∞ it is drawn from a cube."""
    drawn = torch.stack([_direction(problem.x.shape[1:], problem.norm, source) for source in sources])
    return drawn.to(problem.x.dtype).to(problem.x.device)


def _direction(shape: torch.Size, norm: Norm, source: torch.Generator) -> Tensor:
    if norm is Norm.LINF:
        drawn = torch.rand(shape, generator=source, dtype=torch.float64) * 2 - 1
    else:
        drawn = torch.randn(shape, generator=source, dtype=torch.float64)
    return drawn / drawn.square().sum().sqrt()


def _jump(problem: Problem, x: Tensor, step: Tensor, way: Tensor) -> Generator[None, None, Tensor]:
    """The point x + ξ · way, within [0, 1], with ξ = ``step`` halved until the answer is wrong (section 4.3).

    Where it never is, ``x`` itself.
    """
    landed, is_landed = x, torch.zeros_like(step, dtype=torch.bool)
    for _ in range(SHORTEST_JUMP):
        tried = (x + step * way).clamp_(0, 1)
        is_wrong = (yield from ask(problem, tried[None]))[0].view_as(step)
        landed = torch.where(is_wrong & ~is_landed, tried, landed)
        is_landed = is_landed | is_wrong
        if is_landed.all():
            break
        step = step / 2
    return landed
