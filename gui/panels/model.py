"""The panel of the network: which one is asked, how to choose another, and how its weights come onto this machine."""

from __future__ import annotations

from urllib.parse import urlsplit

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QProgressBar, QPushButton, QToolButton, QVBoxLayout, QWidget

from engine.catalogue.models import NetworkCard, Source, find_network, is_at_hand, known_network
from engine.request import Request
from gui import theme
from gui.bind import follow
from gui.controls.section import Caption, Section
from gui.forms import turn_only_with_focus
from gui.icons import icon
from gui.panels.companions import Companions
from gui.panels.network_words import describe, say_facts
from gui.panels.networks import NetworkList
from gui.panels.presets import Presets
from gui.session import Session


class ModelPanel(Section):
    """Shows the chosen network and lets the user choose another; nothing is downloaded without a click on Download."""

    downloadRequested = Signal(str)  # noqa: N815 - Qt's spelling of signals
    """The name of a network whose weights the user wants."""
    cancelRequested = Signal(str)  # noqa: N815
    """The name of a network whose weights are not wanted any more."""
    fileWanted = Signal()  # noqa: N815
    """The user wants to open a network of their own."""
    forgetRequested = Signal(str)  # noqa: N815
    """The name of a network of the user's own that is to be forgotten."""
    clearRequested = Signal()  # noqa: N815
    """The user wants to be rid of downloaded weights."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__("Model", parent)
        self.session = session
        self.chooser = Chooser(self)
        self.facts = Caption(parent=self)
        self.question = Question(self)
        self.list = NetworkList(self)
        self._downloads: dict[str, Download] = {}
        self._wanted: dict[str, str] = {}
        self._presets = Presets(session)
        self._companions = Companions(session)
        for each in (self.chooser, self.facts, self.question):
            self.add(each)
        self.chooser.opened.connect(self._on_chooser_opened)
        self.list.picked.connect(self.choose)
        self.list.fileWanted.connect(self.fileWanted)
        self.list.forgetRequested.connect(self.forgetRequested)
        self.list.clearRequested.connect(self.clearRequested)
        self.question.agreed.connect(self._on_question_agreed)
        follow(session, self._on_request_changed, "model")

    def _on_request_changed(self, request: Request) -> None:
        card = known_network(request.model)
        self.question.hide()
        self.chooser.show_title(card.title if card else request.model)
        self.facts.setText(say_facts(card) if card else "This network is not known.")
        for each in (self.chooser, self.facts):
            each.setToolTip(describe(card) if card else "")

    def _on_chooser_opened(self) -> None:
        self.list.open_below(self.chooser, self.session.request.model)

    # Choosing

    def choose(self, name: str) -> None:
        """Puts a network on the bench, or asks whether its weights may be downloaded."""
        if name in self._downloads:
            self._wanted[name] = self.session.request.model
        elif is_at_hand(find_network(name)):
            self._propose(name)
        else:
            self.question.ask(find_network(name))

    def _propose(self, name: str) -> None:
        """Puts a network on the bench, and what goes with it; one step of undo.

        Classes are numbered by the network: where its classes are others, none stays chosen. A sample that does not
        suit it makes room for one that does; a picture of the user's own stays.
        """
        changes: dict[str, object] = {}
        sample = self._companions.sample_for(name)
        if sample is not None:
            changes["image"] = sample.image
        before = known_network(self.session.request.model)
        if before is None or before.classes != find_network(name).classes:
            changes |= {"target": None, "away_from": None, "pinned": ()}
        said_before = self.session.message
        self._presets.put_on(name, **changes)
        if sample is not None:
            said = self.session.message
            more = said.text if said is not None and said is not said_before else ""
            self.session.report(f"The sample is {sample.title} now, to suit {find_network(name).title}. {more}".strip())

    # Downloading

    def _on_question_agreed(self, name: str) -> None:
        self._wanted[name] = self.session.request.model
        self.set_progress(name, 0, None)
        self.downloadRequested.emit(name)

    def set_progress(self, name: str, done: float, total: float | None) -> None:
        """Shows how far a download has come: ``done`` of ``total``, None while nobody knows."""
        if name not in self._downloads:
            made = Download(find_network(name), self)
            made.cancel.clicked.connect(lambda: self.cancelRequested.emit(name))
            self.add(made)
            self._downloads[name] = made
        self._downloads[name].show_progress(done, total)

    def download_ended(self, name: str, error: str | None) -> None:
        """A download is over: done, cancelled, or failed for the reason ``error``.

        A network that was waited for is put on the bench; if the user has chosen another meanwhile, that one stays.
        """
        row = self._downloads.pop(name, None)
        if row is not None:
            row.hide()
            row.deleteLater()
        waiting_at = self._wanted.pop(name, None)
        if error is not None:
            self.session.report(error, is_error=True)
        elif not is_at_hand(find_network(name)):
            self.session.report(f"The download of {find_network(name).title} was cancelled.")
        elif waiting_at == self.session.request.model:
            self._propose(name)
        else:
            self.session.report(f"{find_network(name).title} is on this machine now: choose it under Model.")


class Chooser(QComboBox):
    """Looks and listens as any box with a list, but its list is one that can be searched."""

    opened = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAccessibleName("Network")
        self.setAccessibleDescription("Opens the list of all networks")
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(12)
        turn_only_with_focus(self)

    def show_title(self, title: str) -> None:
        """Shows the title of the chosen network."""
        self.clear()
        self.addItem(title)

    def showPopup(self) -> None:
        """Lets the searchable list be opened in place of Qt's."""
        self.opened.emit()


