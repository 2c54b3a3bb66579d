"""Keeps widgets equal to the request: one way with ``follow``, both ways with ``bind``.

Nothing here keeps a widget alive, and a widget that is told its value does not tell it back, so there are no loops.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any, TypeVar

import shiboken6
from PySide6.QtCore import QObject, QSignalBlocker, SignalInstance
from PySide6.QtWidgets import QWidget

from engine.request import Request, RequestError
from gui.session import Session

Control = TypeVar("Control", bound=QWidget)


def follow(session: Session, show: Callable[[Request], None], *names: str) -> None:
    """Calls ``show`` with the request now, and again whenever one of the named fields has changed.

    Args:
        session: whose request is followed.
        show: a method of a widget, held weakly: it is not called any more once its widget is gone.
        names: fields of the request; none named means any.
    """
    held = weakref.WeakMethod(show)
    seen: list[object] = []

    def on_request_changed(request: Request) -> None:
        living = held()
        if living is None or not shiboken6.isValid(living.__self__):  # type: ignore[attr-defined]
            session.request_changed.disconnect(on_request_changed)
            return
        new = [getattr(request, name) for name in names] or [request]
        if new != seen:
            seen[:] = new
            living(request)

    session.request_changed.connect(on_request_changed)
    on_request_changed(session.request)


def bind(
    session: Session,
    name: str,
    widget: Control,
    show: Callable[[Control, Any], object],
    changed: SignalInstance,
) -> None:
    """Keeps a field of the request and a widget equal, both ways.

    A widget that says when it was left (``editingFinished``) ends a gesture, one step of undo, with that; any other
    ends one with every change.

    Args:
        session: whose request is meant.
        name: the field.
        widget: shows the field and lets the user change it.
        show: the widget's setter, taken from its class: ``QSpinBox.setValue``.
        changed: the widget's signal, which carries the new value.
    """
    _Binding(session, name, widget, show, changed)


class _Binding(QObject):
    """Lives as long as its widget, which is its parent."""

    def __init__(
        self,
        session: Session,
        name: str,
        widget: Control,
        show: Callable[[Control, Any], object],
        changed: SignalInstance,
    ) -> None:
        super().__init__(widget)
        self._session, self._name, self._show = session, name, show
        left = getattr(widget, "editingFinished", None)
        self._settles_at_once = left is None
        changed.connect(self._on_widget_changed)
        if left is not None:
            left.connect(session.settle)
        follow(session, self._on_request_changed, name)

    def _on_request_changed(self, request: Request) -> None:
        widget: Any = self.parent()
        with QSignalBlocker(widget):
            self._show(widget, getattr(request, self._name))

    def _on_widget_changed(self, value: object) -> None:
        try:
            self._session.propose(**{self._name: value})
        except RequestError as error:
            self._session.report(str(error), is_error=True)
            self._on_request_changed(self._session.request)
        if self._settles_at_once:
            self._session.settle()
