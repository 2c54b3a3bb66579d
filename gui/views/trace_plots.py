"""Loss, margin and norm of every iterate, side by side over one axis: steps, or queries."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from engine.catalogue.attacks import Norm
from engine.frame import Floats, Trace
from engine.request import Request
from engine.wording import AXIS_SCALE, SIZE_AXIS
from gui import theme
from gui.views.plots import Plot, lean, show_points

STEP = "step"
QUERIES = "queries"
LOSS = "loss (nats)"
MARGIN = "margin (logits)"


class TracePlots(QWidget):
    """Draws a trace; tells which step is pointed at."""

    pointed = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: tuple[Trace, bool] | None = None
        self._x = np.zeros(0, np.float32)
        self.loss = Plot(STEP, LOSS, self)
        self.margin = Plot(STEP, MARGIN, self)
        self.length = Plot(STEP, SIZE_AXIS[Norm.LINF], self)
        self.plots = (self.loss, self.margin, self.length)
        self.curves = [plot.add_curve(theme.ADVERSARIAL) for plot in self.plots]
        self.cursors = [plot.add_line("text", width=1.5) for plot in self.plots]
        self.zero = self.margin.add_line("muted", dashed=True, upright=False)
        self.zero_label = self.margin.add_label(self.zero, "text")
        self.budget = self.length.add_line("muted", dashed=True, upright=False)
        self.budget_label = self.length.add_label(self.budget, "text")
        self.budget_label.setFormat("ε")
        self.loss.setToolTip("Cross-entropy of the class that the attack leaves or wants")
        self.margin.setToolTip("Logit of the class that the attack leaves or wants, less the largest other logit")
        self.length.setToolTip("Size of the perturbation; the dashed line is the budget ε")
        places = QHBoxLayout(self)
        places.setContentsMargins(0, 0, 0, 0)
        places.setSpacing(theme.GRID)
        for plot in self.plots:
            places.addWidget(plot, 1)
            plot.pointed.connect(self._on_plot_pointed)

    def show_trace(self, trace: Trace, request: Request, step: int, steps: int, *, over_queries: bool = False) -> None:
        """Draws every iterate so far, and the cursor at the shown one.

        Args:
            trace: what the iterates were like.
            request: what was asked.
            step: the shown iterate.
            steps: how many the attack takes.
            over_queries: whether they stand over what the network was asked until then, rather than over the steps.
        """
        if self._shown is None or self._shown[0] is not trace or self._shown[1] is not over_queries:
            self._shown = trace, over_queries
            self._x = trace.queries.astype(np.float32) if over_queries else np.arange(len(trace.loss), dtype=np.float32)
            self._draw(trace, request, float(self._x[-1] if over_queries else max(steps, len(self._x) - 1)))
        for cursor in self.cursors:
            cursor.setValue(self._x[min(step, len(self._x) - 1)])

    def _draw(self, trace: Trace, request: Request, end: float) -> None:
        x_axis = QUERIES if self._shown is not None and self._shown[1] else STEP
        norm, scale = request.norm, np.float32(AXIS_SCALE[request.norm])
        length = trace.sizes(norm) * scale
        names = (LOSS, MARGIN, SIZE_AXIS[norm])
        for plot, curve, y, name in zip(
            self.plots, self.curves, (trace.loss, trace.margin, length), names, strict=True
        ):
            plot.name_axes(x_axis, name)
            show_points(curve, self._x, y)
        targeted = request.target is not None
        self.zero_label.setFormat("target wins above 0" if targeted else "fooled below 0")
        lean(self.zero_label, above=targeted)
        self.budget.setValue(request.epsilon * scale)
        self.loss.set_ranges((0.0, max(end, 1.0)), _span(trace.loss, 0.0))
        self.margin.set_ranges((0.0, max(end, 1.0)), _span(trace.margin, 0.0))
        self.length.set_ranges((0.0, max(end, 1.0)), _span(length, 0.0, 1.15 * request.epsilon * float(scale)))

    def _on_plot_pointed(self, x: float) -> None:
        if len(self._x):
            self.pointed.emit(int(np.abs(self._x - x).argmin()))


def _span(values: Floats, *also: float) -> tuple[float, float]:
    """From the smallest to the largest of these finite numbers; never empty."""
    finite = [float(each) for each in values if np.isfinite(each)] + list(also)
    low, high = min(finite), max(finite)
    return (low, high) if high > low else (low, low + 1.0)