class Question(QWidget):
    """Asks whether the weights of a network may be downloaded."""

    agreed = Signal(str)
    """The name of the network."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._name = ""
        self.text = Caption(parent=self)
        self.download = QPushButton(icon("download"), "Download", self)
        self.cancel = QPushButton("Cancel", self)
        self.download.clicked.connect(self._on_download_clicked)
        self.cancel.clicked.connect(self.hide)
        buttons = QHBoxLayout()
        buttons.setSpacing(theme.GRID)
        buttons.addWidget(self.download, 1)
        buttons.addWidget(self.cancel)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, theme.GRID // 2, 0, 0)
        rows.setSpacing(theme.GRID // 2)
        rows.addWidget(self.text)
        rows.addLayout(buttons)
        self.hide()

    def ask(self, card: NetworkCard) -> None:
        """Shows the question; Download has the keyboard."""
        self._name = card.name
        host = urlsplit(card.url).hostname
        if host:
            said = (
                f"{card.title}'s weights ({card.megabytes:.0f} MB) are not on this machine. Download them from {host}?"
            )
        elif card.source is Source.FILE:
            said = f"{card.title}'s file is no longer at {card.file}. Put it back, or open it from where it is now."
        else:
            said = f"{card.title}'s weights are missing: installing Foolscope again brings them back."
        self.text.setText(said)
        self.download.setVisible(bool(host))
        self.setAccessibleName(said)
        self.show()
        (self.download if host else self.cancel).setFocus(Qt.FocusReason.PopupFocusReason)

    def _on_download_clicked(self) -> None:
        self.hide()
        self.agreed.emit(self._name)


class Download(QWidget):
    """How far the weights of a network have come, and a button to stop them."""

    def __init__(self, card: NetworkCard, parent: QWidget) -> None:
        super().__init__(parent)
        self._card = card
        self._text = Caption(parent=self)
        self.bar = QProgressBar(self)
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(theme.GRID)
        self.bar.setAccessibleName(f"Download of {card.title}")
        self.cancel = QToolButton(self)
        self.cancel.setIcon(icon("cancel"))
        self.cancel.setAutoRaise(True)
        self.cancel.setToolTip(f"Stop the download of {card.title}")
        self.cancel.setAccessibleName(self.cancel.toolTip())
        left = QVBoxLayout()
        left.setSpacing(2)
        left.addWidget(self._text)
        left.addWidget(self.bar)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, theme.GRID // 2, 0, 0)
        row.setSpacing(theme.GRID // 2)
        row.addLayout(left, 1)
        row.addWidget(self.cancel)

    @property
    def said(self) -> str:
        """How far, in words."""
        return self._text.text()

    def show_progress(self, done: float, total: float | None) -> None:
        """Shows ``done`` of ``total``."""
        fraction = min(1.0, max(0.0, done / total)) if total else 0.0
        whole = self._card.megabytes
        self.bar.setValue(round(1000 * fraction))
        self._text.setText(
            f"{self._card.title}: {fraction * whole:.0f} of {whole:.0f} MB"
            if total
            else f"{self._card.title}: waiting to begin"
        )
