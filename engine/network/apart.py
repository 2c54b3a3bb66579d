"""How far a run of a network is from another one, node by node, measured while it runs, so that no value is held.

The values of all layers of a picture take 50 to 100 MB. To hold them, and then to read them again beside those of the
clean picture, takes longer than the pass that they come from; one after the other, each is still at hand when it is
subtracted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_map

from engine.models.script import scripted
from engine.models.sparing import PATIENCE
from engine.network.recording import Call, Recording, Source, capture, watch

Agrees = Callable[[Tensor, Tensor | None], bool]


@dataclass(frozen=True, eq=False)
class Measure:
    """Where in a network that runs the distance of a node of another one is to be had.

    Attributes:
        at: the name of the node whose values are taken.
        factors: (C,), what their differences are to be multiplied by, channel by channel; None for 1.
    """

    at: str
    factors: Tensor | None = None


class Apart:
    """Distances between the values of a clean picture and those of another one.

    Attributes:
        network: the one that is asked.

    Args:
        network: (1, C, H, W) to (1, K), frozen, in evaluation mode.
        recording: of it.
        measures: of the nodes whose distances are wanted.
        there: brings a picture to where the network is, as it takes it.
    """

    def __init__(
        self,
        network: nn.Module,
        recording: Recording,
        measures: Mapping[str, Measure],
        there: Callable[[Tensor], Tensor],
    ) -> None:
        self.network = network
        self._recording = recording
        self._there = there
        self._points = tuple(dict.fromkeys(each.at for each in measures.values()))
        self._measuring = _Measuring(network, recording, tuple(measures.values()))
        self._asked = 0
        self._script: Callable[..., tuple[Tensor, Tensor]] | None = None

    @torch.no_grad()
    def points(self, clean: Tensor) -> dict[str, Tensor]:
        """What distances are taken from: the values of the clean picture, (1, C, H, W), wherever one is measured."""
        return capture(self.network, self._recording, self._there(clean), self._points)[1]

    @torch.no_grad()
    def __call__(self, x: Tensor, points: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
        """The answer to one picture, (1, C, H, W), and its L2 distances, (n,), in the order of ``measures``.

        Raises:
            RecordingError: the network does not take the same way as with the picture that was recorded.
        """
        there, given = self._there(x), tuple(points[each] for each in self._points)
        self._asked += 1
        on_cpu = there.device.type == "cpu"
        if self._asked == PATIENCE and on_cpu:
            self._script = scripted(self._measuring, there, given, batches=False)
        run = self._script if self._script is not None and on_cpu else self._measuring
        answer, distances = run(there, given)
        return answer.to(x), distances


class _Measuring(nn.Module):
    """A network that gives its answer, and how far its values are from given ones."""

    def __init__(self, network: nn.Module, recording: Recording, measures: Sequence[Measure]) -> None:
        super().__init__()
        self.network = network
        # A value is done with before the network goes on, so that it may be overwritten then.
        self._recording = replace(recording, keeps=False, overwritten=frozenset())
        self._places: defaultdict[str, list[tuple[int, Tensor | None]]] = defaultdict(list)
        for place, each in enumerate(measures):
            self._places[each.at].append((place, each.factors))

    def forward(self, x: Tensor, given: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        clean = dict(zip(self._places, given, strict=True))
        found: dict[int, Tensor] = {}

        def measure(name: str, value: Tensor) -> None:
            difference = value.float() - clean[name].to(value.device, torch.float32)
            for place, factors in self._places[name]:
                scaled = difference if factors is None else difference * _along_channels(factors, difference)
                found[place] = torch.linalg.vector_norm(scaled)

        answer = watch(self.network, self._recording, x, measure, self._places)
        return answer, torch.stack([found[place] for place in sorted(found)]) if found else torch.zeros(0)


def measures(
    recording: Recording, original: Mapping[str, Tensor], copied: Mapping[str, Tensor], agrees: Agrees
) -> dict[str, Measure]:
    """Where a copy, with batch norms folded into convolutions, has the distances of the original's nodes.

    A batch norm y = s z + t that was folded away has its value where the copy has its convolution's. The differences
    of z are those of y over s. Whether all this is so is found out by comparison.

    Args:
        recording: of the original.
        original: the values of its nodes for one picture.
        copied: those of the copy's nodes for the same one.
        agrees: whether a value is a wanted one, given in this order.

    Returns:
        one for every node that has its distance in the copy.
    """
    found = {name: Measure(name) for name in original if name in copied and agrees(copied[name], original[name])}
    for name, call in recording.by_name.items():
        before = recording.names.get(call.sources[0].call, "")
        if call.kind != "batch_norm" or before not in copied or call.index in recording.moved:
            continue
        if not agrees(copied[before], original[name]):
            continue
        found.setdefault(name, Measure(before))
        scale, shift = _scale_and_shift(call, copied[before].shape[1])
        unscaled = (copied[before] - _along_channels(shift, copied[before])) / _along_channels(scale, copied[before])
        if agrees(unscaled, original[before]):
            found.setdefault(before, Measure(before, 1 / scale))
    return found


def _scale_and_shift(call: Call, channels: int) -> tuple[Tensor, Tensor]:
    """(C,) each, of a call of a batch norm: what it makes of 0 and of 1, in double precision."""

    def answer(number: float) -> Tensor:
        asked = torch.full((1, channels, 1), number, dtype=torch.float64)

        def taken(value: Any) -> Any:
            if isinstance(value, Source):
                return asked
            return value.detach().cpu().double() if isinstance(value, Tensor) else value

        told: Tensor = call.function(*tree_map(taken, call.arguments), **tree_map(taken, dict(call.keywords)))
        return told.flatten()

    shift = answer(0)
    return answer(1) - shift, shift


def _along_channels(numbers: Tensor, value: Tensor) -> Tensor:
    """(C,) numbers that go with a value, (N, C, …)."""
    return numbers.to(value).view(-1, *(1,) * (value.ndim - 2))
