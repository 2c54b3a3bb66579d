"""The values around the call that is looked at, for the clean and the attacked picture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor
from torch.utils._pytree import tree_leaves, tree_map

from engine.network.anatomy_calls import floats, told_by
from engine.network.recording import Call, Recording, Source
from engine.network.subject import Subject


@dataclass(frozen=True, eq=False)
class Site:
    """The call that is looked at, in its network."""

    subject: Subject
    recording: Recording
    call: Call

    @cached_property
    def told(self) -> dict[str, Any]:
        """What the call was told, by name."""
        return told_by(self.call)

    @cached_property
    def _calls(self) -> dict[int, Call]:
        return {each.index: each for each in self.recording.calls}

    @cached_property
    def _kept(self) -> list[str]:
        """The nodes that are asked for: the layer and what it takes."""
        graph, layer = self.subject.watched.architecture, self.subject.look.layer
        return [layer, *(graph.nodes[each].name for each in graph.nodes[graph.index[layer]].inputs)]

    def call_of(self, source: Source) -> Call | None:
        """The call that a tensor comes from; None for the picture."""
        return self._calls.get(source.call)

    def follower(self, call: Call) -> Call | None:
        """The call that takes this one's output, where it is the only one and takes nothing else."""
        takers = [each for each in self.recording.calls if any(source.call == call.index for source in each.sources)]
        return takers[0] if len(takers) == 1 and len(takers[0].sources) == 1 else None

    def in_and_out(self, source: Source, arrange: Callable[[Tensor], Tensor]) -> dict[str, Any]:
        """``clean_in`` and the like, in the arrangement of an ``Anatomy``."""
        out = Source(self.call.index)
        pictures = {"clean": self.subject.clean, "attacked": self.subject.attacked}
        return {
            f"{run}_{way}": floats(arrange(self.value(place, x)))
            for run, x in pictures.items()
            for way, place in (("in", source), ("out", out))
        }

    def value(self, source: Source, x: Tensor) -> Tensor:
        """A tensor of the run on a picture; what no node gives is computed again from the nodes before it."""
        values = self.subject.live.values(x, self._kept)
        name = self.recording.names.get(source.call)
        if name in values and source.output == 0:
            return self.recording.as_called(source.call, values[name])
        call = self.call_of(source)
        if call is None:
            return x.to(next(iter(values.values())))
        arguments, keywords = tree_map(lambda each: self._given(each, call, x), (call.arguments, call.keywords))
        with torch.no_grad():
            result = call.function(*arguments, **keywords)
        found: Tensor = [each for each in tree_leaves(result) if isinstance(each, Tensor)][source.output]
        return found

    def _given(self, argument: Any, call: Call, x: Tensor) -> Any:
        if not isinstance(argument, Source):
            return argument
        value = self.value(argument, x)
        return value.clone() if call.overwrites else value


def as_maps(value: Tensor) -> Tensor:
    """The first picture's (C, H, W) or (C,); a row of numbers a channel, (C, L), has one row."""
    first = value[0]
    return first[:, None, :] if first.ndim == 2 else first


def as_tokens(value: Tensor) -> Tensor:
    """The first picture's, with the numbers of a token (the last axis) as its channels."""
    first = value[0]
    if first.ndim == 2:
        return first.T[:, None, :]
    return first.movedim(-1, 0)
