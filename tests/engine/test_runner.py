"""The live thread's promises, without pictures and without Qt."""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Callable, Iterator

import pytest

from engine.runner import Delivery, Runner

Frame = tuple[object, object]
"""The request, and what is said of it."""

SOON = 10.0
"""Seconds that nothing here needs, whatever else the machine does."""


def on_crash(request: object, error: BaseException) -> Frame:
    return request, repr(error)


class Reader:
    """A runner with a reader that takes each frame as soon as it is woken, as the window does."""

    def __init__(self, job: Callable[[object], Iterator[Frame]]) -> None:
        self.runner: Runner[object, Frame] = Runner(job, on_crash, self._on_woken)
        self.taken: list[Delivery[Frame]] = []
        self.has_taken = threading.Condition()

    def _on_woken(self) -> None:
        delivery = self.runner.take()
        with self.has_taken:
            if delivery is not None:
                self.taken.append(delivery)
            self.has_taken.notify_all()

    @property
    def frames(self) -> list[Frame]:
        return [each.frame for each in self.taken]

    def wait_for(self, count: int) -> None:
        with self.has_taken:
            assert self.has_taken.wait_for(lambda: len(self.taken) >= count, SOON), self.taken


@pytest.fixture
def reader_of() -> Iterator[Callable[[Callable[..., Iterator[Frame]]], Reader]]:
    made: list[Reader] = []

    def make(job: Callable[..., Iterator[Frame]]) -> Reader:
        made.append(Reader(job))
        return made[-1]

    yield make
    for each in made:
        assert each.runner.close(SOON)


class Gate:
    """A job of several frames that waits to be let through before each, and notes what becomes of it."""

    def __init__(self, frames: int = 3) -> None:
        self.frames = frames
        self.arrived, self.passes = threading.Semaphore(0), threading.Semaphore(0)
        self.begun: list[object] = []
        self.closed_on: list[str] = []

    def job(self, request: object) -> Iterator[Frame]:
        self.begun.append(request)
        try:
            for number in range(self.frames):
                self.arrived.release()
                assert self.passes.acquire(timeout=SOON)
                yield request, number
        finally:
            self.closed_on.append(threading.current_thread().name)

    def wait_for_arrival(self) -> None:
        assert self.arrived.acquire(timeout=SOON)

    def let_through(self, count: int = 1) -> None:
        self.passes.release(count)


def count_to(request: int) -> Iterator[Frame]:
    for number in range(request):
        yield request, number


# Answers


def test_a_request_is_answered_with_every_frame_of_its_job_in_order(reader_of) -> None:
    reader = reader_of(count_to)
    assert reader.runner.put(3) == 1
    assert reader.runner.wait_idle(SOON)
    assert reader.taken == [Delivery(1, (3, 0)), Delivery(1, (3, 1)), Delivery(1, (3, 2))]


def test_no_thread_runs_before_the_first_request(reader_of) -> None:
    reader = reader_of(count_to)
    assert "engine" not in [each.name for each in threading.enumerate()]
    reader.runner.put(1)
    assert "engine" in [each.name for each in threading.enumerate()]


def test_three_hundred_requests_in_a_burst_cost_two_computations_and_the_last_is_answered(reader_of) -> None:
    gate = Gate(frames=1)
    reader = reader_of(gate.job)
    reader.runner.put(0)
    gate.wait_for_arrival()
    for request in range(1, 301):
        reader.runner.put(request)
    gate.let_through(2)
    assert reader.runner.wait_idle(SOON)
    assert gate.begun == [0, 300]
    assert reader.frames == [(0, 0), (300, 0)]


def test_a_job_shows_one_frame_before_it_gives_way_and_no_second(reader_of) -> None:
    gate = Gate(frames=3)
    reader = reader_of(gate.job)
    reader.runner.put("slow")
    gate.wait_for_arrival()
    reader.runner.put("new")
    gate.let_through(4)
    assert reader.runner.wait_idle(SOON)
    assert reader.frames == [("slow", 0), ("new", 0), ("new", 1), ("new", 2)]


def test_a_job_that_gives_way_is_closed_on_the_engines_thread_before_the_next_begins(reader_of) -> None:
    gate = Gate(frames=3)
    reader = reader_of(gate.job)
    reader.runner.put("slow")
    gate.wait_for_arrival()
    reader.runner.put("new")
    gate.let_through()
    reader.wait_for(1)
    gate.wait_for_arrival()
    assert gate.closed_on == ["engine"]
    gate.let_through(3)


def test_a_job_without_frames_is_simply_over(reader_of) -> None:
    reader = reader_of(count_to)
    reader.runner.put(0)
    assert reader.runner.wait_idle(SOON)
    assert reader.taken == []


