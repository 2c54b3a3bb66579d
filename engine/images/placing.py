"""From a picture to the square that the network sees: scaling, cutting, grey bars.

The crop is the geometry of torchvision's ``ImageClassification`` preset on PIL images (``Resize`` of the shorter
side, then ``CenterCrop``), bit for bit, so that the published accuracy of a network applies.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from PIL import Image

from engine.answers import Floats, Pixels
from engine.frame import Window
from engine.request import Placement

Interpolation = Literal["bilinear", "bicubic"]

WHOLE_LIMIT = 2**24
"""How many pixels a scaled picture may have to be made whole before it is cut; 64 MiB."""

MID_GREY = 128
"""The bars beside a picture that is fitted in."""

_FILTERS = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}
_REACH = 2
"""How far the wider of the filters looks, in pixels of the coarser of its two pictures."""


@dataclass(frozen=True)
class Recipe:
    """The geometry of a network's own preprocessing.

    Attributes:
        resize: what the shorter side is scaled to.
        size: (height, width) of the network's input, cut from the centre.
        interpolation: the filter; it is widened when scaling down (antialiased).
        channels: 3 for colour, 1 for luminance.
    """

    resize: int
    size: tuple[int, int]
    interpolation: Interpolation = "bilinear"
    channels: int = 3


@dataclass(frozen=True)
class _Layout:
    """The scaled picture, and where the network's input lies on it (it may reach beyond).

    Attributes:
        height: of the scaled picture; ``width`` likewise.
        top: of the input's first row, in rows of the scaled picture; ``left`` likewise.
        ground: the grey of 0 to 255 where the input reaches beyond the picture.
    """

    height: int
    width: int
    top: int = 0
    left: int = 0
    ground: int = 0


def window(shape: tuple[int, int], placement: Placement, recipe: Recipe) -> Window:
    """The part of a picture of (height, width) ``shape`` that the network sees, in the picture's own pixels."""
    layout = _layout(shape, placement, recipe)
    across, down = shape[1] / layout.width, shape[0] / layout.height
    return Window(
        left=layout.left * across,
        top=layout.top * down,
        right=(layout.left + recipe.size[1]) * across,
        bottom=(layout.top + recipe.size[0]) * down,
    )


def place(pixels: Pixels, placement: Placement, recipe: Recipe) -> Floats:
    """The picture as the network sees it.

    Args:
        pixels: (H, W, 3) of uint8.
        placement: how the picture is brought to the input's shape.
        recipe: the network's own preprocessing.

    Returns:
        (height, width, channels) of float32 in [0, 1], every value k/255: the clean picture is one that an 8-bit
        file can hold.
    """
    picture = Image.fromarray(pixels)
    if recipe.channels == 1:
        picture = picture.convert("L")
    layout = _layout((picture.height, picture.width), placement, recipe)
    height, width = recipe.size
    ground = Image.new(picture.mode, (width, height), (layout.ground,) * recipe.channels)
    if layout.height * layout.width <= WHOLE_LIMIT:
        scaled = picture.resize((layout.width, layout.height), _FILTERS[recipe.interpolation])
        ground.paste(scaled, (-layout.left, -layout.top))
    else:
        _paste_part(ground, picture, layout, recipe)
    values = np.asarray(ground, dtype=np.float32) / np.float32(255)
    return values.reshape(height, width, recipe.channels)


def _layout(shape: tuple[int, int], placement: Placement, recipe: Recipe) -> _Layout:
    match placement:
        case Placement.CROP:
            return _crop(shape, recipe)
        case Placement.FIT:
            return _fit(shape, recipe)
        case Placement.STRETCH:
            return _Layout(*recipe.size)


def _crop(shape: tuple[int, int], recipe: Recipe) -> _Layout:
    short, long = min(shape), max(shape)
    scaled_long = int(recipe.resize * long / short)
    height, width = (recipe.resize, scaled_long) if shape[0] <= shape[1] else (scaled_long, recipe.resize)
    return _Layout(height, width, _centred(height, recipe.size[0]), _centred(width, recipe.size[1]))


def _centred(length: int, wanted: int) -> int:
    """Where the centre crop starts; torchvision rounds halves to even, and pads the start of a short side less."""
    return -((wanted - length) // 2) if wanted > length else round((length - wanted) / 2)


def _fit(shape: tuple[int, int], recipe: Recipe) -> _Layout:
    scale = min(wanted / length for wanted, length in zip(recipe.size, shape, strict=True))
    height, width = (max(1, round(scale * length)) for length in shape)
    return _Layout(height, width, (height - recipe.size[0]) // 2, (width - recipe.size[1]) // 2, MID_GREY)


def _paste_part(ground: Image.Image, picture: Image.Image, layout: _Layout, recipe: Recipe) -> None:
    """Scales only what the input shows of a picture that is very much longer than wide.

    The scaled picture would take gigabytes (a line of 5000 x 1 pixels becomes 1 280 000 x 256). The result is that
    of scaling it whole but for the rounding of the filter's coefficients.
    """
    x0, x1 = max(0, layout.left), min(layout.width, layout.left + recipe.size[1])
    y0, y1 = max(0, layout.top), min(layout.height, layout.top + recipe.size[0])
    left, right, box_left, box_right = _span(x0, x1, picture.width, layout.width)
    top, bottom, box_top, box_bottom = _span(y0, y1, picture.height, layout.height)
    part = picture.crop((left, top, right, bottom)).resize(
        (x1 - x0, y1 - y0), _FILTERS[recipe.interpolation], (box_left, box_top, box_right, box_bottom)
    )
    ground.paste(part, (x0 - layout.left, y0 - layout.top))


def _span(start: int, stop: int, length: int, scaled: int) -> tuple[int, int, float, float]:
    """One side of a part: whole pixels with all that the filter looks at, and the exact part within them."""
    scale = length / scaled
    exact_start, exact_stop = start * scale, stop * scale
    margin = math.ceil(_REACH * max(1.0, scale)) + 1
    first = max(0, math.floor(exact_start) - margin)
    last = min(length, math.ceil(exact_stop) + margin)
    return first, last, exact_start - first, min(exact_stop - first, last - first)
