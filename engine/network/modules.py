"""Which module of a network is running, and what the calls that it makes are called."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from itertools import count
from typing import TYPE_CHECKING, Any, Protocol

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_leaves
from torch.utils.hooks import RemovableHandle

from engine.models.classifier import Normalise

if TYPE_CHECKING:
    from engine.network.recording import Call, Source

Run = tuple[str, int]
"""A module's path, and for which time it runs, from 0."""

_CONTAINERS = (
    *(nn.Sequential, nn.ModuleList, nn.ModuleDict),
    *(nn.Transformer, nn.TransformerEncoder, nn.TransformerDecoder),
    *(nn.TransformerEncoderLayer, nn.TransformerDecoderLayer),
)
"""Classes of ``torch.nn`` that are made of layers, each of which is to be seen."""


class Recorder(Protocol):
    """Who is told which module is running.

    Attributes:
        stack: the modules that run, the innermost last.
        layer: the outermost of them that is one layer; None if none is.
        layer_outputs: where the output of every layer that has run came from.
    """

    stack: list[Run]
    layer: Run | None
    layer_outputs: dict[Run, Source]

    def source_of(self, tensor: Tensor) -> Source | None:
        """Where a tensor came from; None if it does not depend on the picture."""


def is_one_layer(module: nn.Module) -> bool:
    """Whether it is one layer, whatever happens inside: a class of ``torch.nn``, or one derived from it."""
    if isinstance(module, _CONTAINERS):
        return False
    return isinstance(module, Normalise) or any(
        each.__module__.startswith("torch.nn.modules") and each is not nn.Module for each in type(module).__mro__
    )


@contextmanager
def module_runs(network: nn.Module, recorder: Recorder) -> Iterator[None]:
    """Tells the recorder which module is running; the hooks are off again afterwards, whatever happens."""
    with ExitStack() as stack:
        for path, module in network.named_modules():
            if not isinstance(module, torch.jit.ScriptModule):
                for handle in _hooks(module, path, recorder):
                    stack.callback(handle.remove)
        yield


def _hooks(module: nn.Module, path: str, recorder: Recorder) -> tuple[RemovableHandle, RemovableHandle]:
    is_layer = is_one_layer(module)
    times = count()

    def enter(_module: nn.Module, _inputs: Any) -> None:
        run = (path, next(times))
        recorder.stack.append(run)
        if is_layer and recorder.layer is None:
            recorder.layer = run

    def leave(_module: nn.Module, _inputs: Any, output: Any) -> None:
        run = recorder.stack.pop()
        if recorder.layer == run:
            recorder.layer = None
            first = next((each for each in tree_leaves(output) if isinstance(each, Tensor)), None)
            source = None if first is None else recorder.source_of(first)
            if source is not None:
                recorder.layer_outputs[run] = source

    return module.register_forward_pre_hook(enter), module.register_forward_hook(leave)


def node_names(network: nn.Module, calls: list[Call], layer_outputs: Mapping[Run, Source]) -> dict[int, str]:
    """What the nodes of a recording are called, by the call that gives each.

    A layer has the name of its module, an operation in between that of its module and its kind. A module without
    layers that makes a single call is a layer.
    """
    names: dict[int, str] = {}
    given: Counter[str] = Counter()
    together = Counter(each.within for each in calls)
    bare = {path for path, module in network.named_modules() if not any(True for _ in module.children())}
    for call in calls:
        if call.layer is not None:
            output = layer_outputs.get(call.layer)
            if output is None or output.call != call.index:
                continue  # a step inside a layer
            name = short_path(call.layer[0])
        elif call.within[0] in bare and together[call.within] == 1:
            name = short_path(call.within[0])
        else:
            name = ".".join(filter(None, (short_path(call.within[0]), call.kind)))
        name = name or call.kind
        given[name] += 1
        names[call.index] = name if given[name] == 1 else f"{name}#{given[name]}"
    return names


def short_path(path: str) -> str:
    """A module's path within ``Classifier.module`` as it is read, without the part that all layers have in common."""
    return path.removeprefix("network").removeprefix(".")
