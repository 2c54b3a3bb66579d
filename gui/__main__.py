"""Arguments, the application, and the wiring of its parts."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.catalogue.attacks import ATTACKS, make_attack
from engine.frame import Frame
from engine.request import Request, RequestError
from engine.wording import read_epsilon

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtWidgets import QApplication

    from gui.settings import Store
    from gui.window import Window


def main(arguments: Sequence[str] | None = None) -> int:
    """The program ``foolscope``: a window, or one of the commands that need none."""
    from engine.cli import COMMANDS

    given = list(sys.argv[1:] if arguments is None else arguments)
    if given and given[0] in COMMANDS:
        from engine.cli import main as run_command

        return run_command(given)
    chosen = _parser().parse_args(given)
    if _has_no_display():
        sys.stderr.write(
            "foolscope: there is no display to open a window on (neither DISPLAY nor WAYLAND_DISPLAY is set).\n"
            "Without a window there are: foolscope predict, attack, list and teach; each with --help.\n"
        )
        return 1
    return _open_window(chosen)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="foolscope",
        description="See what a small change of an image does to a neural network.",
        epilog="Without a window: foolscope predict | attack | list | teach (each with --help).",
    )
    parser.add_argument("images", nargs="*", metavar="IMAGE", help="pictures to open")
    parser.add_argument("--model", metavar="NAME", help="a network of “foolscope list models”")
    parser.add_argument("--attack", metavar="NAME", choices=ATTACKS, help=", ".join(ATTACKS))
    parser.add_argument("--epsilon", metavar="SIZE", help="size of the perturbation: 8/255, 0.031 or 8")
    parser.add_argument("--session", metavar="FILE", type=Path, help="a session saved before")
    return parser


def _has_no_display() -> bool:
    """Qt would abort the process without a word; only X11 and Wayland need a display to be named."""
    named = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    return sys.platform.startswith("linux") and not any(os.environ.get(each) for each in named)


def first_request(chosen: argparse.Namespace, device: str) -> tuple[Request, str]:
    """What the arguments ask for, and what is wrong with them (empty if nothing)."""
    request = Request(device=device)
    try:
        if chosen.session:
            request = Request.from_json(chosen.session.read_text("utf-8")).with_(device=device)
        changes: dict[str, Any] = {}
        if chosen.images:
            changes["image"] = str(Path(chosen.images[0]).absolute())
        if chosen.model:
            changes["model"] = chosen.model
        if chosen.attack:
            attack = make_attack(chosen.attack)
            changes |= {"attack": attack, "norm": request.norm if request.norm in attack.norms else attack.norms[0]}
        if chosen.epsilon:
            changes["epsilon"] = read_epsilon(chosen.epsilon, changes.get("norm", request.norm))
        return request.with_(**changes), ""
    except (OSError, UnicodeDecodeError) as error:
        return request, f"Could not open {chosen.session}: {error}. The usual picture is shown instead."
    except RequestError as error:
        return request, f"Could not open {chosen.session}: {error}. The usual picture is shown instead."
    except ValueError as error:
        return request, f"{error}. The usual setting is kept."


def load_job() -> Callable[[Request], Iterator[Frame]]:
    """The job of the engine; called on its thread, so that the window does not wait for it."""
    from engine.job import Job

    return Job().run


def application() -> QApplication:
    """The one application object, with its name, icon and style."""
    from PySide6.QtWidgets import QApplication

    from gui.icons import icon

    app = QApplication.instance()
    if not isinstance(app, QApplication):
        app = QApplication(sys.argv[:1])
    app.setApplicationName("Foolscope")
    app.setStyle("Fusion")
    app.setWindowIcon(icon("foolscope"))
    return app


def build(request: Request | None = None, store: Store | None = None) -> Window:
    """The whole window, wired, with its engine thread asleep until the window is first painted."""
    from gui import theme
    from gui.bridge import Bridge
    from gui.session import Session
    from gui.settings import Store
    from gui.window import Window

    application()
    store = store or Store.load()
    theme.apply(theme.Scheme(store.settings.scheme))
    session = Session(request or Request(device=store.settings.device))
    return Window(session, Bridge(session, load_job), store)


def _open_window(chosen: argparse.Namespace) -> int:
    from engine.device import set_threads, tune_process

    tune_process()
    set_threads(window=True)
    from gui.settings import Store

    app = application()
    store = Store.load()
    request, trouble = first_request(chosen, store.settings.device)
    window = build(request, store)
    if chosen.images:
        window.commands.show_pictures(tuple(str(Path(each).absolute()) for each in chosen.images))
    if trouble:
        window.session.report(trouble, is_error=True)
    app.aboutToQuit.connect(window.bridge.close)
    window.show()
    return app.exec()


if __name__ == "__main__":
    sys.exit(main())
