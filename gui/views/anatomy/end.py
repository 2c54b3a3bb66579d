"""One end of a layer taken apart: a map of what goes in or comes out, what it is, and its scale."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from engine.arithmetic import Places, as_maps
from engine.frame import Floats
from gui import theme
from gui.controls.elided import Elided
from gui.session import Side
from gui.views.anatomy.map import MapPane, Mark
from gui.views.anatomy.tables import limit_of
from gui.views.scale_bar import ScaleBar, say_value

Runs = tuple[Floats, Floats | None]
"""Clean and attacked, (C, H, W) or (C,)."""


class EndPane(QWidget):
    """Shows one map of (C, H, W), or all of (C,) laid out in rows; places are told as (channel, row, column)."""

    pointed = Signal(int, int, int)
    left = Signal()
    chosen = Signal(int, int, int)
    stepped = Signal(int, int)
    """An arrow key asks for so many rows and columns further."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._channel = 0
        self._columns = 0
        self.title = Elided("", self)
        self.title.setFont(theme.font(theme.Type.CAPTION))
        self.map = MapPane(name, self)
        self.scale = ScaleBar(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for each in (self.title, self.map, self.scale):
            column.addWidget(each)
        column.setStretch(1, 1000)
        column.addStretch(1)
        self.map.left.connect(self.left)
        self.map.stepped.connect(self.stepped)
        self.map.pointed.connect(self._on_map_pointed)
        self.map.chosen.connect(lambda row, column: self.chosen.emit(*self._place(row, column)))

    @property
    def columns(self) -> int:
        """How many numbers of a vector stand in a row; 0 while a map is shown."""
        return self._columns

    def set_side(self, side: int) -> None:
        """Makes it so wide."""
        self.setFixedWidth(side)
        self.map.setFixedWidth(side)
        self.map.setMaximumHeight(side)

    def show_values(self, runs: Runs, channel: int, side: Side, title: str) -> None:
        """Shows one channel, or a whole vector.

        Args:
            runs: clean and attacked share one scale.
            channel: which map.
            side: which run, or their difference.
            title: what it is.
        """
        maps = [as_maps(each) for each in runs if each is not None]
        is_vector = maps[0].shape[1:] == (1, 1)
        self._columns = math.ceil(math.sqrt(len(maps[0]))) if is_vector else 0
        self._channel = channel
        flat = [each[:, 0, 0] if is_vector else each[channel] for each in maps]
        both = len(flat) == 2
        shown = flat[-1] - flat[0] if side is Side.DIFFERENCE else flat[-1 if side is Side.ATTACKED else 0]
        scaled = [shown] if side is Side.DIFFERENCE else flat
        limit = max(limit_of(each) for each in scaled)
        is_signed = side is Side.DIFFERENCE or any(bool((each < 0).any()) for each in scaled)
        low = -limit if is_signed else 0.0
        self.map.show_map(self._laid_out(shown), low, limit, signed=is_signed, count=shown.size)
        self.title.setText(title)
        self.title.setToolTip(title)
        # The bar is too narrow for words.
        self.scale.show_scale(low, limit, signed=is_signed, text="", missing=bool(np.isnan(shown).any()))
        scope = (
            "attacked minus clean"
            if side is Side.DIFFERENCE
            else f"this map, {'clean and attacked' if both else 'clean'}"
        )
        self.scale.setAccessibleName(f"Colours of {title}, {scope}: {' to '.join(self.scale.ends or ())}")
        self.scale.setToolTip(f"The scale is that of {scope}.")

    def _laid_out(self, shown: Floats) -> Floats:
        if not self._columns:
            return shown
        full = np.zeros((-(-shown.size // self._columns)) * self._columns, np.float32)
        full[: shown.size] = shown
        return full.reshape(-1, self._columns)

    def _on_map_pointed(self, row: int, column: int) -> None:
        place = self._place(row, column)
        where = f"unit {place[0]}" if self._columns else f"row {row}, column {column}"
        self.map.setToolTip(f"{where}: {say_value(self.map.value_at(row, column))}")
        self.pointed.emit(*place)

    def _place(self, row: int, column: int) -> tuple[int, int, int]:
        if self._columns:
            return row * self._columns + column, 0, 0
        return self._channel, row, column

    def marks_of(self, channel: int, rows: Places, columns: Places, *, faint: bool = False) -> list[Mark]:
        """The outline of rows × columns, as one rectangle where nothing lies between them."""
        if self._columns:
            row, column = divmod(channel, self._columns)
            return [Mark(row, column, row + 1, column + 1, faint)]
        if not len(rows) or not len(columns):
            return []
        if _is_whole(rows) and _is_whole(columns):
            return [Mark(int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1, faint)]
        return [Mark(int(row), int(column), int(row) + 1, int(column) + 1, faint) for row in rows for column in columns]


def _is_whole(places: Places) -> bool:
    return bool((np.diff(places) == 1).all())
