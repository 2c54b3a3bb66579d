"""The weights of a layer as they are shown: the kernels of a convolution, the rows of a dense layer.

Weights are taken from the recorded calls, not from the layers: what is shown is what the picture is multiplied by, also
where a network calls ``F.conv2d`` itself, or standardises its weights first.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, Final
from weakref import WeakKeyDictionary

import numpy as np
import torch
from torch import Tensor

from engine.answers import Floats
from engine.inside import Activations, Filters, Form
from engine.network.recording import Call, Recording
from engine.network.watched import Watched


class _Kind(Enum):
    CONVOLUTION = "convolution"
    TRANSPOSED = "transposed convolution"
    DENSE = "dense layer"


_KINDS: Final[Mapping[str, _Kind]] = {
    "conv1d": _Kind.CONVOLUTION,
    "conv2d": _Kind.CONVOLUTION,
    "conv_transpose2d": _Kind.TRANSPOSED,
    "linear": _Kind.DENSE,
}
_GROUPS_PLACE: Final = 6
"""Among the arguments of every convolution."""

_RESHAPES: Final = frozenset({"flatten", "reshape", "view", "ravel", "contiguous", "dropout", "to", "float", "half"})
"""Calls that leave every number of a picture in its place."""
_NORMALISE: Final = "normalise"
"""The layer of ``Classifier.module`` before the network, which changes every channel by itself."""


@dataclass
class _Found:
    """What was found out about a network: the limits of its kinds of layers, and the filters of its last layer."""

    limits: dict[_Kind, float] = field(default_factory=dict)
    layer: str | None = None
    filters: Filters | None = None


_FOUND: Final[WeakKeyDictionary[Watched, _Found]] = WeakKeyDictionary()


def filters(watched: Watched, layer: str) -> Filters | None:
    """The weights of a layer; None where it has none that are multiplied by its input.

    A convolution (also a one-dimensional or transposed one) gives (C_out, C_in / groups, F, F), whatever the order its
    own weights have; a dense layer (C_out, C_in). Asked again for the same layer, it gives the very same arrays.

    Args:
        watched: the network.
        layer: name of a node.
    """
    found = _FOUND.setdefault(watched, _Found())
    if found.layer != layer:
        found.filters = _made(watched, layer, found)
        found.layer = layer
    return found.filters


def with_activity(filters: Filters, activations: Activations) -> Filters:
    """The same filters, with how strongly each answers and how much the attack changes that.

    Where units were left out of the activations, or are of another layer, their numbers are NaN, or missing.
    """
    if activations.layer != filters.layer:
        return filters
    change = None if activations.attacked is None else activations.attacked - activations.clean
    return replace(
        filters,
        strength=_by_unit(activations.clean, activations, len(filters.weights)),
        change=None if change is None else _by_unit(change, activations, len(filters.weights)),
    )


def _made(watched: Watched, layer: str, found: _Found) -> Filters | None:
    recording = watched.recording
    call = None if recording is None else _weighing_call(recording, layer)
    if recording is None or call is None:
        return None
    kind = _KINDS[call.kind]
    if kind not in found.limits:
        found.limits[kind] = max(_largest(each) for each in _all_weights(recording, kind))
    classifier = watched.classifier
    shape = (classifier.recipe.channels, *classifier.size)
    weights = _ordered(call)
    sees_picture = kind is _Kind.DENSE and weights.shape[1] == math.prod(shape) and _sees_picture(recording, call)
    return Filters(
        layer=layer,
        weights=weights.detach().float().cpu().contiguous().numpy(),
        groups=_groups(call),
        network_limit=found.limits[kind],
        picture=shape if sees_picture else None,
    )


def _weighing_call(recording: Recording, layer: str) -> Call | None:
    """The one call within a layer that has weights; None if there is none, or several."""
    call = recording.by_name.get(layer)
    if call is None:
        return None
    steps = [call] if call.layer is None else [each for each in recording.calls if each.layer == call.layer]
    weighing = [each for each in steps if _weight(each) is not None]
    return weighing[0] if len(weighing) == 1 else None


def _weight(call: Call) -> Tensor | None:
    """The weights of a call, in their own order; None if it has none, or if they depend on the picture."""
    if call.kind not in _KINDS:
        return None
    weight = _argument(call, 1, "weight", None)
    return weight if isinstance(weight, Tensor) else None


def _argument(call: Call, place: int, name: str, default: Any) -> Any:
    return call.arguments[place] if place < len(call.arguments) else call.keywords.get(name, default)


def _groups(call: Call) -> int:
    return 1 if _KINDS[call.kind] is _Kind.DENSE else int(_argument(call, _GROUPS_PLACE, "groups", 1))


def _ordered(call: Call) -> Tensor:
    """The weights of a call with its outputs first, (C_out, C_in / groups, F, F) or (C_out, C_in)."""
    weight = _weight(call)
    assert weight is not None  # noqa: S101 - only asked of calls that have weights
    if call.kind == "conv1d":
        return weight.unsqueeze(2)
    if _KINDS[call.kind] is not _Kind.TRANSPOSED:
        return weight
    inputs, outputs, *size = weight.shape
    groups = _groups(call)
    return weight.reshape(groups, inputs // groups, outputs, *size).transpose(1, 2).flatten(0, 1)


def _all_weights(recording: Recording, kind: _Kind) -> list[Tensor]:
    """Those of every call of a kind; weights that are used twice come once."""
    found = {
        id(weight): weight
        for each in recording.calls
        if _KINDS.get(each.kind) is kind and (weight := _weight(each)) is not None
    }
    return list(found.values())


def _largest(weight: Tensor) -> float:
    """Max |w| of what is a finite number; 0 if nothing is."""
    low, high = torch.aminmax(weight.detach())
    limit = max(-float(low), float(high), 0.0)
    if math.isfinite(limit):
        return limit
    finite = weight[weight.isfinite()]
    return float(finite.abs().max()) if finite.numel() else 0.0


def _sees_picture(recording: Recording, call: Call) -> bool:
    """Whether nothing but normalising and flattening is between the picture and a call."""
    by_index = {each.index: each for each in recording.calls}
    while len(call.sources) == 1:
        before = call.sources[0].call
        if before < 0:
            return True
        call = by_index[before]
        if call.kind not in _RESHAPES and (call.layer is None or call.layer[0] != _NORMALISE):
            return False
    return False


def _by_unit(values: Floats, activations: Activations, count: int) -> Floats | None:
    """(count,) mean |value| of each unit; None if the layer has another number of units than filters."""
    means = _MEANS[activations.form](np.abs(values))
    sampled = activations.sampled
    if sampled is None:
        return means if len(means) == count else None
    spread = np.full(count, np.nan, np.float32)
    spread[sampled] = means
    return spread


_MEANS: Final[Mapping[Form, Callable[[Floats], Floats]]] = {
    Form.MAPS: lambda sizes: sizes.mean((1, 2)),
    Form.VECTOR: lambda sizes: sizes,
    Form.TOKENS: lambda sizes: sizes.mean(0),
}
