"""One bar a layer: how far the attacked run is from the clean one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from PySide6.QtCore import QEvent, QLineF, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFocusEvent,
    QFontMetrics,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QSizePolicy, QWidget

from engine.frame import Floats
from gui import theme
from gui.controls.keys import ALONG, keeps, place_after
from gui.views.colormaps import NOT_A_NUMBER
from gui.views.divergence.axis import Axis, say_distance
from gui.views.section_names import paint_section_names

_NARROWEST: Final = 2.0
"""Below this width, in units of the screen, bars cannot be told apart, and the strip scrolls instead."""
_WIDEST: Final = 8.0 * theme.GRID
_NAMES_FROM: Final = 72
"""Height of the strip from which on there is room for names below the bars."""


class DivergenceStrip(QAbstractScrollArea):
    """Bars over an axis; one of them is selected, one may be marked.

    A click or the arrow keys choose a bar; the pointer asks for its number.
    """

    chosen = Signal(int)
    """A bar was clicked, or reached with the arrow keys."""
    hovered = Signal(int)
    """The bar that the pointer is over; −1 for none."""

    def __init__(self, parent: QWidget | None = None, *, colour: str = theme.ADVERSARIAL) -> None:
        super().__init__(parent)
        self._colour = QColor(colour)
        self._layers: tuple[str, ...] = ()
        self._distances: Floats = np.zeros(0, np.float32)
        self._axis = Axis(0.0, 1.0, logarithmic=False)
        self._selected: int | None = None
        self._marked: int | None = None
        self._hovered = -1
        self._box = QRect()  # where the bars stand, between the mark above and the names below
        self._pitch = 1.0  # from one bar to the next
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Distance between the attacked and the clean run, layer by layer")
        self.viewport().setMouseTracking(True)

    # What is shown

    @property
    def axis(self) -> Axis:
        """The axis that is shown."""
        return self._axis

    @property
    def selected(self) -> int | None:
        """The bar that is outlined."""
        return self._selected

    @property
    def marked(self) -> int | None:
        """The bar at which the distance jumps."""
        return self._marked

    def show_bars(self, layers: Sequence[str], distances: Floats, axis: Axis, marked: int | None) -> None:
        """Draws other bars.

        Args:
            layers: names, in the order in which they run.
            distances: (n,), NaN where it is not a number.
            axis: from where to where.
            marked: the bar that has a mark above it; None for none.
        """
        renamed = tuple(layers) != self._layers
        self._layers, self._distances, self._axis, self._marked = tuple(layers), distances, axis, marked
        if renamed:
            self._hover(-1)
            self._arrange()
        self._describe()
        self.viewport().update()

    def select(self, place: int | None) -> None:
        """Outlines a bar and scrolls to it, without telling of it."""
        if place == self._selected:
            return
        self._selected = place
        if place is not None:
            self._reveal(place)
        self._describe()
        self.viewport().update()

    def _describe(self) -> None:
        place = self._selected
        if place is None or place >= len(self._layers):
            self.setAccessibleDescription("")
        else:
            self.setAccessibleDescription(f"{self._layers[place]}: {say_distance(float(self._distances[place]))}")

    # Where it is shown

    def _arrange(self) -> None:
        metrics = QFontMetrics(theme.font(theme.Type.CAPTION, tabular=True))
        height, width = self.viewport().height(), self.viewport().width()
        line = metrics.height()
        left = max(metrics.horizontalAdvance(each) for each in ("0.001 %", "1000 %")) + theme.GRID
        below = line + 4 if height >= _NAMES_FROM else line // 2 + 1
        self._box = QRect(left, line // 2 + 2, width - left, max(height - below - line // 2, 1))
        room = width - left - theme.GRID
        self._pitch = min(max(room / max(len(self._layers), 1), _NARROWEST), _WIDEST)
        bar = self.horizontalScrollBar()
        bar.setRange(0, max(0, left + math.ceil(self._pitch * len(self._layers)) + theme.GRID - width))
        bar.setPageStep(width)
        bar.setSingleStep(4 * theme.GRID)

    def _x(self, place: int) -> float:
        return self._box.left() + place * self._pitch - self.horizontalScrollBar().value()

    def bar_rect(self, place: int) -> QRectF:
        """Where a bar stands on the viewport; as high as all of the axis where it is not a number."""
        box, pitch, distance = self._box, self._pitch, float(self._distances[place])
        height = box.height() * (self._axis.height_of(distance) if math.isfinite(distance) else 1.0)
        gap = 1.0 if pitch < 8 else 2.0
        return QRectF(self._x(place), box.bottom() + 1 - height, pitch - gap, height)

    def place_at(self, position: QPointF) -> int:
        """The bar at a place of the viewport; −1 for none."""
        place = math.floor((position.x() + self.horizontalScrollBar().value() - self._box.left()) / self._pitch)
        return place if position.x() >= self._box.left() and 0 <= place < len(self._layers) else -1

    def _reveal(self, place: int) -> None:
        bar, x = self.horizontalScrollBar(), self._x(place)
        beyond = x + self._pitch - self.viewport().width() + theme.GRID
        if x < self._box.left():
            bar.setValue(math.floor(bar.value() + x - self._box.left()))
        elif beyond > 0:
            bar.setValue(math.ceil(bar.value() + beyond))

    # Painting

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws the axis, the bars, the names below, and what is laid over them."""
        painter = QPainter(self.viewport())
        painter.setFont(theme.font(theme.Type.CAPTION, tabular=True))
        painter.fillRect(self.viewport().rect(), theme.color("base"))
        if not self._layers:
            return
        box = self._box
        self._paint_axis(painter, box)
        painter.save()
        painter.setClipRect(QRect(box.left(), 0, box.width(), self.viewport().height()))
        self._paint_bars(painter, box)
        self._paint_over(painter, box)
        if self.viewport().height() >= _NAMES_FROM:
            below = QRectF(box).adjusted(0, 0, 0, 1)
            paint_section_names(painter, self._layers, below, self._pitch, self.horizontalScrollBar().value())
        painter.restore()

    def _paint_axis(self, painter: QPainter, box: QRect) -> None:
        metrics = painter.fontMetrics()
        room = math.inf
        for tick in self._axis.ticks:
            y = box.bottom() + 1 - box.height() * self._axis.height_of(tick)
            painter.setPen(QPen(theme.color("line"), 1))
            painter.drawLine(QLineF(box.left() - 3, y, box.right(), y))
            if room - y < metrics.height():
                continue  # it would lie on the number below it
            room = y
            painter.setPen(theme.color("muted"))
            where = QRectF(0, y - metrics.height() / 2, box.left() - 6, metrics.height())
            flags = Qt.AlignmentFlag.AlignRight.value | Qt.AlignmentFlag.AlignVCenter.value
            painter.drawText(where, flags, say_distance(tick))

    def _visible(self, box: QRect) -> range:
        first = math.floor(self.horizontalScrollBar().value() / self._pitch)
        return range(max(first, 0), min(first + math.ceil(box.width() / self._pitch) + 1, len(self._layers)))

    def _paint_bars(self, painter: QPainter, box: QRect) -> None:
        missing = QBrush(QColor(NOT_A_NUMBER), Qt.BrushStyle.BDiagPattern)
        for place in self._visible(box):
            finite = math.isfinite(self._distances[place])
            painter.fillRect(self.bar_rect(place), self._colour if finite else missing)

    def _paint_over(self, painter: QPainter, box: QRect) -> None:
        """The bar under the pointer, the selected one and the mark of the jump."""
        for place, colour, width in (
            (self._hovered, "muted", 1.0),
            (-1 if self._selected is None else self._selected, "accent" if self.hasFocus() else "text", 2.0),
        ):
            if 0 <= place < len(self._layers):
                column = QRectF(self._x(place), box.top(), self._pitch - 1, box.height() + 1)
                painter.setPen(QPen(theme.color(colour), width))
                painter.drawRect(column.adjusted(-1, 0, 1, 1))
        if self._marked is not None:
            self._paint_mark(painter, self.bar_rect(self._marked))

    def _paint_mark(self, painter: QPainter, bar: QRectF) -> None:
        """An arrowhead that points down at a bar."""
        tip = QPointF(bar.center().x(), max(bar.top() - 1, 7.0))
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("text"))
        painter.drawPolygon([tip, tip + QPointF(-5, -7), tip + QPointF(5, -7)])
        painter.restore()

    # The pointer and the keyboard

    def _hover(self, place: int) -> None:
        if place != self._hovered:
            self._hovered = place
            self.viewport().update()
            self.hovered.emit(place)

    def _choose(self, place: int) -> None:
        self.select(place)
        self.chosen.emit(place)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tells what the pointer is over."""
        self._hover(self.place_at(event.position()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Chooses a bar."""
        place = self.place_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and place >= 0:
            self._choose(place)

    def viewportEvent(self, event: QEvent) -> bool:
        """Notices that the pointer leaves."""
        if event.type() == QEvent.Type.Leave:
            self._hover(-1)
        return super().viewportEvent(event)

    def event(self, event: QEvent) -> bool:
        """Keeps the arrow keys from being taken for shortcuts of the window."""
        return keeps(event, lambda key: key.key() in ALONG) or super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrow and page keys, Home and End choose a bar."""
        wanted = place_after(event.key(), self._selected, len(self._layers))
        if wanted is None:
            super().keyPressEvent(event)
        elif wanted != self._selected:
            self._choose(wanted)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Shows where the keyboard is."""
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Shows it no more."""
        super().focusOutEvent(event)
        self.viewport().update()

    # Its size

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Makes the bars fit anew."""
        super().resizeEvent(event)
        self._arrange()

    def minimumSizeHint(self) -> QSize:
        """A few bars over an axis of two numbers."""
        return QSize(20 * theme.GRID, 6 * theme.GRID)

    def sizeHint(self) -> QSize:
        """It takes what there is."""
        return QSize(80 * theme.GRID, 12 * theme.GRID)
