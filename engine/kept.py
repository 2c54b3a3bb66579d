"""What a job keeps from one request to the next: finished stages, and generators that were left half-way."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from typing import Any, Generic, TypeVar

from engine.look import Part

Kind = TypeVar("Kind")


_MADE_FROM = {
    "decoded": ("placed",),
    "placed": ("scene", "unmoved"),
    "scene": ("experiment",),
    "classifier": ("experiment", "unmoved"),
    "live": tuple(each.value for each in Part),
    "experiment": ("direction", "walk", "curve", "flip", "live"),
    "direction": ("moved",),
}
"""The stages that are of no use any more when one is made anew."""


class Kept:
    """The last value of every stage, with the part of the request that it was made for."""

    def __init__(self) -> None:
        self._values: dict[str, tuple[Hashable, Any]] = {}

    def get(self, stage: str, part: Hashable, make: Callable[[], Kind]) -> Kind:
        """The kept value, or a new one if its part of the request has changed."""
        if stage not in self._values or self._values[stage][0] != part:
            self.forget(stage)  # free the old one, and what holds on to it, before the new one is made
            self._values[stage] = (part, make())
        value: Kind = self._values[stage][1]
        return value

    def holds(self, stage: str, part: Hashable) -> bool:
        """Whether the stage is kept for that part of the request."""
        return stage in self._values and self._values[stage][0] == part

    def forget(self, stage: str) -> None:
        """Frees a stage and all that was made from it."""
        self._values.pop(stage, None)
        for later in _MADE_FROM.get(stage, ()):
            self.forget(later)

    def forget_unfinished(self, stage: str) -> None:
        """Frees a generator that nobody waits for any more, with all that it holds on to; results stay."""
        ahead = self._values.get(stage, (None, None))[1]
        if isinstance(ahead, Ahead) and not ahead.complete:
            self.forget(stage)


class Ahead(Generic[Kind]):
    """A generator that is kept half-way.

    Attributes:
        newest: the newest thing it gave; None until there is one.
        complete: whether its end was reached.
    """

    def __init__(self, generator: Iterator[Kind | None]) -> None:
        self.newest: Kind | None = None
        self.complete = False
        self._generator = generator

    def advance(self) -> bool:
        """Goes on to the next thing or place to stop; False where the end was reached."""
        for given in self._generator:
            if given is not None:
                self.newest = given
            return True
        self.complete = True
        return False
