"""One picture of the equation: drawn as it is, zoomed and moved together with the others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QEnterEvent,
    QFocusEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui import theme
from gui.controls.keys import keeps
from gui.views.pane_numbers import READABLE_SCALE, paint_numbers
from gui.views.pane_pictures import Picture
from gui.views.pane_veil import Veil, outline_disc
from gui.views.pane_viewport import Viewport

FRAME: Final = 4
"""Room around the picture: the keyboard's focus on the outside, the verdict's outline on the inside."""

_NOTCH: Final = 120
_ZOOM_STEP: Final = 1.25
_ARROWS: Final = {
    Qt.Key.Key_Left: QPointF(-1, 0),
    Qt.Key.Key_Right: QPointF(1, 0),
    Qt.Key.Key_Up: QPointF(0, -1),
    Qt.Key.Key_Down: QPointF(0, 1),
}
_BY_KEYBOARD: Final = (
    Qt.FocusReason.TabFocusReason,
    Qt.FocusReason.BacktabFocusReason,
    Qt.FocusReason.ShortcutFocusReason,
)
_HELP: Final = (
    "Wheel, + and − zoom, dragging and the arrow keys move, 0 or a double click shows all. "
    "Shift and an arrow key point at a pixel."
)


class ImagePane(QWidget):
    """Draws one picture through a viewport that it shares with other panes.

    A picture is enlarged without smoothing, so that a pixel stays a square, and reduced smoothly, so that no
    pattern appears that is not there. Where a pixel is large enough its numbers are written into it.
    """

    hovered = Signal(int, int)
    """The pixel, column and row, that is pointed at."""
    left = Signal()
    """Nothing is pointed at any more."""
    focusLost = Signal()  # noqa: N815 - Qt's spelling of signals

    def __init__(self, viewport: Viewport, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._viewport = viewport
        self._picture: Picture | None = None
        self._reduced: tuple[QSize, QImage] | None = None
        self._text = ""
        self._outline: str | None = None
        self._marked: QPoint | None = None
        self._window: QRectF | None = None
        self._veil: Veil | None = None
        self._brush: float | None = None
        self._under_brush: QPointF | None = None
        self._grabbed: QPointF | None = None
        self._shows_focus = False
        self.setAccessibleName(name)
        self.setAccessibleDescription(_HELP)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        viewport.changed.connect(self.update)

    # What is shown

    @property
    def picture(self) -> Picture | None:
        """What is drawn now."""
        return self._picture

    @property
    def text(self) -> str:
        """What is said in place of a picture."""
        return "" if self._picture is not None else self._text

    @property
    def marked(self) -> QPoint | None:
        """The outlined pixel."""
        return self._marked

    def show_picture(self, picture: Picture) -> None:
        """Draws a picture; its size must be the viewport's."""
        if picture is not self._picture:
            self._picture, self._reduced = picture, None
            self.update()

    def say(self, text: str) -> None:
        """Shows words in place of a picture."""
        self._picture, self._reduced, self._text = None, None, text
        self.update()

    def set_outline(self, colour: str | None) -> None:
        """Draws a frame in a data colour around the picture, or none."""
        if colour != self._outline:
            self._outline = colour
            self.update()

    def mark(self, pixel: QPoint | None) -> None:
        """Outlines a pixel, or none."""
        if pixel != self._marked:
            self._marked = pixel
            self.update()

    @property
    def window_outlined(self) -> QRectF | None:
        """The outlined part of the picture, in its pixels."""
        return self._window

    def outline_window(self, window: tuple[float, float, float, float] | None) -> None:
        """Outlines the part of the picture between left, top, right and bottom, in its pixels; or none."""
        wanted = None if window is None else QRectF(QPointF(*window[:2]), QPointF(*window[2:]))
        if wanted != self._window:
            self._window = wanted
            self.update()

    @property
    def veil(self) -> Veil | None:
        """What is laid over the picture."""
        return self._veil

    def show_veil(self, veil: Veil | None) -> None:
        """Lays a veil over a part of the picture, or none."""
        if veil is not self._veil:
            self._veil = veil
            self.update()

    def show_brush(self, width: float | None) -> None:
        """Draws a circle so many pixels of the picture wide around the pointer, or none."""
        self._brush = width
        self.update()

    # Where it is shown

    def pixel_at(self, position: QPointF) -> QPoint | None:
        """The pixel of the picture at a place of the widget; None beside the picture."""
        space, size = self._space(), self._viewport.size
        if self._picture is None or not space.contains(position):
            return None
        point = self.point_at(position)
        pixel = QPoint(int(point.x() // 1), int(point.y() // 1))
        return pixel if QRect(QPoint(0, 0), size).contains(pixel) else None

    @property
    def scale(self) -> float:
        """How many of the widget's pixels show one of the picture's."""
        return self._viewport.scale_in(self._space())

    def _space(self) -> QRectF:
        return QRectF(self.rect()).adjusted(FRAME, FRAME, -FRAME, -FRAME)

    def point_at(self, position: QPointF) -> QPointF:
        """The point of the picture at a place of the widget, in the picture's pixels; also beside the picture."""
        place = self._viewport.place_in(self._space())
        return (position - place.topLeft()) / self._viewport.scale_in(self._space())

    def _seen(self, place: QRectF, space: QRectF) -> QRect:
        """The pixels of which at least a part is in view."""
        scale, part = self._viewport.scale_in(space), place.intersected(space)
        seen = QRectF((part.topLeft() - place.topLeft()) / scale, part.size() / scale)
        # A hair's breadth less, so that a neighbour that begins exactly at the edge is not drawn in vain.
        whole = seen.adjusted(1e-6, 1e-6, -1e-6, -1e-6).toAlignedRect()
        return whole.intersected(QRect(QPoint(0, 0), self._viewport.size))

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws the stage, the picture, and what is laid over it."""
        painter = QPainter(self)
        painter.fillRect(event.rect(), theme.color("window"))
        space = self._space()
        painter.fillRect(space, theme.color("stage"))
        if self._picture is None:
            self._paint_text(painter, space)
        else:
            painter.save()
            painter.setClipRect(space)
            self._paint_picture(painter, self._picture, space)
            painter.restore()
        self._paint_frame(painter)

    def _paint_text(self, painter: QPainter, space: QRectF) -> None:
        painter.setPen(theme.color("muted"))
        painter.setFont(theme.font(theme.Type.BODY))
        flags = Qt.AlignmentFlag.AlignCenter.value | Qt.TextFlag.TextWordWrap.value
        painter.drawText(space.adjusted(theme.GRID, 0, -theme.GRID, 0), flags, self._text)

    def _paint_picture(self, painter: QPainter, picture: Picture, space: QRectF) -> None:
        place, scale = self._viewport.place_in(space), self._viewport.scale_in(space)
        seen = self._seen(place, space)
        shown = QRectF(place.topLeft() + QPointF(seen.topLeft()) * scale, QRectF(seen).size() * scale)
        if scale * painter.device().devicePixelRatioF() < 1:
            painter.drawImage(place.topLeft(), self._reduce(picture, place, painter.device().devicePixelRatioF()))
        else:
            painter.drawImage(shown, picture.image, QRectF(seen))
        if scale >= READABLE_SCALE:
            self._paint_grid(painter, seen, shown, scale)
            paint_numbers(painter, picture, seen, place)
        if self._veil is not None:
            self._veil.paint(painter, seen, shown, scale)
        if self._brush is not None and self._under_brush is not None:
            outline_disc(painter, self._under_brush, self._brush * scale)
        if self._window is not None:
            place_of_window = QRectF(place.topLeft() + self._window.topLeft() * scale, self._window.size() * scale)
            _paint_mark(painter, place_of_window.intersected(place))
        if self._marked is not None:
            _paint_mark(painter, QRectF(place.topLeft() + QPointF(self._marked) * scale, QSize(1, 1) * scale))

    def _reduce(self, picture: Picture, place: QRectF, ratio: float) -> QImage:
        """The whole picture made smaller, every pixel of it counted; kept until another size is needed."""
        size = (place.size() * ratio).toSize().expandedTo(QSize(1, 1))
        if self._reduced is None or self._reduced[0] != size:
            smaller = picture.image.scaled(
                size, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
            )
            smaller.setDevicePixelRatio(ratio)
            self._reduced = size, smaller
        return self._reduced[1]

    def _paint_grid(self, painter: QPainter, seen: QRect, shown: QRectF, scale: float) -> None:
        painter.setPen(QPen(theme.color("stage"), 0))
        for column in range(1, seen.width()):
            x = shown.left() + column * scale
            painter.drawLine(QPointF(x, shown.top()), QPointF(x, shown.bottom()))
        for row in range(1, seen.height()):
            y = shown.top() + row * scale
            painter.drawLine(QPointF(shown.left(), y), QPointF(shown.right(), y))

    def _paint_frame(self, painter: QPainter) -> None:
        half = FRAME / 4
        if self._outline is not None and self._picture is not None:
            inner = QRectF(self.rect()).adjusted(3 * half, 3 * half, -3 * half, -3 * half)
            _paint_border(painter, inner, QColor(self._outline), FRAME / 2)
        if self.hasFocus() and self._shows_focus:
            outer = QRectF(self.rect()).adjusted(half, half, -half, -half)
            _paint_border(painter, outer, theme.color("accent"), FRAME / 2)

    # The pointer

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zooms around the pointer."""
        turned = event.angleDelta().y()
        if self._picture is not None and turned:
            self._viewport.zoom_by(_ZOOM_STEP ** (turned / _NOTCH), self.point_at(event.position()))
            self._point(event.position())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Takes hold of the picture."""
        if event.button() != Qt.MouseButton.LeftButton:
            super().mousePressEvent(event)
            return
        self._grabbed = event.position()
        if self._viewport.zoom > 1:
            self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drags the picture, and tells which pixel is pointed at."""
        if self._grabbed is not None:
            moved = self._grabbed - event.position()
            self._grabbed = event.position()
            self._viewport.pan_by(moved / self._viewport.scale_in(self._space()))
        self._point(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Lets go."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._grabbed = None
            self.unsetCursor()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Shows the whole picture."""
        self._viewport.fit()
        self._point(event.position())

    def enterEvent(self, event: QEnterEvent) -> None:
        """Tells which pixel is pointed at."""
        self._point(event.position())

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is pointed at any more."""
        super().leaveEvent(event)
        self._under_brush = None
        self.update()
        self.left.emit()

    def _point(self, position: QPointF) -> None:
        if self._brush is not None:
            self._under_brush = position
            self.update()
        pixel = self.pixel_at(position)
        if pixel is None:
            self.left.emit()
        else:
            self.hovered.emit(pixel.x(), pixel.y())

    # The keyboard

    def event(self, event: QEvent) -> bool:
        """Keeps the keys of a pane from being taken for shortcuts of the window."""
        return keeps(event, lambda key: self._handler_of(key) is not None) or super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Zooms, moves and points."""
        handler = self._handler_of(event)
        if handler is None:
            super().keyPressEvent(event)
        else:
            self._shows_focus = True
            self.update()
            handler()

    def _handler_of(self, event: QKeyEvent) -> Callable[[], None] | None:
        """What a key does, if it does anything here."""
        kept = event.modifiers() & ~(Qt.KeyboardModifier.KeypadModifier | Qt.KeyboardModifier.ShiftModifier)
        if self._picture is None or kept != Qt.KeyboardModifier.NoModifier:
            return None
        key = Qt.Key(event.key())
        if key in _ARROWS:
            shifted = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            return lambda: self._step(_ARROWS[key]) if shifted else self._pan(_ARROWS[key])
        actions: dict[Qt.Key, Callable[[], None]] = {
            Qt.Key.Key_Plus: lambda: self._viewport.zoom_by(_ZOOM_STEP),
            Qt.Key.Key_Equal: lambda: self._viewport.zoom_by(_ZOOM_STEP),
            Qt.Key.Key_Minus: lambda: self._viewport.zoom_by(1 / _ZOOM_STEP),
            Qt.Key.Key_0: self._viewport.fit,
            Qt.Key.Key_Escape: self.left.emit,
        }
        if key == Qt.Key.Key_Escape and self._marked is None:
            return None
        return actions.get(key)

    def _pan(self, direction: QPointF) -> None:
        """Moves by an eighth of what is in view, and by one pixel at least."""
        space = self._space()
        seen = min(space.width(), space.height()) / self._viewport.scale_in(space)
        self._viewport.pan_by(direction * max(1.0, seen / 8))

    def _step(self, direction: QPointF) -> None:
        """Points at the next pixel, or at the middle of what is in view."""
        size = self._viewport.size
        pixel = self._viewport.centre.toPoint() if self._marked is None else self._marked + direction.toPoint()
        x, y = min(max(pixel.x(), 0), size.width() - 1), min(max(pixel.y(), 0), size.height() - 1)
        self._viewport.reveal(QRectF(x, y, 1, 1))
        self.hovered.emit(x, y)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Draws the focus, but for those who clicked: they know where they are."""
        super().focusInEvent(event)
        self._shows_focus = event.reason() in _BY_KEYBOARD
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Draws the focus no more, and tells so."""
        super().focusOutEvent(event)
        self.update()
        self.focusLost.emit()


def _paint_mark(painter: QPainter, pixel: QRectF) -> None:
    """Outlines a pixel, or more, so that it is seen on any picture: black, and white around it."""
    room = max(0.0, 7 - pixel.width()) / 2
    box = pixel.adjusted(-room, -room, room, room)
    for colour, width in ((Qt.GlobalColor.white, 3.0), (Qt.GlobalColor.black, 1.0)):
        _paint_border(painter, box, QColor(colour), width)


def _paint_border(painter: QPainter, box: QRectF, colour: QColor, width: float) -> None:
    pen = QPen(colour, width)
    pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(box)
