"""From numbers to one packed picture of many tiles: quantised first, then laid out, then coloured.

In this order every pass but the first touches a byte a number: 64 maps of 112×112 take about a millisecond.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from engine.frame import Floats, Pixels
from gui.views.colormaps import DIVERGING, NOT_A_NUMBER, SEQUENTIAL, Packed, packed_of

SMALLEST_TILE: Final = 16
"""In units of the screen: below this no map can be told from another, and the mosaic scrolls instead."""

_LOWEST, _HIGHEST = 1, 255
"""Places of the limits in the tables of colours; 0 stands for what is not a number."""


def _table(colours: Packed) -> Packed:
    table = colours.copy()
    table[0] = NOT_A_NUMBER
    return table


_SIGNED: Final = _table(DIVERGING)
_UNSIGNED: Final = _table(SEQUENTIAL[np.r_[0, np.rint(np.linspace(0, 255, 255)).astype(int)]])


@dataclass(frozen=True)
class Grid:
    """Where tiles lie: row after row, all of one size, in units of the screen.

    Attributes:
        count: how many tiles.
        columns, rows: of tiles; the last row may not be full.
        width, height: of a tile, with the line that parts it from the next.
    """

    count: int
    columns: int
    rows: int
    width: int
    height: int

    def place(self, tile: int) -> tuple[int, int]:
        """Left and top of a tile."""
        return tile % self.columns * self.width, tile // self.columns * self.height

    def tile_at(self, x: float, y: float) -> int | None:
        """The tile at a place; None beside all of them."""
        column, row = math.floor(x / self.width), math.floor(y / self.height)
        tile = row * self.columns + column
        return tile if 0 <= column < self.columns and row >= 0 and tile < self.count else None


def arrange(count: int, shape: tuple[int, int], space: tuple[int, int], bar: int = 0) -> Grid:
    """The grid with the largest tiles that fit, or one to scroll through if those would be unreadably small.

    Args:
        count: how many tiles, at least one.
        shape: height and width of a tile, in numbers.
        space: width and height, in units of the screen.
        bar: width of the scroll bar, which takes its place where one is needed.
    """
    across, down = max(space[0], 1), max(space[1], 1)
    tall = shape[0] / shape[1]
    columns = np.arange(1, count + 1)
    rows = -(-count // columns)
    widths = np.minimum(across // columns, (down // rows / tall).astype(int))
    best = int(widths.argmax())
    width = int(widths[best])
    least = math.ceil(SMALLEST_TILE * max(1.0, 1 / tall))
    if min(width, width * tall) >= SMALLEST_TILE:
        return _grid(count, int(columns[best]), width, tall)
    return _grid(count, min(count, max(1, (across - bar) // least)), least, tall)


def _grid(count: int, columns: int, width: int, tall: float) -> Grid:
    return Grid(count, columns, -(-count // columns), width, max(1, round(width * tall)))


def shrunk(tiles: Floats, factor: int) -> Floats:
    """(N, H, W) with every ``factor`` × ``factor`` numbers made their mean; what is left over at the edge is left out.

    What is not a number stays so. Adding strided parts is three times as fast as ``mean`` over two axes.
    """
    height, width = (side // factor * factor for side in tiles.shape[1:])
    total = np.zeros((len(tiles), height // factor, width // factor), np.float32)
    for row in range(factor):
        for column in range(factor):
            total += tiles[:, row:height:factor, column:width:factor]
    total /= factor**2
    return total


def quantised(tiles: Floats, low: Floats | float, high: Floats | float) -> NDArray[np.uint8]:
    """(N, H, W) numbers as places in a table of colours, 1 for ``low`` to 255 for ``high``, 0 for not a number.

    ``low`` and ``high`` are one number or (N,); what lies beyond has the colour of the limit. Where the two are equal
    everything has the colour of ``low``.
    """
    least, most = (np.asarray(each, np.float32).reshape(-1, 1, 1) for each in (low, high))
    reach = most - least
    scale = np.divide(_HIGHEST - _LOWEST, reach, out=np.zeros_like(reach), where=reach > 0)
    places = np.multiply(tiles, scale, dtype=np.float32)
    places += _LOWEST + np.float32(0.5) - least * scale  # the half rounds what is then cut off
    missing = np.isnan(places) if np.isnan(np.max(places, initial=0)) else None
    np.clip(places, _LOWEST, _HIGHEST, out=places)
    if missing is not None:
        places[missing] = 0
    quantities: NDArray[np.uint8] = places.astype(np.uint8)
    return quantities


def coloured(tiles: Floats, low: Floats | float, high: Floats | float, *, signed: bool) -> Packed:
    """Colours of numbers of any shape, (N, H, W)."""
    colours: Packed = (_SIGNED if signed else _UNSIGNED).take(quantised(tiles, low, high))
    return colours


def laid_out(tiles: NDArray[Any], columns: int) -> NDArray[Any]:
    """(N, H, W) as one picture, ``columns`` tiles wide; the empty places of the last row are 0."""
    count, height, width = tiles.shape
    rows = -(-count // columns)
    canvas = np.zeros((rows, height, columns, width), tiles.dtype)
    full = count // columns
    canvas[:full] = tiles[: full * columns].reshape(full, columns, height, width).transpose(0, 2, 1, 3)
    if full < rows:
        canvas[full, :, : count - full * columns] = tiles[full * columns :].transpose(1, 0, 2)
    return canvas.reshape(rows * height, columns * width)


def mosaic(tiles: NDArray[Any], low: Floats | float, high: Floats | float, *, signed: bool, columns: int) -> Packed:
    """Colours of (N, H, W) float32, or of (N, H, W, 3) uint8 as they are, as one picture ``columns`` tiles wide."""
    if tiles.ndim == 4:
        return laid_out(_packed(tiles), columns)
    table = _SIGNED if signed else _UNSIGNED
    places = laid_out(quantised(tiles, low, high), columns)
    packed: Packed = np.take(table, places, out=np.empty(places.shape, np.uint32), mode="clip")
    return packed


def _packed(pictures: Pixels) -> Packed:
    red, green, blue = np.moveaxis(pictures.astype(np.uint32), -1, 0)
    return packed_of(red, green, blue)
