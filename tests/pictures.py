"""Makes the README's pictures from the real application: ``python -m tests.pictures FOLDER``."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEventLoop
from PySide6.QtWidgets import QApplication

from engine.catalogue.attacks import PGD
from engine.frame import Stage
from engine.request import Request
from gui import theme
from gui.__main__ import application, build
from gui.settings import Store
from gui.window import Window

DEADLINE_S = 120


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--size", default="1280x800", help="of the window, WIDTHxHEIGHT")
    chosen = parser.parse_args()
    chosen.folder.mkdir(parents=True, exist_ok=True)
    width, height = (int(each) for each in chosen.size.split("x"))
    application()
    with tempfile.TemporaryDirectory() as settings:
        window = build(Request(), Store.load(Path(settings) / "settings.json"))
        window.resize(width, height)
        window.show()
        for name, (scene, stage) in SCENES.items():
            scene(window)
            wait_until(lambda stage=stage: is_answered(window, stage))  # type: ignore[misc]
            settle(0.3)
            window.grab().save(str(chosen.folder / f"{name}.png"))
            sys.stdout.write(f"{chosen.folder / name}.png\n")
        window.close()
    return 0


def light(window: Window) -> None:
    theme.apply(theme.Scheme.LIGHT)
    window.curve_dock.raise_()


def dark(window: Window) -> None:
    theme.apply(theme.Scheme.DARK)


def trace(window: Window) -> None:
    theme.apply(theme.Scheme.LIGHT)
    window.trace_dock.raise_()
    window.session.propose(attack=PGD(steps=20, step_size=0.1), image="sample:coffee", epsilon=1 / 255)


def inside(title: str, layer: str = "", unit: int | None = None) -> Callable[[Window], None]:
    """A view that looks inside, with half of the window for it."""

    def scene(window: Window) -> None:
        request = Request(image="sample:chelsea", epsilon=2 / 255)
        window.session.open(request.with_(views=window.session.request.views))
        window.session.look_at(layer=layer, unit=unit)
        dock = window.inside_docks[title]
        dock.raise_()
        settle(0.5)
        if dock.height() < 0.4 * window.height():
            window.look_inside()
        settle(1)

    return scene


def one_step(window: Window) -> None:
    """A step on a digit, from the gradient to the clipped picture."""
    inside("One step")(window)
    digit = Request(image="sample:mnist-3", model="cnn-32-32", attack=PGD(), epsilon=0.15)
    window.session.open(digit.with_(views=window.session.request.views))
    settle(2)


def side_by_side(window: Window) -> None:
    """A digit before a plain network and before its robust twin, under the same attack."""
    inside("Side by side")(window)
    digit = Request(image="sample:mnist-3", model="cnn-32-32", twin="robust-mnist", attack=PGD(), epsilon=0.2)
    window.session.open(digit.with_(views=window.session.request.views))
    wait_until(lambda: window.session.frame is not None and window.session.frame.twin is not None)
    settle(2)


SCENES: dict[str, tuple[Callable[[Window], None], Stage]] = {
    "bench-light": (light, Stage.DONE),
    "bench-dark": (dark, Stage.DONE),
    "trace": (trace, Stage.ATTACKED),
    "network": (inside("Network"), Stage.DONE),
    "activations": (inside("Activations", "_blocks.1._depthwise_conv"), Stage.DONE),
    "taken-apart": (inside("Taken apart", "_conv_stem", 1), Stage.DONE),
    "one-step": (one_step, Stage.DONE),
    "side-by-side": (side_by_side, Stage.DONE),
}


def is_answered(window: Window, stage: Stage) -> bool:
    frame = window.session.frame
    return frame is not None and frame.request == window.session.request and frame.stage >= stage


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + DEADLINE_S
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError("the window did not come to rest")
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 20)


def settle(seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 20)


if __name__ == "__main__":
    sys.exit(main())
