"""Networks of one layer: every answer is a weighted sum of the pixels, and the weights are pictures themselves."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Linear(nn.Module):
    """Softmax regression: z = W x + b, ten sums of 784 grey pixels.

    Row k of ``fc1.weight``, seen as 28 × 28, is the picture of what speaks for class k and what against it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.fc1 = nn.Linear(28 * 28, 10)

    def forward(self, x: Tensor) -> Tensor:
        """(N, 1, 28, 28) to logits (N, 10)."""
        answer: Tensor = self.fc1(x.flatten(1))
        return answer


class FrogOrShip(nn.Module):
    """Logistic regression: z = w · x + b over 3072 pixels, p(ship) = σ(z).

    The logits are (0, z): their softmax is (1 − σ(z), σ(z)).
    """

    def __init__(self) -> None:
        super().__init__()
        self.fc1 = nn.Linear(3 * 32 * 32, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, 32, 32) to logits (N, 2): frog, ship."""
        ship = self.fc1(x.flatten(1))
        return torch.cat([torch.zeros_like(ship), ship], 1)
