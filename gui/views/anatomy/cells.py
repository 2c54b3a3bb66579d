"""Small grids of numbers side by side: what is in a window, the kernel, and the products of the two."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from PySide6.QtCore import QEvent, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QFont, QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from engine.arithmetic import Doubles
from gui import theme
from gui.views import ink
from gui.views.anatomy.layout import JOIN, Cell, Layout
from gui.views.anatomy.words import say_cell
from gui.views.mosaic_tiles import coloured
from gui.views.scale_bar import say_value

_STEPS: Final = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
_ELIDE: Final = Qt.TextElideMode.ElideRight
_LEFT: Final = (Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter).value
_RIGHT: Final = (Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter).value
_CENTRE: Final = Qt.AlignmentFlag.AlignCenter.value


@dataclass(frozen=True, eq=False)
class Column:
    """What one column of grids shows.

    Attributes:
        title: as read.
        limit: the number that the strongest colour stands for.
        signed: whether the colours are those around zero; otherwise they begin at zero.
        join: the sign before it: ``·``, ``=``; "" for none.
    """

    title: str
    limit: float
    signed: bool
    join: str = ""

    @property
    def scale(self) -> str:
        """From which number to which the colours go, as read."""
        return f"±{say_value(self.limit)}" if self.signed else f"0 to {say_value(self.limit)}"


@dataclass(frozen=True, eq=False)
class Row:
    """One row of grids.

    Attributes:
        label: as read.
        grids: (F, F) each, one for every column; NaN takes no part.
        result: as read; "" for none.
        winners: index into each grid that is outlined; None for none.
    """

    label: str
    grids: tuple[Doubles, ...]
    result: str = ""
    winners: tuple[int | None, ...] = ()


class CellsPane(QWidget):
    """Draws rows of grids; numbers are in the cells where they fit, and of the cell pointed at they always are said."""

    chosen = Signal(int)
    """A row was clicked, or the key Return pressed on it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._columns: tuple[Column, ...] = ()
        self._rows: tuple[Row, ...] = ()
        self._over: Cell | None = None
        self._layout: Layout | None = None
        self._room = (0, 0)
        self._end = ""
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        self.setAccessibleDescription("Left and right arrow keys go from product to product.")

    def show_cells(self, columns: tuple[Column, ...], rows: tuple[Row, ...], end: str = "") -> None:
        """Draws other grids, all of one shape; ``end`` is the title of the results."""
        self._columns, self._rows, self._end = columns, rows, end
        shape = self.places.shape
        self._rearrange()
        if self._over is not None and (self._over[0] >= len(rows) or self.places.shape != shape):
            self._over = None
        self._say()

    def fit(self, width: int, height: int) -> None:
        """Tells how wide it may be, and how high without being scrolled."""
        room = width, height
        if room != self._room:
            self._room = room
            self._rearrange()

    @property
    def rows(self) -> tuple[Row, ...]:
        """What is drawn."""
        return self._rows

    # Where everything is

    @property
    def places(self) -> Layout:
        """Where the grids stand."""
        if self._layout is None:
            self._layout = self._arranged()
        return self._layout

    def _arranged(self) -> Layout:
        metrics = QFontMetrics(_font())
        results = max((metrics.horizontalAdvance(each.result) for each in self._rows), default=0)
        titles = (text for each in self._columns for text in (each.title, each.scale))
        return Layout(
            rows=len(self._rows),
            columns=len(self._columns),
            shape=self._rows[0].grids[0].shape if self._rows else (0, 0),
            label=max((metrics.horizontalAdvance(each.label) for each in self._rows), default=0) + theme.GRID,
            result=max(results, metrics.horizontalAdvance(self._end)) + JOIN if results else 0,
            line=metrics.height(),
            numbers=(self._number_width(metrics, 3), self._number_width(metrics, 2)),
            title=max((metrics.horizontalAdvance(each) for each in titles), default=0) + 3,
            room=self._room,
        )

    def _number_width(self, metrics: QFontMetrics, digits: int) -> int:
        """What the longest number of all cells takes."""
        said = (say_cell(-each.limit, each.limit, digits) for each in self._columns)
        return max((metrics.horizontalAdvance(each) for each in said), default=0) + 5

    def _rearrange(self) -> None:
        self._layout = None
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """As large as its grids."""
        return QSize(*self.places.size)

    def minimumSizeHint(self) -> QSize:
        """As high as its grids; it is scrolled."""
        return QSize(10 * theme.GRID, self.sizeHint().height())

    def changeEvent(self, event: QEvent) -> None:
        """Makes room for another font."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._rearrange()

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws the titles with their scales, then the rows that can be seen."""
        painter = QPainter(self)
        painter.setFont(_font())
        for place, column in enumerate(self._columns):
            self._paint_title(painter, place, column)
        for row in range(len(self._rows)):
            if self.places.grid(row, 0).adjusted(-self.width(), 0, self.width(), 0).intersects(event.rect()):
                self._paint_row(painter, row)
        if self.hasFocus():
            painter.setPen(QPen(theme.color("accent"), 2))
            painter.drawRect(self.rect().adjusted(1, 1, -1, -1))

    def _paint_title(self, painter: QPainter, place: int, column: Column) -> None:
        rect, line = self.places.grid(0, place), self.places.line
        scale = column.scale
        is_last = place == len(self._columns) - 1
        room = QRect(rect.left(), 0, max(rect.width(), self.places.title) + (0 if is_last else JOIN - 4), line)
        for text, token in ((column.title, "text"), (scale, "muted")):
            painter.setPen(theme.color(token))
            painter.drawText(room, _LEFT, painter.fontMetrics().elidedText(text, _ELIDE, room.width()))
            room.translate(0, line)
        if is_last and self.places.result:
            painter.setPen(theme.color("text"))
            painter.drawText(QRect(self.places.answer(0).left(), 0, self.places.result, line), _RIGHT, self._end)

    def _paint_row(self, painter: QPainter, row: int) -> None:
        said, layout = self._rows[row], self.places
        painter.setPen(theme.color("text"))
        painter.drawText(layout.words(row), _LEFT, said.label)
        painter.drawText(layout.answer(row), _RIGHT, said.result)
        for place, (column, grid) in enumerate(zip(self._columns, said.grids, strict=True)):
            rect = layout.grid(row, place)
            painter.setPen(theme.color("muted"))
            painter.drawText(QRect(rect.left() - JOIN, rect.top(), JOIN, rect.height()), _CENTRE, column.join)
            self._paint_grid(painter, (row, place), grid, column)
            winner = said.winners[place] if said.winners else None
            if winner is not None:
                self._outline(painter, layout.place(row, place, *divmod(winner, layout.shape[1])))
            if self._over is not None and self._over[0] == row:
                self._outline(painter, layout.place(row, place, *self._over[1:]))

    def _paint_grid(self, painter: QPainter, at: tuple[int, int], grid: Doubles, column: Column) -> None:
        low = -column.limit if column.signed else 0.0
        colours = coloured(np.nan_to_num(grid)[None].astype(np.float32), low, column.limit, signed=column.signed)[0]
        digits = self.places.digits if self.places.has_numbers else 0
        for (down, across), value in np.ndenumerate(grid):
            box = self.places.place(*at, down, across)
            if np.isnan(value):
                painter.setPen(theme.color("muted"))
                painter.drawText(box, _CENTRE, "–")
                continue
            fill = f"#{int(colours[down, across]) & 0xFFFFFF:06x}"
            painter.fillRect(box, QColor(fill))
            if digits:
                painter.setPen(_ink(fill))
                painter.drawText(box, _CENTRE, say_cell(float(value), column.limit, digits))

    def _outline(self, painter: QPainter, rect: QRect) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(theme.color("accent"), 2))
        painter.drawRect(rect)

    # What is pointed at

    def _move_over(self, cell: Cell | None) -> None:
        if cell != self._over:
            self._over = cell
            self._say()
            self.update()

    def _say(self) -> None:
        """The numbers of the cell pointed at, with all their digits, in the tooltip and for a screen reader."""
        said = ""
        if self._over is not None and self._rows:
            row, down, across = self._over
            values = [say_value(float(each[down, across])) for each in self._rows[row].grids]
            parts = (f"{each.join} {value}".strip() for each, value in zip(self._columns, values, strict=True))
            said = f"{self._rows[row].label}, row {down}, column {across}: {' '.join(parts)}"
        self.setToolTip(said)
        self.setAccessibleName(said or "Window, kernel and products")

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Outlines the cell under the pointer in every grid of its row."""
        self._move_over(self.places.cell_at(event.position()))

    def leaveEvent(self, _event: QEvent) -> None:
        """Nothing is pointed at."""
        self._move_over(None)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Chooses the row."""
        row = self.places.row_at(event.position().y())
        if event.button() == Qt.MouseButton.LeftButton and row is not None:
            self.chosen.emit(row)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Goes from cell to cell; Return chooses the row."""
        step = _STEPS.get(Qt.Key(event.key()))
        if step is not None and self._rows:
            self._move_over(self._stepped(step))
        elif event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter} and self._over is not None:
            self.chosen.emit(self._over[0])
        else:
            super().keyPressEvent(event)

    def _stepped(self, step: int) -> Cell:
        height, width = self.places.shape
        row, down, across = self._over or (0, 0, -step)
        place = ((row * height + down) * width + across + step) % (len(self._rows) * height * width)
        row, within = divmod(place, height * width)
        return row, *divmod(within, width)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Draws the line around it."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Takes it away."""
        super().focusOutEvent(event)
        self.update()


def _font() -> QFont:
    return theme.font(theme.Type.CAPTION, tabular=True)


@lru_cache(maxsize=1024)
def _ink(fill: str) -> QColor:
    return ink.on(fill)
