"""A small picture of the whole photograph, on which the part that the network sees stays bright."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from engine.frame import Photo, Pixels
from gui import theme

HEIGHT = 16 * theme.GRID
_BAR = QColor(128, 128, 128)
"""The grey that the network sees beside a picture that is fitted in."""
_DIM = 0.7
_THINNEST = 3.0
"""A single row of pixels is still shown as a line that can be seen."""
_FINE = 4
"""A large picture is thinned out to this many times the size at which it is shown, then reduced smoothly."""


class Thumbnail(QWidget):
    """Shows a photograph and the part of it that the network sees; without one, a text that says how to get one."""

    def __init__(self, hint: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._hint = hint
        self._photo: Photo | None = None
        self._small = QImage()
        self.setMinimumHeight(HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("The photograph, and what the network sees of it")
        self.setAccessibleDescription(hint)

    @property
    def photo(self) -> Photo | None:
        """What is shown."""
        return self._photo

    def show_photo(self, photo: Photo) -> None:
        """Shows another photograph, or another part of it."""
        if photo is self._photo:
            return
        if self._photo is None or photo.pixels is not self._photo.pixels:
            self._small = QImage()
        self._photo = photo
        self.setAccessibleDescription(say_window(photo))
        self.update()

    def sizeHint(self) -> QSize:
        """A third of the panel's width more than its height."""
        return QSize(4 * HEIGHT // 3, HEIGHT)

    def place(self) -> QRectF:
        """Where the photograph lies; empty if there is none. The part that is seen may reach beyond it."""
        return QRectF() if self._photo is None else self._to_widget(_extent(self._photo))

    def seen(self) -> QRectF:
        """Where the part that the network sees lies; empty if there is no photograph."""
        return QRectF() if self._photo is None else self._to_widget(_window(self._photo))

    def _to_widget(self, part: QRectF) -> QRectF:
        assert self._photo is not None  # noqa: S101 - asked only with a photograph
        whole = _extent(self._photo).united(_window(self._photo))
        space = QRectF(self.rect()).adjusted(4, 4, -4, -4)
        scale = min(space.width() / whole.width(), space.height() / whole.height())
        offset = space.center() - whole.center() * scale
        placed = QRectF(part.topLeft() * scale + offset, part.size() * scale)
        thin = [max(0.0, _THINNEST - length) / 2 for length in (placed.width(), placed.height())]
        return placed.adjusted(-thin[0], -thin[1], thin[0], thin[1])

    def paintEvent(self, _event: QPaintEvent) -> None:
        """The photograph, what is not seen of it dimmed, and a line around what is."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("stage"))
        painter.drawRoundedRect(self.rect(), theme.GRID / 2, theme.GRID / 2)
        if self._photo is None:
            painter.setPen(theme.color("muted"))
            inside = self.rect().adjusted(theme.GRID, 0, -theme.GRID, 0)
            painter.drawText(inside, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self._hint)
            return
        self._paint_photo(painter, self._photo, self.place(), self.seen())

    def _paint_photo(self, painter: QPainter, photo: Photo, place: QRectF, seen: QRectF) -> None:
        sharp = place.size().toSize() * self.devicePixelRatioF()
        is_enlarged = place.width() >= 2 * photo.pixels.shape[1]  # then every pixel is seen as what it is: a square
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, not is_enlarged)
        if self._small.size() != sharp:
            self._small = _reduced(photo.pixels, sharp)
        painter.fillRect(seen, _BAR)
        painter.drawImage(place, self._small)
        dim = theme.color("stage")
        dim.setAlphaF(_DIM)
        painter.save()
        painter.setClipRect(place)
        for part in _around(seen, place):
            painter.fillRect(part, dim)
        painter.restore()
        for width, ink in ((3.0, theme.color("stage")), (1.0, theme.color("text"))):
            painter.setPen(QPen(ink, width))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(seen)


def say_window(photo: Photo) -> str:
    """What part of the photograph is seen, in words."""
    seen, whole = _window(photo), _extent(photo)
    if seen.contains(whole):
        return f"The network sees all of {photo.name}."
    part = seen.intersected(whole)
    return f"The network sees {part.width() * part.height() / (whole.width() * whole.height()):.0%} of {photo.name}."


def _extent(photo: Photo) -> QRectF:
    height, width = photo.pixels.shape[:2]
    return QRectF(0, 0, width, height)


def _window(photo: Photo) -> QRectF:
    seen = photo.window
    return QRectF(seen.left, seen.top, seen.right - seen.left, seen.bottom - seen.top)


def _around(seen: QRectF, place: QRectF) -> tuple[QRectF, ...]:
    """The four strips of ``place`` beside ``seen``."""
    return (
        QRectF(place.left(), place.top(), place.width(), seen.top() - place.top()),
        QRectF(place.left(), seen.bottom(), place.width(), place.bottom() - seen.bottom()),
        QRectF(place.left(), seen.top(), seen.left() - place.left(), seen.height()),
        QRectF(seen.right(), seen.top(), place.right() - seen.right(), seen.height()),
    )


def _reduced(pixels: Pixels, size: QSize) -> QImage:
    """(H, W, 3) of uint8 as a small picture of its own; never enlarged here."""
    height, width = pixels.shape[:2]
    every = max(1, min(width // max(1, _FINE * size.width()), height // max(1, _FINE * size.height())))
    thin = np.ascontiguousarray(pixels[::every, ::every])
    image = QImage(thin.data, thin.shape[1], thin.shape[0], thin.strides[0], QImage.Format.Format_RGB888)
    if size.width() >= width:
        return image.copy()
    return image.scaled(size, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation)
