"""What is to be learnt: the classes with their pictures, the network, and how."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from engine.catalogue.models import all_networks, is_at_hand
from engine.teaching.lesson import Lesson
from gui import theme
from gui.controls.section import Caption
from gui.forms import labelled, turn_only_with_focus
from gui.teaching.classes import Classes

COLUMN = 38 * theme.GRID
MOST_ROUNDS = 50


class Asking(QWidget):
    """The left column of the window."""

    startWanted = Signal()  # noqa: N815 - Qt's spelling of signals
    stopWanted = Signal()  # noqa: N815
    forgetWanted = Signal()  # noqa: N815
    """The features that are kept are to be deleted."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.classes = Classes(self)
        self.classes.refused.connect(self.show_trouble)
        self._make_choices()
        self._make_buttons()
        self._lay_out()
        self.show_running(False)

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
        self.rounds.valueChanged.connect(lambda count: self.rounds.setSuffix(" round" if count == 1 else " rounds"))
        self.rounds.setAccessibleName("Fine-tune the last layers")
        self.rounds.setToolTip(
            "How many times the network's own last layers go over four fifths of the pictures, too. Takes much longer, "
            "and helps where the pictures are unlike those that the network knows."
        )
        turn_only_with_focus(self.rounds)

    def _make_buttons(self) -> None:
        self.start, self.stop = QPushButton("&Start", self), QPushButton("S&top", self)
        self.start.clicked.connect(self.startWanted)
        self.stop.clicked.connect(self.stopWanted)
        self.forget = QPushButton("&Forget", self)
        self.forget.setToolTip("Deletes the features of pictures that are kept; they are computed again when needed.")
        self.forget.clicked.connect(self.forgetWanted)
        for each in (self.start, self.stop, self.forget):
            each.setAutoDefault(False)
        self.kept = Caption(parent=self)
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
        rows.addWidget(self.classes, 1)
        rows.addSpacing(theme.GRID)
        rows.addWidget(labelled("Network", self.network))
        rows.addWidget(labelled("Name", self.name))
        rows.addWidget(labelled("Fine-tune", self.rounds))
        rows.addWidget(self.pixels)
        rows.addSpacing(theme.GRID)
        rows.addLayout(_row(self.start, self.stop))
        for each in (self.bar, self.detail, self.trouble):
            rows.addWidget(each)
        kept = _row(self.kept, self.forget)
        kept.setStretch(0, 1)
        rows.addLayout(kept)
        self.setFixedWidth(COLUMN)

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
            self.classes.all,
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
        self.stop.setEnabled(True)
        for widget in (self.classes, self.network, self.name, self.rounds, self.pixels, self.forget):
            widget.setEnabled(not is_running)

    def show_stopping(self) -> None:
        """Shows that it has been heard."""
        self.stop.setEnabled(False)
        self.detail.setText("stopping …")

    def show_kept(self, size: int) -> None:
        """Shows how many bytes the features of earlier pictures take on the disk."""
        self.kept.setText(f"{size / 1e6:.1f} MB of features are kept, to be quicker next time.")
        for each in (self.kept, self.forget):
            each.setVisible(size > 0)

    def show_trouble(self, text: str) -> None:
        """Says what is wrong, or nothing."""
        self.trouble.setText(text)
        self.trouble.setVisible(bool(text))


def _row(*widgets: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    for each in widgets:
        row.addWidget(each)
    return row
