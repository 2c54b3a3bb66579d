"""A matrix with its legend: what it is, how large, and what its colours mean, written above it."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QVBoxLayout, QWidget

from engine.frame import Floats
from engine.playground import Margins
from gui import theme
from gui.controls.section import Caption
from gui.views.playground.cells import NONE, Cells
from gui.views.playground.shade import Shade
from gui.views.scale_bar import ScaleBar, say_value

_SCALE_WIDTH: Final = 17 * theme.GRID
"""For the strip and the numbers at its ends."""


class Plate(QWidget):
    """Holds cells and says what they are; grey needs no strip of colours, only its ends."""

    def __init__(self, cells: Cells, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.cells = cells
        self._is_grey, self._is_explained = False, False
        self.title, self.greys, self.scale = _line(self), _line(self), ScaleBar(self)
        self.scale.setMinimumWidth(_SCALE_WIDTH)
        self._head = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._head.setSpacing(theme.GRID)
        self._head.addWidget(self.title)
        self._head.addWidget(self.greys, 1)
        self._head.addWidget(self.scale, 1)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(2)
        rows.addLayout(self._head)
        rows.addWidget(cells, 1)

    def set_explained(self, explained: bool) -> None:
        """Whether the colours are explained elsewhere, and not here."""
        self._is_explained = explained
        self._show_legend()

    def minimumSizeHint(self) -> QSize:
        """Of the cells, with two lines above them; the greys may be cut, and have a tool tip."""
        least = self.cells.minimumSizeHint()
        has_scale = not self._is_grey and not self._is_explained
        width = max(least.width(), self.title.sizeHint().width(), _SCALE_WIDTH if has_scale else 0)
        return QSize(width, least.height() + 2 * self.title.sizeHint().height() + theme.GRID)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Puts the legend below the title where there is no room beside it."""
        super().resizeEvent(event)
        self._arrange()

    def show_values(self, title: str, values: Floats, shade: Shade, margins: Margins = NONE) -> None:
        """Shows a matrix under a title."""
        self.cells.show_values(values, shade, margins)
        self.title.setText(title)
        self.scale.show_scale(shade.low, shade.high, signed=shade.signed, text="")
        self.scale.setAccessibleName(f"Colours of this matrix, from {say_value(shade.low)} to {say_value(shade.high)}")
        self.greys.setText(f"black 0, white {say_value(shade.high)}")
        self.greys.setToolTip(self.greys.text())
        self._is_grey = shade.grey and not shade.signed
        self._show_legend()

    def _show_legend(self) -> None:
        self.greys.setVisible(self._is_grey and not self._is_explained)
        self.scale.setVisible(not self._is_grey and not self._is_explained)
        self._arrange()

    def _arrange(self) -> None:
        legend = self.greys.sizeHint().width() if self._is_grey else _SCALE_WIDTH
        is_narrow = self.width() < self.title.sizeHint().width() + theme.GRID + legend
        down, across = QBoxLayout.Direction.TopToBottom, QBoxLayout.Direction.LeftToRight
        self._head.setDirection(down if is_narrow else across)
        self._head.setSpacing(0 if is_narrow else theme.GRID)


def _line(parent: QWidget) -> Caption:
    line = Caption(parent=parent)
    line.setWordWrap(False)
    return line
