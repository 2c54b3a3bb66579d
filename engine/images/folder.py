"""The pictures of a folder, by their names."""

from __future__ import annotations

import heapq
import os
import re
from itertools import islice
from pathlib import Path

from engine.images.errors import ImageError
from engine.images.sources import reason_of

SUFFIXES = (".png", ".apng", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".bmp", ".dib", ".tif", ".tiff", ".gif")
"""What files with pictures end in. Only lists go by it: whether a file is a picture, its content decides."""

SCAN_LIMIT = 50_000
"""How many entries of a folder are looked at: less than half a second."""


def is_picture_name(path: str | Path) -> bool:
    """Whether a file of that name is likely to be a picture; hidden files are not."""
    name = Path(path).name.lower()
    return name.endswith(SUFFIXES) and not name.startswith(".")


def pictures_in(folder: str | Path, limit: int = 1000) -> tuple[list[str], int]:
    """The pictures of a folder, not of those in it, in natural order (``img2`` before ``img10``).

    Args:
        folder: its path.
        limit: how many are listed at most.

    Returns:
        The first ``limit`` paths, and how many pictures there were among the first ``SCAN_LIMIT`` entries.

    Raises:
        ImageError: the folder cannot be listed.
    """
    try:
        with os.scandir(folder) as entries:
            found = [
                (_natural(each.name), each.path)
                for each in islice(entries, SCAN_LIMIT)
                if is_picture_name(each.name) and each.is_file()
            ]
    except (OSError, ValueError) as error:
        raise ImageError(f"“{Path(folder).name}” cannot be listed", *reason_of(error, "folder")) from error
    return [path for _, path in heapq.nsmallest(limit, found)], len(found)


def _natural(name: str) -> list[tuple[int, int, str]]:
    """A key that orders runs of digits as numbers, and before letters."""
    parts = re.findall(r"\d+|\D+", name.casefold())
    return [(0, int(each), "") if each.isdecimal() else (1, 0, each) for each in parts]
