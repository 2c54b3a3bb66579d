"""How far the attacked run is from the clean one, layer by layer, and where that begins."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch

from engine.answers import Floats
from engine.inside import Architecture, Divergence, Node

if TYPE_CHECKING:
    from engine.network.subject import Subject

SMALLEST = 1e-6
"""Two runs that are nowhere farther apart than this differ by rounding only."""

TINY = 0.01
"""Distances below this share of the largest count as that much: a jump from next to nothing to little is none."""

_COMPUTE_NOTHING = frozenset({"Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "AlphaDropout", "Flatten", "Identity"})
"""Layers whose output is their input, as the network answers; their distance is that of the layer before."""


def compared(graph: Architecture) -> tuple[Node, ...]:
    """The nodes that clean and attacked are compared at: layers that compute something, and joins, in run order."""
    return tuple(
        each
        for each in graph.nodes
        if each.form is not None and each.kind not in _COMPUTE_NOTHING and (each.is_module or len(each.inputs) > 1)
    )


@torch.no_grad()
def divergence(subject: Subject) -> Divergence:
    """‖attacked − clean‖₂ / ‖clean‖₂ of the output of every layer and join.

    Raises:
        RecordingError: the network cannot be watched.
    """
    names = [each.name for each in compared(subject.watched.architecture)]
    lengths = subject.live.once("lengths", tuple(names), lambda: _lengths(subject, names))
    apart = subject.live.distances(subject.attacked, subject.clean).tolist()
    distances = np.array([_share(*each) for each in zip(apart, lengths, strict=True)], np.float32)
    return Divergence(tuple(names), distances, jump_of(distances))


def jump_of(distances: Floats) -> int | None:
    """Where the distance grows most, by a factor, over the largest of all layers before.

    Distances below ``TINY`` of the largest are taken for that much, so that growth from next to nothing counts only
    by how far it leads. NaN grows nowhere, and nothing grows over it.

    Args:
        distances: (n,), in the order in which the layers run.

    Returns:
        its index; None if no layer is farther apart than all before it, or none by more than ``SMALLEST``.
    """
    known = np.nan_to_num(distances.astype(np.float64), nan=0.0, posinf=float(np.finfo(np.float32).max))
    largest = known.max(initial=0.0)
    if len(known) < 2 or largest <= SMALLEST:
        return None
    before = np.maximum(np.maximum.accumulate(known)[:-1], TINY * largest)
    factors = known[1:] / before
    strongest = int(factors.argmax())
    return strongest + 1 if factors[strongest] > 1 else None


def _lengths(subject: Subject, names: Sequence[str]) -> list[float]:
    """‖clean‖ of each, brought from the device at once."""
    _, values = subject.watched.values(subject.clean, names)
    return torch.stack([values[each].float().norm() for each in names]).tolist() if names else []


def _share(apart: float, length: float) -> float:
    """0 where both runs are zero; NaN where the clean one alone is, or either is not a number."""
    if not (math.isfinite(apart) and math.isfinite(length)):
        return math.nan
    return apart / length if length else (math.nan if apart else 0.0)
