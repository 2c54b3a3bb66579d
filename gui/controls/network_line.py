"""Chooses one of the networks on this machine by typing a part of its name."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QStringListModel, Qt, QTimer, Signal
from PySide6.QtWidgets import QCompleter, QVBoxLayout, QWidget

from engine.catalogue.models import NetworkCard, all_networks, is_at_hand
from gui.controls.entry import Entry

MOST_ROWS = 12
"""Of the list of names that fit."""


class NetworkLine(QWidget):
    """A line that completes the names of networks: any part of a name finds one, Enter takes the first that fits.

    Only networks whose weights are on this machine can be taken: nothing is downloaded here.

    Args:
        name: what a screen reader says.
        prompt: what stands in the empty line.
        keeps: whether the chosen network stays in the line, and an emptied line is a choice too.
        parent: as usual.
    """

    picked = Signal(str)
    """The name of the network that the user chose; empty if the line was emptied."""

    def __init__(self, name: str, prompt: str, *, keeps: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._keeps = keeps
        self._cards: dict[str, NetworkCard] = {}
        self._model = QStringListModel(self)
        hint = "Type a part of a network's name; Enter takes the first that fits. Networks on this machine are listed."
        self.entry = Entry(hint, submits_when_left=False, parent=self)
        self.entry.setAccessibleName(name)
        self.entry.setPlaceholderText(prompt)
        self.entry.setClearButtonEnabled(True)
        self.entry.setCompleter(self._completer())
        self.entry.installEventFilter(self)
        self.setFocusProxy(self.entry)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.addWidget(self.entry)
        self.entry.submitted.connect(self._on_entry_submitted)
        self.entry.textEdited.connect(self._on_entry_edited)

    def _completer(self) -> QCompleter:
        completer = QCompleter(self._model, self)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setMaxVisibleItems(MOST_ROWS)
        completer.activated.connect(self._on_title_activated)
        return completer

    def show_title(self, title: str) -> None:
        """Shows a network as chosen, or with an empty title none."""
        self.entry.show_good(title)

    def first_match(self, text: str) -> NetworkCard | None:
        """The network of that name or title, else the first on this machine that has the text in one of them."""
        wanted = text.strip().casefold()
        if not wanted:
            return None
        cards = self._cards.values()
        exact = (each for each in cards if wanted in {each.name.casefold(), each.title.casefold()})
        near = [each for each in cards if wanted in f"{each.title} {each.name}".casefold()]
        return next((each for some in (exact, filter(_is_ready, near), near) for each in some), None)

    def _read_cards(self) -> None:
        """What is on this machine now."""
        self._cards = all_networks()
        self._model.setStringList([each.title for each in self._cards.values() if _is_ready(each)])

    def _pick(self, card: NetworkCard) -> None:
        self.show_title(card.title if self._keeps else "")
        self.picked.emit(card.name)

    def _on_entry_submitted(self, text: str) -> None:
        popup = self.entry.completer().popup()
        if popup is not None and popup.isVisible() and popup.currentIndex().isValid():
            return  # the highlighted name is on its way
        if not text.strip():
            return
        found = self.first_match(text)
        if found is None:
            self.entry.complain(f"No network is called “{text.strip()}”. Try a shorter part of the name.")
        elif not is_at_hand(found):
            self.entry.complain(f"The weights of {found.title} are not on this machine: choose it under Model first.")
        else:
            self._pick(found)

    def _on_entry_edited(self, text: str) -> None:
        if not text and self._keeps:
            self.show_title("")
            self.picked.emit("")

    def _on_title_activated(self, title: str) -> None:
        found = self.first_match(title)
        if found is None:
            return
        self._pick(found)
        if not self._keeps:
            QTimer.singleShot(0, self.entry, self.entry.clear)  # the line takes the chosen name after this signal

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Looks what is on this machine whenever the line is entered."""
        if event.type() == QEvent.Type.FocusIn and watched is self.entry:
            self._read_cards()
        return super().eventFilter(watched, event)


def _is_ready(card: NetworkCard) -> bool:
    """Whether a network is offered: its weights are on this machine, and it has some."""
    return card.is_trained and is_at_hand(card)
