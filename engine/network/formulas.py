"""The arithmetic of layers: how many numbers they learn, how large their output is, how much they multiply.

Each is given with the formula that leads to it, numbers put in, so that it can be checked by hand. Nothing is built for
it: the number of parameters of a layer too large for memory comes out all the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import prod
from typing import NamedTuple

_THIN_SPACE = "\N{THIN SPACE}"


class Counted(NamedTuple):
    """A number and how it comes about, without the number itself: ``(3·3·3 + 1)·64``; "" where nothing is counted."""

    number: int
    formula: str = ""

    def __str__(self) -> str:
        """``(3·3·3 + 1)·64 = 1 792``."""
        result = thousands(self.number)
        return self.formula if self.formula in {"", result} else f"{self.formula} = {result}"


NOTHING = Counted(0)


def thousands(number: int) -> str:
    """A whole number as read, with thin spaces: ``401 920``."""
    return f"{number:,}".replace(",", _THIN_SPACE)


def total(parts: Iterable[Counted]) -> Counted:
    """The sum of several: ``(784 + 1)·512 + (512 + 1)·10``."""
    counted = [each for each in parts if each.number]
    return Counted(sum(each.number for each in counted), " + ".join(each.formula for each in counted))


def product(*factors: int) -> Counted:
    """``3·3·64``."""
    return Counted(prod(factors), "·".join(map(thousands, factors)))


# Parameters


def convolution_parameters(
    kernel: Sequence[int], inputs: int, outputs: int, *, groups: int = 1, bias: bool = True
) -> Counted:
    """(F·F·C_in / groups + 1)·C_out; without the 1 where there is no bias.

    Args:
        kernel: F along each axis.
        inputs: C_in, the channels that come in.
        outputs: C_out, the filters.
        groups: each filter sees C_in / groups channels.
        bias: whether every filter learns one.
    """
    seen = "·".join(map(thousands, (*kernel, inputs))) + (f"/{thousands(groups)}" if groups > 1 else "")
    return _rows(prod(kernel) * inputs // groups, seen, outputs, bias=bias)


def dense_parameters(inputs: int, outputs: int, *, bias: bool = True) -> Counted:
    """(in + 1)·out; without the 1 where there is no bias."""
    return _rows(inputs, thousands(inputs), outputs, bias=bias)


def norm_parameters(size: int, *, bias: bool = True) -> Counted:
    """2·C of a batch, layer or group norm: a scale and a shift each; only C without the shift."""
    return product(2, size) if bias else product(size)


def attention_parameters(width: int, *, bias: bool = True) -> Counted:
    """4·(E + 1)·E of multi-head attention: queries, keys, values and what brings the heads together."""
    each = dense_parameters(width, width, bias=bias)
    return Counted(4 * each.number, f"4·{each.formula}")


def _rows(count: int, formula: str, outputs: int, *, bias: bool) -> Counted:
    if bias:
        return Counted((count + 1) * outputs, f"({formula} + 1)·{thousands(outputs)}")
    return Counted(count * outputs, f"{formula}·{thousands(outputs)}")


# Size of the output, along one axis


def window_size(
    size: int, kernel: int, *, stride: int = 1, before: int = 0, after: int = 0, dilation: int = 1, ceil: bool = False
) -> Counted:
    """⌊(W − F + 2P) / S⌋ + 1 of a convolution or a pool.

    With dilation D the window reaches over D·(F − 1) + 1 instead of F. Where the last window may hang over the end
    (``ceil``), one that would start beyond the picture is left out.

    Args:
        size: W, of the input.
        kernel: F.
        stride: S.
        before: P, the padding at the start.
        after: the padding at the end, as a rule the same.
        dilation: D.
        ceil: whether to round up.
    """
    reach = thousands(kernel) if dilation == 1 else f"({dilation}·({kernel} − 1) + 1)"
    padding = f"2·{before}" if before == after else f"{before} + {after}"
    room = size - dilation * (kernel - 1) - 1 + before + after
    steps = -(-room // stride) if ceil else room // stride
    if ceil and steps * stride >= size + before:
        steps -= 1
    inner = f"({thousands(size)} − {reach} + {padding})/{stride}"
    if room % stride:
        inner = f"⌊{inner}⌋" if steps == room // stride else f"⌈{inner}⌉"
    return Counted(steps + 1, f"{inner} + 1")


def transposed_size(
    size: int, kernel: int, *, stride: int = 1, padding: int = 0, extra: int = 0, dilation: int = 1
) -> Counted:
    """(W − 1)·S − 2P + D·(F − 1) + 1 of a transposed convolution, and what is added at the end.

    Args:
        size: W, of the input.
        kernel: F.
        stride: S.
        padding: P, by how much the output is cut on both sides.
        extra: added at the end.
        dilation: D.
    """
    reach = dilation * (kernel - 1) + 1
    said = thousands(kernel) if dilation == 1 else f"{dilation}·({kernel} − 1) + 1"
    formula = f"({thousands(size)} − 1)·{stride} − 2·{padding} + {said}" + (f" + {extra}" if extra else "")
    return Counted((size - 1) * stride - 2 * padding + reach + extra, formula)


# Multiply-adds, for one picture; adding a bias is not counted


def convolution_macs(
    kernel: Sequence[int], inputs: int, outputs: int, places: Sequence[int], *, groups: int = 1
) -> Counted:
    """F·F·C_in / groups · C_out · H·W, with H × W the output's size (the input's, of a transposed convolution)."""
    filters = convolution_parameters(kernel, inputs, outputs, groups=groups, bias=False)
    return _times(filters, product(*places))


def dense_macs(inputs: int, outputs: int, places: Sequence[int] = ()) -> Counted:
    """in·out; if it is applied at every place of a map or to every token, at each."""
    return product(inputs, outputs, *(each for each in places if each != 1))


def attention_macs(queries: int, keys: int, width: int, value_width: int | None = None, *, rows: int = 1) -> Counted:
    """Q·Kᵀ, L·S·E, and the weighted sum of the values, L·S·E_v.

    Args:
        queries: L, how many tokens ask.
        keys: S, how many are asked.
        width: E, of all heads together.
        value_width: E_v; E if not given.
        rows: how many such attentions there are, such as windows.
    """
    value_width = width if value_width is None else value_width
    if value_width == width:
        together = product(2, queries, keys, width)
    else:
        together = total((product(queries, keys, width), product(queries, keys, value_width)))
    if rows == 1:
        return together
    formula = together.formula if value_width == width else f"({together.formula})"
    return Counted(together.number * rows, f"{formula}·{thousands(rows)}")


def _times(one: Counted, other: Counted) -> Counted:
    return Counted(one.number * other.number, f"{one.formula}·{other.formula}") if other.formula else one
