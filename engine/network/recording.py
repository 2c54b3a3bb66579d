"""What a network does with a picture, call by call, whatever it is made of.

Every torch function that a network calls is seen by a ``TorchFunctionMode``: layers, functional operations, sums and
concatenations alike, without hooks on its layers, without rewriting its code, and on this thread alone. A run is
recorded once; afterwards the calls of any other run are told apart by their order.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode, resolve_name
from torch.utils._pytree import tree_leaves, tree_map

from engine.errors import ExplainedError
from engine.models.prepare import LAYERS
from engine.network.layouts import moved_axes, to_moved, to_usual
from engine.network.modules import Run, module_runs, node_names

Function = Callable[..., Any]
Watcher = Callable[[str, Tensor], Tensor | None]
"""Is given a node's name and its value; may return another value to go on with."""

_QUIET = frozenset({"size", "dim", "numel", "stride", "is_floating_point", "type", "detach", "data", "requires_grad_"})
"""Calls that compute nothing."""
_LONGEST_LINE = 200
_SHAPE_ONLY = frozenset({"new_zeros", "new_ones", "new_full", "new_empty", "new_tensor"}) | {
    f"{start}_like" for start in ("zeros", "ones", "full", "empty", "rand", "randn")
}
"""Calls that take no more than the shape and the type of a tensor: what they give does not depend on the picture."""


class RecordingError(ExplainedError):
    """A network that cannot be watched, or that does not do the same twice."""

    def __init__(self, why: str) -> None:
        remedy = "Its module tree, its answers and every attack are shown all the same."
        super().__init__("The layers of this network cannot be watched", why, remedy)


@dataclass(frozen=True, slots=True)
class Source:
    """One tensor among the outputs of a call; ``call`` is −1 for the picture itself."""

    call: int
    output: int = 0


@dataclass(slots=True, eq=False)
class Call:
    """One call of a torch function that depends on the picture.

    Attributes:
        index: its place among all calls of the run.
        function: what was called.
        kind: its name, without module and underscores: ``conv2d``, ``add``.
        within: the module it was called in, and for which time that module ran; "" is the network.
        layer: the layer that it is a part of, likewise; None if it stands by itself.
        sources: the tensors it took that depend on the picture, in order.
        arguments, keywords: all it took, with a ``Source`` in the place of those.
        shapes: of its tensor outputs, with the batch.
        overwrites: the sources that it changed in place.
        learnt: the parameters that it took, as they are or after calls that do not depend on the picture.
        is_real: whether its first output is made of real numbers.
    """

    index: int
    function: Function
    kind: str
    within: Run
    layer: Run | None
    sources: tuple[Source, ...]
    arguments: tuple[Any, ...]
    keywords: Mapping[str, Any]
    shapes: tuple[tuple[int, ...], ...]
    overwrites: tuple[Source, ...]
    learnt: tuple[nn.Parameter, ...] = ()
    is_real: bool = True


@dataclass(eq=False)
class Recording:
    """One run of a network.

    Attributes:
        calls: those that depend on the picture.
        names: of the nodes that calls give, by the call's index: a layer's path, or path and operation.
        count: how many calls of torch functions there were, also those that do not depend on the picture.
        answer: the network's answer.
        result: where the answer came from.
        overwritten: the calls whose output a later one changes in place, be it by way of a view.
        keeps: whether operations in place may be done out of place instead, with the same answer.
        moved: the calls whose axes stand otherwise than those of most, as (N, H, W, C) or (N, C, T). Their values are
            handed over as (N, C, H, W) and (N, T, C), like all others.
    """

    calls: list[Call]
    names: dict[int, str]
    count: int
    answer: Tensor
    result: Source
    overwritten: frozenset[int]
    keeps: bool = False
    moved: frozenset[int] = frozenset()

    @property
    def by_name(self) -> dict[str, Call]:
        """The call that gives each node."""
        by_index = {each.index: each for each in self.calls}
        return {name: by_index[index] for index, name in self.names.items()}

    def as_called(self, index: int, value: Tensor) -> Tensor:
        """A value that was handed over, with its axes as the network has them: the call's own output."""
        return to_moved(value) if index in self.moved else value


