"""The space in which Carlini & Wagner (2017) look for pictures: whatever its values are, pixels lie in [0, 1]."""

from __future__ import annotations

import torch
from torch import Tensor

WITHIN = 0.99
"""Pixels 0 and 1 lie at this share of the way to the ends of tanh, so that they can move.

At the ends themselves w is infinite and the slope is zero: a pixel would stay there for good. The authors' program has
0.999999, from where Adam needs hundreds of steps before black or white can be seen to change.
"""


def to_tanh(x: Tensor) -> Tensor:
    """The values w whose picture is ``x``, with pixels in [0, 1]."""
    return torch.atanh(WITHIN * (2 * x - 1))


def picture(w: Tensor) -> Tensor:
    """(tanh(w) / 0.99 + 1) / 2, brought into [0, 1]."""
    return ((torch.tanh(w) / WITHIN + 1) / 2).clamp_(0, 1)


def slope(w: Tensor) -> Tensor:
    """How fast pixels change with w, never zero: bringing them into [0, 1] is not looked at, so that none is stuck."""
    return (1 - torch.tanh(w).square()) / (2 * WITHIN)
