"""What an attack may do beside its budget: which channels, where, on which grid, and under which views."""

from __future__ import annotations

from dataclasses import dataclass

from engine.catalogue.options import Options, option


@dataclass(frozen=True)
class Rules(Options):
    """Options that hold for every attack alike; as they come, everything is allowed.

    Where the attack may act is drawn by hand and kept apart: see ``engine.masks``.
    """

    name = "rules"
    red: bool = option(True, label="Red", text="The attack may change red, or the only channel of a grey picture.")
    green: bool = option(True, label="Green", text="The attack may change green.")
    blue: bool = option(True, label="Blue", text="The attack may change blue.")
    eight_bit: bool = option(
        False,
        label="8-bit values",
        text="Every iterate keeps to the 256 values that a picture file can hold, so that a saved one is the same.",
    )
    stop_early: bool = option(
        False, label="Stop at success", text="End the attack with the first iterate that does what it should."
    )
    views: int = option(
        0,
        high=16,
        label="Other views",
        text="At every step the gradient is averaged over so many random views of the picture, so that the change "
        "survives them (expectation over transformation).",
    )
    crop: float = option(
        0.1, high=0.5, label="Largest crop", unit="size", text="How much of the picture's side a view may cut off."
    )
    jpeg: bool = option(False, label="JPEG", text="The views also go through JPEG compression of quality 50 to 95.")

    @property
    def channels(self) -> tuple[bool, bool, bool]:
        """Which of red, green and blue may change."""
        return self.red, self.green, self.blue
