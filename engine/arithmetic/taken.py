"""One number of a layer, taken apart: every number that it comes from, in float64.

The records are made from an ``Anatomy``, the input of one of the two runs, and the place of the number in the output.
A layer without height and width, and one that does the same to every token, has a single row.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.arithmetic.convolving import Doubles
from engine.arithmetic.functions import Settings, activate
from engine.arithmetic.windows import Axis, Places
from engine.inside import Anatomy

Place = tuple[int, int, int]
"""Unit, row and column of an output."""


@dataclass(frozen=True, eq=False)
class Normed:
    """A batch norm of one number: result = (x − mean) / √(variance + eps) · scale + shift.

    Attributes:
        deviation: √(variance + eps).
        standard: (x − mean) / deviation.
        scale, shift: γ and β; 1 and 0 where the layer learns none.
    """

    x: float
    mean: float
    variance: float
    eps: float
    deviation: float
    standard: float
    scale: float
    shift: float
    result: float


@dataclass(frozen=True, eq=False)
class Taken:
    """One number of a convolution or a dense layer.

    Attributes:
        channels: (C′,) of the input, that the unit sees: all, or those of its group.
        rows, columns: of the window on the input; outside of it they lie in the padding.
        patch: (C′, F, F) what is in the window, padding included.
        kernel: (C′, F, F).
        products: (C′, F, F), patch times kernel.
        sums: (C′,) of the products.
        total: the sum of all of them.
        bias: 0 where the layer has none.
        result: total plus bias, which is the layer's output.
        normed: the batch norm that follows; None where none does.
        after: the activation that follows all this; None where none does.
    """

    channels: Places
    rows: Places
    columns: Places
    patch: Doubles
    kernel: Doubles
    products: Doubles
    sums: Doubles
    total: float
    bias: float
    result: float
    normed: Normed | None = None
    after: float | None = None


@dataclass(frozen=True, eq=False)
class Pooled:
    """One number of a pool.

    Attributes:
        rows, columns: of the window; outside of the input they lie in the padding.
        patch: (F, F); NaN where a number takes no part, as the padding of a maximum.
        winner: index of the largest into ``patch.ravel()``; None of an average.
        total: the sum; of a maximum it says nothing.
        count: by how many a sum is divided.
        result: the largest, or total divided by count.
    """

    rows: Places
    columns: Places
    patch: Doubles
    winner: int | None
    total: float
    count: int
    result: float


@dataclass(frozen=True, eq=False)
class Softened:
    """One number of a softmax: result = exp(x − highest) / total.

    Attributes:
        logits: (K,) what goes in, at this row and column.
        highest: the largest logit, taken off so that no exponential overflows; it changes nothing in the end.
        exponentials: (K,) exp(logits − highest).
        total: their sum.
        shares: (K,) exponentials divided by the total.
    """

    logits: Doubles
    highest: float
    exponentials: Doubles
    total: float
    shares: Doubles


def as_maps(values: NDArray[Any]) -> NDArray[Any]:
    """(C, H, W) as it is, (C,) as (C, 1, 1)."""
    return values if values.ndim == 3 else values.reshape(-1, 1, 1)


def settings_of(anatomy: Anatomy) -> Settings:
    """What its activation, or the one that follows it, is set to."""
    return Settings(*anatomy.bounds, slope=anatomy.slope)


def axes(anatomy: Anatomy) -> tuple[Axis, Axis]:
    """How the windows of a layer lie, vertically and horizontally; of most kinds, each on its own place alone."""
    (_, *sizes), (_, *counts) = as_maps(anatomy.clean_in).shape, as_maps(anatomy.clean_out).shape
    vertical, horizontal = (
        Axis(
            size=sizes[axis],
            count=counts[axis],
            kernel=anatomy.kernel[axis],
            stride=anatomy.stride[axis],
            padding=anatomy.padding[axis],
            dilation=anatomy.dilation[axis],
            mode=anatomy.padding_mode,
            adaptive=anatomy.adaptive,
        )
        for axis in (0, 1)
    )
    return vertical, horizontal


def reached_from(anatomy: Anatomy, row: int, column: int) -> tuple[Places, Places]:
    """Rows and columns of the output whose windows see a place of the input; all of their crossings do."""
    vertical, horizontal = axes(anatomy)
    return vertical.reached_from(row), horizontal.reached_from(column)


def take_apart(anatomy: Anatomy, x: NDArray[Any], place: Place) -> Taken:
    """One number of a convolution or a dense layer.

    Args:
        anatomy: of kind ``conv`` or ``dense``.
        x: what goes in, ``clean_in`` or ``attacked_in``.
        place: of the number in the output.

    Raises:
        IndexError: the output has no such place.
    """
    unit, row, column = place
    weight, maps = _weight(anatomy), as_maps(x)
    vertical, horizontal = axes(anatomy)
    rows, columns = vertical.window(row), horizontal.window(column)
    kernel = np.asarray(weight[unit], np.float64)
    first = unit // (len(weight) // anatomy.groups) * len(kernel)
    channels = np.arange(first, first + len(kernel))
    patch = _patch(maps[first : first + len(kernel)], vertical.sources(rows), horizontal.sources(columns))
    products = patch * kernel
    sums = products.sum((1, 2))
    total = float(sums.sum())
    bias = 0.0 if anatomy.bias is None else float(anatomy.bias[unit])
    normed = None if anatomy.norm is None else norm_of(anatomy.norm, total + bias, unit)
    after = None
    if anatomy.then:
        after = float(activate(anatomy.then, total + bias if normed is None else normed.result, settings_of(anatomy)))
    return Taken(channels, rows, columns, patch, kernel, products, sums, total, bias, total + bias, normed, after)


def top_channels(taken: Taken, count: int) -> Places:
    """Indices into ``taken.sums`` of the ``count`` that contribute most, whichever way, the largest first."""
    return np.argsort(-np.abs(taken.sums), kind="stable")[:count]


def norm_of(norm: Anatomy, x: float, unit: int) -> Normed:
    """A batch norm of one number, with the statistics of its unit."""
    if norm.mean is None or norm.variance is None:
        raise ValueError(f"{norm.layer} has no mean and variance of its own")
    mean, variance = float(norm.mean[unit]), float(norm.variance[unit])
    scale = 1.0 if norm.weight is None else float(norm.weight[unit])
    shift = 0.0 if norm.bias is None else float(norm.bias[unit])
    deviation = float(np.sqrt(variance + norm.eps))
    standard = (x - mean) / deviation
    return Normed(x, mean, variance, norm.eps, deviation, standard, scale, shift, standard * scale + shift)


def pool_apart(anatomy: Anatomy, x: NDArray[Any], place: Place) -> Pooled:
    """One number of a pool, of kind ``max pool`` or ``average pool``.

    Raises:
        IndexError: the output has no such place.
    """
    unit, row, column = place
    vertical, horizontal = axes(anatomy)
    rows, columns = vertical.window(row), horizontal.window(column)
    inside = (vertical.sources(rows)[:, None] >= 0) & (horizontal.sources(columns) >= 0)
    patch = _patch(as_maps(x)[unit : unit + 1], vertical.sources(rows), horizontal.sources(columns))[0]
    if anatomy.kind == "max pool":
        # As torch has it: what is not a number wins.
        hidden = np.where(inside, patch, -np.inf)
        winner = int(hidden.argmax())
        return Pooled(rows, columns, np.where(inside, patch, np.nan), winner, 0.0, 1, float(hidden.flat[winner]))
    count = patch.size if anatomy.counts_padding else int(inside.sum())
    total = float(patch.sum())
    shown = patch if anatomy.counts_padding else np.where(inside, patch, np.nan)
    return Pooled(rows, columns, shown, None, total, count, total / count)


def soften(logits: NDArray[Any]) -> Softened:
    """The softmax of (K,) numbers."""
    logits = np.asarray(logits, np.float64)
    highest = float(logits.max())
    exponentials = np.exp(logits - highest)
    total = float(exponentials.sum())
    return Softened(logits, highest, exponentials, total, exponentials / total)


def softmax_of(anatomy: Anatomy) -> Anatomy:
    """The softmax that turns the output of a network's last layer, (K,) logits, into probabilities."""
    shares = [
        None if out is None else soften(as_maps(out)[:, 0, 0]).shares.astype(np.float32)
        for out in (anatomy.clean_out, anatomy.attacked_out)
    ]
    assert shares[0] is not None  # noqa: S101 - there always is a clean run
    logits = replace(anatomy, kind="softmax", norm=None, then="", weight=None, bias=None)
    return replace(
        logits,
        clean_in=anatomy.clean_out,
        attacked_in=anatomy.attacked_out,
        clean_out=shares[0],
        attacked_out=shares[1],
    )


def _weight(anatomy: Anatomy) -> NDArray[Any]:
    """(C_out, C′, F, F); a dense layer is a kernel of one number."""
    if anatomy.weight is None:
        raise ValueError(f"{anatomy.layer} has no weights")
    return anatomy.weight if anatomy.weight.ndim == 4 else anatomy.weight[:, :, None, None]


def _patch(maps: NDArray[Any], rows: Places, columns: Places) -> Doubles:
    """(C, F, F) of float64, with zeros where a place is −1."""
    patch: Doubles = maps[:, rows[:, None], columns].astype(np.float64)
    return np.where((rows[:, None] >= 0) & (columns >= 0), patch, 0.0)
