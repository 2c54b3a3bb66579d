"""A matrix of weights: a row for each unit, a column for each of its inputs."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QSizePolicy, QWidget

from engine.frame import Floats
from gui import theme
from gui.controls.keys import keeps
from gui.views.mosaic_tiles import coloured

_LOWEST_ROW, _HIGHEST_ROW, _WIDEST_COLUMN = 5, 24, 24
_HELP: Final = "A row for each unit, a column for each of its inputs. Up and down choose a row."
_KEYS: Final = {
    Qt.Key.Key_Up: -1,
    Qt.Key.Key_Down: 1,
    Qt.Key.Key_PageUp: -10,
    Qt.Key.Key_PageDown: 10,
    Qt.Key.Key_Home: -math.inf,
    Qt.Key.Key_End: math.inf,
}


class MatrixPane(QAbstractScrollArea):
    """Draws the rows that can be seen, in the colours around zero; what is not a number is magenta."""

    pointed = Signal(int, int)
    """Row and column that the pointer is at."""
    left = Signal()
    """Nothing is pointed at any more."""
    chosen = Signal(int)
    """A row was clicked, or reached with the arrow keys."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: Floats = np.zeros((0, 1), np.float32)
        self._order: NDArray[np.int64] = np.zeros(0, np.int64)
        self._limits: Floats = np.zeros(0, np.float32)
        self._selected: int | None = None
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleDescription(_HELP)
        self.viewport().setMouseTracking(True)

    # What is shown

    @property
    def selected(self) -> int | None:
        """The row that is outlined, counted from the top."""
        return self._selected

    def show_rows(self, rows: Floats, order: NDArray[np.int64], limits: Floats, selected: int | None) -> None:
        """Draws another matrix.

        Args:
            rows: (N, M).
            order: (N,) which row comes where.
            limits: (N,) how far the colours of each of ``rows`` reach.
            selected: the row that is outlined, counted from the top.
        """
        resized = rows.shape != self._rows.shape
        self._rows, self._order, self._limits, self._selected = rows, order, limits, selected
        if resized:
            self._arrange()
        self.viewport().update()

    def select(self, row: int | None) -> None:
        """Outlines a row and scrolls to it, without telling of it."""
        self._selected = row
        if row is not None:
            self._reveal(row)
        self.viewport().update()

    # Where it is shown

    @property
    def _row_height(self) -> int:
        count = max(len(self._rows), 1)
        return min(max(self.viewport().height() // count, _LOWEST_ROW), _HIGHEST_ROW)

    @property
    def _width(self) -> int:
        """Of the whole matrix, in units of the screen."""
        return min(self.viewport().width(), _WIDEST_COLUMN * int(self._rows.shape[1]))

    def _arrange(self) -> None:
        bar, height = self.verticalScrollBar(), self.viewport().height()
        bar.setRange(0, max(0, self._row_height * len(self._rows) - height))
        bar.setPageStep(height)
        bar.setSingleStep(self._row_height)
        if self._selected is not None and self._selected < len(self._rows):
            self._reveal(self._selected)

    def row_rect(self, row: int) -> QRectF:
        """Where a row is on the viewport."""
        return QRectF(0, row * self._row_height - self.verticalScrollBar().value(), self._width, self._row_height)

    def cell_at(self, position: QPointF) -> tuple[int, int] | None:
        """Row and column at a place of the viewport."""
        row = math.floor((position.y() + self.verticalScrollBar().value()) / self._row_height)
        column = math.floor(position.x() / max(self._width, 1) * self._rows.shape[1])
        inside = 0 <= row < len(self._rows) and 0 <= column < self._rows.shape[1]
        return (row, column) if inside else None

    def _reveal(self, row: int) -> None:
        bar, box = self.verticalScrollBar(), self.row_rect(row)
        below = box.bottom() - self.viewport().height()
        if box.top() < 0:
            bar.setValue(bar.value() + math.floor(box.top()))
        elif below > 0:
            bar.setValue(bar.value() + math.ceil(below))

    # Painting

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws the visible rows as one picture, and outlines the selected one."""
        painter = QPainter(self.viewport())
        painter.fillRect(self.viewport().rect(), theme.color("window"))
        first = self.verticalScrollBar().value() // self._row_height
        beyond = min(first + self.viewport().height() // self._row_height + 2, len(self._rows))
        if first >= beyond:
            return
        units = self._order[first:beyond]
        limits = self._limits[units]
        pixels = coloured(self._rows[units][:, None], -limits, limits, signed=True)[:, 0].copy()
        image = QImage(pixels.data, pixels.shape[1], len(pixels), pixels.strides[0], QImage.Format.Format_RGB32)
        across = round(self._width * self.devicePixelRatioF())
        if across < image.width():
            smooth = Qt.TransformationMode.SmoothTransformation
            image = image.scaled(across, len(pixels), Qt.AspectRatioMode.IgnoreAspectRatio, smooth)
        box = self.row_rect(first).united(self.row_rect(beyond - 1))
        painter.drawImage(box, image)
        self._paint_selected(painter)

    def _paint_selected(self, painter: QPainter) -> None:
        if self._selected is None or self._selected >= len(self._rows):
            return
        box = self.row_rect(self._selected).adjusted(1, 0, -1, 0)
        for colour, width in (("window", 4.0), ("accent" if self.hasFocus() else "text", 2.0)):
            painter.setPen(QPen(theme.color(colour), width))
            painter.drawRect(box)

    # The pointer and the keyboard

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tells what the pointer is over."""
        cell = self.cell_at(event.position())
        if cell is None:
            self.left.emit()
        else:
            self.pointed.emit(*cell)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Chooses a row."""
        cell = self.cell_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and cell is not None:
            self._choose(cell[0])

    def viewportEvent(self, event: QEvent) -> bool:
        """Notices that the pointer leaves."""
        if event.type() == QEvent.Type.Leave:
            self.left.emit()
        return super().viewportEvent(event)

    def _choose(self, row: int) -> None:
        self.select(row)
        self.chosen.emit(row)

    def event(self, event: QEvent) -> bool:
        """Keeps the arrow keys from being taken for shortcuts of the window."""
        return keeps(event, lambda key: key.key() in _KEYS) or super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Chooses another row."""
        step = _KEYS.get(Qt.Key(event.key()))
        if step is None or not len(self._rows):
            super().keyPressEvent(event)
            return
        wanted = 0 if self._selected is None else int(min(max(self._selected + step, 0), len(self._rows) - 1))
        if wanted != self._selected:
            self._choose(wanted)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Shows where the keyboard is."""
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Shows it no more."""
        super().focusOutEvent(event)
        self.viewport().update()

    # Its size

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Makes the rows fit anew."""
        super().resizeEvent(event)
        self._arrange()

    def minimumSizeHint(self) -> QSize:
        """A few rows."""
        return QSize(8 * theme.GRID, 6 * theme.GRID)

    def sizeHint(self) -> QSize:
        """It takes what there is."""
        return QSize(80 * theme.GRID, 20 * theme.GRID)
