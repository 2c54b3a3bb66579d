"""A strip of buttons of which exactly one is down: for a choice so short that a menu would hide it."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QMargins, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QHBoxLayout, QSizePolicy, QWidget

from gui import theme

_RADIUS = 5.0


@dataclass(frozen=True)
class Choice:
    """One button: the value it stands for, its text, and what a reader may want to know of it."""

    value: Hashable
    text: str
    help: str


class Segmented(QWidget):
    """Shows one of a few choices; the arrow keys move it, as in any group of radio buttons."""

    chosen = Signal(object)
    """The value that the user chose."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self._choices: list[Choice] = []
        self._group = QButtonGroup(self)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(0)
        self._group.idClicked.connect(self._on_button_clicked)

    def offer(self, choices: Sequence[Choice]) -> None:
        """Shows these choices; those that were offered before keep their places, in the order of the Tab key too."""
        for choice in choices:
            if choice not in self._choices:
                self._add(choice)
        for index, choice in enumerate(self._choices):
            self._group.button(index).setVisible(choice in choices)

    def _add(self, choice: Choice) -> None:
        button = _Segment(choice, self)
        self._group.addButton(button, len(self._choices))
        self._row.addWidget(button)
        self._choices.append(choice)

    def show_value(self, value: Hashable) -> None:
        """Presses the button of a value, without telling of it."""
        for index, choice in enumerate(self._choices):
            if choice.value == value:
                self._group.button(index).setChecked(True)

    def button(self, value: Hashable) -> QAbstractButton:
        """The button of a value."""
        return self._group.button([each.value for each in self._choices].index(value))

    @property
    def buttons(self) -> list[QAbstractButton]:
        """All of them, from left to right."""
        return [self._group.button(index) for index in range(len(self._choices))]

    def _on_button_clicked(self, index: int) -> None:
        self.chosen.emit(self._choices[index].value)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """The strip behind the buttons."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.color("line"), 1))
        painter.setBrush(theme.color("button"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), _RADIUS, _RADIUS)


class _Segment(QAbstractButton):
    def __init__(self, choice: Choice, parent: QWidget) -> None:
        super().__init__(parent)
        self.setText(choice.text)
        self.setToolTip(choice.help)
        self.setAccessibleDescription(choice.help)
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """The text with the margins of a button."""
        text = self.fontMetrics().size(Qt.TextFlag.TextShowMnemonic, self.text())
        return QSize(text.width() + 2 * theme.GRID, text.height() + theme.GRID)

    def minimumSizeHint(self) -> QSize:
        """The text, whole: a cut one is worse than a cut neighbour."""
        return self.sizeHint().shrunkBy(QMargins(theme.GRID // 2, 0, theme.GRID // 2, 0))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """The pressed one is filled; the one with the keyboard has a ring."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        inside = QRectF(self.rect()).adjusted(2.5, 2.5, -2.5, -2.5)
        painter.setPen(Qt.PenStyle.NoPen)
        if self.isChecked():
            painter.setBrush(theme.color("accent"))
            painter.drawRoundedRect(inside, _RADIUS - 2, _RADIUS - 2)
        elif self.underMouse():
            painter.setBrush(theme.color("alternate"))
            painter.drawRoundedRect(inside, _RADIUS - 2, _RADIUS - 2)
        ink = theme.color("on_accent" if self.isChecked() else "text")
        if self.hasFocus():
            painter.setPen(QPen(ink, 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(inside.adjusted(1.5, 1.5, -1.5, -1.5), _RADIUS - 3, _RADIUS - 3)
        painter.setPen(ink)
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextShowMnemonic, self.text())
