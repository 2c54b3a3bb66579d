"""One feature map, or a vector laid out in rows, with windows outlined on it; either end of a layer taken apart."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from engine.frame import Floats
from gui import theme
from gui.views.mosaic_tiles import coloured

_MARGIN: Final = 5
"""Around the map, so that a window that reaches into the padding can be seen to."""
_LEAST_SIDE: Final = 12
"""A map of one row is drawn no thinner than this."""
_STEPS: Final = {
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
}


@dataclass(frozen=True)
class Mark:
    """A rectangle of places: from ``top`` and ``left`` to ``bottom`` and ``right``, exclusive.

    ``faint`` is one that the pointer only passes.
    """

    top: float
    left: float
    bottom: float
    right: float
    faint: bool = False


class MapPane(QWidget):
    """Draws (H, W) numbers as large as they fit; places are pointed at, chosen, and stepped through with arrow keys."""

    pointed = Signal(int, int)
    """Row and column that the pointer is over."""
    left = Signal()
    """The pointer is over none any more."""
    chosen = Signal(int, int)
    """A place was clicked."""
    stepped = Signal(int, int)
    """An arrow key asks for so many rows and columns further."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._values: Floats = np.zeros((0, 0), np.float32)
        self._count = 0
        self._image: QImage | None = None
        self._marks: tuple[Mark, ...] = ()
        self._over: tuple[int, int] | None = None
        self.setAccessibleName(name)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)

    # What is shown

    def show_map(self, values: Floats, low: float, high: float, *, signed: bool, count: int | None = None) -> None:
        """Draws (H, W) numbers between two limits; of a laid out vector only the first ``count`` places are there."""
        self._values = values
        self._count = values.size if count is None else count
        colours = coloured(values[None], low, high, signed=signed)[0].copy()
        colours.ravel()[self._count :] = theme.color("window").rgb()
        height, width = values.shape
        self._image = QImage(colours.tobytes(), width, height, 4 * width, QImage.Format.Format_RGB32).copy()
        self.update()

    def show_marks(self, *marks: Mark) -> None:
        """Outlines other windows."""
        if marks != self._marks:
            self._marks = marks
            self.update()

    def value_at(self, row: int, column: int) -> float:
        """The number at a place."""
        return float(self._values[row, column])

    @property
    def marks(self) -> tuple[Mark, ...]:
        """The outlined windows."""
        return self._marks

    @property
    def whole(self) -> Mark:
        """The outline of all of it."""
        height, width = self._values.shape
        return Mark(0, 0, height, width, faint=True)

    @property
    def box(self) -> QRectF:
        """Where the map is drawn."""
        height, width = self._values.shape
        across, down = self.width() - 2 * _MARGIN, self.height() - 2 * _MARGIN
        if not height or not width or across <= 0 or down <= 0:
            return QRectF()
        side = min(across / width, down / height)
        size = max(width * side, _LEAST_SIDE), max(height * side, _LEAST_SIDE)
        return QRectF((self.width() - size[0]) / 2, (self.height() - size[1]) / 2, *size)

    def place_at(self, position: QPointF) -> tuple[int, int] | None:
        """Row and column at a point of the widget; None where there is no place."""
        box, (height, width) = self.box, self._values.shape
        if not box.contains(position):
            return None
        row = min(height - 1, math.floor((position.y() - box.top()) / box.height() * height))
        column = min(width - 1, math.floor((position.x() - box.left()) / box.width() * width))
        return (row, column) if row * width + column < self._count else None

    def center_of(self, row: int, column: int) -> QPointF:
        """The middle of a place, on the widget."""
        return self._rect(Mark(row, column, row + 1, column + 1)).center()

    def _rect(self, mark: Mark) -> QRectF:
        box, (height, width) = self.box, self._values.shape
        tall, wide = box.height() / height, box.width() / width
        size = (mark.right - mark.left) * wide, (mark.bottom - mark.top) * tall
        return QRectF(box.left() + mark.left * wide, box.top() + mark.top * tall, *size)

    # Painting

    def sizeHint(self) -> QSize:
        """A square."""
        return QSize(18 * theme.GRID, 18 * theme.GRID)

    def minimumSizeHint(self) -> QSize:
        """Small enough for a low dock."""
        return QSize(8 * theme.GRID, 8 * theme.GRID)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws the map, enlarged without smoothing, and the outlines over it."""
        if self._image is None:
            return
        painter = QPainter(self)
        is_smaller = self.box.width() * self.devicePixelRatioF() < self._image.width()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, is_smaller)
        painter.drawImage(self.box, self._image)
        if self.hasFocus():
            painter.setPen(QPen(theme.color("accent"), 2))
            painter.drawRect(self.rect().adjusted(1, 1, -1, -1))
        for mark in self._marks:
            self._paint_mark(painter, mark)

    def _paint_mark(self, painter: QPainter, mark: Mark) -> None:
        """A dark line in a light one, so that it is seen on any colour."""
        rect = self._rect(mark)
        grown = max(0.0, 5 - rect.width()) / 2, max(0.0, 5 - rect.height()) / 2
        rect = rect.adjusted(-grown[0], -grown[1], grown[0], grown[1])
        style = Qt.PenStyle.DotLine if mark.faint else Qt.PenStyle.SolidLine
        painter.setPen(QPen(QColor(Qt.GlobalColor.white), 3))
        painter.drawRect(rect)
        painter.setPen(QPen(QColor(Qt.GlobalColor.black), 1.5, style))
        painter.drawRect(rect)

    # What is asked

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tells of the place under the pointer, once."""
        self._move_over(self.place_at(event.position()))

    def leaveEvent(self, _event: QEvent) -> None:
        """Nothing is pointed at any more."""
        self._move_over(None)

    def _move_over(self, place: tuple[int, int] | None) -> None:
        if place == self._over:
            return
        self._over = place
        if place is None:
            self.left.emit()
        else:
            self.pointed.emit(*place)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Chooses the place under the pointer."""
        place = self.place_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and place is not None:
            self.chosen.emit(*place)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrow keys step, with Shift ten at a time."""
        step = _STEPS.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
            return
        by = 10 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
        self.stepped.emit(step[0] * by, step[1] * by)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Draws the line around it."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Takes it away."""
        super().focusOutEvent(event)
        self.update()
