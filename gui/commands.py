"""What the actions of the window do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData, QObject, Qt
from PySide6.QtGui import QActionGroup, QGuiApplication
from PySide6.QtWidgets import QFileDialog

from engine.catalogue.models import all_networks
from engine.frame import Frame, Stage
from engine.images import SUFFIXES, SaveError, save_array, save_text
from engine.request import Request, RequestError
from engine.script import as_python
from engine.tasks import Progress, State, Task
from engine.wording import say_verdict
from gui import theme
from gui.dialogs import Keys, Preferences, show_about, show_saved
from gui.downloads import Downloads
from gui.own_networks import OwnNetworks
from gui.panels import pasted
from gui.panels.intake import Intake, images_in

if TYPE_CHECKING:
    from engine.saving import Saved
    from gui.crafting.dialog import CraftDialog
    from gui.teaching.dialog import TeachDialog
    from gui.window import Window

MAX_SESSION_BYTES = 1_000_000
"""A session is a few hundred bytes; what is larger is something else."""


class Commands(QObject):
    """Connects every action of the window with its handler."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._window = window
        self._session = window.session
        self._when_over: dict[int, Callable[[Task], None]] = {}
        self.own = OwnNetworks(window)
        self.downloads = Downloads(window)
        self._crafting: CraftDialog | None = None
        self._teaching: TeachDialog | None = None
        for name, handler in self._handlers().items():
            window.action[name].triggered.connect(handler)
        self._group_schemes()
        self._tick_scheme()
        window.bridge.taskChanged.connect(self._on_task_changed)
        window.status.cancelRequested.connect(window.bridge.tasks.cancel)
        self._session.history_changed.connect(self._on_history_changed)
        window.bridge.statistics_changed.connect(window.status.set_statistics)
        self._on_history_changed()

    def _handlers(self) -> dict[str, Callable[[], object]]:
        window, session = self._window, self._session
        return {
            "open": self.open_pictures,
            "gallery": self.open_gallery,
            "paste": self.paste,
            "draw": window.draw,
            "run": self.run_attack,
            "pause": self.pause_attack,
            "step": self.step_attack,
            "reset": self.reset_attack,
            "slower": lambda: session.set_pace(session.pace.slower),
            "faster": lambda: session.set_pace(session.pace.faster),
            "paint-mask": window.rules_panel.toggle_painting,
            "invert-mask": window.rules_panel.turn_over,
            "clear-mask": window.rules_panel.allow_everywhere,
            "craft": self.craft,
            "undo": session.undo,
            "redo": session.redo,
            "save-image": self.save_image,
            "save-delta": self.save_delta,
            "save-row": self.save_row,
            "save-session": self.save_session,
            "open-session": self.open_session,
            "open-network": self.own.ask_which,
            "teach": self.teach_classes,
            "copy-python": self.copy_as_python,
            "inside": window.look_inside,
            "next-view": lambda: window.show_view(1),
            "previous-view": lambda: window.show_view(-1),
            "arrange": window.restore_layout,
            "zoom-fit": window.equation.viewport.fit,
            "previous": window.image_panel.show_previous,
            "next": window.image_panel.show_next,
            "theme-light": lambda: self.use_scheme(theme.Scheme.LIGHT),
            "theme-dark": lambda: self.use_scheme(theme.Scheme.DARK),
            "theme-system": lambda: self.use_scheme(theme.Scheme.SYSTEM),
            "settings": self.change_settings,
            "keys": lambda: Keys(window.action.values(), window).open(),
            "about": lambda: show_about(window),
            "quit": window.close,
        }

    # In

    def take_in(self, intake: Intake) -> None:
        """Opens what was dropped or pasted, or says why not."""
        if intake.message:
            self._session.report(intake.message, is_error=not intake.images)
        if intake.session_file:
            self._read_session(Path(intake.session_file))
        elif intake.images:
            self.show_pictures(intake.images)
        elif intake.network_file:
            self.own.open(intake.network_file)
        if intake.class_folders:
            self.teach(intake.class_folders)

    def show_pictures(self, images: tuple[str, ...]) -> None:
        """Lays pictures out and remembers the first among the recent ones."""
        self._session.open_images(images)
        self._window.store.remember(images[0])

    def open_pictures(self) -> None:
        """File > Open."""
        kinds = " ".join(f"*{each}" for each in SUFFIXES)
        names, _ = QFileDialog.getOpenFileNames(
            self._window, "Open pictures", self._window.store.settings.folder, f"Pictures ({kinds});;All files (*)"
        )
        if names:
            self._window.store.update(folder=str(Path(names[0]).parent))
            self.show_pictures(tuple(names))

    def open_gallery(self) -> None:
        """The sample photographs."""
        from gui.panels.gallery import GalleryDialog  # the window is painted before

        GalleryDialog(self._session, self._window).open()

    def paste(self) -> None:
        """A picture, or the path of one, from the clipboard."""
        mime: QMimeData | None = QGuiApplication.clipboard().mimeData()  # None, whatever the stubs say, if empty
        self.take_in(images_in(QMimeData() if mime is None else mime))

    # Run, pause, step

    def pause_attack(self) -> None:
        """Holds the attack before its next step."""
        self._window.bridge.pause()
        self._show_running()

    def run_attack(self) -> None:
        """Goes on."""
        self._window.bridge.resume()
        self._show_running()

    def step_attack(self) -> None:
        """Takes one step and holds again."""
        self._window.bridge.pause()
        self._window.bridge.step()
        self._show_running()

    def reset_attack(self) -> None:
        """Back to the usual options of this attack, its last iterate, and the first seed."""
        self._session.settle()
        self._session.propose(attack=type(self._session.request.attack)(), seed=0, iterate=None)
        self.run_attack()

    def craft(self) -> None:
        """The window for universal perturbations, patches and fooling images; made when it is first wanted."""
        if self._crafting is None:
            from gui.crafting.dialog import CraftDialog

            self._crafting = CraftDialog(self._window)
        self._crafting.show()
        self._crafting.raise_()
        self._crafting.activateWindow()

    def teach_classes(self) -> None:
        """File > Teach your classes."""
        self.teach(())

    def teach(self, folders: Sequence[str]) -> None:
        """The window in which a network is taught classes of the user's own; folders that were dropped go into it."""
        if self._teaching is None:
            from gui.teaching.dialog import TeachDialog

            self._teaching = TeachDialog(self._window)
        if folders:
            self._teaching.take(folders)
        self._teaching.show()
        self._teaching.raise_()
        self._teaching.activateWindow()

    def _show_running(self) -> None:
        paused = self._window.bridge.is_paused
        self._window.action["run"].setEnabled(paused)
        self._window.action["pause"].setEnabled(not paused)

    # Out

    def save_image(self) -> None:
        """Saves the perturbed picture, reads the file back, and says whether it still fools."""
        frame = self._attacked_frame()
        if frame is None:
            return
        path = self._ask_where(frame, "Save the adversarial picture", "adversarial.png", "PNG (*.png)")
        if path is None:
            return
        saved: list[Saved] = []
        task = self._window.bridge.tasks.start(f"Saving {path.name}", lambda: _save_and_check(frame, path, saved))
        self._when_over[task.id] = lambda over: self._on_saved(over, frame, saved)

    def _on_saved(self, task: Task, frame: Frame, saved: list[Saved]) -> None:
        if task.state is State.DONE and frame.network is not None:
            [done] = saved
            self._session.report(f"Saved {done.path}: the file {say_verdict(done.verdict)}.")
            show_saved(self._window, frame, done)
        elif task.failure is not None:
            self._session.report(str(task.failure), is_error=True)

    def save_delta(self) -> None:
        """Saves δ = x′ − x as numbers."""
        frame = self._attacked_frame()
        if frame is None or frame.attacked is None or frame.clean is None:
            return
        delta = frame.attacked.image - frame.clean
        path = self._ask_where(frame, "Save the perturbation", "delta.npy", "NumPy array (*.npy)")
        if path is not None:
            self._write(path, lambda: save_array(delta, path))

    def save_row(self) -> None:
        """Saves the row of pictures, with the sentence, as PNG or SVG."""
        from gui.views.export import save_equation  # the window is painted before

        frame = self._attacked_frame()
        if frame is None:
            return
        view = self._window.equation
        path = self._ask_where(frame, "Save the row of pictures", "row.png", "PNG (*.png);;SVG (*.svg)")
        if path is not None:
            self._write(path, lambda: save_equation(frame, path, view.mode, view.gain))

    def save_session(self) -> None:
        """Saves everything that the controls say."""
        path = self._ask_where(None, "Save the session", "foolscope.json", "Session (*.json)")
        if path is not None:
            text = self._session.request.to_json()
            self._write(path, lambda: save_text(text, path))

    def copy_as_python(self) -> None:
        """Puts a script on the clipboard that prints the same prediction."""
        QGuiApplication.clipboard().setText(as_python(self._session.request))
        self._session.report("The script is on the clipboard. It prints what is shown here.")

    def _attacked_frame(self) -> Frame | None:
        frame = self._session.frame
        if frame is None or frame.attacked is None or frame.stage < Stage.ATTACKED:
            self._session.report("There is nothing to save yet: wait until the attack has ended.", is_error=True)
            return None
        return frame

    def _ask_where(self, frame: Frame | None, title: str, end: str, kinds: str) -> Path | None:
        folder = Path(self._window.store.settings.folder or Path.home())
        stem = "" if frame is None else f"{Path(pasted.title(frame.request.image)).stem}-"
        name, kind = QFileDialog.getSaveFileName(self._window, title, str(folder / f"{stem}{end}"), kinds)
        if not name:
            return None
        path = Path(name)
        if not path.suffix:
            path = path.with_suffix(".svg" if "svg" in kind else Path(end).suffix)
        self._window.store.update(folder=str(path.parent))
        return path

    def _write(self, path: Path, write: Callable[[], object]) -> None:
        try:
            write()
        except (SaveError, OSError) as error:
            self._session.report(str(error), is_error=True)
        else:
            self._session.report(f"Saved {path}.")

    # Sessions

    def open_session(self) -> None:
        """File > Open session."""
        folder = self._window.store.settings.folder
        name, _ = QFileDialog.getOpenFileName(self._window, "Open a session", folder, "Session (*.json)")
        if name:
            self._read_session(Path(name))

    def _read_session(self, path: Path) -> None:
        try:
            if path.stat().st_size > MAX_SESSION_BYTES:
                raise RequestError("it is far too long for a session")
            request = Request.from_json(path.read_text("utf-8"))
            if request.model not in all_networks():
                raise RequestError(f"model: there is no network called {request.model!r}")
        except (OSError, UnicodeDecodeError, RequestError) as error:
            self._session.report(f"Could not open {path.name}: {error}. Nothing was changed.", is_error=True)
            return
        kept = self._session.request
        self._session.open(request.with_(views=kept.views, device=kept.device))
        self._session.report(f"Opened {path.name}.")

    # Long work

    def _on_task_changed(self, task: Task) -> None:
        self._window.status.show_task(task)
        if task.is_over and task.id in self._when_over:
            self._when_over.pop(task.id)(task)

    # What the actions show

    def _on_history_changed(self) -> None:
        self._window.action["undo"].setEnabled(self._session.can_undo)
        self._window.action["redo"].setEnabled(self._session.can_redo)

    def change_settings(self) -> None:
        """Appearance and device."""
        settings = self._window.store.settings
        dialog = Preferences(settings.scheme, settings.device, self._window)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.accepted.connect(lambda: self.use_settings(dialog.scheme, dialog.device))
        dialog.open()

    def use_settings(self, scheme: str, device: str) -> None:
        """Puts settings in force and remembers them."""
        self.use_scheme(theme.Scheme(scheme))
        self._window.store.update(device=device)
        self._session.propose(device=device)

    def use_scheme(self, scheme: theme.Scheme) -> None:
        """Light, dark, or as the system has it."""
        self._window.store.update(scheme=scheme.value)
        theme.apply(scheme)
        self._tick_scheme()

    def _group_schemes(self) -> None:
        """One of them is in force: menus show that by a dot."""
        group = QActionGroup(self)
        for each in theme.Scheme:
            group.addAction(self._window.action[f"theme-{each}"])

    def _tick_scheme(self) -> None:
        for each in theme.Scheme:
            self._window.action[f"theme-{each}"].setChecked(each == self._window.store.settings.scheme)


def _save_and_check(frame: Frame, path: Path, saved: list[Saved]) -> Iterator[Progress]:
    """The work of saving a picture, for the queue of long work: the network is asked again about the file."""
    from engine.models import load_model
    from engine.saving import save_and_check

    request, attacked, before = frame.request, frame.attacked, frame.before
    assert attacked is not None  # noqa: S101 - only frames with an attack come here
    assert before is not None  # noqa: S101
    yield Progress(0, 2, "loading the network")
    model = load_model(request.model, request.device)
    yield Progress(1, 2, "saving, and asking the network about the file")
    saved.append(
        save_and_check(model, attacked.image, path, before=before.label, left=frame.left, target=request.target)
    )
    yield Progress(2, 2, "")
