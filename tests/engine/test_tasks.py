"""Long work: one at a time, with progress, a way out, and an honest end."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator

import pytest

from engine.errors import Failure
from engine.tasks import Progress, State, Task, Tasks

SOON = 10.0


class Told:
    """What the observer was told, in order."""

    def __init__(self) -> None:
        self.tasks: list[Task] = []

    def __call__(self, task: Task) -> None:
        self.tasks.append(task)

    def states(self, task_id: int) -> list[State]:
        """Every state of one task, repetitions left out."""
        states = [each.state for each in self.tasks if each.id == task_id]
        return [each for at, each in enumerate(states) if at == 0 or states[at - 1] != each]

    def last(self, task_id: int) -> Task:
        return [each for each in self.tasks if each.id == task_id][-1]


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def tasks(told: Told) -> Iterator[Tasks]:
    made = Tasks(told)
    yield made
    assert made.close(SOON)


class Download:
    """Work that waits at each piece until the test lets it go on, and notes whether it could tidy up."""

    def __init__(self, pieces: int = 3) -> None:
        self.pieces = pieces
        self.arrived, self.passes = threading.Semaphore(0), threading.Semaphore(0)
        self.tidied = threading.Event()

    def __call__(self) -> Iterator[Progress]:
        try:
            for piece in range(self.pieces):
                self.arrived.release()
                assert self.passes.acquire(timeout=SOON)
                yield Progress(piece + 1, self.pieces, f"piece {piece + 1}")
        finally:
            self.tidied.set()

    def wait_for_arrival(self) -> None:
        assert self.arrived.acquire(timeout=SOON)


def three_pieces() -> Iterator[Progress]:
    for piece in (1, 2, 3):
        yield Progress(piece, 3, f"piece {piece}")


def test_a_task_waits_runs_and_is_done(tasks: Tasks, told: Told) -> None:
    task = tasks.start("Downloading", three_pieces)
    assert task == Task(1, "Downloading")
    assert tasks.wait_idle(SOON)
    assert told.states(1) == [State.WAITING, State.RUNNING, State.DONE]
    assert told.last(1) == Task(1, "Downloading", State.DONE, done=3, total=3, detail="piece 3")


def test_progress_is_told_while_the_task_runs(tasks: Tasks, told: Told) -> None:
    download = Download()
    tasks.start("Downloading", download)
    download.wait_for_arrival()
    download.passes.release()
    download.wait_for_arrival()
    task = told.last(1)
    assert (task.state, task.done, task.fraction) == (State.RUNNING, 1, pytest.approx(1 / 3))
    download.passes.release(2)


def test_the_share_that_is_done_is_unknown_until_somebody_knows_the_whole() -> None:
    assert Task(1, "t", done=5).fraction is None
    assert Task(1, "t", done=5, total=20).fraction == 0.25
    assert Task(1, "t", done=21, total=20).fraction == 1.0


def test_thousands_of_marks_are_told_a_few_times_and_the_last_one_is_among_them(tasks: Tasks, told: Told) -> None:
    tasks.start("Downloading", lambda: (Progress(each, 20_000) for each in range(1, 20_001)))
    assert tasks.wait_idle(SOON)
    assert len(told.tasks) < 2_000
    assert told.last(1).done == 20_000


def test_tasks_are_done_one_after_the_other_in_the_order_they_came(tasks: Tasks, told: Told) -> None:
    download = Download(1)
    tasks.start("first", download)
    tasks.start("second", three_pieces)
    download.wait_for_arrival()
    assert [each.state for each in tasks.unfinished] == [State.RUNNING, State.WAITING]
    download.passes.release()
    assert tasks.wait_idle(SOON)
    ends = [each.title for each in told.tasks if each.is_over]
    assert ends == ["first", "second"]
    assert tasks.unfinished == ()


def test_a_cancelled_task_stops_at_its_next_piece_and_tidies_up(tasks: Tasks, told: Told) -> None:
    download = Download(1000)
    task = tasks.start("Downloading", download)
    download.wait_for_arrival()
    tasks.cancel(task.id)
    download.passes.release()
    assert tasks.wait_idle(SOON)
    assert download.tidied.is_set()
    assert told.states(1) == [State.WAITING, State.RUNNING, State.CANCELLED]


def test_a_task_that_is_cancelled_while_it_waits_never_begins(tasks: Tasks, told: Told) -> None:
    download, other = Download(1), Download(1)
    tasks.start("first", download)
    second = tasks.start("second", other)
    download.wait_for_arrival()
    tasks.cancel(second.id)
    assert told.states(second.id) == [State.WAITING, State.CANCELLED]
    download.passes.release()
    assert tasks.wait_idle(SOON)
    assert not other.tidied.is_set()
    assert told.states(second.id) == [State.WAITING, State.CANCELLED]


def test_cancelling_what_is_over_or_unknown_changes_nothing(tasks: Tasks, told: Told) -> None:
    task = tasks.start("quick", three_pieces)
    assert tasks.wait_idle(SOON)
    tasks.cancel(task.id)
    tasks.cancel(99)
    assert told.last(task.id).state is State.DONE


class DiskFullError(Exception):
    def failure(self) -> Failure:
        return Failure("The file could not be saved", "the disk is full", "Make room and save again.")


def test_a_foreseen_failure_is_told_in_its_own_words(tasks: Tasks, told: Told) -> None:
    def work() -> Iterator[Progress]:
        yield Progress(1, 2)
        raise DiskFullError

    tasks.start("Saving", work)
    assert tasks.wait_idle(SOON)
    task = told.last(1)
    assert task.state is State.FAILED
    assert str(task.failure) == "The file could not be saved: the disk is full. Make room and save again."


@pytest.mark.parametrize(
    ("error", "why"), [(RuntimeError("boom"), "boom"), (MemoryError(), "MemoryError"), (SystemExit(3), "3")]
)
def test_an_unforeseen_failure_is_told_and_logged_and_the_next_task_is_done(
    tasks: Tasks, told: Told, caplog: pytest.LogCaptureFixture, error: BaseException, why: str
) -> None:
    def work() -> Iterator[Progress]:
        raise error

    tasks.start("Saving", work)
    tasks.start("next", three_pieces)
    with caplog.at_level(logging.ERROR):
        assert tasks.wait_idle(SOON)
    failed = told.last(1)
    assert failed.state is State.FAILED
    assert failed.failure is not None
    assert (failed.failure.what, failed.failure.why) == ("Saving failed", why)
    assert told.last(2).state is State.DONE
    assert "Saving" in caplog.text


def test_closing_cancels_what_runs_and_what_waits(told: Told) -> None:
    tasks = Tasks(told)
    download = Download(1000)
    tasks.start("runs", download)
    tasks.start("waits", three_pieces)
    download.wait_for_arrival()
    assert not tasks.close(timeout=0)
    download.passes.release()
    assert tasks.close(SOON)
    assert [told.last(each).state for each in (1, 2)] == [State.CANCELLED, State.CANCELLED]
    assert download.tidied.is_set()


def test_a_closed_queue_takes_no_work_any_more(told: Told) -> None:
    tasks = Tasks(told)
    assert tasks.close()
    assert tasks.close()
    with pytest.raises(RuntimeError, match="closed"):
        tasks.start("late", three_pieces)


def test_the_observer_may_act_on_the_tasks_it_is_told_of() -> None:
    seen: list[State] = []

    def cancel_at_first_progress(task: Task) -> None:
        seen.append(task.state)
        if task.done:
            tasks.cancel(task.id)

    tasks = Tasks(cancel_at_first_progress)
    tasks.start("endless", lambda: (Progress(1) for _ in iter(int, 1)))
    assert tasks.wait_idle(SOON)
    assert seen[-1] is State.CANCELLED
    assert tasks.close(SOON)
