"""The graph of a network: from a recording of its calls to nodes with shapes, parameters and costs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any

from torch import Tensor, nn

from engine.inside import Architecture, Form, Node
from engine.models.classifier import Classifier
from engine.network.costs import macs_of, parameters_of
from engine.network.formulas import Counted, total
from engine.network.modules import Run, short_path
from engine.network.receptive import Field, receptive_fields
from engine.network.recording import Call, Recording, Source
from engine.network.settings import settings_of, size_of
from engine.network.tree import (
    class_of,
    groups_around,
    module_tree,
    parameters_count,
    parent_of,
    resting_nodes,
    say_shared,
)

_FORMS = {1: Form.VECTOR, 2: Form.TOKENS, 3: Form.MAPS}


def architecture(classifier: Classifier, recording: Recording | None) -> Architecture:
    """The network as a graph; without a recording, its tree of modules.

    A value has its channels first if it has places, (C, H, W), and last if it is a sequence, (T, C), however the
    network itself arranges it; the values of a recording are handed over in the same way. Layers whose parameters take
    no part in the answer stand where they are written down, without inputs and size, so that the parameters of the
    nodes add up to those of the network.
    """
    network = classifier.module
    if recording is None:
        return module_tree(network)
    nodes = _Graph(network, recording, (1, classifier.recipe.channels, *classifier.size)).nodes()
    return Architecture(tuple(nodes), groups_around(network, nodes), parameters_count(network))


def form_of(shape: Sequence[int]) -> Form | None:
    """How a value of that shape, without the batch, is to be shown: (C,), (T, C) or (C, H, W); None for all others."""
    return _FORMS.get(len(shape)) if prod(shape) else None


@dataclass(frozen=True)
class _Place:
    """A node to be: the call that gives it, and all calls that belong to it."""

    name: str
    call: Call
    steps: tuple[Call, ...]


class _Graph:
    def __init__(self, network: nn.Module, recording: Recording, picture: tuple[int, ...]) -> None:
        self._network = network
        self._recording = recording
        self._calls = {each.index: each for each in recording.calls}
        self._picture = picture
        self._modules = dict(network.named_modules())
        self._places = list(_places(recording))
        self._node_of = {step.index: at for at, place in enumerate(self._places) for step in place.steps}
        self._fields = receptive_fields(recording.calls, recording.moved, picture)
        self._counted: dict[int, str] = {}
        self._learnt = {id(each): path for path, each in network.named_parameters()}

    def nodes(self) -> list[Node]:
        """All nodes, those that rest among them."""
        return _with_resting(
            [self._node(at, place) for at, place in enumerate(self._places)],
            self._network,
            resting_nodes(self._network, self._counted),
            {place.call.layer[0]: at for at, place in enumerate(self._places) if place.call.layer is not None},
        )

    def _node(self, at: int, place: _Place) -> Node:
        path, is_module = _module_of(place)
        shape, form = self._shape_and_form(place.call)
        parameters, parameters_formula = self._parameters(place)
        macs = total(macs_of(each, self._shape_of) for each in place.steps)
        return Node(
            name=place.name,
            kind=class_of(self._modules[path]) if is_module else place.call.kind,
            group=(parent_of(short_path(path)) or "") if is_module else short_path(path),
            detail=self._detail(place, is_module=is_module),
            inputs=tuple(sorted(each for each in set(self._inputs(place)) if each < at)),
            shape=shape,
            form=form,
            parameters=parameters,
            parameters_formula=parameters_formula,
            size_formula=size_of(place.steps, self._shape_of),
            macs=macs.number,
            macs_formula=str(macs) if macs.number else "",
            receptive=self._receptive(place.call) if form is Form.MAPS else None,
            is_module=is_module,
        )

    def _shape_and_form(self, call: Call) -> tuple[tuple[int, ...], Form | None]:
        """Without the batch, and with the channels where they are shown.

        There is no form if the batch is not the first axis, nor for complex numbers.
        """
        shape = call.shapes[0]
        if not shape or shape[0] != self._picture[0]:
            return shape, None
        rest = shape[1:]
        if call.index in self._recording.moved:
            rest = (rest[-1], *rest[:-1]) if len(rest) == 3 else rest[::-1]
        return rest, form_of(rest) if call.is_real else None

    def _receptive(self, call: Call) -> Field | None:
        return self._fields.get(call.index)

    def _detail(self, place: _Place, *, is_module: bool) -> str:
        """Its settings, what an operation takes of what was learnt, and whether its axes stand otherwise than shown."""
        said = [settings_of(place.steps, self._shape_of)]
        names = [self._learnt[id(each)] for each in place.call.learnt if id(each) in self._learnt]
        if names and not is_module:
            around = f"{short_path(place.call.within[0])}."
            said.append("with " + ", ".join(short_path(each).removeprefix(around) for each in names))
        if place.call.index in self._recording.moved:
            said.append("channels last" if len(place.call.shapes[0]) == 4 else "channels first")
        return ", ".join(filter(None, said))

    def _parameters(self, place: _Place) -> tuple[int, str]:
        """How many count here, and the formula; a parameter counts at the first node that takes it."""
        counted: list[Counted] = []
        elsewhere: set[str] = set()
        for step in place.steps:
            learnt = [each for each in step.learnt if id(each) in self._learnt]
            fresh = [each for each in learnt if id(each) not in self._counted]
            elsewhere |= {self._counted.get(id(each), place.name) for each in learnt} - {place.name}
            counted.append(parameters_of(step, fresh))
            self._counted |= {id(each): place.name for each in fresh}
        parameters = total(counted)
        return parameters.number, say_shared(parameters, sorted(elsewhere))

    def _inputs(self, place: _Place) -> Iterator[int]:
        own = {each.index for each in place.steps}
        for step in place.steps:
            for source in step.sources:
                if source.call not in own:
                    yield from self._nodes_behind(source)

    def _nodes_behind(self, source: Source) -> Iterator[int]:
        """The node that a value belongs to, or those that it was made from."""
        if source.call in self._node_of:
            yield self._node_of[source.call]
        elif source.call >= 0:
            for each in self._calls[source.call].sources:
                yield from self._nodes_behind(each)

    def _shape_of(self, value: Any) -> tuple[int, ...]:
        if isinstance(value, Source):
            return self._calls[value.call].shapes[value.output] if value.call >= 0 else self._picture
        return tuple(value.shape) if isinstance(value, Tensor) else ()


def _module_of(place: _Place) -> tuple[str, bool]:
    """The path of the module that a node is, or that its call was made in; and whether it is that module."""
    if place.call.layer is not None:
        return place.call.layer[0], True
    path = place.call.within[0]
    return path, place.name.partition("#")[0] == short_path(path) != ""


def _places(recording: Recording) -> Iterator[_Place]:
    within: defaultdict[Run, list[Call]] = defaultdict(list)
    for call in recording.calls:
        if call.layer is not None:
            within[call.layer].append(call)
    for name, call in recording.by_name.items():
        yield _Place(name, call, (call,) if call.layer is None else tuple(within[call.layer]))


def _with_resting(
    nodes: list[Node], network: nn.Module, resting: list[tuple[Node, str]], running: dict[str, int]
) -> list[Node]:
    """Nodes with those that rest put in, each before the next layer that runs as modules are written down."""
    if not resting:
        return nodes
    taken = {each.name for each in nodes}
    before = _next_running(network, running, last=len(nodes) - 1)
    put: defaultdict[int, list[Node]] = defaultdict(list)
    for node, path in resting:
        unique = replace(node, name=f"{node.name}.unused") if node.name in taken else node
        put[before.get(path, len(nodes) - 1)].append(unique)
    moved: dict[int, int] = {}
    found: list[Node] = []
    for at, node in enumerate(nodes):
        found += put[at]
        moved[at] = len(found)
        found.append(replace(node, inputs=tuple(moved[each] for each in node.inputs)))
    return found


def _next_running(network: nn.Module, running: dict[str, int], last: int) -> dict[str, int]:
    """For every module, the node of the next one that runs, as they are written down; never after the last node."""
    following, found = last, {}
    for path, _ in reversed(list(network.named_modules())):
        following = min(running.get(path, following), last)
        found[path] = following
    return found
