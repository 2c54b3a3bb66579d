"""The axis of the divergence strip: how high a distance stands, and an axis that keeps still while ε is dragged."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.frame import Floats

_DECADES: Final = 4
"""A logarithmic axis reaches no deeper below its end; what is smaller has no bar."""
_STEPS: Final = (1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 10.0)
_LEAST: Final = 1e-3
"""No axis ends lower: what is rounded off in a run is not to look like a distance."""
_MUCH: Final = 10.0
"""An axis that reaches so many times too far is made anew at once."""


@dataclass(frozen=True)
class Axis:
    """From where to where distances are shown.

    Attributes:
        low: at the foot; 0 on a linear axis.
        high: at the top.
        logarithmic: whether equal steps are equal factors.
    """

    low: float
    high: float
    logarithmic: bool

    def height_of(self, distance: float) -> float:
        """How high a distance stands, from 0 at the foot to 1 at the top."""
        if not self.logarithmic:
            return min(max(distance / self.high, 0.0), 1.0)
        if distance <= self.low:
            return 0.0
        return min(math.log(distance / self.low) / math.log(self.high / self.low), 1.0)

    @property
    def ticks(self) -> tuple[float, ...]:
        """The distances that are written beside it, from the foot up."""
        if self.logarithmic:
            first, last = round(math.log10(self.low)), round(math.log10(self.high))
            return tuple(10.0**each for each in range(first, last + 1))
        return (0.0, self.high / 2, self.high)


def axis_for(distances: Floats, *, logarithmic: bool) -> Axis:
    """The axis with round ends that just holds these distances, (n,); what is not finite counts for nothing."""
    shown = distances[np.isfinite(distances) & (distances > 0)]
    largest = max(float(shown.max()), _LEAST) if len(shown) else 0.01
    if not logarithmic:
        return Axis(0.0, _round_up(largest), logarithmic=False)
    last = math.ceil(round(math.log10(largest), 6))
    smallest = math.floor(math.log10(float(shown.min()))) if len(shown) else last - 1
    return Axis(10.0 ** max(min(smallest, last - 1), last - _DECADES), 10.0**last, logarithmic=True)


def _round_up(value: float) -> float:
    """The next number of one digit, with zeros, whose half is short too."""
    decade = 10.0 ** math.floor(math.log10(value))
    return next(step * decade for step in _STEPS if step * decade >= value * (1 - 1e-6))


def steadied(shown: Axis | None, wanted: Axis) -> Axis:
    """The axis to go on with while distances still move: it grows at once, and shrinks only from far too large."""
    if shown is None or shown.logarithmic != wanted.logarithmic or shown.high > _MUCH * wanted.high:
        return wanted
    if not wanted.logarithmic:
        return Axis(0.0, max(shown.high, wanted.high), logarithmic=False)
    high = max(shown.high, wanted.high)
    return Axis(max(min(shown.low, wanted.low), high / 10.0**_DECADES), high, logarithmic=True)


def say_distance(distance: float) -> str:
    """A relative distance as read, in per cent of the clean activations: ``34 %``, ``0.021 %``, ``not a number``."""
    if not math.isfinite(distance):
        return "not a number"
    percent = 100 * distance
    if percent and percent < 0.0005:
        return "< 0.001 %"
    return f"{percent:.0f} %" if percent >= 100 else f"{float(f'{percent:.2g}'):g} %"
