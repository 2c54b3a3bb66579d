"""The ε curve: what the network answers for every size of the perturbation, not only the chosen one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QLabel, QStackedLayout, QVBoxLayout, QWidget

from engine.catalogue.attacks import Norm
from engine.frame import Curve, Flip, Frame
from engine.request import Request
from engine.wording import say_epsilon
from gui import theme
from gui.session import Session
from gui.views.base import FrameView

if TYPE_CHECKING:
    from gui.views.curve_plot import CurvePlot

NAME = "curve"
"""What a request calls this view; while it is there, the engine computes the curve."""

EMPTY = "The probabilities against ε appear here as soon as there is a picture and a network."
COMPUTING = "Computing the ε curve …"

_FOLLOWING_MS = 33
"""The cursor follows thirty times a second."""
_FRAME = 2
"""Room for the line around a view that has the focus."""

_STEPS = {Norm.LINF: 1 / 255, Norm.L2: 0.1, Norm.L1: 1.0, Norm.L0: 1.0, Norm.FLOW: 0.1}
"""How far an arrow key moves ε; a page key goes ten times as far."""


class CurveView(FrameView):
    """Probability against ε; the cursor is the ε of the whole window, both ways."""

    needs = frozenset({NAME})

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Probability against ε; arrow keys change ε")
        self._question: Request | None = None
        self._curve: Curve | None = None
        self._flip: Flip | None = None
        self._plot: CurvePlot | None = None
        self.hint = QLabel(EMPTY, self)
        self.hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.hint.setWordWrap(True)
        self.hint.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.hint.setContentsMargins(theme.GRID, theme.GRID, theme.GRID, theme.GRID)
        framed = QVBoxLayout(self)
        framed.setContentsMargins(_FRAME, _FRAME, _FRAME, _FRAME)
        self._pages = QStackedLayout()
        framed.addLayout(self._pages)
        self._pages.addWidget(self.hint)
        # A plot takes more time to paint than a slider has between two moves.
        self._following = QTimer(self, singleShot=True, interval=_FOLLOWING_MS)
        self._following.timeout.connect(self._show_epsilon)
        session.request_changed.connect(self._on_request_changed)

    @property
    def plot(self) -> CurvePlot:
        """The plot, made when it is first needed: pyqtgraph takes its time to import."""
        if self._plot is None:
            from gui.views.curve_plot import CurvePlot

            self._plot = CurvePlot(self)
            self._plot.pointed.connect(self._on_plot_pointed)
            self._plot.released.connect(self.session.settle)
            self._pages.addWidget(self._plot)
        return self._plot

    # What is drawn

    def draw(self, frame: Frame) -> None:
        """Shows the curve of a frame, or the last one while its question is still asked."""
        question = _question(frame.request)
        if question != self._question:
            self._question, self._curve, self._flip = question, None, None
        if frame.curve is not None and len(frame.curve.epsilons) > 1:  # one point alone tells of no range
            self._curve = frame.curve
        self._flip = frame.flip or self._flip
        if self._curve is None or frame.before is None or frame.network is None:
            self.hint.setText(EMPTY if frame.before is None else COMPUTING)
            self._pages.setCurrentWidget(self.hint)
            return
        self.plot.show_curve(self._curve, frame.request, frame.before.label, frame.network.classes)
        self.plot.show_flip(self._flip, frame.request)
        self._show_epsilon()
        self._pages.setCurrentWidget(self.plot)

    def _show_epsilon(self) -> None:
        request = self.session.request
        if self._plot is not None:
            self._plot.show_epsilon(request.epsilon, request.norm)
            self.setAccessibleDescription(f"ε = {say_epsilon(request.epsilon, request.norm)}")

    def _on_request_changed(self, _request: Request) -> None:
        if not self._following.isActive():
            self._following.start()

    # What is asked

    def _on_plot_pointed(self, epsilon: float) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        self._propose(epsilon)

    def _propose(self, epsilon: float) -> None:
        if self._curve is not None and self.session.request.norm is self.plot.norm:
            self.session.propose(epsilon=min(max(epsilon, 0.0), float(self._curve.epsilons[-1])))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws a line around the view while the keyboard speaks to it."""
        super().paintEvent(event)
        if self.hasFocus():
            painter = QPainter(self)
            painter.setPen(QPen(theme.color("accent"), _FRAME))
            painter.drawRect(self.rect().adjusted(1, 1, -1, -1))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrow and page keys, Home and End change ε."""
        now, step = self.session.request.epsilon, _STEPS[self.session.request.norm]
        wanted = {
            Qt.Key.Key_Left: now - step,
            Qt.Key.Key_Down: now - step,
            Qt.Key.Key_Right: now + step,
            Qt.Key.Key_Up: now + step,
            Qt.Key.Key_PageDown: now - 10 * step,
            Qt.Key.Key_PageUp: now + 10 * step,
            Qt.Key.Key_Home: 0.0,
            Qt.Key.Key_End: float("inf"),
        }.get(Qt.Key(event.key()))
        if wanted is None or self._curve is None:
            super().keyPressEvent(event)
        else:
            self._propose(wanted)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """Ends the gesture when the key is let go."""
        super().keyReleaseEvent(event)
        if not event.isAutoRepeat():
            self.session.settle()


def _question(request: Request) -> Request:
    """What a curve depends on: all of the request but the chosen ε and what is looked at."""
    return request.with_(epsilon=0.0, iterate=None, pinned=(), views=frozenset())
