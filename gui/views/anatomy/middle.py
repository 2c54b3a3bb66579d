"""Between the two ends of a layer: how one number of its output comes about."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QScrollArea, QWidget

from engine.arithmetic import (
    Place,
    Places,
    as_maps,
    norm_of,
    pool_apart,
    settings_of,
    soften,
    take_apart,
)
from engine.frame import Floats
from engine.inside import Anatomy
from gui import theme
from gui.views.anatomy.cells import CellsPane
from gui.views.anatomy.curve import FunctionCurve
from gui.views.anatomy.lines import LinesPane
from gui.views.anatomy.tables import Tables, pool_tables, shown_channels, sum_tables
from gui.views.anatomy.words import Steps, activation_steps, norm_steps, pool_steps, softmax_steps, sum_steps

_SOFTMAX_CLASSES = 8
_GAP = 2 * theme.GRID
_TALL = 38 * theme.GRID
"""From this height on the lines stand below the grids."""
_WIDEST_CURVE = 60 * theme.GRID
_ENDLESS = 16_777_215
"""Qt's word for no limit."""

Inputs = Sequence[tuple[Floats, str]]
"""What goes in, and the data colour of the run: of one run, or of clean and attacked."""


class _Scroll(QScrollArea):
    """Scrolls what does not fit."""

    def __init__(self, content: QWidget, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._content = content
        self.setWidget(content)

    def sizeHint(self) -> QSize:
        """That of the content, with room for a scroll bar."""
        return self._content.sizeHint() + QSize(self.verticalScrollBar().sizeHint().width(), 0)

    def minimumSizeHint(self) -> QSize:
        """Small enough for a low dock."""
        return QSize(12 * theme.GRID, 5 * theme.GRID)


class MiddlePane(QWidget):
    """The grids or the curve of a place, and beside them the lines of the reckoning."""

    channel_chosen = Signal(int)
    """The user wants to see this channel of the input."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.cells = CellsPane()
        self.curve = FunctionCurve(self)
        self.lines = LinesPane()
        self._channels: list[int] = []
        self._cells_scroll = _Scroll(self.cells, self)
        self._lines_scroll = _Scroll(self.lines, self)
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(_GAP)
        for each, stretch in ((self._cells_scroll, 100), (self.curve, 100), (self._lines_scroll, 0)):
            self._row.addWidget(each, stretch)
        self._row.addStretch(1)
        self.cells.chosen.connect(self._on_row_chosen)

    def show_place(self, anatomy: Anatomy, inputs: Inputs, place: Place, names: Sequence[str], shown: int) -> None:
        """Shows how the number at a place comes about.

        Args:
            anatomy: of the layer.
            inputs: of one run, or of both for their difference.
            place: in the output.
            names: of the classes, for a softmax over them.
            shown: how many channels, or classes, are shown by themselves.
        """
        self._channels = []
        tables, steps = self._taken_apart(anatomy, inputs, place, names, shown)
        self._cells_scroll.setVisible(tables is not None)
        self.curve.setVisible(anatomy.kind == "activation")
        if tables is not None:
            self.cells.show_cells(*tables)
        if steps != self.lines.steps:
            self.lines.show_steps(steps)
        self._arrange()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Arranges anew."""
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        """The lines stand beside the grids, or below them where there is room; neither is wider than it needs."""
        bar = self._cells_scroll.verticalScrollBar().sizeHint().width()
        is_alone = self._cells_scroll.isHidden() and self.curve.isHidden()
        lacks_height = self.lines.size_with(beside=False).height() > self.height()
        self.lines.put_details(beside=is_alone and lacks_height)
        wanted = self.lines.sizeHint()
        is_tall = self.height() >= _TALL and not is_alone
        direction = QBoxLayout.Direction.TopToBottom if is_tall else QBoxLayout.Direction.LeftToRight
        self._row.setDirection(direction)
        self._lines_scroll.setMaximumSize(wanted.width() + bar, wanted.height() if is_tall else _ENDLESS)
        beside, below = (0, wanted.height() + _GAP) if is_tall else (wanted.width() + bar + _GAP, 0)
        self.cells.fit(self.width() - bar - beside, self.height() - below)
        grids = self.cells.sizeHint()
        self._cells_scroll.setMaximumSize(grids.width() + bar, grids.height() if is_tall else _ENDLESS)
        self.curve.setMaximumSize(_WIDEST_CURVE, _ENDLESS)

    def channels(self) -> list[int]:
        """The channels of the input that are shown by themselves, the one that contributes most first."""
        return self._channels

    def _taken_apart(
        self, anatomy: Anatomy, inputs: Inputs, place: Place, names: Sequence[str], shown: int
    ) -> tuple[Tables | None, Steps]:
        xs = [each for each, _ in inputs]
        if anatomy.kind in {"conv", "dense"}:
            runs = [take_apart(anatomy, x, place) for x in xs]
            self._channels = _listed(shown_channels(runs, shown))
            return sum_tables(anatomy, runs, shown), sum_steps(anatomy, runs, shown)
        if anatomy.kind in {"max pool", "average pool"}:
            pooled = [pool_apart(anatomy, x, place) for x in xs]
            return pool_tables(pooled), pool_steps(anatomy, pooled)
        unit, row, column = place
        if anatomy.kind == "softmax":
            softened = [soften(as_maps(x)[:, row, column]) for x in xs]
            return None, softmax_steps(softened, names, unit, _SOFTMAX_CLASSES)
        values = [float(as_maps(x)[unit, row, column]) for x in xs]
        if anatomy.kind == "batch norm":
            return None, norm_steps(anatomy, [norm_of(anatomy, each, unit) for each in values])
        points = tuple((x, colour) for x, (_, colour) in zip(values, inputs, strict=True) if math.isfinite(x))
        self.curve.show_function(anatomy.function, settings_of(anatomy), points)
        return None, activation_steps(anatomy, values)

    def _on_row_chosen(self, row: int) -> None:
        if row < len(self._channels):
            self.channel_chosen.emit(self._channels[row])


def _listed(channels: Places) -> list[int]:
    return [int(each) for each in channels]
