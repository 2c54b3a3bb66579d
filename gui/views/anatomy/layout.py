"""Where grids of numbers stand: rows of them, with a label before and a result behind."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

from PySide6.QtCore import QPointF, QRect

from gui import theme

JOIN: Final = 12
"""Room for the sign between two grids."""
_GAP: Final = theme.GRID
_LEAST: Final = 3
"""A cell without its number is at least so wide."""
_LEAST_TOLD: Final = 6
"""It is made no smaller than this for the sake of the height alone."""

Cell = tuple[int, int, int]
"""Row of grids, and row and column in each of them."""


@dataclass(frozen=True)
class Layout:
    """Everything in pixels.

    Attributes:
        rows, columns: of grids.
        shape: height and width of a grid, in cells.
        label: width of the words before the grids.
        result: width of the words behind; 0 for none.
        line: height of a line of text.
        numbers: widths that a cell needs to show its number, with three digits and with two.
        title: width that the titles need.
        room: how wide all of it may be, and how high it would have to be not to be scrolled.
    """

    rows: int
    columns: int
    shape: tuple[int, int]
    label: int
    result: int
    line: int
    numbers: tuple[int, int]
    title: int
    room: tuple[int, int]

    @property
    def has_numbers(self) -> bool:
        """Whether there is room for numbers in the cells."""
        return self._available >= self.numbers[1]

    @property
    def digits(self) -> int:
        """How many digits the largest number of a column has."""
        return 3 if self._available >= self.numbers[0] else 2

    @property
    def _available(self) -> int:
        """Width for each of the cells side by side."""
        across = max(1, self.shape[1] * self.columns)
        return (self.room[0] - self.label - self.result - JOIN * self.columns - _GAP) // across

    @cached_property
    def cell(self) -> tuple[int, int]:
        """Width and height of a cell: wide enough for its number, or else a small square."""
        if self.has_numbers:
            wanted = -(-self.title // max(1, self.shape[1]))
            return max(self.numbers[self.digits == 2], min(wanted, self._available)), self.line
        tall = (self.room[1] - self.top) // max(1, self.rows) - _GAP // 2
        side = min(max(self._available, _LEAST), self.line, max(_LEAST_TOLD, tall // max(1, self.shape[0])))
        return side, side

    @property
    def _apart(self) -> int:
        """From one column of grids to the next."""
        wide = self.shape[1] * self.cell[0]
        return (wide if self.has_numbers else max(wide, self.title)) + JOIN

    @property
    def top(self) -> int:
        """Of the first row; above it are the titles and their scales."""
        return 2 * self.line + 2

    @property
    def pitch(self) -> int:
        """From one row to the next."""
        tall = self.shape[0] * self.cell[1]
        return max(tall, self.line) + (2 if self.shape[0] == 1 else _GAP // 2)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of all of it."""
        return self.answer(0).right() + 1 + _GAP, self.top + self.pitch * self.rows

    def grid(self, row: int, column: int) -> QRect:
        """Where a grid stands."""
        (height, width), (wide, tall) = self.shape, self.cell
        x = self.label + column * self._apart
        return QRect(x, self.top + row * self.pitch, width * wide, height * tall)

    def place(self, row: int, column: int, down: int, across: int) -> QRect:
        """Where a cell of a grid stands, without the line that parts it from the next."""
        grid, (wide, tall) = self.grid(row, column), self.cell
        return QRect(grid.left() + across * wide, grid.top() + down * tall, wide - 1, tall - 1)

    def words(self, row: int) -> QRect:
        """Where the label of a row stands."""
        first = self.grid(row, 0)
        return QRect(0, first.top(), max(0, self.label - _GAP // 2), max(first.height(), self.line))

    def answer(self, row: int) -> QRect:
        """Where the result of a row stands."""
        last = self.grid(row, max(0, self.columns - 1))
        return QRect(last.left() + self._apart - JOIN, last.top(), self.result, max(last.height(), self.line))

    def row_at(self, y: float) -> int | None:
        """The row at a height."""
        row = int(y - self.top) // self.pitch
        return row if y >= self.top and row < self.rows else None

    def cell_at(self, position: QPointF) -> Cell | None:
        """The cell at a point, of whichever grid of its row."""
        row, (wide, tall) = self.row_at(position.y()), self.cell
        if row is None:
            return None
        for column in range(self.columns):
            rect = self.grid(row, column)
            if rect.contains(position.toPoint()):
                return row, (int(position.y()) - rect.top()) // tall, (int(position.x()) - rect.left()) // wide
        return None
