"""What happens when the user brings a network: its file is looked at, tried and remembered, off the GUI thread."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QCheckBox, QFileDialog, QMessageBox

from engine.catalogue import own
from engine.catalogue.found import Found, Tried
from engine.catalogue.models import find_network
from engine.catalogue.own import Kind, OwnNetwork
from engine.errors import Failure
from engine.images import SaveError
from engine.tasks import Progress, State, Task
from gui.panels.own_network import OwnNetworkForm
from gui.theme import GRID

if TYPE_CHECKING:
    from gui.window import Window

Marks = Iterator[Progress]
Told = Callable[[Found], OwnNetwork | None]
"""How a file is to be asked, once it was looked at; a ``ValueError`` says why not so. None: as it tells by itself."""


class OwnNetworks(QObject):
    """Opens, remembers and forgets the user's own networks.

    Whatever goes wrong is said, and the network on the bench stays there: it is changed only by Use.
    """

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._window = window
        self._when_over: dict[int, Callable[[Task], None]] = {}
        self._newest_try = 0
        window.bridge.taskChanged.connect(self._on_task_changed)
        window.model_panel.fileWanted.connect(self.ask_which)
        window.model_panel.forgetRequested.connect(self.forget)

    # Opening

    def ask_which(self) -> None:
        """File > Open network."""
        kinds = " ".join(f"*{each}" for each in own.SUFFIXES)
        folder = self._window.store.settings.folder
        name, _ = QFileDialog.getOpenFileName(
            self._window, "Open a network", folder, f"Networks ({kinds});;All files (*)"
        )
        if name:
            self._window.store.update(folder=str(Path(name).parent))
            self.open(name)

    def open(self, path: str, *, is_trusted: bool = False, told: Told | None = None) -> None:
        """Looks at a file, and then asks how the network in it is to be asked.

        Args:
            path: of the file.
            is_trusted: whether the user has said that they made it.
            told: how it is to be asked, where that was said already: then it is used if that can be done, and the form
                is seen only if it cannot.
        """
        found: list[Found] = []
        self._do(
            f"Opening {Path(path).name}",
            lambda: _inspect(path, found, is_trusted),
            lambda task: self._on_inspected(task, found, told),
        )

    def _on_inspected(self, task: Task, found: list[Found], told: Told | None) -> None:
        if task.failure is not None:
            self._explain(task.failure)
        elif task.state is State.DONE and found[0].needs_trust:
            self._ask_for_trust(found[0], told)
        elif task.state is State.DONE and found[0].record is not None:
            self._use(found[0].record)  # the file told everything
        elif task.state is State.DONE:
            self._ask_for_rest(found[0], told)

    def _explain(self, failure: Failure) -> None:
        """Says why a file cannot be opened, with more room than the status bar has."""
        box = self._box("Open a network", f"{failure.what}.")
        box.setInformativeText(
            f"{failure.why[:1].upper()}{failure.why[1:]}.\n\n{failure.remedy}\n\nThe network in use stays."
        )
        box.addButton(QMessageBox.StandardButton.Close)
        box.open()

    def _box(self, title: str, text: str) -> QMessageBox:
        box = QMessageBox(self._window)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setStyleSheet(f"QLabel {{ min-width: {40 * GRID}px; }}")  # a message box is as narrow as its title allows
        box.setWindowTitle(title)
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setText(text)
        return box

    def _ask_for_trust(self, found: Found, told: Told | None) -> None:
        """Asks whether the user made a file that can run code."""
        what = "a TorchScript program" if found.kind is Kind.SCRIPT else "a torch.export program"
        box = self._box("Open a network", f"{Path(found.path).name} is {what}.")
        box.setInformativeText(
            "Such a file is more than numbers: opening it can run code that it holds, with all that you may do on this "
            "machine. Open it only if you made it yourself. A file from somebody else is safe as .safetensors, as a "
            "state_dict or as ONNX."
        )
        made = QCheckBox("I made this file", box)
        box.setCheckBox(made)
        open_it = box.addButton("Open", QMessageBox.ButtonRole.AcceptRole)
        open_it.setEnabled(False)
        box.setDefaultButton(box.addButton(QMessageBox.StandardButton.Cancel))
        made.toggled.connect(open_it.setEnabled)
        open_it.clicked.connect(lambda: self.open(found.path, is_trusted=True, told=told))
        box.open()

    def _ask_for_rest(self, found: Found, told: Told | None) -> None:
        """Shows the form, filled in as far as it is known; where all was told, only if it turns out to be wrong."""
        form = OwnNetworkForm(found, self._window)
        form.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        form.tryRequested.connect(lambda record: self._try(form, record))
        form.accepted.connect(lambda: self._use(form.record))
        form.finished.connect(self._stop_trying)
        try:
            record = own.opened_before(found.sha256) if told is None else told(found)
        except ValueError as error:
            self._window.session.report(f"{error}.", is_error=True)
            record = told = None
        if record is not None:
            form.fill(record)
        if told is None:
            form.open()

    def _try(self, form: OwnNetworkForm, record: OwnNetwork) -> None:
        self._stop_trying()
        tried: list[Tried] = []
        self._newest_try = self._do(
            f"Trying {record.title}",
            lambda: _try_out(record, tried),
            lambda task: self._on_tried(task, form, record, tried),
        )

    def _on_tried(self, task: Task, form: OwnNetworkForm, record: OwnNetwork, tried: list[Tried]) -> None:
        if task.id != self._newest_try:
            return  # the form has changed since, or is closed
        if task.failure is not None:
            form.show_tried(record, "", str(task.failure), ())
        elif tried:
            form.show_tried(record, tried[0].said, tried[0].why_not, tried[0].notes)
        if form.isHidden():
            self._end_unseen(form)

    def _end_unseen(self, form: OwnNetworkForm) -> None:
        """A form that all was told to was tried: it is seen only if the network cannot be used so."""
        if form.use.isEnabled():
            self._window.session.report(f"{form.name.text()} is opened. {form.check.text()}")
            form.accept()
        else:
            form.open()

    def _stop_trying(self) -> None:
        if self._newest_try:
            self._window.bridge.tasks.cancel(self._newest_try)
        self._newest_try = 0

    def _use(self, record: OwnNetwork | None) -> None:
        if record is None:
            return
        try:
            name = own.remember(record)
        except (SaveError, OSError) as error:
            self._window.session.report(f"The network could not be remembered: {error}", is_error=True)
            return
        self._window.model_panel.choose(name)

    # Forgetting

    def forget(self, name: str) -> None:
        """Takes a network of one's own off the list; the file itself stays."""
        session, card = self._window.session, find_network(name)
        if session.request.model == name:
            session.report(f"{card.title} is in use: choose another network first, then forget it.", is_error=True)
            return
        record = own.find_own(name)
        is_taught = record is not None and record.kind == Kind.TAUGHT
        try:
            own.forget(name)
        except OSError as error:
            session.report(f"{card.title} could not be forgotten: {error.strerror or error}.", is_error=True)
            return
        what = "What it had learnt is deleted." if is_taught else f"Its file is left alone: {card.file}"
        session.report(f"{card.title} is forgotten. {what}")

    # Off the GUI thread

    def _do(self, title: str, work: Callable[[], Marks], when_over: Callable[[Task], None]) -> int:
        task = self._window.bridge.tasks.start(title, work)
        self._when_over[task.id] = when_over
        return task.id

    def _on_task_changed(self, task: Task) -> None:
        if task.is_over and task.id in self._when_over:
            self._when_over.pop(task.id)(task)


def _inspect(path: str, found: list[Found], is_trusted: bool) -> Marks:
    from engine.models.own import inspect

    yield Progress(0, None, "loading torch")
    yield from inspect(path, found, is_trusted=is_trusted)


def _try_out(record: OwnNetwork, tried: list[Tried]) -> Marks:
    from engine.models.own import try_out

    yield from try_out(record, tried)
