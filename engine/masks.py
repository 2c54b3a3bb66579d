"""Where an attack may act: a painted area as a short text, so that undo, session files and scripts carry it."""

from __future__ import annotations

import base64
import binascii
import zlib

import numpy as np
from numpy.typing import NDArray

MOST_PIXELS = 2048 * 2048
"""No network's input is larger."""

Area = NDArray[np.bool_]
"""(H, W), true where the attack may act."""


def write_mask(area: Area) -> str:
    """The area as text: ``HEIGHTxWIDTH:`` and its bits, row by row, deflated, in base 64.

    Raises:
        ValueError: the area has no pixels, or too many.
    """
    height, width = area.shape
    _check_size(height, width)
    bits = np.packbits(area, axis=None).tobytes()
    return f"{height}x{width}:{base64.b64encode(zlib.compress(bits, 9)).decode('ascii')}"


def read_mask(text: str) -> Area:
    """The inverse.

    Raises:
        ValueError: the text is no mask; nothing longer than the area that it names is ever unpacked.
    """
    head, _, packed = text.partition(":")
    try:
        height, width = (int(each) for each in head.split("x"))
        _check_size(height, width)
        count = height * width
        inflating = zlib.decompressobj()
        bits = inflating.decompress(base64.b64decode(packed, validate=True), -(-count // 8) + 1)
    except (ValueError, binascii.Error, zlib.error) as error:
        raise ValueError(f"mask: this is no painted area ({error})") from error
    if len(bits) != -(-count // 8):
        raise ValueError(f"mask: {height} × {width} pixels were announced, and {8 * len(bits)} bits are there")
    return np.unpackbits(np.frombuffer(bits, np.uint8), count=count).reshape(height, width).astype(bool)


def fitted(area: Area, size: tuple[int, int]) -> Area:
    """The area on a picture of another (height, width): of every pixel, the one that lies there."""
    if area.shape == size:
        return area
    rows, columns = (np.arange(new) * old // new for new, old in zip(size, area.shape, strict=True))
    stretched: Area = area[np.ix_(rows, columns)]
    return stretched


def _check_size(height: int, width: int) -> None:
    if not (height > 0 and width > 0 and height * width <= MOST_PIXELS):
        raise ValueError(f"{height} × {width} pixels")
