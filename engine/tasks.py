"""Long work beside the live view: a queue with progress, a way to cancel, and an honest end.

A download or a saved picture that is read back takes seconds to minutes and must never hold up the slider. Work is
a generator: each ``yield`` is a mark of progress and a place to stop.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from engine.errors import Failure
from engine.runner import end

logger = logging.getLogger(__name__)

TELLING_INTERVAL = 0.05
"""Seconds between two reports of progress: nobody reads faster, and a download yields thousands."""

Work = Callable[[], Iterator["Progress"]]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far work has come: ``done`` of ``total`` (None if nobody knows), and what it is at."""

    done: float
    total: float | None = None
    detail: str = ""


class State(StrEnum):
    """What became of a task."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Task:
    """A task at one moment; each change makes a new one with the same ``id``.

    Attributes:
        id: counts up from 1.
        title: what is done, as read: "Downloading ResNet-50".
        state: the last three are ends, and nothing follows them.
        done: how much is done, in units of ``total``.
        total: how much there is; None while nobody knows.
        detail: what it is at.
        failure: why it failed; None otherwise.
    """

    id: int
    title: str
    state: State = State.WAITING
    done: float = 0.0
    total: float | None = None
    detail: str = ""
    failure: Failure | None = None

    @property
    def is_over(self) -> bool:
        """Whether the task has ended, well or not."""
        return self.state not in {State.WAITING, State.RUNNING}

    @property
    def fraction(self) -> float | None:
        """How much is done, in [0, 1]; None while nobody knows."""
        return min(1.0, max(0.0, self.done / self.total)) if self.total else None


class Tasks:
    """Does one piece of work after another on a thread of its own."""

    def __init__(self, on_change: Callable[[Task], None]) -> None:
        """Starts nothing yet: the thread begins with the first task.

        Args:
            on_change: told of every change of a task, in order, on whichever thread makes it; must not wait.
        """
        self._on_change = on_change
        self._changed = threading.Condition(threading.RLock())  # guards and announces everything below
        self._thread: threading.Thread | None = None
        self._open: dict[int, Task] = {}
        self._queue: deque[tuple[int, Work]] = deque()
        self._cancelled: set[int] = set()
        self._count = 0
        self._is_closed = False

    def start(self, title: str, work: Work) -> Task:
        """Queues some work.

        Args:
            title: what is done, as read.
            work: called on the worker's thread; yields its progress. What it raises is told as a failure: by the
                error's own ``failure()`` if it has one, else in its own words.

        Raises:
            RuntimeError: the queue is closed.
        """
        with self._changed:
            if self._is_closed:
                raise RuntimeError("the tasks are closed")
            self._count += 1
            task = Task(self._count, title)
            self._queue.append((task.id, work))
            self._tell(task)
            if self._thread is None:
                self._thread = threading.Thread(target=self._live, name="tasks", daemon=True)
                self._thread.start()
            self._changed.notify_all()
            return task

    def cancel(self, task_id: int) -> None:
        """Ends a task at its next place to stop, or before it begins; one that is over is left alone."""
        with self._changed:
            task = self._open.get(task_id)
            if task is None:
                return
            self._cancelled.add(task_id)
            if task.state is State.WAITING:
                self._tell(replace(task, state=State.CANCELLED))

    @property
    def unfinished(self) -> tuple[Task, ...]:
        """The tasks that wait or run, oldest first."""
        with self._changed:
            return tuple(self._open.values())

    def wait_idle(self, timeout: float | None = None) -> bool:
        """Waits, at most ``timeout`` seconds, until every task is over."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._open, timeout)

    def close(self, timeout: float | None = None) -> bool:
        """Cancels everything and ends the thread; may be called again.

        Returns:
            Whether the thread has ended within ``timeout`` seconds. It is never killed.
        """
        with self._changed:
            self._is_closed = True
            for task_id in list(self._open):
                self.cancel(task_id)
            self._changed.notify_all()
            thread = self._thread
        if thread is not None:
            thread.join(timeout)
        return thread is None or not thread.is_alive()

    # The worker's thread

    def _live(self) -> None:
        while (entry := self._next()) is not None:
            self._do(*entry)
            del entry  # what the work holds is not kept alive while there is none

    def _next(self) -> tuple[int, Work] | None:
        with self._changed:
            while True:
                self._changed.wait_for(lambda: self._is_closed or bool(self._queue))
                if not self._queue:
                    return None
                task_id, work = self._queue.popleft()
                if task_id in self._open:  # else it was cancelled while it waited
                    self._tell(replace(self._open[task_id], state=State.RUNNING))
                    return task_id, work

    def _do(self, task_id: int, work: Work) -> None:
        failure = None
        try:
            state = self._work_through(task_id, work())
        except BaseException as error:  # even SystemExit: work does not decide about the thread
            state, failure = State.FAILED, failure_of(self._open[task_id].title, error)
        with self._changed:
            self._tell(replace(self._open[task_id], state=state, failure=failure))

    def _work_through(self, task_id: int, marks: Iterator[Progress]) -> State:
        telling = 0.0
        try:
            for progress in marks:
                is_time = time.monotonic() >= telling
                if is_time:
                    telling = time.monotonic() + TELLING_INTERVAL
                if not self._advance(task_id, progress, is_time):
                    return State.CANCELLED
            return State.DONE
        finally:
            end(marks)

    def _advance(self, task_id: int, progress: Progress, is_time: bool) -> bool:
        """Notes the progress, tells it if it is time to; False if the task is cancelled."""
        with self._changed:
            if task_id in self._cancelled:
                return False
            task = replace(self._open[task_id], done=progress.done, total=progress.total, detail=progress.detail)
            self._open[task_id] = task
            if is_time:
                self._on_change(task)
            return True

    # With the lock held

    def _tell(self, task: Task) -> None:
        """Keeps and tells a change of state."""
        self._open[task.id] = task
        if task.is_over:
            del self._open[task.id]
            self._cancelled.discard(task.id)
        self._changed.notify_all()
        self._on_change(task)


def failure_of(title: str, error: BaseException) -> Failure:
    """What the user is told of an error: its own ``failure()``, or that nobody foresaw it."""
    own = getattr(error, "failure", None)
    if callable(own):
        told: Failure = own()
        return told
    logger.error("%s: unforeseen failure", title, exc_info=error)
    why = str(error) or type(error).__name__
    return Failure(f"{title} failed", why, "Nothing else was changed; try it again.")
