"""A button with an arrow that opens and closes what is below it."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QScrollArea, QToolButton, QWidget


class Opener(QToolButton):
    """Shows a part of a panel, or hides it; hidden at first. What is opened is scrolled into sight.

    Args:
        text: what stands on it.
        name: what a screen reader says.
        help_: what is behind it, in a sentence.
        content: what is shown and hidden.
        parent: as usual.
    """

    def __init__(self, text: str, name: str, help_: str, content: QWidget, parent: QWidget) -> None:
        super().__init__(parent)
        self._content = content
        self.setText(text)
        self.setCheckable(True)
        self.setAutoRaise(True)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setToolTip(help_)
        self.setAccessibleName(name)
        self.toggled.connect(self._on_toggled)
        self._on_toggled(False)

    def _on_toggled(self, opened: bool) -> None:
        self.setArrowType(Qt.ArrowType.DownArrow if opened else Qt.ArrowType.RightArrow)
        self._content.setVisible(opened)
        if opened:
            QTimer.singleShot(0, self, self._reveal)  # its place is known once the column is laid out anew

    def _reveal(self) -> None:
        area = self.parentWidget()
        while area is not None and not isinstance(area, QScrollArea):
            area = area.parentWidget()
        if area is None or not self._content.isVisible():
            return
        area.ensureWidgetVisible(self._content, 0, 0)
        area.ensureWidgetVisible(self, 0, 0)  # where both do not fit, the button stays where it can be pressed again
