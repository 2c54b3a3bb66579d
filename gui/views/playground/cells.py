"""A grid of numbers: coloured always, written out where there is room, and pointed at cell by cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache, reduce
from typing import Final, NamedTuple

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFocusEvent,
    QFont,
    QFontInfo,
    QFontMetricsF,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from engine.frame import Floats
from engine.playground import Margins
from engine.playground_text import say_number
from gui import theme
from gui.views.ink import on
from gui.views.playground.shade import Shade, pooled

NONE: Final = Margins(0, 0, 0, 0)

_FRAME: Final = 3
_LARGEST, _NARROW, _WRITTEN, _RULED = 56, 14, 11, 6
"""Sizes of a cell, in units of the screen: the largest; the smallest to be outlined within, written in, ruled off."""
_SMALLEST_TYPE: Final = 8
_ARROWS: Final = {
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
}
_FAR: Final = 1 << 20
_NO_FACTORS: Final[Mapping[tuple[int, int], str]] = {}


class Area(NamedTuple):
    """Some cells that are lit together; may lie in the padding."""

    row: int
    column: int
    rows: int = 1
    columns: int = 1


class Cells(QWidget):
    """Shows a matrix; one cell is chosen, by mouse or arrow keys, and some are lit from outside.

    Args:
        name: what the matrix is, for those who hear it.
        parent: as usual.
        square: whether cells are; else they fill the room.
        sparse: whether single numbers must not be lost where there is less than a point a cell.
        right: whether it stands at the right end of its room, not in the middle.
    """

    pointed = Signal(int, int)
    """Row and column under the pointer."""
    left = Signal()
    """The pointer is over no cell any more."""
    chosen = Signal(int, int)
    """Row and column that were clicked, or reached with the arrow keys."""

    def __init__(
        self,
        name: str,
        parent: QWidget | None = None,
        *,
        square: bool = True,
        sparse: bool = False,
        right: bool = False,
    ) -> None:
        super().__init__(parent)
        self._square, self._sparse, self._right = square, sparse, right
        self._values = np.zeros((1, 1), np.float32)
        self._shade = Shade(1.0, signed=False)
        self._margins = NONE
        self._lit: tuple[Area, ...] = ()
        self._singled: Area | None = None
        self._factors: Mapping[tuple[int, int], str] = {}
        self._current = (0, 0)
        self._painted: tuple[QSize, QImage] | None = None
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    # What is shown

    @property
    def values(self) -> Floats:
        """The numbers."""
        return self._values

    @property
    def lit(self) -> tuple[Area, ...]:
        """The cells that are outlined."""
        return self._lit

    @property
    def singled(self) -> Area | None:
        """The cells that are pointed at."""
        return self._singled

    @property
    def current(self) -> tuple[int, int]:
        """Row and column of the chosen cell."""
        return self._current

    def show_values(self, values: Floats, shade: Shade, margins: Margins = NONE) -> None:
        """Shows a matrix (H, W), with so many rows and columns of padding around it."""
        self._values, self._shade, self._margins, self._painted = values, shade, margins, None
        self.choose(*self._current)
        self.update()

    def light(
        self, areas: Sequence[Area], singled: Area | None = None, factors: Mapping[tuple[int, int], str] = _NO_FACTORS
    ) -> None:
        """Outlines cells.

        Args:
            areas: those that belong together.
            singled: one among or beside them that is pointed at.
            factors: what is written small into cells (row, column) where there is room: ``·4``.
        """
        if (self._lit, self._singled, self._factors) != (tuple(areas), singled, factors):
            self._lit, self._singled, self._factors = tuple(areas), singled, factors
            self.update()

    def choose(self, row: int, column: int) -> None:
        """Moves the cursor, without telling of it, as near to there as the matrix reaches."""
        height, width = self._values.shape
        self._current = min(max(row, 0), height - 1), min(max(column, 0), width - 1)
        at = float(self._values[self._current])
        self.setAccessibleDescription(f"row {self._current[0]}, column {self._current[1]}: {say_number(at)}")
        self.update()

    def sizeHint(self) -> QSize:
        """Room for a small matrix."""
        return QSize(20 * theme.GRID, 16 * theme.GRID)

    def minimumSizeHint(self) -> QSize:
        """Room for a picture that can just be told."""
        return QSize(6 * theme.GRID, 6 * theme.GRID)

    # Where cells are

    @property
    def _counts(self) -> tuple[int, int]:
        """Columns and rows, with the padding."""
        height, width = self._values.shape
        top, bottom, left, right = self._margins
        return left + width + right, top + height + bottom

    @property
    def cell(self) -> tuple[float, float]:
        """Width and height of a cell; whole where it is large enough to see the difference."""
        columns, rows = self._counts
        across = min((self.width() - 2 * _FRAME) / columns, _LARGEST)
        down = min((self.height() - 2 * _FRAME) / rows, _LARGEST)
        if self._square:
            across = down = min(across, down)
        return float(int(across)) if across >= _RULED else across, float(int(down)) if down >= _RULED else down

    def place(self, area: Area) -> QRectF:
        """Where an area is drawn."""
        (across, down), (columns, rows) = self.cell, self._counts
        spare = self.width() - columns * across
        left = int(spare - _FRAME if self._right else spare / 2) + self._margins.left * across
        top = int((self.height() - rows * down) / 2) + self._margins.top * down
        return QRectF(left + area.column * across, top + area.row * down, area.columns * across, area.rows * down)

    def _whole(self) -> Area:
        return Area(0, 0, *self._values.shape)

    def cell_at(self, at: QPointF) -> tuple[int, int] | None:
        """Row and column at a place of the widget; None beside the matrix."""
        whole, (across, down) = self.place(self._whole()), self.cell
        row, column = int((at.y() - whole.top()) // down), int((at.x() - whole.left()) // across)
        height, width = self._values.shape
        return (row, column) if 0 <= row < height and 0 <= column < width else None

    # Painting

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws padding, colours, numbers, what is lit, and the chosen cell."""
        painter = QPainter(self)
        self._paint_padding(painter)
        whole = self.place(self._whole())
        painter.drawImage(whole, self._image(whole))
        self._paint_rules(painter)
        self._paint_numbers(painter)
        for place in self._lit_places():
            self._outline(painter, place, theme.color("text"))
        if self._singled is not None:
            self._outline(painter, self.place(self._singled), theme.color("accent"))
        self._paint_factors(painter)
        if self.hasFocus():
            self._outline(painter, self.place(Area(*self._current)), theme.color("accent"))

    def _image(self, whole: QRectF) -> QImage:
        """The colours, at most as many as there are points on the screen."""
        ratio = self.devicePixelRatioF()
        size = QSize(max(1, int(whole.width() * ratio)), max(1, int(whole.height() * ratio)))
        if self._painted is None or self._painted[0] != size:
            values, (height, width) = self._values, self._values.shape
            if self._sparse and (size.height() < height or size.width() < width):
                values = pooled(values, min(height, size.height()), min(width, size.width()))
            packed = np.ascontiguousarray(self._shade.colours(values))
            image = QImage(packed.tobytes(), packed.shape[1], packed.shape[0], QImage.Format.Format_RGB32).copy()
            if size.width() < image.width():  # unsmoothed it would show patterns that are not there
                fit, smooth = Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
                image = image.scaled(size, fit, smooth)
            self._painted = size, image
        return self._painted[1]

    def _paint_padding(self, painter: QPainter) -> None:
        top, _, left, _ = self._margins
        if any(self._margins):
            columns, rows = self._counts
            place = self.place(Area(-top, -left, rows, columns))
            painter.fillRect(place, theme.color("alternate"))
            painter.fillRect(place, QBrush(theme.color("muted"), Qt.BrushStyle.BDiagPattern))

    def _paint_rules(self, painter: QPainter) -> None:
        if min(self.cell) < _RULED:
            return
        top, _, left, _ = self._margins
        columns, rows = self._counts
        box = self.place(Area(-top, -left, rows, columns))
        painter.setPen(QPen(theme.color("window"), 1))
        (across, down) = self.cell
        for column in range(columns + 1):
            x = box.left() + column * across
            painter.drawLine(QPointF(x, box.top()), QPointF(x, box.bottom()))
        for row in range(rows + 1):
            y = box.top() + row * down
            painter.drawLine(QPointF(box.left(), y), QPointF(box.right(), y))

    def _paint_numbers(self, painter: QPainter) -> None:
        if min(self.cell) < _WRITTEN:
            return
        texts = [[say_number(each, 3) for each in row] for row in self._values.tolist()]
        font = self._font([text for row in texts for text in row])
        if font is None:
            return
        painter.setFont(font)
        colours = self._shade.colours(self._values).tolist()
        for row, line in enumerate(texts):
            for column, text in enumerate(line):
                painter.setPen(_ink(colours[row][column]))
                painter.drawText(self.place(Area(row, column)), Qt.AlignmentFlag.AlignCenter.value, text)

    def _paint_factors(self, painter: QPainter) -> None:
        font = theme.font(theme.Type.CAPTION, tabular=True)
        metrics = QFontMetricsF(font)
        if min(self.cell) < 3 * metrics.height():
            return
        painter.setFont(font)
        corner = (Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignBottom).value
        for (row, column), text in self._factors.items():
            place = self.place(Area(row, column)).adjusted(0, 0, -4, -2)
            ground = QRectF(0, 0, metrics.horizontalAdvance(text) + 4, metrics.height())
            ground.moveBottomRight(place.bottomRight())
            painter.fillRect(ground, theme.color("base"))
            painter.setPen(theme.color("text"))
            painter.drawText(ground.adjusted(0, 0, -2, 0), corner, text)

    def _font(self, texts: Sequence[str]) -> QFont | None:
        """As large as a cell allows for its longest number, and no larger than the body text; None if too small."""
        font = theme.font(theme.Type.BODY, tabular=True)
        size, metrics = QFontInfo(font).pixelSize(), QFontMetricsF(font)
        across, down = self.cell
        widest = max(metrics.horizontalAdvance(each) for each in texts)
        pixels = int(min(size, size * (across - 3) / widest, down - 2))
        if pixels < _SMALLEST_TYPE:
            return None
        font.setPixelSize(pixels)
        return font

    def _lit_places(self) -> list[QRectF]:
        """Of a picture with tiny cells one box for all: many outlines would hide it."""
        places = [self.place(each) for each in self._lit]
        if not self._square or min(self.cell) >= _RULED or not places:
            return places
        return [reduce(QRectF.united, places)]

    def _outline(self, painter: QPainter, place: QRectF, colour: QColor) -> None:
        """A line that is seen on every ground: the colour on a broader one of its contrary."""
        is_small = min(self.cell) < _NARROW  # a line within a small cell would hide it
        width, inset = (1.5, -1.5) if is_small else (2.0, 0.5)
        for broad, ink in ((2 * width, theme.color("base")), (width, colour)):
            painter.setPen(QPen(ink, broad, Qt.PenStyle.SolidLine, Qt.PenCapStyle.SquareCap, Qt.PenJoinStyle.MiterJoin))
            painter.drawRect(place.adjusted(inset, inset, -inset, -inset))

    # Mouse and keys

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tells what is pointed at."""
        cell = self.cell_at(event.position())
        if cell is None:
            self.left.emit()
        else:
            self.pointed.emit(*cell)

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is pointed at."""
        super().leaveEvent(event)
        self.left.emit()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Chooses a cell."""
        cell = self.cell_at(event.position())
        if cell is not None and event.button() is Qt.MouseButton.LeftButton:
            self._move_to(*cell)

    def _move_to(self, row: int, column: int) -> None:
        self.choose(row, column)
        self.chosen.emit(*self._current)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrow keys go from cell to cell, Home and End to the ends of a row."""
        row, column = self._current
        by = _ARROWS.get(Qt.Key(event.key()))
        if by is not None:
            self._move_to(row + by[0], column + by[1])
        elif event.key() == Qt.Key.Key_Home:
            self._move_to(row, 0)
        elif event.key() == Qt.Key.Key_End:
            self._move_to(row, _FAR)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Lights what the chosen cell belongs to."""
        super().focusInEvent(event)
        self.chosen.emit(*self._current)


@cache
def _ink(packed: int) -> QColor:
    """Black or white, whichever reads better on a colour."""
    return on(QColor(packed).name())
