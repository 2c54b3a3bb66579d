"""How the picture under the network is moved; computed in ``engine.images.moving``."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any, Self

from engine.catalogue.options import Options, option


@dataclass(frozen=True)
class Moves(Options):
    """What is done to the placed picture, in this order; the usual values leave it as it is.

    It is mirrored, scaled and turned about its middle, shifted, bent; its hues are turned, noise is added; last, its
    pixels are permuted. Lengths are pixels of the network's input.
    """

    name = "moves"

    right: float = option(
        0.0, low=-256, high=256, label="Right", unit="px", text="Shifts the picture to the right; below 0 to the left."
    )
    down: float = option(0.0, low=-256, high=256, label="Down", unit="px", text="Shifts the picture down; below 0 up.")
    turn: float = option(
        0.0, low=-180, high=180, label="Turn", unit="°", text="Turns the picture clockwise about its middle."
    )
    scale: float = option(
        1.0, low=0.25, high=4, label="Size", unit="×", text="Scales the picture about its middle; below 1 it shrinks."
    )
    elastic: float = option(
        0.0,
        low=0,
        high=64,
        label="Bend",
        unit="px",
        text="Bends the picture at random and smoothly, as the paper does that trained on digits so bent "
        "(Simard, Steinkraus, Platt 2003): how far a pixel is moved, root mean square.",
    )
    hue: float = option(
        0.0, low=-180, high=180, label="Hue", unit="°", text="Turns the circle of colours; 120 makes red green."
    )
    noise: float = option(
        0.0,
        low=0,
        high=1,
        label="Noise",
        text="Adds normal noise to every value: its standard deviation, of pixels in [0, 1].",
    )
    flip: bool = option(False, label="Mirror", text="Swaps left and right.")
    permute: bool = option(
        False,
        label="Permute the pixels",
        text="Puts all pixels in another order, drawn once and the same for every picture. A dense network that was "
        "trained so does not mind; a convolution needs neighbours.",
    )
    seed: int = option(0, low=0, high=2**31 - 1, label="Seed", text="Draws the bend, the noise and the order anew.")

    @property
    def is_still(self) -> bool:
        """Whether the picture is left as it is."""
        return replace(self, seed=0) == _STILL

    @property
    def draws(self) -> bool:
        """Whether the seed matters."""
        return bool(self.elastic or self.noise or self.permute)

    @property
    def settled(self) -> Self:
        """The same moves with the seed forgotten where it does not matter, so that equal effects compare equal."""
        return self if self.draws else replace(self, seed=0)

    def with_(self, **changes: Any) -> Self:
        """A copy with some fields changed."""
        return replace(self, **changes)

    @property
    def changed(self) -> dict[str, object]:
        """The fields that differ from their usual values, by name."""
        return {
            each.name: getattr(self, each.name) for each in fields(self) if getattr(self, each.name) != each.default
        }


_STILL = Moves()
