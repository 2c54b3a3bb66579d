"""A layout ready to be painted: what is written on every box, what is below a point, and the way to its neighbours."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

import numpy as np

from engine.inside import Architecture
from gui import theme
from gui.views.graph.boxes import Boxes
from gui.views.graph.ink import Stripe, Threads, Writing, stripe_of
from gui.views.graph.layout import Point, Rects, arrange
from gui.views.graph.words import describe_group, describe_node, say_count, say_shape, say_share, short_name

_MOST_STRIPES = 200
"""A stripe shows at most so many layers of a group."""


class Scene:
    """The boxes of an architecture, laid out.

    Args:
        architecture: what is shown.
        open_groups: which groups show what is in them.
        down: whether the flow goes from top to bottom.
        room: how many pixels there are across the flow.
    """

    def __init__(
        self, architecture: Architecture, open_groups: Iterable[str] = (), *, down: bool = False, room: float = np.inf
    ) -> None:
        self.architecture = architecture
        self.boxes = Boxes(architecture, open_groups)
        self.layout = arrange(self.boxes, down=down, room=room)
        self.threads = Threads(self.layout)
        self.frame_rects: Rects = np.array([each.rect for each in self.layout.frames]).reshape(-1, 4)
        self._writings: dict[int, Writing] = {}
        self._stripes: dict[int, Stripe] = {}

    def __len__(self) -> int:
        return len(self.boxes.boxes)

    # What is written on them

    def writing(self, box: int) -> Writing:
        """What a box says."""
        if box not in self._writings:
            shown = self.boxes.boxes[box]
            nodes = self.boxes.nodes(shown)
            name = short_name(shown.path) + (f" {shown.part}/{shown.parts}" if shown.parts > 1 else "")
            shape, parameters, macs = nodes[-1].shape, sum(each.parameters for each in nodes), self.boxes.macs[box]
            lines = (
                name,
                shown.kind,
                say_shape(shape) if shape else "",
                f"{say_count(parameters)} par." if parameters else "",
                say_share(macs, self.architecture.macs) if macs else "",
            )
            extra = "" if shown.is_folded else nodes[0].detail
            self._writings[box] = Writing(tuple(filter(None, lines)), extra)
        return self._writings[box]

    def stripe(self, box: int) -> Stripe:
        """The colours of what a box stands for."""
        if box not in self._stripes:
            nodes = self.boxes.nodes(self.boxes.boxes[box])
            step = -(-len(nodes) // _MOST_STRIPES)
            self._stripes[box] = stripe_of([each.kind for each in nodes[::step]])
        return self._stripes[box]

    def colour(self, box: int) -> str:
        """The one colour of a box that is too small for more."""
        return self.stripe(box)[-1][1] if self.boxes.joins[box] is None else theme.OTHER

    def share(self, box: int) -> float | None:
        """A box's multiply-adds, as a share of those of the box that has most; None if it has none."""
        return self.boxes.macs[box] / self._most if self.boxes.macs[box] else None

    @cached_property
    def _most(self) -> int:
        return max(self.boxes.macs)

    @property
    def largest_share(self) -> str:
        """What the longest bar stands for; "" without multiply-adds."""
        return say_share(self._most, self.architecture.macs) if self.architecture.macs else ""

    def describe(self, box: int) -> str:
        """All there is to say of a box, a line each."""
        shown = self.boxes.boxes[box]
        nodes = self.boxes.nodes(shown)
        if not shown.is_folded:
            return describe_node(nodes[0], self.architecture)
        part = f", part {shown.part} of {shown.parts}" if shown.parts > 1 else ""
        return describe_group(shown.path, shown.kind, nodes, self.architecture, part=part)

    def headers(self, frame: int) -> tuple[str, ...]:
        """The name of an open group, in full, without its class, and ever less of its end."""
        path = self.layout.frames[frame].path
        return f"{path} · {self.architecture.groups[path].kind}", path, short_name(path), path.rpartition(".")[2]

    # Where they are

    def box_of(self, name: str) -> int | None:
        """The box that shows a node, itself or folded in a group."""
        place = self.architecture.index.get(name)
        return None if place is None else self.boxes.of_node[place]

    def boxes_of(self, names: Iterable[str]) -> frozenset[int]:
        """The boxes that show some nodes."""
        found = (self.box_of(each) for each in names)
        return frozenset(each for each in found if each is not None)

    def output_of(self, box: int) -> str:
        """The node whose output is a box's: its last one that can be shown, or else its last."""
        nodes = self.boxes.nodes(self.boxes.boxes[box])
        return next((each.name for each in reversed(nodes) if each.form is not None), nodes[-1].name)

    def box_at(self, point: Point) -> int | None:
        """The box at a point of the layout."""
        return _holding(self.layout.rects, point)

    def frame_at(self, point: Point) -> int | None:
        """The innermost frame at a point of the layout."""
        return _holding(self.frame_rects, point)

    # The way to others

    def next_to(self, box: int, along: int, across: int) -> int:
        """The box one step along the links, or the nearest one to a side; the box itself if there is none.

        Args:
            box: where the way begins.
            along: 1 for a box that takes its output, −1 for one whose output it takes, 0 for a side.
            across: −1 or 1 for a box to the left or right of the flow; 0 otherwise.
        """
        middles = self.layout.rects[:, :2] + self.layout.rects[:, 2:] / 2
        if self.layout.down:
            middles = middles[:, ::-1]
        away = middles - middles[box]
        if along:
            linked = (self.boxes.takers if along > 0 else self.boxes.links)[box]
            near = linked or ([] if any(self.boxes.links) else [box + along] if 0 <= box + along < len(self) else [])
            return min(near, key=lambda each: (abs(away[each, 0]), abs(away[each, 1]), each), default=box)
        aside = np.flatnonzero(away[:, 1] * across > 1)
        return min(aside.tolist(), key=lambda each: 2 * abs(away[each, 0]) + abs(away[each, 1]), default=box)


def _holding(rects: Rects, point: Point) -> int | None:
    """The last rectangle that a point lies in."""
    left, top, width, height = rects.T
    x, y = point
    found = np.flatnonzero((left <= x) & (x <= left + width) & (top <= y) & (y <= top + height))
    return int(found[-1]) if len(found) else None
