"""The control of ε: a slider, a box that takes any way of writing it, and a mark where the answer changes."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from engine.catalogue.attacks import Norm
from engine.frame import Frame
from engine.request import Request
from engine.wording import NORM_NAMES, read_epsilon, say_epsilon
from gui import theme
from gui.bind import follow
from gui.controls.entry import Entry
from gui.controls.section import Caption
from gui.panels.marks import Known
from gui.panels.scale import NORM_HELP, Scale, scale_for, scales, values_of
from gui.panels.slider import EpsilonSlider, Mark
from gui.session import Session

PAUSE_MS = 1000
"""Keys and wheel have no release: after this pause what was done with them is one step of undo."""


class EpsilonControl(QWidget):
    """How large the perturbation may be; everything moves with it."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._known = Known()
        self._values = values_of(session.frame)
        first = session.request
        scale = scale_for(first.epsilon, first.norm, self._values)
        self.slider = EpsilonSlider(scale, self)
        self.entry = _entry(self)
        self.range_button = _range_button(self)
        self._norm = Caption(parent=self)
        self._pause = QTimer(self, singleShot=True, interval=PAUSE_MS)
        self._pause.timeout.connect(session.settle)
        self._place()
        self._show_scale(scale)
        self.slider.moved.connect(self._on_slider_moved)
        self.slider.letGo.connect(self._on_slider_let_go)
        self.entry.submitted.connect(self._on_entry_submitted)
        self.entry.complaintChanged.connect(self._show_mark)
        session.frame_changed.connect(self._on_frame_changed)
        follow(session, self._on_epsilon_changed, "norm", "epsilon")
        follow(session, self._on_request_changed)
        if session.frame is not None:
            self._on_frame_changed(session.frame)

    def _place(self) -> None:
        self.slider.setAccessibleName("ε, the size of the perturbation")
        self.setFocusProxy(self.slider)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.GRID)
        row.addLayout(self._name())
        row.addWidget(self.slider, 1)
        row.addWidget(self.entry)
        row.addWidget(self.range_button)

    def _name(self) -> QVBoxLayout:
        """ε beside the groove, and under it, in line with the figures, the norm that they are meant in."""
        name = QLabel("ε", self)
        name.setFont(theme.font(theme.Type.TITLE))
        name.setBuddy(self.slider)
        name.setToolTip("ε, the size of the perturbation: how far the attack may change the picture.")
        self._norm.setWordWrap(False)
        column = QVBoxLayout()
        column.setSpacing(0)
        column.addSpacing(self._norm.sizeHint().height())
        column.addWidget(name, 1, Qt.AlignmentFlag.AlignCenter)
        column.addWidget(self._norm, 0, Qt.AlignmentFlag.AlignHCenter)
        return column

    # What is asked is shown

    def _on_epsilon_changed(self, request: Request) -> None:
        scale = self.slider.scale
        if request.norm is not scale.norm or request.epsilon > scale.limit:
            self._show_scale(scale_for(request.epsilon, request.norm, self._values))
        self.slider.show_epsilon(request.epsilon)
        self.entry.show_good(say_epsilon(request.epsilon, request.norm))

    def _show_scale(self, scale: Scale) -> None:
        self.slider.show_scale(scale)
        self.range_button.setText(f"0 – {scale.name}")
        self.slider.setToolTip(_slider_help(scale))
        self._norm.setText(NORM_NAMES[scale.norm])
        self._norm.setToolTip(NORM_HELP[scale.norm])
        menu = self.range_button.menu()
        menu.clear()
        for each in scales(scale.norm, self._values):
            action = QAction(f"0 – {each.name}", menu, checkable=True, checked=each == scale)
            action.triggered.connect(lambda _=False, chosen=each: self._on_range_chosen(chosen))
            menu.addAction(action)

    def _on_request_changed(self, _request: Request) -> None:
        self._show_mark()

    # What is found is marked

    def _on_frame_changed(self, frame: Frame) -> None:
        if frame.clean is not None and values_of(frame) != self._values:
            self._values = values_of(frame)
            request = self._session.request
            self._show_scale(scale_for(request.epsilon, request.norm, self._values))
        self._known.take(frame)
        self._show_mark()

    def _show_mark(self) -> None:
        request = self._session.request
        if self.entry.complaint:
            mark: Mark | None = Mark(self.entry.complaint, is_error=True)
        else:
            mark = self._known.mark(request)
        self.slider.show_mark(mark)
        said = say_epsilon(request.epsilon, request.norm)
        self.slider.setAccessibleDescription(said if mark is None else f"{said}; {mark.text}")

    # What is moved is asked

    def _on_slider_moved(self, epsilon: float) -> None:
        self._session.propose(epsilon=epsilon)
        if not self.slider.is_held:
            self._pause.start()

    def _on_slider_let_go(self) -> None:
        self._pause.stop()
        self._session.settle()

    def _on_range_chosen(self, scale: Scale) -> None:
        self._show_scale(scale)
        if self._session.request.epsilon > scale.limit:
            self._session.propose(epsilon=scale.limit)
            self._session.settle()

    def _on_entry_submitted(self, text: str) -> None:
        request = self._session.request
        try:
            self._session.propose(epsilon=read_epsilon(text, request.norm))
        except ValueError as error:
            self.entry.complain(str(error))
            return
        self._session.settle()
        self.entry.show_good(say_epsilon(self._session.request.epsilon, request.norm))
        self.entry.selectAll()


def _slider_help(scale: Scale) -> str:
    unit = "0.1/255" if scale.norm is Norm.LINF else "one pixel" if scale.norm is Norm.L0 else f"{scale.step:g}"
    unit += " pixels" if scale.norm is Norm.FLOW else ""
    return (
        f"Arrow keys and wheel move ε by {unit}, with Shift by ten times that, as do the page keys.\n"
        "Enter, or a click on the mark, goes to the smallest ε that changes the answer, or to the size that was found."
    )


def _entry(parent: QWidget) -> Entry:
    entry = Entry(
        "8/255, 0.031 and 8 are the same ε in L∞; in L2 and L1 it is a length, such as 1.5, else so many pixels.",
        parent=parent,
    )
    entry.setAccessibleName("ε as a number")
    entry.setFont(theme.font(theme.Type.BODY, tabular=True))
    entry.setFixedWidth(entry.fontMetrics().horizontalAdvance("255.0/255") + 3 * theme.GRID)
    entry.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
    return entry


def _range_button(parent: QWidget) -> QToolButton:
    button = QToolButton(parent)
    button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
    button.setToolTip("How far the slider reaches.")
    button.setAccessibleName("Range of the slider")
    button.setMenu(QMenu(button))
    button.setFixedWidth(button.fontMetrics().horizontalAdvance("0 – 255/255") + 4 * theme.GRID)
    button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
    return button
