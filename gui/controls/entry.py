"""A line of text that can be wrong: it says what is wrong, and Escape brings the last good text back."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QLineEdit, QWidget

from gui import theme


class Entry(QLineEdit):
    """A line that holds a good text, may be edited into a bad one, and is never left with it.

    Args:
        help_text: the tool tip while nothing is wrong.
        submits_when_left: leaving the line submits its text, as Enter does; else it brings the good text back.
    """

    submitted = Signal(str)
    """A text that differs from the good one was confirmed; answer with ``show_good`` or ``complain``."""
    complaintChanged = Signal(str)  # noqa: N815 - Qt's spelling of signals
    """What is wrong with the text; empty if nothing."""

    def __init__(self, help_text: str, *, submits_when_left: bool = True, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._submits_when_left = submits_when_left
        self._good, self._help, self._complaint = "", help_text, ""
        self.setToolTip(help_text)
        self.textEdited.connect(self._calm)
        self.returnPressed.connect(self._submit)

    @property
    def complaint(self) -> str:
        """What is wrong with the text; empty if nothing."""
        return self._complaint

    def show_good(self, text: str) -> None:
        """Shows a text that is known to be good."""
        self._good = text
        if self.text() != text:
            self.setText(text)
            self.setCursorPosition(0)
        self._calm()

    def complain(self, why: str) -> None:
        """Marks the text as wrong."""
        if why == self._complaint:
            return
        self._complaint = why
        self.setToolTip(why or self._help)
        self.setAccessibleDescription(why)
        self.update()
        self.complaintChanged.emit(why)

    def _calm(self) -> None:
        self.complain("")

    def _submit(self) -> None:
        if self.text() != self._good:
            self.submitted.emit(self.text())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape takes the editing back."""
        if event.key() == Qt.Key.Key_Escape and (self.text() != self._good or self._complaint):
            self.show_good(self._good)
            self.selectAll()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """No line is left with a text that does not count."""
        super().focusOutEvent(event)
        if event.reason() in {Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason}:
            return
        if self._submits_when_left and not self._complaint:
            self._submit()
        if self._complaint or self.text() != self._good:
            self.show_good(self._good)

    def paintEvent(self, event: QPaintEvent) -> None:
        """A wrong text has a red outline."""
        super().paintEvent(event)
        if self._complaint:
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(theme.color("error"), 2))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 3, 3)
