"""Arguments, the application, and the wiring of its parts."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.catalogue.attacks import ATTACKS, Norm, make_attack
from engine.catalogue.budgets import usual_epsilon
from engine.catalogue.found import Found
from engine.catalogue.models import known_network
from engine.catalogue.own import OwnNetwork, opened_before
from engine.catalogue.suiting import suiting
from engine.cli.networks import add_own_options, is_file, record_for
from engine.frame import Frame
from engine.images import is_picture_name
from engine.request import Request, RequestError
from engine.wording import read_epsilon

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtCore import QMimeData
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
    chosen = parse(given)
    if _has_no_display():
        sys.stderr.write(
            "foolscope: there is no display to open a window on (neither DISPLAY nor WAYLAND_DISPLAY is set).\n"
            "Without a window there are: foolscope predict, attack, list, download and teach; each with --help.\n"
        )
        return 1
    return _open_window(chosen)


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """What the arguments of a window say."""
    parser = argparse.ArgumentParser(
        prog="foolscope",
        description="See what a small change of an image does to a neural network.",
        epilog="Without a window: foolscope predict | attack | list | download | teach (each with --help).",
    )
    parser.add_argument(
        "files", nargs="*", metavar="FILE", help="what could be dropped on the window: pictures, a network, a session"
    )
    parser.add_argument("--model", metavar="NAME|FILE", help="of “foolscope list models”, or your own file")
    parser.add_argument("--attack", metavar="NAME", choices=ATTACKS, help=", ".join(ATTACKS))
    parser.add_argument("--epsilon", metavar="SIZE", help="size of the perturbation: 8/255, 0.031 or 8")
    parser.add_argument("--session", metavar="FILE", type=Path, help="a session saved before")
    add_own_options(parser)
    return parser.parse_args(arguments)


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
        if chosen.model and not is_file(chosen.model):
            changes["model"] = chosen.model
        if chosen.attack:
            attack = make_attack(chosen.attack)
            changes |= {"attack": attack, "norm": request.norm if request.norm in attack.norms else attack.norms[0]}
        norm = changes.get("norm", request.norm)
        if not chosen.session:
            changes |= _suiting(changes.get("model", request.model), norm)
        if chosen.files and is_picture_name(chosen.files[0]):
            changes["image"] = str(Path(chosen.files[0]).absolute())
        if chosen.epsilon:
            changes["epsilon"] = read_epsilon(chosen.epsilon, norm)
        return request.with_(**changes), ""
    except (OSError, UnicodeDecodeError) as error:
        return request, f"Could not open {chosen.session}: {error}. The usual picture is shown instead."
    except RequestError as error:
        return request, f"Could not open {chosen.session}: {error}. The usual picture is shown instead."
    except ValueError as error:
        return request, f"{error}. The usual setting is kept."


def _suiting(model: str, norm: Norm) -> dict[str, Any]:
    """The picture and the ε that go with a network, unless the arguments name others; nothing if it is not known."""
    card, usual = known_network(model), Request().image
    if card is None:
        return {}
    suited = [each.image for each in suiting(card.classes, card.recipe)]
    return {"image": usual if usual in suited else suited[0], "epsilon": usual_epsilon(norm, card.values)}


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
    open_what_is_named(window, chosen)
    if trouble:
        window.session.report(trouble, is_error=True)
    app.aboutToQuit.connect(window.bridge.close)
    window.show()
    return app.exec()


def open_what_is_named(window: Window, chosen: argparse.Namespace) -> None:
    """Takes in the files of the command line as if they were dropped; that of ``--model`` after the first paint."""
    from gui.panels.intake import images_in

    if chosen.files:
        window.commands.take_in(images_in(_dropped(chosen.files)))
    if chosen.model and is_file(chosen.model):
        window.firstPainted.connect(lambda: _open_network(window, chosen))


def _dropped(names: Sequence[str]) -> QMimeData:
    """Files of the command line, as if they were dropped on the window."""
    from PySide6.QtCore import QMimeData, QUrl

    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(Path(each).absolute())) for each in names])
    return mime


def _open_network(window: Window, chosen: argparse.Namespace) -> None:
    """Opens the file that ``--model`` names, as the arguments say; where they say nothing, as it was opened before."""
    is_told = any((chosen.classes, chosen.input, chosen.normalise, chosen.architecture))

    def told(seen: Found) -> OwnNetwork:
        before = None if is_told else opened_before(seen.sha256)
        return before or record_for(chosen, seen)

    window.commands.own.open(str(Path(chosen.model).absolute()), is_trusted=chosen.i_made_this_file, told=told)


if __name__ == "__main__":
    sys.exit(main())
