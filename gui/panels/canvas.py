"""A black pad to draw on with white ink, by mouse, pen or finger; and the same picture as the network sees it."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from engine.frame import Floats, Pixels
from engine.images.drawn import FIELD, SIDE
from gui import theme

FINEST, BROADEST, USUAL = 8, 80, 22
"""Widths of the pencil, in pixels of ink; the usual one is about as wide as in MNIST's digits."""
_HINT = "Draw here.\nThe left button draws,\nthe right one rubs out."
_INK, _GROUND = QColor(255, 255, 255), QColor(0, 0, 0)
_CLEAR_KEYS = (Qt.Key.Key_Delete, Qt.Key.Key_Backspace)


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


class Canvas(Square):
    """Takes ink, and tells of every change."""

    drawn = Signal()
    """The ink has changed under the pencil."""
    letGo = Signal()  # noqa: N815 - Qt's spelling of signals
    """A stroke is complete."""
    clearWanted = Signal()  # noqa: N815
    """Delete was pressed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._image = QImage(SIDE, SIDE, QImage.Format.Format_Grayscale8)
        self._image.fill(_GROUND)
        self._is_blank = True
        self._last: QPointF | None = None
        self._pencil = USUAL
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)  # the right button is the rubber
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Pad to draw on")
        self.setAccessibleDescription("White ink on black. Delete clears it.")

    @property
    def ink(self) -> Pixels:
        """(SIDE, SIDE) of uint8, a copy."""
        lines = np.frombuffer(self._image.constBits(), np.uint8).reshape(SIDE, self._image.bytesPerLine())
        return lines[:, :SIDE].copy()

    @property
    def is_drawing(self) -> bool:
        """Whether a button is held."""
        return self._last is not None

    def show_ink(self, ink: Pixels) -> None:
        """Shows other ink, without telling of it."""
        lines = np.ascontiguousarray(ink)
        self._image = QImage(lines.data, SIDE, SIDE, SIDE, QImage.Format.Format_Grayscale8).copy()
        self._is_blank = not lines.any()
        self.update()

    def set_pencil(self, width: int) -> None:
        """Takes another pencil, so many pixels of ink wide; the rubber is twice as wide."""
        self._pencil = width

    def to_ink(self, point: QPointF) -> QPointF:
        """From the widget's pixels to those of the ink."""
        place = self.place()
        return (point - place.topLeft()) * (SIDE / place.width())

    # What the mouse does

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Sets the pencil or the rubber down, which leaves a dot."""
        if event.button() not in {Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton}:
            event.ignore()
            return
        self.letGo.emit()  # whatever was going on is complete
        self._last = self.to_ink(event.position())
        self._stroke(self._last, event.button())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Draws a line from where it was."""
        held = event.buttons() & (Qt.MouseButton.LeftButton | Qt.MouseButton.RightButton)
        if self._last is None or not held:
            return
        is_rubber = not event.buttons() & Qt.MouseButton.LeftButton
        to = self.to_ink(event.position())
        self._stroke(to, Qt.MouseButton.RightButton if is_rubber else Qt.MouseButton.LeftButton)

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        """Lifts it."""
        if self._last is not None:
            self._last = None
            self.letGo.emit()

    def _stroke(self, to: QPointF, button: Qt.MouseButton) -> None:
        assert self._last is not None  # noqa: S101 - only while a button is held
        is_rubber = button == Qt.MouseButton.RightButton
        pen = QPen(_GROUND if is_rubber else _INK, self._pencil * (2 if is_rubber else 1))
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter = QPainter(self._image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(pen)
        if to == self._last:
            painter.drawPoint(to)
        else:
            painter.drawLine(self._last, to)
        painter.end()
        self._last = to
        self._is_blank = False
        self.update()
        self.drawn.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Delete clears the pad."""
        if event.key() in _CLEAR_KEYS:
            self.clearWanted.emit()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Shows where the focus is."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """And that it is gone."""
        super().focusOutEvent(event)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """The ink; on an empty pad, how to draw."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(self.place(), self._image)
        if self._is_blank:
            painter.setPen(QColor(theme.OTHER))
            painter.drawText(self.place(), Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, _HINT)
        self.paint_frame(painter, theme.color("accent" if self.hasFocus() else "line"), 2 if self.hasFocus() else 1)


class Seen(Square):
    """What the network sees of the drawing, pixel by pixel."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._image = QImage()
        self.setAccessibleName("The drawing as the network sees it")

    @property
    def image(self) -> QImage:
        """What is shown; null while nothing is."""
        return self._image

    def show_picture(self, picture: Floats | None) -> None:
        """Shows (H, W, C) pixels in [0, 1], or nothing."""
        self._image = QImage() if picture is None else _to_image(picture)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Enlarged by nearest neighbour, with a faint cross where MNIST's digits have their middle."""
        painter = QPainter(self)
        painter.fillRect(self.place(), theme.color("stage"))
        if not self._image.isNull():
            painter.drawImage(self.place(), self._image)
            if self._image.size() == QSize(FIELD, FIELD):
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
