"""The activation of a unit against ε, beside what is typical of it for two classes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtGui import QPalette, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QLabel, QVBoxLayout, QWidget

from engine.catalogue.attacks import Norm
from engine.inside import UnitCurve
from engine.wording import AXIS_SCALE, EPSILON_AXIS
from gui import theme
from gui.views.legend import Entry, Legend, Swatch
from gui.views.plots import Plot, show_points
from gui.views.unit.words import say_level, say_no_level

_COLUMN: Final = 22 * theme.GRID
_HIGH: Final = 24 * theme.GRID
"""From this height on there is room above the plot."""


@dataclass(frozen=True)
class Level:
    """A class whose typical activation is shown: its colour, its number and its name."""

    colour: str
    label: int
    name: str


class UnitPlot(QWidget):
    """Draws a curve with two level lines; tells where it is pointed at, as ε."""

    pointed = Signal(float)
    released = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Activation of the unit against ε")
        self._shown: tuple[object, ...] = ()
        self.norm = Norm.LINF
        self.plot = Plot(EPSILON_AXIS[self.norm], "mean activation", self)
        self.curve = self.plot.add_curve("text")
        self.lines = {each: self.plot.add_line(each, dashed=True, upright=False) for each in _COLOURS}
        self.cursor_line = self.plot.add_line("muted")
        self.plot.pointed.connect(lambda x: self.pointed.emit(x / AXIS_SCALE[self.norm]))
        self.plot.released.connect(self.released)
        self.legend = Legend(across=False, parent=self)
        self.missing = QLabel(self)
        self.missing.setWordWrap(True)
        self.missing.setFont(theme.font(theme.Type.CAPTION))
        self.missing.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self._lay_out()

    def _lay_out(self) -> None:
        self._column = QWidget(self)
        side = QVBoxLayout(self._column)
        side.setContentsMargins(theme.GRID // 2, theme.GRID // 2, 0, 0)
        side.setSpacing(theme.GRID // 2)
        side.addWidget(self.legend)
        side.addWidget(self.missing)
        side.addStretch(1)
        self._box = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(0)
        self._box.addWidget(self.plot, 1)
        self._box.addWidget(self._column)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """What the lines mean stands above the plot, or beside it where it would be too low."""
        super().resizeEvent(event)
        is_high = self.height() >= _HIGH
        self._box.setDirection(QBoxLayout.Direction.BottomToTop if is_high else QBoxLayout.Direction.LeftToRight)
        self._column.setFixedWidth(self.width() if is_high else _COLUMN)

    def show_curve(self, curve: UnitCurve, norm: Norm, levels: Sequence[Level], name: str) -> None:
        """Draws a curve and, for every class of ``levels`` that has one, the typical activation.

        Args:
            curve: of the unit.
            norm: of ε.
            levels: the classes.
            name: of the unit, as read.
        """
        if self._shown == (curve, norm, tuple(levels), name):
            return
        self._shown = (curve, norm, tuple(levels), name)
        self.norm = norm
        known = [each for each in levels if each.label in curve.levels]
        self.plot.name_axes(EPSILON_AXIS[norm], "mean activation")
        x = curve.epsilons * np.float32(AXIS_SCALE[norm])
        self.plot.set_ranges((0.0, float(x[-1])), _range(curve, known))
        show_points(self.curve, x, curve.values)
        for colour, line in self.lines.items():
            values = [curve.levels[each.label] for each in known if each.colour == colour]
            line.setVisible(bool(values))
            if values:
                line.setValue(values[0])
        self._explain(curve, levels, name)

    def _explain(self, curve: UnitCurve, levels: Sequence[Level], name: str) -> None:
        own = Entry("text", name, Swatch.STROKE)
        known = [
            Entry(each.colour, say_level(curve, each.label, each.name), Swatch.DASHES)
            for each in levels
            if each.label in curve.levels
        ]
        self.legend.explain([own, *known])
        missing = [each.name for each in levels if each.label not in curve.levels]
        said = say_no_level(*missing) if curve.complete else "Looking for typical levels …"
        self.missing.setText(said if missing else "")

    def show_epsilon(self, epsilon: float, norm: Norm) -> None:
        """Moves the cursor; hides it while the curve is still that of another norm."""
        self.cursor_line.setVisible(norm is self.norm)
        self.cursor_line.setValue(epsilon * AXIS_SCALE[norm])


_COLOURS: Final = (theme.CLEAN, theme.ADVERSARIAL)


def _range(curve: UnitCurve, levels: Sequence[Level]) -> tuple[float, float]:
    """What holds the curve and its levels; never without height."""
    values = np.array([*curve.values, *(curve.levels[each.label] for each in levels)], np.float64)
    values = values[np.isfinite(values)]
    if not len(values):
        return 0.0, 1.0
    low, high = float(values.min()), float(values.max())
    return (low, high) if high > low else (low - 0.5, high + 0.5)
