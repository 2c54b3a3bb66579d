"""The panel of the network: which one is asked, how to choose another, and how its weights come onto this machine."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QComboBox, QWidget

from engine.catalogue.drawings import drawing_for
from engine.catalogue.models import find_network, is_at_hand, known_network
from engine.frame import Frame
from engine.request import Request
from gui.bind import follow
from gui.controls.section import Caption, Section
from gui.forms import turn_only_with_focus
from gui.panels.companions import Companions
from gui.panels.downloading import Download, Question
from gui.panels.network_words import describe, say_facts
from gui.panels.networks import NetworkList
from gui.panels.presets import Presets
from gui.session import Message, Session

_OPENING = {Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Down, Qt.Key.Key_Up}


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
    deleteRequested = Signal(str)  # noqa: N815
    """The name of a network whose downloaded weights are not wanted any more."""
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
        self._said: Message | None = None
        self._presets = Presets(session)
        self._companions = Companions(session)
        for each in (self.chooser, self.facts, self.question):
            self.add(each)
        self.chooser.opened.connect(self._on_chooser_opened)
        self.list.picked.connect(self.choose)
        self.list.fileWanted.connect(self.fileWanted)
        self.list.forgetRequested.connect(self.forgetRequested)
        self.list.deleteRequested.connect(self.deleteRequested)
        self.list.clearRequested.connect(self.clearRequested)
        self.question.agreed.connect(self._on_question_agreed)
        session.failed.connect(self._on_failed)
        follow(session, self._on_request_changed, "model")

    def _on_request_changed(self, request: Request) -> None:
        card = known_network(request.model)
        self.question.hide()
        self.chooser.show_title(card.title if card else request.model)
        self.facts.setText(say_facts(card) if card else "This network is not known.")
        for each in (self.chooser, self.facts):
            each.setToolTip(describe(card) if card else "")

    def _on_chooser_opened(self, typed: str) -> None:
        self.list.open_below(self.chooser, self.session.request.model, typed)

    # Choosing

    def choose(self, name: str) -> None:
        """Puts a network on the bench, or asks whether its weights may be downloaded."""
        if name in self._downloads:
            self._wanted[name] = self.session.request.model
        elif is_at_hand(find_network(name)):
            self._propose(name)
        else:
            self.question.ask(find_network(name))

    def _on_failed(self, frame: Frame) -> None:
        """Offers the download that the message speaks of: a session or a command line may name what is not here."""
        card = known_network(frame.request.model)
        blamed = "" if frame.failure is None else frame.failure.field
        if blamed != "model" or card is None or card.name in self._downloads:
            return
        if card.url and not is_at_hand(card):
            self.question.ask(card, takes_keyboard=False)

    def _propose(self, name: str) -> None:
        """Puts a network on the bench, and what goes with it; one step of undo.

        Classes are numbered by the network: where its classes are others, none stays chosen. A sample that does not
        suit it makes room for one that does; a picture of the user's own stays, a drawing takes the form that suits.
        """
        changes: dict[str, object] = {}
        sample = self._companions.sample_for(name)
        if sample is not None:
            changes["image"] = sample.image
        drawing = drawing_for(self.session.request.image, find_network(name))
        if drawing is not None:
            changes["image"] = drawing
        before = known_network(self.session.request.model)
        if before is None or before.classes != find_network(name).classes:
            changes |= {"target": None, "away_from": None, "pinned": ()}
        said_before = self.session.message
        self._presets.put_on(name, **changes)
        if sample is not None:
            said = self.session.message
            more = said.text if said is not None and said is not said_before else ""
            self.session.report(f"The sample is {sample.title} now, to suit {find_network(name).title}. {more}".strip())
        if self.session.message is not said_before:
            self._said = self.session.message
        elif said_before is not None and said_before is self._said:
            self.session.dismiss()  # it speaks of the network that was on the bench before

    # Downloading

    def _on_question_agreed(self, name: str) -> None:
        self._wanted[name] = self.session.request.model
        self.set_progress(name, 0, None)
        self.downloadRequested.emit(name)

    @property
    def downloads_under_way(self) -> tuple[str, ...]:
        """The names of the networks whose weights are coming, in the order in which they were asked for."""
        return tuple(self._downloads)

    def set_progress(self, name: str, done: float, total: float | None, detail: str = "") -> None:
        """Shows how far a download has come: ``done`` of ``total``, None while nobody knows, and what it is at."""
        if name not in self._downloads:
            made = Download(find_network(name), self)
            made.cancel.clicked.connect(lambda: self.cancelRequested.emit(name))
            self.add(made)
            self._downloads[name] = made
        self._downloads[name].show_progress(done, total, detail)

    def download_ended(self, name: str, error: str | None) -> None:
        """A download is over: done, cancelled, or failed for the reason ``error``.

        A network that was waited for is put on the bench; if the user has chosen another meanwhile, that one stays.
        One that arrives is not such a choice: whoever waits for a second one gets it, too.
        """
        row = self._downloads.pop(name, None)
        if row is not None:
            row.hide()
            row.deleteLater()
        waiting_at = self._wanted.pop(name, None)
        card = find_network(name)
        if error is not None:
            self.session.report(error, is_error=True)
        elif not is_at_hand(card):
            self.session.report(f"The download of {card.title} was stopped. What has arrived is kept.")
        elif waiting_at != self.session.request.model:
            self.session.report(f"{card.title} is on this machine now: choose it under Model.")
        else:
            self.session.report(f"{card.title} has arrived.")
            if name == waiting_at:
                self.session.ask_again()
            else:
                self._propose(name)
            self._wanted = {other: name if at == waiting_at else at for other, at in self._wanted.items()}


class Chooser(QComboBox):
    """Looks and listens as any box with a list, but its list is one that can be searched."""

    opened = Signal(str)
    """What was typed to open it, if anything."""

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
        self.opened.emit("")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter and the arrows open the list, and so does the beginning of a name."""
        is_plain = not event.modifiers() & ~Qt.KeyboardModifier.ShiftModifier
        if is_plain and event.text().strip().isalnum():
            self.opened.emit(event.text())
        elif is_plain and event.key() in _OPENING:
            self.showPopup()
        else:
            super().keyPressEvent(event)
