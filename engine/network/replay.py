"""Values of some nodes computed from those of others, by making single calls of a recorded run again."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor
from torch.utils._pytree import tree_leaves, tree_map

from engine.network.layouts import to_usual
from engine.network.recording import Call, Recording, Source

MOST_CALLS = 16
"""A value that takes more calls than these is not worth it."""


@dataclass(frozen=True)
class Way:
    """How a node is had: the given ones it needs, by their names, and the calls to be made, in order."""

    needs: frozenset[str]
    calls: tuple[int, ...]


class Replay:
    """Makes single calls again.

    Args:
        recording: of the network whose calls they are.
        given: names of the nodes whose values will be given.
    """

    def __init__(self, recording: Recording, given: Collection[str]) -> None:
        self._recording = recording
        self._calls = {each.index: each for each in recording.calls}
        self._places = {name: index for index, name in recording.names.items()}
        self._given = {self._places[name]: name for name in given}
        ways = {name: self._way(index) for name, index in self._places.items()}
        self.ways = {name: way for name, way in ways.items() if way is not None}

    def needs(self, names: Iterable[str]) -> set[str]:
        """What has to be given for those nodes."""
        return {need for name in names for need in self.ways[name].needs}

    def calls(self, names: Iterable[str]) -> set[int]:
        """What has to be called for those nodes."""
        return {call for name in names for call in self.ways[name].calls}

    def values(self, x: Tensor, given: Mapping[str, Tensor], names: Iterable[str]) -> dict[str, Tensor]:
        """The values of nodes that have a way, (N, …) each.

        Args:
            x: the picture, of the batch that was recorded.
            given: values of all nodes that the ways need, as they were handed over.
            names: of the nodes that are wanted.
        """
        made: dict[Source, Tensor] = {Source(-1): x}
        for index, name in self._given.items():
            if name in given:
                made[Source(index)] = self._recording.as_called(index, given[name])
        return {name: given[name] if name in given else self._value(name, made) for name in names}

    def _value(self, name: str, made: dict[Source, Tensor]) -> Tensor:
        for index in self.ways[name].calls:
            if Source(index) not in made:
                _make(self._calls[index], made)
        place = self._places[name]
        value = made[Source(place)]
        return to_usual(value) if place in self._recording.moved else value

    def _way(self, wanted: int) -> Way | None:
        """From a call back to what is given; None if that is too far."""
        needs: set[str] = set()
        calls: set[int] = set()
        ahead = [Source(wanted)]
        while ahead and len(calls) <= MOST_CALLS:
            source = ahead.pop()
            if source.output == 0 and source.call in self._given:
                needs.add(self._given[source.call])
            elif source.call >= 0 and source.call not in calls:
                calls.add(source.call)
                ahead += self._calls[source.call].sources
        return Way(frozenset(needs), tuple(sorted(calls))) if len(calls) <= MOST_CALLS else None


def _make(call: Call, made: dict[Source, Tensor]) -> None:
    """Makes a call with what has been made so far; what it writes over is copied before."""

    def taken(value: Any) -> Any:
        if not isinstance(value, Source):
            return value
        return made[value].clone() if value in call.overwrites else made[value]

    result = call.function(*tree_map(taken, call.arguments), **tree_map(taken, dict(call.keywords)))
    given = [each for each in tree_leaves(result) if isinstance(each, Tensor)]
    made |= {Source(call.index, place): each for place, each in enumerate(given)}
