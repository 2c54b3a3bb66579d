"""The form for a network of one's own: what its file told is filled in already, and every choice is tried at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from engine.catalogue.found import (
    NORMALISATIONS,
    ClassNamesError,
    Found,
    Guess,
    class_names_for,
    read_class_names,
    record_of,
    spread,
)
from engine.catalogue.own import Kind, OwnNetwork, OwnNetworkError
from gui import theme
from gui.controls.elided import Elided
from gui.controls.section import Caption

PAUSE_MS = 300
"""How long nothing must be changed before the network is tried."""
LONGEST_SIDE = 2048
"""Pixels of an input's side that can be chosen."""
_OWN = "own"
_EXPLAINED = {
    "name": "What this network is called in the list of networks",
    "architecture": "How the layers go together: a file of weights holds their numbers only. What fits comes first",
    "channels": "What pictures the network was trained on; this kind of file does not tell",
    "height_box": "How high the pictures are that the network sees, as in its training",
    "width_box": "How wide the pictures are that the network sees, as in its training",
    "resize_box": "A picture is scaled until its shorter side has this length; then its centre is cut out as the input",
    "normalisation": "What was done to pixels before training: the mean is taken away, the deviation divides the rest",
    "mean": "Is taken from pixels in [0, 1]: one number, or red, green and blue",
    "std": "Divides them then: one number above 0, or red, green and blue",
    "class_names": "The names of the network's answers, in the order of its outputs",
    "class_file": "A text with one name a line, or JSON, in the order of the network's outputs",
}
"""What is asked for, by the name of its editor."""
_HOW = "Filled in as far as the file tells. Set it as the network was trained: anything else gives other answers."


