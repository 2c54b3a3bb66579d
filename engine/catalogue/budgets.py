"""How large a perturbation is worth looking at: the range of the ε slider and of everything drawn against ε."""

from __future__ import annotations

import math

from engine.catalogue.attacks import Norm

PHOTOGRAPH = 3000
"""From so many values on a picture counts as a photograph; 32 × 32 in colour is one, 28 × 28 in grey is a drawing."""


def epsilon_limit(norm: Norm, values: int) -> float:
    """The largest ε offered, pixels in [0, 1].

    In L∞ 16/255 for photographs, where the literature uses 2/255 to 8/255, and 80/255 for small drawings such as
    digits, where it uses 0.1 to 0.3. In L2 a quarter of the length that a change of that size in every value has, to
    one digit: 6 for 224 × 224 in colour, 0.9 for 32 × 32 in colour, 2 for 28 × 28 in grey.

    Args:
        norm: the norm that ε is measured in.
        values: how many numbers the picture is made of, C·H·W.

    Raises:
        ValueError: a picture without values.
    """
    if values < 1:
        raise ValueError(f"values: a picture has at least one, not {values}")
    largest = 16 / 255 if values >= PHOTOGRAPH else 80 / 255
    if norm is Norm.LINF:
        return largest
    length = largest * math.sqrt(values) / 4
    return round(length, -math.floor(math.log10(length)))
