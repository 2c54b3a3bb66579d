"""What stands under a pane: its scale."""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from engine.wording import say_percent
from gui import theme
from gui.views.colormaps import DIVERGING
from gui.views.pane_pictures import DeltaMode, limit_of, perturbation

_BAR: Final = QSize(6 * theme.GRID, theme.GRID)
_GAP: Final = theme.GRID


def say_scale(gain: float, clipped: float) -> str:
    """How far the colours of a perturbation reach, and the share beyond: ``± 6.4/255 · 12 % clipped``."""
    limit = f"± {255 * limit_of(gain):.1f}/255"
    return f"{limit} · {say_percent(clipped)} clipped" if clipped else limit


@cache
def colour_bar(mode: DeltaMode) -> QImage:
    """A strip of the colours from the lower to the upper limit, 255 pixels wide and one high."""
    if mode is not DeltaMode.COLOURS:
        packed = DIVERGING[np.newaxis, 1:].copy()
        return QImage(packed.data, packed.shape[1], 1, QImage.Format.Format_RGB32).copy()
    ramp = np.linspace(-0.5, 0.5, 255, dtype=np.float32).reshape(1, 255, 1)
    return perturbation(ramp, mode, 1).image.copy()


def paint_caption(painter: QPainter, box: QRect, text: str, bar: QImage | None) -> None:
    """Draws a colour bar, if there is one, and a text behind it, both in the middle, in the painter's font and pen."""
    taken = 0 if bar is None else _BAR.width() + _GAP
    metrics = painter.fontMetrics()
    shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, box.width() - taken)
    left = box.left() + (box.width() - taken - metrics.horizontalAdvance(shown)) // 2
    words = QRect(left + taken, box.top(), box.right() - left - taken + 1, box.height())
    painter.drawText(words, Qt.AlignmentFlag.AlignVCenter.value | Qt.AlignmentFlag.AlignLeft.value, shown)
    if bar is not None:
        _paint_bar(painter, QRect(QPoint(left, box.top() + (box.height() - _BAR.height()) // 2), _BAR), bar)


def _paint_bar(painter: QPainter, box: QRect, bar: QImage) -> None:
    """Its border keeps the light end from being lost on a light ground."""
    painter.drawImage(QRectF(box), bar)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QColor(theme.OTHER))
    painter.drawRect(QRectF(box))


class Caption(QWidget):
    """A short text in the middle, behind a colour bar where there is one."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = ""
        self._bar: QImage | None = None
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.recolour()

    @property
    def text(self) -> str:
        """What is said now."""
        return self._text

    def say(self, text: str, bar: QImage | None = None, *, exactly: str = "") -> None:
        """Shows a text, with the tooltip ``exactly``."""
        self._text, self._bar = text, bar
        self.setAccessibleName(exactly or text)
        self.setToolTip(exactly)
        self.update()

    def recolour(self) -> None:
        """Takes the type of the theme."""
        self.setFont(theme.font(theme.Type.CAPTION, tabular=True))

    def sizeHint(self) -> QSize:
        """One line high."""
        return QSize(0, self.fontMetrics().height() + theme.GRID // 2)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws the bar and the text side by side, both in the middle."""
        painter = QPainter(self)
        painter.setClipRect(event.rect())
        painter.setFont(self.font())
        painter.setPen(theme.color("muted"))
        paint_caption(painter, self.rect(), self._text, self._bar)
