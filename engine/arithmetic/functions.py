"""The functions that networks put after their layers, with the formula of each."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from engine.arithmetic.convolving import Doubles

_SELU_ALPHA: Final = 1.6732632423543772
_SELU_SCALE: Final = 1.0507009873554805
"""Klambauer and others 2017, "Self-Normalizing Neural Networks"."""


@dataclass(frozen=True)
class Settings:
    """What an activation may be set to.

    Attributes:
        low, high: the limits of a clamp.
        slope: below zero, of a leaky rectifier; α of ELU.
    """

    low: float = -1.0
    high: float = 1.0
    slope: float = 0.01


@dataclass(frozen=True)
class Function:
    """An activation function.

    Attributes:
        title: as read: ``ReLU``.
        formula: as read; ``{low}``, ``{high}`` and ``{slope}`` stand for its settings.
        compute: of any number of float64.
    """

    title: str
    formula: str
    compute: Callable[[Doubles, Settings], Doubles]


def _sigmoid(x: Doubles) -> Doubles:
    half: Doubles = 0.5 * np.tanh(0.5 * x)  # does not overflow, unlike 1 / (1 + exp(−x))
    return half + 0.5


_erf = np.vectorize(math.erf, otypes=[np.float64])


def _softplus(x: Doubles) -> Doubles:
    found: Doubles = np.logaddexp(0.0, x)
    return found


def _elu(x: Doubles, alpha: float) -> Doubles:
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def _gelu_tanh(x: Doubles) -> Doubles:
    found: Doubles = 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))
    return found


_NAMES: Final = ("low", "high", "slope")

FUNCTIONS: Final[Mapping[str, Function]] = {
    "relu": Function("ReLU", "max(0, x)", lambda x, _: np.maximum(x, 0)),
    "relu6": Function("ReLU6", "min(max(0, x), 6)", lambda x, _: np.clip(x, 0, 6)),
    "hardtanh": Function(
        "Clamp", "min(max({low}, x), {high})", lambda x, settings: np.clip(x, settings.low, settings.high)
    ),
    "leaky_relu": Function(
        "Leaky ReLU", "x if x > 0, else {slope}·x", lambda x, settings: np.where(x > 0, x, settings.slope * x)
    ),
    "sigmoid": Function("Sigmoid", "1 / (1 + e⁻ˣ)", lambda x, _: _sigmoid(x)),
    "tanh": Function("Tanh", "tanh(x)", lambda x, _: np.tanh(x)),
    "silu": Function("SiLU", "x · sigmoid(x)", lambda x, _: x * _sigmoid(x)),
    "gelu": Function("GELU", "x · Φ(x), Φ of the normal law", lambda x, _: 0.5 * x * (1 + _erf(x / math.sqrt(2)))),
    "gelu_tanh": Function("GELU by tanh", "½x·(1 + tanh(√(2/π)·(x + 0.0447x³)))", lambda x, _: _gelu_tanh(x)),
    "hardswish": Function("Hard swish", "x · min(max(0, x + 3), 6) / 6", lambda x, _: x * np.clip(x + 3, 0, 6) / 6),
    "hardsigmoid": Function("Hard sigmoid", "min(max(0, x + 3), 6) / 6", lambda x, _: np.clip(x + 3, 0, 6) / 6),
    "elu": Function("ELU", "x if x > 0, else {slope}·(eˣ − 1)", lambda x, settings: _elu(x, settings.slope)),
    "selu": Function(
        "SELU", "1.0507·(x if x > 0, else 1.6733·(eˣ − 1))", lambda x, _: _SELU_SCALE * _elu(x, _SELU_ALPHA)
    ),
    "softplus": Function("Softplus", "ln(1 + eˣ)", lambda x, _: _softplus(x)),
    "mish": Function("Mish", "x · tanh(ln(1 + eˣ))", lambda x, _: x * np.tanh(_softplus(x))),
}
"""By the name that torch gives them."""


def activate(function: str, x: NDArray[Any] | float, settings: Settings = Settings()) -> Doubles:
    """An activation function of any numbers, in float64.

    Raises:
        KeyError: there is no such function.
    """
    return np.asarray(FUNCTIONS[function].compute(np.asarray(x, np.float64), settings), np.float64)


def formula_of(function: str, settings: Settings = Settings()) -> str:
    """The formula as read, with its settings put in."""
    said = {name: f"{getattr(settings, name):.4g}".replace("-", "−").replace("inf", "∞") for name in _NAMES}
    return FUNCTIONS[function].formula.format(**said)
