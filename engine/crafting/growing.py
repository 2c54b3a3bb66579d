"""What is seen of something while it is crafted, and the run itself as it goes from one thread to another; no torch."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from engine.catalogue.crafted import Crafted
from engine.errors import ExplainedError
from engine.frame import Floats
from engine.tasks import Progress


class CraftError(ExplainedError, ValueError):
    """Nothing can be crafted from what was given."""

    field = "image"


class Recent:
    """How many of the newest answers were as wanted: all that can be said of something that changes meanwhile."""

    def __init__(self) -> None:
        self._answers: deque[bool] = deque(maxlen=RECENT)

    def add(self, answers: Iterable[bool]) -> None:
        """Whether each of some answers was as wanted."""
        self._answers.extend(answers)

    @property
    def share(self) -> float:
        """In [0, 1]; 0 while there are none."""
        return sum(self._answers) / max(1, len(self._answers))


RECENT = 100
"""Answers."""


class Rates(NamedTuple):
    """How well it does, each in [0, 1]; what was not measured is not a number.

    ``learnt`` is the share of the pictures that it learns from, or the probability of a fooling image's class;
    ``held_out`` that of other pictures; ``control`` that of those others under noise of its size.
    """

    learnt: float
    held_out: float = math.nan
    control: float = math.nan


@dataclass(frozen=True, eq=False)
class Grown:
    """What there is so far.

    Attributes:
        values: (H, W, C): the perturbation δ, or pixels in [0, 1] of a patch or a picture.
        is_change: whether ``values`` are a perturbation.
        done: steps so far, of ``total``.
        rates: how well it does.
        said: that in one sentence, for the reader.
        skipped: names of the files that could not be read.
        record: what is kept of it beside the values; None of a picture.
    """

    values: Floats
    is_change: bool
    done: int
    total: int
    rates: Rates
    said: str
    skipped: tuple[str, ...] = ()
    record: Crafted | None = None


@dataclass
class Making:
    """A run that can be stopped and taken up again: its generator outlives the task that goes through it.

    One thread works and another one looks: each only ever replaces or reads whole values.

    Args:
        start: begins the run; called on the working thread.

    Attributes:
        newest: what there is so far; None before anything is.
        is_complete: whether the end was reached.
    """

    start: Callable[[], Iterator[Grown | None]]
    newest: Grown | None = None
    is_complete: bool = False
    _steps: Iterator[Grown | None] | None = None
    _curve: list[tuple[float, float, float]] = field(default_factory=list)

    def work(self) -> Iterator[Progress]:
        """Goes on from where it was; for the queue of long work. None of the run is a place to stop."""
        yield Progress(0 if self.newest is None else self.newest.done, None, "loading the network")
        if self._steps is None:
            self._curve.clear()
            self._steps = self.start()
        try:
            for grown in self._steps:
                if grown is not None:
                    self._curve.append((grown.done, grown.rates.learnt, grown.rates.held_out))
                    self.newest = grown
                yield self._progress()
        except Exception:
            self._steps = None  # a generator that has raised would look like one that has ended
            raise
        self.is_complete = True

    def _progress(self) -> Progress:
        newest = self.newest
        return Progress(0) if newest is None else Progress(newest.done, newest.total, newest.said)

    def curve(self) -> Floats:
        """(n, 3): steps done, rate, rate on what was held out; of every moment so far, thinned where there are many."""
        points = self._curve[:]
        stride = max(1, len(points) // MOST_POINTS)
        last = len(points) - 1
        kept = [point for place, point in enumerate(points) if place % stride == 0 or place == last]
        return np.array(kept, np.float32).reshape(-1, 3)


MOST_POINTS = 1000
"""Of a curve: more than the screen has pixels."""
