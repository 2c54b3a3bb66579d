"""The values of a network's own layers, had from its prepared copy, which answers faster.

The copy runs anyway: its answer is what is shown. It goes the same way as the original but for what was folded away,
so most of its values are those of the original, to rounding. The others, such as a convolution without the batch norm
that was folded into it, or what a rectifier has written over, are computed from those: the calls that were recorded of
the original are made again. Which value is to be had in which way is found out by comparison, not by rules.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from math import prod

import torch
from torch import Tensor

from engine.models.classifier import Classifier
from engine.network.apart import Apart, measures
from engine.network.capturing import Capturing
from engine.network.recording import Recording, RecordingError, capture, record
from engine.network.replay import Replay

logger = logging.getLogger(__name__)

TOLERANCE = 1e-4
"""How far a value may be from the original's, as a share of that one's largest."""

MOST_BYTES = 2**30
"""Of all values of one picture; they are compared once, at twice the memory."""

MOST_CALLS = 24
"""Where more calls than these have to be made again, the original gives the values sooner."""


class Shortcut:
    """Values of the original's nodes by way of the prepared copy, for one picture at a time.

    Attributes:
        names: of the nodes that can be had in this way.

    Args:
        classifier: the network.
        recording: of its original layers.
        x: a picture to compare with, (1, C, H, W), of the network's type and on its device.

    Raises:
        RecordingError: the copy cannot be watched, or is too large, or answers otherwise, by rounding, while it is
            watched, as some networks with attention do: torch has faster code for it that cannot be watched.
    """

    def __init__(self, classifier: Classifier, recording: Recording, x: Tensor) -> None:
        self._prepared = classifier.prepared
        self._device = classifier.device
        self._shape = x.shape
        if _bytes(recording) > MOST_BYTES:
            raise RecordingError("the values of all its layers are too many to be compared")
        with torch.no_grad():
            answer = self._prepared(x)
        there = self._prepared.there(x)  # as it lies in memory once the network has been asked
        # What is written over is not wanted of the copy, so that it may run as it does without being watched.
        copy = replace(record(self._prepared.network, there), keeps=False)
        with torch.no_grad():
            _, original = capture(classifier.module, recording, x)
            copied_answer, copied = capture(self._prepared.network, copy, there)
        if not torch.equal(copied_answer.to(answer), answer):
            raise RecordingError("its answer differs by rounding while it is watched")
        shared = {name: copied[name] for name in _untouched(copy) if _agrees(copied[name], original.get(name))}
        self._capturing = Capturing(self._prepared.network, copy, shared)
        self._replay = Replay(recording, shared)
        self._copy = copy
        self._measures = measures(recording, original, copied, _agrees)
        self.names = frozenset((*shared, *self._found_again(x, shared, original)))

    def fits(self, x: Tensor, names: Collection[str]) -> bool:
        """Whether those nodes can be had for that picture, and sooner than of the original."""
        is_there = x.shape == self._shape and self._prepared.device == self._device
        return is_there and self.names.issuperset(names) and len(self._replay.calls(names)) <= MOST_CALLS

    @torch.no_grad()
    def values(self, x: Tensor, names: Collection[str]) -> tuple[Tensor, dict[str, Tensor]]:
        """The prepared copy's logits, bit for bit, and the values of nodes, to ``TOLERANCE``.

        Args:
            x: (1, C, H, W), pixels in [0, 1], of the network's type and on its device.
            names: of nodes, all of them among ``names``.
        """
        logits, given = self._capturing(self._prepared.there(x), self._replay.needs(names))
        return logits, self._replay.values(x, given, names)

    def apart(self, names: Collection[str]) -> Apart | None:
        """Measures how far those nodes are from what they are for another picture; None if the copy cannot tell."""
        if not self._measures.keys() >= set(names):
            return None
        wanted = {name: self._measures[name] for name in names}
        return Apart(self._prepared.network, self._copy, wanted, self._prepared.there)

    def _found_again(self, x: Tensor, shared: Mapping[str, Tensor], original: Mapping[str, Tensor]) -> Iterator[str]:
        """The other nodes whose values come out as the original's."""
        for name in self._replay.ways.keys() - shared.keys():
            try:
                with torch.no_grad():
                    found = self._replay.values(x, shared, [name])[name]
            except Exception as error:  # a call made by itself may raise anything
                logger.info("%s cannot be computed by itself: %s", name, error)
            else:
                if _agrees(found, original.get(name)):
                    yield name


def _bytes(recording: Recording) -> int:
    """What the values of all nodes take."""
    numbers = sum(prod(each.shapes[0]) for each in recording.by_name.values())
    return numbers * recording.answer.itemsize


def _untouched(recording: Recording) -> list[str]:
    """The nodes whose values are what they were when the run is over."""
    return [name for index, name in recording.names.items() if index not in recording.overwritten]


def _agrees(found: Tensor, wanted: Tensor | None) -> bool:
    """Whether a value is the wanted one, to ``TOLERANCE``; what is not a number must be so in both."""
    if wanted is None or found.shape != wanted.shape:
        return False
    if not wanted.numel():
        return True
    found, wanted = found.float(), wanted.float()
    largest, apart = wanted.abs().max(), (found - wanted).abs().max()
    if apart.isfinite():
        return bool(apart <= TOLERANCE * largest)
    numbers = float(wanted.nan_to_num(0, 0, 0).abs().max())
    return torch.allclose(found, wanted, rtol=0, atol=TOLERANCE * numbers, equal_nan=True)
