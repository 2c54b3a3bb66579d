"""Moves the picture under the network by dragging it with Alt held, wherever it is shown."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QWidget

from engine.catalogue.moves import Moves
from engine.catalogue.options import bounds
from gui.session import Session

_FARTHEST = bounds(Moves.__dataclass_fields__["right"]).high


class Dragging(QObject):
    """Shifts ``Request.moves`` by whole pixels while a widget is dragged; one drag is one step of undo.

    Args:
        session: is asked.
        widget: shows the picture; it does not hear of drags with Alt.
        scale: how many of the widget's pixels show one of the picture's.
    """

    def __init__(self, session: Session, widget: QWidget, scale: Callable[[], float]) -> None:
        super().__init__(widget)
        self._session, self._scale = session, scale
        self._grip: QPointF | None = None
        self._before = Moves()
        widget.installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Takes what belongs to a drag with Alt."""
        if not isinstance(event, QMouseEvent):
            return False
        if event.type() == QEvent.Type.MouseButtonPress and _begins(event):
            self._session.settle()
            self._grip, self._before = event.position(), self._session.request.moves
            return True
        if self._grip is None:
            return False
        if event.type() == QEvent.Type.MouseMove:
            self._drag(event.position() - self._grip)
            return True
        if event.type() == QEvent.Type.MouseButtonRelease:
            self._grip = None
            self._session.settle()
            return True
        return False

    def _drag(self, way: QPointF) -> None:
        before, scale = self._before, self._scale()
        right, down = before.right + round(way.x() / scale), before.down + round(way.y() / scale)
        self._session.propose(moves=before.with_(right=_within(right), down=_within(down)))


def _begins(event: QMouseEvent) -> bool:
    """With Alt; Shift may be held as well, for desktops that move their windows with Alt alone."""
    held = event.modifiers() & ~Qt.KeyboardModifier.ShiftModifier
    return held == Qt.KeyboardModifier.AltModifier and event.button() == Qt.MouseButton.LeftButton


def _within(shift: float) -> float:
    return min(max(shift, -_FARTHEST), _FARTHEST)
