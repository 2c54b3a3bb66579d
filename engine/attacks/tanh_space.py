"""The space in which Carlini & Wagner (2017) look for pictures: whatever its values are, pixels lie in [0, 1]."""

from __future__ import annotations

import torch
from torch import Tensor

WITHIN = 0.99
"""Pixels 0 and 1 lie at this share of the way to the ends of tanh, so that they can move.

At the ends themselves w is infinite and the slope is zero: a pixel would stay there for good. The authors' program has
0.999999, from where Adam needs hundreds of steps before black or white can be seen to change.
"""

MEAN_DECAY, SQUARE_DECAY, TINY = 0.9, 0.999, 1e-8
"""β₁, β₂ and ε of Adam, as published."""


def to_tanh(x: Tensor) -> Tensor:
    """The values w whose picture is ``x``, with pixels in [0, 1]."""
    return torch.atanh(WITHIN * (2 * x - 1))


def picture(w: Tensor) -> Tensor:
    """(tanh(w) / 0.99 + 1) / 2, brought into [0, 1]."""
    return ((torch.tanh(w) / WITHIN + 1) / 2).clamp_(0, 1)


def slope(w: Tensor) -> Tensor:
    """How fast pixels change with w, never zero: bringing them into [0, 1] is not looked at, so that none is stuck."""
    return (1 - torch.tanh(w).square()) / (2 * WITHIN)


class Adam:
    """Adam (Kingma & Ba 2015) for a batch whose pictures begin and end at different times.

    Args:
        like: (N, C, H, W), of what is to be moved.
    """

    def __init__(self, like: Tensor) -> None:
        self._mean = torch.zeros_like(like)
        self._square = torch.zeros_like(like)
        self._count = torch.zeros_like(like[:, :1, :1, :1])

    def way(self, gradient: Tensor) -> Tensor:
        """The way to go against, of about 1 in every value, (N, C, H, W)."""
        self._count = self._count + 1
        self._mean = MEAN_DECAY * self._mean + (1 - MEAN_DECAY) * gradient
        self._square = SQUARE_DECAY * self._square + (1 - SQUARE_DECAY) * gradient.square()
        mean = self._mean / (1 - MEAN_DECAY**self._count)
        return mean / ((self._square / (1 - SQUARE_DECAY**self._count)).sqrt() + TINY)

    def forget(self, which: Tensor) -> None:
        """Begins anew where ``which``, (N, 1, 1, 1) of bool, is true."""
        self._mean, self._square, self._count = (
            torch.where(which, 0.0, each) for each in (self._mean, self._square, self._count)
        )

    def keep(self, which: Tensor) -> None:
        """Goes on with some of the pictures alone, (N,) of bool."""
        if not bool(which.all()):
            self._mean, self._square, self._count = self._mean[which], self._square[which], self._count[which]
