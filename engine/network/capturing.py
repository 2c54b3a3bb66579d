"""Capturing the same nodes of a network again and again, as one call into compiled code once that pays."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from math import prod

import torch
from torch import Tensor, nn

from engine.models.script import scripted
from engine.models.sparing import PATIENCE
from engine.network.recording import Recording, capture

MOST_BYTES = 256 * 2**20
"""Where all values take more than this, no more of them are held than are wanted, layer by layer."""


class Capturing:
    """The values of some nodes of one network.

    Args:
        network: (N, C, H, W) to (N, K), frozen, in evaluation mode.
        recording: of it.
        names: of all nodes that are ever wanted.
    """

    def __init__(self, network: nn.Module, recording: Recording, names: Collection[str]) -> None:
        self._network = network
        self._recording = recording
        self._names = tuple(names)
        self._asked = 0
        self._script: Callable[[Tensor], tuple[Tensor, ...]] | None = None

    @property
    def is_small(self) -> bool:
        """Whether the values of one picture, all together, can be held without a second thought."""
        calls = self._recording.by_name
        numbers = sum(prod(calls[name].shapes[0]) for name in self._names)
        return numbers * self._recording.answer.itemsize <= MOST_BYTES

    @torch.no_grad()
    def __call__(self, x: Tensor, wanted: Iterable[str]) -> tuple[Tensor, dict[str, Tensor]]:
        """The answer to one picture, (1, C, H, W), and the values of the nodes that are wanted."""
        self._asked += 1
        if self._asked == PATIENCE and x.device.type == "cpu" and self.is_small:
            self._script = scripted(_InOrder(self._network, self._recording, self._names), x, batches=False)
        if self._script is None or x.device.type != "cpu":
            return capture(self._network, self._recording, x, wanted)
        answer, *values = self._script(x)
        known = dict(zip(self._names, values, strict=True))
        return answer, {name: known[name] for name in wanted}


class _InOrder(nn.Module):
    """A network that gives its answer and the values of nodes, in the order of their names."""

    def __init__(self, network: nn.Module, recording: Recording, names: tuple[str, ...]) -> None:
        super().__init__()
        self.network = network
        self._recording = recording
        self._names = names

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        answer, values = capture(self.network, self._recording, x, self._names)
        return (answer, *(values[name] for name in self._names))
