"""Small pictures for lists: read one between two events, so that nothing waits for them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, QRect, QSize, Qt, QTimer
from PySide6.QtGui import QIcon, QImageReader, QPixmap

from gui import theme

SIDE = 6 * theme.GRID
"""Of a thumbnail, in pixels."""
MOST_TRIED = 8
"""Pictures that are tried for one thumbnail: a broken one among good ones is passed over."""


class Thumbnails(QObject):
    """Hands out the thumbnails that were asked for; a picture that cannot be shown has none."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._wanted: list[tuple[Sequence[str], float, Callable[[QIcon], object]]] = []
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._read_one)

    @property
    def is_reading(self) -> bool:
        """Whether there are some to be read."""
        return self._timer.isActive()

    def ask(self, paths: Sequence[str], ratio: float, take: Callable[[QIcon], object]) -> None:
        """Reads the first picture that can be shown, later, for a screen with ``ratio`` pixels in one of Qt's."""
        self._wanted.append((paths[:MOST_TRIED], ratio, take))
        self._timer.start(0)

    def forget(self) -> None:
        """Nobody wants those that were asked for any more."""
        self._wanted.clear()

    def _read_one(self) -> None:
        if not self._wanted:
            self._timer.stop()
            return
        paths, ratio, take = self._wanted.pop(0)
        if not paths:
            return
        pixmap = thumbnail(paths[0], ratio)
        if pixmap is not None:
            take(QIcon(pixmap))
        else:
            self._wanted.insert(0, (paths[1:], ratio, take))


def thumbnail(path: str, ratio: float = 1.0) -> QPixmap | None:
    """The middle of a picture, a square; None of what Qt cannot read. A small picture's pixels stay squares."""
    reader = QImageReader(path)
    reader.setAutoTransform(True)
    reader.setDecideFormatFromContent(True)
    side = round(SIDE * ratio)
    there = reader.size()
    is_small = there.isValid() and max(there.width(), there.height()) < side
    if there.isValid() and not is_small:
        reader.setScaledSize(there.scaled(side, side, Qt.AspectRatioMode.KeepAspectRatioByExpanding))
    image = reader.read()
    if image.isNull():
        return None
    way = Qt.TransformationMode.FastTransformation if is_small else Qt.TransformationMode.SmoothTransformation
    image = image.scaled(QSize(side, side), Qt.AspectRatioMode.KeepAspectRatioByExpanding, way)
    place = QRect(0, 0, side, side)
    place.moveCenter(image.rect().center())
    made = QPixmap.fromImage(image.copy(place))
    made.setDevicePixelRatio(ratio)
    return made
