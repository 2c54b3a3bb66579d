"""Tiny networks computed by hand in NumPy, forward and backward, with every factor of the chain rule on the table."""

from __future__ import annotations

from engine.toy.network import Dense, Function, Loss, Numbers, Toy, ToyError, Value
from engine.toy.presets import PRESETS, Example, Preset
from engine.toy.training import MOST_STEPS, SOLVED_WITHIN, Trained, is_solved, train

__all__ = [
    "MOST_STEPS",
    "PRESETS",
    "SOLVED_WITHIN",
    "Dense",
    "Example",
    "Function",
    "Loss",
    "Numbers",
    "Preset",
    "Toy",
    "ToyError",
    "Trained",
    "Value",
    "is_solved",
    "train",
]