def test_frames_may_come_from_an_iterator_that_cannot_be_closed(reader_of) -> None:
    reader = reader_of(lambda request: iter([(request, 1), (request, 2)]))
    reader.runner.put("list")
    assert reader.runner.wait_idle(SOON)
    assert reader.frames == [("list", 1), ("list", 2)]


def test_nothing_is_kept_alive_when_nothing_is_asked(reader_of) -> None:
    class Picture:
        pass

    reader = reader_of(lambda request: iter([("a", "frame")]))
    picture = Picture()
    gone = weakref.ref(picture)
    reader.runner.put(picture)
    assert reader.runner.wait_idle(SOON)
    del picture
    assert gone() is None


# The outbox


def test_a_frame_that_is_not_taken_is_overwritten_by_the_next() -> None:
    runner: Runner[int, Frame] = Runner(count_to, on_crash, wake=lambda: None)
    runner.put(100)
    assert runner.wait_idle(SOON)
    assert runner.take() == Delivery(1, (100, 99))
    assert runner.take() is None
    assert runner.close(SOON)


def test_the_reader_is_woken_once_for_any_number_of_frames_until_it_takes_one() -> None:
    woken: list[str] = []
    runner: Runner[int, Frame] = Runner(count_to, on_crash, lambda: woken.append(threading.current_thread().name))
    for expected in (1, 2):
        runner.put(100)
        runner.put(100)
        assert runner.wait_idle(SOON)
        assert woken == ["engine"] * expected
        runner.take()
    assert runner.close(SOON)


# Crashes


def crash_at_once(request: object) -> Iterator[Frame]:
    raise request  # type: ignore[misc]


def crash_at_first(request: object) -> Iterator[Frame]:
    raise request  # type: ignore[misc]
    yield


def crash_half_way(request: object) -> Iterator[Frame]:
    yield "before", "the crash"
    raise request  # type: ignore[misc]


@pytest.mark.parametrize("job", [crash_at_once, crash_at_first, crash_half_way])
@pytest.mark.parametrize("error", [ValueError("no"), MemoryError(), SystemExit(1), KeyboardInterrupt()], ids=repr)
def test_a_crash_is_answered_with_a_frame_and_the_next_request_as_usual(reader_of, job, error) -> None:
    reader = reader_of(lambda request: job(request) if isinstance(request, BaseException) else count_to(request))
    reader.runner.put(error)
    assert reader.runner.wait_idle(SOON)
    assert reader.frames[-1] == (error, repr(error))
    reader.runner.put(1)
    assert reader.runner.wait_idle(SOON)
    assert reader.taken[-1] == Delivery(2, (1, 0))


def test_a_crash_while_giving_way_is_answered_too_and_the_newer_request_after_it(reader_of) -> None:
    gate = Gate(frames=1)

    def job(request: object) -> Iterator[Frame]:
        try:
            yield from gate.job(request)
            yield request, "more"
        finally:
            if request == "bad":
                raise OSError("cannot let go")

    reader = reader_of(job)
    reader.runner.put("bad")
    gate.wait_for_arrival()
    reader.runner.put("good")
    gate.let_through(2)
    assert reader.runner.wait_idle(SOON)
    assert reader.frames == [("bad", 0), ("bad", "OSError('cannot let go')"), ("good", 0), ("good", "more")]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_the_thread_outlives_even_a_broken_crash_handler() -> None:
    def broken(request: object, error: BaseException) -> Frame:
        raise RuntimeError("cannot say what happened")

    runner: Runner[object, Frame] = Runner(crash_half_way, broken, wake=lambda: None)
    for generation in (1, 2):
        runner.put(ValueError())
        assert runner.wait_idle(SOON)
        assert runner.take() == Delivery(generation, ("before", "the crash"))
    assert runner.close(SOON)


# Pause, step, run


def test_a_paused_job_shows_its_first_frame_then_one_a_step_then_the_rest(reader_of) -> None:
    reader = reader_of(count_to)
    reader.runner.pause()
    reader.runner.put(5)
    assert reader.runner.is_paused
    assert reader.runner.wait_idle(SOON)
    assert reader.frames == [(5, 0)]
    reader.runner.step()
    assert reader.runner.wait_idle(SOON)
    assert reader.frames == [(5, 0), (5, 1)]
    reader.runner.step()
    reader.runner.step()
    assert reader.runner.wait_idle(SOON)
    assert len(reader.frames) == 4
    reader.runner.resume()
    assert not reader.runner.is_paused
    assert reader.runner.wait_idle(SOON)
    assert len(reader.frames) == 5


