"""What the network thinks of the clean picture and of the perturbed one, class by class."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from PySide6.QtCore import QStringListModel, Qt, QTimer
from PySide6.QtWidgets import QCheckBox, QCompleter, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from engine.frame import Frame
from engine.request import Request
from gui import theme
from gui.session import Session
from gui.views.bars import Bars
from gui.views.base import FrameView
from gui.views.legend import Entry, Legend
from gui.views.ranking import Ranking
from gui.views.rows import Mark, Row

HINT = "What the network thinks of the picture appears here."


class Probabilities(FrameView):
    """A row per class with a clean and an adversarial bar; a click pins a class, a search finds one to pin."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self._ranking = Ranking()
        self.bars = Bars(self)
        self.bars.show_rows((), HINT)
        self.bars.pinToggled.connect(self._on_bars_pin_toggled)
        self.search = ClassSearch(self)
        self.logarithmic = QCheckBox("log", self)
        self.logarithmic.setToolTip("A logarithmic axis: 0.1 %, 1 %, 10 %, 100 %")
        self.logarithmic.setAccessibleName("Logarithmic axis")
        self.logarithmic.toggled.connect(self.bars.set_logarithmic)
        self.legend = Legend(across=True, parent=self)
        self.legend.explain((Entry(theme.CLEAN, "clean"), Entry(theme.ADVERSARIAL, "adversarial")))
        self._lay_out()
        self.setTabOrder(self.logarithmic, self.bars)  # the Tab key follows the eye
        self.setTabOrder(self.bars, self.search)
        self.search.returnPressed.connect(self._on_search_return_pressed)
        self.search.completer().activated.connect(self._on_search_activated)
        session.request_changed.connect(self._on_request_changed)

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setContentsMargins(theme.GRID, theme.GRID // 2, theme.GRID, 0)
        head.addWidget(self.legend)
        head.addStretch(1)
        head.addWidget(self.logarithmic)
        foot = QHBoxLayout()
        foot.setContentsMargins(theme.GRID, 0, theme.GRID, theme.GRID)
        foot.addWidget(self.search)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(theme.GRID // 2)
        rows.addLayout(head)
        rows.addWidget(self.bars, 1)
        rows.addLayout(foot)

    def draw(self, frame: Frame) -> None:
        """Shows the probabilities of a frame."""
        network, before = frame.network, frame.before
        if network is None or before is None:
            self.bars.show_rows((), HINT)
            return
        self.search.offer(network.classes)
        pinned = self.session.request.pinned
        after = None if frame.attacked is None else frame.attacked.prediction.probabilities
        self.bars.show_rows(
            [
                Row(
                    label,
                    network.classes[label],
                    float(before.probabilities[label]),
                    None if after is None else float(after[label]),
                    _mark(frame.request, pinned, label),
                )
                for label in self._ranking.rows(frame, pinned)
            ]
        )

    def recolour(self) -> None:
        """Takes new fonts and colours."""
        self.bars.recolour()

    # Pinning

    def pin(self, label: int) -> None:
        """Keeps a class in view, and shows where."""
        pinned = self.session.request.pinned
        if label not in pinned:
            self._propose((*pinned, label))
        self.bars.reveal(label)

    def _propose(self, pinned: tuple[int, ...]) -> None:
        self.session.propose(pinned=pinned)
        self.session.settle()

    def _on_bars_pin_toggled(self, label: int) -> None:
        pinned = self.session.request.pinned
        if label in pinned:
            self._propose(tuple(each for each in pinned if each != label))
        else:
            self.pin(label)

    def _on_request_changed(self, request: Request) -> None:
        """Shows a new pin at once, without waiting for the engine."""
        frame = self.session.frame
        if self.isVisible() and frame is not None and frame.request.pinned != request.pinned:
            self.draw(frame)

    def _on_search_return_pressed(self) -> None:
        if self.search.is_choosing():
            return  # the completer tells which line was chosen
        label = self.search.label_of(self.search.text())
        if label is not None:
            self.search.clear()
            self.pin(label)
        elif self.search.text().strip():
            self.session.report(f"No class of this network is called “{self.search.text().strip()}”.")

    def _on_search_activated(self, name: str) -> None:
        QTimer.singleShot(0, self.search, self.search.clear)  # the line takes the chosen name after this signal
        label = self.search.label_of(name)
        if label is not None:
            self.pin(label)


class ClassSearch(QLineEdit):
    """A line that finds a class by any part of its name."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._classes: Sequence[str] = ()
        self._model = QStringListModel(self)
        self.setPlaceholderText("Pin a class …")
        self.setAccessibleName("Search a class to pin")
        self.setClearButtonEnabled(True)
        completer = QCompleter(self._model, self)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        self.setCompleter(completer)

    def offer(self, classes: Sequence[str]) -> None:
        """Lets these classes be found; names that two classes share get the class's number."""
        if classes == self._classes:
            return
        self._classes = classes
        times = Counter(classes)
        self._model.setStringList(
            [name if times[name] == 1 else f"{name} ({label})" for label, name in enumerate(classes)]
        )

    def is_choosing(self) -> bool:
        """Whether a line of the list of suggestions is chosen."""
        popup = self.completer().popup()
        return popup is not None and popup.isVisible() and popup.currentIndex().isValid()

    def label_of(self, text: str) -> int | None:
        """The class of that name, or else the first whose name contains the text."""
        wanted = text.strip().casefold()
        if not wanted:
            return None
        names = [each.casefold() for each in self._model.stringList()]
        if wanted in names:
            return names.index(wanted)
        return next((label for label, name in enumerate(names) if wanted in name), None)


def _mark(request: Request, pinned: tuple[int, ...], label: int) -> Mark:
    mark = Mark.PINNED if label in pinned else Mark.NONE
    if label == request.target:
        mark |= Mark.TARGET
    elif request.target is None and label == request.away_from:
        mark |= Mark.LEFT
    return mark
