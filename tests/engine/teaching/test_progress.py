"""How far a lesson has come is one number that only grows, and the time that is left is a guess in words."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from engine.tasks import Progress
from engine.teaching.progress import say_left, within


def half() -> Generator[Progress, None, str]:
    yield Progress(0, None, "loading")
    yield Progress(5, 10, "half way")
    return "done"


def test_a_part_is_a_stretch_of_the_whole_and_hands_on_its_result() -> None:
    found = []

    def whole() -> Generator[Progress, None, None]:
        found.append((yield from within(half(), 0.2, 0.6)))

    assert [(each.done, each.total, each.detail) for each in whole()] == [
        (0.2, 1, "loading"),
        (pytest.approx(0.4), 1, "half way"),
    ]
    assert found == ["done"]


def test_a_part_is_closed_with_the_whole() -> None:
    ended = []

    def part() -> Generator[Progress, None, None]:
        try:
            yield Progress(0, 1)
        finally:
            ended.append(True)

    marks = within(kept := part(), 0, 1)
    next(marks)
    marks.close()
    assert ended
    assert next(kept, None) is None


@pytest.mark.parametrize(
    ("done", "total", "seconds", "said"),
    [
        (0, 100, 10.0, ""),
        (10, 100, 1.0, ""),
        (16, 10_000, 5.0, ""),
        (100, 100, 60.0, ""),
        (50, 100, 31.0, ", about 30 seconds left"),
        (99, 100, 10.0, ", about 5 seconds left"),
        (100, 1000, 30.0, ", about 4 minutes left"),
    ],
)
def test_the_time_that_is_left_is_told_once_it_can_be(done: int, total: int, seconds: float, said: str) -> None:
    assert say_left(done, total, seconds) == said
