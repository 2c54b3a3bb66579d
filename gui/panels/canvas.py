"""A black pad to draw on with white ink, by mouse, pen or finger, or with the arrow keys."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QCoreApplication, QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from engine.frame import Pixels
from engine.images.drawn import FIELD, SIDE
from gui import theme
from gui.panels.seen import Square

FINEST, BROADEST, USUAL = 8, 80, 22
"""Widths of the pencil, in pixels of ink; the usual one is about as wide as in MNIST's digits."""

CELL = SIDE / FIELD
"""Of the pad, in pixels of ink, is one of the network's pixels: as far as an arrow key leads."""

_HINT = (
    "Draw here.\nThe left button draws,\nthe right one rubs out.\n\nBy keyboard: arrows move,\nwith Shift they draw."
)
_DESCRIPTION = (
    "White ink on black. Arrow keys move the pencil, with Shift they draw, with Control they rub out; Enter leaves a "
    "dot, Delete clears the pad."
)
_MIDDLE = QPointF(SIDE / 2, SIDE / 2)
_INK, _GROUND = QColor(255, 255, 255), QColor(0, 0, 0)
_BUNDLED = Qt.ApplicationAttribute.AA_CompressHighFrequencyEvents
"""Leaves out places where the mouse has been while the window is busy: quick curves would come out as polygons."""

_KEY, _HELD = Qt.Key, Qt.KeyboardModifier
_WAYS = {
    _KEY.Key_Left: QPointF(-CELL, 0),
    _KEY.Key_Right: QPointF(CELL, 0),
    _KEY.Key_Up: QPointF(0, -CELL),
    _KEY.Key_Down: QPointF(0, CELL),
}
_DOTS = (_KEY.Key_Return, _KEY.Key_Enter)
_CLEARS = (_KEY.Key_Delete, _KEY.Key_Backspace)
_LIFTS = (_KEY.Key_Shift, _KEY.Key_Control)
_TOOLS = {_HELD.ShiftModifier: Qt.MouseButton.LeftButton, _HELD.ControlModifier: Qt.MouseButton.RightButton}
"""What is held beside an arrow key is the pencil or the rubber, as the buttons of the mouse are."""


