"""The modules of a network as they are written down: all there is of one that cannot be watched, and of what rests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import torch
from torch import nn

from engine.inside import Architecture, Group, Node
from engine.network.costs import parameters_of_weights
from engine.network.formulas import NOTHING, Counted, attention_parameters, product, total
from engine.network.modules import is_one_layer, short_path

_MISSING: Final = (
    "The layers of this network cannot be watched while it runs. Its modules are listed as they are written down; in "
    "which order they run, what they take and how large their outputs are is not known."
)
_WITH_WEIGHT: Final[tuple[tuple[tuple[type[nn.Module], ...], str], ...]] = (
    ((nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d), "conv_transpose"),
    ((nn.Conv1d, nn.Conv2d, nn.Conv3d), "conv"),
    ((nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.LayerNorm, nn.GroupNorm), "batch_norm"),
    ((nn.Linear,), "linear"),
)

_ONE_WIDTH: Final = {2, 4}
"""So many tensors has an attention whose queries, keys and values are equally wide, without and with biases."""


def module_tree(network: nn.Module) -> Architecture:
    """Every layer as a node without inputs and size."""
    nodes = [node for node, _ in _nodes(network, {}, every=True)]
    return Architecture(tuple(nodes), groups_around(network, nodes), parameters_count(network), missing=_MISSING)


def resting_nodes(network: nn.Module, counted: dict[int, str]) -> list[tuple[Node, str]]:
    """What has parameters that take no part in the answer, such as classifiers that only help training.

    Args:
        network: whose.
        counted: the parameters that do take part, by identity.

    Returns:
        The nodes, and the paths of their modules.
    """
    return list(_nodes(network, dict(counted), every=False))


def parameters_of_module(module: nn.Module, counted: Sequence[nn.Parameter]) -> Counted:
    """How many numbers a layer learns, as far as they count; those that are shared count elsewhere."""
    own = list(module.parameters())
    rest = total(product(*each.shape) for each in counted)
    return rest if len(own) != len(counted) else _by_rule(module) or rest


def parameters_count(network: nn.Module) -> int:
    """How many numbers were learnt; a shared one counts once."""
    return sum(each.numel() for each in network.parameters())


def groups_around(network: nn.Module, nodes: Iterable[Node]) -> dict[str, Group]:
    """The modules around nodes, by their path, each after the one around it."""
    paths = sorted({path for node in nodes for path in _and_around(node.group)} | {""})
    modules = dict(_by_short_path(network))
    return {path: Group(path, class_of(modules[path]), parent_of(path)) for path in paths}


def parent_of(path: str) -> str | None:
    """The path of the module around one; None for the network itself."""
    return path.rpartition(".")[0] if path else None


def class_of(module: nn.Module) -> str:
    """The name of a module's class, also of one that is compiled or that has parametrised weights."""
    name = getattr(module, "original_name", type(module).__name__)
    return str(name).removeprefix("Parametrized")


def _nodes(network: nn.Module, counted: dict[int, str], *, every: bool) -> Iterator[tuple[Node, str]]:
    for path, part in _parts(network):
        own = [part] if isinstance(part, nn.Parameter) else list(part.parameters())
        fresh = [each for each in own if id(each) not in counted]
        if not (fresh or every):
            continue
        name = short_path(path)
        elsewhere = {counted[id(each)] for each in own if id(each) in counted}
        yield _node(name, part, fresh, elsewhere, every=every), path
        counted |= {id(each): name for each in fresh}


def _node(
    name: str, part: nn.Module | nn.Parameter, fresh: Sequence[nn.Parameter], elsewhere: set[str], *, every: bool
) -> Node:
    if isinstance(part, nn.Parameter):
        parameters, kind = product(*part.shape) if fresh else NOTHING, "Parameter"
    else:
        parameters, kind = parameters_of_module(part, fresh), class_of(part)
    return Node(
        name=name,
        kind=kind,
        group=parent_of(name) or "",
        detail="" if every else "takes no part in the answer",
        inputs=(),
        shape=(),
        form=None,
        parameters=parameters.number,
        parameters_formula=say_shared(parameters, sorted(elsewhere)),
    )


def say_shared(parameters: Counted, elsewhere: Sequence[str]) -> str:
    """How the parameters of a node come about, and with which other nodes it shares some."""
    shared = f"shared with {', '.join(elsewhere)}, counted there" if elsewhere else ""
    return "; ".join(filter(None, (str(parameters), shared)))


def _parts(network: nn.Module) -> Iterator[tuple[str, nn.Module | nn.Parameter]]:
    """All layers, and the parameters of what is no layer, by their paths."""
    layer = None
    for path, module in network.named_modules(remove_duplicate=False):
        if layer is not None and path.startswith(f"{layer}."):
            continue
        if path and (is_one_layer(module) or not any(True for _ in module.children())):
            layer = path
            yield path, module
        else:
            yield from module.named_parameters(path, recurse=False)


def _by_short_path(network: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """Every module by its path; "" is the network within, not what normalises before it."""
    for path, module in network.named_modules(remove_duplicate=False):
        yield short_path(path), module


def _and_around(path: str) -> Iterator[str]:
    yield path
    while (around := parent_of(path)) is not None:
        path = around
        yield path


def _by_rule(module: nn.Module) -> Counted | None:
    if isinstance(module, nn.MultiheadAttention) and len(list(module.parameters())) in _ONE_WIDTH:
        return attention_parameters(module.embed_dim, bias=module.in_proj_bias is not None)
    kind = next((kind for classes, kind in _WITH_WEIGHT if isinstance(module, classes)), None)
    weight = getattr(module, "weight", None)
    if kind is None or not isinstance(weight, torch.Tensor) or any(True for _ in module.children()):
        return None
    bias = getattr(module, "bias", None) is not None
    return parameters_of_weights(kind, weight, bias=bias, groups=getattr(module, "groups", 1))
