"""The colours of the playground's numbers: grey for an input that is a picture, else as everywhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from engine.frame import Floats
from gui.views.colormaps import SEQUENTIAL, Packed, diverging, packed_of


@dataclass(frozen=True)
class Shade:
    """From numbers to colours.

    Attributes:
        high: the number of the last colour; above 0.
        signed: whether zero is in the middle and ``−high`` at the other end; else 0 is the first colour.
        grey: whether, unsigned, 0 is black and ``high`` white.
    """

    high: float
    signed: bool
    grey: bool = False

    @classmethod
    def of(cls, values: Floats, *, grey: bool = False, signed: bool = False) -> Self:
        """One that reaches just as far as these numbers; signed if any of them is negative."""
        return cls(float(np.abs(values).max()) or 1.0, signed or bool(values.min() < 0), grey)

    @property
    def low(self) -> float:
        """The number of the first colour."""
        return -self.high if self.signed else 0.0

    def colours(self, values: Floats) -> Packed:
        """Packed colours, of the shape of the numbers."""
        if self.signed:
            return diverging(values, self.high)
        places = np.rint(np.clip(values * (255 / self.high), 0, 255)).astype(np.uint32)
        return packed_of(places, places, places) if self.grey else SEQUENTIAL.take(places)


def pooled(values: Floats, rows: int, columns: int) -> Floats:
    """Fewer numbers, each the one of largest size of those it stands for, so that no single number is lost."""
    tops, lefts = np.arange(rows) * values.shape[0] // rows, np.arange(columns) * values.shape[1] // columns
    most = np.maximum.reduceat(np.maximum.reduceat(values, tops, axis=0), lefts, axis=1)
    least = np.minimum.reduceat(np.minimum.reduceat(values, tops, axis=0), lefts, axis=1)
    return np.where(most >= -least, most, least).astype(np.float32)
