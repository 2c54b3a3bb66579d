"""The numbers of a map, written into its cells where these are large enough."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter

from engine.frame import Floats
from gui import theme
from gui.views.colormaps import Packed
from gui.views.ink import on
from gui.views.scale_bar import say_value

SMALLEST_CELL: Final = (40, 15)
"""Width and height, in units of the screen, that a number of three digits with its sign takes."""

_MARGIN: Final = 2
_CENTRE: Final = Qt.AlignmentFlag.AlignCenter.value


def paint_numbers(painter: QPainter, values: Floats, colours: Packed, box: QRectF, seen: QRectF) -> None:
    """Writes (H, W) numbers, drawn in (H, W) ``colours`` within ``box``, as far as they are ``seen``."""
    height, width = values.shape
    across, down = box.width() / width, box.height() / height
    if across < SMALLEST_CELL[0] or down < SMALLEST_CELL[1]:
        return
    painter.setFont(theme.font(theme.Type.CAPTION, tabular=True))
    metrics, inks = painter.fontMetrics(), _inks(colours)
    for row in range(height):
        if not seen.top() - down < box.top() + row * down < seen.bottom():
            continue
        for column in range(width):
            painter.setPen(inks[row][column])
            cell = QRectF(box.left() + column * across, box.top() + row * down, across, down).toRect()
            painter.drawText(cell, _CENTRE, short(float(values[row, column]), metrics, cell.width() - _MARGIN))


def short(value: float, metrics: QFontMetrics, room: int) -> str:
    """A number with three digits, or as many as fit into so many units of the screen."""
    if math.isnan(value):
        return "NaN"
    texts = (
        say_value(value),
        *(f"{value:.{digits}g}".replace("-", "−") for digits in (2, 1)),
        f"{value:.0e}".replace("-", "−"),
    )
    return next((each for each in texts if metrics.horizontalAdvance(each) <= room), texts[-1])


def _inks(colours: Packed) -> list[list[QColor]]:
    shades: NDArray[np.uint32] = np.unique(colours)
    by_shade = {each: on(QColor(each).name()) for each in shades.tolist()}
    return [[by_shade[each] for each in row] for row in colours.tolist()]
