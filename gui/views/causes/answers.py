"""The answers with and without edits: a small table of classes with a bar in every cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from engine.answers import Prediction
from engine.wording import say_percent
from gui import theme

_NAME_SHARE: Final = 0.26
_LINE: Final = 5
"""How high a bar is, below its number."""


@dataclass(frozen=True, eq=False)
class Answer:
    """A column: what it is called, its colour, whether edits are in force, and the answer."""

    title: str
    colour: str
    is_edited: bool
    prediction: Prediction


class AnswerTable(QWidget):
    """Classes from top to bottom, runs from left to right; a hatched bar is one with edits."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._answers: tuple[Answer, ...] = ()
        self._names: Sequence[str] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Probabilities with and without the edits")

    def show_answers(self, answers: Sequence[Answer], names: Sequence[str]) -> None:
        """Shows columns; ``names`` are those of all classes."""
        self._answers, self._names = tuple(answers), names
        said = (
            f"{names[label]}: "
            + ", ".join(
                f"{' '.join(each.title.split())} {say_percent(float(each.prediction.probabilities[label]))}"
                for each in answers
            )
            for label in self.labels[:3]
        )
        self.setAccessibleDescription("; ".join(said))
        self.update()

    @property
    def labels(self) -> list[int]:
        """The classes in the order of their rows: those that are the answer of a run, then the strongest others."""
        first = [each.prediction.label for each in self._answers]
        more = (
            label for rank in range(5) for each in self._answers for label in each.prediction.top(5)[rank : rank + 1]
        )
        return list(dict.fromkeys([*first, *more]))

    @property
    def _row(self) -> int:
        return QFontMetrics(theme.font(theme.Type.CAPTION)).height() + _LINE + 3

    @property
    def _head(self) -> int:
        lines = 2 if any(each.is_edited for each in self._answers) else 1
        return lines * QFontMetrics(theme.font(theme.Type.CAPTION)).height() + 2

    @property
    def shown(self) -> list[int]:
        """The classes that there is room for."""
        return self.labels[: max(1, (self.height() - self._head) // self._row)] if self._answers else []

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws the head, the names and the cells."""
        if not self._answers:
            return
        painter = QPainter(self)
        painter.setFont(theme.font(theme.Type.CAPTION, tabular=True))
        for place, answer in enumerate(self._answers):
            painter.setPen(theme.color("muted"))
            head = self._cell(0, place)
            painter.drawText(head.adjusted(0, 0, theme.GRID, 0), _TOP, answer.title)
        for row, label in enumerate(self.shown, start=1):
            top = self._head + (row - 1) * self._row
            name = QRectF(0, top, self.width() * _NAME_SHARE - theme.GRID, self._row - _LINE)
            painter.setPen(theme.color("text"))
            painter.drawText(name, _LEFT, _elided(painter, self._names[label], name.width()))
            for place, answer in enumerate(self._answers):
                self._paint_cell(painter, self._cell(row, place), answer, label)

    def _cell(self, row: int, column: int) -> QRectF:
        left = self.width() * _NAME_SHARE
        width = (self.width() - left) / max(len(self._answers), 1)
        top = self._head + (row - 1) * self._row if row else 0
        return QRectF(left + column * width, top, width - theme.GRID, self._row if row else self._head)

    def _paint_cell(self, painter: QPainter, box: QRectF, answer: Answer, label: int) -> None:
        probability = float(answer.prediction.probabilities[label])
        font = theme.font(theme.Type.CAPTION, bold=label == answer.prediction.label, tabular=True)
        painter.save()
        painter.setFont(font)
        painter.setPen(theme.color("text"))
        painter.drawText(box.adjusted(0, 0, 0, -_LINE - 1), _LEFT, say_percent(probability))
        painter.restore()
        ground = QRectF(box.left(), box.bottom() - _LINE - 1, box.width(), _LINE)
        painter.fillRect(ground, theme.color("alternate"))
        bar = QRectF(ground.left(), ground.top(), ground.width() * min(max(probability, 0.0), 1.0), _LINE)
        colour = QColor(answer.colour)
        if answer.is_edited:
            pale = QColor(colour)
            pale.setAlphaF(0.35)
            painter.fillRect(bar, pale)
            painter.fillRect(bar, QBrush(colour, Qt.BrushStyle.BDiagPattern))
        else:
            painter.fillRect(bar, colour)

    def minimumSizeHint(self) -> QSize:
        """The head and two classes."""
        return QSize(30 * theme.GRID, 3 * self._row)

    def sizeHint(self) -> QSize:
        """The head and five classes."""
        return QSize(48 * theme.GRID, 6 * self._row)


_TOP: Final = Qt.AlignmentFlag.AlignLeft.value | Qt.AlignmentFlag.AlignTop.value
_LEFT: Final = Qt.AlignmentFlag.AlignLeft.value | Qt.AlignmentFlag.AlignVCenter.value


def _elided(painter: QPainter, text: str, width: float) -> str:
    return painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, int(width))
