"""Attributions as pictures: colours over the photo without its own."""

from __future__ import annotations

from typing import Final

import numpy as np
from PySide6.QtGui import QImage

from engine.frame import Floats
from gui.views.colormaps import Packed, packed_of
from gui.views.mosaic_tiles import coloured
from gui.views.pane_pictures import Picture

PERCENTILE: Final = 99
"""Where the scale ends: a few pixels of gradients are so large that all others would be one colour."""

_LUMA: Final = np.array([0.299, 0.587, 0.114], np.float32)
"""How bright the primaries look (ITU-R BT.601)."""


def limit_of(*maps: Floats | None) -> float:
    """The end of the scale that maps share: a high percentile of their sizes, or their maximum if that is zero."""
    known = [np.abs(each[np.isfinite(each)]) for each in maps if each is not None]
    sizes = np.concatenate(known) if known else np.zeros(0, np.float32)
    if not sizes.size:
        return 1.0
    return float(np.percentile(sizes, PERCENTILE)) or float(sizes.max()) or 1.0


def grey_of(photo: Floats) -> Floats:
    """(H, W, C) in [0, 1] without its colours, (H, W) of 0 to 255."""
    grey: Floats = 255 * (photo @ _LUMA if photo.shape[-1] == 3 else photo.mean(-1))
    return grey


def overlay(photo: Floats, values: Floats, limit: float, *, signed: bool, opacity: float, complete: bool) -> Picture:
    """A map over a photo.

    Args:
        photo: (H, W, C) in [0, 1].
        values: (H, W); until the map is complete, NaN is what is not known yet and leaves the photo bare.
        limit: the end of the scale, which begins at −limit or 0.
        signed: whether values below zero have colours of their own.
        opacity: of the map, in [0, 1].
        complete: whether NaN is an answer, and magenta.
    """
    colours = coloured(values[None], -limit if signed else 0.0, limit, signed=signed)[0]
    share = np.full(values.shape, opacity, np.float32)
    if not complete:
        share[np.isnan(values)] = 0
    grey = grey_of(photo) * (1 - share)
    red, green, blue = (((colours >> shift & 255) * share + grey).astype(np.uint32) for shift in (16, 8, 0))
    return _without_numbers(packed_of(red, green, blue))


def bare(photo: Floats) -> Picture:
    """A photo without its colours, where no map is known yet."""
    grey = grey_of(photo).astype(np.uint32)
    return _without_numbers(packed_of(grey, grey, grey))


def _without_numbers(packed: Packed) -> Picture:
    """No numbers stand in its pixels, however large they are drawn: attributions are no pixels of 0 to 255."""
    height, width = packed.shape
    image = QImage(packed.data, width, height, packed.strides[0], QImage.Format.Format_RGB32)
    return Picture(np.zeros((height, width, 0), np.float32), signed=False, packed=packed, image=image)
