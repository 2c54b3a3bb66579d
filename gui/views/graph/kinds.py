"""Families of layers: what belongs together has one colour, and joins have a sign."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum
from functools import cache
from typing import Final

from engine.inside import Node
from gui import theme
from gui.views.legend import Entry


class Family(StrEnum):
    """Layers that do the same sort of thing; the value is what the legend says."""

    CONVOLUTION = "convolution"
    NORMALISATION = "normalisation"
    ACTIVATION = "activation"
    POOLING = "pooling"
    DENSE = "dense"
    ATTENTION = "attention"
    OTHER = "other"


class Join(StrEnum):
    """How several outputs become one."""

    SUM = "sum"
    CONCATENATION = "concatenation"
    PRODUCT = "product"
    DIFFERENCE = "difference"


_FAMILIES: Final = (
    (Family.CONVOLUTION, re.compile(r"conv|unfold")),
    (Family.ATTENTION, re.compile(r"attention")),
    (Family.NORMALISATION, re.compile(r"norm")),
    (
        Family.ACTIVATION,
        re.compile(r".*[egi]lu6?|hard.*|.*sigmoid|.*tanh|.*softmax|softmin|softplus|softsign|.*shrink|swish|mish"),
    ),
    (Family.POOLING, re.compile(r"pool|^mean$")),
    (Family.DENSE, re.compile(r"linear|^b?mm$|^matmul$|^addb?mm$|einsum|^baddbmm$")),
)
_WHOLE: Final = frozenset({Family.ACTIVATION})
"""Families whose names must match as a whole: "elu" is a part of other words."""

_SIGNS: Final = {Join.SUM: "+", Join.CONCATENATION: "++", Join.PRODUCT: "×", Join.DIFFERENCE: "−"}

_JOINS: Final = {
    "add": Join.SUM,
    "iadd": Join.SUM,
    "radd": Join.SUM,
    "sum": Join.SUM,
    "cat": Join.CONCATENATION,
    "concat": Join.CONCATENATION,
    "concatenate": Join.CONCATENATION,
    "stack": Join.CONCATENATION,
    "mul": Join.PRODUCT,
    "imul": Join.PRODUCT,
    "rmul": Join.PRODUCT,
    "sub": Join.DIFFERENCE,
    "isub": Join.DIFFERENCE,
}


@cache
def family_of(kind: str) -> Family:
    """The family of a layer's class or of an operation, by its name: ``Conv2d``, ``relu_``."""
    name = kind.lower().strip("_")
    if name.startswith("identity"):
        return Family.OTHER
    for family, pattern in _FAMILIES:
        if pattern.fullmatch(name) if family in _WHOLE else pattern.search(name):
            return family
    return Family.OTHER


def join_of(node: Node) -> Join | None:
    """How a node brings several outputs together; None for one that does not, or that is a layer."""
    return _JOINS.get(node.kind.lower().strip("_")) if len(node.inputs) > 1 and not node.is_module else None


def legend_of(nodes: Iterable[Node]) -> tuple[Entry, ...]:
    """What the colours of these layers mean, in a fixed order; joins have none."""
    present = {family_of(each.kind) for each in nodes if join_of(each) is None}
    return tuple(Entry(theme.FAMILIES[each], each.value) for each in Family if each in present)


def signs_of(nodes: Iterable[Node]) -> str:
    """What the signs of the joins among these layers mean; "" without any."""
    present = {join_of(each) for each in nodes}
    said = [f"{sign} {join.value}" for join, sign in _SIGNS.items() if join in present]
    return ", ".join(said)