def test_a_new_request_while_paused_takes_the_place_of_the_held_job(reader_of) -> None:
    reader = reader_of(count_to)
    reader.runner.pause()
    reader.runner.put(5)
    assert reader.runner.wait_idle(SOON)
    reader.runner.put(7)
    assert reader.runner.wait_idle(SOON)
    assert reader.frames == [(5, 0), (7, 0)]


def test_steps_asked_of_one_job_are_not_spent_on_the_next(reader_of) -> None:
    reader = reader_of(count_to)
    reader.runner.pause()
    for _ in range(3):
        reader.runner.step()
    reader.runner.put(5)
    assert reader.runner.wait_idle(SOON)
    assert reader.frames == [(5, 0)]


def test_a_step_of_what_is_not_paused_changes_nothing(reader_of) -> None:
    reader = reader_of(count_to)
    reader.runner.step()
    reader.runner.pause()
    reader.runner.put(2)
    assert reader.runner.wait_idle(SOON)
    assert reader.frames == [(2, 0)]


def test_pausing_holds_a_running_job_after_the_frame_it_works_on(reader_of) -> None:
    gate = Gate(frames=3)
    reader = reader_of(gate.job)
    reader.runner.put("attack")
    gate.wait_for_arrival()
    reader.runner.pause()
    gate.let_through(3)
    assert reader.runner.wait_idle(SOON)
    assert reader.frames == [("attack", 0)]


# The end


# The pace


AN_AGE = 1000.0


def slowly(job: Callable[..., Iterator[Frame]] = count_to, pace: float = AN_AGE) -> Reader:
    """A reader of a job all of whose frames are steps, and take so many seconds at least."""
    reader = Reader(job)
    reader.runner = Runner(job, on_crash, reader._on_woken, is_step=lambda _frame: True)
    reader.runner.set_pace(pace)
    return reader


def test_steps_come_no_faster_than_the_pace() -> None:
    reader = slowly(pace=0.02)
    began = time.monotonic()
    reader.runner.put(5)
    assert reader.runner.wait_idle(SOON)
    assert time.monotonic() - began >= 5 * 0.02
    assert reader.runner.close(SOON)


def test_only_steps_are_rested_after() -> None:
    reader = slowly()
    reader.runner._is_step = lambda _frame: False
    reader.runner.put(5)
    assert reader.runner.wait_idle(SOON)
    assert len(reader.frames) == 5
    assert reader.runner.close(SOON)


def test_a_job_that_rests_gives_way_at_once() -> None:
    reader = slowly()
    reader.runner.put(5)
    reader.wait_for(1)
    reader.runner.put(7)
    reader.wait_for(2)
    assert reader.frames == [(5, 0), (7, 0)]
    assert reader.runner.close(SOON)


def test_a_rest_ends_when_the_pace_is_lifted() -> None:
    reader = slowly()
    reader.runner.put(5)
    reader.wait_for(1)
    reader.runner.set_pace(0)
    assert reader.runner.wait_idle(SOON)
    assert len(reader.frames) == 5
    assert reader.runner.close(SOON)


def test_a_job_that_rests_is_paused_and_stepped_without_delay() -> None:
    reader = slowly()
    reader.runner.put(5)
    reader.wait_for(1)
    reader.runner.pause()
    assert reader.runner.wait_idle(SOON)
    reader.runner.step()
    assert reader.runner.wait_idle(SOON)
    assert reader.frames == [(5, 0), (5, 1)]
    assert reader.runner.close(SOON)


def test_closing_in_the_middle_of_a_job_ends_it_after_the_frame_it_works_on(reader_of) -> None:
    gate = Gate(frames=1000)
    reader = reader_of(gate.job)
    reader.runner.put("long")
    gate.wait_for_arrival()
    assert not reader.runner.close(timeout=0)
    gate.let_through()
    assert reader.runner.close(SOON)
    assert gate.closed_on == ["engine"]
    assert reader.taken == []  # nobody is woken any more


def test_closing_ends_a_held_job(reader_of) -> None:
    reader = reader_of(count_to)
    reader.runner.pause()
    reader.runner.put(5)
    assert reader.runner.wait_idle(SOON)
    assert reader.runner.close(SOON)


def test_closing_drops_the_request_that_waits(reader_of) -> None:
    gate = Gate(frames=1)
    reader = reader_of(gate.job)
    reader.runner.put("first")
    gate.wait_for_arrival()
    reader.runner.put("second")
    reader.runner.close(timeout=0)
    gate.let_through()
    assert reader.runner.close(SOON)
    assert gate.begun == ["first"]


def test_a_runner_that_never_ran_is_closed_at_once_and_takes_no_requests_any_more() -> None:
    runner: Runner[int, Frame] = Runner(count_to, on_crash, wake=lambda: None)
    assert runner.close()
    assert runner.close()
    with pytest.raises(RuntimeError, match="closed"):
        runner.put(1)
