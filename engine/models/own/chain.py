"""A plain chain of dense layers, which is built from the shapes alone.

What is between its layers is in no file of weights: rectifiers (ReLU) are taken for granted, and that is said.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from itertools import pairwise

from torch import nn

from engine.catalogue.found import Guess
from engine.models.weights import State

NAME = "dense-chain"
"""As ``Guess.architecture`` has it."""

Layer = tuple[str, int, int]
"""Its name in the file, how many numbers go in, and how many come out."""


def guess(state: State) -> Guess | None:
    """The chain that a file holds, if it holds nothing else."""
    layers = _layers(state)
    if not layers or layers[-1][2] < 2:
        return None
    shape = _picture(layers[0][1])
    if shape is None:
        return None
    channels, side = shape
    widths = " – ".join(str(each) for each in (layers[0][1], *(out for _, _, out in layers)))
    note = "What is between the layers is not in the file: rectifiers (ReLU) are taken for granted."
    return Guess(
        NAME,
        f"Dense layers {widths}" if len(layers) > 1 else f"One dense layer {widths}",
        fitting=len(state),
        of=len(state),
        classes=layers[-1][2],
        channels=channels,
        size=(side, side),
        resize=side,
        mean=(0.0,) * channels,
        std=(1.0,) * channels,
        note=note if len(layers) > 1 else "",
    )


def build(state: State) -> tuple[nn.Module, State]:
    """The chain, and the tensors by the names that it gives them."""
    layers = _layers(state)
    parts: OrderedDict[str, nn.Module] = OrderedDict(flatten=nn.Flatten())
    named: State = {}
    for number, (name, inputs, outputs) in enumerate(layers, 1):
        has_bias = f"{name}.bias" in state
        parts[f"dense{number}"] = nn.Linear(inputs, outputs, bias=has_bias)
        named |= {f"dense{number}.{part}": state[f"{name}.{part}"] for part in ("weight", *(["bias"] * has_bias))}
        if number < len(layers):
            parts[f"relu{number}"] = nn.ReLU()
    return nn.Sequential(parts), named


def _layers(state: State) -> list[Layer]:
    """The layers in the order in which each takes what another gives; empty if they are no chain."""
    weights = {name.removesuffix(".weight"): each for name, each in state.items() if name.endswith(".weight")}
    biases = {name.removesuffix(".bias"): each for name, each in state.items() if name.endswith(".bias")}
    if len(weights) + len(biases) != len(state) or not set(biases) <= set(weights):
        return []
    if any(each.dim() != 2 for each in weights.values()) or any(
        each.shape != weights[name].shape[:1] for name, each in biases.items()
    ):
        return []
    return _chained([(name, each.shape[1], each.shape[0]) for name, each in weights.items()])


def _chained(layers: list[Layer]) -> list[Layer]:
    """As they stand in the file, or by their names (safetensors sorts them), if that makes a chain."""
    for order in (layers, sorted(layers, key=lambda each: _natural(each[0]))):
        if all(before[2] == after[1] for before, after in pairwise(order)):
            return order
    return []


def _natural(name: str) -> list[tuple[bool, int, str]]:
    """A key that puts layer 2 before layer 10."""
    return [(part.isdigit(), int(part) if part.isdigit() else 0, part) for part in name.split(".")]


def _picture(numbers: int) -> tuple[int, int] | None:
    """(channels, side) of the square picture that has so many numbers."""
    for channels in (1, 3):
        side = math.isqrt(numbers // channels)
        if side > 1 and side * side * channels == numbers:
            return channels, side
    return None
