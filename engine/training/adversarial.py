"""The attack that a network meets while it learns: PGD in L∞, fast rather than exact.

What a network withstands in the end is measured with ``engine.attacks``, see ``engine.training.measuring``.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional


def attacked(
    network: Callable[[Tensor], Tensor], x: Tensor, labels: Tensor, *, epsilon: float, steps: int, step_size: float
) -> Tensor:
    """Pictures moved away from their labels: xₖ₊₁ = Π(xₖ + α · sign ∇ₓJ), from a random start in the ball.

    Madry et al. 2018, arXiv:1706.06083, section 2.1. The gradient is that of the network as it is just now, in
    training mode.

    Args:
        network: pixels in [0, 1] to logits.
        x: (N, C, H, W) in [0, 1].
        labels: (N,) of int64.
        epsilon: the largest change of a pixel.
        steps: how many.
        step_size: of each, as a share of ε.

    Returns:
        (N, C, H, W) in [0, 1], at most ε from ``x``.
    """
    low, high = (x - epsilon).clamp(min=0), (x + epsilon).clamp(max=1)
    moved = torch.clamp(x + epsilon * (2 * torch.rand_like(x) - 1), low, high)
    for _ in range(steps):
        moved.requires_grad_()
        loss = functional.cross_entropy(network(moved), labels)
        (gradient,) = torch.autograd.grad(loss, moved)
        moved = torch.clamp(moved.detach() + step_size * epsilon * gradient.sign(), low, high)
    return moved
