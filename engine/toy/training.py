"""Gradient descent on a handful of examples, for as long as it takes, but not for ever."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from engine.toy.network import Toy, ToyError
from engine.toy.presets import Example

MOST_STEPS = 2000
"""A tiny network that has not learnt its examples by then will not, and a second has passed."""

SOLVED_WITHIN = 0.1
"""The examples count as learnt when every output is so near its target."""


@dataclass(frozen=True, eq=False)
class Trained:
    """How training went.

    Attributes:
        toy: the network after it; as it was before if it diverged.
        steps: how many were taken.
        solved: whether every output of ``toy`` is near its target.
        diverged: whether it stopped because weights grew beyond all bounds: the rate is too large.
        error: the mean of E over the examples.
    """

    toy: Toy
    steps: int
    solved: bool
    diverged: bool
    error: float


def train(toy: Toy, examples: tuple[Example, ...], rate: float, most: int = MOST_STEPS) -> Trained:
    """Takes steps along the mean gradient of all examples until they are learnt, at most ``most``.

    Raises:
        ToyError: an example does not fit the network.
    """
    start, steps, diverged = toy, 0, False
    while steps < most and not diverged and not is_solved(toy, examples):
        try:
            toy, steps = _step(toy, examples, rate), steps + 1
        except ToyError:
            toy, diverged = start, True
    error = float(np.mean([toy.error(each.x, each.target) for each in examples]))
    return Trained(toy, steps, is_solved(toy, examples), diverged, error)


def is_solved(toy: Toy, examples: tuple[Example, ...]) -> bool:
    """Whether every output is within ``SOLVED_WITHIN`` of its target."""
    return all(np.abs(toy.forward(each.x)[-1].outputs - each.target).max() <= SOLVED_WITHIN for each in examples)


def _step(toy: Toy, examples: tuple[Example, ...], rate: float) -> Toy:
    found = [toy.backward(each.x, each.target) for each in examples]
    share = -rate / len(examples)
    layers = tuple(
        layer.moved(share * sum(each.d_weight for each in factors), share * sum(each.d_pre for each in factors))
        for layer, factors in zip(toy.layers, zip(*found, strict=True), strict=True)
    )
    return replace(toy, layers=layers)
