"""A walk by hand as it stands: the tiny network, what it is asked, and how far the walk has come."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self

import numpy as np

from engine.inside import Factors
from engine.toy import Example, Preset, Toy, Value
from gui.views.walk.stops import Stop, stops_of


@dataclass(frozen=True)
class Number:
    """Which number of a network: the layer from 0, the neuron, and for a weight the one it comes from."""

    layer: int
    row: int
    column: int | None


@dataclass(frozen=True, eq=False)
class Lesson:
    """One state of the page; a change makes another.

    Attributes:
        preset: where it began.
        toy: the network now.
        example: the input and the target.
        place: the stop of the walk.

    Raises:
        ToyError: the example does not fit the network.
    """

    preset: Preset
    toy: Toy
    example: Example
    place: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "place", min(max(self.place, 0), len(self.stops) - 1))

    @classmethod
    def of(cls, preset: Preset) -> Self:
        """The beginning."""
        return cls(preset, preset.toy, preset.examples[preset.first])

    def with_(self, **changes: Any) -> Self:
        """A copy with some fields changed."""
        return replace(self, **changes)

    @cached_property
    def stops(self) -> tuple[Stop, ...]:
        """The whole walk."""
        return stops_of(self.toy, self.example.x, self.example.target)

    @property
    def stop(self) -> Stop:
        """Where it stands."""
        return self.stops[self.place]

    @cached_property
    def values(self) -> tuple[Value, ...]:
        """Of every layer."""
        return self.toy.forward(self.example.x)

    @cached_property
    def factors(self) -> tuple[Factors, ...]:
        """Of every layer."""
        return self.toy.backward(self.example.x, self.example.target)

    @cached_property
    def error(self) -> float:
        """E."""
        return self.toy.error(self.example.x, self.example.target)

    @cached_property
    def limit(self) -> float:
        """The largest |weight|; 1 where all are 0."""
        return max(float(np.abs(each.weight).max()) for each in self.toy.layers) or 1.0

    @cached_property
    def numbers(self) -> tuple[Number, ...]:
        """All weights and biases, each neuron's weights before its bias."""
        return tuple(
            Number(layer, row, column)
            for layer, each in enumerate(self.toy.layers)
            for row in range(len(each.bias))
            for column in (*range(each.weight.shape[1]), None)
        )

    def value_of(self, number: Number) -> float:
        """A weight or a bias."""
        layer = self.toy.layers[number.layer]
        return float(layer.bias[number.row] if number.column is None else layer.weight[number.row, number.column])

    def slope_of(self, number: Number) -> float:
        """∂E by it."""
        found = self.factors[number.layer]
        return float(found.d_pre[number.row] if number.column is None else found.d_weight[number.row, number.column])
