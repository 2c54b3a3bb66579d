"""The one thread crossing: requests down, frames up, and nothing left when it is closed."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication
from pytestqt.qtbot import QtBot

from engine.catalogue.attacks import PGD
from engine.frame import Frame, Stage, Trace
from engine.request import Request
from engine.tasks import Progress, State, Task
from gui.bridge import FRAME_MS, Bridge, Speed
from gui.session import Pace, Session

SOON_MS = 10_000


class Engine:
    """A job of three frames, and what the test wants to know of it."""

    def __init__(self) -> None:
        self.loaded_on: list[str] = []
        self.begun: list[Request] = []
        self.error: BaseException | None = None
        self.gate: threading.Semaphore | None = None
        self.arrived = threading.Event()

    def load(self) -> object:
        self.loaded_on.append(threading.current_thread().name)
        return self.run

    def run(self, request: Request) -> Iterator[Frame]:
        self.begun.append(request)
        for stage in (Stage.PREDICTED, Stage.ATTACKED, Stage.DONE):
            if self.gate is not None:
                self.arrived.set()
                assert self.gate.acquire(timeout=SOON_MS / 1000)
            if self.error is not None:
                raise self.error
            yield Frame(request, stage, final=stage is Stage.DONE)


@pytest.fixture
def engine() -> Engine:
    return Engine()


@pytest.fixture
def session() -> Session:
    return Session()


@pytest.fixture
def bridge(qapp: object, session: Session, engine: Engine) -> Iterator[Bridge]:
    made = Bridge(session, engine.load)  # type: ignore[arg-type]
    yield made
    engine.gate = None
    assert made.close()


def is_answered(session: Session) -> bool:
    frame = session.frame
    return frame is not None and frame.final and frame.request == session.request


def test_nothing_is_asked_before_the_window_is_painted(bridge: Bridge, session: Session, engine: Engine) -> None:
    session.propose(epsilon=0.1)
    assert engine.loaded_on == []


def test_the_first_request_loads_the_engine_on_its_own_thread_and_is_answered(
    bridge: Bridge, session: Session, engine: Engine, qtbot: QtBot
) -> None:
    session.propose(epsilon=0.1)
    bridge.start()
    bridge.start()
    qtbot.waitUntil(lambda: is_answered(session), timeout=SOON_MS)
    assert engine.loaded_on == ["engine"]
    assert [each.epsilon for each in engine.begun] == [0.1]


def test_a_change_is_answered_and_shown_on_the_gui_thread(
    bridge: Bridge, session: Session, engine: Engine, qtbot: QtBot
) -> None:
    shown_on: set[threading.Thread] = set()
    session.frame_changed.connect(lambda _: shown_on.add(threading.current_thread()))
    bridge.start()
    session.propose(epsilon=0.2)
    qtbot.waitUntil(lambda: is_answered(session), timeout=SOON_MS)
    assert shown_on == {threading.main_thread()}
    assert engine.loaded_on == ["engine"]


def test_a_drag_faster_than_the_engine_ends_with_the_last_request(
    bridge: Bridge, session: Session, engine: Engine, qtbot: QtBot
) -> None:
    engine.gate = threading.Semaphore(0)
    bridge.start()
    assert engine.arrived.wait(SOON_MS / 1000)
    for move in range(1, 301):
        session.propose(epsilon=move / 1000)
    engine.gate.release(1000)
    qtbot.waitUntil(lambda: is_answered(session), timeout=SOON_MS)
    assert session.frame is not None
    assert session.frame.request.epsilon == 0.3
    assert len(engine.begun) == 2


def test_frames_come_no_faster_than_they_can_be_shown_and_the_last_one_comes(
    bridge: Bridge, session: Session, engine: Engine, qtbot: QtBot
) -> None:
    times: list[float] = []
    session.frame_changed.connect(lambda _: times.append(time.perf_counter()))

    def steps(request: Request) -> Iterator[Frame]:
        for _ in range(2000):
            yield Frame(request, Stage.ATTACKING)
        yield Frame(request, Stage.DONE, final=True)

    bridge._job = steps
    bridge.start()
    qtbot.waitUntil(lambda: is_answered(session), timeout=SOON_MS)
    for move in range(20):
        session.propose(epsilon=move / 100)
        qtbot.waitUntil(lambda: is_answered(session), timeout=SOON_MS)
    fair_share = (times[-1] - times[0]) * 1000 / FRAME_MS
    assert len(times) <= 1.1 * fair_share + 2


def test_a_crash_is_reported_keeps_the_picture_and_the_next_request_is_answered(
    bridge: Bridge, session: Session, engine: Engine, qtbot: QtBot, caplog: pytest.LogCaptureFixture
) -> None:
    bridge.start()
    qtbot.waitUntil(lambda: is_answered(session), timeout=SOON_MS)
    before = session.frame
    engine.error = MemoryError()
    session.propose(epsilon=0.2)
    qtbot.waitUntil(lambda: session.message is not None, timeout=SOON_MS)
    assert session.message is not None
    assert session.message.is_error
    assert session.message.text.startswith("Foolscope could not finish this: MemoryError.")
    assert session.frame is before
    assert session.request.epsilon == 0.2
    assert "Traceback" in caplog.text
    engine.error = None
    session.propose(epsilon=0.3)
    qtbot.waitUntil(lambda: is_answered(session), timeout=SOON_MS)


def test_an_engine_that_cannot_be_loaded_is_reported_and_tried_again(
    bridge: Bridge, session: Session, engine: Engine, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_torch() -> object:
        raise ImportError("No module named 'torch'")

    monkeypatch.setattr(bridge, "_load_job", no_torch)
    bridge.start()
    qtbot.waitUntil(lambda: session.message is not None, timeout=SOON_MS)
    assert session.message is not None
    assert "No module named 'torch'" in session.message.text
    monkeypatch.undo()
    session.propose(epsilon=0.2)
    qtbot.waitUntil(lambda: is_answered(session), timeout=SOON_MS)


def test_an_attack_is_held_stepped_and_run_to_its_end(
    bridge: Bridge, session: Session, engine: Engine, qtbot: QtBot
) -> None:
    bridge.pause()
    assert bridge.is_paused
    session.propose(attack=PGD())
    bridge.start()

    def stage() -> Stage | None:
        return None if session.frame is None else session.frame.stage

    qtbot.waitUntil(lambda: stage() is Stage.PREDICTED, timeout=SOON_MS)
    assert bridge._runner.wait_idle(SOON_MS / 1000)
    bridge.step()
    qtbot.waitUntil(lambda: stage() is Stage.ATTACKED, timeout=SOON_MS)
    bridge.resume()
    assert not bridge.is_paused
    qtbot.waitUntil(lambda: stage() is Stage.DONE, timeout=SOON_MS)


def test_an_attack_rests_between_its_iterates_as_long_as_the_chosen_pace_wants(
    bridge: Bridge, session: Session
) -> None:
    paces: list[float] = []
    bridge._runner.set_pace = paces.append  # type: ignore[method-assign]
    session.set_pace(session.pace.slower)
    session.set_pace(Pace.ONE)
    session.set_pace(session.pace.slower)
    session.set_pace(Pace.FULL)
    assert paces == [0.1, 1.0, 0.0]
    attacking = [
        Frame(Request(), Stage.ATTACKING, trace=Trace(*(np.zeros(count, np.float32) for _ in range(4))))
        for count in (1, 2, 2, 3)
    ]
    others = [Frame(Request(), Stage.PREDICTED), Frame(Request(), Stage.DONE, trace=attacking[0].trace)]
    assert [bridge._is_step(frame) for frame in attacking + others] == [True, True, False, True, False, False]


def test_the_speed_is_told_after_frames_were_shown(bridge: Bridge, session: Session, qtbot: QtBot) -> None:
    with qtbot.waitSignal(bridge.statistics_changed, timeout=SOON_MS) as told:
        bridge.start()
    assert told.args is not None
    latency, frames_per_second = told.args
    assert 0 < latency < SOON_MS
    assert frames_per_second >= 0


def test_a_task_is_told_on_the_gui_thread_up_to_its_end(bridge: Bridge, qtbot: QtBot) -> None:
    told: list[tuple[State, threading.Thread]] = []

    def on_task_changed(task: Task) -> None:
        told.append((task.state, threading.current_thread()))

    bridge.taskChanged.connect(on_task_changed)
    bridge.tasks.start("Saving", lambda: iter([Progress(1, 1)]))
    qtbot.waitUntil(lambda: bool(told) and told[-1][0] is State.DONE, timeout=SOON_MS)
    assert {thread for _, thread in told} == {threading.main_thread()}
    assert told[0][0] is State.WAITING


def test_closing_in_the_middle_of_an_attack_leaves_no_thread_and_shows_nothing_more(
    session: Session, qtbot: QtBot
) -> None:
    def endless(request: Request) -> Iterator[Frame]:
        while True:
            yield Frame(request, Stage.ATTACKING)

    bridge = Bridge(session, lambda: endless)
    bridge.start()
    qtbot.waitUntil(lambda: session.frame is not None, timeout=SOON_MS)
    shown = session.frame
    assert bridge.close()
    assert bridge.close()
    assert not {each.name for each in threading.enumerate()} & {"engine", "tasks"}
    session.propose(epsilon=0.3)  # nobody listens, and nobody minds
    QCoreApplication.processEvents()
    assert session.frame is shown


def test_a_window_that_is_closed_before_it_was_painted_asks_for_nothing(
    session: Session, engine: Engine, qtbot: QtBot
) -> None:
    bridge = Bridge(session, engine.load)  # type: ignore[arg-type]
    assert bridge.close()
    bridge.start()
    assert engine.loaded_on == []


def test_latency_is_from_the_request_to_its_first_frame() -> None:
    now = [100.0]
    speed = Speed(lambda: now[0])
    speed.asked(1)
    speed.asked(2)
    now[0] += 0.03
    speed.shown(2)
    assert speed.latency_ms == pytest.approx(30)
    now[0] += 5
    speed.shown(2)
    assert speed.latency_ms == pytest.approx(30)


def test_frames_a_second_are_counted_over_the_last_second() -> None:
    now = [100.0]
    speed = Speed(lambda: now[0])
    assert speed.frames_per_second == 0
    for _ in range(100):
        now[0] += 0.025
        speed.shown(1)
    assert speed.frames_per_second == pytest.approx(40)
    now[0] += 60
    speed.shown(1)
    assert speed.frames_per_second == 0
