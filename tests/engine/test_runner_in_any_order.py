"""The live thread under random orders of requests, pauses and steps: nothing is lost and nothing goes back."""

from __future__ import annotations

import random
import sys
import threading
from collections.abc import Iterator

import pytest

from engine.runner import Delivery, Runner

Frame = tuple[int, bool]
"""The request, and whether this is the last frame of its answer."""

SOON = 10.0


def on_crash(request: int, error: BaseException) -> Frame:
    raise AssertionError(f"{request} crashed") from error


@pytest.fixture
def hurried_threads() -> Iterator[None]:
    """Python changes threads a thousand times as often, so that rare orders of events become common."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(5e-6)
    yield
    sys.setswitchinterval(usual)


def _live_through(seed: int) -> tuple[list[Delivery[Frame]], list[int], int]:
    """Requests, pauses, steps in a random order; the reader takes one frame for each time that it is woken."""
    chance = random.Random(seed)
    wakes, is_over = threading.Semaphore(0), threading.Event()
    begun: list[int] = []
    taken: list[Delivery[Frame]] = []

    def job(request: int) -> Iterator[Frame]:
        begun.append(request)
        length = 1 + request * 7 % 5
        for number in range(length):
            yield request, number + 1 == length

    runner: Runner[int, Frame] = Runner(job, on_crash, wakes.release)

    def read() -> None:
        while True:
            assert wakes.acquire(timeout=SOON)
            delivery = runner.take()
            if delivery is not None:
                taken.append(delivery)
            elif is_over.is_set():
                return

    reader = threading.Thread(target=read)
    reader.start()
    requests = chance.randint(1, 30)
    for request in range(1, requests + 1):
        runner.put(request)
        for act in chance.choices([runner.pause, runner.resume, runner.step, lambda: None], k=chance.randint(0, 4)):
            act()
        if chance.random() < 0.2:
            runner.wait_idle(SOON)
    runner.resume()
    assert runner.wait_idle(SOON)
    is_over.set()
    wakes.release()
    reader.join(SOON)
    assert runner.close(SOON)
    return taken, begun, requests


@pytest.mark.usefixtures("hurried_threads")
@pytest.mark.parametrize("start", range(0, 200, 50))
def test_in_any_order_of_events_the_last_request_is_answered_to_its_end_and_frames_never_go_back(start: int) -> None:
    for seed in range(start, start + 50):
        taken, begun, requests = _live_through(seed)
        generations = [each.generation for each in taken]
        assert generations == sorted(generations), seed
        assert taken[-1] == Delivery(requests, (requests, True)), seed
        assert begun == sorted(set(begun)), seed
        assert begun[-1] == requests, seed
