"""How an image that excites a unit is grown; computed in ``engine.network.growing``."""

from __future__ import annotations

from dataclasses import dataclass

from engine.catalogue.options import Options, option


@dataclass(frozen=True)
class Growing(Options):
    """Gradient ascent on a unit's activation, with the usual regularisers (Olah, Mordvintsev, Schubert 2017)."""

    name = "ascent"

    steps: int = option(96, low=1, high=1000, label="Steps", text="How many steps of gradient ascent are taken.")
    rate: float = option(0.05, low=0.001, high=1, label="Rate", text="Adam's learning rate.")
    jitter: int = option(
        8,
        low=0,
        high=64,
        label="Jitter",
        unit="pixels",
        text="The image is moved at random by so much before each step.",
    )
    decay: float = option(0.01, low=0, high=1, label="Decay", text="How fast every pixel goes back to grey.")
    smooth: float = option(
        0.05, low=0, high=5, label="Smooth", text="Weight of the total variation, which flattens noise."
    )
    from_picture: bool = option(
        False, label="Begin with the picture", text="Begin with the picture instead of grey noise."
    )
    seed: int = option(0, low=0, high=2**31 - 1, label="Seed", text="Of the noise and the jitter.")
