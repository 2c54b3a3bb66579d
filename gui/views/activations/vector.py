"""The units of a dense layer: a name, a bar and a number each."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QWidget

from gui import theme
from gui.session import Side
from gui.views.activations.units import Places, Units
from gui.views.legend import Entry
from gui.views.scale_bar import say_value

_ROW: Final = 20
_COLUMN: Final = 38 * theme.GRID
_GAP: Final = 2 * theme.GRID
_NUMBER: Final = 8 * theme.GRID
_THICK, _THIN = 9, 4
_STEPS: Final = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}


@dataclass(frozen=True, eq=False)
class Shown:
    """What is drawn: units at their places in order, by one scale from ``low`` to ``high``."""

    units: Units
    order: Places
    names: Sequence[str]
    side: Side
    low: float
    high: float


class VectorPane(QAbstractScrollArea):
    """Units row by row, in as many columns as fit; the clean value and the attacked one on one scale."""

    pointed = Signal(int)
    """Place among the units."""
    left = Signal()
    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: Shown | None = None
        self._selected: int | None = None
        self._pointed: int | None = None
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Activations of the units")
        self.setAccessibleDescription("Arrow keys choose a unit.")
        self.viewport().setMouseTracking(True)

    def show_units(self, shown: Shown, selected: int | None) -> None:
        """Draws units; ``selected`` is the place of the chosen one."""
        before, self._shown = self._shown, shown
        is_other = before is None or before.units.layer != shown.units.layer or selected != self._selected
        self._selected = selected
        self._arrange()
        if is_other:
            self._reveal_selected()
        self.viewport().update()

    # Where they are

    @property
    def columns(self) -> int:
        """How many units stand side by side."""
        return max(1, (self.viewport().width() + _GAP) // (_COLUMN + _GAP))

    def rect_of(self, position: int) -> QRect:
        """Where the unit at a position of the order is on the viewport."""
        columns = self.columns
        width = (self.viewport().width() + _GAP) // columns
        x, y = position % columns * width, position // columns * _ROW - self.verticalScrollBar().value()
        return QRect(x, y, width - _GAP, _ROW)

    def _arrange(self) -> None:
        count = 0 if self._shown is None else len(self._shown.order)
        bar, height = self.verticalScrollBar(), self.viewport().height()
        bar.setRange(0, max(0, -(-count // self.columns) * _ROW - height))
        bar.setPageStep(height)
        bar.setSingleStep(_ROW)

    def _place_at(self, position: QPointF) -> int | None:
        shown, columns = self._shown, self.columns
        if shown is None:
            return None
        column = int(position.x() // ((self.viewport().width() + _GAP) // columns))
        row = int((position.y() + self.verticalScrollBar().value()) // _ROW)
        index = row * columns + column
        return int(shown.order[index]) if column < columns and 0 <= index < len(shown.order) else None

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws the units in view."""
        painter = QPainter(self.viewport())
        painter.fillRect(event.rect(), theme.color("window"))
        if self._shown is None:
            return
        painter.setFont(theme.font(theme.Type.CAPTION, tabular=True))
        top = self.verticalScrollBar().value() // _ROW * self.columns
        rows = self.viewport().height() // _ROW + 2
        for index in range(top, min(top + rows * self.columns, len(self._shown.order))):
            self._paint_unit(painter, self._shown, int(self._shown.order[index]), self.rect_of(index))

    def _paint_unit(self, painter: QPainter, shown: Shown, place: int, box: QRect) -> None:
        if place in (self._selected, self._pointed):
            painter.fillRect(box, theme.color("line" if place == self._selected else "alternate"))
        if place == self._selected and self.hasFocus():
            painter.setPen(theme.color("accent"))
            painter.drawRect(box.adjusted(0, 0, -1, -1))
        inside = box.adjusted(theme.GRID // 2, 0, -theme.GRID // 2, 0)
        name = QRect(inside.left(), inside.top(), inside.width() * 2 // 5, inside.height())
        number = QRect(inside.right() - _NUMBER, inside.top(), _NUMBER, inside.height())
        middle = Qt.AlignmentFlag.AlignVCenter.value
        painter.setPen(theme.color("text"))
        words = painter.fontMetrics().elidedText(shown.names[place], Qt.TextElideMode.ElideRight, name.width())
        painter.drawText(name, middle, words)
        clean = float(shown.units.clean[place, 0, 0])
        attacked = clean if shown.units.attacked is None else float(shown.units.attacked[place, 0, 0])
        value = {Side.CLEAN: clean, Side.ATTACKED: attacked, Side.DIFFERENCE: attacked - clean}[shown.side]
        painter.drawText(number, middle | Qt.AlignmentFlag.AlignRight.value, _in_line(value, shown))
        bars = QRectF(name.right() + theme.GRID, box.top(), number.left() - name.right() - 2 * theme.GRID, _ROW)
        self._paint_bars(painter, shown, (clean, attacked), bars)

    def _paint_bars(self, painter: QPainter, shown: Shown, values: tuple[float, float], box: QRectF) -> None:
        """The chosen run thick, the other one thin below it; or their difference alone."""
        reach = (shown.high - shown.low) or 1.0

        def bar(value: float, colour: str, top: float, thick: float) -> None:
            """From zero to the value, or to the end of the scale; nothing for what is not a number."""
            at = [min(max((each - shown.low) / reach, 0.0), 1.0) for each in (0.0, value) if not math.isnan(each)]
            left, right = box.left() + min(at) * box.width(), box.left() + max(at) * box.width()
            painter.fillRect(QRectF(left, box.top() + top, right - left, thick), QColor(colour))

        clean, attacked = values
        if shown.side is Side.DIFFERENCE:
            change = attacked - clean
            bar(change, theme.ADVERSARIAL if change > 0 else theme.CLEAN, (_ROW - _THICK) / 2, _THICK)
        elif shown.side is Side.CLEAN:
            bar(clean, theme.CLEAN, 3, _THICK)
            bar(attacked, theme.ADVERSARIAL, 3 + _THICK, _THIN)
        else:
            bar(clean, theme.CLEAN, 3, _THIN)
            bar(attacked, theme.ADVERSARIAL, 3 + _THIN, _THICK)
        zero = box.left() + min(max(-shown.low / reach, 0.0), 1.0) * box.width()
        painter.fillRect(QRectF(zero, box.top() + 1, 1, _ROW - 2), QColor(theme.OTHER))

    # The pointer and the keyboard

    def _point(self, place: int | None) -> None:
        if place != self._pointed:
            self._pointed = place
            self.viewport().update()
            if place is None:
                self.left.emit()
            else:
                self.pointed.emit(place)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tells what the pointer is over."""
        self._point(self._place_at(event.position()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Chooses a unit."""
        place = self._place_at(event.position())
        if place is not None and event.button() == Qt.MouseButton.LeftButton:
            self._choose(place)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """It was for here."""
        event.accept()

    def viewportEvent(self, event: QEvent) -> bool:
        """Notices that the pointer leaves."""
        if event.type() == QEvent.Type.Leave:
            self._point(None)
        return super().viewportEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Chooses the next unit."""
        key = Qt.Key(event.key())
        step = (_STEPS | {Qt.Key.Key_Up: -self.columns, Qt.Key.Key_Down: self.columns}).get(key)
        order = [] if self._shown is None else self._shown.order.tolist()
        ends = {Qt.Key.Key_Home: 0, Qt.Key.Key_End: len(order) - 1}
        if not order or (step is None and key not in ends):
            super().keyPressEvent(event)
            return
        now = order.index(self._selected) if self._selected in order else None
        index = ends[key] if step is None else 0 if now is None else now + step
        if 0 <= index < len(order):
            self._choose(order[index])
            self._reveal(index)

    def _choose(self, place: int) -> None:
        self._selected = place
        self.viewport().update()
        self.chosen.emit(place)

    def _reveal_selected(self) -> None:
        places = [] if self._shown is None else np.flatnonzero(self._shown.order == self._selected).tolist()
        if places:
            self._reveal(places[0])

    def _reveal(self, index: int) -> None:
        box, bar = self.rect_of(index), self.verticalScrollBar()
        below = box.bottom() - self.viewport().height() + 1
        bar.setValue(bar.value() + (box.top() if box.top() < 0 else max(0, below)))

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Shows where the keyboard is."""
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Shows it no more."""
        super().focusOutEvent(event)
        self.viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lays the units out anew."""
        super().resizeEvent(event)
        self._arrange()
        self._reveal_selected()

    def minimumSizeHint(self) -> QSize:
        """A few rows."""
        return QSize(_COLUMN // 2, 3 * _ROW)


def _in_line(value: float, shown: Shown) -> str:
    """A number with as many places as three digits of the largest take, so that the points stand in line."""
    if not math.isfinite(value):
        return say_value(value)
    largest = max(abs(shown.low), abs(shown.high), 1e-6)
    places = min(max(0, 2 - math.floor(math.log10(largest))), 6)
    return f"{value:.{places}f}".replace("-", "−")


def names_of(units: Units, classes: Sequence[str]) -> list[str]:
    """What units are called: by their classes, where there is one unit for each."""
    if units.count == len(classes):
        return [classes[each] for each in units.numbers]
    return [f"unit {each}" for each in units.numbers]


def legend_of(side: Side, *, has_both: bool) -> tuple[Entry, ...]:
    """What the colours of the bars stand for."""
    if side is Side.DIFFERENCE:
        return Entry(theme.CLEAN, "less under attack"), Entry(theme.ADVERSARIAL, "more under attack")
    runs = Entry(theme.CLEAN, "clean"), Entry(theme.ADVERSARIAL, "attacked")
    return runs if has_both else runs[:1]
