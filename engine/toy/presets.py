"""Tiny networks worth walking through: XOR in four states of knowledge, a chain, saturation, softmax."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.toy.network import Dense, Function, Loss, Toy


@dataclass(frozen=True)
class Example:
    """An input, (m,), and the wanted output, (n,)."""

    x: tuple[float, ...]
    target: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class Preset:
    """A network to begin with.

    Attributes:
        title: as read in a menu.
        story: what is to be seen in it, in a sentence or two.
        toy: the network.
        examples: what it is to learn; the first is shown first.
        rate: the length of a step that suits it.
        first: the place of the example to begin with.
    """

    title: str
    story: str
    toy: Toy
    examples: tuple[Example, ...]
    rate: float = 1.0
    first: int = 0


XOR = tuple(Example((a, b), (float(a != b),)) for a in (0.0, 1.0) for b in (0.0, 1.0))
"""The four rows of the table: 1 where exactly one input is 1."""


def _dense(weight: Sequence[Sequence[float]], bias: Sequence[float], function: Function = Function.IDENTITY) -> Dense:
    return Dense(np.array(weight), np.array(bias), function)


def _neuron(weight: float, bias: float, function: Function = Function.SIGMOID) -> Dense:
    return _dense([[weight]], [bias], function)


_UNTRAINED = Toy(
    (
        _dense([[0.9, -0.6], [-0.5, 0.8]], [0.1, 0.2], Function.TANH),
        _dense([[0.6, 0.4]], [-0.1], Function.SIGMOID),
    ),
    Loss.CROSS_ENTROPY,
)
_RECTIFIERS = Toy((_dense([[1, 1], [1, 1]], [0, -1], Function.RELU), _dense([[1, -2]], [0])))
_SIGMOIDS = Toy(
    (
        _dense([[8, 8], [-8, -8]], [-4, 12], Function.SIGMOID),
        _dense([[8, 8]], [-12], Function.SIGMOID),
    ),
    Loss.CROSS_ENTROPY,
)
_CHAIN = Toy((_neuron(0.8, 0.1), _neuron(-1.2, 0.4), _neuron(1.5, -0.3)))
_THREE = Toy((_dense([[0.5, -0.4], [-0.3, 0.6], [0.1, 0.2]], [0, 0.1, -0.1], Function.SOFTMAX),), Loss.CROSS_ENTROPY)

PRESETS: tuple[Preset, ...] = (
    Preset(
        "XOR, untrained",
        "Two hidden neurons that know nothing yet. Step or train, and watch the four rows being learnt.",
        _UNTRAINED,
        XOR,
        rate=2.0,
        first=1,
    ),
    Preset(
        "XOR, solved by rectifiers",
        "One hidden layer solves it exactly: the second neuron takes back what two ones have too much. "
        "All gradients are 0 here: nothing is left to learn.",
        _RECTIFIERS,
        XOR,
        rate=0.1,
        first=1,
    ),
    Preset(
        "XOR, solved by sigmoids",
        "“At least one” and “not both”, and then both of these. The gradients are small, as little is left to learn.",
        _SIGMOIDS,
        XOR,
        first=1,
    ),
    Preset(
        "XOR, the best straight model",
        "Without a hidden layer nothing is better than 0.5 for all four rows: their gradients cancel, "
        "and training does not move it.",
        Toy((_dense([[0, 0]], [0.5]),)),
        XOR,
        rate=0.1,
        first=1,
    ),
    Preset(
        "A chain of three states",
        "One neuron after the other: ∂E/∂w and ∂E/∂b of each are a product along the chain, "
        "and every sigmoid brings a factor of ¼ at most.",
        _CHAIN,
        (Example((1.0,), (1.0,)),),
    ),
    Preset(
        "Wrong and sure, squared loss",
        "The sigmoid is saturated: ∂y/∂z is almost 0, and with it the whole gradient, though the answer is wrong.",
        Toy((_neuron(4.0, 2.0),)),
        (Example((1.0,), (0.0,)),),
    ),
    Preset(
        "Wrong and sure, cross-entropy",
        "The same neuron: ∂E/∂y is as large as ∂y/∂z is small, and the product y − t stays large until it is right.",
        Toy((_neuron(4.0, 2.0),), Loss.CROSS_ENTROPY),
        (Example((1.0,), (0.0,)),),
    ),
    Preset(
        "Three classes, softmax",
        "As at the end of every classifier: with cross-entropy ∂E/∂z is what was said less what is true.",
        _THREE,
        tuple(
            Example(x, t)
            for x, t in (((1.0, 0.0), (1.0, 0.0, 0.0)), ((0.0, 1.0), (0.0, 1.0, 0.0)), ((-1.0, -1.0), (0.0, 0.0, 1.0)))
        ),
    ),
)
"""In the order of the menu; the first is shown first."""
