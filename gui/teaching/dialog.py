"""The window itself: what is asked on the left, what came of it on the right."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QShowEvent
from PySide6.QtWidgets import QDialog, QFileDialog, QHBoxLayout

from engine.errors import ExplainedError
from engine.images import SaveError
from engine.tasks import Progress, State, Task
from engine.teaching import cache
from engine.teaching.lesson import Lesson, check
from engine.teaching.outcome import Outcome, keep, write
from gui import theme
from gui.teaching.asking import Asking
from gui.teaching.result import Result

if TYPE_CHECKING:
    from gui.window import Window


class TeachDialog(QDialog):
    """Teaches beside the bench. Closing the window stops what runs; features that were computed are kept."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self.setWindowTitle("Teach your classes")
        self._window, self._session, self._tasks = window, window.session, window.bridge.crafting
        self._task = 0
        self._lesson: Lesson | None = None
        self._found: list[Outcome] = []
        self._taught: tuple[Lesson, Outcome] | None = None
        self.asking, self.results = Asking(self), Result(self)
        columns = QHBoxLayout(self)
        columns.setContentsMargins(2 * theme.GRID, 2 * theme.GRID, 2 * theme.GRID, 2 * theme.GRID)
        columns.setSpacing(2 * theme.GRID)
        columns.addWidget(self.asking)
        columns.addWidget(self.results, 1)
        self.resize(140 * theme.GRID, 84 * theme.GRID)
        self.setAcceptDrops(True)
        self.asking.startWanted.connect(self.start)
        self.asking.stopWanted.connect(self.stop)
        self.asking.forgetWanted.connect(self._on_forget_wanted)
        self.asking.classes.foldersWanted.connect(self._ask_for_folder)
        self.asking.classes.renamed.connect(self._show_taught)
        self.results.useWanted.connect(self.use)
        self.results.saveWanted.connect(self._on_save_wanted)
        self.results.pictureWanted.connect(self.use)
        window.bridge.craftingChanged.connect(self._on_task_changed)

    def showEvent(self, event: QShowEvent) -> None:
        """Networks may have come since it was closed."""
        self.asking.show_networks(self._session.request.model)
        self._show_kept()
        super().showEvent(event)

    # Asking

    def _ask_for_folder(self) -> None:
        folder = self._window.store.settings.folder
        path = QFileDialog.getExistingDirectory(self, "A folder of pictures, or a folder of such folders", folder)
        if path:
            self.take((path,))

    def take(self, folders: Sequence[str]) -> None:
        """Adds classes."""
        self.asking.classes.take(folders)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Folders may be dropped here as well as on the window, unless it is learning."""
        if event.mimeData().hasUrls() and not self._task:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Each folder is a class."""
        event.acceptProposedAction()
        paths = [each.toLocalFile() for each in event.mimeData().urls() if each.isLocalFile()]
        others = [each for each in paths if not Path(each).is_dir()]
        if others or not paths:
            what = f"“{Path(others[0]).name}” is no folder" if others else "This is no folder on this machine"
            self.asking.show_trouble(f"{what}: drop folders of pictures, one for every class. Unpack archives first.")
        else:
            self.take(paths)

    # What is kept

    def _show_kept(self) -> None:
        try:
            self.asking.show_kept(cache.kept_bytes())
        except OSError:
            self.asking.show_kept(0)

    def _on_forget_wanted(self) -> None:
        try:
            cache.clear()
        except OSError as error:
            self.asking.show_trouble(f"The features could not be deleted: {error}.")
        self._show_kept()

    # Running

    def start(self) -> None:
        """Begins, or says why not."""
        lesson = self.asking.lesson(self._session.request.device)
        try:
            check(lesson.classes)
        except ExplainedError as error:
            self.asking.show_trouble(str(error))
            return
        found = self._found = []
        self._lesson = lesson
        self.asking.show_trouble("")
        self._task = self._tasks.start("Teaching", lambda: _teach(lesson, found)).id
        self.asking.show_running(True, detail="waiting")

    def stop(self) -> None:
        """Stops at the next place to stop."""
        if self._task:
            self.asking.show_stopping()
            self._tasks.cancel(self._task)

    def _on_task_changed(self, task: Task) -> None:
        if task.id != self._task:
            return
        if not task.is_over:
            if self.asking.stop.isEnabled():  # else it says that it is stopping
                self.asking.show_running(True, task.fraction, task.detail)
            return
        self._task = 0
        self.asking.show_running(False)
        self._show_kept()
        if task.failure is not None:
            self.asking.show_trouble(str(task.failure))
        elif task.state is State.DONE and self._lesson is not None:
            self._taught = self._lesson, self._found[0]
            self._show_taught()
            self.results.use.setFocus()

    def closeEvent(self, event: QCloseEvent) -> None:
        """What runs is stopped."""
        self.stop()
        super().closeEvent(event)

    def reject(self) -> None:
        """Escape closes it, too."""
        self.stop()
        super().reject()

    # What came of it

    def _show_taught(self) -> None:
        outcome = self._outcome()
        if outcome is not None:
            self.results.show_outcome(outcome)

    def _outcome(self) -> Outcome | None:
        """What was learnt, with the names that stand on the left now."""
        if self._taught is None:
            return None
        lesson, outcome = self._taught
        now = {each.pictures: each.name for each in self.asking.classes.all}
        names = [now.get(each.pictures, each.name) for each in lesson.classes]
        is_apart = len(set(names)) == len(names)  # a class that was taken off may have had the name
        return outcome.renamed(names, self.asking.name.text()) if is_apart else outcome

    def use(self, picture: str | bool = "") -> None:
        """Keeps the network and puts it on the bench, with a picture: the one asked for, or the first of a class."""
        outcome = self._outcome()
        if outcome is None:
            return
        try:
            name = keep(outcome)
        except (SaveError, OSError) as error:
            self.asking.show_trouble(f"The network could not be kept: {error}")
            return
        self._session.settle()
        self._window.commands.show_pictures(self._pictures(picture if isinstance(picture, str) else ""))
        self._window.model_panel.choose(name)
        self._session.settle()
        self.asking.show_networks(name)

    def _on_save_wanted(self) -> None:
        """Saves the network as a file that can be opened elsewhere."""
        outcome = self._outcome()
        if outcome is None:
            return
        start = Path(self._window.store.settings.folder or Path.home(), Path(outcome.record.file).name)
        name, _ = QFileDialog.getSaveFileName(self, "Save the network", str(start), "Networks (*.safetensors)")
        if not name:
            return
        try:
            path = write(outcome, name)
        except SaveError as error:
            self.asking.show_trouble(str(error))
            return
        self._window.store.update(folder=str(path.parent))
        said = f"Saved {path}. Drop it on a window of Foolscope that has {outcome.base}, and it is on the bench."
        self._session.report(said)

    def _pictures(self, first: str) -> tuple[str, ...]:
        """The picture that is asked for, then one of every class that could be read."""
        some = [] if self._taught is None else self._taught[1].examples
        return tuple(dict.fromkeys([*([first] if first else []), *some]))


def _teach(lesson: Lesson, found: list[Outcome]) -> Iterator[Progress]:
    yield Progress(0, None, "loading torch")
    from engine.teaching.teaching import teach

    yield from teach(lesson, found)
