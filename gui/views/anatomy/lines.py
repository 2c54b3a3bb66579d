"""The steps of a reckoning, a line each, with the numbers in columns."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui import theme
from gui.views import ink
from gui.views.anatomy.words import Line, Steps

_GAP = 2 * theme.GRID
_COLUMN_COLOURS = {"clean": theme.CLEAN, "attacked": theme.ADVERSARIAL}


class LinesPane(QWidget):
    """Draws ``Steps``: words on the left, numbers on the right with their points in line."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._steps = Steps(())
        self._is_beside = False
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Minimum)

    @property
    def steps(self) -> Steps:
        """What is drawn."""
        return self._steps

    def show_steps(self, steps: Steps) -> None:
        """Draws other steps."""
        self._steps = steps
        said = (f"{each.text} {', '.join(each.values)}" for each in steps.lines)
        self.setAccessibleName("; ".join(said))
        self.updateGeometry()
        self.update()

    def put_details(self, *, beside: bool) -> None:
        """Writes what is said of a line at its end instead of below it: wider, and not so high."""
        if beside != self._is_beside:
            self._is_beside = beside
            self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:
        """As large as its words and numbers."""
        return self.size_with(beside=self._is_beside)

    def size_with(self, *, beside: bool) -> QSize:
        """How large it is with what is said of a line at its end, or below it."""
        lines = self._steps.lines
        header = self._caption.height() + 2 if self._steps.columns else 0
        height = sum(self._height(each, beside=beside) for each in lines) + header + theme.GRID
        width = self._words_width(beside=beside) + sum(each + _GAP for each in self._widths())
        details = max((self._caption.horizontalAdvance(each.detail) for each in lines), default=0)
        return QSize(width + (details + _GAP if beside and details else 0), height)

    def minimumSizeHint(self) -> QSize:
        """The same."""
        return self.sizeHint()

    @property
    def _body(self) -> QFontMetrics:
        return QFontMetrics(theme.font(theme.Type.BODY, bold=True, tabular=True))

    @property
    def _caption(self) -> QFontMetrics:
        return QFontMetrics(theme.font(theme.Type.CAPTION, tabular=True))

    def _height(self, line: Line, *, beside: bool) -> int:
        return self._body.height() + (self._caption.height() - 1 if line.detail and not beside else 1)

    def _words_width(self, *, beside: bool) -> int:
        words = [self._body.horizontalAdvance(each.text) for each in self._steps.lines]
        reach = sum(each + _GAP for each in self._widths())
        below = [] if beside else self._steps.lines
        details = [self._caption.horizontalAdvance(each.detail) - reach for each in below]
        return max(8 * theme.GRID, *words, *details, 0) if words else 0

    def _widths(self) -> list[int]:
        count = max((len(each.values) for each in self._steps.lines), default=0)
        names = (*self._steps.columns, *[""] * count)[:count]
        return [
            max(
                self._caption.horizontalAdvance(names[place]),
                *(self._body.horizontalAdvance((*each.values, *[""] * count)[place]) for each in self._steps.lines),
            )
            for place in range(count)
        ]

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws the names of the columns, then line after line."""
        painter = QPainter(self)
        widths, words = self._widths(), self._words_width(beside=self._is_beside)
        y = 0
        if self._steps.columns:
            self._paint_columns(painter, words, widths)
            y = self._caption.height() + 2
        for line in self._steps.lines:
            self._paint_line(painter, line, y, words, widths)
            y += self._height(line, beside=self._is_beside)

    def _paint_columns(self, painter: QPainter, words: int, widths: list[int]) -> None:
        painter.setFont(theme.font(theme.Type.CAPTION))
        x = words
        for name, width in zip(self._steps.columns, widths, strict=False):
            x += _GAP + width
            colour = _COLUMN_COLOURS.get(name.partition(" ")[0])
            painter.setPen(theme.color("muted") if colour is None else ink.legible(colour, "window"))
            _write(painter, QRect(x - width, 0, width, self._caption.height()), name, right=True)

    def _paint_line(self, painter: QPainter, line: Line, y: int, words: int, widths: list[int]) -> None:
        painter.setPen(theme.color("text"))
        painter.setFont(theme.font(theme.Type.BODY, bold=line.strong, tabular=True))
        height = self._body.height()
        _write(painter, QRect(0, y, words + _GAP, height), line.text)
        x = words
        for value, width in zip(line.values, widths, strict=False):
            x += _GAP + width
            _write(painter, QRect(x - width, y, width, height), value, right=True)
        if line.detail:
            painter.setPen(theme.color("muted"))
            painter.setFont(theme.font(theme.Type.CAPTION, tabular=True))
            below = QRect(0, y + height - 2, self.width(), self._caption.height())
            _write(painter, QRect(x + _GAP, y, self.width(), height) if self._is_beside else below, line.detail)


def _write(painter: QPainter, box: QRect, text: str, *, right: bool = False) -> None:
    side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
    painter.drawText(box, (side | Qt.AlignmentFlag.AlignVCenter).value, text)
