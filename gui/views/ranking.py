"""Which classes have a row, and in which order, so that rows do not jump while ε is dragged."""

from __future__ import annotations

from collections.abc import Hashable, Iterable

from engine.frame import Frame

COUNT = 5
"""How many of the most probable classes of either picture have a row."""


class Ranking:
    """The order of the rows.

    First the clean picture's most probable classes, in their order, which does not depend on the attack. Then the
    classes that are to be kept in view: the target, the class to leave, the pinned ones. Last the newcomers: the
    perturbed picture's most probable classes that have no row yet, the more probable ones first. A newcomer keeps
    its row; when it leaves, the next to come takes that row, so that the others stay where they are.
    """

    def __init__(self, count: int = COUNT) -> None:
        self._count = count
        self._newcomers: list[int] = []
        self._scene: Hashable = None

    def rows(self, frame: Frame, pinned: Iterable[int]) -> list[int]:
        """The classes that have a row, from top to bottom; empty while nothing is predicted."""
        if frame.before is None:
            return []
        request, known = frame.request, len(frame.before.probabilities)
        scene = (request.image, request.placement, request.model)
        if scene != self._scene:
            self._scene, self._newcomers = scene, []
        wanted = (request.target, request.away_from, *pinned)
        kept = [each for each in wanted if each is not None and each < known]
        first = list(dict.fromkeys([*frame.before.top(self._count), *kept]))
        after = [] if frame.attacked is None else frame.attacked.prediction.top(self._count)
        self._newcomers = _seated(self._newcomers, [each for each in after if each not in first])
        return first + self._newcomers


def _seated(seats: list[int], wanted: list[int]) -> list[int]:
    """``wanted`` in an order that leaves as many as possible on the seats that they have."""
    coming = iter([each for each in wanted if each not in seats])
    taken = [each if each in wanted else next(coming, None) for each in seats]
    return [each for each in taken if each is not None] + list(coming)
