"""The list of classes: their names, which can be written over, a picture of each, and how many there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from engine.errors import ExplainedError
from engine.images.errors import grouped
from engine.teaching.folders import classes_in, named_apart
from engine.teaching.lesson import FEWEST, LONGEST_NAME, ClassFolder, check_names
from gui import theme
from gui.controls.section import Caption
from gui.teaching.thumbnails import SIDE, Thumbnails

_ADVICE = f"Add or drop a folder of pictures for every class: two at least, with {FEWEST} pictures or more in each."
_NAME = Qt.ItemDataRole.UserRole
_Index = QModelIndex | QPersistentModelIndex


class Classes(QWidget):
    """The classes that are to be told apart."""

    foldersWanted = Signal()  # noqa: N815 - Qt's spelling of signals
    """The button was pressed: ask which folder."""
    renamed = Signal()
    """A class has another name."""
    refused = Signal(str)
    """Why something was not done; empty when all is well again."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.all: tuple[ClassFolder, ...] = ()
        self._thumbnails = Thumbnails(self)
        self._make_list()
        self._make_buttons()
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(theme.GRID // 2)
        rows.addWidget(self.list, 1)
        rows.addWidget(self.advice)
        rows.addLayout(self._buttons)
        self._show()

    def _make_list(self) -> None:
        self.list = QListWidget(self)
        self.list.setAccessibleName("Classes")
        self.list.setAccessibleDescription("F2 renames a class, Delete takes it off the list")
        self.list.setIconSize(QSize(SIDE, SIDE))
        self.list.setSelectionMode(QListWidget.SelectionMode.ExtendedSelection)
        names = _Names(self.list)
        names.written.connect(self._on_name_written)
        self.list.setItemDelegate(names)
        delete = QShortcut(QKeySequence.StandardKey.Delete, self.list, self._remove_chosen)
        delete.setContext(Qt.ShortcutContext.WidgetShortcut)
        self.advice = Caption(_ADVICE, self)

    def _make_buttons(self) -> None:
        self.add = QPushButton("&Add folder…", self)
        self.add.setToolTip("A folder of pictures is a class; a folder that holds folders is a class for each of them.")
        self.rename = QPushButton("Re&name", self)
        self.rename.setToolTip("Calls the chosen class otherwise than its folder (F2, or a double click).")
        self.remove = QPushButton("&Remove", self)
        self.remove.setToolTip("Takes the chosen classes off this list; their folders stay.")
        self.add.clicked.connect(self.foldersWanted)
        self.rename.clicked.connect(self._rename_chosen)
        self.remove.clicked.connect(self._remove_chosen)
        self._buttons = QHBoxLayout()
        for each in (self.add, self.rename, self.remove):
            each.setAutoDefault(False)
            self._buttons.addWidget(each)

    # In and out

    def take(self, folders: Sequence[str]) -> None:
        """Adds the classes that folders mean; one that is there already is not added twice."""
        try:
            found = classes_in(folders)
        except ExplainedError as error:
            self.refused.emit(str(error))
            return
        there = {each.pictures for each in self.all}
        new = [each for each in found if each.pictures not in there]
        self.all += named_apart(new, [each.name for each in self.all])
        self.refused.emit("")
        self._show()

    def _remove_chosen(self) -> None:
        chosen = {self.list.row(each) for each in self.list.selectedItems()}
        self.all = tuple(each for place, each in enumerate(self.all) if place not in chosen)
        self._show()

    # Names

    def _rename_chosen(self) -> None:
        self.list.setCurrentRow(max(0, self.list.currentRow()))
        self.list.setFocus()
        self.list.editItem(self.list.currentItem())

    def _on_name_written(self, row: int, text: str) -> None:
        """Takes a name, or says why not; the class then keeps the one that it has."""
        names = [each.name for each in self.all]
        names[row] = text.strip()
        try:
            check_names(names)
        except ExplainedError as error:
            self.refused.emit(str(error))
            return
        self.all = tuple(replace(each, name=name) for each, name in zip(self.all, names, strict=True))
        _show_on(self.list.item(row), self.all[row])
        self.refused.emit("")
        self.renamed.emit()

    # What is shown

    def _show(self) -> None:
        self._thumbnails.forget()
        self.list.clear()
        for each in self.all:
            item = QListWidgetItem(self.list)
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsEditable)
            item.setSizeHint(QSize(0, SIDE + theme.GRID))
            _show_on(item, each)
            self._thumbnails.ask(each.pictures, self.devicePixelRatioF(), item.setIcon)
        self.advice.setVisible(len(self.all) < 2)
        for button in (self.rename, self.remove):
            button.setEnabled(bool(self.all))


def _show_on(item: QListWidgetItem, its: ClassFolder) -> None:
    count = len(its.pictures)
    pictures = f"{grouped(count)} picture{'' if count == 1 else 's'}"
    item.setText(f"{its.name}\n{pictures}{f', the first of {grouped(its.found)}' if its.left else ''}")
    item.setData(_NAME, its.name)
    item.setToolTip(its.name)


class _Names(QStyledItemDelegate):
    """Lets the first line of an item be written over, where the second is no part of the name."""

    written = Signal(int, str)
    """The row, and what was written there."""

    def createEditor(self, parent: QWidget, _option: QStyleOptionViewItem, _index: _Index) -> QWidget:
        """A line for the name."""
        line = QLineEdit(parent)
        line.setAccessibleName("Name of the class")
        line.setMaxLength(LONGEST_NAME)
        return line

    def setEditorData(self, editor: QWidget, index: _Index) -> None:
        """The name as it is."""
        _line(editor).setText(index.data(_NAME))

    def setModelData(self, editor: QWidget, _model: QAbstractItemModel, index: _Index) -> None:
        """What was written is told; whoever listens decides."""
        self.written.emit(index.row(), _line(editor).text())

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, _index: _Index) -> None:
        """Over both lines, beside the picture."""
        room: QRect = option.rect
        editor.setGeometry(room.adjusted(SIDE + theme.GRID // 2, theme.GRID // 2, 0, -theme.GRID // 2))


def _line(editor: QWidget) -> QLineEdit:
    if not isinstance(editor, QLineEdit):
        raise TypeError(f"names are written in a line, not in {type(editor).__name__}")
    return editor
