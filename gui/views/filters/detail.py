"""One filter, enlarged: its numbers written in its cells where there is room, and what is to be said of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from engine.frame import Floats
from gui import theme
from gui.views.colormaps import Packed
from gui.views.mosaic_numbers import paint_numbers

_WIDTH: Final = 40 * theme.GRID
_COLUMN: Final = 18 * theme.GRID
"""Lines that do not fit below each other go on in a second column where both are as wide as this."""
_TALL: Final = 36 * theme.GRID
"""From this height on the words stand below the picture instead of beside it."""


class FilterDetail(QWidget):
    """A picture of few, large cells, with a title and lines of words."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._colours: Packed | None = None
        self._numbers: Floats | None = None
        self._title = ""
        self._lines: tuple[str, ...] = ()
        self.setFixedWidth(_WIDTH)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)

    @property
    def title(self) -> str:
        """What is shown."""
        return self._title

    @property
    def lines(self) -> tuple[str, ...]:
        """What is said of it."""
        return self._lines

    def show_filter(
        self, title: str, lines: Sequence[str], colours: Packed | None = None, numbers: Floats | None = None
    ) -> None:
        """Shows another filter.

        Args:
            title: its name.
            lines: what is to be said of it.
            colours: (H, W) packed; None shows no picture.
            numbers: (k·H, W) to be written in the cells, k below each other in every one; None for none.
        """
        self._title, self._lines, self._colours, self._numbers = title, tuple(lines), colours, numbers
        self.setAccessibleName(title)
        self.setAccessibleDescription(", ".join(lines))
        self.update()

    # Painting

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws the picture, and the words beside or below it."""
        painter = QPainter(self)
        metrics = QFontMetrics(theme.font(theme.Type.CAPTION, tabular=True))
        words = QRectF(self.rect())
        if self._colours is not None:
            is_tall = self.height() >= _TALL
            room = self.height() - (len(self._lines) + 2.5) * metrics.height() if is_tall else self.height()
            side = min(room, self.width() if is_tall else self.width() * 0.5)
            height, width = self._colours.shape
            cell = side / max(height, width)
            box = QRectF(0, 0, cell * width, cell * height)
            self._paint_picture(painter, box)
            gap = theme.GRID / 2 if is_tall else 1.5 * theme.GRID
            words = words.adjusted(0, box.height() + gap, 0, 0) if is_tall else words.adjusted(side + gap, 0, 0, 0)
        self._paint_words(painter, words)

    def _paint_picture(self, painter: QPainter, box: QRectF) -> None:
        assert self._colours is not None  # noqa: S101 - asked before
        pixels = np.ascontiguousarray(self._colours)
        image = QImage(pixels.data, pixels.shape[1], len(pixels), pixels.strides[0], QImage.Format.Format_RGB32)
        painter.drawImage(box, image)
        if self._numbers is not None:
            behind = np.repeat(pixels, len(self._numbers) // len(pixels), axis=0)
            paint_numbers(painter, self._numbers, behind, box, box)

    def _paint_words(self, painter: QPainter, box: QRectF) -> None:
        painter.setFont(theme.font(theme.Type.BODY, bold=True, tabular=True))
        painter.setPen(theme.color("text"))
        middle = Qt.TextElideMode.ElideMiddle
        height = painter.fontMetrics().height()
        painter.drawText(box, 0, painter.fontMetrics().elidedText(self._title, middle, int(box.width())))
        painter.setFont(theme.font(theme.Type.CAPTION, tabular=True))
        metrics = painter.fontMetrics()
        box.adjust(0, height + 2, 0, 0)
        room = max(1, int(box.height() // metrics.height()))
        columns = 2 if len(self._lines) > room and box.width() >= 2 * _COLUMN else 1
        width = box.width() / columns
        for place, line in enumerate(self._lines[: room * columns]):
            column, row = divmod(place, room)
            where = QRectF(box.left() + column * width, box.top() + row * metrics.height(), width, metrics.height())
            painter.drawText(where, 0, metrics.elidedText(line, middle, int(width)))

    # Its size

    def minimumSizeHint(self) -> QSize:
        """A title and a few lines."""
        return QSize(_WIDTH, 8 * theme.GRID)

    def sizeHint(self) -> QSize:
        """It takes the height there is."""
        return QSize(_WIDTH, 20 * theme.GRID)
