"""The window itself: what is asked on the left, what came of it on the right."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from PySide6.QtGui import QCloseEvent, QShowEvent
from PySide6.QtWidgets import QDialog, QFileDialog, QHBoxLayout

from engine.errors import ExplainedError
from engine.images import SaveError
from engine.tasks import Progress, State, Task
from engine.teaching.lesson import Lesson, check
from engine.teaching.outcome import Outcome, keep
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
        self._found: list[Outcome] = []
        self._outcome: Outcome | None = None
        self.asking, self.results = Asking(self), Result(self)
        columns = QHBoxLayout(self)
        columns.setContentsMargins(2 * theme.GRID, 2 * theme.GRID, 2 * theme.GRID, 2 * theme.GRID)
        columns.setSpacing(2 * theme.GRID)
        columns.addWidget(self.asking)
        columns.addWidget(self.results, 1)
        self.resize(120 * theme.GRID, 76 * theme.GRID)
        self.asking.startWanted.connect(self.start)
        self.asking.stopWanted.connect(self.stop)
        self.asking.foldersWanted.connect(self._ask_for_folder)
        self.results.useWanted.connect(self.use)
        self.results.pictureWanted.connect(self.use)
        window.bridge.craftingChanged.connect(self._on_task_changed)

    def showEvent(self, event: QShowEvent) -> None:
        """Networks may have come since it was closed."""
        self.asking.show_networks(self._session.request.model)
        super().showEvent(event)

    # Asking

    def _ask_for_folder(self) -> None:
        folder = self._window.store.settings.folder
        path = QFileDialog.getExistingDirectory(self, "A folder of pictures, or a folder of such folders", folder)
        if path:
            self.take((path,))

    def take(self, folders: Sequence[str]) -> None:
        """Adds classes."""
        self.asking.take(folders)

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
        self.asking.show_trouble("")
        self._task = self._tasks.start("Teaching", lambda: _teach(lesson, found)).id
        self.asking.show_running(True, detail="waiting")

    def stop(self) -> None:
        """Stops at the next place to stop."""
        self._tasks.cancel(self._task)

    def _on_task_changed(self, task: Task) -> None:
        if task.id != self._task:
            return
        self.asking.show_running(not task.is_over, task.fraction, task.detail)
        if not task.is_over:
            return
        self._task = 0
        if task.failure is not None:
            self.asking.show_trouble(str(task.failure))
        elif task.state is State.DONE:
            [self._outcome] = self._found
            self.results.show_outcome(self._outcome)
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

    def use(self, picture: str | bool = "") -> None:
        """Keeps the network and puts it on the bench, with a picture: the one asked for, or the first of a class."""
        if self._outcome is None:
            return
        try:
            name = keep(self._outcome)
        except (SaveError, OSError) as error:
            self.asking.show_trouble(f"The network could not be kept: {error}")
            return
        self._session.settle()
        self._window.commands.show_pictures(self._pictures(picture if isinstance(picture, str) else ""))
        self._window.model_panel.choose(name)
        self._session.settle()
        self.asking.show_networks(name)

    def _pictures(self, first: str) -> tuple[str, ...]:
        """The picture that is asked for, then one of every class."""
        some = [each.pictures[0] for each in self.asking.classes if each.pictures]
        return tuple(dict.fromkeys([*([first] if first else []), *some]))


def _teach(lesson: Lesson, found: list[Outcome]) -> Iterator[Progress]:
    yield Progress(0, None, "loading torch")
    from engine.teaching.teaching import teach

    yield from teach(lesson, found)
