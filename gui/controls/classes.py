"""Chooses one of the network's classes by typing a part of its name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from PySide6.QtCore import QStringListModel, Qt, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QCompleter, QVBoxLayout, QWidget

from gui.controls.entry import Entry
from gui.controls.section import Caption


class ClassChooser(QWidget):
    """A line that completes the names of classes: any part of a name finds it, Enter takes the first that fits.

    Where ``optional``, an empty line is a choice too, and the placeholder says what it means.
    """

    picked = Signal(object)
    """The class that the user chose, or None if the line was emptied."""

    def __init__(self, *, optional: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._optional = optional
        self._label: int | None = None
        self._classes: tuple[str, ...] = ()
        self._names: list[str] = []
        self._model = QStringListModel(self)
        hint = "Type a part of a class's name; Enter takes the first that fits."
        self.entry = Entry(hint, submits_when_left=False, parent=self)
        self.entry.setClearButtonEnabled(optional)
        self.entry.setCompleter(self._completer())
        self.setFocusProxy(self.entry)
        self._trouble = Caption(parent=self)
        self._trouble.setForegroundRole(QPalette.ColorRole.BrightText)
        self._trouble.hide()
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(2)
        rows.addWidget(self.entry)
        rows.addWidget(self._trouble)
        self.entry.submitted.connect(self._on_entry_submitted)
        self.entry.textEdited.connect(self._on_entry_edited)
        self.entry.complaintChanged.connect(self._on_complaint_changed)

    def _completer(self) -> QCompleter:
        completer = QCompleter(self._model, self)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setMaxVisibleItems(12)
        completer.activated.connect(self._on_name_activated)
        return completer

    @property
    def label(self) -> int | None:
        """The class that is shown as chosen."""
        return self._label

    def knows(self, label: int | None) -> bool:
        """Whether the network has that class."""
        return label is not None and label < len(self._names)

    def set_classes(self, classes: Sequence[str]) -> None:
        """Takes the names of another network's classes."""
        if self._classes == tuple(classes):
            return
        self._classes = tuple(classes)
        self._names = _unambiguous(self._classes)
        self._model.setStringList(self._names)
        self.show_label(self._label)

    def show_label(self, label: int | None) -> None:
        """Shows a class as chosen, or none; a class that the network lacks is shown by its number."""
        self._label = label
        self.entry.show_good("" if label is None else self._name(label))

    def _name(self, label: int) -> str:
        return self._names[label] if self.knows(label) else f"class {label}"

    def first_match(self, text: str) -> int | None:
        """The class of that name, else the first whose name contains the text, in any case; None if there is none."""
        wanted = text.strip().casefold()
        if not wanted:
            return None
        names = [each.casefold() for each in self._names]
        if wanted in names:
            return names.index(wanted)
        return next((label for label, name in enumerate(names) if wanted in name), None)

    def _pick(self, label: int | None) -> None:
        self.show_label(label)
        self.picked.emit(label)

    def _on_entry_submitted(self, text: str) -> None:
        popup = self.entry.completer().popup()
        if popup is not None and popup.isVisible() and popup.currentIndex().isValid():
            return  # the highlighted name is on its way
        if not text.strip():
            if self._optional:
                self._pick(None)
            return
        found = self.first_match(text)
        if found is None:
            self.entry.complain(self._why_not(text))
        else:
            self._pick(found)

    def _why_not(self, text: str) -> str:
        if not self._names:
            return "The network is still loading; its classes are not known yet."
        return f"No class of this network is called “{text.strip()}”. Try a shorter part of the name."

    def _on_entry_edited(self, text: str) -> None:
        if not text and self._optional:
            self._pick(None)

    def _on_name_activated(self, name: str) -> None:
        self._pick(self._names.index(name))

    def _on_complaint_changed(self, complaint: str) -> None:
        self._trouble.setText(complaint)
        self._trouble.setVisible(bool(complaint))


def _unambiguous(classes: Sequence[str]) -> list[str]:
    """The names, those that occur more than once with their number."""
    count = Counter(classes)
    return [name if count[name] == 1 else f"{name} (class {label})" for label, name in enumerate(classes)]
