"""Where the boxes of a graph stand and how its lines run.

The longest way through the network is a straight trunk; what runs beside it lies above and below, the nearer the
shorter it is. Lines that pass boxes run on tracks of their own beside them, one for all that take the same output.
All of it takes a time about proportional to boxes and lines, and the same graph is always laid out the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gui.views.graph.boxes import Boxes
from gui.views.graph.chains import Links, order_of

Rects = NDArray[np.float64]
"""(n, 4): left, top, width and height."""
Point = tuple[float, float]


@dataclass(frozen=True)
class Measures:
    """Sizes of what is laid out, ``along`` the flow and ``across`` it.

    Attributes:
        along, across: of a box; lowest: across, where the graph fits only so; readable: across, where it does not fit.
        join: the diameter of a join.
        gap: between one rank and the next; lane: between rows of boxes; track: between lines beside each other.
        header: room for the name of a group; pad: between a group's frame and what is in it.
    """

    along: float
    across: float
    readable: float
    lowest: float
    join: float = 24
    gap: float = 20
    lane: float = 16
    track: float = 8
    header: float = 17
    pad: float = 5


RIGHTWARDS = Measures(along=100, across=100, readable=60, lowest=34)
DOWNWARDS = Measures(along=44, across=190, readable=150, lowest=110)


@dataclass(frozen=True)
class Route:
    """A line from one box to another, by its corners."""

    source: int
    target: int
    points: tuple[Point, ...]


@dataclass(frozen=True)
class Outline:
    """The frame around what an open group holds: left, top, width and height; ``depth`` counts the frames around."""

    path: str
    rect: tuple[float, float, float, float]
    depth: int


@dataclass(frozen=True, eq=False)
class Layout:
    """Boxes, lines and frames, from (0, 0) to ``size``.

    Attributes:
        rects: of the boxes.
        ranks: of the boxes: how far along the flow.
        routes, frames: frames from the outermost to the innermost.
        size: width and height of all.
        down: whether the flow goes from top to bottom, not from left to right.
    """

    rects: Rects
    ranks: tuple[int, ...]
    routes: tuple[Route, ...]
    frames: tuple[Outline, ...]
    size: Point
    down: bool

    @property
    def breadth(self) -> float:
        """How far it goes across the flow."""
        return self.size[0] if self.down else self.size[1]


def arrange(boxes: Boxes, *, down: bool = False, room: float = np.inf) -> Layout:
    """Lays out what is to be seen of a network; without any link, the boxes stand in a row as they run.

    Args:
        boxes: what is to be seen.
        down: whether the flow goes from top to bottom.
        room: across the flow; boxes are made lower if the graph then fits into it.
    """
    measures = DOWNWARDS if down else RIGHTWARDS
    made = _arranged(boxes, measures, down=down)
    if made.breadth <= room:
        return made
    lowest = _arranged(boxes, replace(measures, across=measures.lowest), down=down)
    if lowest.breadth > room:
        return _arranged(boxes, replace(measures, across=measures.readable), down=down)
    share = (room - lowest.breadth) / (made.breadth - lowest.breadth)
    across = measures.lowest + share * (measures.across - measures.lowest)
    return _arranged(boxes, replace(measures, across=float(np.floor(across))), down=down)


def _arranged(boxes: Boxes, measures: Measures, *, down: bool) -> Layout:
    links: Links = boxes.links
    is_linked = any(links)
    if not is_linked:
        links = tuple((place - 1,) if place else () for place in range(len(links)))
    plan = _Plan(boxes, links, measures)
    plan.place_chains()
    plan.place_tracks_and_frames()
    return plan.layout(down=down, is_linked=is_linked)


class _Plan:
    """Places boxes and tracks one by one; along each rank it knows how far up and down is taken.

    Coordinates are along and across; the trunk lies at 0 across.
    """

    def __init__(self, boxes: Boxes, links: Links, measures: Measures) -> None:
        self._boxes, self._links, self._measures = boxes.boxes, links, measures
        self._order = order_of(links)
        self._is_join = [each is not None for each in boxes.joins]
        self._count = 1 + max(self._order.ranks, default=-1)
        self._starts, self._extents = self._along()
        self._row = [0.0] * len(self._order.chains)
        self._track: dict[int, float] = {}
        self._high, self._low = np.zeros(self._count), np.zeros(self._count)
        self._members = self._group_members()
        self._frames: dict[str, tuple[float, float, float, float]] = {}
        """Start and end along, start and end across."""

    def _along(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Where ranks start and how long they are; frames that end and begin between two get room there."""
        extents, borders = np.zeros(self._count), np.zeros(self._count)
        for box, rank in enumerate(self._order.ranks):
            extents[rank] = max(extents[rank], self._size(box)[0])
            for taker in self._order.takers[box]:
                if self._order.ranks[taker] == rank + 1:
                    one, other = self._boxes[box].groups, self._boxes[taker].groups
                    borders[rank] = max(borders[rank], len(one) + len(other) - 2 * _common([one, other]))
        steps = extents + self._measures.gap + self._measures.pad * borders
        return np.concatenate([[0.0], np.cumsum(steps)[:-1]]), extents

    def _group_members(self) -> dict[str, list[int]]:
        """The boxes in every open group, deepest groups first."""
        members: defaultdict[str, list[int]] = defaultdict(list)
        depths: dict[str, int] = {}
        for place, box in enumerate(self._boxes):
            for depth, group in enumerate(box.groups):
                members[group].append(place)
                depths[group] = depth
        return {each: members[each] for each in sorted(members, key=lambda each: (-depths[each], members[each][0]))}

    def _size(self, box: int) -> Point:
        if self._is_join[box]:
            return self._measures.join, self._measures.join
        return self._measures.along, self._measures.across

    # Rows of boxes

    def place_chains(self) -> None:
        """The trunk in the middle, then the other chains: those within inner groups first, and short ones first."""
        levels = self._levels()
        spans = [self._span_of_chain(each) for each in self._order.chains]
        beside = np.zeros(self._count, bool)
        for first, last in spans[1:]:
            beside[first : last + 1] = True
        for box in self._order.chains[0] if self._order.chains else ():
            rank, half = self._order.ranks[box], self._size(box)[1] / 2
            room = levels[box] if beside[rank] else 0
            self._high[rank], self._low[rank] = -half - room * self._measures.header, half + room * self._measures.pad
        depths = [_common([self._boxes[box].groups for box in chain]) for chain in self._order.chains]
        later = range(1, len(spans))
        for chain in sorted(later, key=lambda each: (-depths[each], spans[each][1] - spans[each][0], each)):
            self._place_chain(chain, spans[chain], max(levels[box] for box in self._order.chains[chain]))

    def _levels(self) -> list[int]:
        """Of every box, how many frames around it hold boxes of its own chain only."""
        chain_of = self._order.chain_of
        whole = {group for group, held in self._members.items() if len({chain_of[each] for each in held}) == 1}
        return [sum(group in whole for group in box.groups) for box in self._boxes]

    def _span_of_chain(self, chain: Sequence[int]) -> tuple[int, int]:
        """Its ranks, and on to where its line goes in."""
        last = chain[-1]
        return self._order.ranks[chain[0]], max(self._order.ranks[each] for each in (last, *self._order.takers[last]))

    def _place_chain(self, chain: int, span: tuple[int, int], levels: int) -> None:
        ranks = slice(span[0], span[1] + 1)
        above, below = levels * self._measures.header, levels * self._measures.pad
        half, high, low = self._measures.across / 2, float(self._high[ranks].min()), float(self._low[ranks].max())
        side = self._side(chain)
        if side < 0 or (side == 0 and -high < low):
            row = high - self._measures.lane - below - half
        else:
            row = low + self._measures.lane + above + half
        self._row[chain] = row
        self._take(ranks, row - half - above, row + half + below)

    def _side(self, chain: int) -> float:
        """Where its neighbours lie: below 0, or above, or in the middle."""
        boxes = self._order.chains[chain]
        return sum(map(self._across, (*self._links[boxes[0]], *self._order.takers[boxes[-1]])))

    def _take(self, ranks: slice, high: float, low: float) -> None:
        self._high[ranks] = np.minimum(self._high[ranks], high)
        self._low[ranks] = np.maximum(self._low[ranks], low)

    # Tracks beside them, and frames around them

    def place_tracks_and_frames(self) -> None:
        """From the innermost group to the network itself: its tracks, short ones first, and a frame around all."""
        at_home: defaultdict[str, list[tuple[int, int, int]]] = defaultdict(list)
        for box in range(len(self._boxes)):
            far = self._order.far_takers(box)
            if far and not self._order.is_last(box):
                groups = [self._boxes[each].groups for each in (box, *far)]
                home = groups[0][: _common(groups)]
                first, last = self._order.ranks[box] + 1, max(self._order.ranks[each] for each in far)
                at_home[home[-1] if home else ""].append((last - first, box, last))
        for group, members in self._members.items():
            self._place_tracks(sorted(at_home[group]))
            self._frame(group, members, [box for _, box, _ in at_home[group]])
        self._place_tracks(sorted(at_home[""]))

    def _place_tracks(self, tracks: Iterable[tuple[int, int, int]]) -> None:
        for _, box, last in tracks:
            ranks = slice(self._order.ranks[box] + 1, last + 1)
            if self._across(box) > 0:
                track = float(self._low[ranks].max()) + self._measures.track
            else:
                track = float(self._high[ranks].min()) - self._measures.track
            self._track[box] = track
            self._take(ranks, track, track)

    def _frame(self, group: str, members: Sequence[int], tracked: Sequence[int]) -> None:
        """Around its boxes, its tracks, and the frames of the groups in it."""
        inner = [frame for path, frame in self._frames.items() if path.startswith(f"{group}.")]
        spans = [self._box_span(each) for each in members] + inner
        across = [*(each[2] for each in spans), *(each[3] for each in spans), *(self._track[each] for each in tracked)]
        pad = self._measures.pad
        frame = (
            min(each[0] for each in spans) - pad,
            max(each[1] for each in spans) + pad,
            min(across) - self._measures.header,
            max(across) + pad,
        )
        self._frames[group] = frame
        ranks = [self._order.ranks[each] for each in members]
        self._take(slice(min(ranks), max(ranks) + 1), frame[2], frame[3])

    def _across(self, box: int) -> float:
        return self._row[self._order.chain_of[box]]

    def _middle(self, box: int) -> float:
        rank = self._order.ranks[box]
        return float(self._starts[rank] + self._extents[rank] / 2)

    def _box_span(self, box: int) -> tuple[float, float, float, float]:
        (along, across), middle, row = self._size(box), self._middle(box), self._across(box)
        return middle - along / 2, middle + along / 2, row - across / 2, row + across / 2

    # Lines

    def _routes(self) -> Iterable[Route]:
        for source, takers in enumerate(self._order.takers):
            for target in takers:
                yield Route(source, target, self._route(source, target))

    def _route(self, source: int, target: int) -> tuple[Point, ...]:
        """Out of the source's end, on its track to the target, and into the target's start, or a join's side."""
        _, out, _, _ = self._box_span(source)
        into, _, high, low = self._box_span(target)
        start, end = self._across(source), self._across(target)
        is_far = self._order.ranks[target] > self._order.ranks[source] + 1
        track = self._track.get(source, start) if is_far else start
        points = [(out, start)]
        if track != start:
            turn = self._after(source)
            points += [(turn, start), (turn, track)]
        if track == end:
            points.append((into, end))
        elif self._is_join[target]:
            middle = self._middle(target)
            points += [(middle, track), (middle, high if track < end else low)]
        else:
            turn = self._before(target)
            points += [(turn, track), (turn, end), (into, end)]
        return tuple(points)

    def _after(self, box: int) -> float:
        """Where lines turn that leave a box."""
        rank = self._order.ranks[box]
        return float(self._starts[rank] + self._extents[rank] + self._measures.gap / 3)

    def _before(self, box: int) -> float:
        """Where lines turn that come to a box."""
        return float(self._starts[self._order.ranks[box]] - self._measures.gap / 3)

    # All of it

    def layout(self, *, down: bool, is_linked: bool) -> Layout:
        """What was placed, moved to (0, 0), with across below along if the flow goes down."""
        spans = np.array([self._box_span(each) for each in range(len(self._boxes))]).reshape(-1, 4)
        routes = tuple(self._routes()) if is_linked else ()
        everything = np.concatenate([spans, np.array(list(self._frames.values())).reshape(-1, 4)])
        tracks = list(self._track.values())
        if not len(everything):
            return Layout(spans, (), (), (), (0.0, 0.0), down)
        origin = np.array([everything[:, 0].min(), min([everything[:, 2].min(), *tracks])])
        extent = np.array([everything[:, 1].max(), max([everything[:, 3].max(), *tracks])]) - origin

        def turned(span: Sequence[float]) -> tuple[float, float, float, float]:
            along, across = span[0] - origin[0], span[2] - origin[1]
            length, breadth = span[1] - span[0], span[3] - span[2]
            return (across, along, breadth, length) if down else (along, across, length, breadth)

        def moved(point: Point) -> Point:
            along, across = point[0] - origin[0], point[1] - origin[1]
            return (across, along) if down else (along, across)

        outermost_first = reversed(self._frames.items())
        return Layout(
            rects=np.array([turned(each) for each in spans.tolist()]),
            ranks=self._order.ranks,
            routes=tuple(Route(each.source, each.target, tuple(map(moved, each.points))) for each in routes),
            frames=tuple(Outline(path, turned(frame), self._depth(path)) for path, frame in outermost_first),
            size=(float(extent[1]), float(extent[0])) if down else (float(extent[0]), float(extent[1])),
            down=down,
        )

    def _depth(self, group: str) -> int:
        return self._boxes[self._members[group][0]].groups.index(group)


def _common(paths: Sequence[Sequence[str]]) -> int:
    """How many groups all of them have around them."""
    first = paths[0]
    shared = min(map(len, paths))
    for depth in range(shared):
        if any(each[depth] != first[depth] for each in paths):
            return depth
    return shared
