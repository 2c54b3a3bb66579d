"""A convolution by hand: one picture, one kernel, and all that can be said of how they make the output.

It is the playground's arithmetic, apart from any network. Single numbers come from single sums, so that each can be
written out; the same convolution is also a matrix that acts on the flattened picture: the doubly block circulant
matrix of Goodfellow, Bengio and Courville, "Deep Learning" (2016), section 9.1, without the rows that would reach
around the picture's edges.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from typing import Any, Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from engine.answers import Floats
from engine.errors import ExplainedError

MOST_EDITED: Final = 64
"""The largest side of an input that is typed or drawn."""
MOST_KERNEL: Final = 9
"""The largest side of a kernel."""

Indices = NDArray[np.intp]


class PlaygroundError(ExplainedError):
    """What was typed or chosen cannot be convolved."""


class Padding(StrEnum):
    """How many zeros are laid around the input; sizes are those without stride."""

    VALID = "valid"
    """None: the kernel stays inside."""
    SAME = "same"
    """So many that the output is as large as the input; an odd one goes below and to the right."""
    FULL = "full"
    """So many that every overlap counts: the kernel touches the input with at least one cell."""


class Mode(StrEnum):
    """Which of two operations."""

    CROSS_CORRELATION = "cross-correlation"
    """The kernel is laid on as it is; what networks call convolution."""
    CONVOLUTION = "convolution"
    """The kernel is turned by 180° first, as mathematics defines it."""


class Margins(NamedTuple):
    """How many rows and columns of zeros are laid around the input."""

    top: int
    bottom: int
    left: int
    right: int


class Term(NamedTuple):
    """One product of the sum behind a number of the output.

    Attributes:
        row, column: of the input; outside of it in the padding.
        value: of the input there, 0 in the padding.
        weight: of the kernel as it is laid on.
    """

    row: int
    column: int
    value: float
    weight: float


@dataclass(frozen=True)
class _Axis:
    """The sizes along one axis: of input and kernel, and how the kernel moves."""

    size: int
    kernel: int
    stride: int
    dilation: int
    padding: Padding

    @property
    def extent(self) -> int:
        """How much of the input the kernel spans, gaps included."""
        return self.dilation * (self.kernel - 1) + 1

    @property
    def before(self) -> int:
        return {Padding.VALID: 0, Padding.SAME: (self.extent - 1) // 2, Padding.FULL: self.extent - 1}[self.padding]

    @property
    def after(self) -> int:
        return self.extent - 1 - self.before if self.padding is Padding.SAME else self.before

    @property
    def padded(self) -> int:
        return self.size + self.before + self.after

    @property
    def output(self) -> int:
        return max(0, (self.padded - self.extent) // self.stride + 1)

    @cached_property
    def reads(self) -> Indices:
        """(output, kernel): which place of the input each cell of the kernel reads; outside of it in the padding."""
        starts = np.arange(self.output) * self.stride - self.before
        return starts[:, None] + np.arange(self.kernel) * self.dilation

    @property
    def formula(self) -> str:
        """The size of the output with the numbers put in, (W − F + P)/S + 1."""
        whole = (self.padded - self.extent) % self.stride == 0
        spans = f"({self.dilation}·({self.kernel} − 1) + 1)" if self.dilation > 1 else f"{self.kernel}"
        ratio = f"({self.size} − {spans} + {self.before} + {self.after})/{self.stride}"
        return f"{ratio if whole else f'⌊{ratio}⌋'} + 1 = {self.output}"


def convolution_matrix(
    height: int,
    width: int,
    kernel: Floats,
    stride: int = 1,
    padding: Padding = Padding.VALID,
    dilation: int = 1,
    *,
    rows: range | None = None,
    columns: range | None = None,
) -> Floats:
    """The matrix that does to a flattened input what the kernel does to the input.

    Args:
        height: of the input.
        width: of the input.
        kernel: as it is laid onto the input; for a convolution, the turned one.
        stride: by how much the kernel moves.
        padding: what is laid around the input.
        dilation: from one cell of the kernel to the next.
        rows: of the matrix, those that are wanted; None is all.
        columns: the same.

    Returns:
        (len(rows), len(columns)), all of it is (output height · output width, height · width); row by row, as
        flattened pictures are.
    """
    down = _Axis(height, kernel.shape[0], stride, dilation, padding)
    across = _Axis(width, kernel.shape[1], stride, dilation, padding)
    rows = range(down.output * across.output) if rows is None else rows
    columns = range(height * width) if columns is None else columns
    row, column = np.divmod(np.asarray(rows, np.intp), max(1, across.output))
    y, x = down.reads[row][:, :, None], across.reads[column][:, None, :]
    place = y * width + x - columns.start
    is_seen = (y >= 0) & (y < height) & (x >= 0) & (x < width) & (place >= 0) & (place < len(columns))
    at, i, j = np.nonzero(is_seen)
    matrix = np.zeros((len(rows), len(columns)), np.float32)
    matrix[at, place[at, i, j]] = kernel[i, j]
    return matrix


@dataclass(frozen=True, eq=False)
class Convolution:
    """One picture under one kernel.

    Attributes:
        image: (H, W).
        kernel: (F, G) as it was typed, at most ``MOST_KERNEL`` each.
        stride: 1 or more, the same down and across.
        padding: what is laid around the picture.
        dilation: 1 or more, from one cell of the kernel to the next.
        mode: whether the kernel is turned.

    Raises:
        PlaygroundError: the kernel does not fit into the padded picture.
    """

    image: Floats
    kernel: Floats
    stride: int = 1
    padding: Padding = Padding.VALID
    dilation: int = 1
    mode: Mode = Mode.CROSS_CORRELATION

    def __post_init__(self) -> None:
        if 0 in self.output_shape:
            spans = f"{self.down.extent}×{self.across.extent}"
            raise PlaygroundError(
                "The kernel does not fit",
                f"it spans {spans} and the input, padding included, has {self.down.padded}×{self.across.padded}",
                "Take a smaller kernel, less dilation, or more padding.",
            )

    def with_(self, **changes: Any) -> Self:
        """A copy with some fields changed."""
        return replace(self, **changes)

    @cached_property
    def down(self) -> _Axis:
        """From top to bottom."""
        return _Axis(self.image.shape[0], self.kernel.shape[0], self.stride, self.dilation, self.padding)

    @cached_property
    def across(self) -> _Axis:
        """From left to right."""
        return _Axis(self.image.shape[1], self.kernel.shape[1], self.stride, self.dilation, self.padding)

    @cached_property
    def laid(self) -> Floats:
        """The kernel as it is laid onto the picture: turned by 180° in a convolution."""
        return self.kernel[::-1, ::-1] if self.mode is Mode.CONVOLUTION else self.kernel

    @property
    def margins(self) -> Margins:
        """The zeros around the picture."""
        return Margins(self.down.before, self.down.after, self.across.before, self.across.after)

    @property
    def output_shape(self) -> tuple[int, int]:
        """Height and width of the output."""
        return self.down.output, self.across.output

    @property
    def matrix_shape(self) -> tuple[int, int]:
        """Rows and columns of the whole matrix."""
        return self.down.output * self.across.output, self.image.size

    @cached_property
    def output(self) -> Floats:
        """(H′, W′): every sum, added up in double precision.

        One cell of the kernel after the other, over the whole picture: the window waits for it, and to gather every
        window of a picture in full would take some thirty times as long.
        """
        top, bottom, left, right = self.margins
        padded = np.pad(self.image.astype(np.float64), ((top, bottom), (left, right)))
        total = np.zeros(self.output_shape)
        height, width = ((each - 1) * self.stride + 1 for each in self.output_shape)
        for (i, j), weight in np.ndenumerate(self.laid):
            y, x = i * self.dilation, j * self.dilation
            total += float(weight) * padded[y : y + height : self.stride, x : x + width : self.stride]
        return total.astype(np.float32)

    def matrix(self, rows: range | None = None, columns: range | None = None) -> Floats:
        """The convolution as a matrix, or a part of it; see ``convolution_matrix``."""
        height, width = self.image.shape
        return convolution_matrix(
            height, width, self.laid, self.stride, self.padding, self.dilation, rows=rows, columns=columns
        )

    def terms(self, row: int, column: int) -> tuple[Term, ...]:
        """The products whose sum is the output at a row and column, in the order of the kernel."""
        found = []
        for (i, j), weight in np.ndenumerate(self.laid):
            y, x = int(self.down.reads[row, i]), int(self.across.reads[column, j])
            inside = 0 <= y < self.image.shape[0] and 0 <= x < self.image.shape[1]
            found.append(Term(y, x, float(self.image[y, x]) if inside else 0.0, float(weight)))
        return tuple(found)

    def reached(self, row: int, column: int) -> tuple[tuple[int, int], ...]:
        """The places of the output that read the input at a row and column."""
        down = np.flatnonzero((self.down.reads == row).any(axis=1)).tolist()
        across = np.flatnonzero((self.across.reads == column).any(axis=1)).tolist()
        return tuple((i, j) for i in down for j in across)


def normalised(kernel: Floats) -> Floats:
    """The kernel divided by its sum, so that an even area keeps its value; where that is 0, by the sum of sizes.

    A kernel of zeros stays.
    """
    weight = float(kernel.sum(dtype=np.float64))
    if abs(weight) < 1e-6:
        weight = float(np.abs(kernel).sum(dtype=np.float64))
    return (kernel / weight).astype(np.float32) if weight else kernel


def resized(values: Floats, height: int, width: int) -> Floats:
    """The same numbers in a grid of another size: cut off at the bottom and right, or filled up with zeros there."""
    made = np.zeros((height, width), np.float32)
    kept = values[:height, :width]
    made[: kept.shape[0], : kept.shape[1]] = kept
    return made


def channel_of(picture: Floats, channel: int | None) -> Floats:
    """One channel of a picture in 255ths, rounded; None is grey, the luma of ITU-R BT.601.

    Args:
        picture: (H, W, C) in [0, 1], with one channel or three.
        channel: 0 is red, 1 green, 2 blue.
    """
    if picture.shape[2] < 3:
        values = picture[:, :, 0]
    elif channel is None:
        values = picture[:, :, :3] @ np.array([0.299, 0.587, 0.114], np.float32)
    else:
        values = picture[:, :, channel]
    whole: Floats = np.rint(values * 255).astype(np.float32)
    return whole


def reduced(values: Floats, side: int) -> Floats:
    """A smaller picture whose longer side is ``side``; every number is the rounded mean of those it stands for."""
    scale = side / max(values.shape)
    if scale >= 1:
        return values
    height, width = (max(1, round(each * scale)) for each in values.shape)
    tops, lefts = _starts(values.shape[0], height), _starts(values.shape[1], width)
    sums = np.add.reduceat(np.add.reduceat(values, tops, axis=0, dtype=np.float64), lefts, axis=1)
    counts = np.outer(np.diff(tops, append=values.shape[0]), np.diff(lefts, append=values.shape[1]))
    means: Floats = np.rint(sums / counts).astype(np.float32)
    return means


def _starts(size: int, parts: int) -> Indices:
    return np.arange(parts, dtype=np.intp) * size // parts
