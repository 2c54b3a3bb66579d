"""Whether the network hides its gradient at this picture: a lamp, and the checks that it rests on."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from engine.frame import Frame
from engine.inside import Lamp, Masking
from engine.look import MOST_IMAGES, Part
from engine.wording import NORM_NAMES, say_epsilon
from gui import theme
from gui.controls.section import Caption
from gui.session import Session
from gui.views.base import FrameView
from gui.views.hidden_gradient import subject_of
from gui.views.masking.lamp import LampLight
from gui.views.masking.rows import CheckRows

EMPTY: Final = "Open a picture and choose a network: whether the network hides its gradient is checked here."
COMPUTING: Final = "Checking whether the network hides its gradient …"
STOPPED: Final = "Stopped. Press “Go on” to check whether the network hides its gradient."
SAID: Final = {
    None: ("Checking …", "The checks are made one after another; the first that fails decides."),
    Lamp.CLEAR: (
        "No sign of a hidden gradient",
        "Where an attack along the gradient fails here, it is not for want of a gradient. No sign is no proof.",
    ),
    Lamp.DOUBTFUL: (
        "A sign of a hidden gradient",
        "Attacks along the gradient may do worse here than others could: try Square and APGD-DLR too.",
    ),
    Lamp.MASKED: (
        "The gradient is hidden",
        "That attacks along the gradient fail says nothing of this network: try Square and APGD-DLR.",
    ),
}
"""What the lamp means, in a few words and in a sentence."""


class MaskingView(FrameView):
    """The checks fill in while one looks; they can be stopped."""

    needs = frozenset({Part.MASKING})

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self._found: Masking | None = None
        self._frame: Frame | None = None
        self._subject: tuple[object, ...] = ()
        self._is_stopped = False
        self._make_parts()
        self._place()
        self.recolour()
        self._show()
        session.images_changed.connect(self._on_images_changed)

    # Its parts

    def _make_parts(self) -> None:
        self.lamp = LampLight(self, size=4 * theme.GRID)
        self.verdict = QLabel(self)
        self.verdict.setWordWrap(True)
        self.meaning, self.budget = Caption(parent=self), Caption(parent=self)
        self.progress = QProgressBar(self)
        self.progress.setTextVisible(False)
        self.progress.setFixedHeight(theme.GRID)
        self.progress.setAccessibleName("How far the checks have come")
        self.stop = QPushButton("Stop", self)
        self.stop.setToolTip("Leaves the checks as they are; nothing is computed for this view until it goes on.")
        self.stop.clicked.connect(self._on_stop_clicked)
        self.again = QPushButton("Go on", self)
        self.again.clicked.connect(self._on_stop_clicked)
        self.rows = CheckRows(self)
        self.hint = QLabel(EMPTY, self)
        self.hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.hint.setWordWrap(True)
        self.hint.setForegroundRole(QPalette.ColorRole.PlaceholderText)

    def _place(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(theme.GRID)
        top.addWidget(self.lamp, 0, Qt.AlignmentFlag.AlignTop)
        top.addWidget(self.verdict, 1)
        work = QHBoxLayout()
        work.setSpacing(theme.GRID)
        work.addWidget(self.progress, 1)
        work.addWidget(self.stop)
        left = QVBoxLayout()
        left.setSpacing(theme.GRID // 2)
        left.addLayout(top)
        left.addWidget(self.meaning)
        left.addStretch(1)
        left.addWidget(self.budget)
        left.addLayout(work)
        side = QWidget(self)
        side.setLayout(left)
        left.setContentsMargins(0, 0, 0, 0)
        side.setFixedWidth(30 * theme.GRID)
        area = QScrollArea(self)
        area.setWidget(self.rows)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setAccessibleName("The checks")
        page = QWidget(self)
        across = QHBoxLayout(page)
        across.setContentsMargins(theme.GRID, theme.GRID // 2, 0, theme.GRID // 2)
        across.setSpacing(2 * theme.GRID)
        across.addWidget(side)
        across.addWidget(area, 1)
        self.pages = QStackedWidget(self)
        empty = QWidget(self)
        words = QVBoxLayout(empty)
        words.addStretch(1)
        words.addWidget(self.hint)
        words.addWidget(self.again, 0, Qt.AlignmentFlag.AlignHCenter)
        words.addStretch(1)
        self.pages.addWidget(empty)
        self._empty = empty
        self.pages.addWidget(page)
        self._page = page
        around = QVBoxLayout(self)
        around.setContentsMargins(0, 0, 0, 0)
        around.addWidget(self.pages)

    # What is asked

    @property
    def wanted(self) -> frozenset[str]:
        """Nothing while it is stopped."""
        return frozenset() if self._is_stopped else self.needs

    def _ask(self) -> None:
        super()._ask()
        if self.isVisible():
            self._ask_for_images()

    def _ask_for_images(self) -> None:
        """Several open pictures are looked at too; one alone is not."""
        images = self.session.images[:MOST_IMAGES]
        if self.session.request.look.gallery != images:
            self.session.look_at(gallery=images)

    def _on_images_changed(self) -> None:
        if self.isVisible():
            QTimer.singleShot(0, self, self._ask_for_images)  # not within this signal

    def _on_stop_clicked(self) -> None:
        self._is_stopped = not self._is_stopped
        self._ask()
        self._show()

    # What is shown

    def draw(self, frame: Frame) -> None:
        """Shows the checks as far as they are made."""
        subject = subject_of(frame.request)
        if subject != self._subject:
            self._subject, self._found = subject, None
        self._frame = frame
        if frame.inside.masking is not None:
            self._found = frame.inside.masking
        self._show()

    def _show(self) -> None:
        found = self._found
        if found is None:
            self.hint.setText(self._why_nothing())
            self.again.setVisible(self._is_stopped)
            self.pages.setCurrentWidget(self._empty)
            return
        self.rows.show_checks(found.checks)
        self.lamp.show_lamp(found.lamp)
        verdict, meaning = SAID[found.lamp]
        self.verdict.setText(verdict)
        self.meaning.setText(meaning)
        size = f"{NORM_NAMES[found.norm]}, ε = {say_epsilon(found.epsilon, found.norm)}"
        self.budget.setText(
            f"On the clean picture, away from its answer, in {size}. In brackets: by how many logits another leads."
        )
        self._show_progress(found)
        self.pages.setCurrentWidget(self._page)

    def _show_progress(self, found: Masking) -> None:
        running = found.done < found.total
        self.progress.setRange(0, found.total)
        self.progress.setValue(found.done)
        self.progress.setVisible(running)
        self.stop.setVisible(running)
        self.stop.setText("Go on" if self._is_stopped else "Stop")

    def _why_nothing(self) -> str:
        frame = self._frame
        if frame is None or frame.clean is None:
            return EMPTY
        if frame.final and frame.inside.notes:
            return "\n".join(frame.inside.notes)
        return STOPPED if self._is_stopped else COMPUTING

    def recolour(self) -> None:
        """Takes type and colours from the theme."""
        self.verdict.setFont(theme.font(theme.Type.BODY, bold=True))
        self.rows.recolour()
        self.lamp.update()
