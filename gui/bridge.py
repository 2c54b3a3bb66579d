"""The only thread crossing: requests go down to the engine's threads, frames and tasks come up as Qt events."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Iterator

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from engine.errors import Failure
from engine.frame import Frame, Stage
from engine.request import Request
from engine.runner import Runner
from engine.tasks import Tasks
from gui.session import Session

logger = logging.getLogger(__name__)

Job = Callable[[Request], Iterator[Frame]]

FRAME_MS = 16
"""At most one frame is shown in this time: no screen shows more, and the controls come first."""

STATISTICS_MS = 250
"""How often the speed is told: figures that change faster cannot be read."""

ENGINE_DEADLINE = 10.0
"""Seconds that closing waits for the engine: importing torch and loading a network cannot be interrupted."""

TASKS_DEADLINE = 2.0
"""Seconds that closing waits for a task; one that waits for the network holds nothing that could be hurt."""


class Bridge(QObject):
    """Carries ``session.request`` to the engine and its frames back to ``session.show``.

    The window is woken only when the engine's empty outbox has been filled, and takes at most one frame in
    ``FRAME_MS``: frames come as fast as they can be shown, and none is older than the one before.
    """

    taskChanged = Signal(object)  # noqa: N815 - Qt's spelling of signals
    """A ``Task`` of ``tasks`` has changed; on the GUI thread."""
    craftingChanged = Signal(object)  # noqa: N815 - Qt's spelling of signals
    """A ``Task`` of ``crafting`` has changed; on the GUI thread."""
    statistics_changed = Signal(float, float)
    """Milliseconds from the last request to its first frame, and frames a second (0 while nothing moves)."""

    _woken = Signal()
    _task_told = Signal(object)
    _crafting_told = Signal(object)

    def __init__(self, session: Session, load_job: Callable[[], Job], parent: QObject | None = None) -> None:
        """Starts nothing yet.

        Args:
            session: whose requests are answered.
            load_job: called on the engine's thread for the first request, so that what it imports is not waited for.
            parent: owner, as usual.
        """
        super().__init__(parent)
        self._session, self._load_job = session, load_job
        self._job: Job | None = None
        self._runner: Runner[Request, Frame] = Runner(self._answer, _crash_frame, self._woken.emit, self._is_step)
        self.tasks = Tasks(self._task_told.emit)
        # A queue of its own: crafting takes as long as one lets it, and saving a picture must not wait for that.
        self.crafting = Tasks(self._crafting_told.emit)
        self._speed = Speed()
        self._is_started = False
        self._is_closed = False
        self._shown = 0
        self._iterates = 0
        self._pace = self._single_shot(FRAME_MS, self._take_frame)
        self._telling = self._single_shot(STATISTICS_MS, self._tell_statistics)
        self._woken.connect(self._on_runner_woken, Qt.ConnectionType.QueuedConnection)
        self._task_told.connect(self.taskChanged, Qt.ConnectionType.QueuedConnection)
        self._crafting_told.connect(self.craftingChanged, Qt.ConnectionType.QueuedConnection)
        session.request_changed.connect(self._on_request_changed)
        session.pace_changed.connect(self._on_pace_changed)

    def _single_shot(self, interval: int, handler: Callable[[], None]) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setTimerType(Qt.TimerType.PreciseTimer)
        timer.setInterval(interval)
        timer.timeout.connect(handler)
        return timer

    def start(self) -> None:
        """Asks for the first answer; once the window is painted, for what follows holds Python up."""
        if not (self._is_started or self._is_closed):
            self._is_started = True
            self._on_request_changed(self._session.request)

    def close(self) -> bool:
        """Ends all its threads, in the middle of what they do; may be called again.

        Returns:
            Whether they have ended before their deadlines.
        """
        self._is_closed = True
        self._session.request_changed.disconnect(self._on_request_changed, missing_ok=True)
        self._session.pace_changed.disconnect(self._on_pace_changed, missing_ok=True)
        self._pace.stop()
        self._telling.stop()
        queues = (self.tasks, self.crafting)
        for each in queues:
            each.close(0)  # all are told to end before any is waited for
        engine_ended = self._runner.close(ENGINE_DEADLINE)
        queues_ended = [each.close(TASKS_DEADLINE) for each in queues]
        return all(queues_ended) and engine_ended

    # Run, pause, step

    @property
    def is_paused(self) -> bool:
        """Whether an attack is held between its steps."""
        return self._runner.is_paused

    def pause(self) -> None:
        """Holds the attack before its next step."""
        self._runner.pause()

    def resume(self) -> None:
        """Lets the attack go on."""
        self._runner.resume()

    def step(self) -> None:
        """Lets a paused attack take one step."""
        self._runner.step()

    def _on_pace_changed(self) -> None:
        self._runner.set_pace(self._session.pace.seconds)

    # Down

    def _on_request_changed(self, request: Request) -> None:
        if self._is_started:
            self._speed.asked(self._runner.put(request))

    def _answer(self, request: Request) -> Iterator[Frame]:
        """The job; on the engine's thread."""
        if self._job is None:
            self._job = self._load_job()
        yield from self._job(request)

    def _is_step(self, frame: Frame) -> bool:
        """Whether an attack that runs has come to another iterate; on the engine's thread."""
        if frame.stage is not Stage.ATTACKING or frame.trace is None:
            return False
        count, self._iterates = self._iterates, len(frame.trace.loss)
        return count != self._iterates

    # Up

    def _on_runner_woken(self) -> None:
        if not (self._pace.isActive() or self._is_closed):
            self._take_frame()

    def _take_frame(self) -> None:
        delivery = self._runner.take()
        if delivery is None:
            return
        self._pace.start()
        if delivery.generation < self._shown:
            return
        self._shown = delivery.generation
        self._session.show(delivery.frame)
        self._speed.shown(delivery.generation)
        if not self._telling.isActive():
            self._telling.start()

    def _tell_statistics(self) -> None:
        self.statistics_changed.emit(self._speed.latency_ms, self._speed.frames_per_second)


class Speed:
    """How soon requests are answered, and how often what is shown moves."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._asked: dict[int, float] = {}
        self._frames: deque[float] = deque()
        self.latency_ms = 0.0
        """Milliseconds from the last answered request to its first frame."""

    def asked(self, generation: int) -> None:
        """A request went out."""
        self._asked[generation] = self._clock()

    def shown(self, generation: int) -> None:
        """A frame that answers it is shown; older requests will not be answered any more."""
        now = self._clock()
        if generation in self._asked:
            self.latency_ms = (now - self._asked[generation]) * 1000
        self._asked = {each: when for each, when in self._asked.items() if each > generation}
        self._frames.append(now)
        while self._frames[0] < now - 1:
            self._frames.popleft()

    @property
    def frames_per_second(self) -> float:
        """Over the second before the last frame; 0 with a single frame in it."""
        if len(self._frames) < 2:
            return 0.0
        return (len(self._frames) - 1) / (self._frames[-1] - self._frames[0])


def _crash_frame(request: Request, error: BaseException) -> Frame:
    """What is shown for a crash: no field is blamed, so that nothing is taken back."""
    logger.error("The engine failed on %s", request, exc_info=error)
    why = f"{error}" or type(error).__name__
    remedy = "The previous picture stays. Undo the last change, or choose another picture or network."
    return Frame(request, Stage.OPENED, final=True, failure=Failure("Foolscope could not finish this", why, remedy))
