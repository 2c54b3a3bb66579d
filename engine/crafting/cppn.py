"""Compositional pattern-producing networks: tiny networks that draw a picture from the place of each pixel.

Stanley 2007. A node sums what comes in and bends it by a function of its own: waves repeat, bells make symmetric. Nodes
have a depth between 0 (inputs) and 1 (outputs), and connections lead only deeper, so that there is never a loop. NumPy
alone, and nothing random but what the given generator draws.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from engine.frame import Floats

Doubles = NDArray[np.float64]

FUNCTIONS: Mapping[str, Callable[[Doubles], Doubles]] = {
    "sine": np.sin,
    "bell": lambda z: np.exp(-np.square(z)),
    "sigmoid": lambda z: np.tanh(z / 2),
    "ramp": lambda z: np.clip(z, -2, 2),
    "fold": lambda z: np.minimum(np.abs(z), 3.0),
}
"""What a node may do with its sum; all bounded."""

INPUTS = 4
"""The place x and y in [−1, 1], the distance from the middle, and 1."""
SPREAD = 2.0
"""Of the weights that are drawn: large enough that a wave has several crests."""
MOST_NODES = 60
"""More would draw no better and take longer."""
NEW_NODE, NEW_LINK, NEW_FUNCTION = 0.15, 0.3, 0.15
"""How likely a child grows a node, a connection, or changes what a node does."""
NUDGED, REDRAWN = 0.3, 0.03
"""The share of weights that a child has a little different, and anew."""


@dataclass(frozen=True)
class Node:
    """One node: how deep it lies, and the name of its function."""

    depth: float
    function: str


@dataclass(frozen=True)
class Pattern:
    """A network that draws.

    Attributes:
        nodes: inputs first, then outputs, one per channel of the picture, then the others.
        links: weights by (from, to), places in ``nodes``.
        channels: of the picture, 1 or 3.
    """

    nodes: tuple[Node, ...]
    links: Mapping[tuple[int, int], float]
    channels: int

    def draw(self, size: tuple[int, int]) -> Floats:
        """The picture, (H, W, C) in [0, 1]."""
        values: dict[int, Doubles] = dict(enumerate(_places(size)))
        incoming: dict[int, list[tuple[int, float]]] = {}
        for (source, to), weight in self.links.items():
            incoming.setdefault(to, []).append((source, weight))
        for place in sorted(range(INPUTS, len(self.nodes)), key=lambda each: self.nodes[each].depth):
            total = np.zeros(size)
            for source, weight in incoming.get(place, ()):
                total += weight * values[source]
            values[place] = FUNCTIONS[self.nodes[place].function](total)
        drawn = np.stack([values[INPUTS + channel] for channel in range(self.channels)], axis=-1)
        return (0.5 + 0.5 * np.clip(drawn, -1, 1)).astype(np.float32)


def first_pattern(channels: int, random: Generator) -> Pattern:
    """The simplest: every input leads straight to every output."""
    outputs = [Node(1.0, _function(random)) for _ in range(channels)]
    links = {
        (source, INPUTS + channel): float(random.normal(0, SPREAD))
        for source in range(INPUTS)
        for channel in range(channels)
    }
    return Pattern((*(Node(0.0, "ramp") for _ in range(INPUTS)), *outputs), links, channels)


def child_of(parent: Pattern, random: Generator) -> Pattern:
    """A copy that differs a little in its weights, and sometimes in what it is made of."""
    child = replace(parent, links={link: _weight(weight, random) for link, weight in parent.links.items()})
    if random.random() < NEW_FUNCTION:
        child = _with_another_function(child, random)
    if random.random() < NEW_LINK:
        child = _with_a_link(child, random)
    if random.random() < NEW_NODE and len(child.nodes) < MOST_NODES:
        child = _with_a_node(child, random)
    return child


def _weight(weight: float, random: Generator) -> float:
    chance = random.random()
    if chance < REDRAWN:
        return float(random.normal(0, SPREAD))
    return weight + float(random.normal(0, 0.5)) if chance < NUDGED else weight


def _with_another_function(pattern: Pattern, random: Generator) -> Pattern:
    place = int(random.integers(INPUTS, len(pattern.nodes)))
    nodes = list(pattern.nodes)
    nodes[place] = Node(nodes[place].depth, _function(random))
    return replace(pattern, nodes=tuple(nodes))


def _with_a_link(pattern: Pattern, random: Generator) -> Pattern:
    """Between two nodes drawn at random, from the less to the more deep; between equally deep ones there is none."""
    one, other = (int(each) for each in random.integers(0, len(pattern.nodes), 2))
    source, to = sorted((one, other), key=lambda each: pattern.nodes[each].depth)
    if pattern.nodes[source].depth == pattern.nodes[to].depth:
        return pattern
    return replace(pattern, links={**pattern.links, (source, to): float(random.normal(0, SPREAD))})


def _with_a_node(pattern: Pattern, random: Generator) -> Pattern:
    """In the middle of a connection, which it takes the place of."""
    links = dict(pattern.links)
    source, to = list(links)[int(random.integers(len(links)))]
    weight, place = links.pop((source, to)), len(pattern.nodes)
    node = Node((pattern.nodes[source].depth + pattern.nodes[to].depth) / 2, _function(random))
    return replace(pattern, nodes=(*pattern.nodes, node), links={**links, (source, place): 1.0, (place, to): weight})


def _function(random: Generator) -> str:
    return list(FUNCTIONS)[int(random.integers(len(FUNCTIONS)))]


def _places(size: tuple[int, int]) -> list[Doubles]:
    height, width = size
    y, x = np.meshgrid(np.linspace(-1, 1, height), np.linspace(-1, 1, width), indexing="ij")
    return [x, y, np.hypot(x, y), np.ones(size)]
