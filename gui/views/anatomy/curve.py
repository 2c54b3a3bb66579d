"""An activation function as a curve, with the numbers of the place looked at as points on it."""

from __future__ import annotations

from typing import Final

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from engine.arithmetic import Settings, activate
from gui import theme
from gui.views.scale_bar import say_value

_POINTS: Final = 201
_LEAST_REACH: Final = 4.0
"""The curve is shown at least from −4 to 4, where all these functions bend."""


class FunctionCurve(QWidget):
    """Draws f(x) around zero, wide enough for the points on it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._function = ""
        self._settings = Settings()
        self._points: tuple[tuple[float, str], ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    @property
    def points(self) -> tuple[tuple[float, str], ...]:
        """The points on the curve."""
        return self._points

    def show_function(self, function: str, settings: Settings, points: tuple[tuple[float, str], ...]) -> None:
        """Draws another function; each point is an x, finite, and the data colour that it is drawn in."""
        self._function, self._settings, self._points = function, settings, points
        said = (f"f({say_value(x)}) = {say_value(float(activate(function, x, settings)))}" for x, _ in points)
        self.setAccessibleName("Curve of the activation: " + "; ".join(said))
        self.update()

    def sizeHint(self) -> QSize:
        """Half as high as wide."""
        return QSize(40 * theme.GRID, 20 * theme.GRID)

    def minimumSizeHint(self) -> QSize:
        """Small enough for a low dock."""
        return QSize(16 * theme.GRID, 10 * theme.GRID)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws the axes with their ends, the curve, and the points with lines down to the axes."""
        if not self._function:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.font(theme.Type.CAPTION, tabular=True))
        bends = 6.0 if self._function == "relu6" else max(abs(self._settings.low), abs(self._settings.high))
        reach = max([_LEAST_REACH, 1.25 * bends, *(1.25 * abs(x) for x, _ in self._points)])
        xs = np.linspace(-reach, reach, _POINTS)
        ys = activate(self._function, xs, self._settings)
        low, high = min(0.0, float(ys.min())), max(0.0, float(ys.max()))
        line = painter.fontMetrics().height()
        box = QRectF(self.rect()).adjusted(7 * theme.GRID, line, -2 * theme.GRID, -line - 4)

        def at(x: float, y: float) -> QPointF:
            share = (y - low) / ((high - low) or 1.0)
            return QPointF(box.left() + (x + reach) / (2 * reach) * box.width(), box.bottom() - share * box.height())

        self._paint_axes(painter, at(-reach, 0), at(reach, 0), at(0, low), at(0, high))
        self._paint_ends(painter, box, reach, (low, high))
        painter.setPen(QPen(theme.color("text"), 2))
        painter.drawPolyline(QPolygonF([at(float(x), float(y)) for x, y in zip(xs, ys, strict=True)]))
        for x, colour in self._points:
            y = float(activate(self._function, x, self._settings))
            self._paint_point(painter, at(x, y), at(x, 0), at(0, y), colour)

    def _paint_axes(self, painter: QPainter, left: QPointF, right: QPointF, down: QPointF, up: QPointF) -> None:
        painter.setPen(QPen(theme.color("line"), 1))
        painter.drawLine(left, right)
        painter.drawLine(down, up)

    def _paint_ends(self, painter: QPainter, box: QRectF, reach: float, ends: tuple[float, float]) -> None:
        painter.setPen(theme.color("muted"))
        line = painter.fontMetrics().height()
        below = QRectF(box.left(), box.bottom() + 3, box.width(), line)
        for side, text in ((_LEFT, say_value(-reach)), (_CENTRE, "x, what comes in"), (_RIGHT, say_value(reach))):
            painter.drawText(below, side, text)
        beside = QRectF(0, 0, box.left() - 6, line)
        for y, text in ((box.bottom(), say_value(ends[0])), (box.top(), say_value(ends[1]))):
            beside.moveTop(y - line / 2)
            painter.drawText(beside, _RIGHT, text)
        beside.moveTop(box.center().y() - line / 2)
        painter.drawText(beside, _RIGHT, "f(x)")

    def _paint_point(self, painter: QPainter, point: QPointF, below: QPointF, beside: QPointF, colour: str) -> None:
        painter.setPen(QPen(QColor(colour), 1, Qt.PenStyle.DashLine))
        painter.drawLine(point, below)
        painter.drawLine(point, beside)
        painter.setPen(QPen(theme.color("base"), 1))
        painter.setBrush(QColor(colour))
        painter.drawEllipse(point, 5, 5)
        painter.setBrush(Qt.BrushStyle.NoBrush)


_LEFT: Final = Qt.AlignmentFlag.AlignLeft.value
_RIGHT: Final = Qt.AlignmentFlag.AlignRight.value
_CENTRE: Final = Qt.AlignmentFlag.AlignHCenter.value
