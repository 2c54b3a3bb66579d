"""What happens at a stop of a walk, in words, in letters and in numbers, and the controls that go from stop to stop."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QSizePolicy,
    QSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from gui import theme
from gui.views.walk.lesson import Lesson


class StoryPane(QWidget):
    """The sentence, the rule and the numbers of a stop above a slider over all stops."""

    moved = Signal(int)
    """The stop that is wanted."""

    def __init__(self, lesson: Lesson, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = self._label(bold=True)
        self.sentence = self._label()
        self.sentence.setWordWrap(True)
        self.rule = self._label(bold=True)
        self.lines = self._label()
        self.lines.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.lines.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.slider = QSlider(Qt.Orientation.Horizontal, self)
        self.slider.setAccessibleName("Stop of the walk")
        self.slider.setToolTip("Forward through the layers, the loss, then back, factor by factor; arrow keys step")
        self.slider.setPageStep(3)
        self.slider.valueChanged.connect(self.moved)
        self.before = self._step("◂", "The stop before", -1)
        self.after = self._step("▸", "The next stop", 1)
        self.count = QLabel(self)
        self._lay_out()
        self.show_lesson(lesson)

    def _label(self, *, bold: bool = False) -> QLabel:
        label = QLabel(self)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setFont(theme.font(theme.Type.BODY, bold=bold, tabular=True))
        return label

    def _step(self, text: str, name: str, by: int) -> QToolButton:
        button = QToolButton(self)
        button.setText(text)
        button.setAutoRaise(True)
        button.setAutoRepeat(True)
        button.setAccessibleName(name)
        button.setToolTip(name)
        button.clicked.connect(lambda: self.slider.setValue(self.slider.value() + by))
        return button

    def _lay_out(self) -> None:
        area = QScrollArea(self)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidgetResizable(True)
        area.setWidget(self.lines)
        area.setMinimumHeight(self.fontMetrics().height())
        area.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Expanding)
        area.setAccessibleName("The rule with the numbers put in")
        walk = QHBoxLayout()
        walk.setSpacing(theme.GRID // 2)
        for each in (self.before, self.slider, self.after, self.count):
            walk.addWidget(each)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(theme.GRID // 4)
        for each in (self.title, self.sentence, self.rule):
            rows.addWidget(each)
        rows.addWidget(area, 1)
        rows.addLayout(walk)

    def show_lesson(self, lesson: Lesson) -> None:
        """Shows the stop at which a walk is."""
        stop, last = lesson.stop, len(lesson.stops) - 1
        self.title.setText(stop.title)
        self.sentence.setText(stop.sentence)
        self.rule.setText(stop.rule)
        self.lines.setText("\n".join(stop.lines))
        with QSignalBlocker(self.slider):
            self.slider.setRange(0, last)
            self.slider.setValue(lesson.place)
        self.before.setEnabled(lesson.place > 0)
        self.after.setEnabled(lesson.place < last)
        self.count.setText(f"{lesson.place + 1} of {last + 1}")