def record(network: nn.Module, x: Tensor) -> Recording:
    """Runs a network once, (N, C, H, W) to (N, K), and notes every call.

    Raises:
        RecordingError: it calls no torch function that depends on the picture, answers with no tensor, or fails.
    """
    mode = _Recorder(x)
    try:
        with torch.no_grad(), LAYERS, module_runs(network, mode), mode:
            answer = network(x)
    except Exception as error:  # the network's own code, which may raise anything
        raise RecordingError(f"it fails while it is watched ({first_line(error)})") from error
    source = mode.source_of(answer) if isinstance(answer, Tensor) else None
    if source is None or not mode.calls:
        raise RecordingError("its code is compiled, or its answer does not come from the picture")
    recording = Recording(
        calls=mode.calls,
        names=node_names(network, mode.calls, mode.layer_outputs),
        count=mode.count,
        answer=answer,
        result=source,
        overwritten=frozenset(mode.overwritten),
        moved=moved_axes(mode.calls),
    )
    changing = [each for each in mode.calls if each.overwrites]
    if changing and all(_out_of_place(each.function, each.keywords) is not None for each in changing):
        recording.keeps = True
        with torch.no_grad():
            recording.keeps = torch.equal(capture(network, recording, x)[0], answer)
    return recording


def watch(network: nn.Module, recording: Recording, x: Tensor, watcher: Watcher, names: Iterable[str]) -> Tensor:
    """Runs a network and hands the values of some nodes to ``watcher``; gives its answer.

    Gradients are kept if they are enabled: a value handed over is a part of the graph, and is not changed in place by
    what follows. ``x`` may be another batch than the one recorded.

    Args:
        network: the one that was recorded.
        recording: of it.
        x: (N, C, H, W).
        watcher: is told the values in the order in which they come.
        names: of the nodes that are watched.

    Raises:
        RecordingError: the network did not make the calls that were recorded.
    """
    wanted = set(names)
    places = {index: name for index, name in recording.names.items() if name in wanted}
    mode = _Watcher(recording, watcher, places)
    with LAYERS, mode:
        answer: Tensor = network(x)
    if mode.count != recording.count:
        raise RecordingError("it does not take the same way with every picture")
    return answer


def capture(
    network: nn.Module, recording: Recording, x: Tensor, names: Iterable[str] | None = None
) -> tuple[Tensor, dict[str, Tensor]]:
    """The network's answer and the values of nodes (all if none are named), each (N, …) with its first output."""
    values: dict[str, Tensor] = {}
    wanted = recording.names.values() if names is None else names
    answer = watch(network, recording, x, values.__setitem__, wanted)
    return answer, values


