"""The size of the gradient at every layer, as two lines over a logarithmic axis: clean and attacked."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from PySide6.QtCore import QEvent, QLineF, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from engine.answers import Floats
from gui import theme
from gui.controls.keys import ALONG, keeps, place_after
from gui.views.scale_bar import say_value
from gui.views.section_names import paint_section_names
from gui.views.walk.axis import LogAxis, axis_for

_POINTS_FROM: Final = 9.0
"""From this distance between layers on every one has a point of its own."""
_NOTHING: Final = np.zeros(0, np.float32)
_TRIANGLE: Final = (QPointF(0, 0), QPointF(-5, -9), QPointF(5, -9))
_RAISED: Final = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


class LayerSizes(QWidget):
    """Two lines; a click or the arrow keys choose a layer, the pointer asks for its numbers.

    A gap is a layer to which no gradient comes; an open triangle at the foot is a gradient of exactly 0.
    """

    chosen = Signal(int)
    """A layer was clicked, or reached with the arrow keys."""
    hovered = Signal(int)
    """The layer that the pointer is over; −1 for none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._layers: tuple[str, ...] = ()
        self._clean, self._attacked = _NOTHING, _NOTHING
        self._axis = LogAxis(-1, 0)
        self._measure = ""
        self._selected: int | None = None
        self._hovered = -1
        self._arrange()
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Size of the gradient, layer by layer; arrow keys choose a layer")

    @property
    def axis(self) -> LogAxis:
        """The axis that is shown."""
        return self._axis

    @property
    def selected(self) -> int | None:
        """The layer that is outlined."""
        return self._selected

    def show_sizes(self, layers: Sequence[str], clean: Floats, attacked: Floats | None, measure: str = "") -> None:
        """Draws other lines.

        Args:
            layers: names, in the order in which they run.
            clean: (n,) sizes; NaN where no gradient comes.
            attacked: likewise; None until known.
            measure: what the sizes are, for the axis: ``mean |∂E/∂y|``.
        """
        self._measure = measure
        self._layers, self._clean = tuple(layers), clean
        self._attacked = _NOTHING if attacked is None else attacked
        self._axis = axis_for(self._clean, self._attacked)
        self._hover(self._hovered if self._hovered < len(layers) else -1)
        self._describe()
        self.update()

    def select(self, place: int | None) -> None:
        """Outlines a layer, without telling of it."""
        if place != self._selected:
            self._selected = place
            self._describe()
            self.update()

    def _describe(self) -> None:
        place = len(self._layers) if self._selected is None else self._selected
        known = place < len(self._layers)
        self.setAccessibleDescription(f"{self._layers[place]}: {say_value(float(self._clean[place]))}" if known else "")

    # Where it is shown

    @property
    def box(self) -> QRectF:
        """Where the lines are drawn, between the numbers of the axis and the names below."""
        return self._box

    def _arrange(self) -> None:
        metrics = QFontMetrics(theme.font(theme.Type.CAPTION, tabular=True))
        line, left = metrics.height(), metrics.height() + metrics.horizontalAdvance("10⁻¹⁰") + theme.GRID
        width, height = self.width() - left - theme.GRID, self.height() - 2 * line
        self._box = QRectF(left, line / 2, max(width, 1), max(height, 1))

    @property
    def _pitch(self) -> float:
        return self._box.width() / max(len(self._layers), 1)

    def point(self, place: int, size: float) -> QPointF:
        """Where the size of a layer's gradient is drawn."""
        box = self._box
        return QPointF(
            box.left() + (place + 0.5) * self._pitch, box.bottom() - box.height() * self._axis.height_of(size)
        )

    def place_at(self, position: QPointF) -> int:
        """The layer at a point; −1 for none."""
        place = math.floor((position.x() - self._box.left()) / self._pitch)
        return place if 0 <= place < len(self._layers) else -1

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Makes the lines fit anew."""
        super().resizeEvent(event)
        self._arrange()

    # Painting

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws the axis, the columns of the chosen layers, then the lines."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.color("base"))
        painter.setFont(theme.font(theme.Type.CAPTION, tabular=True))
        self._paint_axis(painter)
        paint_section_names(painter, self._layers, self._box, self._pitch)
        self._paint_measure(painter)
        self._paint_column(painter, self._hovered, "line", 1.0)
        chosen = -1 if self._selected is None else self._selected
        self._paint_column(painter, chosen, "accent" if self.hasFocus() else "text", 2.0)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_line(painter, self._clean, theme.CLEAN, 3.2)
        self._paint_line(painter, self._attacked, theme.ADVERSARIAL, 1.4)  # thinner, so that the one below is seen

    def _paint_axis(self, painter: QPainter) -> None:
        box, height = self._box, painter.fontMetrics().height()
        room = math.inf
        for exponent in self._axis.ticks:
            y = self.point(0, 10.0**exponent).y()
            painter.setPen(QPen(theme.color("line"), 1))
            painter.drawLine(QLineF(box.left() - 3, y, box.right(), y))
            if room - y < height:
                continue  # it would lie on the number below it
            room = y
            painter.setPen(theme.color("muted"))
            where = QRectF(0, y - height / 2, box.left() - 6, height)
            flags = Qt.AlignmentFlag.AlignRight.value | Qt.AlignmentFlag.AlignVCenter.value
            painter.drawText(where, flags, f"10{str(exponent).translate(_RAISED)}")

    def _paint_measure(self, painter: QPainter) -> None:
        """The name of the axis, from its foot to its top."""
        line = painter.fontMetrics().height()
        painter.save()
        painter.translate(0, self._box.bottom())
        painter.rotate(-90)
        painter.setPen(theme.color("muted"))
        painter.drawText(QRectF(0, 0, self._box.height(), line), Qt.AlignmentFlag.AlignCenter, self._measure)
        painter.restore()

    def _paint_column(self, painter: QPainter, place: int, colour: str, width: float) -> None:
        if 0 <= place < len(self._layers):
            box, pitch = self._box, max(self._pitch, 3.0)
            middle = self.point(place, 0.0).x()
            painter.setPen(QPen(theme.color(colour), width))
            painter.drawRect(QRectF(middle - pitch / 2, box.top(), pitch, box.height()))

    def _paint_line(self, painter: QPainter, sizes: Floats, colour: str, width: float) -> None:
        points = [self.point(place, float(size)) for place, size in enumerate(sizes)]
        known = np.isfinite(sizes).tolist()
        painter.setPen(QPen(QColor(colour), width))
        painter.setBrush(QColor(colour))
        for place in range(len(points) - 1):
            if known[place] and known[place + 1]:
                painter.drawLine(points[place], points[place + 1])
        radius = 1.6 + 0.6 * width
        for place, at in enumerate(points):
            stands_alone = not any(known[max(place - 1, 0) : place] + known[place + 1 : place + 2])
            if known[place] and (self._pitch >= _POINTS_FROM or stands_alone):
                painter.drawEllipse(at, radius, radius)
        painter.setPen(QPen(QColor(colour), 1.4))
        painter.setBrush(theme.color("base"))
        for place in np.flatnonzero(sizes == 0).tolist():
            painter.drawPolygon([points[place] + each for each in _TRIANGLE])

    # The pointer and the keyboard

    def _hover(self, place: int) -> None:
        if place != self._hovered:
            self._hovered = place
            self.update()
            self.hovered.emit(place)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tells what the pointer is over."""
        self._hover(self.place_at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        """The pointer is over nothing any more."""
        super().leaveEvent(event)
        self._hover(-1)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Chooses a layer."""
        place = self.place_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and place >= 0:
            self._choose(place)

    def _choose(self, place: int) -> None:
        self.select(place)
        self.chosen.emit(place)

    def event(self, event: QEvent) -> bool:
        """Keeps the arrow keys from being taken for shortcuts of the window."""
        if event.type() in {QEvent.Type.FocusIn, QEvent.Type.FocusOut}:
            self.update()
        return keeps(event, lambda key: key.key() in ALONG) or super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrow and page keys, Home and End choose a layer."""
        wanted = place_after(event.key(), self._selected, len(self._layers))
        if wanted is None:
            super().keyPressEvent(event)
        elif wanted != self._selected:
            self._choose(wanted)

    def minimumSizeHint(self) -> QSize:
        """A few layers over an axis of two numbers."""
        return QSize(20 * theme.GRID, 8 * theme.GRID)

    def sizeHint(self) -> QSize:
        """It takes what there is."""
        return QSize(80 * theme.GRID, 16 * theme.GRID)
