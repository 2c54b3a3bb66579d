"""The trace of an iterative attack: loss, margin and norm of every iterate, and a scrubber to look at any of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Qt, QTimer
from PySide6.QtGui import QHideEvent, QPalette
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QSlider,
    QStackedLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from engine.frame import Frame, Trace
from engine.request import Request
from engine.wording import say_queries
from gui import theme
from gui.controls.segmented import Choice, Segmented
from gui.forms import turn_only_with_focus
from gui.icons import icon
from gui.session import Pace, Session
from gui.views.base import FrameView

if TYPE_CHECKING:
    from gui.views.trace_plots import TracePlots

ONE_STEP = "This attack takes one step; choose BIM or PGD to watch iterates."
WAITING = "Every step of the attack appears here as it is taken."
STEPS, QUERIES = "steps", "queries"
FASTEST_MS = 40
"""Steps are played no faster than this, whatever the speed of attacks."""
_AXES = (
    Choice(STEPS, "Steps", "The plots stand over the steps of the attack."),
    Choice(QUERIES, "Queries", "The plots stand over how many pictures the network was asked about until then."),
)
_PACE_HELP = (
    "How fast attacks of many steps go: slower than full speed, each step can be watched. "
    "Ctrl+[ goes slower, Ctrl+] faster."
)


class TraceView(FrameView):
    """Three plots over the steps of an attack; the scrubber shows any iterate in every view.

    Where an attack sees no gradient, they may stand over the queries instead: that is what such attacks are measured
    by. How fast an attack goes can be chosen here too, and its steps can be played once more.
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self._plots: TracePlots | None = None
        self._over_queries = False
        self._next = QTimer(self)
        self._next.timeout.connect(self._on_next_timeout)
        self._make_page()
        self._make_controls()
        self._lay_out()
        session.pace_changed.connect(self._on_pace_changed)
        session.request_changed.connect(self._on_request_changed)

    def _make_page(self) -> None:
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

    def _make_controls(self) -> None:
        self.play = _play_button(self)
        self.play.toggled.connect(self._on_play_toggled)
        self.axis = Segmented("What the plots stand over", self)
        self.axis.offer(_AXES)
        self.axis.show_value(STEPS)
        self.axis.chosen.connect(self._on_axis_chosen)
        self.pace = _pace_box(self)
        self.pace.activated.connect(self._on_pace_activated)
        self._on_pace_changed()

    def _lay_out(self) -> None:
        foot = QHBoxLayout()
        foot.setContentsMargins(theme.GRID, 0, theme.GRID, theme.GRID // 2)
        foot.setSpacing(theme.GRID)
        for each in (self.play, self.scrubber, self.step, self.axis, self.pace):
            foot.addWidget(each, 1 if each is self.scrubber else 0)
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
        is_asking = not frame.request.attack.follows_gradient and len(trace.queries) == len(trace.loss)
        self.axis.setVisible(is_asking)
        over_queries = is_asking and self._over_queries
        self.plots.show_trace(trace, frame.request, attacked.step, attacked.steps, over_queries=over_queries)
        self._follow(len(trace.loss) - 1, self.session.request.iterate)
        self._say(attacked.step, attacked.steps, trace)
        self._pages.setCurrentWidget(self._page)

    def _follow(self, last: int, iterate: int | None) -> None:
        with QSignalBlocker(self.scrubber):
            self.scrubber.setRange(0, last)
            self.scrubber.setValue(last if iterate is None else iterate)

    def _say(self, step: int, steps: int, trace: Trace) -> None:
        said = f"step {step} of {steps}" if step else f"start of {steps} steps"
        widest = f"start of {steps} steps"
        if 0 <= step < len(trace.queries):
            said += f" · {say_queries(int(trace.queries[step]))}"
            widest += f" · {say_queries(int(trace.queries[-1]))}"
        self.step.setMinimumWidth(self.step.fontMetrics().horizontalAdvance(widest))
        self.step.setText(said)
        self.scrubber.setAccessibleDescription(said)

    def _on_request_changed(self, request: Request) -> None:
        self._follow(self.scrubber.maximum(), request.iterate)

    def _on_pace_activated(self, index: int) -> None:
        self.session.set_pace(list(Pace)[index])

    def _on_pace_changed(self) -> None:
        self.pace.setCurrentIndex(list(Pace).index(self.session.pace))
        if self._next.isActive():
            self._next.start(self._milliseconds())

    # The steps once more

    def _milliseconds(self) -> int:
        return max(round(1000 * self.session.pace.seconds), FASTEST_MS)

    def _on_play_toggled(self, on: bool) -> None:
        self.play.setIcon(icon("pause" if on else "run"))
        if not on:
            self._next.stop()
            return
        if self.scrubber.value() == self.scrubber.maximum():
            self.scrubber.setValue(0)
        self._next.start(self._milliseconds())

    def _on_next_timeout(self) -> None:
        self.scrubber.setValue(self.scrubber.value() + 1)
        if self.scrubber.value() == self.scrubber.maximum():
            self.play.setChecked(False)

    def hideEvent(self, event: QHideEvent) -> None:
        """Nothing is played that cannot be seen."""
        super().hideEvent(event)
        self.play.setChecked(False)

    def _on_axis_chosen(self, axis: str) -> None:
        self._over_queries = axis == QUERIES
        if self.session.frame is not None:
            self.draw(self.session.frame)

    def _on_plots_pointed(self, step: int) -> None:
        self.scrubber.setValue(step)

    def _on_scrubber_value_changed(self, step: int) -> None:
        """The last iterate is asked for as the last, so that it stays the last when there are more."""
        self.session.propose(iterate=None if step == self.scrubber.maximum() else step)


def _play_button(parent: QWidget) -> QToolButton:
    button = QToolButton(parent)
    button.setIcon(icon("run"))
    button.setCheckable(True)
    button.setAutoRaise(True)
    button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    button.setToolTip("Show the steps that were taken once more, one after another, at the chosen speed.")
    button.setAccessibleName("Play the steps once more")
    return button


def _pace_box(parent: QWidget) -> QComboBox:
    box = QComboBox(parent)
    for pace in Pace:
        box.addItem(pace.title.capitalize())
    box.setAccessibleName("Speed of the attack")
    box.setAccessibleDescription(_PACE_HELP)
    box.setToolTip(_PACE_HELP)
    turn_only_with_focus(box)
    return box
