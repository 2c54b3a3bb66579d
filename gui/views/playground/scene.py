"""One state of the playground, and where its numbers stand in one another."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from engine.frame import Floats
from engine.playground import Convolution
from gui.views.playground.cells import Area
from gui.views.playground.input import Source
from gui.views.playground.shade import Shade

Cell = tuple[int, int]
"""Row and column."""


@dataclass(frozen=True, eq=False)
class Scene:
    """What undo goes back to: a convolution, and where its input came from."""

    source: Source
    convolution: Convolution

    @cached_property
    def shades(self) -> tuple[Shade, Shade, Shade]:
        """Of the kernel, the input and the output; an input without negative numbers is grey."""
        one = self.convolution
        image = Shade.of(one.image, grey=True)
        if self.source is Source.PICTURE and not image.signed and image.high <= 255:
            image = Shade(255.0, signed=False, grey=True)
        return Shade.of(one.kernel, signed=True), image, Shade.of(one.output)

    @property
    def is_blank(self) -> bool:
        """Whether it waits for somebody to draw."""
        return self.source is Source.DRAWING and not self.convolution.image.any()


def window_of(one: Convolution, output: Cell) -> list[Area]:
    """The cells of the input that a number of the output reads: one box, or with gaps between, each by itself."""
    terms = one.terms(*output)
    if one.dilation > 1:
        return [Area(each.row, each.column) for each in terms]
    return [Area(terms[0].row, terms[0].column, *one.kernel.shape)]


def number_of(cell: Cell | None, values: Floats) -> int | None:
    """The number of a cell in the flattened matrix."""
    return None if cell is None else cell[0] * values.shape[1] + cell[1]


def say_shape(values: Floats) -> str:
    """Rows and columns as read."""
    return f"{values.shape[0]}×{values.shape[1]}"
