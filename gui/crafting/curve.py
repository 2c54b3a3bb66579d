"""How well it does against the steps taken."""

from __future__ import annotations

import math
from dataclasses import dataclass

from PySide6.QtWidgets import QVBoxLayout, QWidget

from engine.crafting.growing import Grown
from engine.frame import Floats
from gui import theme
from gui.views.legend import Entry, Legend, Swatch
from gui.views.plots import Plot, show_points


@dataclass(frozen=True)
class Lines:
    """What the curves of a page are called, and the colour of the one that counts.

    ``held_out`` and ``control`` are empty where there are none.
    """

    axis: str
    colour: str
    learnt: str
    held_out: str = ""
    control: str = ""


class CraftCurve(QWidget):
    """Shares or a probability in per cent against steps, with a dashed line for noise."""

    def __init__(self, lines: Lines, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lines = lines
        self.plot = Plot("step", lines.axis, self)
        self.plot.unsetCursor()
        self.learnt = self.plot.add_curve(theme.OTHER if lines.held_out else lines.colour)
        self.held_out = self.plot.add_curve(lines.colour)
        self.control = self.plot.add_line("muted", dashed=True, upright=False)
        self.control.hide()
        self.legend = Legend(across=True, parent=self)
        self.legend.explain(_entries(lines))
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(theme.GRID // 2)
        rows.addWidget(self.plot, 1)
        rows.addWidget(self.legend)
        self.plot.set_ranges((0, 1), (0, 100))

    def show_curve(self, curve: Floats, newest: Grown | None) -> None:
        """Draws every moment so far, (n, 3) as ``Making.curve`` gives them; none while there is nothing."""
        for line, column in ((self.learnt, 1), (self.held_out, 2)):
            show_points(line, curve[:, 0], 100 * curve[:, column])
        control = math.nan if newest is None else newest.rates.control
        self.control.setVisible(math.isfinite(control))
        if math.isfinite(control):
            self.control.setValue(100 * control)
        self.plot.set_ranges((0, max(1, float(curve[-1, 0]) if len(curve) else 1)), (0, 100))


def _entries(lines: Lines) -> list[Entry]:
    colours = (theme.OTHER, lines.colour) if lines.held_out else (lines.colour, "")
    entries = [Entry(colours[0], lines.learnt, Swatch.STROKE)]
    if lines.held_out:
        entries.append(Entry(colours[1], lines.held_out, Swatch.STROKE))
    if lines.control:
        entries.append(Entry("muted", lines.control, Swatch.DASHES))
    return entries
