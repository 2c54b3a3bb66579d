"""Where the attack may act: areas with a name, what the brush makes of one, and what is asked for it."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QPointF

from engine.frame import Frame
from engine.masks import Area, fitted, read_mask, write_mask
from engine.request import Request
from engine.wording import say_percent

EVERYWHERE, PAINTED = "everywhere", "painted"
NAMES = ("left half", "right half", "upper half", "lower half", "middle", "border")
"""Areas that need no brush."""

USUAL_SIZE = (224, 224)
"""Height and width of the network's input, while none is known."""


def size_of(frame: Frame | None) -> tuple[int, int]:
    """Height and width of the picture that the network sees."""
    if frame is None or frame.clean is None:
        return USUAL_SIZE
    height, width, _ = frame.clean.shape
    return height, width


def area_called(name: str, size: tuple[int, int]) -> Area:
    """One of ``NAMES``, (H, W); the middle is half as wide and high as the picture, and the border the rest."""
    height, width = size
    area = np.zeros(size, bool)
    whole = slice(None)
    parts = {
        "left half": (whole, slice(width // 2)),
        "right half": (whole, slice(width // 2, None)),
        "upper half": (slice(height // 2), whole),
        "lower half": (slice(height // 2, None), whole),
        "middle": (slice(height // 4, height - height // 4), slice(width // 4, width - width // 4)),
    }
    area[parts["middle" if name == "border" else name]] = True
    return ~area if name == "border" else area


def area_of(request: Request, size: tuple[int, int]) -> Area:
    """Where the attack may act, (H, W), on a picture of that size."""
    return fitted(read_mask(request.mask), size) if request.mask else np.ones(size, bool)


def mask_of(area: Area) -> str:
    """What is asked for an area; everywhere is the empty text."""
    return "" if area.all() else write_mask(area)


def name_of(mask: str) -> str:
    """``everywhere``, one of ``NAMES``, or ``painted``."""
    if not mask:
        return EVERYWHERE
    area = read_mask(mask)
    for name in NAMES:
        if np.array_equal(area, area_called(name, (area.shape[0], area.shape[1]))):
            return name
    return PAINTED


def say_area(mask: str) -> str:
    """An area in a few words: ``left half``, ``painted 12 %``; empty for everywhere."""
    name = name_of(mask)
    if name == EVERYWHERE:
        return ""
    share = float(read_mask(mask).mean())
    return f"{PAINTED} {say_percent(share)}" if name == PAINTED else name


def stroked(area: Area, start: QPointF, end: QPointF, width: float, *, allows: bool) -> Area:
    """The area after a stroke of a round brush, from one point of the picture to another.

    Args:
        area: before it, (H, W); stays as it is.
        start: in pixels of the picture, (0, 0) its upper left corner.
        end: likewise; the pixel below it is always met.
        width: of the brush, in pixels.
        allows: whether the attack may act there, or may not any more.
    """
    height, columns = area.shape
    y, x = np.mgrid[:height, :columns] + 0.5
    across, down = end.x() - start.x(), end.y() - start.y()
    length = across**2 + down**2
    along = np.clip(((x - start.x()) * across + (y - start.y()) * down) / length, 0, 1) if length else 0.0
    met = np.hypot(x - start.x() - along * across, y - start.y() - along * down) <= width / 2
    row, column = math.floor(end.y()), math.floor(end.x())
    if 0 <= row < height and 0 <= column < columns:
        met[row, column] = True
    changed: Area = area | met if allows else area & ~met
    return changed
