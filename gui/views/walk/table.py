"""A table of factors: a column each, thousands of rows long if need be, said only where it is seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtWidgets import QWidget

from engine.inside.gradients import Numbers
from gui.views.scale_bar import say_value

_Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()


@dataclass(frozen=True, eq=False)
class Column:
    """One column.

    Attributes:
        heading: the factor.
        meaning: of it, in words.
        cells: one a row, texts or numbers.
    """

    heading: str
    meaning: str
    cells: Sequence[str] | Numbers


class FactorsModel(QAbstractTableModel):
    """Columns of one length; another table of the same size keeps what is selected, and where it is scrolled to."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._columns: tuple[Column, ...] = ()

    def show_columns(self, columns: tuple[Column, ...]) -> None:
        """Shows other columns."""
        if _size(columns) == _size(self._columns):
            self._columns = columns
            last = self.index(self.rowCount() - 1, self.columnCount() - 1)
            self.dataChanged.emit(self.index(0, 0), last)
            self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, max(len(columns) - 1, 0))
        else:
            self.beginResetModel()
            self._columns = columns
            self.endResetModel()

    def rowCount(self, parent: _Index = _NOWHERE) -> int:
        """As many as the columns are long."""
        return 0 if parent.isValid() else _size(self._columns)[0]

    def columnCount(self, parent: _Index = _NOWHERE) -> int:
        """As many as there are factors."""
        return 0 if parent.isValid() else len(self._columns)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The text of a cell, to the right."""
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        cell = self._columns[index.column()].cells[index.row()]
        return cell if isinstance(cell, str) else say_value(float(cell))

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The factor, and what it is."""
        if orientation != Qt.Orientation.Horizontal or section >= len(self._columns):
            return None
        column = self._columns[section]
        return {Qt.ItemDataRole.DisplayRole: column.heading, Qt.ItemDataRole.ToolTipRole: column.meaning}.get(
            Qt.ItemDataRole(role)
        )


def _size(columns: tuple[Column, ...]) -> tuple[int, int]:
    return (len(columns[0].cells) if columns else 0, len(columns))
