"""Where the bytes of a picture come from: a file, a sample of the gallery, a drawing, or memory."""

from __future__ import annotations

import re
import stat
from pathlib import Path

from engine.catalogue.samples import SAMPLE_PREFIX, SAMPLES, sample_path
from engine.images.drawn import encoded, is_drawn
from engine.images.errors import RefusedError, grouped

FILE_LIMIT = 512 * 2**20
"""The largest file that is read, in bytes."""

_CHECK_THE_PATH = "Check the path, or choose another picture."


def name_of(image: str | bytes) -> str:
    """What the picture is called: the file's name, or the sample's title."""
    if isinstance(image, bytes):
        return "pasted picture"
    if image.startswith(SAMPLE_PREFIX):
        sample = SAMPLES.get(image.removeprefix(SAMPLE_PREFIX))
        return sample.title if sample else image
    if is_drawn(image):
        return "drawing"
    return Path(image).name or image


def fetch(image: str | bytes) -> bytes:
    """The encoded picture, up to ``FILE_LIMIT`` bytes.

    Raises:
        RefusedError: there is nothing to read there, or too much.
    """
    if isinstance(image, bytes):
        _check_length(len(image))
        return image
    if is_drawn(image):
        return encoded(image)
    try:
        return _read(_path(image))
    except (OSError, ValueError) as error:
        raise RefusedError(*reason_of(error)) from error


def _path(image: str) -> Path:
    if re.match(r"(https?|ftp)://", image):
        raise RefusedError(
            "it is an address on the network, and nothing is fetched", "Save the picture first, then open the file."
        )
    if not image.startswith(SAMPLE_PREFIX):
        return Path(image)
    try:
        return sample_path(image.removeprefix(SAMPLE_PREFIX))
    except KeyError as error:
        shown = ", ".join(list(SAMPLES)[:5])
        raise RefusedError("there is no such sample", f"Choose one of the gallery: {shown}, …") from error


def _read(path: Path) -> bytes:
    found = path.stat()
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError
    if not stat.S_ISREG(found.st_mode):
        raise RefusedError("it is a device or a pipe, not a file", "Choose a picture.")
    _check_length(found.st_size)
    return path.read_bytes()


def _check_length(length: int) -> None:
    if length == 0:
        raise RefusedError("the file is empty", "Get the picture again where it came from.")
    if length > FILE_LIMIT:
        raise RefusedError(
            f"the file has {grouped(length)} bytes, more than the limit of {grouped(FILE_LIMIT)}",
            "Save the picture smaller and open that.",
        )


def reason_of(error: OSError | ValueError, kind: str = "file") -> tuple[str, str]:
    """Why a file (or a folder) cannot be reached, and what to do."""
    if isinstance(error, FileNotFoundError):
        return f"there is no such {kind}", _CHECK_THE_PATH
    if isinstance(error, NotADirectoryError):
        return "a part of its path is not a folder", _CHECK_THE_PATH
    if isinstance(error, IsADirectoryError):
        return "it is a folder", "Open one of the pictures in it."
    if isinstance(error, PermissionError):
        return "you may not read it", f"Change the permissions of the {kind}, or copy it to a place of your own."
    if isinstance(error, OSError):
        return error.strerror or str(error), "Check the path and the disk, then try again."
    return f"no {kind} can have that name", _CHECK_THE_PATH
