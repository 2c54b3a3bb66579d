"""What attacks climb and what tells how far they are: one number per image, never a mean over the batch.

A mean would make an image's gradient smaller the more images stand beside it.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """−log softmax(logits)[label] of every image, (N,).

    Args:
        logits: (N, K), not probabilities.
        labels: (N,) of int64.
    """
    return functional.cross_entropy(logits, labels, reduction="none")


def rise(logits: Tensor, labels: Tensor, targeted: bool) -> Tensor:
    """What most attacks want to grow, (N,): the cross-entropy of the class to leave, or minus that of the target."""
    loss = cross_entropy(logits, labels)
    return -loss if targeted else loss


def margin(logits: Tensor, labels: Tensor) -> Tensor:
    """The label's logit minus the largest other, (N,): positive while the label wins.

    Args:
        logits: (N, K) with K ≥ 2.
        labels: (N,) of int64.
    """
    column = labels[:, None]
    # Minus infinity rather than zero in the label's place: all the logits may be negative.
    others = logits.scatter(1, column, -torch.inf)
    return logits.gather(1, column)[:, 0] - others.amax(1)


def is_reached(logits: Tensor, labels: Tensor | int, targeted: bool) -> Tensor:
    """Which of the answers are what the attack wants: another class than the label, or the target; (N,) of bool."""
    answers = logits.argmax(-1)
    reached: Tensor = answers == labels if targeted else answers != labels
    return reached


def likeliest_others(logits: Tensor, labels: Tensor, count: int | None = None) -> Tensor:
    """The classes besides each label, the largest logit first, ``count`` of them or all there are, (N, n)."""
    most = logits.shape[1] - 1
    others = logits.scatter(1, labels[:, None], -torch.inf)
    return others.argsort(dim=1, descending=True, stable=True)[:, : most if count is None else min(count, most)]


def lead(logits: Tensor, labels: Tensor, targeted: bool) -> Tensor:
    """By how much the attack's aim leads, (N,): the margin of the target, or the other way round of the class to leave.

    It is positive where the aim is reached.
    """
    ahead = margin(logits, labels)
    return ahead if targeted else -ahead
