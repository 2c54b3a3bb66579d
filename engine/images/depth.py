"""From the numbers of a file to 8 bits: exactly where there is a rule, with a note where there is none."""

from __future__ import annotations

import io
import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL.ImageFile import ImageFile

from engine.answers import Pixels
from engine.images.errors import RefusedError
from engine.images.kinds import KINDS

Numbers = NDArray[Any]

_OTHER_ORDER = {"L": "B", "B": "L", "N": "B" if sys.byteorder == "little" else "L"}


def round_to_8_bits(numbers: Numbers) -> tuple[Pixels, str]:
    """Brings samples of any width to 0..255, and says how.

    16 bits are scaled (65535 becomes 255) and rounded, floating point in [0, 1] likewise. Other numbers have no
    agreed white: the smallest becomes 0 and the largest 255.

    Raises:
        RefusedError: a value is not a number, or infinite.
    """
    if numbers.dtype == np.uint8:
        return numbers, ""
    if numbers.dtype == np.bool_:
        return numbers.astype(np.uint8) * np.uint8(255), ""
    if is_16_bit(numbers):
        return _levels_of(65535)[numbers], "16 bits rounded to 8"
    if numbers.dtype.kind not in "iuf":
        raise RefusedError(f"its values are of the kind {numbers.dtype}", "Save it with 8 or 16 bits.")
    return _stretch(numbers)


def is_16_bit(numbers: Numbers) -> bool:
    """Whether the samples are unsigned and of 16 bits, in either byte order."""
    return numbers.dtype.kind == "u" and numbers.dtype.itemsize == 2


def round_12_bits(numbers: NDArray[np.uint16]) -> tuple[Pixels, str]:
    """The same for samples of 0..4095."""
    return _levels_of(4095)[numbers], "12 bits rounded to 8"


def _levels_of(white: int) -> Pixels:
    """The 8-bit level of each 16-bit number; those above ``white`` are white."""
    levels: Pixels = np.rint(np.minimum(np.arange(65536), white) * (255 / white)).astype(np.uint8)
    return levels


def _stretch(numbers: Numbers) -> tuple[Pixels, str]:
    values = numbers.astype(np.float64)
    broken = values.size - int(np.isfinite(values).sum())
    if broken:
        raise RefusedError(
            f"{broken} of its {values.size} values are NaN or infinite",
            "Replace them by numbers, then save the picture again.",
        )
    low, high = float(values.min()), float(values.max())
    if numbers.dtype.kind == "f" and low >= 0 and high <= 1:
        return np.rint(values * 255).astype(np.uint8), "floating point rounded to 8 bits"
    # Halves, so that the difference of the largest numbers is still one.
    span = max(high / 2 - low / 2, sys.float_info.min)
    levels: Pixels = np.rint((values / 2 - low / 2) / span * 255).astype(np.uint8)
    return levels, f"values from {low:g} to {high:g} scaled to 0 to 255"


def deep_samples(opened: ImageFile, data: bytes) -> NDArray[np.uint16] | None:
    """All 16 bits of a colour picture that Pillow reads as 8 by dropping the lower byte, or None where it does not.

    The lower bytes come from reading the file a second time as if it had the other byte order.

    Args:
        opened: the picture, not loaded yet.
        data: the file.

    Returns:
        (H, W, 3 or 4).
    """
    lower_mode = _in_other_byte_order(opened)
    if lower_mode is None:
        return None
    lower = KINDS[str(opened.format)](io.BytesIO(data))
    lower.tile = [each._replace(args=_with_raw_mode(each.args, lower_mode)) for each in lower.tile]
    samples: NDArray[np.uint16] = np.asarray(opened).astype(np.uint16) << 8 | np.asarray(lower)
    return samples


def _in_other_byte_order(opened: ImageFile) -> str | None:
    raw_modes = {str(each.args if isinstance(each.args, str) else (each.args or ("",))[0]) for each in opened.tile}
    kind, _, order = raw_modes.pop().partition(";16") if len(raw_modes) == 1 else ("", "", "")
    return f"{kind};16{_OTHER_ORDER[order]}" if kind in {"RGB", "RGBA"} and order in _OTHER_ORDER else None


def _with_raw_mode(args: Any, raw_mode: str) -> Any:
    return raw_mode if isinstance(args, str) else (raw_mode, *args[1:])
