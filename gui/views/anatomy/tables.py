"""The grids of numbers that belong to one number of a layer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.arithmetic import Places, Pooled, Taken, top_channels
from engine.inside import Anatomy
from gui.views.anatomy.cells import Column, Row
from gui.views.anatomy.words import changed, say_number

Tables = tuple[tuple[Column, ...], tuple[Row, ...], str]
"""Columns, rows, and the title of the results, as ``CellsPane`` shows them."""


def sum_tables(anatomy: Anatomy, runs: Sequence[Taken], shown: int) -> Tables:
    """Window, kernel and products of the channels that contribute most; of two runs, to the change."""
    taken = changed(runs)
    is_dense = taken.kernel[0].size == 1
    change = "change in " if len(runs) == 2 else ""
    titles = ("input", "weight", "product") if is_dense else ("window", "kernel", "products")
    columns = (
        Column(f"{change}{titles[0]}", limit_of(taken.patch), signed=bool((taken.patch < 0).any())),
        Column(titles[1], limit_of(taken.kernel), signed=True, join="·"),
        Column(f"{change}{titles[2]}", limit_of(taken.products), signed=True, join="="),
    )
    word = "input" if anatomy.kind == "dense" else "map"
    rows = tuple(
        Row(
            f"{word} {taken.channels[each]}",
            (taken.patch[each], taken.kernel[each], taken.products[each]),
            "" if is_dense else say_number(float(taken.sums[each])),
        )
        for each in top_channels(taken, shown)
    )
    return columns, rows, "" if is_dense else "sum"


def pool_tables(runs: Sequence[Pooled]) -> Tables:
    """The window of a pool, in one run or both, with the largest number outlined where it is that which counts."""
    patches = [run.patch for run in runs]
    limit = max(limit_of(each) for each in patches)
    is_signed = any(bool((each < 0).any()) for each in patches)
    titles = ("window",) if len(runs) == 1 else ("clean", "attacked")
    columns = tuple(Column(each, limit, signed=is_signed) for each in titles)
    return columns, (Row("", tuple(patches), winners=tuple(run.winner for run in runs)),), ""


def shown_channels(runs: Sequence[Taken], shown: int) -> Places:
    """The channels of the rows of ``sum_tables``."""
    taken = changed(runs)
    found: Places = taken.channels[top_channels(taken, shown)]
    return found


def limit_of(values: NDArray[Any]) -> float:
    """The largest size of a finite number, rounded up to two digits, for a scale; 1 where all are zero."""
    largest = float(np.abs(values[np.isfinite(values)]).max(initial=0.0))
    if not largest:
        return 1.0
    unit = 10.0 ** (math.floor(math.log10(largest)) - 1)
    return math.ceil(largest / unit) * unit
