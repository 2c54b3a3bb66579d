"""Lays a patch on the picture by hand: dragged with Ctrl held, larger and smaller with Ctrl and the wheel."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Protocol

from PySide6.QtCore import QEvent, QObject, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from engine.catalogue.attacks import Patch
from gui.panels.areas import size_of
from gui.session import Session

_NOTCH = 120
_GROWS = 1.1
"""How much larger a disc's area gets with every notch of the wheel."""


class Easel(Protocol):
    """What shows the picture: it knows where its pixels are on the screen."""

    def point_at(self, position: QPointF) -> QPointF:
        """From the widget's pixels to those of the picture."""


class PatchPlacing(QObject):
    """Changes where ``Request.attack`` puts its patch, and ε, its area; one drag is one step of undo.

    Args:
        session: is asked.
        widget: shows the picture; it does not hear of what belongs to a drag.
        easel: the same, as what it is here for.
    """

    def __init__(self, session: Session, widget: QWidget, easel: Easel) -> None:
        super().__init__(widget)
        self._session, self._easel = session, easel
        self._is_dragged = False
        widget.installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Takes what belongs to a drag with Ctrl, while the attack is a patch."""
        if isinstance(event, QWheelEvent):
            return self._takes_wheel(event)
        return isinstance(event, QMouseEvent) and self._takes_mouse(event)

    def _takes_mouse(self, event: QMouseEvent) -> bool:
        if event.type() == QEvent.Type.MouseButtonPress and self._begins(event):
            self._is_dragged = True
            self._session.settle()
            self._put(event)
            return True
        if not self._is_dragged:
            return False
        if event.type() == QEvent.Type.MouseMove:
            self._put(event)
            return True
        if event.type() == QEvent.Type.MouseButtonRelease:
            self._is_dragged = False
            self._session.settle()
            return True
        return False

    def _begins(self, event: QMouseEvent) -> bool:
        is_ctrl = event.modifiers() == Qt.KeyboardModifier.ControlModifier
        return is_ctrl and event.button() == Qt.MouseButton.LeftButton and self._patch is not None

    @property
    def _patch(self) -> Patch | None:
        attack = self._session.request.attack
        return attack if isinstance(attack, Patch) and self._session.frame is not None else None

    def _put(self, event: QMouseEvent) -> None:
        patch = self._patch
        if patch is None:  # an undo while the button was held
            return
        point, (height, width) = self._easel.point_at(event.position()), size_of(self._session.frame)
        self._session.propose(attack=replace(patch, across=_share(point.x(), width), down=_share(point.y(), height)))

    def _takes_wheel(self, event: QWheelEvent) -> bool:
        if event.modifiers() != Qt.KeyboardModifier.ControlModifier or self._patch is None:
            return False
        height, width = size_of(self._session.frame)
        notches = event.angleDelta().y() / _NOTCH
        area = self._session.request.epsilon * _GROWS**notches
        rounded = math.ceil(area) if notches > 0 else math.floor(area)
        self._session.propose(epsilon=float(min(max(rounded, 1), height * width)))
        return True


def _share(place: float, length: int) -> float:
    """Where a place is on a side, in [0, 1], to a tenth of a per cent."""
    return round(min(max(place / length, 0.0), 1.0), 3)
