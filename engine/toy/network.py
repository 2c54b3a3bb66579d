"""A tiny dense network in float64: its values, its loss, and the loss's slope by every number in it.

Backpropagation as Rumelhart, Hinton and Williams wrote it down (1986, "Learning representations by back-propagating
errors"), one factor of the chain rule at a time. Nothing is differentiated by a library, so that a reader can follow
every line; the tests compare each factor with one that does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.inside import Factors

Numbers = NDArray[np.float64]


LARGEST = 1e6
"""No weight or bias is larger: what goes beyond it goes on to infinity."""


class ToyError(ValueError):
    """Layers, inputs or targets that do not fit together; the message says which."""


class Function(StrEnum):
    """What makes y of z in a layer."""

    IDENTITY = ""
    SIGMOID = "sigmoid"
    TANH = "tanh"
    RELU = "relu"
    SOFTMAX = "softmax"
    """Only at the end, and with cross-entropy: its factors are not taken apart, ∂E/∂z = y − t is given whole."""


class Loss(StrEnum):
    """How far the output y is from the target t."""

    SQUARED = "squared"
    """E = ½ Σ (y − t)²."""
    CROSS_ENTROPY = "cross-entropy"
    """E = −Σ (t ln y + (1 − t) ln(1 − y)) after a sigmoid, −Σ t ln y after softmax."""


@dataclass(frozen=True, eq=False)
class Dense:
    """One layer: z = w·x + b, y = f(z).

    Attributes:
        weight: (n, m); row j holds what neuron j takes of every input.
        bias: (n,).
        function: f.

    Raises:
        ToyError: the sizes do not fit, or a number is none, or too large.
    """

    weight: Numbers
    bias: Numbers
    function: Function = Function.IDENTITY

    def __post_init__(self) -> None:
        weight, bias = np.array(self.weight, np.float64), np.array(self.bias, np.float64)
        if weight.ndim != 2 or bias.shape != weight.shape[:1] or not weight.size:
            raise ToyError(f"weights of shape {weight.shape} do not go with biases of shape {bias.shape}")
        if not ((np.abs(weight) <= LARGEST).all() and (np.abs(bias) <= LARGEST).all()):
            raise ToyError(f"every weight and bias must be a number of at most {LARGEST:g}")
        object.__setattr__(self, "weight", weight)
        object.__setattr__(self, "bias", bias)

    def moved(self, weight_by: ArrayLike, bias_by: ArrayLike) -> Self:
        """The layer with something added to its weights, (n, m), and biases, (n,)."""
        return replace(self, weight=self.weight + np.asarray(weight_by), bias=self.bias + np.asarray(bias_by))


@dataclass(frozen=True, eq=False)
class Value:
    """What one layer does with its input: (m,) ``inputs``, (n,) ``pre``, which is z, and (n,) ``outputs``, y."""

    inputs: Numbers
    pre: Numbers
    outputs: Numbers


@dataclass(frozen=True, eq=False)
class Toy:
    """A chain of dense layers and the loss at its end.

    Raises:
        ToyError: the layers do not fit together, or the loss does not go with the last one.
    """

    layers: tuple[Dense, ...]
    loss: Loss = Loss.SQUARED

    def __post_init__(self) -> None:
        if not self.layers:
            raise ToyError("a network needs a layer")
        for before, after in zip(self.layers, self.layers[1:], strict=False):
            if after.weight.shape[1] != before.weight.shape[0]:
                raise ToyError(
                    f"a layer gives {before.weight.shape[0]} numbers, the next takes {after.weight.shape[1]}"
                )
        if any(each.function is Function.SOFTMAX for each in self.layers[:-1]):
            raise ToyError("softmax stands at the end only")
        fitting = _ENDS[self.loss]
        if self.layers[-1].function not in fitting:
            names = " or ".join(each or "identity" for each in fitting)
            raise ToyError(f"{self.loss} goes with {names} at the end")

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many inputs, and how many neurons each layer has."""
        return (self.layers[0].weight.shape[1], *(len(each.bias) for each in self.layers))

    def forward(self, x: ArrayLike) -> tuple[Value, ...]:
        """What every layer makes of an input, (m,).

        Raises:
            ToyError: it is not m finite numbers.
        """
        inputs = _checked("input", x, self.sizes[0])
        values: list[Value] = []
        for layer in self.layers:
            pre = layer.weight @ inputs + layer.bias
            values.append(Value(inputs, pre, _FUNCTIONS[layer.function](pre)))
            inputs = values[-1].outputs
        return tuple(values)

    def error(self, x: ArrayLike, target: ArrayLike) -> float:
        """E, for an input and a target, (n,).

        Raises:
            ToyError: they do not fit the network, or the target is no probability where one is needed.
        """
        last, t = self.forward(x)[-1], self._target(target)
        if self.loss is Loss.SQUARED:
            return float(0.5 * np.square(last.outputs - t).sum())
        if self.layers[-1].function is Function.SOFTMAX:
            return float(np.logaddexp.reduce(last.pre) - t @ last.pre)
        return float((np.logaddexp(0, last.pre) - t * last.pre).sum())

    def backward(self, x: ArrayLike, target: ArrayLike) -> tuple[Factors, ...]:
        """Every factor of the chain rule, in float64, from the first layer to the last.

        A layer without a function has ∂y/∂z = 1. A rectifier's slope at exactly 0 is taken to be 0.

        Raises:
            ToyError: as ``error``.
        """
        values, t = self.forward(x), self._target(target)
        found: list[Factors] = []
        d_outputs: Numbers | None = None
        for place in reversed(range(len(self.layers))):
            layer, value = self.layers[place], values[place]
            if d_outputs is None:
                d_outputs, d_local, d_pre = self._at_the_end(value, t)
            else:
                d_local = _SLOPES[layer.function](value)
                d_pre = d_outputs * d_local
            found.append(_factors(place, layer, value, d_outputs, d_local, d_pre))
            d_outputs = layer.weight.T @ d_pre
        return tuple(reversed(found))

    def _at_the_end(self, value: Value, t: Numbers) -> tuple[Numbers, Numbers, Numbers]:
        """∂E/∂y, ∂y/∂z and ∂E/∂z of the last layer."""
        function, short = self.layers[-1].function, value.outputs - t
        if function is Function.SOFTMAX:
            return np.empty(0), np.empty(0), short
        local = _SLOPES[function](value)
        if self.loss is Loss.SQUARED:
            return short, local, short * local
        with np.errstate(divide="ignore", invalid="ignore"):  # saturated beyond float64: 1/0 is said to be infinite
            slope = np.where(short == 0, 0.0, short / local)
        return slope, local, short  # the product of the two is y − t, also where one of them has no end

    def _target(self, target: ArrayLike) -> Numbers:
        t = _checked("target", target, self.sizes[-1])
        if self.loss is Loss.CROSS_ENTROPY and not ((t >= 0) & (t <= 1)).all():
            raise ToyError("with cross-entropy a target lies between 0 and 1")
        if self.layers[-1].function is Function.SOFTMAX and not np.isclose(t.sum(), 1):
            raise ToyError("with softmax the targets add up to 1")
        return t

    # Other weights

    def step(self, x: ArrayLike, target: ArrayLike, rate: float) -> Self:
        """The network after one step of gradient descent, w − rate · ∂E/∂w, on one example.

        Raises:
            ToyError: as ``error``; also where the step leads beyond ``LARGEST``.
        """
        factors = self.backward(x, target)
        pairs = zip(self.layers, factors, strict=True)
        return replace(
            self, layers=tuple(layer.moved(-rate * each.d_weight, -rate * each.d_pre) for layer, each in pairs)
        )

    def with_number(self, layer: int, row: int, column: int | None, value: float) -> Self:
        """The network with another weight, or bias where ``column`` is None.

        Raises:
            ToyError: the number is none, or too large.
        """
        old = self.layers[layer]
        weight, bias = old.weight.copy(), old.bias.copy()
        if column is None:
            bias[row] = value
        else:
            weight[row, column] = value
        layers = (*self.layers[:layer], replace(old, weight=weight, bias=bias), *self.layers[layer + 1 :])
        return replace(self, layers=layers)


