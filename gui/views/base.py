"""What every view has in common: it draws the newest frame when it can be seen, and once."""

from __future__ import annotations

from typing import ClassVar

from PySide6.QtCore import QEvent, QTimer
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QWidget

from engine.frame import Frame
from engine.request import Request
from gui.session import Session


class FrameView(QWidget):
    """A widget that draws frames; a hidden one waits and draws when it is shown.

    Subclasses write ``draw`` and may write ``recolour``, which is called when light turns dark. What the engine must
    compute for a view is named in ``needs``; it is asked for only while the view can be seen.
    """

    needs: ClassVar[frozenset[str]] = frozenset()
    """Names of ``Request.views``."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self._drawn: Frame | None = None
        session.frame_changed.connect(self._on_frame_changed)
        if self.needs:
            session.request_changed.connect(self._on_needs_changed)

    def draw(self, frame: Frame) -> None:
        """Shows a frame; called on the GUI thread, only while visible."""
        raise NotImplementedError

    def recolour(self) -> None:
        """Takes new colours from the theme."""

    @property
    def wanted(self) -> frozenset[str]:
        """What it asks for now; a view whose work was stopped asks for less than it needs."""
        return self.needs

    def _on_frame_changed(self, frame: Frame) -> None:
        if self.isVisible() and frame is not self._drawn:
            self._drawn = frame
            self.draw(frame)

    def _on_needs_changed(self, request: Request) -> None:
        if self.isVisible() and not self.wanted <= request.views:
            # A session file was opened that does not ask for it. Asking within this signal would let those who hear
            # of it later see the older request last.
            QTimer.singleShot(0, self, self._ask)

    def _ask(self) -> None:
        self.session.need(id(self), self.wanted if self.isVisible() else frozenset())

    def showEvent(self, event: QShowEvent) -> None:
        """Asks for what it needs, and draws what was missed while hidden."""
        super().showEvent(event)
        if self.needs:
            self._ask()
        if self.session.frame is not None:
            self._on_frame_changed(self.session.frame)

    def hideEvent(self, event: QHideEvent) -> None:
        """Asks no longer."""
        super().hideEvent(event)
        if self.needs:
            self._ask()

    def changeEvent(self, event: QEvent) -> None:
        """Follows a change of the palette."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.recolour()
            self.update()
