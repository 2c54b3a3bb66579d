"""The weight c of an attack that makes a size and a loss small together: as little as is enough."""

from __future__ import annotations

import torch
from torch import Tensor

GROWTH = 10.0
"""By this a weight grows while none was enough."""


class Weight:
    """The weight that is tried next for every picture: a larger one where the last was too small, else a smaller one.

    The rule of the program of Carlini & Wagner (2017): ten times the last until one is enough, then the middle.

    Attributes:
        now: (N,) the weights to be tried.

    Args:
        first: the one that is tried first.
        like: (N, …), whose type and device the weights have.
    """

    def __init__(self, first: float, like: Tensor) -> None:
        self.now = torch.full((len(like),), first, dtype=like.dtype, device=like.device)
        self._low = torch.zeros_like(self.now)
        self._high = torch.full_like(self.now, torch.inf)

    def next(self, was_enough: Tensor) -> None:
        """Goes on to the next weights.

        Args:
            was_enough: (N,) of bool, where the one tried was large enough.
        """
        self._high = torch.where(was_enough, self.now, self._high)
        self._low = torch.where(was_enough, self._low, self.now)
        self.now = torch.where(self._high.isfinite(), (self._low + self._high) / 2, self.now * GROWTH)
