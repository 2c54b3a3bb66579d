"""One change of colour for the whole picture: an affine function of each pixel's colour."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import torch
from torch import Tensor

from engine.attacks.dispatch import steps_of
from engine.attacks.gradient import judge, look
from engine.attacks.problem import Problem, Step
from engine.catalogue.attacks import Colour


@steps_of.register
def _colour(attack: Colour, problem: Problem) -> Iterator[Step]:
    """Gradient steps on A and b, from A = 0 and b = 0.

    Every channel of the change is an affine function of its own, so that it is normalised, and brought back to ε, by
    itself: in L∞ each of them may use all of ε.
    """
    count, channels = problem.x.shape[:2]
    function = problem.x.new_zeros(count, channels, channels + 1, 1)
    for index in range(attack.steps):
        seen = look(problem, function, view=partial(recoloured, problem.x))
        yield Step(index, recoloured(problem.x, function), seen.logits, seen.loss, seen.slope)
        way = seen.gradient / _or_one(extent(problem.x, seen.gradient))
        function = function + attack.step_size * problem.radius * way
        size = extent(problem.x, function)
        function = function * torch.where(size > problem.radius, problem.radius / _or_one(size), 1.0)
    yield judge(problem, recoloured(problem.x, function), attack.steps)


def recoloured(x: Tensor, function: Tensor) -> Tensor:
    """clip(x + A (x − ½) + b), (N, C, H, W).

    Args:
        x: (N, C, H, W).
        function: (N, C, C + 1, 1): A, and b as its last column.
    """
    return (x + change(x, function)).clamp(0, 1)


def change(x: Tensor, function: Tensor) -> Tensor:
    """A (x − ½) + b at every pixel, (N, C, H, W); colours are counted from the middle grey."""
    added = function[:, :, :-1, 0] @ (x - 0.5).flatten(2) + function[:, :, -1]
    return added.view_as(x)


def extent(x: Tensor, function: Tensor) -> Tensor:
    """The largest change of any pixel of the picture in each channel, (N, C, 1, 1)."""
    return change(x, function).abs().amax((2, 3), keepdim=True)


def _or_one(size: Tensor) -> Tensor:
    return torch.where(size > 0, size, 1.0)
