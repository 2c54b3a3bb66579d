"""Colours for numbers: 256 packed colours each, the same in light and dark.

Colours are mixed in OKLab (Björn Ottosson 2020, "A perceptual color space for image processing"), where equal
steps look equally large.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor

from engine.frame import Floats
from gui import theme

Packed = NDArray[np.uint32]
"""Opaque colours as Qt's ``Format_RGB32`` has them: ``0xffRRGGBB``."""

ZERO: Final = 128
"""The place of zero in the diverging map; 1 and 255 are its limits, so that both arms are equally long."""

_TO_LMS: Final = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_LAB: Final = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def oklab(rgb: NDArray[np.float64]) -> NDArray[np.float64]:
    """OKLab of (n, 3) sRGB colours in [0, 1]: lightness in [0, 1], then green to red, then blue to yellow."""
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    lab: NDArray[np.float64] = np.cbrt(linear @ _TO_LMS.T) @ _TO_LAB.T
    return lab


def packed_of(red: NDArray[np.uint32], green: NDArray[np.uint32], blue: NDArray[np.uint32]) -> Packed:
    """Packs channels of 0..255, all of one shape."""
    packed: Packed = np.bitwise_or(red << 16 | green << 8 | blue, np.uint32(0xFF000000), dtype=np.uint32)
    return packed


def _packed(lab: NDArray[np.float64]) -> Packed:
    linear = np.clip((lab @ np.linalg.inv(_TO_LAB).T) ** 3 @ np.linalg.inv(_TO_LMS).T, 0, 1)
    rgb = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    red, green, blue = np.rint(255 * rgb).astype(np.uint32).T
    return packed_of(red, green, blue)


def _through(places: NDArray[np.float64], at: list[float], points: NDArray[np.float64]) -> Packed:
    return _packed(np.stack([np.interp(places, at, channel) for channel in points.T], axis=1))


def _lab_of(*colours: str) -> NDArray[np.float64]:
    return oklab(np.array([_rgb(each) for each in colours]))


def _rgb(colour: str) -> tuple[float, float, float]:
    named = QColor(colour)
    return named.redF(), named.greenF(), named.blueF()


def _diverging() -> Packed:
    """Blue below zero, light grey at zero, vermilion above; both arms are equally light at equal distance."""
    below, above = _lab_of(theme.CLEAN, theme.ADVERSARIAL)
    lightness = (0.40, 0.58, 0.94, 0.58, 0.40)
    chroma = (0.7 * below[1:], below[1:], 0 * below[1:], above[1:], 0.7 * above[1:])
    points = np.array([[light, *tint] for light, tint in zip(lightness, chroma, strict=True)])
    places = np.clip((np.arange(256) - ZERO) / (ZERO - 1), -1, 1)
    return _through(places, [-1, -0.6, 0, 0.6, 1], points)


DIVERGING: Final = _diverging()
"""For signed numbers: δ, differences, weights."""


def diverging(values: Floats, limit: float) -> Packed:
    """Colours of signed numbers; what lies beyond ±``limit`` has the colour of the limit."""
    places = np.rint(np.clip(values * ((ZERO - 1) / limit), 1 - ZERO, ZERO - 1) + ZERO)
    colours: Packed = DIVERGING.take(places.astype(np.intp))
    return colours


def _sequential() -> Packed:
    """Dark violet through green to yellow, evenly lighter, for numbers that are never negative.

    The stops are those of viridis (van der Walt and Smith 2015, CC0), mixed in OKLab between them.
    """
    points = _lab_of("#440154", "#472D7B", "#3B528B", "#2C728E", "#21918C", "#28AE80", "#5EC962", "#ADDC30", "#FDE725")
    return _through(np.arange(256.0), list(np.linspace(0, 255, len(points))), points)


SEQUENTIAL: Final = _sequential()
"""For numbers that are never negative: activations after a rectifier, sizes."""

NOT_A_NUMBER: Final = 0xFFFF00FF
"""Magenta, which neither map has."""
