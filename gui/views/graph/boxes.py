"""What of a network is to be seen: groups that are open show what is in them, folded ones are a single box."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from engine.inside import Architecture, Node
from gui.views.graph.kinds import Join, join_of

MOST_BOXES = 40
"""As many are taken in at a glance; the network is first shown as deep as this allows."""


@dataclass(frozen=True)
class Box:
    """A layer, an operation, or a folded group.

    Attributes:
        first, last: the nodes that it stands for, as indices in ``Architecture.nodes``; both inclusive.
        path: the node's name, or the group's path.
        kind: the node's kind, or the group's class.
        groups: the open groups around it, outermost first, without the network itself.
        is_folded: whether it is a group.
        part, parts: a group that is left and entered again is a box each time; 1 of 1 for any other.
    """

    first: int
    last: int
    path: str
    kind: str
    groups: tuple[str, ...]
    is_folded: bool = False
    part: int = 1
    parts: int = 1


class Boxes:
    """The boxes of an architecture, in the order in which they run.

    A folded group is a box for every stretch in which nothing else runs. So whatever is folded, no box takes, by any
    way round, what it gave itself, and boxes in order of their first node are in an order in which they can run.

    Args:
        architecture: all there is.
        open_groups: paths of the groups that show what is in them; the network itself always does.
    """

    def __init__(self, architecture: Architecture, open_groups: Iterable[str]) -> None:
        self.architecture = architecture
        self.open_groups = frozenset(open_groups)
        self._tree = Tree(architecture)
        self.boxes, self.of_node = self._fold()

    def _fold(self) -> tuple[tuple[Box, ...], tuple[int, ...]]:
        stretches: list[tuple[str | None, int, int]] = []
        for place, node in enumerate(self.architecture.nodes):
            folded = self._tree.folded(node.group, self.open_groups)
            if stretches and folded is not None and stretches[-1][0] == folded:
                stretches[-1] = (folded, stretches[-1][1], place)
            else:
                stretches.append((folded, place, place))
        parts = Counter(folded for folded, first, last in stretches if last > first)
        seen: Counter[str | None] = Counter()
        boxes, of_node = [], []
        for folded, first, last in stretches:
            seen[folded] += last > first
            boxes.append(self._box(folded, first, last, seen[folded], parts[folded]))
            of_node += [len(boxes) - 1] * (last - first + 1)
        return tuple(boxes), tuple(of_node)

    def _box(self, folded: str | None, first: int, last: int, part: int, parts: int) -> Box:
        node = self.architecture.nodes[first]
        around = self._tree.around(node.group)
        if folded is None:
            return Box(first, last, node.name, node.kind, around)
        groups = around[: around.index(folded)]
        if first == last:  # a group of one is shown as what it is
            return Box(first, last, node.name, node.kind, groups)
        kind = self.architecture.groups[folded].kind
        return Box(first, last, folded, kind, groups, is_folded=True, part=part, parts=parts)

    @cached_property
    def links(self) -> tuple[tuple[int, ...], ...]:
        """Of every box, the boxes whose output it takes, in ascending order."""
        taken: list[set[int]] = [set() for _ in self.boxes]
        for place, node in enumerate(self.architecture.nodes):
            box = self.of_node[place]
            taken[box].update(self.of_node[each] for each in node.inputs if self.of_node[each] != box)
        return tuple(tuple(sorted(each)) for each in taken)

    @cached_property
    def takers(self) -> tuple[tuple[int, ...], ...]:
        """Of every box, the boxes that take its output, in ascending order."""
        takers: list[list[int]] = [[] for _ in self.boxes]
        for box, sources in enumerate(self.links):
            for each in sources:
                takers[each].append(box)
        return tuple(map(tuple, takers))

    @cached_property
    def joins(self) -> tuple[Join | None, ...]:
        """Of every box, how it brings several outputs together."""
        return tuple(None if each.is_folded else join_of(self.architecture.nodes[each.first]) for each in self.boxes)

    @cached_property
    def macs(self) -> tuple[int, ...]:
        """Of every box, its multiply-adds."""
        return tuple(sum(each.macs for each in self.nodes(box)) for box in self.boxes)

    def nodes(self, box: Box) -> tuple[Node, ...]:
        """What a box stands for."""
        return self.architecture.nodes[box.first : box.last + 1]


class Tree:
    """Which groups are around which, and how many nodes are in them."""

    def __init__(self, architecture: Architecture) -> None:
        self._groups = architecture.groups
        self._around: dict[str, tuple[str, ...]] = {"": ()}
        self.sizes: Counter[str] = Counter()
        for node in architecture.nodes:
            self.sizes.update(self.around(node.group))

    def around(self, path: str) -> tuple[str, ...]:
        """A group and those around it, outermost first, without the network itself."""
        if path not in self._around:
            parent = self._groups[path].parent if path in self._groups else None
            self._around[path] = (*self.around(parent or ""), path)
        return self._around[path]

    def folded(self, path: str, open_groups: frozenset[str]) -> str | None:
        """The outermost folded group around what is in the group ``path``; None if all are open."""
        return next((each for each in self.around(path) if each not in open_groups), None)

    @cached_property
    def by_depth(self) -> tuple[frozenset[str], ...]:
        """The groups at each depth; those directly in the network first."""
        found: defaultdict[int, set[str]] = defaultdict(set)
        for path in self.sizes:
            found[len(self.around(path))].add(path)
        return tuple(frozenset(found[depth]) for depth in sorted(found))


def all_groups(architecture: Architecture) -> frozenset[str]:
    """All groups that hold a node."""
    return frozenset(Tree(architecture).sizes)


def first_groups(architecture: Architecture, most: int = MOST_BOXES) -> frozenset[str]:
    """The groups that are open at first: as deep as ``most`` boxes allow, the same depth everywhere."""
    opened: frozenset[str] = frozenset()
    for groups in Tree(architecture).by_depth:
        if len(Boxes(architecture, opened | groups).boxes) > most:
            return opened
        opened |= groups
    return opened


def groups_around(architecture: Architecture, layer: str) -> frozenset[str]:
    """All groups around a node, without the network itself; none for a name that it does not have."""
    place = architecture.index.get(layer)
    return frozenset() if place is None else frozenset(Tree(architecture).around(architecture.nodes[place].group))
