"""Numbers as the engine hands them over, and the network's answer among them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Prediction:
    """The network's answer: (K,) probabilities, summing to one."""

    probabilities: Floats

    @cached_property
    def label(self) -> int:
        """The most probable class."""
        return int(self.probabilities.argmax())

    def top(self, count: int) -> list[int]:
        """The ``count`` most probable classes, most probable first."""
        return [int(each) for each in np.argsort(-self.probabilities, kind="stable")[:count]]
