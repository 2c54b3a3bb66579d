"""TIFF files that hold numbers rather than pictures: 16 bits and more a sample, floating point, separate planes.

Pillow reads floating point of one channel only, and takes separate planes of 16 bits for planes of 8. tifffile
(a dependency of scikit-image) reads all of them. Only uncompressed files are given to it: what it allocates is
then bounded by the length of the file.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL.TiffImagePlugin import BITSPERSAMPLE, COMPRESSION, PHOTOMETRIC_INTERPRETATION, TiffImageFile

from engine.images.depth import Numbers
from engine.images.errors import RefusedError, check_size, grouped

if TYPE_CHECKING:
    from tifffile import TiffPage

# Values of tags, from the TIFF 6.0 specification.
_UNCOMPRESSED = 1
_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB = 0, 1, 2
_COLOURS = frozenset({_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB})
_UNSPECIFIED, _PREMULTIPLIED = 0, 1
_ORIENTATION = 274

_SAVE_OTHERWISE = "Save it as PNG, or as an uncompressed TIFF in grey or RGB, and open that."


def is_deep(opened: TiffImageFile) -> bool:
    """Whether a TIFF that Pillow can open is better read by ``read_deep``."""
    tags = opened.tag_v2
    return (
        set(tags.get(BITSPERSAMPLE, (1,))) <= {16, 32, 64}
        and tags.get(COMPRESSION, _UNCOMPRESSED) == _UNCOMPRESSED
        and tags.get(PHOTOMETRIC_INTERPRETATION, _BLACK_IS_ZERO) in _COLOURS
    )


@dataclass(frozen=True, eq=False)
class DeepPicture:
    """The first page of a TIFF.

    Attributes:
        samples: (H, W) or (H, W, 1 to 4), 0 is black.
        orientation: as in EXIF, 1 to 8.
        profile: the ICC profile, or None.
        premultiplied: whether its colours were multiplied by its alpha.
    """

    samples: Numbers
    orientation: int
    profile: bytes | None
    premultiplied: bool


def read_deep(data: bytes, pixel_limit: int) -> DeepPicture:
    """Reads an uncompressed TIFF of any kind of numbers.

    Args:
        data: the file.
        pixel_limit: how many pixels are read at most.

    Raises:
        RefusedError: compressed, too large, cut short, or not a picture of one to four channels.
        Exception: any other, for a file that is damaged.
    """
    import tifffile

    with tifffile.TiffFile(io.BytesIO(data)) as file:
        page = file.pages.first
        if not isinstance(page, tifffile.TiffPage):
            raise RefusedError("it has no first page", _SAVE_OTHERWISE)
        check_size(page.imagewidth, page.imagelength, pixel_limit)
        _check_layout(page)
        _check_data(page, len(data))
        samples = page.asarray()
        if page.axes == "SYX":
            samples = np.moveaxis(samples, 0, 2)
        if page.photometric == _WHITE_IS_ZERO:
            samples = _inverted(samples)
        kept = page.samplesperpixel - list(page.extrasamples).count(_UNSPECIFIED)
        return DeepPicture(
            samples=samples[..., :kept] if samples.ndim == 3 else samples,
            orientation=int(page.tags.valueof(_ORIENTATION, default=1)),
            profile=page.iccprofile,
            premultiplied=_PREMULTIPLIED in page.extrasamples,
        )


def _check_layout(page: TiffPage) -> None:
    if page.compression != _UNCOMPRESSED:
        raise RefusedError("it is a compressed TIFF of an uncommon kind", _SAVE_OTHERWISE)
    if page.photometric not in _COLOURS or page.axes not in {"YX", "YXS", "SYX"} or page.samplesperpixel > 4:
        raise RefusedError(f"it has {page.samplesperpixel} channels and is no picture in grey or RGB", _SAVE_OTHERWISE)


def _check_data(page: TiffPage, length: int) -> None:
    """Nothing is allocated for numbers that the file does not hold."""
    end = max((offset + count for offset, count in zip(page.dataoffsets, page.databytecounts, strict=True)), default=0)
    end = max(end, page.nbytes)
    if end > length:
        raise RefusedError(
            f"the file ends after {grouped(length)} of at least {grouped(end)} bytes",
            "Get the picture again where it came from.",
        )


def _inverted(samples: Numbers) -> Numbers:
    """Black 0, where the file says that white is."""
    if samples.dtype.kind == "f":
        return 1 - samples
    return ~samples if samples.dtype.kind == "u" else samples
