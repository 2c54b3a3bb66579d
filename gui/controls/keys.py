"""Keys that a widget needs itself, though the window has a shortcut for them; and how keys go along a row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent

ALONG: Final = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_PageUp: -10, Qt.Key.Key_PageDown: 10}
"""By how many places these keys go along a row of bars or points."""


def keeps(event: QEvent, is_wanted: Callable[[QKeyEvent], bool]) -> bool:
    """Whether Qt asks if a key may be a shortcut, and is told that the widget wants it; for ``QWidget.event``.

    Args:
        event: any event of the widget.
        is_wanted: whether the widget does something with that key.
    """
    if event.type() != QEvent.Type.ShortcutOverride or not isinstance(event, QKeyEvent) or not is_wanted(event):
        return False
    event.accept()
    return True


def place_after(key: int, place: int | None, count: int) -> int | None:
    """Where an arrow or page key, Home or End leads in a row of ``count`` places; None if nowhere.

    Args:
        key: that was pressed.
        place: the selected one; None if none is, and an arrow leads to the first.
        count: how many there are.
    """
    pressed, last = Qt.Key(key), count - 1
    if last < 0:
        return None
    if pressed in ALONG:
        return 0 if place is None else min(max(place + ALONG[pressed], 0), last)
    return {Qt.Key.Key_Home: 0, Qt.Key.Key_End: last}.get(pressed)
