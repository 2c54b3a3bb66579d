"""From a move of the ε slider to the painted picture: FGSM on the default network, 120 moves a second, window shown.

Every move counts, also one whose own frame was never made: its time ends with the first paint that shows it or a newer
one. The bare forward pass is one picture through the original layers without gradient, on the same number of threads,
measured before and after every round. Stalls are the gaps of a 1 ms timer on the window's thread, less that
millisecond. Figures are medians over rounds; the oldest frame and the longest stall are the worst of all rounds.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING

from tests.benchmarks.driving import live_for, opened_window, wait_until
from tests.benchmarks.measure import medians, percentile, seconds

if TYPE_CHECKING:
    from gui.session import Session
    from gui.window import Window

NAME = "drag"
LARGEST = 16 / 255
SWEEP_S = 4.0
"""The slider goes from one end to the other and back in this time."""

WANTED = {"ratio_p95": 2.6, "stall_p99_ms": 10.0, "stall_max_ms": 50.0, "oldest_frame_ms": 100.0}
WORST = ("oldest_frame_ms", "stall_max_ms")


def run(arguments: list[str]) -> dict[str, object]:
    """Runs the benchmark."""
    parser = argparse.ArgumentParser(prog=NAME, description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seconds", type=float, default=10.0, help="of every round")
    parser.add_argument("--moves-per-second", type=float, default=120.0)
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args(arguments)
    with opened_window() as window:
        forward = bare_forward()
        one_round(window, forward, 1.0, chosen.moves_per_second)  # the first drag takes memory and fills caches
        rows = [one_round(window, forward, chosen.seconds, chosen.moves_per_second) for _ in range(chosen.rounds)]
    figures = medians(rows) | {name: max(row[name] for row in rows) for name in WORST}
    missed = [name for name, limit in WANTED.items() if figures[name] > limit]
    return {**figures, "wanted": WANTED, "missed": missed, "threads": threads(), "rounds": rows}


def one_round(window: Window, forward: Callable[[], float], duration_s: float, rate: float) -> dict[str, float]:
    """One drag of that many seconds, between two measurements of the bare forward pass."""
    before = forward()
    log = Log()
    stalls: list[float] = []
    with every_paint(window, log), gaps_of_a_timer(stalls):
        drag(window.session, log, duration_s, rate)
        wait_until(lambda: log.is_complete)
    bare = median([before, forward()])
    waits = [1000 * each for each in log.move_to_paint]
    return {
        "bare_forward_ms": 1000 * bare,
        "move_to_paint_p50_ms": percentile(waits, 0.5),
        "move_to_paint_p95_ms": percentile(waits, 0.95),
        "ratio_p95": percentile(waits, 0.95) / (1000 * bare),
        "frames_per_second": log.frames / duration_s,
        "oldest_frame_ms": 1000 * log.oldest,
        "stall_p99_ms": percentile(stalls, 0.99),
        "stall_max_ms": max(stalls),
        "moves_per_second": len(log.moved_at) / duration_s,
    }


@dataclass
class Log:
    """When the slider moved, and when it was seen to have moved; times in seconds.

    Attributes:
        moved_at: when each move was made.
        move_to_paint: for each move, how long until it or a newer one was painted.
        oldest: the greatest age that any painted frame had when it was painted.
        frames: how many different frames were painted.
    """

    moved_at: list[float] = field(default_factory=list)
    move_to_paint: list[float] = field(default_factory=list)
    oldest: float = 0.0
    frames: int = 0
    _move_of: dict[float, int] = field(default_factory=dict)
    _last: int = -1

    def moved(self, epsilon: float, now: float) -> None:
        """The slider moved to ``epsilon``, where it has not been before."""
        self._move_of[epsilon] = len(self.moved_at)
        self.moved_at.append(now)

    def painted(self, epsilon: float, now: float) -> None:
        """A frame for ``epsilon`` was painted; one from before the drag does not count."""
        move = self._move_of.get(epsilon)
        if move is None:
            return
        self.oldest = max(self.oldest, now - self.moved_at[move])
        self.frames += move != self._last
        self._last = move
        self.move_to_paint += [now - each for each in self.moved_at[len(self.move_to_paint) : move + 1]]

    @property
    def is_complete(self) -> bool:
        """Whether the last move has been painted."""
        return len(self.move_to_paint) == len(self.moved_at)


def drag(session: Session, log: Log, duration_s: float, rate: float) -> None:
    """Moves ε up and down, ``rate`` times a second; a move that comes too late is left out, as a mouse would."""
    from PySide6.QtCore import Qt, QTimer

    began = time.perf_counter()

    def move() -> None:
        now = time.perf_counter()
        count = len(log.moved_at)
        where = (now - began) / SWEEP_S % 1
        epsilon = LARGEST * (1 - abs(2 * where - 1)) + count * 1e-9  # no two alike
        log.moved(epsilon, now)
        session.propose(epsilon=epsilon)
        ended = time.perf_counter()
        due = began + math.ceil((ended - began) * rate) / rate
        timer.start(max(1, round((due - ended) * 1000)))

    timer = QTimer()
    timer.setSingleShot(True)
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.timeout.connect(move)
    move()
    live_for(duration_s)
    timer.stop()
    session.settle()


@contextmanager
def every_paint(window: Window, log: Log) -> Iterator[None]:
    """Notes the end of every paint of the adversarial picture, with the frame that it shows."""
    from PySide6.QtCore import QEvent, QObject

    class Watch(QObject):
        def eventFilter(self, pane: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's spelling
            if event.type() != QEvent.Type.Paint:
                return False
            pane.event(event)  # paints now, so that the time is taken afterwards
            frame = window.session.frame
            if frame is not None and frame.attacked is not None:
                log.painted(frame.request.epsilon, time.perf_counter())
            return True

    watch = Watch()
    window.equation.adversarial_pane.installEventFilter(watch)
    try:
        yield
    finally:
        window.equation.adversarial_pane.removeEventFilter(watch)


@contextmanager
def gaps_of_a_timer(stalls: list[float]) -> Iterator[None]:
    """Notes by how many milliseconds each tick of a 1 ms timer on this thread is late."""
    from PySide6.QtCore import Qt, QTimer

    last = time.perf_counter()

    def tick() -> None:
        nonlocal last
        now = time.perf_counter()
        stalls.append(max(0.0, (now - last) * 1000 - 1))
        last = now

    timer = QTimer()
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.timeout.connect(tick)
    timer.start(1)
    try:
        yield
    finally:
        timer.stop()


def bare_forward() -> Callable[[], float]:
    """Measures the forward pass of one picture through the original layers: the median of 31 passes, in seconds."""
    import torch

    from engine.models import load_model

    classifier = load_model("efficientnet-lite0", "cpu")
    x = torch.rand(1, 3, *classifier.size, generator=torch.Generator().manual_seed(0))

    def measured() -> float:
        with torch.no_grad():
            return median(seconds(lambda: classifier.module(x)) for _ in range(31))

    return measured


def threads() -> int:
    """How many threads torch computes with."""
    import torch

    return torch.get_num_threads()
