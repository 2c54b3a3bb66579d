"""One real window on a real (virtual) screen, driven by a real mouse and a real keyboard."""

from __future__ import annotations

import json
import os
import queue
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

NEEDED = ("Xvfb", "xdotool")
DEADLINE_S = 90

pytestmark = [
    pytest.mark.window,
    pytest.mark.skipif(not all(map(shutil.which, NEEDED)), reason=f"needs {' and '.join(NEEDED)}"),
]


@pytest.fixture
def display() -> Iterator[str]:
    read, write = os.pipe()
    command = ["Xvfb", "-displayfd", str(write), "-screen", "0", "1280x800x24", "-nolisten", "tcp"]
    server = subprocess.Popen(command, pass_fds=[write], stderr=subprocess.DEVNULL)
    os.close(write)
    with os.fdopen(read) as pipe:
        number = pipe.readline().strip()
    yield f":{number}"
    server.terminate()
    server.wait(10)


class Driven:
    """The application on that display: what it says, and hands to move it."""

    def __init__(self, display: str, settings: Path) -> None:
        self._env = os.environ | {"DISPLAY": display, "QT_QPA_PLATFORM": "xcb", "OMP_NUM_THREADS": "1"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.gui.driven", str(settings)],
            env=self._env,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        )
        self._said: queue.Queue[dict[str, Any]] = queue.Queue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._said.put(json.loads(line))

    def wait(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        end = time.monotonic() + DEADLINE_S
        while True:
            said = self._said.get(timeout=max(0.01, end - time.monotonic()))
            if wanted(said):
                return said

    def xdotool(self, *arguments: object) -> None:
        subprocess.run(["xdotool", *map(str, arguments)], env=self._env, check=True, capture_output=True)

    def screenshot(self, path: Path) -> None:
        code = (
            "import sys; from PySide6.QtGui import QGuiApplication; app = QGuiApplication([]);"
            "app.primaryScreen().grabWindow(0).save(sys.argv[1])"
        )
        subprocess.run([sys.executable, "-c", code, str(path)], env=self._env, check=True)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(10)
        self._reader.join(10)
        if self.process.stdout is not None:
            self.process.stdout.close()


@pytest.fixture
def driven(display: str, tmp_path: Path) -> Iterator[Driven]:
    made = Driven(display, tmp_path / "settings.json")
    yield made
    made.close()


def test_dragging_epsilon_with_the_mouse_moves_the_answer_and_keys_undo_and_close(
    driven: Driven, tmp_path: Path
) -> None:
    ready = driven.wait(lambda said: "ready" in said)
    left, top, width, height = ready["epsilon"]
    middle = top + height // 2
    driven.xdotool("mousemove", left + width // 4, middle, "mousedown", 1)
    for x in range(left + width // 4, left + 3 * width // 4, 25):
        driven.xdotool("mousemove", x, middle)
    driven.xdotool("mouseup", 1)
    far = driven.wait(lambda said: said.get("frame", 0) > 8 / 255)
    assert far["seen"] != "tripod"
    screen = tmp_path / "screen.png"
    driven.screenshot(screen)
    assert screen.stat().st_size > 50_000
    driven.xdotool("search", "--onlyvisible", "--name", "Foolscope", "windowfocus", "--sync")
    driven.xdotool("key", "ctrl+z")
    driven.wait(lambda said: abs(said.get("frame", 1) - 2 / 255) < 1e-9)
    driven.xdotool("key", "ctrl+q")
    assert driven.wait(lambda said: "closed" in said)["closed"] == 0
    assert driven.process.wait(30) == 0
