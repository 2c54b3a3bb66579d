"""What came of it: how often it is right, which classes it takes for which, its worst mistakes, and Use."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QListWidget, QListWidgetItem, QPushButton, QVBoxLayout, QWidget

from engine.teaching.outcome import Outcome
from engine.wording import say_percent
from gui import theme
from gui.controls.section import Caption
from gui.teaching.matrix import Matrix
from gui.teaching.thumbnails import SIDE, Thumbnails

MISTAKES = 24
"""That are shown."""
_EMPTY = (
    "Give a folder of pictures for every class and press Start. A network that knows other pictures already makes "
    "features of them; a logistic regression learns to tell your classes apart by these, mostly within a minute.\n\n"
    "Here will be how often it is right on pictures that it had not seen, and where it errs."
)
_PATH = Qt.ItemDataRole.UserRole


class Result(QWidget):
    """The right side of the window."""

    useWanted = Signal()  # noqa: N815 - Qt's spelling of signals
    saveWanted = Signal()  # noqa: N815
    pictureWanted = Signal(str)  # noqa: N815
    """Path of the mistaken picture that is to be shown on the bench, by the new network."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._thumbnails = Thumbnails(self)
        self.said = QLabel(self)
        self.said.setFont(theme.font(theme.Type.TITLE))
        self.note = Caption(parent=self)
        self.matrix = Matrix(self)
        self.cell = Caption(parent=self)
        self.cell.setMinimumHeight(2 * self.cell.fontMetrics().lineSpacing())  # so that nothing moves
        self.heading = Caption(parent=self)
        self.mistakes = QListWidget(self)
        self.mistakes.setAccessibleName("The worst mistakes")
        self.mistakes.setIconSize(QSize(SIDE, SIDE))
        self.use = QPushButton("&Use on the bench", self)
        self.use.setAutoDefault(False)
        self.use.setToolTip("Keeps the network among your own, and puts it on the bench with one of your pictures.")
        self.save = QPushButton("Sa&ve as a file…", self)
        self.save.setAutoDefault(False)
        self.save.setToolTip("Saves what was learnt, to be opened elsewhere: drop the file on the window.")
        self.save.clicked.connect(self.saveWanted)
        self.empty = QLabel(_EMPTY, self)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty.setForegroundRole(self.note.foregroundRole())
        for each in (self.said, self.empty):
            each.setWordWrap(True)
            each.setTextFormat(Qt.TextFormat.PlainText)
        self.use.clicked.connect(self.useWanted)
        self.matrix.picked.connect(self.cell.setText)
        self.mistakes.itemActivated.connect(lambda item: self.pictureWanted.emit(item.data(_PATH)))
        self._lay_out()
        self.show_outcome(None)

    def _lay_out(self) -> None:
        left, right = QVBoxLayout(), QVBoxLayout()
        left.addWidget(self.cell)
        left.addWidget(self.matrix, 1)
        right.addWidget(self.heading)
        right.addWidget(self.mistakes, 1)
        middle = QHBoxLayout()
        middle.setSpacing(2 * theme.GRID)
        middle.addLayout(left, 3)
        middle.addLayout(right, 2)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(self.save)
        foot.addWidget(self.use)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(theme.GRID)
        rows.addWidget(self.empty, 1)
        rows.addWidget(self.said)
        rows.addWidget(self.note)
        rows.addLayout(middle, 1)
        rows.addLayout(foot)

    def show_outcome(self, outcome: Outcome | None) -> None:
        """Shows what came of it; None before there is anything."""
        shown = (self.said, self.note, self.matrix, self.cell, self.heading, self.mistakes, self.save, self.use)
        for each in shown:
            each.setVisible(outcome is not None)
        self.empty.setVisible(outcome is None)
        self._thumbnails.forget()
        self.mistakes.clear()
        if outcome is None:
            return
        self.said.setText(outcome.say())
        self.note.setText(_note(outcome))
        self.matrix.show_counts(outcome.confusion, outcome.record.classes)
        self.cell.setText("Go over the table to read its cells.")
        worst = "Worst mistakes. Enter or a double click puts one on the bench."
        self.heading.setText(worst if outcome.mistakes else "It made no mistake.")
        self.mistakes.setVisible(bool(outcome.mistakes))
        for mistake in outcome.mistakes[:MISTAKES]:
            is_, seen = outcome.record.classes[mistake.label], outcome.record.classes[mistake.seen]
            text = f"{is_}, taken for {seen}\n{say_percent(mistake.probability)} · {Path(mistake.path).name}"
            item = QListWidgetItem(text, self.mistakes)
            item.setData(_PATH, mistake.path)
            item.setToolTip(f"{is_}, taken for {seen}\n{mistake.path}")
            item.setSizeHint(QSize(0, SIDE + theme.GRID))
            self._thumbnails.ask((mistake.path,), self.devicePixelRatioF(), item.setIcon)


def _note(outcome: Outcome) -> str:
    learnt = (
        f"On the pictures it has learnt from it is right in {100 * outcome.trained:.1f} %. "
        f"{outcome.features} features a picture, regularisation C = {outcome.c:g}."
    )
    return " ".join(filter(None, (outcome.say_interval(), learnt, outcome.note, outcome.say_left_out())))
