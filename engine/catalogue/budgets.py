"""How large a perturbation is worth looking at: the range of the ε slider and of everything drawn against ε."""

from __future__ import annotations

import math

from engine.catalogue.attacks import Norm

PHOTOGRAPH = 3000
"""From so many values on a picture counts as a photograph; 32 × 32 in colour is one, 28 × 28 in grey is a drawing."""

LARGE = 3 * 64 * 64
"""From so many values on a photograph is a large one: ε is chosen so that it cannot be seen."""


def epsilon_limit(norm: Norm, values: int) -> float:
    """The largest ε offered, pixels in [0, 1].

    In L∞ 16/255 for photographs, where the literature uses 2/255 to 8/255, and 80/255 for small drawings such as
    digits, where it uses 0.1 to 0.3. In L2 a quarter of the length that a change of that size in every value has, to
    one digit: 6 for 224 × 224 in colour, 0.9 for 32 × 32 in colour, 2 for 28 × 28 in grey. In L1, where the literature
    uses some 12 for 32 × 32 in colour and 60 for 224 × 224, and in L0 a multiple of the root of the values, likewise
    to one digit: 200, 20 and 60, and 1000, 100 and 70 pixels. Where a picture is moved, a quarter of its side, which is
    half as far as the literature turns and shifts it: 60, 8 and 7 pixels.

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
    root = math.sqrt(values)
    side = root / math.sqrt(3 if values >= PHOTOGRAPH else 1)
    length = {
        Norm.L2: largest * root / 4,
        Norm.L1: largest * root * 6.5,
        Norm.L0: max(2.5 * root, 1),
        Norm.FLOW: side / 4,
    }[norm]
    return round(length, -math.floor(math.log10(length)))


def usual_epsilon(norm: Norm, values: int) -> float:
    """What the literature uses for such pictures: in L∞ 2/255 for photographs, 8/255 for small ones, 0.2 for digits.

    It is a part of the usual range: an eighth for photographs, half of it for small ones in colour, five eighths for
    drawings; in L0, where few pixels are much, an eighth for all.

    Args:
        norm: the norm that ε is measured in.
        values: how many numbers the picture is made of, C·H·W.

    Raises:
        ValueError: a picture without values.
    """
    part = 1 / 8 if norm is Norm.L0 or values >= LARGE else 1 / 2 if values >= PHOTOGRAPH else 5 / 8
    return tidy(norm, epsilon_limit(norm, values) * part)


def tidy(norm: Norm, epsilon: float) -> float:
    """ε to one digit but in L∞, where no unit makes it a round number; in L0 it is a whole one."""
    if norm is Norm.LINF:
        return epsilon
    rounded = round(epsilon, -math.floor(math.log10(epsilon)))
    return max(1.0, round(rounded)) if norm is Norm.L0 else rounded
