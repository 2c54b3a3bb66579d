"""Numbers that can be changed: typed into their cells, pasted as a table, or drawn with the mouse."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import QFocusEvent, QGuiApplication, QKeyEvent, QKeySequence, QMouseEvent
from PySide6.QtWidgets import QWidget

from engine.playground_text import as_text
from gui import theme
from gui.controls.entry import Entry
from gui.controls.keys import keeps
from gui.views.playground.cells import Area, Cells

_HELP: Final = (
    "Type a number, or F2 or Enter to change one; Enter goes on to the next cell. "
    "1 2; 3 4 replaces the whole matrix, and so does pasting a table."
)
_BEGINNINGS: Final = "0123456789+-−.,["
_ENTER: Final = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_CLIPBOARD: Final = (QKeySequence.StandardKey.Copy, QKeySequence.StandardKey.Paste)
_EDITOR_WIDTH: Final = 9 * theme.GRID


class EditableCells(Cells):
    """A matrix of one's own; whoever holds it decides whether what was typed is taken."""

    typed = Signal(int, int, str)
    """Row, column, and the text; answer with ``show_values`` or ``complain``."""
    pasted = Signal(str)
    """A text that is to replace the whole matrix."""
    stroked = Signal(object)
    """Cells (row, column) that the brush has gone over."""
    lifted = Signal()
    """The brush was lifted."""
    calmed = Signal()
    """What was complained of is no longer there."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, parent)
        self.setToolTip(_HELP)
        self._draws = False
        self._last: tuple[int, int] | None = None
        self.editor = _Editor(self)
        self.editor.setAccessibleName(f"{name}, one number")
        self.editor.hide()
        self.editor.submitted.connect(self._on_editor_submitted)
        self.editor.returnPressed.connect(self._on_editor_returned)
        self.editor.left.connect(self.editor.hide)
        self.editor.complaintChanged.connect(self._on_complaint_changed)

    def set_draws(self, draws: bool) -> None:
        """Whether the mouse, and Enter, draw."""
        self._draws = draws
        self.setToolTip("Draw with the mouse; the arrow keys move, Enter draws. " + _HELP if draws else _HELP)
        self.setCursor(Qt.CursorShape.CrossCursor if draws else Qt.CursorShape.ArrowCursor)

    def complain(self, why: str) -> None:
        """What was typed is not taken."""
        if self.editor.isVisible():
            self.editor.complain(why)

    # Typing

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """A digit begins a number; the clipboard's keys copy and paste the matrix."""
        text = event.text()
        if event.matches(QKeySequence.StandardKey.Copy):
            QGuiApplication.clipboard().setText(as_text(self.values))
        elif event.matches(QKeySequence.StandardKey.Paste):
            self.pasted.emit(QGuiApplication.clipboard().text())
        elif event.key() in _ENTER and self._draws:
            self.stroked.emit([self.current])
            self.lifted.emit()
        elif event.key() in {*_ENTER, Qt.Key.Key_F2}:
            self._edit(None)
        elif event.key() in {Qt.Key.Key_Delete, Qt.Key.Key_Backspace}:
            self.typed.emit(*self.current, "0")
        elif text and text in _BEGINNINGS:
            self._edit(text)
        elif event.key() == Qt.Key.Key_Escape and self.editor.isVisible():
            self._close()
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """Takes the clipboard's keys before the window does."""
        return keeps(event, lambda key: any(key.matches(each) for each in _CLIPBOARD)) or super().event(event)

    def _edit(self, text: str | None) -> None:
        """Opens the editor over the chosen cell, with a text that was begun, or with the number that is there."""
        place = self.place(Area(*self.current)).toAlignedRect()
        width = max(place.width(), _EDITOR_WIDTH)
        height = max(place.height(), self.editor.sizeHint().height())
        left = min(max(0, place.center().x() - width // 2), max(0, self.width() - width))
        top = min(max(0, place.center().y() - height // 2), max(0, self.height() - height))
        self.editor.setGeometry(left, top, width, height)
        self.editor.show_good(f"{float(self.values[self.current]):.7g}")
        if text is None:
            self.editor.selectAll()
        else:
            self.editor.setText(text)
        self.editor.show()
        self.editor.setFocus(Qt.FocusReason.OtherFocusReason)

    def _on_editor_submitted(self, text: str) -> None:
        self.typed.emit(*self.current, text)

    def _on_editor_returned(self) -> None:
        """Goes on to the next cell, unless the text was refused."""
        if self.editor.complaint:
            return
        self._close()
        height, width = self.values.shape
        row, column = divmod((self.current[0] * width + self.current[1] + 1) % (height * width), width)
        self._move_to(row, column)

    def _close(self) -> None:
        """Gives the keyboard back first: a line that is hidden with it would pass it to the next control."""
        self.editor.show_good(self.editor.text())
        self.setFocus(Qt.FocusReason.OtherFocusReason)
        self.editor.hide()

    def _on_complaint_changed(self, why: str) -> None:
        if not why and self.editor.hasFocus():  # a bad text that was left is gone, but not what was said of it
            self.calmed.emit()

    # Drawing and clicking

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Chooses a cell, and begins a stroke where the mouse draws."""
        super().mousePressEvent(event)
        if self._draws and event.button() is Qt.MouseButton.LeftButton:
            self._stroke(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Goes on with the stroke."""
        super().mouseMoveEvent(event)
        if self._draws and event.buttons() & Qt.MouseButton.LeftButton:
            self._stroke(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Ends the stroke."""
        super().mouseReleaseEvent(event)
        if self._last is not None:
            self._last = None
            self.lifted.emit()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Changes the number."""
        if self._draws:
            super().mouseDoubleClickEvent(event)
        elif self.cell_at(event.position()) is not None:
            self._edit(None)

    def _stroke(self, at: QPointF) -> None:
        """Also what lies between this cell and the last one: a fast mouse jumps."""
        cell = self.cell_at(at)
        if cell is None:
            return
        (row, column), (end_row, end_column) = self._last or cell, cell
        count = max(abs(end_row - row), abs(end_column - column), 1)
        shares = [each / count for each in range(count + 1)]
        self._last = cell
        self.stroked.emit(
            [(round(row + t * (end_row - row)), round(column + t * (end_column - column))) for t in shares]
        )


class _Editor(Entry):
    left = Signal()
    """The keyboard went elsewhere."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(_HELP, parent=parent)
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keeps Enter to itself: a line hands it on, and the cells would open the next editor."""
        super().keyPressEvent(event)
        if event.key() in _ENTER:
            event.accept()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Submits or restores first, and then is over."""
        super().focusOutEvent(event)
        if event.reason() not in {Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason}:
            self.left.emit()
