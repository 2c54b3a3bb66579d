"""The trace of an iterative attack: loss, margin and norm of every iterate, and a scrubber to look at any of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QStackedLayout, QVBoxLayout, QWidget

from engine.frame import Frame
from engine.request import Request
from gui import theme
from gui.session import Session
from gui.views.base import FrameView

if TYPE_CHECKING:
    from gui.views.trace_plots import TracePlots

ONE_STEP = "This attack takes one step; choose BIM or PGD to watch iterates."
WAITING = "Every step of the attack appears here as it is taken."


class TraceView(FrameView):
    """Three plots over the steps of an attack; the scrubber shows any iterate in every view."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self._plots: TracePlots | None = None
        self.hint = QLabel(ONE_STEP, self)
        self.hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.hint.setWordWrap(True)
        self.hint.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.scrubber = QSlider(Qt.Orientation.Horizontal, self)
        self.scrubber.setAccessibleName("Step of the attack that is shown")
        self.scrubber.setPageStep(5)
        self.scrubber.valueChanged.connect(self._on_scrubber_value_changed)
        self.step = QLabel(self)
        self.step.setFont(theme.font(theme.Type.BODY, tabular=True))
        self._lay_out()
        session.request_changed.connect(self._on_request_changed)

    def _lay_out(self) -> None:
        foot = QHBoxLayout()
        foot.setContentsMargins(theme.GRID, 0, theme.GRID, theme.GRID // 2)
        foot.setSpacing(theme.GRID)
        foot.addWidget(self.scrubber, 1)
        foot.addWidget(self.step)
        self._page = QWidget(self)
        rows = QVBoxLayout(self._page)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(theme.GRID // 2)
        rows.addLayout(foot)
        self._rows = rows
        self._pages = QStackedLayout(self)
        self._pages.addWidget(self.hint)
        self._pages.addWidget(self._page)

    @property
    def plots(self) -> TracePlots:
        """The plots, made when they are first needed: pyqtgraph takes its time to import."""
        if self._plots is None:
            from gui.views.trace_plots import TracePlots

            self._plots = TracePlots(self)
            self._plots.pointed.connect(self._on_plots_pointed)
            self._rows.insertWidget(0, self._plots, 1)
        return self._plots

    def draw(self, frame: Frame) -> None:
        """Shows the trace so far."""
        trace, attacked = frame.trace, frame.attacked
        if trace is None or attacked is None:
            self.hint.setText(ONE_STEP if frame.request.attack.scales else WAITING)
            self._pages.setCurrentWidget(self.hint)
            return
        self.plots.show_trace(trace, frame.request, attacked.step, attacked.steps)
        self._follow(len(trace.loss) - 1, self.session.request.iterate)
        self._say(attacked.step, attacked.steps)
        self._pages.setCurrentWidget(self._page)

    def _follow(self, last: int, iterate: int | None) -> None:
        with QSignalBlocker(self.scrubber):
            self.scrubber.setRange(0, last)
            self.scrubber.setValue(last if iterate is None else iterate)

    def _say(self, step: int, steps: int) -> None:
        said = f"step {step} of {steps}" if step else f"start of {steps} steps"
        self.step.setMinimumWidth(self.step.fontMetrics().horizontalAdvance(f"start of {steps} steps"))
        self.step.setText(said)
        self.scrubber.setAccessibleDescription(said)

    def _on_request_changed(self, request: Request) -> None:
        self._follow(self.scrubber.maximum(), request.iterate)

    def _on_plots_pointed(self, step: int) -> None:
        self.scrubber.setValue(step)

    def _on_scrubber_value_changed(self, step: int) -> None:
        """The last iterate is asked for as the last, so that it stays the last when there are more."""
        self.session.propose(iterate=None if step == self.scrubber.maximum() else step)
