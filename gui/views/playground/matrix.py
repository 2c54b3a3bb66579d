"""Convolution as a matrix: the matrix times the flattened input is the flattened output."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from engine.frame import Floats
from engine.playground import Convolution
from gui import theme
from gui.views.playground.cells import Area, Cells
from gui.views.playground.shade import Shade
from gui.views.scale_bar import ScaleBar

MOST_SHOWN: Final = 1024
"""So many rows and columns of the matrix are shown at once; of a larger one, those around what is chosen."""

_HELP: Final = (
    "the doubly block circulant matrix. Every row is the kernel at one position, laid out as the input is flattened; "
    "times the input as a column it is the output as a column. Colours are those of the kernel."
)
_VECTOR_WIDTH: Final = 6 * theme.GRID


class MatrixPlate(QWidget):
    """Shows matrix · input = output, each flattened row by row, and which of their cells belong together."""

    pointed = Signal(object, object)
    """Number of a row or None, number of a column or None; both None: nothing is pointed at."""
    chosen = Signal(object, object)
    """The same, of what was clicked or reached with the arrow keys."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: tuple[Convolution, range, range] | None = None
        self.matrix = Cells("The convolution as a matrix", self, sparse=True, right=True)
        self.input = Cells("The input as a column", self, square=False)
        self.output = Cells("The output as a column", self, square=False)
        self.matrix.setToolTip(f"T{_HELP[1:]}")
        self.scale = ScaleBar(self)
        self._line = QHBoxLayout()
        self._line.setSpacing(theme.GRID // 2)
        self._line.addWidget(self.matrix, 1)
        for sign, vector in (("·", self.input), ("=", self.output)):
            label = QLabel(sign, self)
            label.setFont(theme.font(theme.Type.TITLE))
            vector.setFixedWidth(_VECTOR_WIDTH)
            self._line.addWidget(label, 0, Qt.AlignmentFlag.AlignVCenter)
            self._line.addWidget(vector)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(2)
        rows.addWidget(self.scale)
        rows.addLayout(self._line, 1)
        self._connect()

    def _connect(self) -> None:
        for cells in (self.matrix, self.input, self.output):
            cells.pointed.connect(lambda row, column, of=cells: self.pointed.emit(*self._numbers(of, row, column)))
            cells.chosen.connect(lambda row, column, of=cells: self.chosen.emit(*self._numbers(of, row, column)))
            cells.left.connect(lambda: self.pointed.emit(None, None))

    def _numbers(self, cells: Cells, row: int, column: int) -> tuple[int | None, int | None]:
        """Which row and column of the whole matrix a cell stands for."""
        if self._shown is None:
            return None, None
        _, rows, columns = self._shown
        if cells is self.input:
            return None, columns[row]
        return rows[row], columns[column] if cells is self.matrix else None

    def resting(self) -> tuple[int | None, int | None]:
        """What the keyboard is at: row and column, None each where the keyboard is elsewhere."""
        for cells in (self.matrix, self.input, self.output):
            if cells.hasFocus():
                return self._numbers(cells, *cells.current)
        return None, None

    # What is shown

    def show_matrix(self, convolution: Convolution, row: int, shades: tuple[Shade, Shade, Shade]) -> None:
        """Shows the matrix, or of a large one the part around a row.

        Args:
            convolution: whose matrix it is.
            row: of the matrix; it is among those shown.
            shades: of the kernel, the input and the output.
        """
        if self._shown is not None and self._shown[0] is convolution and row in self._shown[1]:
            return
        height, width = convolution.matrix_shape
        rows, columns = _part(height, row), _part(width, round(row * width / height))
        self._shown = convolution, rows, columns
        self.matrix.show_values(convolution.matrix(rows, columns), shades[0])
        self.input.show_values(_column(convolution.image, columns), shades[1])
        self.output.show_values(_column(convolution.output, rows), shades[2])
        said = f"{_grouped(height)}×{_grouped(width)}"
        if height > len(rows) or width > len(columns):
            said += f", of which rows {rows[0]}–{rows[-1]}, columns {columns[0]}–{columns[-1]}"
        self.scale.show_scale(
            shades[0].low, shades[0].high, signed=shades[0].signed, text=f"{said}, doubly block circulant"
        )
        self.scale.setToolTip(f"{said}: {_HELP}")

    def light(self, row: int | None, column: int | None) -> None:
        """Outlines a row with what it reads and gives, a column with what it goes into, or both."""
        if self._shown is None:
            return
        convolution, rows, columns = self._shown
        at_row = None if row is None or row not in rows else rows.index(row)
        at_column = None if column is None or column not in columns else columns.index(column)
        bands = [] if at_row is None else [Area(at_row, 0, 1, len(columns))]
        band = None if at_column is None else Area(0, at_column, len(rows), 1)
        self.matrix.light(bands, band)
        read = [] if row is None else [columns.index(each) for each in reads(convolution, row) if each in columns]
        self.input.light(_runs(read), None if at_column is None else Area(at_column, 0))
        given = [] if at_row is None else [at_row]
        if row is None and column is not None:
            given = [rows.index(each) for each in goes_into(convolution, column) if each in rows]
        self.output.light(_runs(given))


def reads(convolution: Convolution, row: int) -> list[int]:
    """The columns of the matrix in which a row may have a number: what it reads, of the flattened input."""
    height, width = convolution.image.shape
    terms = convolution.terms(*divmod(row, convolution.output_shape[1]))
    return [each.row * width + each.column for each in terms if 0 <= each.row < height and 0 <= each.column < width]


def goes_into(convolution: Convolution, column: int) -> list[int]:
    """The rows of the matrix in which a column may have a number: what it goes into, of the flattened output."""
    cells = convolution.reached(*divmod(column, convolution.image.shape[1]))
    return [row * convolution.output_shape[1] + at for row, at in cells]


def _part(size: int, around: int) -> range:
    start = min(max(around - MOST_SHOWN // 2, 0), max(0, size - MOST_SHOWN))
    return range(start, min(size, start + MOST_SHOWN))


def _grouped(count: int) -> str:
    """A count as read, thousands apart."""
    return f"{count:,}".replace(",", "\N{THIN SPACE}")


def _runs(numbers: list[int]) -> list[Area]:
    """Cells of a column; neighbours in one area."""
    runs: list[Area] = []
    for each in numbers:
        if runs and each == runs[-1].row + runs[-1].rows:
            runs[-1] = runs[-1]._replace(rows=runs[-1].rows + 1)
        else:
            runs.append(Area(each, 0))
    return runs


def _column(values: Floats, part: range) -> Floats:
    column: Floats = values.reshape(-1, 1)[part.start : part.stop]
    return column
