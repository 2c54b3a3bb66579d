"""Which part of the picture the panes show; one object for all of them, so that they move together."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QObject, QPointF, QRectF, QSize, Signal

PIXELS_AT_MOST_ZOOM: Final = 4
"""How many pixels of the picture's longer side are left in view at the largest zoom."""


class Viewport(QObject):
    """Zoom and centre. Zoom 1 fits the whole picture; the centre is in the picture's pixels, kept inside it."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._size = QSize(1, 1)
        self._zoom = 1.0
        self._centre = QPointF(0.5, 0.5)

    @property
    def size(self) -> QSize:
        """Width and height of the picture."""
        return self._size

    @property
    def zoom(self) -> float:
        """How much larger than fitted."""
        return self._zoom

    @property
    def largest_zoom(self) -> float:
        """The zoom at which only a few pixels are left."""
        return max(1.0, max(self._size.width(), self._size.height()) / PIXELS_AT_MOST_ZOOM)

    @property
    def centre(self) -> QPointF:
        """What is in the middle of the panes."""
        return QPointF(self._centre)

    def set_size(self, size: QSize) -> None:
        """Takes the size of a new picture; another size than before is shown whole."""
        if size != self._size:
            self._size = QSize(size)
            self.fit()

    def fit(self) -> None:
        """Shows the whole picture."""
        self._move(1.0, QPointF(self._size.width() / 2, self._size.height() / 2))

    def zoom_by(self, factor: float, around: QPointF | None = None) -> None:
        """Enlarges; the point ``around`` of the picture stays where it is on the screen."""
        zoom = min(max(self._zoom * factor, 1.0), self.largest_zoom)
        fixed = self._centre if around is None else around
        self._move(zoom, fixed + (self._centre - fixed) * (self._zoom / zoom))

    def pan_by(self, by: QPointF) -> None:
        """Moves the centre by so many pixels of the picture."""
        self._move(self._zoom, self._centre + by)

    def reveal(self, pixel: QRectF) -> None:
        """Moves just as far as it takes to see all of ``pixel``."""
        seen = self._visible()
        right = max(0.0, pixel.right() - seen.right()) + min(0.0, pixel.left() - seen.left())
        down = max(0.0, pixel.bottom() - seen.bottom()) + min(0.0, pixel.top() - seen.top())
        self.pan_by(QPointF(right, down))

    def scale_in(self, space: QRectF) -> float:
        """How many units of ``space`` one pixel of the picture takes there."""
        fitted = min(space.width() / self._size.width(), space.height() / self._size.height())
        return max(fitted, 1e-6) * self._zoom

    def place_in(self, space: QRectF) -> QRectF:
        """Where the whole picture lies when its centre is in the middle of ``space``; larger than it when zoomed."""
        scale = self.scale_in(space)
        corner = space.center() - self._centre * scale
        return QRectF(corner.x(), corner.y(), self._size.width() * scale, self._size.height() * scale)

    def _visible(self) -> QRectF:
        width, height = self._size.width() / self._zoom, self._size.height() / self._zoom
        return QRectF(self._centre.x() - width / 2, self._centre.y() - height / 2, width, height)

    def _move(self, zoom: float, centre: QPointF) -> None:
        half = QPointF(self._size.width(), self._size.height()) / (2 * zoom)
        inside = QPointF(
            min(max(centre.x(), half.x()), self._size.width() - half.x()),
            min(max(centre.y(), half.y()), self._size.height() - half.y()),
        )
        if (zoom, inside) != (self._zoom, self._centre):
            self._zoom, self._centre = zoom, inside
            self.changed.emit()
