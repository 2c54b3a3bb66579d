"""Any picture to upright, opaque RGB of 8 bits, with limits set before anything is unpacked."""

from __future__ import annotations

import io
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import numpy as np
from PIL import Image
from PIL.ExifTags import Base
from PIL.ImageFile import ImageFile
from PIL.TiffImagePlugin import BITSPERSAMPLE, PHOTOMETRIC_INTERPRETATION, TiffImageFile

from engine.answers import Pixels
from engine.images.colour import to_opaque_srgb
from engine.images.depth import Numbers, deep_samples, is_16_bit, round_12_bits, round_to_8_bits
from engine.images.errors import ImageError, RefusedError, check_size, grouped
from engine.images.kinds import KINDS, has_no_pixels, kind_of, missing_part
from engine.images.sources import fetch, name_of
from engine.images.tiff import is_deep, read_deep

PIXEL_LIMIT = 100_000_000
"""The largest picture that is unpacked: 300 MB as RGB."""

_TURNED = "turned upright"
_AGAIN = "Get the picture again where it came from."

_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What undoes an orientation of EXIF."""

_one_at_a_time = threading.Lock()


@dataclass(frozen=True, eq=False)
class Decoded:
    """A picture, ready to be placed.

    Attributes:
        pixels: (H, W, 3) of uint8, upright, opaque, sRGB; not to be written to.
        name: the file's name, or the sample's title.
        notes: what was done to it that one may want to know, empty if nothing.
        is_grey: whether the file holds one channel (the three of ``pixels`` are equal).
    """

    pixels: Pixels
    name: str
    notes: tuple[str, ...] = ()
    is_grey: bool = False


@dataclass(frozen=True, eq=False)
class _Raw:
    """A loaded picture in a mode of 8 bits, with what its file says about it."""

    picture: Image.Image
    orientation: int
    profile: bytes | None
    notes: list[str]


def decode(image: str | bytes) -> Decoded:
    """Reads a picture: PNG, JPEG, WebP, BMP, TIFF or GIF, by its content, whatever its name.

    Args:
        image: a file's path, ``sample:NAME``, ``drawn:…``, or the bytes of a file.

    Raises:
        ImageError: it cannot be read; nothing else is raised, whatever the bytes.
    """
    name = name_of(image)
    try:
        data = fetch(image)
        kind = kind_of(data)
        try:
            with _quietly():
                return _decode(kind, data, name)
        except RefusedError:
            raise
        except Exception as error:
            raise _explain(error, kind, data) from error
    except RefusedError as error:
        raise ImageError(f"“{name}” cannot be opened", error.why, error.remedy) from error


@contextmanager
def _quietly() -> Iterator[None]:
    """Keeps Pillow's warnings about odd files to itself, and one picture at a time.

    Filters of warnings belong to the whole process, so two threads must not set them at once; and a large picture
    takes a gigabyte while it is unpacked.
    """
    with _one_at_a_time, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _decode(kind: str, data: bytes, name: str) -> Decoded:
    if has_no_pixels(kind, data):
        raise RefusedError("it has no pixels", "Choose another picture.")
    raw = _load(kind, data)
    is_grey = raw.picture.mode in {"1", "L"}
    picture, notes = to_opaque_srgb(raw.picture, raw.profile)
    if raw.orientation in _UPRIGHT:
        picture = picture.transpose(_UPRIGHT[raw.orientation])
        notes.append(_TURNED)
    return Decoded(np.asarray(picture), name, (*raw.notes, *notes), is_grey)


def _load(kind: str, data: bytes) -> _Raw:
    try:
        opened = KINDS[kind](io.BytesIO(data))
    except SyntaxError:
        if kind != "TIFF":
            raise
        return _load_deep_tiff(data)
    check_size(*opened.size, PIXEL_LIMIT)
    if isinstance(opened, TiffImageFile) and is_deep(opened):
        return _load_deep_tiff(data)
    # Pillow turns a TIFF while it loads it, and forgets that it did.
    is_turned = isinstance(opened, TiffImageFile) and opened.tag_v2.get(Base.Orientation) in _UPRIGHT
    picture, notes = _to_8_bits(opened, data)
    if is_turned:
        notes.append(_TURNED)
    profile = opened.info.get("icc_profile")
    orientation = _orientation(opened)
    if _has_more(opened):
        notes.append("the first page of several" if kind == "TIFF" else "the first frame of an animation")
    return _Raw(picture, orientation, profile if isinstance(profile, bytes) else None, notes)


def _load_deep_tiff(data: bytes) -> _Raw:
    deep = read_deep(data, PIXEL_LIMIT)
    picture, note = _from_numbers(deep.samples)
    if deep.premultiplied and picture.mode in {"LA", "RGBA"}:
        picture = Image.frombytes(picture.mode[:-1] + "a", picture.size, picture.tobytes()).convert(picture.mode)
    return _Raw(picture, deep.orientation, deep.profile, [note] if note else [])


def _to_8_bits(opened: ImageFile, data: bytes) -> tuple[Image.Image, list[str]]:
    """The loaded picture; where its samples are wider than 8 bits, they are rounded, not cut."""
    if opened.mode.startswith(("I", "F")):
        return _from_grey(opened)
    samples = deep_samples(opened, data)
    if samples is None:
        opened.load()
        return opened.copy(), []
    picture, note = _from_numbers(samples, _see_through(opened, samples))
    return picture, [note]


def _from_grey(opened: ImageFile) -> tuple[Image.Image, list[str]]:
    samples = np.asarray(opened)
    see_through = _see_through(opened, samples)
    tags = opened.tag_v2 if isinstance(opened, TiffImageFile) else {}
    if is_16_bit(samples) and tags.get(PHOTOMETRIC_INTERPRETATION) == 0:
        samples = ~samples
    if tags.get(BITSPERSAMPLE) == (12,):
        levels, note = round_12_bits(samples)
        return Image.fromarray(levels), [note]
    picture, note = _from_numbers(samples, see_through)
    return picture, [note]


def _see_through(opened: ImageFile, samples: Numbers) -> Numbers | None:
    """Which pixels have the one colour that a PNG declares transparent, (H, W)."""
    colour = opened.info.get("transparency")
    if colour is None:
        return None
    same = np.atleast_3d(samples == np.asarray(colour))
    return np.asarray(same.all(axis=2))


def _from_numbers(samples: Numbers, see_through: Numbers | None = None) -> tuple[Image.Image, str]:
    """(H, W) or (H, W, 1 to 4) samples of any width as a picture of 8 bits; alpha is not stretched with colours."""
    samples = np.atleast_3d(samples)
    colours = samples.shape[2] - (samples.shape[2] in {2, 4})
    levels, note = round_to_8_bits(samples[..., :colours])
    bands = [levels]
    if colours < samples.shape[2]:
        bands.append(round_to_8_bits(samples[..., colours:])[0])
    elif see_through is not None:
        bands.append(np.where(see_through, 0, 255).astype(np.uint8)[..., None])
    joined = np.concatenate(bands, axis=2)
    return Image.fromarray(joined[..., 0] if joined.shape[2] == 1 else joined), note


def _orientation(opened: ImageFile) -> int:
    """As in EXIF, 1 to 8; 1 (upright) where the EXIF data are damaged."""
    with suppress(Exception):
        return int(opened.getexif().get(Base.Orientation, 1))
    return 1


def _has_more(opened: ImageFile) -> bool:
    """Whether more pictures follow; asked last, for it moves on to the second."""
    with suppress(Exception):
        return bool(getattr(opened, "is_animated", False))
    return False


def _explain(error: Exception, kind: str, data: bytes) -> RefusedError:
    """Why a reader failed."""
    if isinstance(error, MemoryError):
        return RefusedError("there is not enough memory to unpack it", "Close other programs, or save it smaller.")
    if isinstance(error, Image.DecompressionBombError):
        return RefusedError(
            f"it has more than {grouped(PIXEL_LIMIT)} pixels", "Save the picture smaller and open that."
        )
    missing = missing_part(kind, data)
    if missing is not None:
        return RefusedError(missing, _AGAIN)
    said = str(error)
    if "truncat" in said.lower() or isinstance(error, EOFError):
        return RefusedError("the file is cut short", _AGAIN)
    if "MAX_TEXT_CHUNK" in said or "text chunks" in said:
        return RefusedError("its texts unpack to more than is sound, as in a decompression bomb", _AGAIN)
    # Pillow speaks in these two; what Python says of damaged numbers helps nobody.
    detail = f" ({said})" if said and isinstance(error, OSError | SyntaxError) else ""
    return RefusedError(f"its {kind} data are damaged{detail}", _AGAIN)
