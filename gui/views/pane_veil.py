"""What lies over the part of a picture that an attack may not change: a veil of grey, and a line around it."""

from __future__ import annotations

from typing import Final

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen, QTransform

from engine.masks import Area
from engine.wording import say_percent
from gui import theme

OPACITY: Final = 0.6
"""Of the veil; what is under it can still be told."""

_SWATCH: Final = QSize(48, 8)
_LINES: Final = ((Qt.GlobalColor.white, 3.0), (Qt.GlobalColor.black, 1.0))
"""Seen on any picture."""


class Veil:
    """The picture of an area, (H, W), true where the attack may act; made once and drawn at any zoom."""

    def __init__(self, area: Area) -> None:
        self.area = area
        shades = np.where(area, np.uint32(0), np.uint32(_grey().rgba())).astype(np.uint32)
        height, width = area.shape
        self._image = QImage(shades.data, width, height, 4 * width, QImage.Format.Format_ARGB32).copy()
        self._border = _border_of(area)

    def say(self) -> str:
        """What is veiled, and how much of the picture: ``may not change: 38 %``."""
        share = 1 - float(self.area.mean())
        return f"may not change: {say_percent(share)}"

    def paint(self, painter: QPainter, seen: QRect, shown: QRectF, scale: float) -> None:
        """Draws the pixels ``seen`` of it at the place ``shown``; one pixel is ``scale`` wide there."""
        painter.drawImage(shown, self._image, QRectF(seen))
        painter.save()
        corner = shown.topLeft() - QPointF(seen.topLeft()) * scale
        painter.setTransform(QTransform(scale, 0, 0, scale, corner.x(), corner.y()), combine=True)
        for colour, width in _LINES:
            pen = QPen(QColor(colour), width)
            pen.setCosmetic(True)
            painter.setPen(pen)
            painter.drawLines(self._border)
        painter.restore()


def swatch() -> QImage:
    """The veil as a legend shows it."""
    image = QImage(_SWATCH, QImage.Format.Format_ARGB32)
    image.fill(_grey())
    return image


def outline_disc(painter: QPainter, middle: QPointF, width: float) -> None:
    """A circle that is seen on any picture."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for colour, thick in _LINES:
        painter.setPen(QPen(QColor(colour), thick))
        painter.drawEllipse(middle, width / 2, width / 2)
    painter.restore()


def _grey() -> QColor:
    grey = QColor(theme.OTHER)
    grey.setAlphaF(OPACITY)
    return grey


def _border_of(area: Area) -> list[QLineF]:
    """The edges of pixels between what is veiled and what is not, in pixels of the picture."""
    rows, columns = np.nonzero(area[:, 1:] != area[:, :-1])
    upright = [QLineF(x + 1, y, x + 1, y + 1) for y, x in zip(rows.tolist(), columns.tolist(), strict=True)]
    rows, columns = np.nonzero(area[1:] != area[:-1])
    level = [QLineF(x, y + 1, x + 1, y + 1) for y, x in zip(rows.tolist(), columns.tolist(), strict=True)]
    return upright + level
