"""Pictures that were drawn by hand: ink on a pad, named by a text that holds all of it.

``drawn:centred:…`` is brought to the form of MNIST's digits, ``drawn:whole:…`` is the pad as it is; what follows is
the ink, compressed. Undo, session files and scripts carry a drawing as they carry the path of a file.
"""

from __future__ import annotations

import binascii
import io
import zlib
from base64 import b64decode, b64encode
from dataclasses import dataclass
from typing import Final

import numpy as np
from PIL import Image

from engine.answers import Pixels
from engine.images.errors import RefusedError

DRAWN_PREFIX: Final = "drawn:"
"""Stands before the ink wherever the path of a picture may stand."""

SIDE: Final = 280
"""Of the pad, in pixels of ink: ten for each of MNIST's."""

FIELD, BOX = 28, 20
"""Sides of MNIST's pictures, and of the box that every digit was scaled to fit."""

LONGEST: Final = 200_000
"""In characters, no drawing's name is longer: the ink does not grow much, however badly it compresses."""

_CENTRED, _WHOLE = "centred", "whole"


@dataclass(frozen=True, eq=False)
class Drawing:
    """What was drawn.

    Attributes:
        ink: (SIDE, SIDE) of uint8, 255 where the pencil was.
        centred: whether it is brought to the form of MNIST's digits.
    """

    ink: Pixels
    centred: bool = True

    @property
    def image(self) -> str:
        """As ``Request.image`` names it."""
        form = _CENTRED if self.centred else _WHOLE
        return f"{DRAWN_PREFIX}{form}:{b64encode(zlib.compress(self.ink.tobytes())).decode()}"

    @property
    def pixels(self) -> Pixels:
        """White on black: (28, 28) if centred, else the ink."""
        return like_mnist(self.ink) if self.centred else self.ink

    @classmethod
    def blank(cls) -> Drawing:
        """Nothing drawn yet."""
        return cls(np.zeros((SIDE, SIDE), np.uint8))

    @classmethod
    def read(cls, image: str) -> Drawing:
        """The inverse of ``image``; takes no more memory than a drawing, whatever the text.

        Raises:
            RefusedError: the text is no drawing's.
        """
        form, _, text = image.removeprefix(DRAWN_PREFIX).partition(":")
        if form not in {_CENTRED, _WHOLE} or len(text) > LONGEST:
            raise _damaged()
        unpacking = zlib.decompressobj()
        try:
            ink = unpacking.decompress(b64decode(text, validate=True), SIDE * SIDE + 1)
        except (binascii.Error, zlib.error, ValueError) as error:
            raise _damaged() from error
        if len(ink) != SIDE * SIDE:
            raise _damaged()
        return cls(np.frombuffer(ink, np.uint8).reshape(SIDE, SIDE), form == _CENTRED)


def is_drawn(image: str) -> bool:
    """Whether that is the name of a drawing."""
    return image.startswith(DRAWN_PREFIX)


def encoded(image: str) -> bytes:
    """The drawing as a file that holds it without loss.

    Raises:
        RefusedError: the text is no drawing's.
    """
    out = io.BytesIO()
    Image.fromarray(Drawing.read(image).pixels).save(out, "PNG", compress_level=1)
    return out.getvalue()


def like_mnist(ink: Pixels) -> Pixels:
    """The ink in the form of MNIST's digits, as its page describes it (LeCun, Cortes, Burges).

    The ink's box is scaled to fit 20×20, its sides in proportion, every pixel the mean of what it covers, and laid into
    28×28 so that its centre of mass is in pixel 14, where it is in every one of MNIST's test pictures; where that
    would cut ink off, as near as it goes.

    Args:
        ink: (H, W) of uint8.

    Returns:
        (28, 28) of uint8; black if there is no ink.
    """
    field = np.zeros((FIELD, FIELD), np.uint8)
    box = Image.fromarray(ink).getbbox()
    if box is None:
        return field
    cut = Image.fromarray(ink).crop(box)
    scale = BOX / max(cut.size)
    width, height = (max(1, round(scale * each)) for each in cut.size)
    digit = np.asarray(cut.resize((width, height), Image.Resampling.BOX))
    top, left = _offset(digit, 0), _offset(digit, 1)
    field[top : top + height, left : left + width] = digit
    return field


def _offset(digit: Pixels, axis: int) -> int:
    """Where the digit begins along an axis."""
    profile = digit.sum(1 - axis, dtype=np.float64)
    centre = float(profile @ np.arange(len(profile))) / float(profile.sum())
    return min(max(round(FIELD / 2 - centre), 0), FIELD - len(profile))


def _damaged() -> RefusedError:
    return RefusedError("the text does not hold a whole drawing", "Draw it again.")
