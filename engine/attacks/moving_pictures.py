"""Turned and shifted pictures (Engstrom et al. 2019); the network is only asked, at one move after another."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product

import torch
from torch import Tensor
from torch.nn import functional

from engine.attacks.budget import generators
from engine.attacks.dispatch import steps_of
from engine.attacks.found import reaches
from engine.attacks.gradient import judge
from engine.attacks.problem import Problem, Step, choose
from engine.attacks.sampling import pixel_places, sampled
from engine.catalogue.attacks import GridOfMoves, Moving, RandomMoves


@steps_of.register
def _random_moves(attack: RandomMoves, problem: Problem) -> Iterator[Step]:
    """The worst of k moves, drawn uniformly within their bounds (section 3, "worst-of-k")."""
    bounds = bounds_of(attack, problem)
    sources = generators(problem.seeds)
    best = _unmoved(problem)
    yield best
    for index in range(1, attack.steps + 1):
        draws = torch.stack([torch.rand(3, generator=source, dtype=torch.float64) * 2 - 1 for source in sources])
        best = _worse(problem, _tried(problem, bounds, draws.to(problem.x.dtype).to(problem.x.device)), best)
        yield replace(best, index=index)


@steps_of.register
def _grid_of_moves(attack: GridOfMoves, problem: Problem) -> Iterator[Step | None]:
    """All of a grid between the bounds (section 3, "grid search"); a step for every angle, with all its shifts."""
    bounds = bounds_of(attack, problem)
    best = _unmoved(problem)
    yield best
    shifts = _between(attack.shifts)
    for index, angle in enumerate(_between(attack.angles), start=1):
        for down, right in product(shifts, shifts):
            part = torch.tensor([[angle, down, right]], dtype=problem.x.dtype, device=problem.x.device)
            best = _worse(problem, _tried(problem, bounds, part), best)
            yield None
        yield replace(best, index=index)


@dataclass(frozen=True, eq=False)
class Bounds:
    """How far pictures may be turned and shifted.

    Attributes:
        angle: (N,) in radians.
        shift: (N,) in pixels, along each of the two axes.
    """

    angle: Tensor
    shift: Tensor


def bounds_of(attack: Moving, problem: Problem) -> Bounds:
    """The bounds with which no corner moves further than ε.

    Turning by θ moves a corner, r from the middle, by 2 r sin(θ / 2), which may take τε; a shift of (1 − τ)ε / √2 along
    either axis is at most one of (1 − τ)ε. The paper's bounds, 30 degrees and a tenth of the side each way, make the
    corners move by half of the side, and τ is 0.7 then.
    """
    reach = math.hypot(*problem.x.shape[2:]) / 2
    epsilon = problem.radius.flatten()
    angle = 2 * (attack.turning * epsilon / (2 * reach)).clamp(max=1).asin()
    return Bounds(angle, (1 - attack.turning) * epsilon / math.sqrt(2))


def turned_and_shifted(x: Tensor, angle: Tensor, down: Tensor, right: Tensor) -> Tensor:
    """The pictures turned about their middle, then shifted; bilinear, and black where nothing was.

    Args:
        x: (N, C, H, W).
        angle: (N,) in radians, clockwise.
        down: (N,) in pixels.
        right: (N,) in pixels.
    """
    height, width = x.shape[2:]
    angle, down, right = (each[:, None, None] for each in (angle, down, right))
    rows, columns = pixel_places(x)
    # From every pixel back to where it comes from, counted from the middle.
    rows, columns = rows - (height - 1) / 2 - down, columns - (width - 1) / 2 - right
    back = columns * angle.cos() + rows * angle.sin() + (width - 1) / 2
    up = rows * angle.cos() - columns * angle.sin() + (height - 1) / 2
    return sampled(functional.pad(x, (1, 1, 1, 1)), up + 1, back + 1)


def farthest(shape: torch.Size, angle: Tensor, down: Tensor, right: Tensor) -> Tensor:
    """How far any point moves, (N,), in pixels: it is a corner, the distance being a convex function of the place."""
    moves = []
    for below, beside in product((-shape[2] / 2, shape[2] / 2), (-shape[3] / 2, shape[3] / 2)):
        moves.append(
            torch.hypot(
                below * angle.cos() + beside * angle.sin() - below + down,
                beside * angle.cos() - below * angle.sin() - beside + right,
            )
        )
    return torch.stack(moves).amax(0)


def _tried(problem: Problem, bounds: Bounds, parts: Tensor) -> Step:
    """The answer to one move of each picture; ``parts`` are shares of the bounds, (N, 3) or (1, 3), from −1 to 1."""
    angle, down, right = parts[:, 0] * bounds.angle, parts[:, 1] * bounds.shift, parts[:, 2] * bounds.shift
    step = judge(problem, turned_and_shifted(problem.x, angle, down, right), 0)
    return replace(step, moved=farthest(problem.x.shape, angle, down, right))


def _unmoved(problem: Problem) -> Step:
    return replace(judge(problem, problem.x, 0), moved=torch.zeros_like(problem.radius.flatten()))


def _worse(problem: Problem, tried: Step, best: Step) -> Step:
    """The one with the higher loss, but first of all the one that does what it should, as in the authors' program."""
    does, did = reaches(problem, tried.logits), reaches(problem, best.logits)
    is_higher = tried.loss < best.loss if problem.targeted else tried.loss > best.loss
    return choose((does & ~did) | ((does == did) & is_higher), tried, best)


def _between(count: int) -> list[float]:
    """So many numbers from −1 to 1; a single one is 0."""
    return [0.0] if count == 1 else [2 * place / (count - 1) - 1 for place in range(count)]
