"""The network as a graph, as it is shown."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property


class Form(StrEnum):
    """How the numbers of a layer are to be shown."""

    MAPS = "maps"
    """(C, H, W): feature maps."""
    VECTOR = "vector"
    """(C,): one number a unit."""
    TOKENS = "tokens"
    """(T, C): a sequence of tokens, each of C numbers."""


@dataclass(frozen=True)
class Receptive:
    """Which part of the input a position of a feature map can see, along one axis, in pixels of the input.

    Position i sees from ``start + i · stride`` (inclusive) to ``start + i · stride + size`` (exclusive), as far as
    that lies within the picture.
    """

    size: float
    stride: float
    start: float


@dataclass(frozen=True)
class Node:
    """One layer or operation.

    Attributes:
        name: unique, and what the user selects: a module's path, or path and operation: ``layer1.0.add``.
        kind: the module's class, or the operation: ``Conv2d``, ``add``, ``cat``.
        group: path of the module around it; "" is the network itself.
        detail: its settings, as read: ``3×3, stride 2, padding 1``.
        inputs: indices in ``Architecture.nodes`` of those whose output it takes; before its own.
        shape: of its output for one picture, without the batch; the last one's is (K,).
        form: how its output is shown; None where it is neither maps, nor a vector, nor tokens.
        parameters: how many numbers are learnt.
        parameters_formula: how they come about, with the numbers put in: ``(3·3·3 + 1)·64 = 1 792``; "" for none.
        size_formula: how the size comes about: ``(224 − 3 + 2·1)/2 + 1 = 112``; "" where it does not apply.
        macs: multiply-adds for one picture; 0 for what multiplies nothing.
        macs_formula: how they come about; "" for none.
        receptive: vertical and horizontal; None where it is not known, or everything.
        is_module: whether it is a layer of its own, not an operation in between.
    """

    name: str
    kind: str
    group: str
    detail: str
    inputs: tuple[int, ...]
    shape: tuple[int, ...]
    form: Form | None
    parameters: int = 0
    parameters_formula: str = ""
    size_formula: str = ""
    macs: int = 0
    macs_formula: str = ""
    receptive: tuple[Receptive, Receptive] | None = None
    is_module: bool = True

    @property
    def units(self) -> int:
        """How many feature maps, neurons, or numbers of a token it gives; 0 where none can be shown."""
        if self.form is None or not self.shape:
            return 0
        return self.shape[-1] if self.form is Form.TOKENS else self.shape[0]


@dataclass(frozen=True)
class Group:
    """A module that holds others.

    Attributes:
        path: dotted; "" is the network itself.
        kind: its class: ``BasicBlock``.
        parent: path of the group around it; None for the network itself.
    """

    path: str
    kind: str
    parent: str | None


@dataclass(frozen=True, eq=False)
class Architecture:
    """The network as a graph.

    Attributes:
        nodes: in the order in which they run.
        groups: by path; every node's ``group`` is one of them.
        parameters: of the whole network; a shared number counts once.
        missing: what could not be found out about this network, in a sentence; "" if nothing is missing.
    """

    nodes: tuple[Node, ...]
    groups: dict[str, Group]
    parameters: int
    missing: str = ""

    @cached_property
    def index(self) -> dict[str, int]:
        """Where a node stands, by its name."""
        return {each.name: place for place, each in enumerate(self.nodes)}

    @cached_property
    def macs(self) -> int:
        """Multiply-adds of the whole network, for one picture."""
        return sum(each.macs for each in self.nodes)