_ENDS: Mapping[Loss, tuple[Function, ...]] = {
    Loss.SQUARED: (Function.IDENTITY, Function.SIGMOID, Function.TANH, Function.RELU),
    Loss.CROSS_ENTROPY: (Function.SIGMOID, Function.SOFTMAX),
}


def _softmax(z: Numbers) -> Numbers:
    powers = np.exp(z - z.max())
    shares: Numbers = powers / powers.sum()
    return shares


_FUNCTIONS: Mapping[Function, Callable[[Numbers], Numbers]] = {
    Function.IDENTITY: np.copy,
    Function.SIGMOID: lambda z: 0.5 * (1 + np.tanh(z / 2)),
    Function.TANH: np.tanh,
    Function.RELU: lambda z: np.maximum(z, 0),
    Function.SOFTMAX: _softmax,
}


def _sigmoid_slope(value: Value) -> Numbers:
    """The slope y (1 − y) by z, where 1 − y would lose all digits."""
    small: Numbers = np.exp(-np.abs(value.pre))
    return small / np.square(1 + small)


_SLOPES: Mapping[Function, Callable[[Value], Numbers]] = {
    Function.IDENTITY: lambda value: np.ones_like(value.pre),
    Function.SIGMOID: _sigmoid_slope,
    Function.TANH: lambda value: 1 - np.square(value.outputs),
    Function.RELU: lambda value: (value.pre > 0).astype(np.float64),
}


def _factors(place: int, layer: Dense, value: Value, d_outputs: Numbers, d_local: Numbers, d_pre: Numbers) -> Factors:
    return Factors(
        layer=f"layer {place + 1}",
        activation=layer.function.value,
        inputs=value.inputs,
        pre=value.pre,
        outputs=value.outputs,
        weight=layer.weight,
        bias=layer.bias,
        d_outputs=d_outputs,
        d_local=d_local,
        d_pre=d_pre,
        d_weight=np.outer(d_pre, value.inputs),
        d_inputs=layer.weight.T @ d_pre,
    )


def _checked(what: str, numbers: ArrayLike, count: int) -> Numbers:
    array = np.array(numbers, np.float64)
    if array.shape != (count,) or not np.isfinite(array).all():
        raise ToyError(f"the {what} must be {count} finite numbers, not {numbers!r}")
    return array
