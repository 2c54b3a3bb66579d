"""Out again: pixels in [0, 1] to an 8-bit file, lossless and whole or not at all."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from engine.answers import Floats, Pixels
from engine.images.errors import SaveError
from engine.images.reading import decode

_REASONS = {
    errno.ENOSPC: ("there is no space left on the disk", "Make room, or save it on another disk."),
    errno.EDQUOT: ("your share of the disk is used up", "Make room, or save it on another disk."),
    errno.EROFS: ("the disk can only be read", "Save it on another disk."),
    errno.EACCES: ("you may not write there", "Save it in a folder of your own."),
    errno.EPERM: ("you may not write there", "Save it in a folder of your own."),
    errno.ENOENT: ("there is no such folder", "Make the folder first, or choose another."),
    errno.ENOTDIR: ("a part of its path is not a folder", "Choose another folder."),
    errno.EISDIR: ("there is a folder of that name", "Choose another name."),
    errno.ENAMETOOLONG: ("the name is too long", "Choose a shorter name."),
}


def quantise(image: Floats) -> Pixels:
    """Rounds pixels in [0, 1] to the 256 levels of a file, halves to even; values outside are clipped.

    Rounding keeps a perturbation within L∞ ≤ ε when the clean picture is on the lattice of k/255 and ε is one of
    its steps: the ball's bounds are then levels themselves, and no value within rounds to a level outside.
    Cutting the fraction off does not: c - k computed in float32 may lie a hair below its level, and falls to the next.

    Args:
        image: (H, W, C) of float32.

    Raises:
        ValueError: a value is not a number.
    """
    if np.isnan(image).any():
        raise ValueError("a picture with values that are not numbers cannot be rounded to 8 bits")
    levels: Pixels = np.rint(np.clip(image, 0, 1) * 255).astype(np.uint8)
    return levels


def save_png(image: Floats, path: str | Path) -> None:
    """Saves (H, W, C) pixels in [0, 1] as an 8-bit PNG, grey if C is 1; the older file stays until the new is whole.

    Raises:
        SaveError: it cannot be written; nothing was changed.
        ValueError: a value is not a number.
    """
    levels = quantise(image)
    picture = Image.fromarray(levels[..., 0] if levels.shape[-1] == 1 else levels)
    _write(Path(path), lambda file: picture.save(file, "PNG"))


def save_array(values: NDArray[np.float32], path: str | Path) -> None:
    """Saves an array as ``.npy``, exactly; the older file stays until the new is whole.

    Raises:
        SaveError: it cannot be written; nothing was changed.
    """
    _write(Path(path), lambda file: np.save(file, values, allow_pickle=False))


def save_text(text: str, path: str | Path) -> None:
    """Saves a text as UTF-8; the older file stays until the new is whole.

    Raises:
        SaveError: it cannot be written; nothing was changed.
    """
    save_bytes(text.encode(), path)


def save_bytes(content: bytes, path: str | Path) -> None:
    """Saves bytes as they are; the older file stays until the new is whole.

    Raises:
        SaveError: it cannot be written; nothing was changed.
    """
    _write(Path(path), lambda file: file.write(content))


def read_back(path: str | Path) -> Floats:
    """The pixels of a saved picture, (H, W, C) of float32 in [0, 1], C 1 where the file is grey.

    Raises:
        engine.images.ImageError: the file cannot be read.
    """
    decoded = decode(str(path))
    pixels = decoded.pixels[..., :1] if decoded.is_grey else decoded.pixels
    return pixels.astype(np.float32) / np.float32(255)


def _write(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Writes a file beside its place, then moves it there in one step."""
    try:
        beside = path.with_name(f".{secrets.token_hex(8)}.part")
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        try:
            with beside.open("xb") as file:
                write(file)
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)
    except (OSError, ValueError) as error:
        raise SaveError(f"“{path.name}” cannot be saved", *_reason(error)) from error


def _reason(error: OSError | ValueError) -> tuple[str, str]:
    if isinstance(error, OSError):
        known = _REASONS.get(error.errno or 0)
        return known or (error.strerror or str(error), "Choose another place, then try again.")
    return "no file can have that name", "Choose another name."
