"""What the network sees of a drawing, and the square that it shares with the pad."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from engine.frame import Floats
from engine.images.drawn import FIELD, SIDE
from gui import theme


class Square(QWidget):
    """As large a square as its place allows, in a frame; what is in it is for subclasses to paint."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(96, 96)

    def sizeHint(self) -> QSize:
        """As large as the pad's ink."""
        return QSize(SIDE, SIDE)

    def place(self) -> QRectF:
        """The square, in the widget's pixels."""
        side = min(self.width(), self.height()) - 4
        return QRectF((self.width() - side) / 2, (self.height() - side) / 2, side, side)

    def paint_frame(self, painter: QPainter, ink: QColor, width: float = 1) -> None:
        """A line around the square."""
        painter.setPen(QPen(ink, width))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(self.place().adjusted(-width / 2, -width / 2, width / 2, width / 2))


class Seen(Square):
    """What the network sees of the drawing, pixel by pixel."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._image = QImage()
        self._has_middle = False
        self.setAccessibleName("The drawing as the network sees it")

    @property
    def image(self) -> QImage:
        """What is shown; null while nothing is."""
        return self._image

    def show_picture(self, picture: Floats | None, *, has_middle: bool = False) -> None:
        """Shows (H, W, C) pixels in [0, 1], or nothing; perhaps with a cross where MNIST's digits have their middle."""
        self._image = QImage() if picture is None else _to_image(picture)
        self._has_middle = has_middle and self._image.size() == QSize(FIELD, FIELD)
        self.setToolTip("The dotted lines cross where MNIST's digits have their middle." if self._has_middle else "")
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Enlarged by nearest neighbour."""
        painter = QPainter(self)
        painter.fillRect(self.place(), theme.color("stage"))
        if not self._image.isNull():
            painter.drawImage(self.place(), self._image)
        if self._has_middle:
            self._paint_middle(painter)
        self.paint_frame(painter, theme.color("line"))

    def _paint_middle(self, painter: QPainter) -> None:
        place = self.place()
        cell = place.width() / FIELD
        middle = place.topLeft() + QPointF(FIELD / 2 + 0.5, FIELD / 2 + 0.5) * cell
        painter.setPen(QPen(QColor(theme.OTHER), 1, Qt.PenStyle.DotLine))
        painter.drawLine(QPointF(place.left(), middle.y()), QPointF(place.right(), middle.y()))
        painter.drawLine(QPointF(middle.x(), place.top()), QPointF(middle.x(), place.bottom()))


def _to_image(picture: Floats) -> QImage:
    levels = np.ascontiguousarray(np.rint(picture * 255).astype(np.uint8))
    height, width, channels = levels.shape
    kind = QImage.Format.Format_Grayscale8 if channels == 1 else QImage.Format.Format_RGB888
    return QImage(levels.data, width, height, width * channels, kind).copy()