class _Recorder(TorchFunctionMode):
    """Notes every call; keeps every tensor alive meanwhile, so that no two have one identity."""

    def __init__(self, x: Tensor) -> None:
        super().__init__()
        self.calls: list[Call] = []
        self.count = 0
        self.stack: list[Run] = []
        self.layer: Run | None = None
        self.layer_outputs: dict[Run, Source] = {}
        self.overwritten: set[int] = set()
        self._sharing: defaultdict[int, set[int]] = defaultdict(set)  # calls by the memory that their outputs lie in
        self._sources = {id(x): Source(-1)}
        self._learnt: dict[int, tuple[nn.Parameter, ...]] = {}
        self._alive: list[Any] = [x]

    def source_of(self, tensor: Tensor) -> Source | None:
        return self._sources.get(id(tensor))

    def __torch_function__(
        self, func: Function, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        index, self.count = self.count, self.count + 1
        kind = _kind(func)
        taken = [each for each in tree_leaves((args, kwargs)) if isinstance(each, Tensor)]
        versions = [each._version for each in taken]
        sources = tuple(filter(None, map(self.source_of, taken))) if kind not in _SHAPE_ONLY else ()
        learnt = tuple({id(each): each for tensor in taken for each in self._learnt_of(tensor)}.values())
        arguments, keywords = tree_map(self._placeholder, (args, kwargs))
        result = func(*args, **kwargs)
        self._alive.append((args, kwargs, result))
        changed = [each for each, before in zip(taken, versions, strict=True) if each._version != before]
        given = _given(result, changed)
        if not sources:
            self._learnt |= {id(each): learnt for each in given if learnt}
        elif kind in _QUIET:
            for each in given:
                self._sources.setdefault(id(each), sources[0])
        elif given:
            within = self.stack[-1] if self.stack else ("", 0)
            shapes = tuple(tuple(each.shape) for each in given)
            overwrites = tuple(filter(None, map(self.source_of, changed)))
            self.overwritten.update(*(self._sharing[_memory(each)] for each in changed))
            for each in given:
                self._sharing[_memory(each)].add(index)
            real = not given[0].is_complex()
            self.calls.append(
                Call(
                    *(index, func, kind, within, self.layer, sources, arguments, keywords, shapes, overwrites),
                    learnt=learnt,
                    is_real=real,
                )
            )
            self._sources |= {id(each): Source(index, place) for place, each in enumerate(given)}
        return result

    def _learnt_of(self, tensor: Tensor) -> tuple[nn.Parameter, ...]:
        return (tensor,) if isinstance(tensor, nn.Parameter) else self._learnt.get(id(tensor), ())

    def _placeholder(self, value: Any) -> Any:
        return self._sources.get(id(value), value) if isinstance(value, Tensor) else value


class _Watcher(TorchFunctionMode):
    """Counts calls, and hands the values of some of them over."""

    def __init__(self, recording: Recording, watcher: Watcher, places: Mapping[int, str]) -> None:
        super().__init__()
        self.count = 0
        self._watcher = watcher
        self._places = places
        self._functions = {each.index: each.function for each in recording.calls if each.index in places}
        self._keeps = recording.keeps
        self._moved = recording.moved
        self._changing = {each.index for each in recording.calls if each.overwrites}
        self._overwritten = frozenset() if recording.keeps else recording.overwritten
        self._in_place = frozenset() if recording.keeps else self._overwritten | self._changing

    def __torch_function__(
        self, func: Function, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        index = self.count
        self.count += 1
        result = self._call(index, func, args, kwargs or {})
        name = self._places.get(index)
        if name is None:
            return result
        if self._functions[index] != func:  # not "is": the getter of a property is made anew each time
            raise RecordingError("it does not take the same way with every picture")
        return self._handed_over(index, name, result, args)

    def _call(self, index: int, func: Function, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        if self._keeps and index in self._changing:
            func, kwargs = _out_of_place(func, kwargs) or (func, kwargs)
        return func(*args, **kwargs)

    def _handed_over(self, index: int, name: str, result: Any, args: tuple[Any, ...]) -> Any:
        value = result if isinstance(result, Tensor) else _first_tensor(result)
        if value is None:  # it only changes what it takes, as an assignment to some elements does
            self._change(index, name, args[0])
            return result
        if index in self._in_place:
            self._change(index, name, value)
            return result
        going_on = self._ask(index, name, value)
        if going_on is value:
            return result
        if value is result:  # by far the most, so they take the short way
            return going_on
        return tree_map(lambda each: going_on if each is value else each, result)

    def _change(self, index: int, name: str, value: Tensor) -> None:
        """Replaces a value where it lies, as the network may go on with another view of it."""
        is_elsewhere = value._base is not None and value.requires_grad  # a view that the answer does not come from
        shown = value.clone() if index in self._overwritten or is_elsewhere else value
        going_on = self._ask(index, name, shown)
        if going_on is not value and (going_on is not shown or going_on.requires_grad):
            value.copy_(going_on)

    def _ask(self, index: int, name: str, value: Tensor) -> Tensor:
        """What to go on with: the very tensor that was handed over, so that it has a gradient, or what replaces it."""
        if index not in self._moved:
            changed = self._watcher(name, value)
            return value if changed is None else changed
        usual = to_usual(value)
        changed = self._watcher(name, usual)
        return to_moved(usual if changed is None else changed)


_OPERATORS: dict[Function, Function] = {
    Tensor.__iadd__: torch.add,
    Tensor.__isub__: torch.sub,
    Tensor.__imul__: torch.mul,
    Tensor.__itruediv__: torch.div,
}


def _out_of_place(function: Function, keywords: Mapping[str, Any]) -> tuple[Function, Mapping[str, Any]] | None:
    """A call that gives the same without changing what it takes, where one is known."""
    if function in _OPERATORS:
        return _OPERATORS[function], keywords
    if keywords.get("inplace") is True:
        return function, {**keywords, "inplace": False}
    name = getattr(function, "__name__", "")
    if name.endswith("_") and not name.endswith("__"):
        other = getattr(Tensor, name.removesuffix("_"), None)
        return None if other is None else (other, keywords)
    return None


def _first_tensor(result: Any) -> Tensor | None:
    return next((each for each in tree_leaves(result) if isinstance(each, Tensor)), None)


def _given(result: Any, changed: list[Tensor]) -> list[Tensor]:
    """The tensors that a call gives, or those that it changes if it does nothing else, and what these are a part of."""
    given = [each for each in tree_leaves(result) if isinstance(each, Tensor)] or changed
    wholes = [each._base for each in changed if each._base is not None]
    return list({id(each): each for each in (*given, *wholes)}.values())


def first_line(error: Exception) -> str:
    """What an error of somebody else's code says, in a line that is not too long."""
    line = str(error).partition("\n")[0][:_LONGEST_LINE]
    return line if isinstance(error, RuntimeError | ValueError) and line else f"{type(error).__name__}: {line}"


def _memory(tensor: Tensor) -> int:
    """Tells apart where tensors lie; views of one another lie in the same place."""
    try:
        return int(tensor.untyped_storage()._cdata)
    except (NotImplementedError, RuntimeError):  # a sparse one, among others, has no such place
        return id(tensor)


def _kind(function: Function) -> str:
    name = resolve_name(function) or getattr(function, "__name__", "operation")
    return name.removesuffix(".__get__").rpartition(".")[2].strip("_") or "operation"
