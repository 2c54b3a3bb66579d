"""Many small pictures at once: the feature maps of a layer, its filters, patches; pointed at, chosen, scrolled."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QLineF, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QSizePolicy, QStyle, QWidget

from engine.frame import Floats
from gui import theme
from gui.controls.keys import keeps
from gui.views.mosaic_numbers import paint_numbers
from gui.views.mosaic_tiles import Grid, arrange, mosaic, shrunk

Cell = tuple[int, int, int]
"""Tile, row and column."""

_HELP: Final = "Arrow keys choose a tile. Shift and an arrow key point at a number in it."
_STEPS: Final = {
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
}


class MosaicPane(QAbstractScrollArea):
    """Tiles in a grid that fills the widget; it scrolls where they would become too small to be told apart.

    Numbers are enlarged without smoothing, and written into their cells where these are large. What is not a number
    is magenta.
    """

    pointed = Signal(int, int, int)
    """Tile, row and column that the pointer, or the keyboard, is at."""
    left = Signal()
    """Nothing is pointed at any more."""
    chosen = Signal(int)
    """A tile was clicked, or reached with the arrow keys."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tiles: NDArray[Any] = np.zeros((0, 1, 1), np.float32)
        self._limits: tuple[Floats | float, Floats | float] = (0.0, 1.0)
        self._signed = False
        self._dead: NDArray[np.bool_] | None = None
        self._selected: int | None = None
        self._pointed: Cell | None = None
        self._grid: Grid | None = None
        self._image: QImage | None = None
        self._pixels: NDArray[np.uint32] | None = None  # the memory behind the image
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleDescription(_HELP)
        self.viewport().setMouseTracking(True)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    # What is shown

    @property
    def count(self) -> int:
        """How many tiles there are."""
        return len(self._tiles)

    @property
    def selected(self) -> int | None:
        """The tile that is outlined as chosen."""
        return self._selected

    @property
    def grid(self) -> Grid | None:
        """Where the tiles lie; None while there are none."""
        return self._grid

    def show_tiles(
        self,
        tiles: NDArray[Any],
        low: Floats | float = 0.0,
        high: Floats | float = 1.0,
        *,
        signed: bool = False,
        selected: int | None = None,
        dead: NDArray[np.bool_] | None = None,
    ) -> None:
        """Draws other tiles.

        Args:
            tiles: (N, H, W) float32, or (N, H, W, 3) uint8 for pictures in their own colours.
            low: the number that the first colour stands for; one for all, or (N,).
            high: of the last colour, likewise.
            signed: whether the colours are those around zero; ``low`` must then be −``high``.
            selected: the tile that is outlined.
            dead: (N,) tiles that are struck out.
        """
        moved = tiles.shape[:3] != self._tiles.shape[:3]
        self._tiles, self._limits, self._signed = tiles, (low, high), signed
        self._selected, self._dead = selected, dead
        self._image = None
        if moved:
            self._point(None)
            self._arrange()
        self.viewport().update()

    def clear(self) -> None:
        """Shows nothing."""
        self.show_tiles(np.zeros((0, 1, 1), np.float32))

    def select(self, tile: int | None) -> None:
        """Outlines a tile as the chosen one and scrolls to it, without telling of it."""
        if tile != self._selected:
            self._selected = tile
            self.viewport().update()
        if tile is not None and tile < self.count:
            self.reveal(tile)

    def mark(self, cell: Cell | None) -> None:
        """Outlines a number without telling of it, so that another widget may point at it."""
        if cell != self._pointed:
            self._pointed = cell
            self.viewport().update()

    # Where it is shown

    def _arrange(self) -> None:
        bar = self.verticalScrollBar()
        if not self.count:
            self._grid = None
            bar.setRange(0, 0)
            return
        space = self.maximumViewportSize()
        taken = self.style().pixelMetric(QStyle.PixelMetric.PM_ScrollBarExtent, None, self)
        height, width = self._tiles.shape[1:3]
        grid = arrange(self.count, (height, width), (space.width(), space.height()), taken)
        moved = grid != self._grid
        if moved:
            self._grid, self._image = grid, None
        bar.setRange(0, max(0, grid.rows * grid.height - space.height()))
        bar.setPageStep(space.height())
        bar.setSingleStep(grid.height)
        if moved and self._selected is not None and self._selected < self.count:
            self.reveal(self._selected)

    def rect_of(self, tile: int) -> QRect:
        """Where a tile is on the viewport, without the line that parts it from the next."""
        if self._grid is None:
            return QRect()
        x, y = self._grid.place(tile)
        return QRect(x, y - self.verticalScrollBar().value(), self._grid.width - 1, self._grid.height - 1)

    def cell_at(self, position: QPointF) -> Cell | None:
        """Tile, row and column at a place of the viewport."""
        grid = self._grid
        if grid is None:
            return None
        x, y = position.x(), position.y() + self.verticalScrollBar().value()
        tile = grid.tile_at(x, y)
        if tile is None:
            return None
        left, top = grid.place(tile)
        height, width = self._tiles.shape[1:3]
        row, column = math.floor((y - top) / grid.height * height), math.floor((x - left) / grid.width * width)
        return tile, min(row, height - 1), min(column, width - 1)

    def reveal(self, tile: int) -> None:
        """Scrolls just as far as it takes to see all of a tile."""
        bar, box = self.verticalScrollBar(), self.rect_of(tile)
        below = box.bottom() - self.viewport().height() + 1
        if box.top() < 0:
            bar.setValue(bar.value() + box.top())
        elif below > 0:
            bar.setValue(bar.value() + below)

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws all tiles as one picture, the lines between them, and what is laid over them."""
        painter = QPainter(self.viewport())
        grid = self._grid
        if grid is None:
            painter.fillRect(event.rect(), theme.color("window"))
            return
        if self._image is None:
            self._image = self._draw_image(grid)
        painter.translate(0, -self.verticalScrollBar().value())
        box = QRect(0, 0, grid.columns * grid.width, grid.rows * grid.height)
        smaller = box.width() * painter.device().devicePixelRatioF() < self._image.width()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smaller)
        painter.drawImage(box, self._image)
        self._paint_ground(painter, grid, box)
        self._paint_numbers(painter, grid, event.rect())
        self._paint_dead(painter, grid)
        self._paint_selected(painter, grid)
        self._paint_pointed(painter, grid)

    def _draw_image(self, grid: Grid) -> QImage:
        tiles, (low, high) = self._tiles, self._limits
        factor = int(tiles.shape[2] / (grid.width * self.devicePixelRatioF()))
        if factor > 1 and tiles.ndim == 3:
            tiles = shrunk(tiles, min(factor, *tiles.shape[1:]))
        self._pixels = pixels = mosaic(tiles, low, high, signed=self._signed, columns=grid.columns)
        return QImage(pixels.data, pixels.shape[1], pixels.shape[0], pixels.strides[0], QImage.Format.Format_RGB32)

    def _paint_ground(self, painter: QPainter, grid: Grid, box: QRect) -> None:
        """The lines between tiles, the empty places of the last row, and what is beside all of them."""
        ground = theme.color("window")
        right, bottom, size = box.width(), box.height(), self.viewport().size()
        beyond = size.height() + self.verticalScrollBar().value()
        painter.fillRect(QRect(right, 0, size.width() - right, beyond), ground)
        painter.fillRect(QRect(0, bottom, size.width(), beyond - bottom), ground)
        x, y = grid.place(grid.count)
        if y < bottom:
            painter.fillRect(QRect(x, y, right - x, grid.height), ground)
        painter.setPen(QPen(ground, 1))
        columns = (each * grid.width - 0.5 for each in range(1, grid.columns + 1))
        rows = (each * grid.height - 0.5 for each in range(1, grid.rows + 1))
        painter.drawLines([QLineF(each, 0, each, bottom) for each in columns])
        painter.drawLines([QLineF(0, each, right, each) for each in rows])

    def _paint_numbers(self, painter: QPainter, grid: Grid, seen: QRect) -> None:
        height, width = self._tiles.shape[1:3]
        if self._tiles.ndim != 3 or self._pixels is None or self._pixels.shape[1] != grid.columns * width:
            return
        box = QRectF(seen).translated(0, self.verticalScrollBar().value())
        for tile in range(grid.count):
            column, row = tile % grid.columns, tile // grid.columns
            colours = self._pixels[row * height : (row + 1) * height, column * width : (column + 1) * width]
            place = QRectF(column * grid.width, row * grid.height, grid.width, grid.height)
            if place.intersects(box):
                paint_numbers(painter, self._tiles[tile], colours, place, box)

    def _paint_dead(self, painter: QPainter, grid: Grid) -> None:
        if self._dead is None:
            return
        painter.setPen(QPen(QColor(theme.OTHER), 1))
        for tile in np.flatnonzero(self._dead[: grid.count]).tolist():
            x, y = grid.place(tile)
            painter.drawLine(x, y + grid.height - 1, x + grid.width - 1, y)

    def _paint_selected(self, painter: QPainter, grid: Grid) -> None:
        if self._selected is None or self._selected >= grid.count:
            return
        x, y = grid.place(self._selected)
        box = QRectF(x, y, grid.width - 1, grid.height - 1)
        colour = theme.color("accent" if self.hasFocus() else "text")
        _paint_box(painter, box.adjusted(1, 1, -1, -1), (theme.color("window"), 4.0), (colour, 2.0))

    def _paint_pointed(self, painter: QPainter, grid: Grid) -> None:
        if self._pointed is None:
            return
        tile, row, column = self._pointed
        x, y = grid.place(tile)
        height, width = self._tiles.shape[1:3]
        across, down = grid.width / width, grid.height / height
        box = QRectF(x + column * across, y + row * down, across, down)
        room = max(0.0, 5 - min(across, down)) / 2
        black, white = QColor(Qt.GlobalColor.black), QColor(Qt.GlobalColor.white)
        _paint_box(painter, box.adjusted(-room, -room, room, room), (white, 3.0), (black, 1.0))

    # The pointer

    def _point(self, cell: Cell | None) -> None:
        if cell == self._pointed:
            return
        self._pointed = cell
        self.viewport().update()
        if cell is None:
            self.left.emit()
        else:
            self.pointed.emit(*cell)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tells what the pointer is over."""
        self._point(self.cell_at(event.position()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Chooses a tile."""
        cell = self.cell_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and cell is not None:
            self._choose(cell[0])

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """It was for here."""
        event.accept()

    def viewportEvent(self, event: QEvent) -> bool:
        """Notices that the pointer leaves."""
        if event.type() == QEvent.Type.Leave:
            self._point(None)
        return super().viewportEvent(event)

    def _choose(self, tile: int) -> None:
        self.select(tile)
        self.chosen.emit(tile)

    # The keyboard

    def event(self, event: QEvent) -> bool:
        """Keeps the arrow keys from being taken for shortcuts of the window."""
        return keeps(event, lambda key: key.key() in _STEPS) or super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Chooses the next tile, or points at the next number."""
        key = Qt.Key(event.key())
        grid = self._grid
        if grid is None or key not in {*_STEPS, Qt.Key.Key_Home, Qt.Key.Key_End}:
            super().keyPressEvent(event)
            return
        if key in _STEPS and event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._step(*_STEPS[key])
            return
        if key not in _STEPS:
            self._choose(0 if key == Qt.Key.Key_Home else grid.count - 1)
            return
        down, right = _STEPS[key]
        now = self._selected
        wanted = 0 if now is None else now + down * grid.columns + right
        if 0 <= wanted < grid.count:
            self._choose(wanted)

    def _step(self, down: int, right: int) -> None:
        """Points at the next number of the tile that is pointed at, or chosen; first at its middle."""
        height, width = self._tiles.shape[1:3]
        if self._pointed is None:
            self._point((min(self._selected or 0, self.count - 1), height // 2, width // 2))
            return
        tile, row, column = self._pointed
        self._point((tile, min(max(row + down, 0), height - 1), min(max(column + right, 0), width - 1)))

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Shows where the keyboard is."""
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Shows it no more."""
        super().focusOutEvent(event)
        self.viewport().update()
        if not self.viewport().underMouse():
            self._point(None)

    # Its size

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lays the tiles out anew."""
        super().resizeEvent(event)
        self._arrange()

    def minimumSizeHint(self) -> QSize:
        """A few tiles."""
        return QSize(8 * theme.GRID, 6 * theme.GRID)

    def sizeHint(self) -> QSize:
        """It takes what there is."""
        return QSize(80 * theme.GRID, 20 * theme.GRID)


def _paint_box(painter: QPainter, box: QRectF, *pens: tuple[QColor, float]) -> None:
    """Outlines a box in one colour on another, so that it is seen on any ground."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for colour, width in pens:
        pen = QPen(colour, width)
        pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
        painter.setPen(pen)
        painter.drawRect(box)
