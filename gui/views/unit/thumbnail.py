"""A picture drawn as large as fits a box: nearest neighbour when enlarged, smooth when reduced."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter


def fitted(image: QImage, box: QRectF) -> QRectF:
    """The largest place of the image's shape within a box, in its middle."""
    if image.isNull() or box.isEmpty():
        return QRectF()
    scale = min(box.width() / image.width(), box.height() / image.height())
    place = QRectF(0, 0, scale * image.width(), scale * image.height())
    place.moveCenter(box.center())
    return place


def paint_fitted(painter: QPainter, image: QImage, box: QRectF) -> QRectF:
    """Draws an image within a box and gives its place."""
    place = fitted(image, box)
    ratio = painter.device().devicePixelRatioF()
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, place.width() * ratio < image.width())
    painter.drawImage(place, image)
    return place
