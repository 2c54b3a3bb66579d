"""A tiny network as a drawing: neurons with their values, weights as lines, and what a stop of the walk is about."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from PySide6.QtCore import QEvent, QLineF, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QHelpEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from gui import theme
from gui.views.colormaps import diverging
from gui.views.ink import legible
from gui.views.walk.lesson import Lesson
from gui.views.walk.stops import LOSS, Part, edge, neuron
from gui.views.walk.words import Names, say

_LARGEST: Final = 24.0
_SMALLEST: Final = 15.0
"""Radii of a neuron."""
_ALONG: Final = 0.32
"""So far along its line a weight is written: there lines that cross are apart. Others have it in the middle."""
_FILLED: Final = 1.75
"""How wide a number in a neuron may be, in radii."""
_UNKNOWN: Final = "?"
_NEAR: Final = 6.0
"""The pointer is on a line from this distance on."""


class ToyGraph(QWidget):
    """Draws a network from left to right; a weight can be clicked."""

    edge_chosen = Signal(int, int, int)
    """The layer, the neuron and the one it comes from, of the weight that was clicked."""

    def __init__(self, lesson: Lesson, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lesson = lesson
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMouseTracking(True)
        self.setAccessibleName("The network, its weights and values")

    def show_lesson(self, lesson: Lesson) -> None:
        """Draws another network, or another stop of the walk through it."""
        self._lesson, stop = lesson, lesson.stop
        self.setAccessibleDescription(f"{stop.title}. {stop.sentence} {'; '.join(stop.lines)}")
        self.update()

    @property
    def _sizes(self) -> tuple[int, ...]:
        return self._lesson.toy.sizes

    @property
    def _cells(self) -> list[tuple[int, int, int]]:
        """All weights."""
        layers = enumerate(self._lesson.toy.layers, 1)
        return [(layer, row, column) for layer, each in layers for row, column in np.ndindex(each.weight.shape)]

    def _weight(self, layer: int, row: int, column: int) -> float:
        return float(self._lesson.toy.layers[layer - 1].weight[row, column])

    def _is_lit(self, part: Part) -> bool:
        return part in self._lesson.stop.lit

    # Where things stand

    @property
    def _radius(self) -> float:
        room = self.height() / max(self._sizes) - 1.6 * self.fontMetrics().height()
        return min(max(room / 2, _SMALLEST), _LARGEST)

    def centre(self, layer: int, row: int) -> QPointF:
        """The middle of a neuron; layer 0 holds the inputs, the layer after the last one the loss."""
        sizes = (*self._sizes, 1)
        side = 4.5 * theme.GRID
        x = side + (self.width() - 2 * side) * layer / (len(sizes) - 1)
        return QPointF(x, self.height() * (row + 0.5) / sizes[layer])

    def line(self, layer: int, row: int, column: int) -> QLineF:
        """The line of a weight, from the rim of one neuron to that of the other."""
        whole = QLineF(self.centre(layer - 1, column), self.centre(layer, row))
        share = self._radius / max(whole.length(), 1.0)
        return QLineF(whole.pointAt(share), whole.pointAt(1 - share))

    def edge_at(self, position: QPointF) -> tuple[int, int, int] | None:
        """The weight whose line, or number, is at a point."""
        distances = {cell: _distance(self.line(*cell), position) for cell in self._cells}
        nearest = min(distances, key=distances.__getitem__)
        return nearest if distances[nearest] <= _NEAR else None

    # Painting

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws the lines, then what stands on them."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), theme.color("base"))
        painter.setFont(theme.font(theme.Type.CAPTION, tabular=True))
        for cell in self._cells:
            self._paint_line(painter, *cell)
        self._paint_to_loss(painter)
        for cell in self._cells:
            self._paint_weight(painter, *cell)
        for layer, size in enumerate(self._sizes):
            for row in range(size):
                self._paint_neuron(painter, layer, row)
        self._paint_loss(painter)

    def _paint_line(self, painter: QPainter, layer: int, row: int, column: int) -> None:
        weight, line = self._weight(layer, row, column), self.line(layer, row, column)
        width = 1.0 + 4.0 * abs(weight) / self._lesson.limit
        if self._is_lit(edge(layer, row, column)):
            painter.setPen(QPen(theme.color("accent"), width + 4))
            painter.drawLine(line)
        painter.setPen(QPen(QColor(theme.OTHER), width + 1))  # so that a weight near zero can be seen
        painter.drawLine(line)
        packed = diverging(np.array([weight], np.float32), self._lesson.limit)
        painter.setPen(QPen(QColor.fromRgb(int(packed[0])), width))
        painter.drawLine(line)

    def _paint_to_loss(self, painter: QPainter) -> None:
        last = len(self._lesson.toy.layers)
        painter.setPen(QPen(theme.color("line"), 1, Qt.PenStyle.DashLine))
        for row in range(self._sizes[-1]):
            painter.drawLine(self.centre(last, row), self.centre(last + 1, 0))

    def _paint_weight(self, painter: QPainter, layer: int, row: int, column: int) -> None:
        part = edge(layer, row, column)
        text = self._lesson.stop.texts.get(part, "") if self._is_lit(part) else ""
        text = text or say(self._weight(layer, row, column))
        along = _ALONG if min(self._sizes[layer - 1 : layer + 1]) > 1 else 0.5
        _write(painter, self.line(layer, row, column).pointAt(along), text, lit=self._is_lit(part))

    def _paint_neuron(self, painter: QPainter, layer: int, row: int) -> None:
        part, centre, radius = neuron(layer, row), self.centre(layer, row), self._radius
        lit = self._is_lit(part)
        painter.setPen(QPen(theme.color("accent" if lit else "muted"), 3.0 if lit else 1.0))
        painter.setBrush(theme.color("base"))
        painter.drawEllipse(centre, radius, radius)
        painter.setPen(theme.color("text"))
        box = QRectF(centre.x() - radius, centre.y() - radius, 2 * radius, 2 * radius)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, self._value(layer, row, painter.fontMetrics()))
        height = painter.fontMetrics().height()
        below = QPointF(centre.x(), centre.y() + radius + height / 2 + 1)
        if part in self._lesson.stop.texts:
            _write(painter, below, self._lesson.stop.texts[part], lit=lit)
        if self.height() / self._sizes[layer] > 2 * (radius + height) + 2:
            _write(painter, QPointF(centre.x(), centre.y() - radius - height / 2 - 1), self._name(layer, row))

    def _value(self, layer: int, row: int, metrics: QFontMetrics) -> str:
        if layer > self._lesson.stop.known:
            return _UNKNOWN
        values = self._lesson.values
        value = values[0].inputs[row] if layer == 0 else values[layer - 1].outputs[row]
        return _short(float(value), _FILLED * self._radius, metrics)

    def _name(self, layer: int, row: int) -> str:
        name = Names(layer, self._sizes[layer]).y(row)
        return name if layer == 0 else f"{name}   b {say(float(self._lesson.toy.layers[layer - 1].bias[row]))}"

    def _paint_loss(self, painter: QPainter) -> None:
        centre, half = self.centre(len(self._sizes), 0), self._radius
        lit = self._is_lit(LOSS)
        painter.setPen(QPen(theme.color("accent" if lit else "muted"), 3.0 if lit else 1.0))
        painter.setBrush(theme.color("alternate"))
        box = QRectF(centre.x() - half, centre.y() - half, 2 * half, 2 * half)
        painter.drawRoundedRect(box, 4, 4)
        painter.setPen(theme.color("text"))
        known = self._lesson.stop.has_loss
        text = _short(self._lesson.error, _FILLED * half, painter.fontMetrics()) if known else _UNKNOWN
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
        height = painter.fontMetrics().height()
        _write(painter, QPointF(centre.x(), centre.y() - half - height / 2 - 1), "loss E")

    # The pointer

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """A hand over a weight, which can be clicked."""
        over = self.edge_at(event.position())
        self.setCursor(Qt.CursorShape.ArrowCursor if over is None else Qt.CursorShape.PointingHandCursor)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Chooses a weight."""
        found = self.edge_at(event.position())
        if found is not None and event.button() == Qt.MouseButton.LeftButton:
            self.edge_chosen.emit(*found)

    def event(self, event: QEvent) -> bool:
        """Says what the pointer is over."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            found = self.edge_at(QPointF(event.pos()))
            QToolTip.showText(event.globalPos(), "" if found is None else self._say_edge(*found), self)
            return True
        return super().event(event)

    def _say_edge(self, layer: int, row: int, column: int) -> str:
        names = [Names(each, self._sizes[each]) for each in (layer, layer - 1)]
        return f"{names[0].w(row, column, names[1])} = {say(self._weight(layer, row, column))}. Click to edit it."

    def minimumSizeHint(self) -> QSize:
        """Three neurons below each other, a chain beside each other."""
        return QSize(40 * theme.GRID, 13 * theme.GRID)

    def sizeHint(self) -> QSize:
        """It takes what there is."""
        return QSize(68 * theme.GRID, 20 * theme.GRID)


def _short(value: float, room: float, metrics: QFontMetrics) -> str:
    """A number with three digits, or with two where there is no room for them."""
    text = say(value)
    if metrics.horizontalAdvance(text) <= room or not math.isfinite(value):
        return text
    return f"{value:.2g}".replace("-", "−")


def _write(painter: QPainter, at: QPointF, text: str, *, lit: bool = False) -> None:
    """Text around a point, on a ground of its own, so that no line goes through it."""
    metrics = painter.fontMetrics()
    box = QRectF(0, 0, metrics.horizontalAdvance(text) + 4, metrics.height())
    box.moveCenter(at)
    painter.fillRect(box, theme.color("base"))
    painter.setPen(legible(theme.color("accent").name(), "base") if lit else theme.color("muted"))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)


def _distance(line: QLineF, point: QPointF) -> float:
    """From a point to a line that ends."""
    along, to = line.p2() - line.p1(), point - line.p1()
    share = QPointF.dotProduct(along, to) / max(QPointF.dotProduct(along, along), 1e-9)
    return QLineF(line.pointAt(min(max(share, 0.0), 1.0)), point).length()
