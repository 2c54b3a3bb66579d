"""The real window, opened as the application opens it, and driven from outside."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from engine.frame import Frame, Stage
from engine.request import Request

if TYPE_CHECKING:
    from gui.window import Window

PATIENCE_S = 120


@contextmanager
def opened_window(request: Request | None = None) -> Iterator[Window]:
    """The window after its first answer, with settings of its own; without a display it is drawn off the screen."""
    from engine.device import set_threads, tune_process

    tune_process()
    set_threads(window=True)
    draw_off_screen_without_a_display()
    import shiboken6

    from gui.__main__ import application, build
    from gui.settings import Store

    application()
    with tempfile.TemporaryDirectory() as folder:
        window = build(request or Request(), Store.load(Path(folder) / "settings.json"))
        window.show()
        try:
            wait_until(lambda: is_answered(window))
            yield window
        finally:
            window.close()
            shiboken6.delete(window)  # before the application, in whatever order Python ends


def draw_off_screen_without_a_display() -> None:
    """Chooses Qt's platform without a screen, if there is none and nothing else was chosen."""
    named = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    if sys.platform.startswith("linux") and not any(os.environ.get(each) for each in named):
        os.environ["QT_QPA_PLATFORM"] = "offscreen"


def is_answered(window: Window, stage: Stage = Stage.DONE) -> bool:
    """Whether what is asked now is shown, up to that stage."""
    frame: Frame | None = window.session.frame
    return frame is not None and frame.stage >= stage and frame.request == window.session.request


def wait_until(condition: Callable[[], bool], patience_s: float = PATIENCE_S) -> None:
    """Lets the window live until the condition holds.

    Raises:
        TimeoutError: it does not hold after ``patience_s`` seconds.
    """
    deadline = time.monotonic() + patience_s
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"nothing came of it in {patience_s} s")
        live_for(0.005)


def live_for(duration_s: float) -> None:
    """Runs the window's event loop, asleep while nothing happens."""
    from PySide6.QtCore import QEventLoop, QTimer

    loop = QEventLoop()
    QTimer.singleShot(round(duration_s * 1000), loop.quit)
    loop.exec()
