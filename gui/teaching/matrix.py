"""The confusion matrix as a picture: what pictures are, against what they were taken for."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, QSizeF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFontMetricsF,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui import theme
from gui.views.colormaps import SEQUENTIAL

LARGEST_CELL, SMALLEST_WITH_NUMBER = 18 * theme.GRID, 2.5 * theme.GRID
WIDEST_NAME = 14 * theme.GRID
SCALE_HEIGHT = theme.GRID
LIGHT_FROM = 0.42
"""Of the scale, where its colours are light enough for black figures."""
_MOVES = {Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1), Qt.Key.Key_Up: (-1, 0), Qt.Key.Key_Down: (1, 0)}


class Matrix(QWidget):
    """A cell for every pair of classes, its colour the share of the row; arrow keys and the mouse pick one."""

    picked = Signal(str)
    """What the cell that is picked says, a sentence."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._counts: NDArray[np.int64] = np.zeros((0, 0), np.int64)
        self._names: tuple[str, ...] = ()
        self._cell: tuple[int, int] | None = None
        self._corner, self._side, self._name_width = QPointF(), 1.0, 0.0
        self._is_turned = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Confusion matrix")

    def show_counts(self, counts: NDArray[np.int64], names: Sequence[str]) -> None:
        """Shows (K, K) counts: rows are what pictures are, columns what they were taken for."""
        self._counts, self._names, self._cell = counts, tuple(names), None
        self._lay_out()
        rows = [
            f"{name}: " + ", ".join(f"{count} as {other}" for count, other in zip(row, names, strict=True) if count)
            for name, row in zip(names, counts, strict=True)
        ]
        self.setAccessibleDescription("; ".join(rows))
        self.update()

    def sizeHint(self) -> QSize:
        """Enough for a few classes."""
        return QSize(48 * theme.GRID, 36 * theme.GRID)

    def minimumSizeHint(self) -> QSize:
        """Small, but with numbers for a few classes."""
        return QSize(32 * theme.GRID, 24 * theme.GRID)

    def say(self, row: int, column: int) -> str:
        """What a cell says."""
        count, total = int(self._counts[row, column]), int(self._counts[row].sum())
        taken = "taken for what they are" if row == column else f"taken for “{self._names[column]}”"
        return f"{count} of {total} pictures of “{self._names[row]}” were {taken}."

    # Places

    def cell(self, row: int, column: int) -> QRectF:
        """Where a cell lies."""
        side, corner = self._side, self._corner
        return QRectF(corner.x() + column * side, corner.y() + row * side, side, side)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Cells are as large as there is room."""
        super().resizeEvent(event)
        self._lay_out()

    def _lay_out(self) -> None:
        """The names of the columns stand upright where one of them is wider than a cell."""
        metrics = QFontMetricsF(theme.font(theme.Type.CAPTION, tabular=True))
        widest = max((metrics.horizontalAdvance(each) for each in self._names), default=0.0)
        self._name_width = min(WIDEST_NAME, widest)
        self._is_turned = False
        self._fit(metrics.lineSpacing(), metrics.lineSpacing())
        if widest > self._side - 4:
            self._is_turned = True
            self._fit(metrics.lineSpacing(), self._name_width)

    def _fit(self, line: float, head: float) -> None:
        """Cells as large as there is room, below names that are ``head`` pixels high."""
        self._corner = QPointF(self._name_width + line + theme.GRID, line + head + theme.GRID)
        below = 2 * line + SCALE_HEIGHT + theme.GRID
        room = min(self.width() - self._corner.x() - theme.GRID, self.height() - self._corner.y() - below)
        self._side = max(1.0, min(LARGEST_CELL, room / max(1, len(self._names))))

    # Picking

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """The cell under the mouse says what it is."""
        place = (event.position() - self._corner) / self._side
        self._pick(math.floor(place.y()), math.floor(place.x()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The arrow keys go from cell to cell."""
        move = _MOVES.get(Qt.Key(event.key()))
        if move is None or not self._names:
            super().keyPressEvent(event)
            return
        row, column = self._cell or (0, 0)
        self._pick(row + move[0], column + move[1])

    def focusInEvent(self, event: QFocusEvent) -> None:
        """The first cell, if none is picked."""
        if self._cell is None:
            self._pick(0, 0)
        super().focusInEvent(event)

    def _pick(self, row: int, column: int) -> None:
        count = len(self._names)
        if 0 <= row < count and 0 <= column < count and (row, column) != self._cell:
            self._cell = (row, column)
            self.picked.emit(self.say(row, column))
            self.update()

    # Painting

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Cells, names and the scale."""
        if not self._names:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.font(theme.Type.CAPTION, tabular=True))
        self._paint_cells(painter)
        self._paint_names(painter)
        self._paint_scale(painter)
        if self._cell is not None:
            painter.setPen(QPen(theme.color("accent"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self.cell(*self._cell).adjusted(1, 1, -1, -1))

    def _paint_cells(self, painter: QPainter) -> None:
        """As one small picture that is enlarged; numbers where there is room for them."""
        shares = self._counts / np.maximum(self._counts.sum(1, keepdims=True), 1)
        colours = np.ascontiguousarray(SEQUENTIAL[np.rint(255 * shares).astype(np.intp)])
        count = len(self._names)
        image = QImage(colours.data, count, count, 4 * count, QImage.Format.Format_RGB32)
        whole = QRectF(self._corner, QSizeF(count * self._side, count * self._side))
        painter.drawImage(whole, image, QRectF(image.rect()))
        widest = QFontMetricsF(painter.font()).horizontalAdvance(str(int(self._counts.max())))
        if self._side < max(SMALLEST_WITH_NUMBER, widest + 4):
            return  # the cell that is picked says its number
        for row, column in np.ndindex(self._counts.shape):
            painter.setPen(QColor("black" if shares[row, column] > LIGHT_FROM else "white"))
            text = str(int(self._counts[row, column]))
            painter.drawText(self.cell(row, column), Qt.AlignmentFlag.AlignCenter, text)

    def _paint_names(self, painter: QPainter) -> None:
        metrics, side, corner = QFontMetricsF(painter.font()), self._side, self._corner
        line = metrics.lineSpacing()
        painter.setPen(theme.color("muted"))
        whole, centre = side * len(self._names), Qt.AlignmentFlag.AlignCenter
        painter.drawText(QRectF(corner.x(), 0, whole, line), centre, "taken for")
        painter.save()
        painter.translate(0, corner.y() + whole)
        painter.rotate(-90)
        painter.drawText(QRectF(0, 0, whole, line), centre, "pictures of")
        painter.restore()
        painter.setPen(theme.color("text"))
        if side < line:
            return  # the cell that is picked says its names
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for place, name in enumerate(self._names):
            at = self.cell(place, place)
            shown = metrics.elidedText(name, Qt.TextElideMode.ElideRight, self._name_width)
            painter.drawText(QRectF(line, at.top(), self._name_width, side), right, shown)
            if not self._is_turned:
                painter.drawText(QRectF(at.left(), line, side, line), centre, name)
                continue
            painter.save()
            painter.translate(at.left(), corner.y() - theme.GRID / 2)
            painter.rotate(-90)
            left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(QRectF(0, 0, self._name_width, side), left, shown)
            painter.restore()

    def _paint_scale(self, painter: QPainter) -> None:
        """From 0 to 100 % of the pictures of a class."""
        corner, metrics = self._corner, QFontMetricsF(painter.font())
        top = corner.y() + self._side * len(self._names) + theme.GRID
        width = min(24.0 * theme.GRID, self.width() - corner.x() - theme.GRID)
        for place in range(64):
            part = QRectF(corner.x() + place * width / 64, top, width / 64 + 0.5, SCALE_HEIGHT)
            painter.fillRect(part, _colour(place / 63))
        painter.setPen(theme.color("muted"))
        below = QRectF(corner.x(), top + SCALE_HEIGHT, width, metrics.lineSpacing())
        painter.drawText(below, Qt.AlignmentFlag.AlignLeft, "0 %")
        painter.drawText(below, Qt.AlignmentFlag.AlignCenter, "of the row’s pictures")
        painter.drawText(below, Qt.AlignmentFlag.AlignRight, "100 %")


def _colour(share: float) -> QColor:
    """The colour of a share in [0, 1]."""
    return QColor.fromRgb(int(SEQUENTIAL[round(255 * share)]) & 0xFFFFFF)
