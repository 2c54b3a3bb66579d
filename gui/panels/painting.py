"""Paints where the attack may act, on the picture itself, wherever that is shown."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QWidget

from gui.panels.areas import area_of, mask_of, size_of, stroked
from gui.session import Session

USUAL_WIDTH = 22.0
"""Of the brush, in pixels of the network's input, until another is chosen."""

_PRESSES = (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonDblClick)
_BUTTONS = (Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton)
_PUTS_DOWN = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_TAKES_AWAY = (Qt.Key.Key_Delete, Qt.Key.Key_Backspace)


class Easel(Protocol):
    """What shows the picture: it knows where its pixels are on the screen."""

    @property
    def marked(self) -> QPoint | None:
        """The pixel that is pointed at."""

    def point_at(self, position: QPointF) -> QPointF:
        """From the widget's pixels to those of the picture."""

    def show_brush(self, width: float | None) -> None:
        """Draws a circle so many pixels of the picture wide around the pointer, or none."""


class Painting(QObject):
    """Changes ``Request.mask`` while it is on; one stroke is one step of undo.

    The left button paints where the attack may act, the right one or Shift takes that back. On a picture without a
    mask, the first stroke is all that is allowed, or all that is not. By keyboard, Enter and Delete put the brush down
    at the pixel that is pointed at.

    Args:
        session: is asked.
        widget: shows the picture; it does not hear of strokes.
        easel: the same, as what it is here for.
    """

    toggled = Signal(bool)
    """It was turned on or off."""

    def __init__(self, session: Session, widget: QWidget, easel: Easel) -> None:
        super().__init__(widget)
        self._session, self._widget, self._easel = session, widget, easel
        self._width = USUAL_WIDTH
        self._is_on = False
        self._last: QPointF | None = None
        self._allows = True
        widget.installEventFilter(self)

    @property
    def is_on(self) -> bool:
        """Whether the brush is in hand."""
        return self._is_on

    def turn(self, on: bool) -> None:
        """Takes the brush in hand, or lays it down."""
        if on == self._is_on:
            return
        self._is_on, self._last = on, None
        self._easel.show_brush(self._width if on else None)
        if on:
            self._widget.setCursor(Qt.CursorShape.CrossCursor)
        else:
            self._widget.unsetCursor()
        self.toggled.emit(on)

    def set_width(self, width: float) -> None:
        """Takes another brush, so many pixels of the picture wide."""
        self._width = width
        if self._is_on:
            self._easel.show_brush(width)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Takes what belongs to a stroke; a right click opens no menu meanwhile."""
        if not self._is_on:
            return False
        if isinstance(event, QMouseEvent):
            return self._takes_mouse(event)
        if isinstance(event, QKeyEvent):
            return self._takes_key(event)
        return event.type() == QEvent.Type.ContextMenu

    def _takes_mouse(self, event: QMouseEvent) -> bool:
        point = self._easel.point_at(event.position())
        if event.type() in _PRESSES and event.button() in _BUTTONS:
            return self._begin(event, point)
        if self._last is None:
            return False
        if event.type() == QEvent.Type.MouseMove:
            self._stroke(point)
            return False  # the pixel below the brush is told as ever
        if event.type() == QEvent.Type.MouseButtonRelease:
            self._last = None
            self._session.settle()
            return True
        return False

    def _begin(self, event: QMouseEvent, point: QPointF) -> bool:
        frame = self._session.frame
        if event.modifiers() & Qt.KeyboardModifier.AltModifier or frame is None or frame.clean is None:
            return False  # that moves the picture, or there is none
        is_shifted = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        self._allows = event.button() == Qt.MouseButton.LeftButton and not is_shifted
        self._widget.setFocus(Qt.FocusReason.MouseFocusReason)
        self._session.settle()
        self._last = point
        self._stroke(point)
        return True

    def _takes_key(self, event: QKeyEvent) -> bool:
        key, pixel = Qt.Key(event.key()), self._easel.marked
        is_ours = key in {*_PUTS_DOWN, *_TAKES_AWAY, Qt.Key.Key_Escape}
        if not is_ours or event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            return False
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
        elif event.type() == QEvent.Type.KeyPress and key == Qt.Key.Key_Escape:
            self.turn(False)
        elif event.type() == QEvent.Type.KeyPress and pixel is not None:
            self._put_down(QPointF(pixel) + QPointF(0.5, 0.5), allows=key in _PUTS_DOWN)
        return True

    def _put_down(self, point: QPointF, *, allows: bool) -> None:
        self._session.settle()
        self._allows, self._last = allows, point
        self._stroke(point)
        self._last = None
        self._session.settle()

    def _stroke(self, to: QPointF) -> None:
        assert self._last is not None  # noqa: S101 - only while a button is held
        request, size = self._session.request, size_of(self._session.frame)
        before = area_of(request, size) if request.mask else np.full(size, not self._allows)
        after = stroked(before, self._last, to, self._width, allows=self._allows)
        self._last = to
        if not np.array_equal(after, before):
            self._session.propose(mask=mask_of(after))
