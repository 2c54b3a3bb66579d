"""A logarithmic axis for the sizes of gradients, however many decades they span."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from engine.answers import Floats

_MOST_TICKS = 6


@dataclass(frozen=True)
class LogAxis:
    """Powers of ten from foot to top.

    Attributes:
        first: the exponent at the foot.
        last: the exponent at the top.
    """

    first: int
    last: int

    def height_of(self, size: float) -> float:
        """How high a size stands, from 0 at the foot to 1 at the top; 0 and less stand at the foot."""
        if size <= 0:
            return 0.0
        return min(max((math.log10(size) - self.first) / (self.last - self.first), 0.0), 1.0)

    @property
    def ticks(self) -> tuple[int, ...]:
        """The exponents that are written beside it, from the foot up; few enough to be read."""
        step = math.ceil((self.last - self.first) / _MOST_TICKS)
        return tuple(range(self.first, self.last + 1, step))


def axis_for(*series: Floats) -> LogAxis:
    """The axis that just holds these sizes; what is not finite, or 0, counts for nothing."""
    sizes = np.concatenate([np.ravel(each) for each in series]) if series else np.zeros(0)
    shown = sizes[np.isfinite(sizes) & (sizes > 0)].astype(np.float64)
    if not len(shown):
        return LogAxis(-1, 0)
    first, last = math.floor(math.log10(shown.min())), math.ceil(math.log10(shown.max()))
    return LogAxis(first, max(last, first + 1))
