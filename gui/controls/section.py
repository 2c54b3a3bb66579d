"""The look that every panel shares: a small heading, its content below, rows of label and control, quiet notes."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QPalette
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from gui import theme
from gui.forms import labelled


class Caption(QLabel):
    """A note in the smallest type and muted; breaks lines where the panel ends."""

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.setFont(theme.font(theme.Type.CAPTION))
        self.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)


class Section(QWidget):
    """A titled part of a panel; add widgets to it from top to bottom."""

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        heading = Caption(title, self)
        heading.setFont(_heading_font())
        self.setAccessibleName(title)
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(0, 0, 0, theme.GRID)
        self.body.setSpacing(theme.GRID // 2)
        self.body.addWidget(heading)

    def add(self, widget: QWidget) -> None:
        """Puts a widget below the others, as wide as the panel."""
        self.body.addWidget(widget)

    def add_row(self, label: str, control: QWidget) -> QWidget:
        """Puts a labelled control below the others; returns the row, which can be hidden as a whole."""
        row = labelled(label, control)
        self.body.addWidget(row)
        return row


def _heading_font() -> QFont:
    font = theme.font(theme.Type.CAPTION, bold=True)
    font.setCapitalization(QFont.Capitalization.AllUppercase)
    font.setLetterSpacing(QFont.SpacingType.AbsoluteSpacing, 0.5)
    return font
