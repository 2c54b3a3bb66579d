"""Data colours used for words: just as much of the theme's text colour is mixed in as reading them needs."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor

from gui import theme

READABLE: Final = 4.5
"""The contrast that body text needs: WCAG 2.2, success criterion 1.4.3, level AA."""


def contrast(one: QColor, other: QColor) -> float:
    """Contrast ratio of two colours, 1 (equal) to 21 (black on white), as WCAG 2.2 defines it."""
    bright, dim = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def legible(colour: str, ground: str = "window") -> QColor:
    """A data colour for words on a ground (a token of the theme): the same hue, readable in light and dark."""
    data, text, behind = QColor(colour), theme.color("text"), theme.color(ground)
    for percent in range(0, 100, 5):
        mixed = _mix(data, text, percent / 100)
        if contrast(mixed, behind) >= READABLE:
            return mixed
    return text


def on(fill: str) -> QColor:
    """Black or white, whichever reads better on a filled area of that data colour."""
    choices = (QColor(Qt.GlobalColor.black), QColor(Qt.GlobalColor.white))
    return max(choices, key=lambda each: contrast(each, QColor(fill)))


def _mix(one: QColor, other: QColor, share: float) -> QColor:
    channels = zip(_channels(one), _channels(other), strict=True)
    return QColor.fromRgbF(*(a + share * (b - a) for a, b in channels))


def _channels(colour: QColor) -> tuple[float, float, float]:
    return colour.redF(), colour.greenF(), colour.blueF()


def _luminance(colour: QColor) -> float:
    red, green, blue = (_linear(each) for each in _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)
