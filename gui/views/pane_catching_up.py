"""The quiet line that tells that what is shown is older than what the controls say."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QTimer
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from gui import theme
from gui.session import Session

THICKNESS: Final = 3
PATIENCE_MS: Final = 150
"""What catches up sooner than this is not worth a word."""


class CatchingUp(QWidget):
    """A line at the top edge of a view, there only while the session has been busy for a while."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAccessibleName("Catching up")
        self.setToolTip("Catching up: what is shown is older than what the controls say.")
        self.setFixedHeight(THICKNESS)
        self.hide()
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(PATIENCE_MS)
        self._patience.timeout.connect(self._on_patience_timeout)
        session.busy_changed.connect(self._on_session_busy_changed)
        self._on_session_busy_changed(session.is_catching_up)

    def _on_session_busy_changed(self, busy: bool) -> None:
        if not busy:
            self._patience.stop()
            self.hide()
        elif self.isHidden() and not self._patience.isActive():
            self._patience.start()

    def _on_patience_timeout(self) -> None:
        self.raise_()
        self.show()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws the line."""
        QPainter(self).fillRect(event.rect(), theme.color("accent"))
