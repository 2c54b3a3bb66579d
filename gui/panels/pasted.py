"""Pictures that came without a file: kept among the user's data, so that undo and sessions can name them."""

from __future__ import annotations

import hashlib
import secrets
import time
from contextlib import suppress
from pathlib import Path

from platformdirs import user_data_dir

from engine.catalogue.samples import find_sample
from engine.images import is_drawn

MAX_COUNT = 200
"""How many pictures are kept; the oldest go first."""
MAX_BYTES = 2**30
"""How many bytes they may take together."""


def folder() -> Path:
    """Where they are kept."""
    return Path(user_data_dir("foolscope", appauthor=False), "pasted")


def title(image: str) -> str:
    """What a picture of ``Request.image`` is called: its sample's title, or its file's name."""
    sample = find_sample(image)
    if sample is not None:
        return sample.title
    if is_drawn(image):
        return "Drawing"
    path = Path(image)
    return "Pasted picture" if path.parent == folder() else path.name


def keep(content: bytes, suffix: str) -> Path:
    """Keeps the encoded picture in a file named after its content, and forgets the oldest where there are too many.

    Raises:
        OSError: it cannot be written; nothing was changed.
    """
    path = folder() / f"{hashlib.sha256(content).hexdigest()}{suffix}"
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.is_file():
        _write(path, content)
    path.touch()
    _forget_oldest(path)
    return path


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all."""
    beside = path.with_name(f"{secrets.token_hex(8)}.part")
    try:
        beside.write_bytes(content)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _forget_oldest(newest: Path) -> None:
    """Another window may do the same at the same time, so a file that is gone already is no trouble."""
    kept: list[tuple[float, int, Path]] = []
    for path in newest.parent.iterdir():
        with suppress(OSError):
            found = path.stat()
            age = 0.0 if path == newest else time.time() - found.st_mtime
            kept.append((age, found.st_size, path))
    total = 0
    for place, (_, size, path) in enumerate(sorted(kept)):
        total += size
        if place and (place >= MAX_COUNT or total > MAX_BYTES):
            with suppress(OSError):
                path.unlink()
