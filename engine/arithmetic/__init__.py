"""The numbers of a layer, recomputed by hand with NumPy alone, so that each of them can be shown as it comes about."""

from __future__ import annotations

from engine.arithmetic.convolving import Doubles, convolve, pad
from engine.arithmetic.functions import FUNCTIONS, Settings, activate, formula_of
from engine.arithmetic.taken import (
    Normed,
    Place,
    Pooled,
    Softened,
    Taken,
    as_maps,
    axes,
    norm_of,
    pool_apart,
    reached_from,
    settings_of,
    soften,
    softmax_of,
    take_apart,
    top_channels,
)
from engine.arithmetic.windows import PADDING_MODES, Axis, Places, out_size

__all__ = [
    "FUNCTIONS",
    "PADDING_MODES",
    "Axis",
    "Doubles",
    "Normed",
    "Place",
    "Places",
    "Pooled",
    "Settings",
    "Softened",
    "Taken",
    "activate",
    "as_maps",
    "axes",
    "convolve",
    "formula_of",
    "norm_of",
    "out_size",
    "pad",
    "pool_apart",
    "reached_from",
    "settings_of",
    "soften",
    "softmax_of",
    "take_apart",
    "top_channels",
]
