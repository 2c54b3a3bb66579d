"""How far a lesson has come, on one scale from 0 to 1, whatever its parts count; and how long it will take."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from typing import TypeVar

from engine.tasks import Progress

Result = TypeVar("Result")

SURE_AFTER = 3.0
"""Seconds after which the time that is left can be told, if enough is done."""
ENOUGH = 64
"""Pictures, or a tenth of all, that tell how long the others will take."""


def within(marks: Generator[Progress, None, Result], start: float, end: float) -> Generator[Progress, None, Result]:
    """The progress of a part of the work as a stretch of the whole, and the part's result.

    Args:
        marks: of the part.
        start: where on the scale from 0 to 1 the part begins.
        end: where it ends.
    """
    with closing(marks):
        while True:
            try:
                each = next(marks)
            except StopIteration as stop:
                result: Result = stop.value
                return result
            share = each.done / each.total if each.total else 0.0
            yield Progress(start + (end - start) * share, 1.0, each.detail)


def say_left(done: int, total: int, seconds: float) -> str:
    """How long the rest takes if it goes on like the first ``done`` of ``total``; empty as long as nobody knows."""
    if done >= total or seconds < SURE_AFTER or done < min(ENOUGH, total / 10):
        return ""
    left = seconds / done * (total - done)
    if left < 90:
        return f", about {max(5, 5 * round(left / 5))} seconds left"
    return f", about {round(left / 60)} minutes left"
