"""What a file is, by its first bytes; its suffix is not asked."""

from __future__ import annotations

from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import PREFIXES, TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

from engine.images.errors import RefusedError, grouped

KINDS: dict[str, type[ImageFile]] = {
    "PNG": PngImageFile,
    "JPEG": JpegImageFile,
    "WebP": WebPImageFile,
    "BMP": BmpImageFile,
    "TIFF": TiffImageFile,
    "GIF": GifImageFile,
}
"""The readers. They are called by name, not through ``Image.open``, which warns of big pictures before their size
can be asked and tries forty more kinds of file."""

_STARTS: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF8", "GIF"),
    (b"BM", "BMP"),
    *((prefix, "TIFF") for prefix in PREFIXES),
)

_OTHERS: tuple[tuple[int, bytes, str], ...] = (
    (4, b"ftypavif", "an AVIF picture"),
    (4, b"ftyphei", "a HEIC picture"),
    (4, b"ftypmif1", "a HEIF picture"),
    (4, b"ftyp", "a film"),
    (4, b"JXL ", "a JPEG XL picture"),
    (0, b"\xff\x0a", "a JPEG XL picture"),
    (4, b"jP  ", "a JPEG 2000 picture"),
    (0, b"8BPS", "a Photoshop picture"),
    (0, b"\x00\x00\x01\x00", "an icon"),
    (0, b"%PDF", "a PDF document"),
    (0, b"PK\x03\x04", "a ZIP archive"),
    (0, b"\x1f\x8b", "a compressed archive"),
    (0, b"\x93NUMPY", "a NumPy array"),
)

_READABLE = "Foolscope reads PNG, JPEG, WebP, BMP, TIFF and GIF: save it as PNG and open that."


def kind_of(data: bytes) -> str:
    """The kind of a picture, a key of ``KINDS``.

    Raises:
        RefusedError: it is something else; says what, where that can be told.
    """
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WebP"
    for start, kind in _STARTS:
        if data.startswith(start):
            return kind
    raise RefusedError(f"it is {_something_else(data)}", _READABLE)


def _something_else(data: bytes) -> str:
    for offset, mark, what in _OTHERS:
        if data.startswith(mark, offset):
            return what
    if _is_text(data[:1024]):
        return "an SVG drawing" if b"<svg" in data[:1024] else "a text file, not a picture"
    return "not a picture"


def _is_text(start: bytes) -> bool:
    """Whether it reads as UTF-8 without control characters; the cut may go through a character."""
    try:
        text = start.decode()
    except UnicodeDecodeError as error:
        if error.start < len(start) - 3:
            return False
        text = start[: error.start].decode()
    return all(each.isprintable() or each.isspace() for each in text)


def has_no_pixels(kind: str, data: bytes) -> bool:
    """Whether the header of a PNG or BMP gives a side as 0; a reader would refuse it as it refuses noise."""
    start, side = {"PNG": (16, 4), "BMP": (18, 4)}.get(kind, (len(data), 4))
    sides = data[start : start + side], data[start + side : start + 2 * side]
    return bytes(side) in sides


def missing_part(kind: str, data: bytes) -> str | None:
    """How a file is seen to be cut short: a sentence's end, or None if it is not seen."""
    whole = _announced_length(kind, data)
    if whole is not None and whole > len(data):
        return f"the file ends after {grouped(len(data))} of {grouped(whole)} bytes"
    if kind == "PNG" and not _has_last_chunk(data):
        return f"the file is cut short: it ends after {grouped(len(data))} bytes, within the picture"
    if kind == "JPEG" and b"\xff\xd9" not in data[-64:]:
        return f"the file is cut short: it ends after {grouped(len(data))} bytes, before its end mark"
    return None


def _announced_length(kind: str, data: bytes) -> int | None:
    """The length of a whole file as its header tells it."""
    if kind == "WebP" and len(data) >= 8:
        return int.from_bytes(data[4:8], "little") + 8
    if kind == "BMP" and len(data) >= 6:
        return int.from_bytes(data[2:6], "little")
    return None


def _has_last_chunk(data: bytes) -> bool:
    """Whether the chunks of a PNG (length, name, content, checksum) lead to its end mark."""
    position = 8
    while position + 12 <= len(data):
        if data[position + 4 : position + 8] == b"IEND":
            return True
        position += 12 + int.from_bytes(data[position : position + 4], "big")
    return False
