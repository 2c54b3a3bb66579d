"""Pictures that were drawn by hand: ink on a pad, named by a text that holds all of it.

``drawn:centred:…`` is brought to the form of MNIST's digits, ``drawn:filling:…`` to that of Fashion-MNIST's garments,
``drawn:whole:…`` is the pad as it is; what follows is the ink, compressed. Undo, session files and scripts carry a
drawing as they carry the path of a file.
"""

from __future__ import annotations

import binascii
import io
import zlib
from base64 import b64decode, b64encode
from dataclasses import dataclass, replace
from enum import StrEnum
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
"""Sides of the pictures of both data sets, and of the box that every digit was scaled to fit."""

LONGEST: Final = 200_000
"""In characters, no drawing's name is longer: the ink does not grow much, however badly it compresses."""

_INSIDE: Final = 127
"""Ink above this level closes a line."""


class Form(StrEnum):
    """How ink is laid into the picture."""

    DIGIT = "centred"
    """Like MNIST's digits: scaled to 20 of 28 pixels, its centre of mass in the middle."""
    GARMENT = "filling"
    """Like Fashion-MNIST's garments: from edge to edge."""
    WHOLE = "whole"
    """The pad as it is."""


@dataclass(frozen=True, eq=False)
class Drawing:
    """What was drawn.

    Attributes:
        ink: (SIDE, SIDE) of uint8, 255 where the pencil was.
        form: how it is laid into the picture.
    """

    ink: Pixels
    form: Form = Form.DIGIT

    @property
    def image(self) -> str:
        """As ``Request.image`` names it."""
        return f"{DRAWN_PREFIX}{self.form}:{b64encode(zlib.compress(self.ink.tobytes())).decode()}"

    @property
    def pixels(self) -> Pixels:
        """White on black: (28, 28), or the whole ink."""
        if self.form is Form.WHOLE:
            return self.ink
        return like_mnist(self.ink) if self.form is Form.DIGIT else like_fashion(self.ink)

    def laid(self, form: Form) -> Drawing:
        """The same ink in another form."""
        return replace(self, form=form)

    @property
    def filled(self) -> Drawing:
        """With ink wherever ink goes all around: garments are areas, and are often drawn as outlines."""
        from scipy.ndimage import binary_fill_holes

        within = binary_fill_holes(self.ink > _INSIDE)
        return replace(self, ink=np.where(within, np.uint8(255), self.ink))

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
        if form not in set(Form) or len(text) > LONGEST:
            raise _damaged()
        unpacking = zlib.decompressobj()
        try:
            ink = unpacking.decompress(b64decode(text, validate=True), SIDE * SIDE + 1)
        except (binascii.Error, zlib.error, ValueError) as error:
            raise _damaged() from error
        if len(ink) != SIDE * SIDE:
            raise _damaged()
        return cls(np.frombuffer(ink, np.uint8).reshape(SIDE, SIDE), Form(form))


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
    digit = _scaled(ink, BOX)
    return _laid(digit, _by_mass(digit, 0), _by_mass(digit, 1))


def like_fashion(ink: Pixels) -> Pixels:
    """The ink in the form of Fashion-MNIST's garments (Xiao, Rasul, Vollgraf 2017, arXiv:1708.07747, section 2).

    The ink's box is scaled until its longer side is that of the picture, 28 pixels, and lies in the middle; of an odd
    number of pixels that are left, one more is above or on the left, as in their pictures. They left rows and columns
    out to scale, and sharpened; here every pixel is the mean of what it covers.

    Args:
        ink: (H, W) of uint8.

    Returns:
        (28, 28) of uint8; black if there is no ink.
    """
    garment = _scaled(ink, FIELD)
    top, left = ((FIELD - length + 1) // 2 for length in garment.shape)
    return _laid(garment, top, left)


def _scaled(ink: Pixels, side: int) -> Pixels:
    """What the ink's box holds, scaled so that its longer side has so many pixels; one black pixel if there is none."""
    box = Image.fromarray(ink).getbbox()
    if box is None:
        return np.zeros((1, 1), np.uint8)
    cut = Image.fromarray(ink).crop(box)
    scale = side / max(cut.size)
    width, height = (max(1, round(scale * each)) for each in cut.size)
    return np.asarray(cut.resize((width, height), Image.Resampling.BOX))


def _laid(part: Pixels, top: int, left: int) -> Pixels:
    """A picture that is black around a part of it."""
    field = np.zeros((FIELD, FIELD), np.uint8)
    field[top : top + part.shape[0], left : left + part.shape[1]] = part
    return field


def _by_mass(digit: Pixels, axis: int) -> int:
    """Where a digit begins along an axis, for its centre of mass to be in the middle."""
    profile = digit.sum(1 - axis, dtype=np.float64)
    if not profile.any():
        return 0
    centre = float(profile @ np.arange(len(profile))) / float(profile.sum())
    return min(max(round(FIELD / 2 - centre), 0), FIELD - len(profile))


def _damaged() -> RefusedError:
    return RefusedError("the text does not hold a whole drawing", "Draw it again.")
