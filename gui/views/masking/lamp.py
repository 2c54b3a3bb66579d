"""A lamp: green, amber or red, each also of a shape and a word of its own."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from engine.inside import Lamp
from gui import theme

WORDS: Final = {Lamp.CLEAR: "No sign", Lamp.DOUBTFUL: "A sign", Lamp.MASKED: "Masked", None: "Not known yet"}
"""What every lamp says; None is one that is not lit."""


def colour_of(lamp: Lamp | None) -> QColor:
    """The colour of a lamp."""
    if lamp is None:
        return QColor(theme.OTHER)
    return {
        Lamp.CLEAR: QColor(theme.HOLDS),
        Lamp.DOUBTFUL: QColor(theme.DOUBTFUL),
        Lamp.MASKED: theme.color("error"),
    }[lamp]


class LampLight(QWidget):
    """A disc that is clear, a triangle that is doubtful, a square that is masked; an empty ring is not lit."""

    def __init__(self, parent: QWidget | None = None, *, size: int = 2 * theme.GRID) -> None:
        super().__init__(parent)
        self._lamp: Lamp | None = None
        self._size = QSize(size, size)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.show_lamp(None)

    @property
    def lamp(self) -> Lamp | None:
        """What is shown."""
        return self._lamp

    def show_lamp(self, lamp: Lamp | None) -> None:
        """Lights it, or puts it out."""
        self._lamp = lamp
        self.setAccessibleName(WORDS[lamp])
        self.setToolTip(WORDS[lamp])
        self.update()

    def sizeHint(self) -> QSize:
        """A square."""
        return self._size

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws the shape."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(1.5, 1.5, -1.5, -1.5)
        colour = colour_of(self._lamp)
        if self._lamp is None:
            painter.setPen(QPen(colour, 1.5))
            painter.drawEllipse(box)
            return
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        if self._lamp is Lamp.CLEAR:
            painter.drawEllipse(box)
        elif self._lamp is Lamp.DOUBTFUL:
            painter.drawPolygon(QPolygonF([QPointF(box.center().x(), box.top()), box.bottomRight(), box.bottomLeft()]))
        else:
            painter.drawRect(box)
