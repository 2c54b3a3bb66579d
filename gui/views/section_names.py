"""The names of a network's parts below an axis of its layers, as many in full as there is room for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from PySide6.QtCore import QLineF, QPointF, QRectF
from PySide6.QtGui import QPainter, QPen

from gui import theme

_GAP: Final = 8.0
_LEAST: Final = 0.4
"""A part is named only if it is so wide, in widths of its name; or it would seem to reach over the next ones."""


def paint_section_names(
    painter: QPainter, layers: Sequence[str], box: QRectF, pitch: float, scrolled: float = 0.0
) -> None:
    """Draws ticks where parts begin, and names that never lie on each other; a part below a name has neither.

    The name of a part that is scrolled through stays in view.

    Args:
        painter: with the font to be used.
        layers: the names of all layers, in the order in which they stand.
        box: where they stand, as far as it is in view; the names are written in the line below it.
        pitch: from one layer to the next.
        scrolled: by how much the layers are moved to the left.
    """
    metrics = painter.fontMetrics()
    free = box.left()
    for name, first, beyond in sections(layers):
        left = max(box.left() + first * pitch - scrolled, box.left())
        width = box.left() + beyond * pitch - scrolled - left
        if left < free or width <= 0:
            continue  # it begins below the name of the one before, or lies beyond the left end
        painter.setPen(QPen(theme.color("line"), 1))
        painter.drawLine(QLineF(left, box.bottom(), left, box.bottom() + metrics.height()))
        needed = metrics.horizontalAdvance(name) + 3
        if left + needed > box.right() + 1 or width < _LEAST * needed:
            continue
        painter.setPen(theme.color("muted"))
        painter.drawText(QPointF(left + 3, box.bottom() + metrics.ascent() + 1), name)
        free = left + needed + _GAP


def sections(layers: Sequence[str]) -> Iterator[tuple[str, int, int]]:
    """Runs of neighbouring layers that belong together, by the first part of their names: name, first, beyond last.

    A run that is more than half of the network is parted by the second part of the names too.
    """
    for name, first, beyond in _runs(layers, 1, 0, len(layers)):
        if beyond - first > len(layers) / 2:
            yield from _runs(layers, 2, first, beyond)
        else:
            yield name, first, beyond


def _runs(layers: Sequence[str], depth: int, start: int, stop: int) -> Iterator[tuple[str, int, int]]:
    names = [".".join(each.split(".")[:depth]) for each in layers[start:stop]]
    first = 0
    for place in range(1, len(names) + 1):
        if place == len(names) or names[place] != names[first]:
            yield names[first], start + first, start + place
            first = place