class Canvas(Square):
    """Takes ink, and tells of every change."""

    drawn = Signal()
    """The ink has changed under the pencil."""
    letGo = Signal()  # noqa: N815 - Qt's spelling of signals
    """A stroke is complete."""
    clearWanted = Signal()  # noqa: N815
    """Delete was pressed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._image = QImage(SIDE, SIDE, QImage.Format.Format_Grayscale8)
        self._image.fill(_GROUND)
        self._is_blank = True
        self._last: QPointF | None = None
        self._marked: QPointF | None = None
        self._pencil = USUAL
        self._was_bundled = QCoreApplication.testAttribute(_BUNDLED)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)  # the right button is the rubber
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Pad to draw on")
        self.setAccessibleDescription(_DESCRIPTION)

    @property
    def ink(self) -> Pixels:
        """(SIDE, SIDE) of uint8, a copy."""
        lines = np.frombuffer(self._image.constBits(), np.uint8).reshape(SIDE, self._image.bytesPerLine())
        return lines[:, :SIDE].copy()

    @property
    def marked(self) -> QPointF | None:
        """Where the keys have led the pencil, in pixels of ink; None while the mouse has it."""
        return self._marked

    def show_ink(self, ink: Pixels) -> None:
        """Shows other ink, without telling of it."""
        lines = np.ascontiguousarray(ink)
        self._image = QImage(lines.data, SIDE, SIDE, SIDE, QImage.Format.Format_Grayscale8).copy()
        self._is_blank = not lines.any()
        self.update()

    def set_pencil(self, width: int) -> None:
        """Takes another pencil, so many pixels of ink wide; the rubber is twice as wide."""
        self._pencil = width
        self.update()

    def to_ink(self, point: QPointF) -> QPointF:
        """From the widget's pixels to those of the ink."""
        place = self.place()
        return (point - place.topLeft()) * (SIDE / place.width())

    # What the mouse does

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Sets the pencil or the rubber down, which leaves a dot."""
        if event.button() not in {Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton}:
            event.ignore()
            return
        self.letGo.emit()  # whatever was going on is complete
        if self._last is None:
            self._was_bundled = QCoreApplication.testAttribute(_BUNDLED)
            QCoreApplication.setAttribute(_BUNDLED, False)
        self._marked = None
        self._last = self.to_ink(event.position())
        self._stroke(self._last, event.button())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Draws a line from where it was."""
        held = event.buttons() & (Qt.MouseButton.LeftButton | Qt.MouseButton.RightButton)
        if self._last is None or not held:
            return
        is_rubber = not event.buttons() & Qt.MouseButton.LeftButton
        to = self.to_ink(event.position())
        self._stroke(to, Qt.MouseButton.RightButton if is_rubber else Qt.MouseButton.LeftButton)

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        """Lifts it."""
        self._lift()

    def _lift(self) -> None:
        if self._last is not None:
            self._last = None
            QCoreApplication.setAttribute(_BUNDLED, self._was_bundled)
            self.letGo.emit()

    def _stroke(self, to: QPointF, button: Qt.MouseButton) -> None:
        assert self._last is not None  # noqa: S101 - only while something is held
        is_rubber = button == Qt.MouseButton.RightButton
        pen = QPen(_GROUND if is_rubber else _INK, self._pencil * (2 if is_rubber else 1))
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter = QPainter(self._image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(pen)
        if to == self._last:
            painter.drawPoint(to)
        else:
            painter.drawLine(self._last, to)
        painter.end()
        self._last = to
        self._is_blank = False
        self.update()
        self.drawn.emit()

    # What the keys do

    def event(self, event: QEvent) -> bool:
        """Takes its keys before any shortcut of the window does."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride and _is_ours(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Leads the pencil, draws with it, or clears the pad."""
        if not _is_ours(event):
            super().keyPressEvent(event)
            return
        key = Qt.Key(event.key())
        if key in _CLEARS:
            self.clearWanted.emit()
        elif key in _DOTS:
            self._draw_to(self._start, Qt.MouseButton.LeftButton)
            self._lift()
        else:
            self._lead(_WAYS[key], _TOOLS.get(_held(event)))

    @property
    def _start(self) -> QPointF:
        """Where the keys find the pencil."""
        return _MIDDLE if self._marked is None else self._marked

    def _lead(self, way: QPointF, tool: Qt.MouseButton | None) -> None:
        """One pixel of the network's along; without a tool nothing is drawn."""
        start = self._start
        to = start + way
        to = QPointF(min(max(to.x(), 0), SIDE), min(max(to.y(), 0), SIDE))
        if tool is None:
            self._lift()
            self._marked = to
            self.update()
            return
        self._marked = start
        self._draw_to(to, tool)

    def _draw_to(self, to: QPointF, tool: Qt.MouseButton) -> None:
        """A part of a stroke, which goes on until what is held is let go."""
        if self._last is None:
            self.letGo.emit()
            self._last = self._start
        self._marked = to
        self._stroke(to, tool)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """Lifts the pencil with the key that held it down."""
        if event.key() in _LIFTS:
            self._lift()
        super().keyReleaseEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Shows where the focus is."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """And that it is gone."""
        super().focusOutEvent(event)
        self._lift()
        self.update()

    # What is seen

    def paintEvent(self, _event: QPaintEvent) -> None:
        """The ink, and the pencil where the keys have it; on an empty pad, how to draw."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(self.place(), self._image)
        if self._is_blank:
            painter.setPen(QColor(theme.OTHER))
            painter.drawText(self.place(), Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, _HINT)
        if self._marked is not None and self.hasFocus():
            self._paint_pencil(painter, self._marked)
        self.paint_frame(painter, theme.color("accent" if self.hasFocus() else "line"), 2 if self.hasFocus() else 1)

    def _paint_pencil(self, painter: QPainter, at: QPointF) -> None:
        scale = self.place().width() / SIDE
        middle, radius = self.place().topLeft() + at * scale, self._pencil * scale / 2
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for ink, width in ((_GROUND, 3), (theme.color("accent"), 1.5)):
            painter.setPen(QPen(ink, width))
            painter.drawEllipse(QRectF(middle.x() - radius, middle.y() - radius, 2 * radius, 2 * radius))


def _held(event: QKeyEvent) -> Qt.KeyboardModifier:
    """What is held beside a key, wherever on the keyboard that is."""
    return event.modifiers() & ~_HELD.KeypadModifier


def _is_ours(event: QKeyEvent) -> bool:
    key, held = Qt.Key(event.key()), _held(event)
    if key in _WAYS:
        return held == _HELD.NoModifier or held in _TOOLS
    return key in (*_DOTS, *_CLEARS) and held == _HELD.NoModifier
