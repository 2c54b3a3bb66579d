"""The order of a graph: how far along the flow every box stands, and the straight chains that boxes form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

Links = Sequence[Sequence[int]]
"""Of every box, the boxes whose output it takes; all of them come before it."""


@dataclass(frozen=True)
class Order:
    """Where boxes stand along the flow.

    Attributes:
        ranks: of every box, the length of the longest way to it.
        takers: of every box, those that take its output.
        chains: boxes of consecutive ranks, each taking the output of the one before; every box is in one of them. The
            first is the trunk, a longest way through the graph.
        chain_of: of every box, the index of its chain.
    """

    ranks: tuple[int, ...]
    takers: tuple[tuple[int, ...], ...]
    chains: tuple[tuple[int, ...], ...]
    chain_of: tuple[int, ...]

    def is_last(self, box: int) -> bool:
        """Whether a box is the last of its chain."""
        return self.chains[self.chain_of[box]][-1] == box

    def far_takers(self, box: int) -> tuple[int, ...]:
        """Those that take its output more than one rank later."""
        return tuple(each for each in self.takers[box] if self.ranks[each] > self.ranks[box] + 1)


def order_of(links: Links) -> Order:
    """Ranks by the longest way from the picture, and chains that follow the longest way on."""
    takers: list[list[int]] = [[] for _ in links]
    ranks: list[int] = []
    for box, sources in enumerate(links):
        ranks.append(1 + max((ranks[each] for each in sources), default=-1))
        for each in sources:
            takers[each].append(box)
    heights = _heights(takers)
    chains, chain_of = _chains(ranks, heights, takers)
    return Order(tuple(ranks), tuple(map(tuple, takers)), tuple(map(tuple, chains)), tuple(chain_of))


def _heights(takers: Links) -> list[int]:
    """Of every box, the length of the longest way from it."""
    heights = [0] * len(takers)
    for box in range(len(takers) - 1, -1, -1):
        heights[box] = 1 + max((heights[each] for each in takers[box]), default=-1)
    return heights


def _chains(ranks: list[int], heights: list[int], takers: Links) -> tuple[list[list[int]], list[int]]:
    chains: list[list[int]] = []
    chain_of = [-1] * len(ranks)
    for start in sorted(range(len(ranks)), key=lambda each: (ranks[each], -heights[each], each)):
        each: int | None = start if chain_of[start] < 0 else None
        if each is not None:
            chains.append([])
        while each is not None:
            chain_of[each] = len(chains) - 1
            chains[-1].append(each)
            after = ranks[each] + 1
            free = (taker for taker in takers[each] if ranks[taker] == after and chain_of[taker] < 0)
            each = max(free, key=lambda taker: heights[taker], default=None)
    return chains, chain_of
