"""What every view has in common: it draws the newest frame when it can be seen, and once."""

from __future__ import annotations

from PySide6.QtCore import QEvent
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QWidget

from engine.frame import Frame
from gui.session import Session


class FrameView(QWidget):
    """A widget that draws frames; a hidden one waits and draws when it is shown.

    Subclasses write ``draw`` and may write ``recolour``, which is called when light turns dark.
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self._drawn: Frame | None = None
        session.frame_changed.connect(self._on_frame_changed)

    def draw(self, frame: Frame) -> None:
        """Shows a frame; called on the GUI thread, only while visible."""
        raise NotImplementedError

    def recolour(self) -> None:
        """Takes new colours from the theme."""

    def _on_frame_changed(self, frame: Frame) -> None:
        if self.isVisible() and frame is not self._drawn:
            self._drawn = frame
            self.draw(frame)

    def showEvent(self, event: QShowEvent) -> None:
        """Draws what was missed while hidden."""
        super().showEvent(event)
        if self.session.frame is not None:
            self._on_frame_changed(self.session.frame)

    def changeEvent(self, event: QEvent) -> None:
        """Follows a change of the palette."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.recolour()
            self.update()
