"""What a tiny network is asked: one of its examples, or numbers of the user's own."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QLocale, QSignalBlocker, Signal
from PySide6.QtWidgets import QAbstractSpinBox, QComboBox, QDoubleSpinBox, QHBoxLayout, QLabel, QSizePolicy, QWidget

from engine.toy import Example, Function
from gui import theme
from gui.forms import turn_only_with_focus
from gui.views.walk.lesson import Lesson
from gui.views.walk.words import Names, say, target_name

_MOST_INPUTS: Final = 2
_FARTHEST: Final = 100.0
_OWN: Final = "own numbers"


class ExampleBar(QWidget):
    """A menu of examples, then a box for every input and for the target."""

    proposed = Signal(object)
    """An ``Example``."""

    def __init__(self, lesson: Lesson, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._examples: tuple[Example, ...] = ()
        self._example = lesson.example
        self._labels: dict[QDoubleSpinBox, QLabel] = {}
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.GRID // 2)
        self.choice = QComboBox(self)
        self.choice.setAccessibleName("Example: input and target")
        self.choice.setToolTip("The examples that the network is to learn: input → target")
        self.choice.setPlaceholderText(_OWN)
        self.choice.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.choice.activated.connect(self._on_choice_activated)
        row.addWidget(self.choice)
        self.inputs = [self._box(row, Names(0, _MOST_INPUTS).y(place), "Input") for place in range(_MOST_INPUTS)]
        self.target = self._box(row, "t", "Target")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.show_lesson(lesson)

    def _box(self, row: QHBoxLayout, name: str, what: str) -> QDoubleSpinBox:
        box = QDoubleSpinBox(self)
        box.setLocale(QLocale.c())
        box.setRange(-_FARTHEST, _FARTHEST)
        box.setSingleStep(0.1)
        box.setKeyboardTracking(False)
        box.setButtonSymbols(QAbstractSpinBox.ButtonSymbols.NoButtons)
        box.setFixedWidth(7 * theme.GRID)
        box.setAccessibleName(f"{what} {name}")
        box.setToolTip(f"{what} {name}; arrow keys move it by 0.1")
        box.valueChanged.connect(self._on_box_changed)
        turn_only_with_focus(box)
        label = self._labels[box] = QLabel(f"{name} =", self)
        label.setBuddy(box)
        row.addWidget(label)
        row.addWidget(box)
        return box

    def show_lesson(self, lesson: Lesson) -> None:
        """Shows what a network is asked, with as many boxes as it takes."""
        if lesson.preset.examples is not self._examples:
            self._examples = lesson.preset.examples
            with QSignalBlocker(self.choice):
                self.choice.clear()
                self.choice.addItems([_written(each) for each in self._examples])
        asked = lesson.example
        place = self._examples.index(asked) if asked in self._examples else -1
        self.choice.setCurrentIndex(place)
        names = Names(0, len(asked.x))
        for place, box in enumerate(self.inputs):
            self._labels[box].setText(f"{names.y(place)} =")
            self._show(box, asked.x[place] if place < len(asked.x) else None)
        softmax = lesson.toy.layers[-1].function is Function.SOFTMAX  # its targets are classes, chosen in the menu
        self._show(self.target, None if softmax else asked.target[0])
        self._example = asked

    def _show(self, box: QDoubleSpinBox, value: float | None) -> None:
        for each in (box, self._labels[box]):
            each.setVisible(value is not None)
        with QSignalBlocker(box):
            box.setValue(value or 0.0)

    def _on_choice_activated(self, place: int) -> None:
        self.proposed.emit(self._examples[place])

    def _on_box_changed(self) -> None:
        x = tuple(each.value() for each in self.inputs[: len(self._example.x)])
        target = self._example.target if self.target.isHidden() else (self.target.value(),)
        self.proposed.emit(Example(x, target))


def _written(example: Example) -> str:
    """``0, 1 → 1``; of several targets, the class that is wanted."""
    x = ", ".join(map(say, example.x))
    if len(example.target) > 1:
        return f"{x} → {target_name(example.target.index(max(example.target)), len(example.target))}"
    return f"{x} → {say(example.target[0])}"
