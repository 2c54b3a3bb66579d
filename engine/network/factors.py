"""Every factor of the chain rule at the dense layers of a network that is small enough for its numbers to be read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from engine.answers import Floats
from engine.inside import Factors, Node
from engine.network.watched import Watched

MOST_WEIGHTS = 4096
"""A dense layer with more is not shown number by number."""

Slopes = Callable[[Iterable[str]], tuple[Mapping[str, Tensor], Mapping[str, Tensor | None]]]
"""Gives the values of named nodes, and ∂E by them."""

_DERIVATIVES: Mapping[str, Callable[[Tensor], Tensor]] = {
    "sigmoid": lambda y: y * (1 - y),
    "tanh": lambda y: 1 - y.square(),
    "relu": lambda y: (y > 0).to(y),
}
"""∂y/∂z by y: of these functions it is known by their output alone."""

_PASSING = frozenset({"flatten", "view", "reshape", "dropout", "identity"})
"""What may stand in between: its numbers are those that it takes."""


def factors_of(watched: Watched, slopes: Slopes) -> tuple[Factors, ...]:
    """The factors at every dense layer of at most ``MOST_WEIGHTS`` weights, from the first to the last.

    They are given for a chain of dense layers with a sigmoid, tanh, rectifier or nothing in between, with softmax and
    cross-entropy at its end; for any other network there are none.

    Raises:
        RecordingError: the network cannot be watched.
    """
    layers = [each for each in _chain(watched) if each.module.weight.numel() <= MOST_WEIGHTS]
    if not layers:
        return ()
    values, found = slopes(dict.fromkeys(name for each in layers for name in each.names))
    return tuple(_factors(each, values, found) for each in layers)


@dataclass(frozen=True)
class _Layer:
    """A dense layer, the node that it takes, and the function that follows.

    Attributes:
        name: of its node.
        module: its weights.
        source: name of the node whose value it takes.
        follower: name of the node of its function; "" if none follows.
        function: a key of ``_DERIVATIVES``; "" if none follows.
    """

    name: str
    module: nn.Linear
    source: str
    follower: str = ""
    function: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """Of all the nodes that its factors are computed from."""
        return tuple(filter(None, (self.source, self.name, self.follower)))


def _chain(watched: Watched) -> list[_Layer]:
    """The dense layers of a chain; empty if the network is anything else."""
    nodes = watched.architecture.nodes
    first = next((place for place, node in enumerate(nodes) if node.kind == "Linear"), None)
    if not first:  # none, or one that takes the picture itself and not a row of numbers
        return []
    if any(node.parameters for node in nodes[:first]) or not _is_chain(nodes, first):
        return []
    places = [place for place in range(first, len(nodes)) if nodes[place].kind == "Linear"]
    found = [_layer(watched, place) for place in places]
    return [each for each in found if each is not None] if all(found) else []


def _is_chain(nodes: Sequence[Node], first: int) -> bool:
    """Whether from that node on each takes the one before alone, and is of a kind that is understood."""
    known = _PASSING | set(_DERIVATIVES) | {"linear"}
    return all(
        nodes[place].kind.lower() in known and nodes[place].inputs == (place - 1,) and len(nodes[place].shape) == 1
        for place in range(first, len(nodes))
    )


def _layer(watched: Watched, place: int) -> _Layer | None:
    """The layer at a node; None where it is called twice, so that its weights have more than one slope."""
    nodes = watched.architecture.nodes
    module = dict(watched.classifier.module.named_modules()).get(f"network.{nodes[place].name}")
    if not isinstance(module, nn.Linear) or len(nodes[place - 1].shape) != 1:
        return None
    after = next((each for each in nodes[place + 1 :] if each.kind.lower() not in _PASSING), None)
    if after is None or after.kind.lower() not in _DERIVATIVES:
        return _Layer(nodes[place].name, module, nodes[place - 1].name)
    return _Layer(nodes[place].name, module, nodes[place - 1].name, after.name, after.kind.lower())


def _factors(layer: _Layer, values: Mapping[str, Tensor], found: Mapping[str, Tensor | None]) -> Factors:
    inputs, pre = _flat(values[layer.source]), _flat(values[layer.name])
    d_pre = _slope(found[layer.name], pre)
    weight = layer.module.weight.detach().double()
    bias = dict(layer.module.named_parameters()).get("bias", torch.zeros(len(weight))).detach()
    outputs, d_outputs, d_local = pre, pre.new_empty(0), pre.new_empty(0)
    if layer.function:
        outputs = _flat(values[layer.follower])
        d_outputs = _slope(found[layer.follower], outputs)
        d_local = _DERIVATIVES[layer.function](outputs)
    return Factors(
        layer=layer.name,
        activation=layer.function,
        inputs=_array(inputs),
        pre=_array(pre),
        outputs=_array(outputs),
        weight=_array(weight),
        bias=_array(bias),
        d_outputs=_array(d_outputs),
        d_local=_array(d_local),
        d_pre=_array(d_pre),
        d_weight=_array(torch.outer(d_pre, inputs)),
        d_inputs=_array(weight.T @ d_pre),
    )


def _flat(value: Tensor) -> Tensor:
    return value.flatten().double()


def _slope(slope: Tensor | None, like: Tensor) -> Tensor:
    return torch.zeros_like(like) if slope is None else _flat(slope)


def _array(value: Tensor) -> Floats:
    array: Floats = value.float().cpu().numpy()
    return array
