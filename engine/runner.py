"""The live thread: the newest request is answered, the newest answer is shown, and neither side waits for the other.

Knows nothing of pictures or windows: the job is a function from a request to an iterator of frames, and every
frame is a mark of progress, something to show, and a place to stop.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

R = TypeVar("R")
F = TypeVar("F")


@dataclass(frozen=True, slots=True)
class Delivery(Generic[F]):
    """A frame, and the number of the request that it answers; later requests have higher numbers."""

    generation: int
    frame: F


class Runner(Generic[R, F]):
    """Answers requests on a thread of its own, the newest first and only.

    - The inbox has one slot: a new request overwrites the one that waits.
    - A job that was started shows at least one frame before a newer request may end it. So a stream of requests
      faster than the job still moves what is shown.
    - The outbox has one slot: a new frame overwrites the one that was not taken.
    - Generations of taken frames never go back.
    - A job that crashes is answered with a frame; the thread lives on.

    All methods may be called from any thread, and none of them waits for a job but ``close`` and ``wait_idle``.
    """

    def __init__(
        self,
        job: Callable[[R], Iterator[F]],
        on_crash: Callable[[R, BaseException], F],
        wake: Callable[[], None],
        is_step: Callable[[F], bool] = lambda _frame: False,
    ) -> None:
        """Starts nothing yet: the thread begins with the first request.

        Args:
            job: answers a request; runs on the engine's thread, is closed when it is pre-empted.
            on_crash: turns what a job raised into a frame; runs on the engine's thread.
            wake: called on the engine's thread when the empty outbox has been filled, and not again until it has
                been emptied by ``take``; does not raise.
            is_step: whether a job rests after that frame, where ``set_pace`` lets it go slowly; does not raise.
        """
        self._job, self._on_crash, self._wake, self._is_step = job, on_crash, wake, is_step
        self._changed = threading.Condition()  # guards and announces everything below
        self._thread: threading.Thread | None = None
        self._generation = 0
        self._waiting: tuple[int, R] | None = None
        self._outbox: Delivery[F] | None = None
        self._is_working = False
        self._is_held = False
        self._is_paused = False
        self._is_closed = False
        self._steps = 0
        self._pace = 0.0
        self._rested = 0.0

    # In and out

    def put(self, request: R) -> int:
        """Asks for an answer to ``request`` instead of whatever waits; returns its generation.

        Raises:
            RuntimeError: the runner is closed.
        """
        with self._changed:
            if self._is_closed:
                raise RuntimeError("the runner is closed")
            self._generation += 1
            self._waiting = (self._generation, request)
            self._steps = 0
            if self._thread is None:
                self._thread = threading.Thread(target=self._live, name="engine", daemon=True)
                self._thread.start()
            self._changed.notify_all()
            return self._generation

    def take(self) -> Delivery[F] | None:
        """Empties the outbox: the newest frame, or None if there is none since the last ``take``."""
        with self._changed:
            delivery, self._outbox = self._outbox, None
            return delivery

    # Pausing

    @property
    def is_paused(self) -> bool:
        """Whether jobs are held between frames."""
        with self._changed:
            return self._is_paused

    def pause(self) -> None:
        """Holds the job after the frame that it works on; a new request is answered with its first frame only."""
        with self._changed:
            self._is_paused = True
            self._changed.notify_all()

    def resume(self) -> None:
        """Lets the job go on."""
        with self._changed:
            self._is_paused = False
            self._steps = 0
            self._changed.notify_all()

    def step(self) -> None:
        """Lets a paused job go on for one frame."""
        with self._changed:
            if self._is_paused:
                self._steps += 1
                self._changed.notify_all()

    def set_pace(self, seconds: float) -> None:
        """Lets jobs take a step in so many seconds at most, the one under way included; 0 is as fast as they can."""
        with self._changed:
            self._pace = seconds
            self._changed.notify_all()

    # The end

    def wait_idle(self, timeout: float | None = None) -> bool:
        """Waits, at most ``timeout`` seconds, until nothing waits and nothing is computed (a held job is not)."""
        with self._changed:
            return self._changed.wait_for(self._is_idle, timeout)

    def _is_idle(self) -> bool:
        return self._waiting is None and (not self._is_working or (self._is_held and self._must_hold()))

    def close(self, timeout: float | None = None) -> bool:
        """Ends the thread after the frame that it works on; may be called again.

        Returns:
            Whether the thread has ended within ``timeout`` seconds. It is never killed.
        """
        with self._changed:
            self._is_closed = True
            self._waiting = None
            self._changed.notify_all()
            thread = self._thread
        if thread is not None:
            thread.join(timeout)
        return thread is None or not thread.is_alive()

    # The engine's thread. The cycle:
    # 1. wait for a request and take it, which empties the inbox;
    # 2. let the job make one frame;
    # 3. lay it in the outbox, over what was not taken, and wake the reader if the outbox was empty;
    # 4. rest after a step, if it came sooner than the pace wants; while paused and nothing newer waits, hold;
    # 5. give way if something newer waits or the runner is closed, else go on with 2 until the job has ended;
    # 6. close the job and begin again.

    def _live(self) -> None:
        while (taken := self._next_request()) is not None:
            try:
                self._answer(*taken)
            except Exception:  # on_crash is broken: say so as a thread that ends would, and live
                arguments = (*sys.exc_info(), threading.current_thread())
                threading.excepthook(threading.ExceptHookArgs(arguments))
            del taken  # what was asked for is not kept alive while nothing is asked

    def _next_request(self) -> tuple[int, R] | None:
        with self._changed:
            self._is_working = False
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._is_closed or self._waiting is not None)
            taken, self._waiting = self._waiting, None
            self._is_working = taken is not None
            return taken

    def _answer(self, generation: int, request: R) -> None:
        try:
            frames = self._job(request)
            self._rested = time.monotonic()
            try:
                for frame in frames:
                    self._deliver(Delivery(generation, frame))
                    if self._is_step(frame):
                        self._rest()
                    if not self._may_go_on():
                        break
            finally:
                end(frames)
        except BaseException as error:  # even SystemExit: a job does not decide about the thread
            self._deliver(Delivery(generation, self._on_crash(request, error)))

    def _deliver(self, delivery: Delivery[F]) -> None:
        with self._changed:
            if self._is_closed:
                return
            was_empty, self._outbox = self._outbox is None, delivery
        if was_empty:
            self._wake()  # without the lock, so that it may take at once

    def _rest(self) -> None:
        """Until the step has lasted as long as the pace wants; no longer than until something newer waits."""
        with self._changed:
            while not (self._must_give_way() or self._is_paused):
                left = self._rested + self._pace - time.monotonic()
                if left <= 0:
                    break
                self._changed.wait(left)
            self._rested = time.monotonic()

    def _may_go_on(self) -> bool:
        with self._changed:
            self._is_held = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._must_give_way() or not self._must_hold())
            self._is_held = False
            self._steps = max(0, self._steps - 1)
            return not self._must_give_way()

    def _must_hold(self) -> bool:
        return self._is_paused and self._steps == 0

    def _must_give_way(self) -> bool:
        return self._is_closed or self._waiting is not None


def end(iterator: Iterator[object]) -> None:
    """Runs the ``finally`` blocks of a generator now, on this thread; other iterators have none."""
    close = getattr(iterator, "close", None)
    if close is not None:
        close()