class OwnNetworkForm(QDialog):
    """Asks for what a file does not tell. ``accepted`` only with a record that was tried and can be used."""

    tryRequested = Signal(object)  # noqa: N815 - Qt's spelling of signals
    """An ``OwnNetwork`` that is to be tried; answer with ``show_tried``."""

    def __init__(self, found: Found, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Open a network")
        self._found = found
        self._classes: tuple[str, ...] = ()
        self.record: OwnNetwork | None = None
        self._make_editors()
        self.check = Caption("", self)
        self.check.setMinimumHeight(4 * self.check.fontMetrics().lineSpacing())
        self.check.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE_MS)
        self._pause.timeout.connect(self._ask)
        self._lay_out()
        self._show_guess()

    # The form

    def _make_editors(self) -> None:
        self.name = QLineEdit(Path(self._found.path).stem, self)
        self.architecture = self._box("Architecture", ((_titled(each), each) for each in self._found.guesses))
        self.channels = self._box("Channels", (("colour: red, green, blue", 3), ("grey", 1)))
        self.height_box, self.width_box = self._pixels("Height of the input"), self._pixels("Width of the input")
        self.resize_box = self._pixels("Shorter side is scaled to")
        presets = [(each.title, name) for name, each in NORMALISATIONS.items()]
        self.normalisation = self._box("Normalisation", (*presets, ("own numbers", _OWN)))
        self.mean, self.std = self._numbers("Mean"), self._numbers("Deviation")
        self.class_names = Elided("", self)
        self.class_file = QPushButton("From a file…", self)
        self.class_file.setAccessibleName("Names of the classes from a file")
        for editor, text in _EXPLAINED.items():
            getattr(self, editor).setToolTip(text)
        self.name.textChanged.connect(self._on_edited)
        self.architecture.currentIndexChanged.connect(self._show_guess)
        self.channels.currentIndexChanged.connect(self._on_normalisation_chosen)
        self.normalisation.currentIndexChanged.connect(self._on_normalisation_chosen)
        self.class_file.clicked.connect(self._on_class_file_clicked)

    def _box(self, name: str, rows: Any) -> QComboBox:
        box = QComboBox(self)
        box.setAccessibleName(name)
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        for text, value in rows:
            box.addItem(text, value)
        return box

    def _pixels(self, name: str) -> QSpinBox:
        box = QSpinBox(self)
        box.setAccessibleName(name)
        box.setRange(2, LONGEST_SIDE)
        box.setSuffix(" px")
        box.setKeyboardTracking(False)
        box.valueChanged.connect(self._on_edited)
        return box

    def _numbers(self, name: str) -> QLineEdit:
        line = QLineEdit(self)
        line.setAccessibleName(name)
        line.setPlaceholderText("one number, or three: red, green, blue")
        line.textChanged.connect(self._on_edited)
        return line

    def _lay_out(self) -> None:
        self.form = QFormLayout()
        self.form.setSpacing(theme.GRID)
        self.form.addRow("&Name", self.name)
        self.form.addRow("&Architecture", self.architecture)
        self.form.setRowVisible(self.architecture, len(self._found.guesses) > 1)
        self.form.addRow("&Pictures", self.channels)
        self.form.setRowVisible(self.channels, self._found.kind is Kind.SCRIPT)  # every other kind tells
        self.form.addRow(
            "&Input", _beside(self.height_box, Caption("high", self), self.width_box, Caption("wide", self))
        )
        self.resize_box.setSuffix(" px, the shorter side")
        self.form.addRow("&Scaled to", self.resize_box)
        self.form.addRow("Nor&malisation", self.normalisation)
        self.form.addRow("M&ean", self.mean)
        self.form.addRow("&Deviation", self.std)
        self.form.addRow("&Classes", _beside(self.class_names, self.class_file))
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        self.use = self.buttons.addButton("Use", QDialogButtonBox.ButtonRole.AcceptRole)
        self.use.setEnabled(False)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(2 * theme.GRID, 2 * theme.GRID, 2 * theme.GRID, 2 * theme.GRID)
        rows.setSpacing(2 * theme.GRID)
        rows.addWidget(Caption(f"{_facts(self._found)}\n{_HOW}", self))
        rows.addLayout(self.form)
        rows.addWidget(self.check)
        rows.addWidget(self.buttons)
        self.setMinimumWidth(60 * theme.GRID)

    # What it says

    @property
    def guess(self) -> Guess:
        """The architecture that is chosen."""
        index = max(0, self.architecture.currentIndex())
        return self._found.guesses[index]

    def _show_guess(self) -> None:
        """Fills in what the file and the architecture tell."""
        self._show(self.guess, class_names_for(self._found, self.guess))

    def fill(self, record: OwnNetwork) -> None:
        """Fills in how a file was asked before, or is to be asked, in place of what it tells by itself.

        Args:
            record: of the same file.
        """
        self.name.setText(record.title)
        chosen = [each.architecture == record.details.get("architecture") for each in self._found.guesses]
        if True in chosen:
            self.architecture.setCurrentIndex(chosen.index(True))
        self._show(record, record.classes)

    def _show(self, told: Guess | OwnNetwork, classes: tuple[str, ...]) -> None:
        self._classes = classes
        self._show_classes()
        self.channels.setCurrentIndex(self.channels.findData(len(told.mean)))
        self.height_box.setValue(told.size[0])
        self.width_box.setValue(told.size[1])
        self.resize_box.setValue(told.resize)
        self.mean.setText(_text(told.mean))
        self.std.setText(_text(told.std))
        self.normalisation.setCurrentIndex(self.normalisation.findData(_preset(told.mean, told.std)))
        self._on_normalisation_chosen()

    def _show_classes(self) -> None:
        shown = f"{len(self._classes)}: {', '.join(self._classes[:8])}{' …' if len(self._classes) > 8 else ''}"
        self.class_names.setText(shown)
        self.class_names.setToolTip(f"{_EXPLAINED['class_names']}: {shown}")

    def _on_normalisation_chosen(self) -> None:
        own = self.normalisation.currentData() == _OWN
        self.form.setRowVisible(self.mean, own)
        self.form.setRowVisible(self.std, own)
        self.adjustSize()
        self._on_edited()

    def _on_class_file_clicked(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, "Open the names of the classes", "", "Names (*.txt *.json *.csv)")
        if name:
            self.take_class_names(Path(name))

    def take_class_names(self, path: Path) -> None:
        """Names the classes as a file says, or says why not."""
        try:
            names = read_class_names(path)
        except ClassNamesError as error:
            self._complain(str(error))
            return
        if len(names) != self.guess.classes:
            told = f"and the network tells {self.guess.classes} classes apart"
            self._complain(f"{path.name} has {len(names)} names, {told}.")
            return
        self._classes = names
        self._show_classes()
        self._on_edited()

    # Trying

    def _on_edited(self) -> None:
        self.use.setEnabled(False)
        self.record = None
        self._say(f"{self.guess.say()} Trying it …")
        self._pause.start()

    def _ask(self) -> None:
        """Asks for the network to be tried as the form says."""
        if self.guess.architecture and not self.guess.fits:
            self._complain(self.guess.say())
            return
        try:
            mean, std = self._normalisation()
            self.record = record_of(
                self._found,
                self.guess,
                self.name.text(),
                classes=self._classes,
                size=(self.height_box.value(), self.width_box.value()),
                resize=self.resize_box.value(),
                mean=mean,
                std=std,
            )
        except (OwnNetworkError, ValueError) as error:
            self._complain(f"{error}.")
            return
        self.tryRequested.emit(self.record)

    def _normalisation(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        channels, preset = self.channels.currentData(), self.normalisation.currentData()
        if preset == _OWN:
            return spread(_read(self.mean, "Mean"), channels), spread(_read(self.std, "Deviation"), channels)
        usual = NORMALISATIONS[preset]
        return spread(usual.mean, channels), spread(usual.std, channels)

    def show_tried(self, record: OwnNetwork, said: str, why_not: str, notes: tuple[str, ...]) -> None:
        """Shows what came of trying a record; an answer about an earlier state of the form is passed over."""
        if record != self.record:
            return
        if why_not:
            self._complain(why_not)
            return
        self._say(" ".join(filter(None, (self.guess.say(), said, self.guess.note, *notes))))
        self.use.setEnabled(True)
        self.use.setDefault(True)

    def _say(self, text: str) -> None:
        self.check.setForegroundRole(QPalette.ColorRole.WindowText)
        self.check.setText(text)

    def _complain(self, why: str) -> None:
        self._pause.stop()
        self.record = None
        self.use.setEnabled(False)
        self.check.setForegroundRole(QPalette.ColorRole.BrightText)
        self.check.setText(why)


def _titled(guess: Guess) -> str:
    return guess.title if guess.fits else f"{guess.title}: fits {guess.fitting} of {guess.of} tensors"


def _facts(found: Found) -> str:
    size = f"{found.megabytes:.1f} MB" if found.megabytes >= 0.1 else f"{found.megabytes * 1000:.0f} kB"
    numbers = f"{found.parameters:,}".replace(",", " ")
    told = f"{Path(found.path).name} · {size} · {numbers} numbers"
    if len(found.guesses) == 1 and found.guesses[0].architecture:
        told = f"{told} · {found.guesses[0].title}"
    return told


def _preset(mean: tuple[float, ...], std: tuple[float, ...]) -> str:
    """A normalisation by its name."""
    for name, each in NORMALISATIONS.items():
        if (spread(each.mean, len(mean)), spread(each.std, len(std))) == (mean, std):
            return name
    return _OWN


def _text(numbers: tuple[float, ...]) -> str:
    return ", ".join(repr(each).removesuffix(".0") for each in numbers)


def _read(line: QLineEdit, name: str) -> tuple[float, ...]:
    """The numbers in a line.

    Raises:
        ValueError: there are none, or another count than one or three.
    """
    try:
        numbers = tuple(float(each) for each in line.text().replace(";", ",").split(","))
    except ValueError:
        numbers = ()
    if len(numbers) not in {1, 3}:
        raise ValueError(f"{name}: write one number, or three with commas between them")
    return numbers


def _beside(*widgets: QWidget) -> QWidget:
    """Widgets in a row, the first of a pair as wide as it can be."""
    row = QWidget()
    line = QHBoxLayout(row)
    line.setContentsMargins(0, 0, 0, 0)
    line.setSpacing(theme.GRID)
    for each in widgets:
        line.addWidget(each, 1 if isinstance(each, Elided) else 0)
    if not any(isinstance(each, Elided) for each in widgets):
        line.addStretch(1)
    row.setFocusProxy(next(each for each in widgets if each.focusPolicy() != Qt.FocusPolicy.NoFocus))
    return row
