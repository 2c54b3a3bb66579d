"""The window itself: three pages on which something grows, one of what is kept, and what their buttons do."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image
from PySide6.QtCore import QTimer
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QDialog, QFileDialog, QTabWidget, QVBoxLayout

from engine.catalogue.attacks import Norm, Patch, Universal
from engine.catalogue.crafted import Crafted, CraftKind, keep
from engine.crafting.growing import Grown, Making
from engine.crafting.workshop import Asked, Workshop
from engine.frame import Floats, Frame
from engine.images import SaveError, quantise, save_png
from engine.request import Placement
from engine.tasks import State, Task
from gui import theme
from gui.controls.tabs import LevelTabs
from gui.crafting.kept import KeptPage
from gui.crafting.pages import FolderRow, FoolingPage, PatchPage, UniversalPage
from gui.panels import pasted

if TYPE_CHECKING:
    from gui.window import Window

AnyPage = UniversalPage | PatchPage | FoolingPage


@dataclass
class Run:
    """What a page works on.

    Attributes:
        making: the run.
        asked: what was asked when it began.
        task: number of the task that goes on with it; 0 while it rests.
        trouble: why it has stopped by itself.
    """

    making: Making
    asked: Asked
    task: int = 0
    trouble: str = ""


class CraftDialog(QDialog):
    """Crafts for the network on the bench, beside it. Closing the window stops what runs; it can be continued."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self.setWindowTitle("Craft")
        self._window, self._session, self._tasks = window, window.session, window.bridge.crafting
        self._workshop = Workshop()
        self._runs: dict[AnyPage, Run] = {}
        self.universal, self.patch, self.fooling = UniversalPage(self), PatchPage(self), FoolingPage(self)
        self.tabs = QTabWidget(self)
        self.tabs.setDocumentMode(True)
        LevelTabs(self.tabs.tabBar())
        for page, title in (
            (self.universal, "&Universal perturbation"),
            (self.patch, "&Patch"),
            (self.fooling, "Fooling &image"),
        ):
            self.tabs.addTab(page, title)
            self._connect(page)
        self.kept = KeptPage(self)
        self.kept.useWanted.connect(self._use_record)
        self.kept.failed.connect(lambda why: self._session.report(why, is_error=True))
        self.tabs.addTab(self.kept, "K&ept")
        for folder in (self.universal.folder, self.patch.folder):
            folder.wanted.connect(lambda folder=folder: self._ask_for_folder(folder))
        rows = QVBoxLayout(self)
        rows.setContentsMargins(theme.GRID, theme.GRID, theme.GRID, theme.GRID)
        rows.addWidget(self.tabs)
        self.resize(112 * theme.GRID, 80 * theme.GRID)
        window.bridge.craftingChanged.connect(self._on_task_changed)
        self._session.frame_changed.connect(self._on_frame_changed)
        if self._session.frame is not None:
            self._on_frame_changed(self._session.frame)

    def _connect(self, page: AnyPage) -> None:
        page.startWanted.connect(lambda: self.start(page))
        page.stopWanted.connect(lambda: self.stop(page))
        page.againWanted.connect(lambda: self.forget(page))
        page.useWanted.connect(lambda: self.use(page))
        page.saveWanted.connect(lambda: self.save(page))

    # Asking

    def _on_frame_changed(self, frame: Frame) -> None:
        for page in (self.universal, self.patch, self.fooling):
            page.show_frame(frame)

    def _ask_for_folder(self, row: FolderRow) -> None:
        settings = self._window.store.settings
        path = QFileDialog.getExistingDirectory(self, "The pictures to learn from", row.path or settings.folder)
        if path:
            self.use_folder(path)

    def use_folder(self, path: str) -> None:
        """Takes a folder for both pages that learn from one."""
        for page in (self.universal, self.patch):
            page.folder.show_path(path)

    # Running

    def start(self, page: AnyPage) -> None:
        """Begins, or goes on with what was stopped if still the same is asked."""
        run = self._runs.get(page)
        if run is None:
            asked = page.asked(self._session.request)
            if isinstance(asked, str):
                page.show_making(None, trouble=asked)
                return
            begin = self._workshop.begin
            run = self._runs[page] = Run(Making(lambda: begin(asked)), asked)
        run.trouble = ""
        run.task = self._tasks.start(self.tabs.tabText(self.tabs.indexOf(page)).replace("&", ""), run.making.work).id
        page.show_making(run.making, is_running=True)

    def stop(self, page: AnyPage) -> None:
        """Stops at the next place to stop; it can be continued."""
        if page in self._runs:
            self._tasks.cancel(self._runs[page].task)

    def forget(self, page: AnyPage) -> None:
        """Throws away what has grown."""
        self._runs.pop(page, None)
        page.show_making(None)

    def _on_task_changed(self, task: Task) -> None:
        for page, run in self._runs.items():
            if run.task == task.id:
                self._show(page, run, task)

    def _show(self, page: AnyPage, run: Run, task: Task) -> None:
        if task.is_over:
            run.task = 0
        if task.state is State.FAILED and task.failure is not None:
            run.trouble = str(task.failure)
        page.show_making(run.making, is_running=not task.is_over, trouble=run.trouble)
        if (
            task.state is State.FAILED and run.making.newest is None
        ):  # nothing to go on with: something else may be asked
            QTimer.singleShot(0, self, lambda: self._runs.pop(page, None))

    def closeEvent(self, event: QCloseEvent) -> None:
        """What runs is stopped, and stays to be continued."""
        self._stop_all()
        super().closeEvent(event)

    def reject(self) -> None:
        """Escape closes it, too."""
        self._stop_all()
        super().reject()

    def _stop_all(self) -> None:
        for page in self._runs:
            self.stop(page)

    # What has grown

    def use(self, page: AnyPage) -> None:
        """Puts the result on the bench: as an attack, or as the picture."""
        grown = self._grown(page)
        if grown is None:
            return
        if grown.record is None:
            self._use_picture(grown)
            return
        name = self._keep(grown)
        if name is not None:
            self._use_record(name, grown.record)

    def _use_record(self, name: str, record: Crafted) -> None:
        session = self._session
        if record.kind == CraftKind.UNIVERSAL:
            session.choose(
                attack=Universal(name), norm=Norm(record.norm), epsilon=record.epsilon, target=None, iterate=None
            )
        else:
            is_its_own = session.request.model == record.network  # another network may count its classes otherwise
            target = record.target if is_its_own else None
            session.choose(attack=Patch(name), norm=Norm.L0, epsilon=record.epsilon, target=target, iterate=None)

    def save(self, page: AnyPage) -> None:
        """Keeps a perturbation or a patch for later; saves a picture where the user wants it."""
        grown = self._grown(page)
        if grown is None:
            return
        if grown.record is None:
            self._save_picture(grown)
        elif self._keep(grown) is not None:
            self._session.report(f"Kept: {grown.record.title}. It is offered in the attack's form from now on.")

    def _grown(self, page: AnyPage) -> Grown | None:
        run = self._runs.get(page)
        return None if run is None else run.making.newest

    def _keep(self, grown: Grown) -> str | None:
        """Its name among what is kept; None, and a message, if it cannot be."""
        assert grown.record is not None  # noqa: S101 - only those come here
        try:
            return keep(grown.record, np.ascontiguousarray(grown.values.transpose(2, 0, 1)))
        except SaveError as error:
            self._session.report(str(error), is_error=True)
            return None

    def _use_picture(self, grown: Grown) -> None:
        try:
            path = pasted.keep(_png(grown.values), ".png")
        except OSError as error:
            self._session.report(f"The picture could not be kept: {error.strerror or error}.", is_error=True)
            return
        self._window.commands.show_pictures((str(path),))
        self._session.propose(placement=Placement.STRETCH)  # it has the network's size: nothing may be cut off
        self._session.settle()

    def _save_picture(self, grown: Grown) -> None:
        folder = Path(self._window.store.settings.folder or Path.home())
        name, _ = QFileDialog.getSaveFileName(self, "Save the picture", str(folder / "fooling.png"), "PNG (*.png)")
        if not name:
            return
        path = Path(name) if Path(name).suffix else Path(name).with_suffix(".png")
        self._window.store.update(folder=str(path.parent))
        try:
            save_png(grown.values, path)
        except SaveError as error:
            self._session.report(str(error), is_error=True)
        else:
            self._session.report(f"Saved {path}.")


def _png(values: Floats) -> bytes:
    levels = quantise(values)
    out = io.BytesIO()
    Image.fromarray(levels[..., 0] if levels.shape[-1] == 1 else levels).save(out, "PNG")
    return out.getvalue()
