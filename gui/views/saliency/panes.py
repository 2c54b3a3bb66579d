"""Three pictures in a row: the attribution in the clean picture, in the perturbed one, and how they differ."""

from __future__ import annotations

from typing import Final

import numpy as np
from PySide6.QtCore import QPoint, QSize, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from engine.frame import Floats
from gui import theme
from gui.controls.elided import Elided
from gui.views.ink import legible
from gui.views.pane_pictures import Picture
from gui.views.pane_viewport import Viewport
from gui.views.panes import ImagePane
from gui.views.scale_bar import say_value

NAMES: Final = ("Clean", "Attacked", "Difference")
_COLOURS: Final = (theme.CLEAN, theme.ADVERSARIAL, None)
_SMALLEST: Final = 8 * theme.GRID


class Heading(QWidget):
    """What a pane shows, in the colour of its data, and at its end the value that is pointed at."""

    def __init__(self, name: str, colour: str | None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._colour = colour
        self._name = Elided(name, self)
        self._name.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._value = QLabel(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.GRID // 2, 0, theme.GRID // 2, 0)
        row.addWidget(self._name, 1)
        row.addWidget(self._value)
        self.recolour()

    @property
    def text(self) -> str:
        """What is said now."""
        return self._name.text()

    @property
    def value(self) -> str:
        """The value that is pointed at, as read; "" for none."""
        return self._value.text()

    def say(self, text: str, value: str) -> None:
        """Says something else."""
        if text != self._name.text():
            self._name.setText(text)
            self._name.setToolTip(text)
        if value != self._value.text():
            self._value.setText(value)

    def recolour(self) -> None:
        """Takes type and ink from the theme."""
        self._name.setFont(theme.font(theme.Type.CAPTION, bold=True))
        self._value.setFont(theme.font(theme.Type.CAPTION, tabular=True))
        palette = self._name.palette()
        ink = theme.color("text") if self._colour is None else legible(self._colour)
        palette.setColor(QPalette.ColorRole.WindowText, ink)
        self._name.setPalette(palette)


class SaliencyPanes(QWidget):
    """Zooms and points in all three at once; tells the value of each at the pixel that is pointed at."""

    pointed = Signal(object)
    """The pixel (a ``QPoint``), or None."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.viewport = Viewport(self)
        self.headings = [Heading(name, colour, self) for name, colour in zip(NAMES, _COLOURS, strict=True)]
        self.panes = [ImagePane(self.viewport, f"{name}: attribution", self) for name in NAMES]
        self._texts = list(NAMES)
        self._values: list[Floats | None] = [None, None, None]
        self._pixel: QPoint | None = None
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.GRID)
        for heading, pane in zip(self.headings, self.panes, strict=True):
            pane.setMinimumSize(_SMALLEST, _SMALLEST)
            column = QVBoxLayout()
            column.setSpacing(0)
            column.addWidget(heading)
            column.addWidget(pane, 1)
            row.addLayout(column, 1)
            pane.hovered.connect(self._on_pane_hovered)
            pane.left.connect(self._on_pane_left)
            pane.focusLost.connect(self._on_pane_left)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def set_size(self, height: int, width: int) -> None:
        """Takes the size of the pictures; another one than before is shown whole, and nothing is pointed at."""
        if QSize(width, height) != self.viewport.size:
            self._point(None)
            self.viewport.set_size(QSize(width, height))

    def show_map(self, place: int, picture: Picture, values: Floats | None, text: str) -> None:
        """Shows a picture in one of the panes.

        Args:
            place: which pane, from the left.
            picture: what is drawn.
            values: (H, W) what it stands for; None where nothing is known yet.
            text: what is said above it.
        """
        self._texts[place], self._values[place] = text, values
        self.panes[place].show_picture(picture)
        self._say(place)

    def recolour(self) -> None:
        """Takes new colours from the theme."""
        for each in self.headings:
            each.recolour()

    def _say(self, place: int) -> None:
        self.headings[place].say(self._texts[place], _say_at(self._values[place], self._pixel))

    def _point(self, pixel: QPoint | None) -> None:
        if pixel == self._pixel:
            return
        self._pixel = pixel
        for place, pane in enumerate(self.panes):
            pane.mark(pixel)
            self._say(place)
        self.pointed.emit(pixel)

    def _on_pane_hovered(self, x: int, y: int) -> None:
        self._point(QPoint(x, y))

    def _on_pane_left(self) -> None:
        self._point(None)


def _say_at(values: Floats | None, pixel: QPoint | None) -> str:
    if values is None or pixel is None:
        return ""
    value = float(values[pixel.y(), pixel.x()])
    return "not known yet" if np.isnan(value) else say_value(value)
