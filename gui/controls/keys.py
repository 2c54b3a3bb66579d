"""Keys that a widget needs itself, though the window has a shortcut for them."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent
from PySide6.QtGui import QKeyEvent


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
