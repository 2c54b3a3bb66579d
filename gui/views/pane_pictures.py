"""From numbers to what a pane draws: pixels as they are, and perturbations made visible."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from PySide6.QtGui import QImage

from engine.frame import Floats
from gui.views.colormaps import Packed, diverging, packed_of

GAINS: Final = (1, 2, 5, 10, 20, 50, 100)
"""How much a perturbation can be amplified."""


class DeltaMode(StrEnum):
    """How a perturbation is made visible; zero is grey in all of them."""

    COLOURS = "colours"
    """½ + gain · δ in each channel."""
    SIGNED = "signed"
    """The mean of the channels as a diverging map."""
    RED = "red"
    GREEN = "green"
    BLUE = "blue"
    """One channel as a diverging map."""


_CHANNELS: Final = {DeltaMode.RED: 0, DeltaMode.GREEN: 1, DeltaMode.BLUE: 2}


@dataclass(frozen=True, eq=False)
class Picture:
    """What a pane draws.

    Attributes:
        values: (H, W, K), the numbers that stand in the pixels, a value of 1 being 255; K is 1 or 3.
        signed: whether they are differences, written with their sign.
        packed: (H, W) colours; the memory behind ``image``.
        image: the same for Qt.
    """

    values: Floats
    signed: bool
    packed: Packed
    image: QImage


def picture_of(image: Floats) -> Picture:
    """A picture as it is: (H, W, C) in [0, 1], C 3 or 1."""
    return _picture(image, False, _pack(image))


def perturbation(delta: Floats, mode: DeltaMode, gain: float) -> Picture:
    """(H, W, C) of δ = x′ − x made visible; ±``limit_of(gain)`` is as far as its colours reach."""
    if mode is DeltaMode.COLOURS:
        return _picture(delta, True, _pack(delta * np.float32(gain) + np.float32(0.5)))
    channels = delta.shape[-1]
    if channels == 1:
        values = delta
    elif mode is DeltaMode.SIGNED:
        values = delta @ np.full((channels, 1), 1 / channels, np.float32)  # five times as fast as mean()
    else:
        values = delta[..., _CHANNELS[mode], np.newaxis]
    return _picture(values, True, diverging(values[..., 0], limit_of(gain)))


def limit_of(gain: float) -> float:
    """The |δ| that just reaches the end of the scale, pixels in [0, 1]."""
    return 0.5 / gain


def clipped_share(values: Floats, gain: float) -> float:
    """The share of values, in [0, 1], that lie beyond the end of the scale."""
    beyond = np.abs(values) > limit_of(gain) * (1 + 1e-6)
    return float(np.count_nonzero(beyond) / beyond.size)


def _pack(image: Floats) -> Packed:
    levels = np.rint(np.clip(image, 0, 1) * 255).astype(np.uint32, order="C")  # as Qt reads it
    red, green, blue = (levels[..., min(each, levels.shape[-1] - 1)] for each in range(3))
    return packed_of(red, green, blue)


def _picture(values: Floats, signed: bool, packed: Packed) -> Picture:
    height, width = packed.shape
    image = QImage(packed.data, width, height, packed.strides[0], QImage.Format.Format_RGB32)
    return Picture(values, signed, packed, image)
