"""How soon the window is painted, and how soon the first prediction is, against the time that importing torch takes.

Everything is counted from the start of a fresh process, by the clock of the one that starts it, in turns. The real
``foolscope`` runs, with settings of its own; its first window and first prediction count when they have been painted.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from statistics import median

from tests.benchmarks.driving import draw_off_screen_without_a_display

NAME = "start"
WINDOW_S = 1.0
OVER_THE_FLOOR_S = 1.5

IMPORT_TORCH = """
import json, sys, time
import torch
print(json.dumps({"import_torch_s": time.time() - float(sys.argv[1])}))
"""

OPEN_WINDOW = """
import json, sys, time
import gui.__main__ as program

times = {}
build = program.build

def note(name):
    times.setdefault(name, time.time() - float(sys.argv[1]))

def on_first_painted():
    times["torch_at_first_paint"] = "torch" in sys.modules
    after_this_paint(lambda: note("window_s"))

def on_frame_changed(frame):
    if frame.before is not None and "first_prediction_s" not in times:
        after_this_paint(on_prediction_painted)

def on_prediction_painted():
    note("first_prediction_s")
    program.application().quit()

def after_this_paint(then):
    from PySide6.QtCore import QTimer
    QTimer.singleShot(0, then)

def build_and_watch(*arguments):
    window = build(*arguments)
    window.firstPainted.connect(on_first_painted)
    window.session.frame_changed.connect(on_frame_changed)
    return window

program.build = build_and_watch
program.main([])
print(json.dumps(times))
"""


def run(arguments: list[str]) -> dict[str, object]:
    """Runs the benchmark."""
    parser = argparse.ArgumentParser(prog=NAME, description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args(arguments)
    draw_off_screen_without_a_display()
    fresh(IMPORT_TORCH)  # reads the files once, so that no round pays for a cold disk
    fresh(OPEN_WINDOW)
    rows = [fresh(IMPORT_TORCH) | fresh(OPEN_WINDOW) for _ in range(chosen.rounds)]
    torch_s, window_s, prediction_s = (
        median(row[name] for row in rows) for name in ("import_torch_s", "window_s", "first_prediction_s")
    )
    return {
        "import_torch_s": torch_s,
        "window_s": window_s,
        "first_prediction_s": prediction_s,
        "over_the_floor_s": prediction_s - torch_s,
        "torch_at_first_paint": any(row["torch_at_first_paint"] for row in rows),
        "wanted": {"window_s": WINDOW_S, "over_the_floor_s": OVER_THE_FLOOR_S},
        "rounds": rows,
    }


def fresh(code: str) -> dict[str, float]:
    """Runs code in a new process, with a home of its own; gives the JSON of its last line."""
    with tempfile.TemporaryDirectory() as home:
        places = dict.fromkeys(("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "HOME", "USERPROFILE"), home)
        done = subprocess.run(
            [sys.executable, "-c", code, repr(time.time())],
            env=os.environ | places,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
            timeout=300,
        )
    times: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return times
