"""The patches that excite a unit most: thumbnails with the value below each."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QFontMetrics, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from engine.inside import Patch
from gui import theme
from gui.controls.keys import keeps
from gui.views.pane_pictures import Picture, picture_of
from gui.views.scale_bar import say_value
from gui.views.unit.thumbnail import paint_fitted
from gui.views.unit.words import say_patch

_GAP: Final = theme.GRID // 2
_SMALLEST: Final = 7 * theme.GRID
_LARGEST: Final = 16 * theme.GRID
_STEPS: Final = {Qt.Key.Key_Left: -1, Qt.Key.Key_Up: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Down: 1}


@dataclass(frozen=True)
class _Grid:
    """``count`` square tiles in columns, ``side`` wide, with a line of text below each."""

    count: int
    columns: int
    side: float


class PatchShelf(QWidget):
    """Shows patches, strongest first, as large as they all fit; a click, or Enter, chooses the picture of one."""

    chosen = Signal(str)
    """The picture's name, as ``Request.image``."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._patches: tuple[Patch, ...] = ()
        self._pictures: tuple[Picture, ...] = ()
        self._current = 0
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Patches that excite the unit most; arrow keys go along, Enter opens the picture")

    @property
    def patches(self) -> tuple[Patch, ...]:
        """What is shown."""
        return self._patches

    def show_patches(self, patches: Sequence[Patch]) -> None:
        """Shows patches, strongest first."""
        if self._patches == tuple(patches):
            return
        known = dict(zip(self._patches, self._pictures, strict=True))
        self._patches = tuple(patches)
        self._pictures = tuple(known.get(each) or picture_of(each.pixels) for each in patches)
        self._current = min(self._current, max(len(patches) - 1, 0))
        self._describe()
        self.update()

    def _describe(self) -> None:
        self.setAccessibleDescription(say_patch(self._patches[self._current]) if self._patches else "")

    # Where they are

    def _line(self) -> int:
        return QFontMetrics(theme.font(theme.Type.CAPTION, tabular=True)).height()

    @property
    def _grid(self) -> _Grid:
        """The grid of the largest tiles that all fit; where they would be too small, the weakest are left out."""
        most = max(len(self._patches), 1)
        grids = (
            max((self._grid_of(count, each) for each in range(1, count + 1)), key=_side) for count in range(most, 0, -1)
        )
        return next((each for each in grids if each.side >= _SMALLEST), self._grid_of(1, 1))

    def _grid_of(self, count: int, columns: int) -> _Grid:
        rows = math.ceil(count / columns)
        across = self.width() / columns - _GAP
        down = self.height() / rows - self._line() - _GAP
        return _Grid(count, columns, max(1.0, min(across, down, _LARGEST)))

    @property
    def shown(self) -> int:
        """How many of the strongest there is room for."""
        return min(self._grid.count, len(self._patches))

    def tile(self, place: int) -> QRectF:
        """Where a patch is drawn, its value not included."""
        grid = self._grid
        row, column = divmod(place, grid.columns)
        return QRectF(column * (grid.side + _GAP), row * (grid.side + self._line() + _GAP), grid.side, grid.side)

    def place_at(self, position: QPointF) -> int | None:
        """The patch at a point; None for none."""
        below = self._line()
        found = (each for each in range(self.shown) if self.tile(each).adjusted(0, 0, 0, below).contains(position))
        return next(found, None)

    # Painting

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws the thumbnails and their values."""
        painter = QPainter(self)
        painter.setFont(theme.font(theme.Type.CAPTION, tabular=True))
        shown = list(zip(self._patches, self._pictures, strict=True))[: self.shown]
        for place, (patch, picture) in enumerate(shown):
            box = self.tile(place)
            painter.fillRect(box, theme.color("stage"))
            drawn = paint_fitted(painter, picture.image, box)
            if patch.window is not None:
                _outline(painter, drawn, patch.window, picture.image.width())
            words = QRectF(box.left(), box.bottom(), box.width(), self._line())
            painter.setPen(theme.color("text"))
            painter.drawText(
                words, Qt.AlignmentFlag.AlignCenter.value | Qt.TextFlag.TextDontClip.value, say_value(patch.value)
            )
        if self.hasFocus() and self._patches:
            painter.setPen(QPen(theme.color("accent"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self.tile(min(self._current, self.shown - 1)).adjusted(1, 1, -1, -1))

    # The pointer and the keyboard

    def event(self, event: QEvent) -> bool:
        """Tells of a patch in full; keeps the arrow keys from being taken for shortcuts of the window."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            place = self.place_at(event.pos().toPointF())
            QToolTip.showText(event.globalPos(), "" if place is None else say_patch(self._patches[place]), self)
            return True
        return keeps(event, lambda key: key.key() in _STEPS) or super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Chooses the picture of a patch."""
        place = self.place_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and place is not None:
            self._go_to(place)
            self.chosen.emit(self._patches[place].image)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrow keys go along, Enter chooses."""
        key = Qt.Key(event.key())
        if key in _STEPS and self._patches:
            self._go_to(min(max(self._current + _STEPS[key], 0), self.shown - 1))
        elif key in {Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space} and self._patches:
            self.chosen.emit(self._patches[self._current].image)
        else:
            super().keyPressEvent(event)

    def _go_to(self, place: int) -> None:
        self._current = place
        self._describe()
        self.update()

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
        """A few small ones."""
        return QSize(16 * theme.GRID, 8 * theme.GRID)

    def sizeHint(self) -> QSize:
        """It takes what there is."""
        return QSize(40 * theme.GRID, 14 * theme.GRID)


def _side(grid: _Grid) -> float:
    return grid.side


def _outline(painter: QPainter, shown: QRectF, window: tuple[int, int, int, int], width: int) -> None:
    """The receptive field within its surroundings: black, and white around it, so that it is seen on any picture."""
    scale = shown.width() / width
    left, top, right, bottom = (scale * each for each in window)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for colour, thickness in ((Qt.GlobalColor.white, 3.0), (Qt.GlobalColor.black, 1.0)):
        painter.setPen(QPen(colour, thickness))
        painter.drawRect(
            QRectF(shown.left() + left, shown.top() + top, right - left, bottom - top).adjusted(-1, -1, 1, 1)
        )
