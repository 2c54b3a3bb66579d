"""A network that can be watched from inside: its recording, its graph, and the values of its layers."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

import torch
from torch import Tensor

from engine.inside import Architecture, Node
from engine.models.classifier import Classifier
from engine.models.sparing import memory_layout
from engine.network.apart import Apart, Measure
from engine.network.capturing import Capturing
from engine.network.divergence import compared
from engine.network.graph import architecture
from engine.network.recording import Recording, RecordingError, Watcher, capture, record, watch
from engine.network.shortcut import Shortcut

MANY = 0.25
"""Whoever wants this share of all nodes, and no gradient, is given them by the run that captures all of them."""


class Watched:
    """A classifier's original layers, watched; nothing is left on them afterwards.

    Attributes:
        classifier: the network.
        recording: one run of it; None if its layers cannot be watched.
    """

    def __init__(self, classifier: Classifier) -> None:
        self.classifier = classifier
        self.recording: Recording | None = None
        self._error: RecordingError | None = None
        self._shape = (1, classifier.recipe.channels, *classifier.size)
        self._layout = memory_layout(classifier.device)
        try:
            self.recording = self._record()
        except RecordingError as error:
            self._error = error

    @property
    def trouble(self) -> str:
        """Why its layers cannot be watched, in sentences; "" if they can."""
        return "" if self._error is None else str(self._error)

    @cached_property
    def architecture(self) -> Architecture:
        """The network as a graph; only its tree of modules where it cannot be watched."""
        return architecture(self.classifier, self.recording)

    def node(self, name: str) -> Node:
        """A node of the graph, by its name.

        Raises:
            KeyError: there is none of that name.
        """
        return self.architecture.nodes[self.architecture.index[name]]

    def values(self, x: Tensor, names: Iterable[str] | None = None) -> tuple[Tensor, dict[str, Tensor]]:
        """Logits and the values of nodes (all if none are named), by the original layers.

        With gradients enabled and an ``x`` that requires one, the values are a part of the graph.

        Args:
            x: (N, C, H, W), pixels in [0, 1].
            names: of nodes.

        Raises:
            RecordingError: the network cannot be watched.
        """
        recording, there = self._recorded(), self._there(x)
        wanted = list(recording.names.values() if names is None else names)
        if len(wanted) > MANY * len(recording.names) and x.shape == self._shape and not torch.is_grad_enabled():
            return self._capturing(there, wanted)
        return capture(self.classifier.module, recording, there, wanted)

    def quick_values(self, x: Tensor, names: Iterable[str]) -> tuple[Tensor, dict[str, Tensor]] | None:
        """Logits of the prepared copy and the values of nodes, in one fast pass; None where there is none.

        Args:
            x: (1, C, H, W), pixels in [0, 1].
            names: of nodes.
        """
        there, wanted = self._there(x), list(names)
        if self._shortcut is None or not self._shortcut.fits(there, wanted):
            return None
        logits, values = self._shortcut.values(there, wanted)
        return logits.to(x), values

    @cached_property
    def apart(self) -> Apart:
        """How far the nodes that are compared are from what they are for another picture, in one pass.

        Raises:
            RecordingError: the network cannot be watched.
        """
        recording = self._recorded()
        names = [each.name for each in compared(self.architecture)]
        quick = None if self._shortcut is None else self._shortcut.apart(names)
        if quick is not None:
            return quick
        return Apart(self.classifier.module, recording, {name: Measure(name) for name in names}, self._there)

    @property
    def answers_apart(self) -> bool:
        """Whether ``apart`` is measured on the prepared copy, whose answer is the one that is shown."""
        return self.apart.network is not self.classifier.module

    def edited(self, x: Tensor, watcher: Watcher, names: Iterable[str]) -> Tensor:
        """Logits of a run in which ``watcher`` may replace the values of the named nodes.

        Raises:
            RecordingError: the network cannot be watched.
        """
        return watch(self.classifier.module, self._recorded(), self._there(x), watcher, names)

    @cached_property
    def _capturing(self) -> Capturing:
        recording = self._recorded()
        return Capturing(self.classifier.module, recording, tuple(recording.names.values()))

    @cached_property
    def _shortcut(self) -> Shortcut | None:
        if self.recording is None:
            return None
        try:
            return Shortcut(self.classifier, self.recording, self._noise(1))
        except RecordingError:
            return None

    def _record(self) -> Recording:
        """One run; with numbers that lie channel by channel, if the network's code takes that for granted."""
        try:
            return record(self.classifier.module, self._noise(0))
        except RecordingError:
            if self._layout is torch.contiguous_format:
                raise
        self._layout = torch.contiguous_format
        return record(self.classifier.module, self._noise(0))

    def _noise(self, seed: int) -> Tensor:
        """A picture of noise, always the same."""
        return self._there(torch.rand(self._shape, generator=torch.Generator().manual_seed(seed)))

    def _recorded(self) -> Recording:
        if self.recording is None:
            assert self._error is not None  # noqa: S101 - there is one or the other
            raise RecordingError(self._error.why)
        return self.recording

    def _there(self, x: Tensor) -> Tensor:
        """On the network's device, in its type of numbers, lying in memory as it takes them."""
        weight = next(self.classifier.module.parameters(), None)
        there = x.to(self.classifier.device) if weight is None else x.to(weight.device, weight.dtype)
        return there.contiguous(memory_format=self._layout)
