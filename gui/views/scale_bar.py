"""The legend of colours that stand for numbers: from which number to which."""

from __future__ import annotations

import math
from typing import Final

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui import theme
from gui.views.colormaps import DIVERGING, NOT_A_NUMBER, SEQUENTIAL

_STRIP: Final = QSize(12 * theme.GRID, theme.GRID + theme.GRID // 2)
_GAP: Final = theme.GRID // 2 + 2
_MISSING: Final = "not a number"
_IN_FULL: Final = 99_999.5
"""Below this a large number is written with all its digits before the point."""


def say_value(value: float) -> str:
    """A number of a layer as read, with three digits: ``0.412``, ``−12.5``, ``1.2e+06``, ``not a number``."""
    if math.isnan(value):
        return _MISSING
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if 1000 <= abs(value) < _IN_FULL:
        return f"{value:.0f}".replace("-", "−")
    return f"{value:.3g}".replace("-", "−") if value else "0"


class ScaleBar(QWidget):
    """A strip of the colours between the two numbers they reach, and what the scale is that of."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._ends: tuple[str, str] | None = None
        self._strip = QImage()
        self._text = ""
        self._has_missing = False
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    @property
    def ends(self) -> tuple[str, str] | None:
        """The two numbers as read; None where there is no scale."""
        return self._ends

    @property
    def has_missing(self) -> bool:
        """Whether the colour of what is not a number is explained."""
        return self._has_missing

    def show_scale(self, low: float, high: float, *, signed: bool, text: str, missing: bool = False) -> None:
        """Shows a scale.

        Args:
            low: the number that the first colour stands for; also what lies below it.
            high: the number of the last colour.
            signed: whether the colours are those around zero; ``low`` is then −``high``.
            text: what the scale is that of: ``this layer, clean and attacked``.
            missing: whether the colour of what is not a number is to be explained too.
        """
        said = ((say_value(low), say_value(high)), text, missing)
        strip = _strip(signed=signed)
        if said == (self._ends, self._text, self._has_missing) and strip == self._strip:
            return
        (self._ends, self._text, self._has_missing), self._strip = said, strip
        self.setAccessibleName(f"Colours from {self._ends[0]} to {self._ends[1]}: {text}")
        self.setToolTip(f"{text}. What lies beyond {self._ends[0]} and {self._ends[1]} has the colour of the end.")
        self.updateGeometry()
        self.update()

    def clear(self) -> None:
        """Shows nothing."""
        self._ends, self._has_missing = None, False
        self.setAccessibleName("")
        self.setToolTip("")
        self.update()

    def sizeHint(self) -> QSize:
        """As wide as all of it."""
        metrics = self._metrics()
        words = (*(self._ends or ()), self._text, *((_MISSING,) if self._has_missing else ()))
        chips = _STRIP.width() + (_STRIP.height() if self._has_missing else 0)
        width = chips + sum(metrics.horizontalAdvance(each) for each in words) + 8 * _GAP
        return QSize(width, metrics.height() + 4)

    def minimumSizeHint(self) -> QSize:
        """The strip with its numbers; the words are cut."""
        return QSize(_STRIP.width() + 10 * theme.GRID, self._metrics().height() + 4)

    def _metrics(self) -> QFontMetrics:
        return QFontMetrics(theme.font(theme.Type.CAPTION, tabular=True))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws number, strip, number and words in a row."""
        if self._ends is None:
            return
        painter = QPainter(self)
        painter.setFont(theme.font(theme.Type.CAPTION, tabular=True))
        painter.setPen(theme.color("text"))
        x = _write(painter, 0, self._ends[0], self.height())
        x = self._paint_chip(painter, QRect(x, 0, _STRIP.width(), _STRIP.height()), self._strip)
        x = _write(painter, x, self._ends[1], self.height())
        if self._has_missing:
            magenta = QImage(1, 1, QImage.Format.Format_RGB32)
            magenta.fill(QColor(NOT_A_NUMBER))
            x = self._paint_chip(painter, QRect(x + _GAP, 0, _STRIP.height(), _STRIP.height()), magenta)
            x = _write(painter, x, _MISSING, self.height())
        painter.setPen(theme.color("muted"))
        room = max(0, self.width() - x - _GAP)
        _write(
            painter,
            x + _GAP,
            painter.fontMetrics().elidedText(self._text, Qt.TextElideMode.ElideRight, room),
            self.height(),
        )

    def _paint_chip(self, painter: QPainter, box: QRect, colours: QImage) -> int:
        """Draws colours in a frame, so that light ends are not lost on a light ground; gives where to go on."""
        box.moveTop((self.height() - box.height()) // 2)
        painter.drawImage(box, colours)
        painter.save()
        painter.setPen(QColor(theme.OTHER))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(box)
        painter.restore()
        return box.right() + 1 + _GAP


def _write(painter: QPainter, x: int, text: str, height: int) -> int:
    width = painter.fontMetrics().horizontalAdvance(text)
    flags = Qt.AlignmentFlag.AlignVCenter.value | Qt.AlignmentFlag.AlignLeft.value
    painter.drawText(QRect(x, 0, width + 1, height), flags, text)
    return x + width + _GAP


def _strip(*, signed: bool) -> QImage:
    colours = DIVERGING[1:] if signed else SEQUENTIAL
    return QImage(colours.tobytes(), len(colours), 1, 4 * len(colours), QImage.Format.Format_RGB32).copy()
