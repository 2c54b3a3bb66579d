"""What is said of a part of the graph: on its box, in its tooltip, and to a screen reader."""

from __future__ import annotations

from collections.abc import Sequence

from engine.inside import Architecture, Node

_UNITS = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))


def say_count(count: int) -> str:
    """A large number as read: ``25.6 M``, ``407 k``, ``512``."""
    for size, unit in _UNITS:
        if count >= size:
            scaled = count / size
            return f"{scaled:.1f} {unit}" if scaled < 99.95 else f"{scaled:.0f} {unit}"
    return str(count)


def say_shape(shape: Sequence[int]) -> str:
    """``64×56×56``; a vector is one number."""
    return "×".join(map(str, shape)) or "a number"


def say_share(part: int, whole: int) -> str:
    """A share in per cent; one that is there is never rounded to nothing."""
    if not part or not whole:
        return "0 %"
    percent = 100 * part / whole
    if percent < 0.1:
        return "< 0.1 %"
    return f"{percent:.1f} %" if percent < 9.95 else f"{percent:.0f} %"


def short_name(path: str) -> str:
    """The end of a path that still tells something: ``conv1`` of ``layer1.0.conv1``, but ``layer1.0`` itself."""
    parts = path.split(".")
    if len(parts) > 1 and parts[-1].partition("#")[0].isdigit():
        return ".".join(parts[-2:])
    return parts[-1]


def say_totals(architecture: Architecture) -> str:
    """``25.6 M parameters · 4.1 G multiply-adds``; what is not known is left out."""
    said = [f"{say_count(architecture.parameters)} parameters"]
    if architecture.macs:
        said.append(f"{say_count(architecture.macs)} multiply-adds")
    return " · ".join(said)


def describe_node(node: Node, architecture: Architecture) -> str:
    """All there is to say of a layer, a line each."""
    lines = [node.name, ", ".join(filter(None, (node.kind, node.detail)))]
    if node.shape:
        lines.append(f"Output {say_shape(node.shape)}" + (f": {node.size_formula}" if node.size_formula else ""))
    if node.parameters:
        lines.append(f"{say_count(node.parameters)} parameters" + _formula(node.parameters_formula))
    if node.macs:
        share = say_share(node.macs, architecture.macs)
        lines.append(f"{say_count(node.macs)} multiply-adds, {share} of the network" + _formula(node.macs_formula))
    return "\n".join(lines)


def describe_group(path: str, kind: str, nodes: Sequence[Node], architecture: Architecture, *, part: str = "") -> str:
    """All there is to say of a folded group, a line each."""
    lines = [f"{path}{part}", f"{kind}, a group of {len(nodes)} layers and operations"]
    if nodes[-1].shape:
        lines.append(f"Output {say_shape(nodes[-1].shape)}")
    if parameters := sum(each.parameters for each in nodes):
        lines.append(f"{say_count(parameters)} parameters")
    if macs := sum(each.macs for each in nodes):
        lines.append(f"{say_count(macs)} multiply-adds, {say_share(macs, architecture.macs)} of the network")
    return "\n".join(lines)


def _formula(formula: str) -> str:
    return f": {formula}" if formula else ""
