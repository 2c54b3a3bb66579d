"""A lamp: green, orange or red, and of another shape each, so that the colour is not needed."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from engine.frame import Score, Standing
from gui import theme
from gui.views.models.words import COLOURS

_SIDE, _STROKE = 2 * theme.GRID, 2.5


class Lamp(QWidget):
    """An open ring holds, a half-filled one wavers, a full disc has changed, a diamond has hit; a dash is unknown."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._standing: Standing | None = None
        self._is_hit = False
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_score(self, score: Score | None) -> None:
        """Lights up as a network stands."""
        found = (None, False) if score is None else (score.standing, score.is_hit)
        if found != (self._standing, self._is_hit):
            self._standing, self._is_hit = found
            self.update()

    def sizeHint(self) -> QSize:
        """As high as a line of text."""
        return QSize(_SIDE, _SIDE)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws the shape in the colour."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(_STROKE, _STROKE, -_STROKE, -_STROKE)
        if self._standing is None:
            painter.setPen(QPen(theme.color("muted"), _STROKE))
            painter.drawLine(QPointF(box.left(), box.center().y()), QPointF(box.right(), box.center().y()))
            return
        colour = QColor(COLOURS[self._standing])
        painter.setPen(QPen(colour, _STROKE))
        if self._is_hit:
            painter.setBrush(colour)
            painter.drawPolygon(_diamond(box))
            return
        painter.setBrush(colour if self._standing is Standing.CHANGED else Qt.BrushStyle.NoBrush)
        painter.drawEllipse(box)
        if self._standing is Standing.WAVERS:
            painter.setBrush(colour)
            painter.drawPie(box, 90 * 16, 180 * 16)


def _diamond(box: QRectF) -> list[QPointF]:
    middle = box.center()
    return [
        QPointF(middle.x(), box.top()),
        QPointF(box.right(), middle.y()),
        QPointF(middle.x(), box.bottom()),
        QPointF(box.left(), middle.y()),
    ]
