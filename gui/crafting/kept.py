"""The page of what was crafted and kept: use it again, or delete it."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QMessageBox,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from engine.catalogue.attacks import Norm
from engine.catalogue.crafted import Crafted, CraftKind, all_crafted, forget
from engine.wording import NORM_NAMES, say_epsilon, say_percent
from gui import theme
from gui.controls.section import Caption

NOTHING: Final = "Nothing is kept yet: craft a universal perturbation or a patch, and press “Keep for later”."
EXPLAINED: Final = "Kept on this machine, and offered in the form of the attacks “Universal” and “Patch”."

_NAME, _RECORD = Qt.ItemDataRole.UserRole, Qt.ItemDataRole.UserRole + 1


class KeptPage(QWidget):
    """A line for each, the newest first; what is chosen can be used, or deleted after a question."""

    useWanted = Signal(str, object)  # noqa: N815 - Qt's spelling of signals
    """A name among what is kept, and its record."""
    failed = Signal(str)
    """Why something could not be deleted."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.list = QListWidget(self)
        self.list.setAccessibleName("What was crafted and kept")
        self.list.setAlternatingRowColors(True)
        self.list.setWordWrap(True)
        self.said = QLabel(self)
        self.said.setWordWrap(True)
        self.said.setTextFormat(Qt.TextFormat.PlainText)
        self.use, self.delete = QPushButton("Use &on the bench", self), QPushButton("&Delete…", self)
        self.delete.setToolTip("Deletes it from this machine (Del). It cannot be brought back.")
        for button, handler in ((self.use, self._on_use_clicked), (self.delete, self._on_delete_clicked)):
            button.setAutoDefault(False)
            button.clicked.connect(handler)
        key = QShortcut(QKeySequence(Qt.Key.Key_Delete), self.list, self._on_delete_clicked)
        key.setContext(Qt.ShortcutContext.WidgetShortcut)
        self.list.itemActivated.connect(self._on_use_clicked)
        self.list.currentItemChanged.connect(self._on_current_item_changed)
        self._lay_out()

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.delete)
        buttons.addWidget(self.use)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(2 * theme.GRID, 2 * theme.GRID, 2 * theme.GRID, 2 * theme.GRID)
        rows.setSpacing(theme.GRID)
        rows.addWidget(Caption(EXPLAINED, self))
        rows.addWidget(self.list, 1)
        rows.addWidget(self.said)
        rows.addLayout(buttons)
        rows.addStretch(0)  # where there is no list

    def showEvent(self, event: QShowEvent) -> None:
        """Looks up what there is now."""
        super().showEvent(event)
        self.look_up()

    def look_up(self) -> None:
        """Shows what is kept now; the place in the list stays."""
        place = max(0, self.list.currentRow())
        self.list.clear()
        for kind in (CraftKind.UNIVERSAL, CraftKind.PATCH):
            for name, record in all_crafted(kind).items():
                self.list.addItem(_line(name, record))
        self.list.setCurrentRow(min(place, self.list.count() - 1))
        self._on_current_item_changed(self.list.currentItem())

    def _on_current_item_changed(self, item: QListWidgetItem | None) -> None:
        for button in (self.use, self.delete):
            button.setVisible(item is not None)
        self.list.setVisible(item is not None)
        self.said.setText(NOTHING if item is None else item.toolTip())

    def _on_use_clicked(self) -> None:
        item = self.list.currentItem()
        if item is not None:
            self.useWanted.emit(item.data(_NAME), item.data(_RECORD))

    def _on_delete_clicked(self) -> None:
        item = self.list.currentItem()
        if item is None:
            return
        box = QMessageBox(self)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setWindowTitle("Delete")
        box.setText(f"Delete this?\n\n{item.text()}")
        box.setInformativeText("It is deleted from this machine and cannot be brought back.")
        box.setStandardButtons(QMessageBox.StandardButton.Yes | QMessageBox.StandardButton.Cancel)
        box.button(QMessageBox.StandardButton.Yes).setText("&Delete")
        box.setDefaultButton(QMessageBox.StandardButton.Cancel)
        name = item.data(_NAME)
        box.accepted.connect(lambda: self.forget(name))
        box.open()

    def forget(self, name: str) -> None:
        """Deletes what is kept under a name."""
        try:
            forget(name)
        except OSError as error:
            self.failed.emit(f"“{name}” could not be deleted: {error.strerror or error}. It is still there.")
        self.look_up()


def _line(name: str, record: Crafted) -> QListWidgetItem:
    kind = "Universal perturbation" if record.kind == CraftKind.UNIVERSAL else "Patch"
    line = QListWidgetItem(f"{kind} · {record.title}")
    line.setToolTip(_details(record))
    line.setData(_NAME, name)
    line.setData(_RECORD, record)
    return line


def _details(record: Crafted) -> str:
    """Where it comes from and how well it did, in full."""
    norm = Norm(record.norm)
    fools = "fools" if record.kind == CraftKind.UNIVERSAL else f"brings to “{record.target_name}”"
    channels, height, width = record.shape
    return (
        f"Crafted on {record.network_title} from {record.pictures} pictures by “{record.method}”, seed {record.seed}; "
        f"{NORM_NAMES[norm]}, {say_epsilon(record.epsilon, norm)}; {width} × {height} pixels, "
        f"{'grey' if channels == 1 else 'colour'}.\n"
        f"It {fools} {say_percent(record.rate)} of those pictures, {say_percent(record.held_out_rate)} of "
        f"{record.held_out} new ones; noise of its size {say_percent(record.control_rate)}."
    )
