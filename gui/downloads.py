"""Weights that come onto this machine and leave it again: downloaded off the GUI thread, deleted when asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QMessageBox

from engine.catalogue.downloads import Download, delete_downloads, downloads
from engine.catalogue.models import find_network, title_of
from engine.catalogue.own import find_own
from engine.tasks import Task
from gui.panels.network_words import say_megabytes
from gui.theme import GRID

if TYPE_CHECKING:
    from gui.window import Window

MOST_NAMED = 12
"""Networks that a question names; of more it gives the number."""


class Downloads(QObject):
    """Does what the model's panel asks for with weights, and tells it how far that has come."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._window = window
        self._names: dict[int, str] = {}  # by the number of the task
        window.bridge.taskChanged.connect(self._on_task_changed)
        panel = window.model_panel
        panel.downloadRequested.connect(self.start)
        panel.cancelRequested.connect(self.cancel)
        panel.deleteRequested.connect(self.ask_whether_to_delete)
        panel.clearRequested.connect(self.ask_whether_to_clear)

    # Downloading

    def start(self, name: str) -> None:
        """Downloads the weights of a network, after those that were asked for before."""
        from engine.models.download import download  # torch-free, but not needed before

        card = find_network(name)
        task = self._window.bridge.tasks.start(f"Downloading {card.title}", lambda: download(card))
        self._names[task.id] = name

    def cancel(self, name: str) -> None:
        """Stops a download; what has arrived is kept."""
        for task_id, downloaded in self._names.items():
            if downloaded == name:
                self._window.bridge.tasks.cancel(task_id)

    def _on_task_changed(self, task: Task) -> None:
        name = self._names.get(task.id)
        if name is None:
            return
        self._window.model_panel.set_progress(name, task.done, task.total, task.detail)
        if task.is_over:
            del self._names[task.id]
            self._window.model_panel.download_ended(name, None if task.failure is None else str(task.failure))

    # Deleting

    def ask_whether_to_delete(self, name: str) -> None:
        """Deletes the weights of one network, if that is wanted."""
        found = [each for each in self._spare() if each.name == name]
        if found:
            self._ask(found, f"Delete {say_megabytes(found[0].megabytes)} of downloaded weights?")
        else:
            what = "on its way: stop the download first" if name in self._names.values() else "in use"
            self._window.session.report(f"{title_of(name)} is {what}. Its weights stay.", is_error=True)

    def ask_whether_to_clear(self) -> None:
        """Says what downloaded weights there are, and deletes them if that is wanted."""
        found = self._spare()
        if found:
            self._ask(found, f"Delete {say_megabytes(sum(each.megabytes for each in found))} of downloaded weights?")
        else:
            self._window.session.report("There are no downloaded weights but those in use or on their way.")

    def _spare(self) -> list[Download]:
        """Downloaded weights that nothing on the bench needs, and that are not on their way now."""
        request = self._window.session.request
        in_use = {request.model, request.twin, *request.others, *request.together}
        needed = {*in_use, *(base for name in in_use for base in _bases(name)), *self._names.values()}
        return [each for each in downloads() if each.name not in needed]

    def _ask(self, found: Sequence[Download], question: str) -> None:
        box = QMessageBox(self._window)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setStyleSheet(f"QLabel {{ min-width: {40 * GRID}px; }}")  # a message box is as narrow as its title allows
        box.setWindowTitle("Delete downloaded weights")
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setText(question)
        box.setInformativeText(
            f"{_named(found)}.\n\nThe files are in {found[0].path.parent}, which other programs that use torch share. "
            "Whoever needs them again downloads them again. What is in use stays."
        )
        delete = box.addButton("Delete", QMessageBox.ButtonRole.DestructiveRole)
        box.setDefaultButton(box.addButton(QMessageBox.StandardButton.Cancel))
        delete.clicked.connect(lambda: self._on_delete_clicked(found))
        box.open()

    def _on_delete_clicked(self, agreed: Sequence[Download]) -> None:
        """Deletes what was agreed to, but what has come into use since."""
        spare = {each.name for each in self._spare()}
        unwanted = [each for each in agreed if each.name in spare]
        said = delete_downloads(unwanted) if unwanted else "Nothing was deleted: it has come into use."
        self._window.session.report(said)


def _bases(name: str) -> Iterator[str]:
    """The network whose features a taught one rests on, the one that this rests on, and so on; none for any other."""
    while (record := find_own(name)) is not None and "base" in record.details:
        name = str(record.details["base"])
        yield name


def _named(found: Sequence[Download]) -> str:
    named = [f"{each.title} ({say_megabytes(each.megabytes)})" for each in found[:MOST_NAMED]]
    return ", ".join(named) + (f" and {len(found) - MOST_NAMED} others" if len(found) > MOST_NAMED else "")
