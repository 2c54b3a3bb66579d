"""The networks used last, kept loaded: to go back to one of them costs nothing."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable

from engine.models.classifier import Classifier

MOST_NETWORKS = 4
MOST_PARAMETERS = 100_000_000
"""Of all kept networks together: some 800 MB with the prepared copies."""


class RecentNetworks:
    """A few classifiers by what they were asked for; the least recently used is forgotten first."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Hashable, Classifier] = OrderedDict()
        self._most = MOST_NETWORKS

    def make_room(self, count: int) -> None:
        """Lets so many be kept, if that is more than usual; all together never have more parameters than usual."""
        self._most = max(count, MOST_NETWORKS)

    def holds(self, wanted: Hashable) -> bool:
        """Whether the classifier is kept."""
        return wanted in self._kept

    def get(self, wanted: Hashable, load: Callable[[], Classifier]) -> Classifier:
        """The classifier that is wanted, loaded if it is not kept; the newest is kept whatever its size."""
        if wanted not in self._kept:
            self._kept[wanted] = load()
        self._kept.move_to_end(wanted)
        while len(self._kept) > 1 and self._is_too_much():
            self._kept.popitem(last=False)
        return self._kept[wanted]

    def _is_too_much(self) -> bool:
        parameters = sum(each.parameters_count for each in self._kept.values())
        return len(self._kept) > self._most or parameters > MOST_PARAMETERS
