"""Backpropagation by hand: a tiny network, walked through number by number, edited, stepped and trained."""

from __future__ import annotations

from PySide6.QtCore import QLocale, QSize, Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from engine.toy import PRESETS, SOLVED_WITHIN, Example, ToyError, Trained, train
from gui import theme
from gui.controls.section import Caption
from gui.forms import turn_only_with_focus
from gui.views.scale_bar import ScaleBar
from gui.views.walk.example import ExampleBar
from gui.views.walk.graph import ToyGraph
from gui.views.walk.lesson import Lesson, Number
from gui.views.walk.numbers import NumbersTable
from gui.views.walk.story import StoryPane
from gui.views.walk.words import say

_NUMBERS_WIDTH = 40 * theme.GRID


class HandPage(QWidget):
    """The drawing, the story of the stop, and the weights; ``bar`` is a row of controls for whoever holds the page."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lesson = Lesson.of(PRESETS[0])
        self.preset = self._menu()
        self.example = ExampleBar(self._lesson, self)
        self.graph, self.scale = ToyGraph(self._lesson, self), ScaleBar(self)
        self.story = StoryPane(self._lesson, self)
        self.numbers = NumbersTable(self._lesson, self)
        self.rate = self._rate_box()
        self.step = self._button("Step", "One step of gradient descent on this example: each number less rate × slope")
        self.train = self._button("Train", "Steps along the mean gradient of all examples, until they are learnt")
        self.reset = self._button("Reset", "The weights as they were at the beginning")
        self.said = Caption("", self)
        self.bar = self._bar()
        self._lay_out()
        self._connect()
        self._begin(PRESETS[0])

    @property
    def lesson(self) -> Lesson:
        """What is shown."""
        return self._lesson

    # Its parts

    def _menu(self) -> QComboBox:
        menu = QComboBox(self)
        menu.addItems([each.title for each in PRESETS])
        for place, each in enumerate(PRESETS):
            menu.setItemData(place, each.story, Qt.ItemDataRole.ToolTipRole)
        menu.setAccessibleName("Tiny network")
        return menu

    def _rate_box(self) -> QDoubleSpinBox:
        box = QDoubleSpinBox(self)
        box.setLocale(QLocale.c())
        box.setDecimals(3)
        box.setRange(0.001, 100.0)
        box.setStepType(QDoubleSpinBox.StepType.AdaptiveDecimalStepType)
        box.setAccessibleName("Learning rate")
        box.setToolTip("Learning rate: how far a step goes along the slope")
        turn_only_with_focus(box)
        return box

    def _button(self, text: str, help_text: str) -> QPushButton:
        button = QPushButton(text, self)
        button.setToolTip(help_text)
        button.setAccessibleDescription(help_text)
        return button

    def _bar(self) -> QWidget:
        bar = QWidget(self)
        row = QHBoxLayout(bar)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.GRID)
        row.addWidget(self.preset)
        row.addWidget(self.example)
        row.addStretch(1)
        return bar

    def _lay_out(self) -> None:
        drawing = QVBoxLayout()
        drawing.setSpacing(2)
        drawing.addWidget(self.graph, 1)
        drawing.addWidget(self.scale)
        buttons = QHBoxLayout()
        buttons.setSpacing(theme.GRID // 2)
        label = QLabel("rate", self)
        label.setBuddy(self.rate)
        for each in (label, self.rate, self.step, self.train, self.reset):
            buttons.addWidget(each)
        side = QWidget(self)
        side.setFixedWidth(_NUMBERS_WIDTH)
        right = QVBoxLayout(side)
        right.setContentsMargins(0, 0, 0, 0)
        right.setSpacing(theme.GRID // 2)
        right.addWidget(self.numbers, 1)
        right.addWidget(self.said)
        right.addLayout(buttons)
        self.story.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        columns = QHBoxLayout(self)
        columns.setContentsMargins(0, 0, 0, 0)
        columns.setSpacing(2 * theme.GRID)
        columns.addLayout(drawing, 3)
        columns.addWidget(self.story, 2)
        columns.addWidget(side)

    def _connect(self) -> None:
        self.preset.activated.connect(lambda place: self._begin(PRESETS[place]))
        self.example.proposed.connect(self._on_example_proposed)
        self.graph.edge_chosen.connect(self._on_edge_chosen)
        self.story.moved.connect(lambda place: self._show(self._lesson.with_(place=place)))
        self.numbers.edited.connect(self._on_number_edited)
        self.numbers.complained.connect(lambda why: self._say(why, is_error=True))
        self.step.clicked.connect(self._on_step_clicked)
        self.train.clicked.connect(self._on_train_clicked)
        self.reset.clicked.connect(self._on_reset_clicked)

    # What is shown

    def _begin(self, preset: object) -> None:
        chosen = next(each for each in PRESETS if each is preset)
        self.preset.setToolTip(chosen.story)
        self.rate.setValue(chosen.rate)
        self._show(Lesson.of(chosen))
        self._say(chosen.story)

    def _show(self, lesson: Lesson) -> None:
        self._lesson = lesson
        for each in (self.example, self.graph, self.story, self.numbers):
            each.show_lesson(lesson)
        self.scale.show_scale(-lesson.limit, lesson.limit, signed=True, text="weights, by colour and width")

    def _say(self, text: str, *, is_error: bool = False) -> None:
        self.said.setText(text)
        self.said.setToolTip(text)
        role = QPalette.ColorRole
        self.said.setForegroundRole(role.BrightText if is_error else role.PlaceholderText)

    # What is asked

    def _on_example_proposed(self, example: Example) -> None:
        try:
            self._show(self._lesson.with_(example=example))
        except ToyError as error:
            self.example.show_lesson(self._lesson)
            self._say(f"That cannot be asked: {error}. The last numbers stay.", is_error=True)

    def _on_edge_chosen(self, layer: int, row: int, column: int) -> None:
        self.numbers.edit_number(Number(layer - 1, row, column))

    def _on_number_edited(self, number: Number, value: float) -> None:
        before = self._lesson.error
        toy = self._lesson.toy.with_number(number.layer, number.row, number.column, value)
        self._show(self._lesson.with_(toy=toy))
        self._say(f"E was {say(before)} and is {say(self._lesson.error)} now.")

    def _on_step_clicked(self) -> None:
        before, asked = self._lesson.error, self._lesson.example
        try:
            toy = self._lesson.toy.step(asked.x, asked.target, self.rate.value())
            self._show(self._lesson.with_(toy=toy))
        except ToyError:
            self._say("The step would lead beyond all bounds, and was not taken. Choose a smaller rate.", is_error=True)
            return
        after = self._lesson.error
        beyond = " The step was too long: it went past the valley." if after > before else ""
        self._say(f"One step: E was {say(before)} and is {say(after)} now.{beyond}")

    def _on_train_clicked(self) -> None:
        trained = train(self._lesson.toy, self._lesson.preset.examples, self.rate.value())
        self._show(self._lesson.with_(toy=trained.toy))
        self._say(say_trained(trained), is_error=trained.diverged)

    def _on_reset_clicked(self) -> None:
        self._show(self._lesson.with_(toy=self._lesson.preset.toy))
        self._say("The weights are as they were at the beginning.")

    def minimumSizeHint(self) -> QSize:
        """As low as the docks of the window may become."""
        return QSize(super().minimumSizeHint().width(), 15 * theme.GRID)


def say_trained(trained: Trained) -> str:
    """How training went, in a sentence."""
    if trained.diverged:
        return (
            f"After {trained.steps} steps the weights grew beyond all bounds and were put back. Choose a smaller rate."
        )
    if trained.solved and not trained.steps:
        return f"Nothing to learn: every output is within {SOLVED_WITHIN:g} of its target."
    if trained.solved:
        return (
            f"Learnt after {trained.steps} steps: every output is within {SOLVED_WITHIN:g} of its target. "
            f"Mean E is {say(trained.error)}."
        )
    return f"Not learnt after {trained.steps} steps: mean E is still {say(trained.error)}."
