"""The plot of the ε curve: up to three classes, the smallest ε that changes the answer, and a cursor."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from engine.catalogue.attacks import Norm
from engine.frame import Curve, Flip
from engine.request import Request
from engine.wording import AXIS_SCALE, EPSILON_AXIS, say_epsilon
from gui import theme
from gui.views.legend import Entry, Legend, Swatch
from gui.views.plots import Plot, show_points


class CurvePlot(QWidget):
    """Draws a curve; tells where it is pointed at, as ε."""

    pointed = Signal(float)
    released = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: tuple[object, ...] = ()
        self._named: list[Entry] = []
        self.norm = Norm.LINF
        self.plot = Plot(EPSILON_AXIS[self.norm], "probability (%)", self)
        self.curves = {colour: self.plot.add_curve(colour) for colour in (theme.ADVERSARIAL, theme.TARGET, theme.CLEAN)}
        self.flip = self.plot.add_line("muted", dashed=True)
        self.cursor_line = self.plot.add_line("text", width=1.5)
        self.legend = Legend(across=False, parent=self)
        self.plot.pointed.connect(lambda x: self.pointed.emit(x / AXIS_SCALE[self.norm]))
        self.plot.released.connect(self.released)
        self._lay_out()

    def _lay_out(self) -> None:
        side = QVBoxLayout()
        side.setContentsMargins(theme.GRID, theme.GRID, theme.GRID, theme.GRID)
        side.addWidget(self.legend)
        side.addStretch(1)
        column = QWidget(self)
        column.setLayout(side)
        column.setFixedWidth(26 * theme.GRID)
        places = QHBoxLayout(self)
        places.setContentsMargins(0, 0, 0, 0)
        places.setSpacing(0)
        places.addWidget(self.plot, 1)
        places.addWidget(column)

    def show_curve(self, curve: Curve, request: Request, clean: int, classes: Sequence[str]) -> None:
        """Draws the clean class, the target and the strongest other class of a curve."""
        target = request.target
        if self._shown == (curve, request.norm, clean, target):
            return
        self._shown = (curve, request.norm, clean, target)
        self.norm = request.norm
        self.plot.name_axes(EPSILON_AXIS[self.norm], "probability (%)")
        self.plot.set_ranges((0.0, float(curve.epsilons[-1]) * AXIS_SCALE[self.norm]), (0.0, 100.0))
        labels = {
            theme.CLEAN: clean if clean != target else None,
            theme.TARGET: target,
            theme.ADVERSARIAL: strongest_other(curve, clean, target),
        }
        for colour, label in labels.items():
            self._show_class(colour, curve, label)
        self._named = [Entry(c, classes[k], Swatch.STROKE) for c, k in labels.items() if k is not None]

    def _show_class(self, colour: str, curve: Curve, label: int | None) -> None:
        self.curves[colour].setVisible(label is not None)
        if label is not None:
            x = curve.epsilons * np.float32(AXIS_SCALE[self.norm])
            show_points(self.curves[colour], x, curve.probabilities[:, label] * np.float32(100))

    def show_flip(self, flip: Flip | None, request: Request) -> None:
        """Marks the smallest ε that changes the answer (or hits the target), or says that there is none."""
        found = None if flip is None else flip.epsilon
        self.flip.setVisible(found is not None)
        if found is not None:
            self.flip.setValue(found * AXIS_SCALE[request.norm])
        said = [] if flip is None else [Entry("muted", _say_flip(flip, request), Swatch.DASHES)]
        self.legend.explain(self._named + said)

    def show_epsilon(self, epsilon: float, norm: Norm) -> None:
        """Moves the cursor; hides it while the curve is still that of another norm."""
        self.cursor_line.setVisible(norm is self.norm)
        self.cursor_line.setValue(epsilon * AXIS_SCALE[norm])


def _say_flip(flip: Flip, request: Request) -> str:
    targeted = request.target is not None
    if flip.epsilon is not None:
        return f"{'hits' if targeted else 'flips'} at about {say_epsilon(flip.epsilon, request.norm)}"
    if flip.complete:
        return f"no {'hit' if targeted else 'flip'} up to {say_epsilon(flip.limit, request.norm)}"
    return "looking for the smallest ε …"


def strongest_other(curve: Curve, clean: int, target: int | None) -> int | None:
    """The class, other than these two, that is the most probable at any ε; None if there is no other."""
    peaks = curve.probabilities.max(axis=0).copy()
    peaks[[each for each in (clean, target) if each is not None]] = -1
    best = int(peaks.argmax())
    return best if peaks[best] >= 0 else None
