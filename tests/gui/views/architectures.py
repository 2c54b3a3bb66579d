"""Small architectures made by hand, for the tests of the views that show the network as a graph."""

from __future__ import annotations

from collections.abc import Iterable

from engine.inside import Architecture, Form, Group, Node


def node(
    name: str, kind: str, *inputs: int, shape: tuple[int, ...] = (8, 16, 16), parameters: int = 0, macs: int = 0
) -> Node:
    """A layer; operations in between have a small letter."""
    form = {3: Form.MAPS, 2: Form.TOKENS, 1: Form.VECTOR}[len(shape)]
    group = name.rpartition(".")[0]
    return Node(name, kind, group, "", inputs, shape, form, parameters, macs=macs, is_module=kind[0].isupper())


def architecture(nodes: Iterable[Node], kinds: dict[str, str] | None = None, missing: str = "") -> Architecture:
    """A network of these layers; the classes of its groups are ``Block`` unless they are named."""
    made = tuple(nodes)
    groups = {"": Group("", "Net", None)}
    for each in made:
        parts = each.group.split(".") if each.group else []
        for length in range(1, len(parts) + 1):
            path = ".".join(parts[:length])
            kind = (kinds or {}).get(path, "Block")
            groups.setdefault(path, Group(path, kind, path.rpartition(".")[0]))
    return Architecture(made, groups, sum(each.parameters for each in made), missing)


def chain(count: int) -> Architecture:
    """Convolutions one after the other, without a group."""
    return architecture(node(f"conv{each}", "Conv2d", *([each - 1] if each else [])) for each in range(count))


def residual() -> Architecture:
    """conv1, then a block with an identity skip, then one whose skip is a convolution, then a dense layer."""
    return architecture(
        [
            node("conv1", "Conv2d", parameters=100, macs=1000),
            node("layer.0.conv1", "Conv2d", 0, parameters=200, macs=2000),
            node("layer.0.relu", "ReLU", 1),
            node("layer.0.conv2", "Conv2d", 2, parameters=200, macs=2000),
            node("layer.0.add", "add", 3, 0),
            node("layer.1.conv1", "Conv2d", 4, parameters=200, macs=3000),
            node("layer.1.relu", "ReLU", 5),
            node("layer.1.conv2", "Conv2d", 6, parameters=200, macs=1500),
            node("layer.1.downsample", "Conv2d", 4, parameters=50, macs=500),
            node("layer.1.add", "add", 7, 8),
            node("fc", "Linear", 9, shape=(10,), parameters=50, macs=0),
        ],
        {"layer": "Sequential", "layer.0": "BasicBlock", "layer.1": "BasicBlock"},
    )


def dense(layers: int = 4) -> Architecture:
    """A dense block: every layer takes what all before it gave."""
    nodes = [node("stem", "Conv2d")]
    given = [0]
    for each in range(layers):
        nodes.append(node(f"block.layer{each}.cat", "cat", *given))
        nodes.append(node(f"block.layer{each}.conv", "Conv2d", len(nodes) - 1))
        given.append(len(nodes) - 1)
    nodes.append(node("block.cat", "cat", *given))
    return architecture(nodes)


def inception() -> Architecture:
    """Four branches of different lengths, and what joins them."""
    return architecture(
        [
            node("stem", "Conv2d"),
            node("mix.branch1.conv", "Conv2d", 0),
            node("mix.branch2.reduce", "Conv2d", 0),
            node("mix.branch2.conv", "Conv2d", 2),
            node("mix.branch3.reduce", "Conv2d", 0),
            node("mix.branch3.conv1", "Conv2d", 4),
            node("mix.branch3.conv2", "Conv2d", 5),
            node("mix.branch4.pool", "MaxPool2d", 0),
            node("mix.branch4.conv", "Conv2d", 7),
            node("mix.cat", "cat", 1, 3, 6, 8),
            node("head", "Conv2d", 9),
        ]
    )


def thousand() -> Architecture:
    """A thousand layers and operations in blocks with skips, two levels deep."""
    nodes = []
    for place in range(1000):
        block, kind = f"stage{place // 100}.{place // 10 % 10}", ("Conv2d", "BatchNorm2d", "ReLU")[place % 3]
        if place % 10 == 9:
            nodes.append(node(f"{block}.add", "add", place - 1, place - 9))
        else:
            name = f"{block}.{kind.lower()}{place % 10}"
            nodes.append(node(name, kind, *([place - 1] if place else []), parameters=10, macs=100))
    return architecture(nodes)
