"""Bars of shares, one a layer or a unit: what is restored above a line, and what is lost below it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from PySide6.QtCore import QEvent, QLineF, QPointF, QRectF, QSize, Qt, Signal
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
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from engine.frame import Floats
from gui import theme
from gui.controls.keys import ALONG, keeps, place_after
from gui.views.causes.words import say_share
from gui.views.colormaps import NOT_A_NUMBER
from gui.views.ink import legible
from gui.views.section_names import paint_section_names

_WIDEST: Final = 3.0 * theme.GRID
_PALE: Final = 0.18
_NOTHING: Final = np.zeros(0, np.float32)


class ShareBars(QWidget):
    """Shares as bars, of 0 to 1 or another limit; what lies beyond is cut off, with its number there.

    Args:
        name: what is shown, for those who cannot see it.
        is_mirrored: whether there are shares below the line too.
        parent: as usual.
    """

    chosen = Signal(int)
    """A bar was clicked, or reached with the arrow keys."""
    hovered = Signal(int)
    """The bar that the pointer is over; −1 for none."""

    def __init__(self, name: str, *, is_mirrored: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._is_mirrored = is_mirrored
        self._up: Floats = _NOTHING
        self._down: Floats | None = None
        self._pale: tuple[bool, ...] = ()
        self._selected: int | None = None
        self._hovered = -1
        self._progress = 1.0
        self._limit = 1.0
        self._layers: tuple[str, ...] = ()
        self._told: int | None = None
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    # What is shown

    @property
    def count(self) -> int:
        """How many bars there are."""
        return len(self._up)

    @property
    def selected(self) -> int | None:
        """The bar that is outlined."""
        return self._selected

    def show_shares(
        self,
        up: Floats,
        down: Floats | None = None,
        *,
        pale: Sequence[bool] = (),
        progress: float = 1.0,
        limit: float = 1.0,
        layers: Sequence[str] = (),
        told: int | None = None,
    ) -> None:
        """Draws other bars.

        Args:
            up: (n,) shares; NaN where it is not known.
            down: (n,) shares, drawn below the line.
            pale: which bars are drawn pale; empty for none.
            progress: how much of the work is done, in [0, 1]; what is not known then is no number.
            limit: the share at the end of the axis, positive.
            layers: (n,) names of layers, whose parts are named below the axis; empty for none.
            told: the bar whose share is written at its end.
        """
        self._up, self._down, self._pale, self._progress = up, down, tuple(pale), progress
        self._limit, self._layers, self._told = limit, tuple(layers), told
        self.update()

    def select(self, place: int | None, text: str = "") -> None:
        """Outlines a bar, without telling of it; ``text`` is said of it."""
        self._selected = place
        self.setAccessibleDescription(text)
        self.update()

    # Where it is shown

    @property
    def _box(self) -> QRectF:
        """Where the bars stand."""
        metrics = QFontMetrics(theme.font(theme.Type.CAPTION, tabular=True))
        left, line = metrics.horizontalAdvance("100 %") + theme.GRID, metrics.height() / 2
        below = 2 * line if self._layers else line
        return QRectF(left, line, max(1.0, self.width() - left), max(1.0, self.height() - line - below - 1))

    @property
    def _pitch(self) -> float:
        return min(self._box.width() / max(self.count, 1), _WIDEST)

    @property
    def _middle(self) -> float:
        return self._box.center().y() if self._is_mirrored else self._box.bottom()

    @property
    def _reach(self) -> float:
        """The height of the axis."""
        return self._box.height() / (2 if self._is_mirrored else 1)

    def bar_rect(self, place: int, *, below: bool = False) -> QRectF:
        """Where a bar stands; without height where its share is not known."""
        shares = self._down if below else self._up
        share = float(shares[place]) if shares is not None else math.nan
        height = self._reach * min(max(share / self._limit, 0.0), 1.0) if math.isfinite(share) else 0.0
        x = self._box.left() + place * self._pitch
        return QRectF(x, self._middle if below else self._middle - height, self._width, height)

    @property
    def _width(self) -> float:
        gap = 2.0 if self._pitch >= theme.GRID else 1.0 if self._pitch >= 3 else 0.0
        return max(self._pitch - gap, 0.5)

    def place_at(self, position: QPointF) -> int:
        """The bar at a point; −1 for none."""
        place = math.floor((position.x() - self._box.left()) / self._pitch)
        return place if 0 <= place < self.count else -1

    # Painting

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws the axis, the bars, and what is laid over them."""
        painter = QPainter(self)
        painter.setFont(theme.font(theme.Type.CAPTION, tabular=True))
        painter.fillRect(self.rect(), theme.color("base"))
        if not self.count:
            return
        self._paint_axis(painter)
        self._paint_bars(painter, self._up, theme.HOLDS, below=False)
        if self._down is not None:
            self._paint_bars(painter, self._down, theme.ADVERSARIAL, below=True)
        self._paint_told(painter)
        paint_section_names(painter, self._layers, self._box, self._pitch)
        self._paint_outlines(painter)
        if self._progress < 1:
            width = self._box.width() * self._progress
            painter.fillRect(QRectF(self._box.left(), self.height() - 2, width, 2), theme.color("accent"))

    def _paint_axis(self, painter: QPainter) -> None:
        box, line = self._box, painter.fontMetrics().height()
        for share in (-1, 0, 1) if self._is_mirrored else (0, 1):
            y = self._middle - share * self._reach
            painter.setPen(QPen(theme.color("muted" if share == 0 else "line"), 1))
            painter.drawLine(QLineF(box.left() - 3, y, box.right(), y))
            painter.setPen(theme.color("muted"))
            flags = Qt.AlignmentFlag.AlignRight.value | Qt.AlignmentFlag.AlignVCenter.value
            painter.drawText(QRectF(0, y - line / 2, box.left() - 6, line), flags, say_share(self._limit * abs(share)))

    def _paint_bars(self, painter: QPainter, shares: Floats, colour: str, *, below: bool) -> None:
        full, pale = QColor(colour), QColor(paled(colour))
        missing = QBrush(QColor(NOT_A_NUMBER), Qt.BrushStyle.BDiagPattern)
        free = -math.inf  # from where on there is room for a number
        for place, share in enumerate(shares.tolist()):
            bar = self.bar_rect(place, below=below)
            if math.isnan(share):
                if self._progress >= 1:
                    reach = -self._reach if not below else self._reach
                    painter.fillRect(QRectF(bar.left(), bar.top(), bar.width(), reach).normalized(), missing)
                continue
            if self._pale and self._pale[place]:
                bar.setWidth(self._pitch)  # no gaps, so that it keeps to the background
                painter.fillRect(bar, pale)
            else:
                painter.fillRect(bar, full)
            if not -0.005 <= share <= 1.005 * self._limit:
                free = self._paint_number(painter, bar, share, colour, free, below=below)

    def _paint_number(
        self, painter: QPainter, bar: QRectF, share: float, colour: str, free: float, *, below: bool
    ) -> float:
        """Writes a share that its bar does not show, unless it would lie on the last one; gives where that ends."""
        text, line = say_share(share), painter.fontMetrics().height()
        width = painter.fontMetrics().horizontalAdvance(text)
        left = min(max(bar.center().x() - width / 2, self._box.left()), self.width() - width)
        if left < free:
            return free
        outer = bar.bottom() if below else bar.top() - line
        inside = share > 0  # the end of the scale has no room beyond it
        top = (outer - line if below else outer + line) if inside else outer
        box = QRectF(left, top, width, line)
        painter.fillRect(box.adjusted(-1, 1, 1, -1), theme.color("base"))
        painter.setPen(legible(colour, "base"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
        return left + width + 3

    def _paint_told(self, painter: QPainter) -> None:
        """The share of the bar that tells most, above it; of one that reaches the end the axis has it."""
        if self._told is None or not 0 <= float(self._up[self._told]) <= 1:
            return
        bar, line = self.bar_rect(self._told), painter.fontMetrics().height()
        text = say_share(float(self._up[self._told]))
        width = painter.fontMetrics().horizontalAdvance(text) + 2
        left = min(max(bar.center().x() - width / 2, self._box.left()), self.width() - width)
        box = QRectF(left, max(bar.top() - line, 0.0), width, line)
        painter.fillRect(box, theme.color("base"))
        painter.setPen(legible(theme.HOLDS, "base"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)

    def _paint_outlines(self, painter: QPainter) -> None:
        """The bar under the pointer, and the selected one."""
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for place, colour, width in (
            (self._hovered, "muted", 1.0),
            (-1 if self._selected is None else self._selected, "accent" if self.hasFocus() else "text", 2.0),
        ):
            if 0 <= place < self.count:
                box = self._box
                column = QRectF(box.left() + place * self._pitch, box.top(), self._width, box.height())
                painter.setPen(QPen(theme.color(colour), width))
                painter.drawRect(column.adjusted(-1, 0, 1, 0))

    # The pointer and the keyboard

    def _hover(self, place: int) -> None:
        if place != self._hovered:
            self._hovered = place
            self.update()
            self.hovered.emit(place)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tells what the pointer is over."""
        self._hover(self.place_at(event.position()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Chooses a bar."""
        place = self.place_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and place >= 0:
            self.chosen.emit(place)

    def leaveEvent(self, event: QEvent) -> None:
        """Notices that the pointer leaves."""
        super().leaveEvent(event)
        self._hover(-1)

    def event(self, event: QEvent) -> bool:
        """Keeps the arrow keys from being taken for shortcuts of the window."""
        return keeps(event, lambda key: key.key() in ALONG) or super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrow and page keys, Home and End choose a bar."""
        wanted = place_after(event.key(), self._selected, self.count)
        if wanted is None:
            super().keyPressEvent(event)
        elif wanted != self._selected:
            self.chosen.emit(wanted)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Shows where the keyboard is."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Shows it no more."""
        super().focusOutEvent(event)
        self.update()

    # Its size

    def minimumSizeHint(self) -> QSize:
        """A few bars."""
        return QSize(14 * theme.GRID, 8 * theme.GRID)

    def sizeHint(self) -> QSize:
        """It takes what there is."""
        return QSize(50 * theme.GRID, 16 * theme.GRID)


def paled(colour: str) -> str:
    """A data colour as pale bars have it, for what carries everything in any case."""
    pale = QColor(colour)
    pale.setAlphaF(_PALE)
    return pale.name(QColor.NameFormat.HexArgb)
