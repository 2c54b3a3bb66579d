"""Where the playground's input comes from: numbers typed in, a drawing, or the picture of the bench."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from itertools import pairwise
from typing import Final

import numpy as np
from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QSpinBox, QWidget

from engine.frame import Floats
from engine.playground import MOST_EDITED, channel_of, reduced, resized
from gui import theme
from gui.controls.segmented import Choice, Segmented


class Source(StrEnum):
    """Where the input comes from."""

    MATRIX = "matrix"
    DRAWING = "drawing"
    PICTURE = "picture"


NINE: Final = np.arange(1, 10, dtype=np.float32).reshape(3, 3)
"""What is there at first."""

_DRAWING_SIDE: Final = 12
_PICTURE_SIDE: Final = 32
_SIDES: Final = (8, 16, 32, 64)
_INK: Final = 1.0
_SOURCES: Final = (
    Choice(Source.MATRIX, "Matrix", "Numbers that are typed or pasted"),
    Choice(Source.DRAWING, "Drawing", "Draw with the mouse, or the arrow keys and Enter: ink is 1, paper 0"),
    Choice(Source.PICTURE, "Picture", "The clean picture of the bench, as numbers from 0 to 255"),
)
_BRUSHES: Final = (Choice(True, "Ink", "The brush writes 1"), Choice(False, "Erase", "The brush writes 0"))


class SizeBoxes(QWidget):
    """How many rows and columns a matrix has."""

    edited = Signal(int, int)
    """Rows and columns as chosen."""

    def __init__(self, name: str, most: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows, self.columns = (self._box(f"{each} of the {name}", most) for each in ("Rows", "Columns"))
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(theme.GRID // 2)
        line.addWidget(self.rows)
        line.addWidget(QLabel("×", self))
        line.addWidget(self.columns)

    def _box(self, name: str, most: int) -> QSpinBox:
        box = QSpinBox(self)
        box.setRange(1, most)
        box.setAccessibleName(name)
        box.setToolTip(f"{name}, 1 to {most}")
        box.setKeyboardTracking(False)
        box.valueChanged.connect(lambda _: self.edited.emit(self.rows.value(), self.columns.value()))
        return box

    def show_size(self, values: Floats) -> None:
        """Shows a size, without telling of it."""
        for box, value in zip((self.rows, self.columns), values.shape, strict=True):
            with QSignalBlocker(box):
                box.setValue(value)


class InputBar(QWidget):
    """Chooses the input; every source keeps its own, and shows only the controls that apply to it."""

    proposed = Signal(object, object)
    """The source and the input (H, W); answer with ``show_input``."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._picture: Floats | None = None
        blank = np.zeros((_DRAWING_SIDE, _DRAWING_SIDE), np.float32)
        self._kept: dict[Source, Floats] = {Source.MATRIX: NINE, Source.DRAWING: blank}
        self._source = Source.MATRIX
        self._has_ink = True
        self.sources = Segmented("Where the input comes from", self)
        self.size_boxes = SizeBoxes("input", MOST_EDITED, self)
        self.brush = Segmented("What the brush does", self)
        self.clear_button = QPushButton("Clear", self)
        self.channel, self.side = self._combo("Channel of the picture"), self._combo("Size of the picture")
        self._line = QHBoxLayout(self)
        self._line.setContentsMargins(0, 0, 0, 0)
        self._line.setSpacing(theme.GRID)
        for each in (self.sources, self.size_boxes, self.brush, self.clear_button, self.channel, self.side):
            each.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
            self._line.addWidget(each)
        self._fill()
        self.show_input(self._source, NINE)

    def _combo(self, name: str) -> QComboBox:
        combo = QComboBox(self)
        combo.setAccessibleName(name)
        combo.setToolTip(name)
        combo.activated.connect(self._on_picture_chosen)
        return combo

    def _fill(self) -> None:
        self.sources.offer(_SOURCES[:2])
        self.sources.chosen.connect(self._on_source_chosen)
        self.brush.offer(_BRUSHES)
        self.brush.show_value(self._has_ink)
        self.brush.chosen.connect(self._on_brush_chosen)
        self.clear_button.setToolTip("Wipe the drawing: every cell becomes 0")
        self.clear_button.clicked.connect(self._on_clear_clicked)
        self.size_boxes.edited.connect(self._on_size_edited)
        for text, channel in (("Grey", None), ("Red", 0), ("Green", 1), ("Blue", 2)):
            self.channel.addItem(text, channel)
        for side in _SIDES:
            self.side.addItem(f"{side} pixels", side)
        self.side.addItem("in full", 0)
        self.side.setCurrentIndex(_SIDES.index(_PICTURE_SIDE))
        self._order_keys()

    def _order_keys(self) -> None:
        """The Tab key goes from left to right, also to what is offered later."""
        brushes = self.brush.buttons
        after = (self.size_boxes.rows, self.size_boxes.columns, *brushes, self.clear_button, self.channel, self.side)
        for one, next_one in pairwise((*self.sources.buttons, *after)):
            self.setTabOrder(one, next_one)

    # What it shows

    @property
    def source(self) -> Source:
        """Where the input comes from now."""
        return self._source

    def show_input(self, source: Source, values: Floats) -> None:
        """Shows the input that is in force."""
        self._source, self._kept[source] = source, values
        self.sources.show_value(source)
        self.size_boxes.show_size(values)
        self.size_boxes.setVisible(source is not Source.PICTURE)
        self.brush.setVisible(source is Source.DRAWING)
        self.clear_button.setVisible(source is Source.DRAWING)
        self.channel.setVisible(source is Source.PICTURE)
        self.side.setVisible(source is Source.PICTURE)

    def take_picture(self, picture: Floats) -> None:
        """The bench has another picture, (H, W, C) in [0, 1]; it becomes the input where the picture is."""
        if picture is self._picture:
            return
        self._picture = picture
        self.sources.offer(_SOURCES)
        self._order_keys()
        self._kept[Source.PICTURE] = self._sampled(picture)
        if self._source is Source.PICTURE:
            self.proposed.emit(Source.PICTURE, self._kept[Source.PICTURE])

    def _sampled(self, picture: Floats) -> Floats:
        values = channel_of(picture, self.channel.currentData())
        side = self.side.currentData()
        return reduced(values, side) if side else values

    # What it asks

    def stroke(self, cells: Iterable[tuple[int, int]]) -> None:
        """Draws over cells of the input."""
        values = self._kept[self._source].copy()
        for cell in cells:
            values[cell] = _INK if self._has_ink else 0.0
        self.proposed.emit(self._source, values)

    def _on_source_chosen(self, source: Source) -> None:
        self.proposed.emit(source, self._kept[source])

    def _on_brush_chosen(self, has_ink: bool) -> None:
        self._has_ink = has_ink

    def _on_clear_clicked(self) -> None:
        self.proposed.emit(self._source, np.zeros_like(self._kept[self._source]))

    def _on_size_edited(self, rows: int, columns: int) -> None:
        self.proposed.emit(self._source, resized(self._kept[self._source], rows, columns))

    def _on_picture_chosen(self, _index: int) -> None:
        if self._picture is not None:
            self.proposed.emit(Source.PICTURE, self._sampled(self._picture))
