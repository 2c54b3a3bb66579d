"""The weights and biases of a tiny network in a table, to be typed over, each with the slope of the loss by it."""

from __future__ import annotations

import math
from typing import Final

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from gui import theme
from gui.views.walk.lesson import Lesson, Number
from gui.views.walk.words import Names, say

MOST: Final = 1000.0
"""A weight typed beyond it is refused."""
_HEADINGS: Final = ("Number", "Value", "∂E by it")


class NumbersTable(QTableWidget):
    """One row a number; its value is edited in place, and what is no number is put back."""

    edited = Signal(object, float)
    """Which ``Number``, and its new value."""
    complained = Signal(str)
    """Why what was typed does not count."""

    def __init__(self, lesson: Lesson, parent: QWidget | None = None) -> None:
        super().__init__(0, len(_HEADINGS), parent)
        self._lesson = lesson
        self.setHorizontalHeaderLabels(_HEADINGS)
        self.setFont(theme.font(theme.Type.CAPTION, tabular=True))
        self.horizontalHeader().setFont(theme.font(theme.Type.CAPTION))
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.verticalHeader().hide()
        self.verticalHeader().setMinimumSectionSize(self.fontMetrics().height() + 4)
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 4)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setTabKeyNavigation(False)
        self.setAccessibleName("Weights and biases; type over a value to change it")
        self.setToolTip("Type over a value to change it; w⁽²⁾₁₃ is the weight of layer 2 from neuron 3 to neuron 1")
        self.itemChanged.connect(self._on_item_changed)
        self.show_lesson(lesson)

    def show_lesson(self, lesson: Lesson) -> None:
        """Shows the numbers of a network."""
        self._lesson = lesson
        with QSignalBlocker(self):
            self.setRowCount(len(lesson.numbers))
            for row, number in enumerate(lesson.numbers):
                for column, text in enumerate(
                    (name_of(lesson, number), _written(lesson.value_of(number)), say(lesson.slope_of(number)))
                ):
                    self._put(row, column, text)

    def edit_number(self, number: Number) -> None:
        """Goes to a number and begins to edit it."""
        row = self._lesson.numbers.index(number)
        self.setCurrentCell(row, 1)
        self.setFocus()
        self.edit(self.model().index(row, 1))

    def _put(self, row: int, column: int, text: str) -> None:
        item = self.item(row, column)
        if item is None:
            item = QTableWidgetItem()
            item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
            if column == 1:
                item.setFlags(item.flags() | Qt.ItemFlag.ItemIsEditable)
            if column:
                item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            self.setItem(row, column, item)
        item.setText(text)

    def _on_item_changed(self, item: QTableWidgetItem) -> None:
        number = self._lesson.numbers[item.row()]
        value = read(item.text())
        if value is None:
            typed, name = item.text().strip(), name_of(self._lesson, number)
            self.show_lesson(self._lesson)
            self.complained.emit(f"“{typed}” is no number from −{MOST:g} to {MOST:g}; {name} stays as it is.")
        else:
            self.edited.emit(number, value)

    def minimumSizeHint(self) -> QSize:
        """Two rows."""
        return QSize(24 * theme.GRID, 4 * (self.fontMetrics().height() + 4))

    def sizeHint(self) -> QSize:
        """It takes what there is."""
        return QSize(32 * theme.GRID, 12 * theme.GRID)


def name_of(lesson: Lesson, number: Number) -> str:
    """What a number is called: ``w⁽¹⁾₂₁``."""
    sizes = lesson.toy.sizes
    names = Names(number.layer + 1, sizes[number.layer + 1])
    if number.column is None:
        return names.b(number.row)
    return names.w(number.row, number.column, Names(number.layer, sizes[number.layer]))


def read(text: str) -> float | None:
    """A number as typed, with either minus sign and either decimal mark; None if it is none, or too large."""
    try:
        value = float(text.strip().replace("−", "-").replace(",", "."))
    except ValueError:
        return None
    return value if math.isfinite(value) and abs(value) <= MOST else None


def _written(value: float) -> str:
    """With all the digits that matter, so that it can be typed over."""
    return f"{value:.6g}".replace("-", "−")
