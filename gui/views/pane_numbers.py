"""A picture is a matrix: its numbers, written into its pixels."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Final

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF
from PySide6.QtGui import QColor, QFont, QFontInfo, QFontMetricsF, QPainter

from gui import theme
from gui.views.ink import READABLE, contrast, on
from gui.views.pane_pictures import Picture

READABLE_SCALE: Final = 28.0
"""How large a pixel must be drawn, in units of the screen, for three numbers to stand in it."""

_PITCH: Final = 0.95
"""From line to line, as a share of the size of the type."""
_HUES: Final = (0.0, 1 / 3, 2 / 3)
_SHADES: Final = 64
_LUMINANCE: Final = np.array([0.2126, 0.7152, 0.0722])


def say_difference(value: float) -> str:
    """A difference in 255ths as short as can be: ``+2``, ``−1.3``, ``0``."""
    rounded = round(value, 1)
    text = f"{abs(rounded):.0f}" if rounded == round(rounded) else f"{abs(rounded):.1f}"
    return text if rounded == 0 else f"{'+' if rounded > 0 else '−'}{text}"


def numbers_in(picture: Picture, seen: QRect) -> Iterator[tuple[int, int, list[str]]]:
    """Column, row and the lines of text of every pixel of the picture within ``seen``."""
    part = picture.values[seen.top() : seen.bottom() + 1, seen.left() : seen.right() + 1] * 255
    for y, row in enumerate(part.tolist(), seen.top()):
        for x, values in enumerate(row, seen.left()):
            yield x, y, [say_difference(each) if picture.signed else f"{each:.0f}" for each in values]


def paint_numbers(painter: QPainter, picture: Picture, seen: QRect, place: QRectF) -> None:
    """Writes the numbers of the pixels within ``seen`` of a picture that is drawn at ``place``."""
    scale = place.width() / picture.packed.shape[1]
    font = _font(scale, picture)
    metrics = QFontMetricsF(font)
    pitch = font.pixelSize() * _PITCH
    shades = _shades(picture, seen)
    painter.setFont(font)
    widths: dict[str, float] = {}
    for x, y, lines in numbers_in(picture, seen):
        shade = shades[y - seen.top()][x - seen.left()]
        middle = place.left() + (x + 0.5) * scale
        # Figures stand on the line: what is centred is their height, not that of letters with tails.
        line = place.top() + (y + 0.5) * scale + (metrics.capHeight() - (len(lines) - 1) * pitch) / 2
        for channel, text in enumerate(lines):
            if text not in widths:
                widths[text] = metrics.horizontalAdvance(text)
            painter.setPen(_ink(None if len(lines) == 1 else channel, shade))
            painter.drawText(QPointF(middle - widths[text] / 2, line + channel * pitch), text)


def _font(scale: float, picture: Picture) -> QFont:
    """As large as a pixel allows for its longest number and all its lines, and no larger than the body text."""
    font = theme.font(theme.Type.BODY, tabular=True)
    size = QFontInfo(font).pixelSize()
    width = QFontMetricsF(font).horizontalAdvance("−88.8" if picture.signed else "888")
    height = size * _PITCH * picture.values.shape[-1]
    font.setPixelSize(max(1, int(size * min(1.0, 0.94 * scale / max(width, height)))))
    return font


def _shades(picture: Picture, seen: QRect) -> list[list[int]]:
    """How light the pixels are, 0 to 63, as the eye sees it."""
    packed = picture.packed[seen.top() : seen.bottom() + 1, seen.left() : seen.right() + 1]
    channels = np.stack([packed >> 16 & 255, packed >> 8 & 255, packed & 255], axis=-1) / 255
    luminance = channels**2.2 @ _LUMINANCE
    shades: list[list[int]] = np.rint(luminance ** (1 / 2.2) * (_SHADES - 1)).astype(int).tolist()
    return shades


@cache
def _ink(channel: int | None, shade: int) -> QColor:
    """The colour of a channel, just as light or dark as it must be to be read; black or white if there is one."""
    grey = shade / (_SHADES - 1)
    ground = QColor.fromRgbF(grey, grey, grey)
    plain = on(ground.name())
    if channel is None:
        return plain
    end = plain.lightnessF()
    for step in range(11):
        tinted = QColor.fromHslF(_HUES[channel], 1.0, 0.5 + (end - 0.5) * step / 10)
        if contrast(tinted, ground) >= READABLE:
            return tinted
    return plain
