"""The output of a layer as pictures, one a unit: how it is folded, sorted, filtered and scaled. No Qt."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.frame import Floats
from engine.inside import Activations, Form, Node
from gui.session import Side

Places = NDArray[np.intp]
"""Places in ``Units``; not the numbers that the layer gives its units."""


class Scope(StrEnum):
    """What one scale of colours is for."""

    MAP = "map"
    LAYER = "layer"


class Order(StrEnum):
    """How units are sorted; what is largest comes first."""

    INDEX = "index"
    MEAN = "mean"
    CHANGE = "change"


class Choose(StrEnum):
    """Which units are shown."""

    ALL = "all"
    TOP_16 = "16"
    TOP_64 = "64"
    ALIVE = "alive"


_TOP: Final = {Choose.TOP_16: 16, Choose.TOP_64: 64}


@dataclass(frozen=True, eq=False)
class Units:
    """The units of a layer, each a picture.

    Attributes:
        layer: its name.
        form: of its output.
        clean: (N, H, W) float32; (N, 1, 1) of a vector, (1, T, C) of tokens that make no square.
        attacked: the same shape; None until there is one.
        numbers: (N,) what the layer calls its units.
        count: how many it has, also those that are not held here.
        aside_clean: (N,) value of the token that belongs to no patch; None where there is none.
        aside_attacked: the same of the attacked run.
    """

    layer: str
    form: Form
    clean: Floats
    attacked: Floats | None
    numbers: NDArray[np.int64]
    count: int
    aside_clean: Floats | None = None
    aside_attacked: Floats | None = None

    @property
    def is_matrix(self) -> bool:
        """Whether the one picture is a matrix of all tokens (rows) by all units (columns)."""
        return self.form is Form.TOKENS and len(self.clean) == 1 and len(self.numbers) != 1

    @property
    def noun(self) -> str:
        """What one of them is called."""
        return "map" if self.form is Form.MAPS else "unit"

    def place_of(self, number: int | None) -> int | None:
        """Where the unit of that number stands; None if it is not held."""
        if number is None:
            return None
        place = int(np.searchsorted(self.numbers, number))
        return place if place < len(self.numbers) and self.numbers[place] == number else None


def units_of(activations: Activations, count: int) -> Units:
    """What there is to show of a layer that has ``count`` units."""
    clean, attacked = activations.clean, activations.attacked
    held = clean.shape[-1 if activations.form is Form.TOKENS else 0]
    numbers = np.arange(held) if activations.sampled is None else activations.sampled
    aside_clean = aside_attacked = None
    match activations.form:
        case Form.VECTOR:
            clean, attacked = clean[:, None, None], None if attacked is None else attacked[:, None, None]
        case Form.TOKENS:
            extra = extra_tokens(len(clean))
            if extra:
                aside_clean, aside_attacked = clean[0], None if attacked is None else attacked[0]
            clean, attacked = _folded(clean, extra), None if attacked is None else _folded(attacked, extra)
        case Form.MAPS:
            pass
    return Units(
        activations.layer,
        activations.form,
        clean,
        attacked,
        numbers,
        max(count, len(numbers)),
        aside_clean,
        aside_attacked,
    )


def extra_tokens(tokens: int) -> int | None:
    """How many of the tokens come before those of a square grid of patches: 0, 1, or None where there is no grid."""
    for extra in (0, 1):
        patches = tokens - extra
        if patches >= 4 and math.isqrt(patches) ** 2 == patches:
            return extra
    return None


def _folded(tokens: Floats, extra: int | None) -> Floats:
    """(T, C) as (C, S, S), or as (1, T, C) where the tokens make no square."""
    if extra is None:
        return tokens[None]
    side = math.isqrt(len(tokens) - extra)
    return tokens[extra:].reshape(side, side, -1).transpose(2, 0, 1)


def values_of(units: Units, side: Side) -> Floats:
    """(N, H, W) of the clean run, the attacked one or their difference; the clean run while there is no other."""
    if units.attacked is None or side is Side.CLEAN:
        return units.clean
    return units.attacked if side is Side.ATTACKED else units.attacked - units.clean


# Which, and in which order


def sorted_units(units: Units, order: Order, choose: Choose) -> Places:
    """The places of the units that are shown, in the order in which they are."""
    shown = np.arange(len(units.clean))
    if units.is_matrix:
        return shown
    if choose in _TOP:
        shown = np.sort(np.argsort(-changes(units), kind="stable")[: _TOP[choose]])
    elif choose is Choose.ALIVE:
        shown = np.flatnonzero(~dead(units))
    if order is Order.INDEX:
        return shown
    key = changes(units) if order is Order.CHANGE else _means(units.clean)
    return shown[np.argsort(-key[shown], kind="stable")]


def changes(units: Units) -> Floats:
    """(N,) mean |attacked − clean| of every unit; what is not a number comes last."""
    if units.attacked is None:
        return np.zeros(len(units.clean), np.float32)
    return _means(np.abs(units.attacked - units.clean))


def _means(values: Floats) -> Floats:
    means: Floats = np.nan_to_num(values.mean(axis=(1, 2)), nan=-np.inf)
    return means


def dead(units: Units) -> NDArray[np.bool_]:
    """(N,) whether a unit is zero everywhere, in both runs."""
    runs = [each for each in (units.clean, units.attacked) if each is not None]
    silent: NDArray[np.bool_] = ~np.logical_or.reduce([each.any(axis=(1, 2)) for each in runs])
    return silent


# The scale


@dataclass(frozen=True, eq=False)
class Scale:
    """From which number to which the colours reach.

    Attributes:
        low: one number for all units, or (N,), one a unit.
        high: likewise.
        signed: whether zero is in the middle.
        missing: whether something is not a number.
    """

    low: Floats | float
    high: Floats | float
    signed: bool
    missing: bool

    def taken(self, places: Places) -> Scale:
        """The scale of some of the units."""
        low, high = (each if isinstance(each, float) else each[places] for each in (self.low, self.high))
        return Scale(low, high, self.signed, self.missing)

    def ends(self, place: int) -> tuple[float, float]:
        """The two limits of one unit."""
        low, high = (each if isinstance(each, float) else float(each[place]) for each in (self.low, self.high))
        return low, high


def scale_of(units: Units, side: Side, scope: Scope) -> Scale:
    """One scale for the clean and the attacked run, or one around zero for their difference.

    It begins at zero where nothing is negative in either run; else zero is in its middle.
    """
    runs = [units.clean] if units.attacked is None else [units.clean, units.attacked]
    difference = side is Side.DIFFERENCE and units.attacked is not None
    shown = [values_of(units, side)] if difference else runs
    limits = [_extremes(each, scope) for each in shown]
    low, high = np.minimum.reduce([each[0] for each in limits]), np.maximum.reduce([each[1] for each in limits])
    missing = any(each[2] for each in limits)
    signed = difference or bool(low.min(initial=0) < 0)
    if signed:
        high = np.maximum(high, -low)
    low = -high if signed else np.zeros_like(high)
    if scope is Scope.LAYER:
        return Scale(float(low[0]), float(high[0]), signed, missing)
    return Scale(low, high, signed, missing)


def _extremes(values: Floats, scope: Scope) -> tuple[Floats, Floats, bool]:
    """The smallest and the largest number, of each unit or, (1,), of all; and whether there is what is no number."""
    axes = (1, 2) if scope is Scope.MAP else (0, 1, 2)
    low, high = np.atleast_1d(values.min(axis=axes, initial=0)), np.atleast_1d(values.max(axis=axes, initial=0))
    if np.isfinite(low).all() and np.isfinite(high).all():
        return low, high, False
    finite = np.isfinite(values)
    low = np.atleast_1d(values.min(axis=axes, initial=0, where=finite))
    return low, np.atleast_1d(values.max(axis=axes, initial=0, where=finite)), bool(np.isnan(values).any())


# What a position sees


def window_of(node: Node, row: int, column: int, size: tuple[int, int]) -> tuple[float, float, float, float] | None:
    """Left, top, right and bottom of what a position sees of a picture of (height, width) ``size``.

    None where it is not known, where everything is seen, or where it lies in the padding alone.
    """
    if node.receptive is None:
        return None
    vertical, horizontal = node.receptive
    top, left = vertical.start + row * vertical.stride, horizontal.start + column * horizontal.stride
    bottom, right = top + vertical.size, left + horizontal.size
    seen = (max(left, 0.0), max(top, 0.0), min(right, float(size[1])), min(bottom, float(size[0])))
    return seen if seen[0] < seen[2] and seen[1] < seen[3] else None
