"""What is to be learnt: the classes with their pictures, the network, and how."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeySequence, QPalette, QShortcut
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QProgressBar,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from engine.catalogue.models import all_networks, is_at_hand
from engine.images import ImageError
from engine.images.errors import grouped
from engine.teaching.lesson import FEWEST, ClassFolder, Lesson, classes_in
from gui import theme
from gui.controls.section import Caption
from gui.forms import labelled, turn_only_with_focus
from gui.teaching.thumbnails import SIDE, Thumbnails

COLUMN = 38 * theme.GRID
MOST_ROUNDS = 50
_ADVICE = f"Add a folder of pictures for every class: two at least, with {FEWEST} pictures or more in each."


class Asking(QWidget):
    """The left column of the window."""

    startWanted = Signal()  # noqa: N815 - Qt's spelling of signals
    stopWanted = Signal()  # noqa: N815
    foldersWanted = Signal()  # noqa: N815
    """The button was pressed: ask which folder."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.classes: tuple[ClassFolder, ...] = ()
        self._thumbnails = Thumbnails(self)
        self._make_list()
        self._make_choices()
        self._make_buttons()
        self._lay_out()
        self.show_running(False)
        self._show_classes()

    def _make_list(self) -> None:
        self.list = QListWidget(self)
        self.list.setAccessibleName("Classes")
        self.list.setIconSize(QSize(SIDE, SIDE))
        self.list.setSelectionMode(QListWidget.SelectionMode.ExtendedSelection)
        self.advice = Caption(_ADVICE, self)
        self.add = QPushButton("&Add folder…", self)
        self.add.setToolTip("A folder of pictures is a class; a folder that holds folders is a class for each of them.")
        self.remove = QPushButton("&Remove", self)
        self.remove.setToolTip("Takes the chosen classes off this list; their folders stay.")
        self.add.clicked.connect(self.foldersWanted)
        self.remove.clicked.connect(self._remove_chosen)
        delete = QShortcut(QKeySequence.StandardKey.Delete, self.list, self._remove_chosen)
        delete.setContext(Qt.ShortcutContext.WidgetShortcut)

    def _make_choices(self) -> None:
        self.network = QComboBox(self)
        self.network.setAccessibleName("Network")
        self.network.setToolTip("Its layers but the last make features of a picture; the new classes are learnt above.")
        self.network.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        turn_only_with_focus(self.network)
        self.name = QLineEdit(self)
        self.name.setPlaceholderText("as the classes are called")
        self.name.setAccessibleName("Name of the new network")
        self.pixels = QCheckBox("&Compare with pixels alone", self)
        self.pixels.setToolTip("Learns the same from the pixels, too, without the network. Takes longer.")
        self.rounds = QSpinBox(self)
        self.rounds.setRange(0, MOST_ROUNDS)
        self.rounds.setSpecialValueText("no")
        self.rounds.setSuffix(" rounds")
        self.rounds.setAccessibleName("Fit the last layers, too")
        self.rounds.setToolTip(
            "How many times the network's own last layers go over four fifths of the pictures, too. Takes much longer, "
            "and helps where the pictures are unlike those that the network knows."
        )
        turn_only_with_focus(self.rounds)

    def _make_buttons(self) -> None:
        self.start, self.stop = QPushButton("&Start", self), QPushButton("S&top", self)
        self.start.clicked.connect(self.startWanted)
        self.stop.clicked.connect(self.stopWanted)
        for each in (self.add, self.remove, self.start, self.stop):
            each.setAutoDefault(False)
        self.bar = QProgressBar(self)
        self.bar.setTextVisible(False)
        self.bar.setMaximumHeight(theme.GRID)
        self.bar.setAccessibleName("Progress")
        self.detail = Caption(parent=self)
        self.trouble = Caption(parent=self)
        self.trouble.setForegroundRole(QPalette.ColorRole.BrightText)
        self.trouble.hide()

    def _lay_out(self) -> None:
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(theme.GRID // 2)
        rows.addWidget(self.list, 1)
        rows.addWidget(self.advice)
        rows.addLayout(_row(self.add, self.remove))
        rows.addSpacing(theme.GRID)
        rows.addWidget(labelled("Network", self.network))
        rows.addWidget(labelled("Name", self.name))
        rows.addWidget(labelled("Fit layers", self.rounds))
        rows.addWidget(self.pixels)
        rows.addSpacing(theme.GRID)
        rows.addLayout(_row(self.start, self.stop))
        for each in (self.bar, self.detail, self.trouble):
            rows.addWidget(each)
        self.setFixedWidth(COLUMN)

    # Classes

    def take(self, folders: Sequence[str]) -> None:
        """Adds the classes that folders mean; one that is there already is not added twice."""
        try:
            found = classes_in(folders)
        except ImageError as error:
            self.show_trouble(str(error))
            return
        there = {each.pictures for each in self.classes}
        self.classes += tuple(each for each in found if each.pictures not in there)
        self.show_trouble("")
        self._show_classes()

    def _remove_chosen(self) -> None:
        chosen = {self.list.row(each) for each in self.list.selectedItems()}
        self.classes = tuple(each for place, each in enumerate(self.classes) if place not in chosen)
        self._show_classes()

    def _show_classes(self) -> None:
        self._thumbnails.forget()
        self.list.clear()
        for each in self.classes:
            count = len(each.pictures)
            item = QListWidgetItem(f"{each.name}\n{grouped(count)} picture{'' if count == 1 else 's'}", self.list)
            item.setSizeHint(QSize(0, SIDE + theme.GRID))
            if each.pictures:
                self._thumbnails.ask(each.pictures[0], self.devicePixelRatioF(), item.setIcon)
        self.advice.setVisible(len(self.classes) < 2)
        self.remove.setEnabled(bool(self.classes))

    # Networks

    def show_networks(self, chosen: str) -> None:
        """Offers what is on this machine, with the network of the bench chosen at first."""
        chosen = self.network.currentData() or chosen
        self.network.clear()
        for card in all_networks().values():
            if card.is_trained and is_at_hand(card):
                self.network.addItem(card.title, card.name)
        self.network.setCurrentIndex(max(0, self.network.findData(chosen)))

    def lesson(self, device: str) -> Lesson:
        """What is to be learnt."""
        return Lesson(
            self.classes,
            str(self.network.currentData()),
            self.name.text(),
            device,
            pixels=self.pixels.isChecked(),
            epochs=self.rounds.value(),
        )

    # How it goes

    def show_running(self, is_running: bool, fraction: float | None = None, detail: str = "") -> None:
        """Shows how far it has come."""
        self.bar.setRange(0, 0 if fraction is None else 1000)
        self.bar.setValue(round(1000 * (fraction or 0)))
        self.detail.setText(detail)
        for each in (self.stop, self.bar, self.detail):
            each.setVisible(is_running)
        self.start.setVisible(not is_running)
        for widget in (self.list, self.add, self.remove, self.network, self.name, self.rounds, self.pixels):
            widget.setEnabled(not is_running)

    def show_trouble(self, text: str) -> None:
        """Says what is wrong, or nothing."""
        self.trouble.setText(text)
        self.trouble.setVisible(bool(text))


def _row(*buttons: QPushButton) -> QHBoxLayout:
    row = QHBoxLayout()
    for each in buttons:
        row.addWidget(each)
    return row
