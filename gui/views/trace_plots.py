"""Loss, margin and norm against the step, side by side over one axis of steps."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from engine.catalogue.attacks import Norm
from engine.frame import Floats, Trace
from engine.request import Request
from gui import theme
from gui.views.plots import Plot, lean, show_points

STEP = "step"
LOSS = "loss (nats)"
MARGIN = "margin (logits)"
LENGTHS = {Norm.LINF: "max |δ| (1/255)", Norm.L2: "‖δ‖₂ (pixel units)"}
SCALE = {Norm.LINF: 255.0, Norm.L2: 1.0}


class TracePlots(QWidget):
    """Draws a trace; tells which step is pointed at."""

    pointed = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: Trace | None = None
        self.loss = Plot(STEP, LOSS, self)
        self.margin = Plot(STEP, MARGIN, self)
        self.length = Plot(STEP, LENGTHS[Norm.LINF], self)
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

    def show_trace(self, trace: Trace, request: Request, step: int, steps: int) -> None:
        """Draws every iterate so far and the cursor at the shown one."""
        for cursor in self.cursors:
            cursor.setValue(step)
        if trace is self._shown:
            return
        self._shown = trace
        norm, scale = request.norm, np.float32(SCALE[request.norm])
        length = (trace.linf if norm is Norm.LINF else trace.l2) * scale
        x = np.arange(len(trace.loss), dtype=np.float32)
        for curve, y in zip(self.curves, (trace.loss, trace.margin, length), strict=True):
            show_points(curve, x, y)
        end = float(max(steps, len(x) - 1))
        self.length.name_axes(STEP, LENGTHS[norm])
        targeted = request.target is not None
        self.zero_label.setFormat("target wins above 0" if targeted else "fooled below 0")
        lean(self.zero_label, above=targeted)
        self.budget.setValue(request.epsilon * scale)
        self.loss.set_ranges((0.0, end), _span(trace.loss, 0.0))
        self.margin.set_ranges((0.0, end), _span(trace.margin, 0.0))
        self.length.set_ranges((0.0, end), _span(length, 0.0, 1.15 * request.epsilon * float(scale)))

    def _on_plot_pointed(self, x: float) -> None:
        if self._shown is not None:
            self.pointed.emit(min(max(round(x), 0), len(self._shown.loss) - 1))


def _span(values: Floats, *also: float) -> tuple[float, float]:
    """From the smallest to the largest of these finite numbers; never empty."""
    finite = [float(each) for each in values if np.isfinite(each)] + list(also)
    low, high = min(finite), max(finite)
    return (low, high) if high > low else (low, low + 1.0)
