"""Attribution by what a covered square costs."""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import Tensor

from engine.attribution.case import Attribution, Case, exact
from engine.catalogue.saliency import Occlusion

GREY = 0.5

Square = tuple[slice, slice]
"""Rows and columns."""


def occlusion(case: Case, options: Occlusion) -> Iterator[Attribution]:
    """z_c(x) − z_c(x with a grey square) (Zeiler, Fergus 2014).

    Squares lie half over each other. Those that lie side by side come first, so that the whole picture is soon seen;
    a pixel has the mean of the squares that covered it.

    Yields:
        The map so far; NaN where no square has been.
    """
    squares = squares_over(case.x.shape[-2:], options.window)
    whole = case.scores(case.x)
    cost = torch.zeros_like(exact(case.x[0, 0]))
    times = torch.zeros_like(cost)
    done = 0
    while done < len(squares):
        some = squares[done : done + case.at_once]
        losses = exact(whole - case.scores(_covered(case.x, some)))
        for square, loss in zip(some, losses, strict=True):
            cost[square] += loss
            times[square] += 1
        done += len(some)
        yield Attribution((cost / times)[None], done, len(squares))  # 0 / 0 is NaN


def squares_over(size: tuple[int, ...], share: float) -> list[Square]:
    """The squares that slide over a picture of that height and width, those of a coarse grid first."""
    rows, columns = (_starts(each, share) for each in size)
    places = [(row, column) for row in rows for column in columns]
    places.sort(key=lambda place: (rows.index(place[0]) % 2, columns.index(place[1]) % 2))
    height, width = (_side(each, share) for each in size)
    return [(slice(row, row + height), slice(column, column + width)) for row, column in places]


def _side(length: int, share: float) -> int:
    return max(1, round(share * length))


def _starts(length: int, share: float) -> range:
    """Where squares begin along one axis; the last one may reach beyond the edge."""
    side = _side(length, share)
    step = max(1, side // 2)
    return range(0, step * (math.ceil((length - side) / step) + 1), step)


def _covered(x: Tensor, squares: list[Square]) -> Tensor:
    copies = x.repeat(len(squares), 1, 1, 1)
    for copy, (rows, columns) in zip(copies, squares, strict=True):
        copy[:, rows, columns] = GREY
    return copies
