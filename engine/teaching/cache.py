"""Features that were computed before, by network and picture: a file for each network in the user's cache folder.

A picture is known by its path, its size in bytes and when it was last written; a network by its weights and by how it
is shown pictures. The files are tables of numbers (safetensors), and the oldest go when there are too many.
"""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from platformdirs import user_cache_dir
from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from engine.frame import Floats, Pixels
from engine.images import SaveError, save_bytes

logger = logging.getLogger(__name__)

MOST_BYTES = 1_000_000_000
"""Of all files together."""
MOST_OF_A_NETWORK = 400_000_000
"""Bytes of one file: what was computed last is kept. 20 000 pictures of 4000 features have room."""
KEY_BYTES = 16
"""Of a digest."""


@dataclass(frozen=True, eq=False, slots=True)
class Known:
    """What a picture became.

    Attributes:
        features: (D,).
        pixels: (P,) values of it made small, 0 to 255.
        seen: (16,) bytes of a digest of what the network was shown: two files of one picture have the same.
    """

    features: Floats
    pixels: Pixels
    seen: Pixels


def folder() -> Path:
    """Where the files are: ``features`` in the user's cache."""
    return Path(user_cache_dir("foolscope", appauthor=False), "features")


def key_of(path: str) -> bytes:
    """What a picture is known by; changes when its file does.

    Raises:
        OSError: the file cannot be looked at.
    """
    found = Path(path).stat()
    text = f"{os.path.realpath(path)}\0{found.st_mtime_ns}\0{found.st_size}"
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:KEY_BYTES]


class Cache:
    """The features of one network.

    Args:
        network: a text that no other network has.
    """

    def __init__(self, network: str) -> None:
        self.path = folder() / f"{hashlib.sha256(network.encode()).hexdigest()[:32]}.safetensors"
        self._all: dict[bytes, Known] = {}

    def read(self, keys: Iterable[bytes]) -> dict[bytes, Known]:
        """What is known of some pictures; a file that is damaged counts as none."""
        try:
            table = load_file(self.path)
            rows = zip(*(table[name] for name in ("keys", "features", "pixels", "seen")), strict=True)
            self._all = {bytes(key): Known(*row) for key, *row in rows}
        except FileNotFoundError:
            pass
        except (SafetensorError, OSError, KeyError, ValueError) as error:
            logger.warning("The features in %s cannot be read: %s", self.path, error)
        return {key: self._all[key] for key in keys if key in self._all}

    def write(self, known: Mapping[bytes, Known]) -> None:
        """Keeps features with those of other pictures that there were, the last for which there is room.

        What cannot be written is computed again another time.
        """
        if not known:
            return
        others = {key: each for key, each in self._all.items() if key not in known}
        some = next(iter(known.values()))
        most = MOST_OF_A_NETWORK // (2 * KEY_BYTES + some.features.nbytes + some.pixels.nbytes)
        last = list((others | dict(known)).items())[-max(most, 1) :]
        table: dict[str, NDArray[np.generic]] = {
            "keys": np.frombuffer(b"".join(key for key, _ in last), np.uint8).reshape(-1, KEY_BYTES),
            "features": np.stack([each.features for _, each in last]),
            "pixels": np.stack([each.pixels for _, each in last]),
            "seen": np.stack([each.seen for _, each in last]),
        }
        try:
            folder().mkdir(parents=True, exist_ok=True)
            save_bytes(save(table), self.path)
            _make_room()
        except (OSError, SaveError) as error:
            logger.warning("The features could not be kept: %s", error)


def kept_bytes() -> int:
    """How much all files together take on the disk."""
    return sum(each.stat().st_size for each in _files())


def clear() -> None:
    """Deletes all features that were kept: they are computed again when they are needed.

    Raises:
        OSError: one of the files cannot be deleted.
    """
    for each in _files():
        each.unlink(missing_ok=True)


def _files() -> list[Path]:
    return [each for each in folder().glob("*.safetensors") if each.is_file()]


def _make_room() -> None:
    """Deletes the files that were written longest ago, until the others fit."""
    files = sorted(_files(), key=lambda each: each.stat().st_mtime_ns)
    total = sum(each.stat().st_size for each in files)
    for each in files[:-1]:
        if total <= MOST_BYTES:
            return
        total -= each.stat().st_size
        each.unlink(missing_ok=True)
