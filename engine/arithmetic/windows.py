"""Where the windows of a convolution or a pool lie on its input, and which of them see a place of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.int64]

PADDING_MODES = ("zeros", "reflect", "replicate", "circular")
"""How the input goes on beyond its edges, as torch calls it."""


@dataclass(frozen=True)
class Axis:
    """How windows lie along one axis.

    Attributes:
        size: of the input.
        count: positions of the output.
        kernel, stride, padding, dilation: as torch has them; all windows are alike.
        mode: of ``PADDING_MODES``.
        adaptive: whether the windows share the input out among the positions instead, as an adaptive pool does:
            position i sees from ⌊i · size / count⌋ to ⌈(i + 1) · size / count⌉, exclusive.
    """

    size: int
    count: int
    kernel: int = 1
    stride: int = 1
    padding: int = 0
    dilation: int = 1
    mode: str = "zeros"
    adaptive: bool = False

    def window(self, position: int) -> Places:
        """The places on the input that a position of the output sees; below 0, or from ``size`` on, in the padding.

        Raises:
            IndexError: the output has no such position.
        """
        if not 0 <= position < self.count:
            raise IndexError(f"there is no position {position} among {self.count}")
        if self.adaptive:
            return np.arange(position * self.size // self.count, -(-(position + 1) * self.size // self.count))
        places: Places = position * self.stride - self.padding + self.dilation * np.arange(self.kernel)
        return places[places < self.size + self.padding]  # a pool that rounds its size up reaches beyond

    def sources(self, places: Places) -> Places:
        """Where on the input the numbers at those places come from; −1 is a zero of the padding."""
        last = self.size - 1
        if self.mode == "circular":
            found = places % self.size
        elif self.mode == "replicate":
            found = np.clip(places, 0, last)
        elif self.mode == "reflect":
            found = last - np.abs(last - np.abs(places))
        else:
            found = np.where((places >= 0) & (places <= last), places, -1)
        return found

    def reached_from(self, place: int) -> Places:
        """The positions of the output that use that place of the input, also by way of the padding; ascending."""
        seen = (position for position in range(self.count) if place in self.sources(self.window(position)))
        return np.fromiter(seen, np.int64)


def out_size(size: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> int:
    """How many positions a window has: ⌊(W + 2P − D(F − 1) − 1) / S⌋ + 1, and 0 where it does not fit."""
    return max(0, (size + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1)
