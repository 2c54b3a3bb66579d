"""The names of a network's parts below an axis of its layers, as many in full as there is room for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QLineF, QPointF, QRectF
from PySide6.QtGui import QPainter, QPen

from gui import theme
from gui.views.divergence.axis import sections

_GAP: Final = 8.0
_LEAST: Final = 0.4
"""A part is named only if it is so wide, in widths of its name; or it would seem to reach over the next ones."""


def paint_section_names(painter: QPainter, layers: Sequence[str], box: QRectF, pitch: float) -> None:
    """Draws ticks where parts begin, and names that never lie on each other; a part below a name has neither.

    Args:
        painter: with the font to be used.
        layers: the names of all layers, in the order in which they stand.
        box: where they stand; the names are written in the line below it.
        pitch: from one layer to the next.
    """
    metrics = painter.fontMetrics()
    free = box.left()
    for name, first, beyond in sections(layers):
        left, width = box.left() + first * pitch, (beyond - first) * pitch
        if left < free:
            continue  # it begins below the name of the one before
        painter.setPen(QPen(theme.color("line"), 1))
        painter.drawLine(QLineF(left, box.bottom(), left, box.bottom() + metrics.height()))
        needed = metrics.horizontalAdvance(name) + 3
        if left + needed > box.right() + 1 or width < _LEAST * needed:
            continue
        painter.setPen(theme.color("muted"))
        painter.drawText(QPointF(left + 3, box.bottom() + metrics.ascent() + 1), name)
        free = left + needed + _GAP
