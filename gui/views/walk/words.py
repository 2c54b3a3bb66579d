"""How the numbers of a tiny network are called and said, and the rules of its functions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from engine.toy import Function
from gui.views.scale_bar import say_value as say

__all__ = ["RULES", "Names", "Rule", "bracketed", "say", "target_name"]

_RAISED: Final = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_LOWERED: Final = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def bracketed(value: float) -> str:
    """A number as a factor or a term: a negative one stands in brackets."""
    text = say(value)
    return f"({text})" if text.startswith("−") else text


@dataclass(frozen=True)
class Names:
    """What the numbers of a layer are called: ``y⁽¹⁾₂`` is that of its second neuron; ``x₂`` is the second input.

    Attributes:
        layer: 0 for the inputs.
        count: of its neurons; a single one is not numbered.
    """

    layer: int
    count: int

    def y(self, row: int) -> str:
        """An output, or an input of the network."""
        return f"x{self._index(row)}" if self.layer == 0 else self._of("y", row)

    def z(self, row: int) -> str:
        """What a neuron sums up, before its function."""
        return self._of("z", row)

    def b(self, row: int) -> str:
        """A bias."""
        return self._of("b", row)

    def w(self, row: int, column: int, before: Names) -> str:
        """The weight of a neuron for one of the layer before: first where it leads to, then where it comes from."""
        return self._of("w", row) + before._index(column)

    def _of(self, letter: str, row: int) -> str:
        return f"{letter}⁽{str(self.layer).translate(_RAISED)}⁾{self._index(row)}"

    def _index(self, row: int) -> str:
        return str(row + 1).translate(_LOWERED) if self.count > 1 else ""


def target_name(row: int, count: int) -> str:
    """``t``, or ``t₂`` of several."""
    return f"t{str(row + 1).translate(_LOWERED)}" if count > 1 else "t"


@dataclass(frozen=True)
class Rule:
    """A function and its slope, in letters and in words.

    Attributes:
        does: what it does with a sum: ``squeezes the sum between 0 and 1``.
        formula: of y.
        with_numbers: of y, with ``{z}`` to be put in; "" where nothing happens to it.
        slope: ∂y/∂z.
        slope_with_numbers: with ``{y}``, ``{rest}`` and ``{z}`` to be put in.
        slope_says: the slope in words.
    """

    does: str
    formula: str
    with_numbers: str
    slope: str
    slope_with_numbers: str
    slope_says: str


RULES: Final[Mapping[Function, Rule]] = {
    Function.IDENTITY: Rule(
        does="passes the sum on as it is",
        formula="z",
        with_numbers="",
        slope="1",
        slope_with_numbers="1",
        slope_says="Nothing happens to the sum here, so that its slope is 1.",
    ),
    Function.SIGMOID: Rule(
        does="squeezes the sum between 0 and 1",
        formula="σ(z) = 1 / (1 + e⁻ᶻ)",
        with_numbers="σ({z})",
        slope="y · (1 − y)",
        slope_with_numbers="{y} · {rest}",
        slope_says="The slope of the sigmoid is ¼ at most, and next to nothing where it is saturated.",
    ),
    Function.TANH: Rule(
        does="squeezes the sum between −1 and 1",
        formula="tanh z",
        with_numbers="tanh({z})",
        slope="1 − y²",
        slope_with_numbers="1 − {y}²",
        slope_says="The slope of tanh is 1 in the middle, and next to nothing where it is saturated.",
    ),
    Function.RELU: Rule(
        does="lets no negative sum through",
        formula="max(0, z)",
        with_numbers="max(0, {z})",
        slope="1 if z > 0, else 0",
        slope_with_numbers="(z = {z})  →",
        slope_says="A rectifier that lets nothing through lets no gradient back either.",
    ),
    Function.SOFTMAX: Rule(
        does="shares one whole among all neurons of the layer",
        formula="softmax(z) = eᶻ / Σ eᶻ",
        with_numbers="e^({z}) / Σ eᶻ",
        slope="",
        slope_with_numbers="",
        slope_says="",
    ),
}
