"""How large a perturbation is, in every norm."""

from __future__ import annotations

import math
from typing import NamedTuple

from engine.catalogue.attacks import Norm


class Sizes(NamedTuple):
    """How large a perturbation is: max |δ|, √Σδ² and Σ|δ| with pixels in [0, 1], how many pixels it changes.

    ``flow`` is how far it moves any point at most, in pixels; not a number where it moves none.
    """

    linf: float
    l2: float
    l1: float
    l0: int
    flow: float = math.nan

    def of(self, norm: Norm) -> float:
        """In that norm."""
        return float(dict(zip(Norm, self, strict=True))[norm])
