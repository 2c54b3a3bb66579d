"""Pictures in and out: any file to upright, opaque RGB; RGB to what a network sees; pixels to an 8-bit file.

Nothing here needs torch: the window lists and shows pictures before the engine is loaded.
"""

from __future__ import annotations

from engine.images.drawn import DRAWN_PREFIX, Drawing, Form, is_drawn
from engine.images.errors import ImageError, SaveError
from engine.images.folder import SUFFIXES, is_picture_name, pictures_in
from engine.images.moving import move, permutation
from engine.images.placing import Interpolation, Recipe, place, window
from engine.images.reading import PIXEL_LIMIT, Decoded, decode
from engine.images.sources import FILE_LIMIT
from engine.images.writing import quantise, read_back, save_array, save_bytes, save_png, save_text

__all__ = [
    "DRAWN_PREFIX",
    "FILE_LIMIT",
    "PIXEL_LIMIT",
    "SUFFIXES",
    "Decoded",
    "Drawing",
    "Form",
    "ImageError",
    "Interpolation",
    "Recipe",
    "SaveError",
    "decode",
    "is_drawn",
    "is_picture_name",
    "move",
    "permutation",
    "pictures_in",
    "place",
    "quantise",
    "read_back",
    "save_array",
    "save_bytes",
    "save_png",
    "save_text",
    "window",
]
