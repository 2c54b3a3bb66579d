"""Adam (Kingma & Ba 2015, arXiv:1412.6980, algorithm 1), for attacks that take its steps in ways of their own."""

from __future__ import annotations

import torch
from torch import Tensor

MEAN_DECAY, SQUARE_DECAY, TINY = 0.9, 0.999, 1e-8
"""β₁, β₂ and ε, as published."""


class Adam:
    """Its memory for a batch whose pictures may begin and end at different times.

    m ← β₁ m + (1 − β₁) g, v ← β₂ v + (1 − β₂) g²; the way is m̂ / (√v̂ + 10⁻⁸) with m̂ = m / (1 − β₁ᵗ) and
    v̂ = v / (1 − β₂ᵗ). At first every value of it is ±1, whatever the size of the gradient.

    Args:
        like: (N, …), whose shape, type and device the gradients have.
    """

    def __init__(self, like: Tensor) -> None:
        self._mean = torch.zeros_like(like)
        self._square = torch.zeros_like(like)
        # In double precision, which not every device has: 1 − β₂ᵗ is a small difference of large numbers.
        self._count = torch.zeros(len(like), *(1 for _ in like.shape[1:]), dtype=torch.float64)

    def way(self, gradient: Tensor) -> Tensor:
        """The way up, or to go against, of about 1 in every value, after one more gradient; like it."""
        self._count = self._count + 1
        self._mean = MEAN_DECAY * self._mean + (1 - MEAN_DECAY) * gradient
        self._square = SQUARE_DECAY * self._square + (1 - SQUARE_DECAY) * gradient.square()
        mean = self._mean / self._settled(MEAN_DECAY)
        return mean / ((self._square / self._settled(SQUARE_DECAY)).sqrt() + TINY)

    def forget(self, which: Tensor) -> None:
        """Begins anew where ``which``, (N, 1, …) of bool, is true."""
        self._mean, self._square = (torch.where(which, 0.0, each) for each in (self._mean, self._square))
        self._count = torch.where(which.cpu(), 0.0, self._count)

    def keep(self, which: Tensor) -> None:
        """Goes on with some of the pictures alone, (N,) of bool."""
        if not bool(which.all()):
            self._mean, self._square, self._count = self._mean[which], self._square[which], self._count[which.cpu()]

    def _settled(self, decay: float) -> Tensor:
        """1 − βᵗ, the share of the whole that the weights of all gradients so far make up, (N, 1, …)."""
        return (1 - decay**self._count).to(self._mean.dtype).to(self._mean.device)
