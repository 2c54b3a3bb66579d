"""What was crafted on a folder of pictures and kept: universal perturbations and patches, among the user's data.

Each is two files of one name: a record that says where it comes from (JSON), and its numbers (safetensors). Both are
read as data, only up to a size, and checked against each other. No torch here: the form of an attack lists them.
"""

from __future__ import annotations

import hashlib
import json
import logging
import math
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields, replace
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from platformdirs import user_data_dir

from engine.answers import Floats
from engine.catalogue.attacks.base import Norm
from engine.errors import ExplainedError
from engine.images import SaveError, save_bytes, save_text
from engine.wording import say_epsilon, say_percent

logger = logging.getLogger(__name__)

MOST_VALUES = 3 * 2048**2
"""Of one perturbation or patch; no network's input is larger."""
LARGEST_RECORD = 100_000
"""Bytes."""
_ROOM = 65_536
"""Bytes of a file of numbers beside the numbers themselves."""
_KEY = "values"


class CraftKind(StrEnum):
    """What was crafted."""

    UNIVERSAL = "universal"
    """One perturbation for every picture."""
    PATCH = "patch"
    """A disc that is laid on a picture."""


class CraftedError(ExplainedError, ValueError):
    """A perturbation or a patch that is not there, or cannot be used."""

    field = "attack"


@dataclass(frozen=True)
class Crafted:
    """Where a perturbation or a patch comes from, and how well it did.

    Attributes:
        kind: a value of ``CraftKind``.
        network: name of the network that it was crafted on; ``network_title`` as read.
        method: how, as read.
        shape: (C, H, W) of its numbers.
        norm: in which ``epsilon`` is measured.
        epsilon: the size that it was crafted for; of a patch, its area in pixels.
        pictures: how many it has learnt from; ``held_out`` were only measured.
        seed: of everything that was drawn.
        rate: of the pictures learnt from, the share that is fooled, or that a patch brings to its target, in [0, 1].
        held_out_rate: the same of the others.
        control_rate: of those others under noise of the same size, or under a patch of noise.
        target: the class that a patch wants; None of a universal perturbation. ``target_name`` as read.
        sha256: of the file with the numbers, in hexadecimal digits.
    """

    kind: str
    network: str
    network_title: str
    method: str
    shape: tuple[int, ...]
    norm: str
    epsilon: float
    pictures: int
    held_out: int
    seed: int
    rate: float
    held_out_rate: float
    control_rate: float
    target: int | None = None
    target_name: str = ""
    sha256: str = ""

    def __post_init__(self) -> None:
        for complaint, is_wrong in _COMPLAINTS.items():
            if is_wrong(self):
                raise ValueError(complaint)

    @property
    def title(self) -> str:
        """As it is chosen."""
        share = say_percent(self.held_out_rate)
        if self.kind == CraftKind.PATCH:
            return f"{self.target_name}, seen in {share} of new pictures ({self.network_title})"
        return f"ε {say_epsilon(self.epsilon, Norm(self.norm))}: fools {share} of new pictures ({self.network_title})"

    @property
    def name(self) -> str:
        """As typed: it ends in a digest of the record, so that one name never means two of them."""
        digest = hashlib.sha256(self.to_json().encode()).hexdigest()
        about = self.target_name if self.kind == CraftKind.PATCH else self.network
        slug = re.sub(r"[^a-z0-9.]+", "-", about.casefold()).strip("-.")[:40]
        return f"{slug or self.kind}-{digest[:8]}"

    def to_json(self) -> str:
        """The text of the record's file."""
        return json.dumps(asdict(self), indent=1, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Crafted:
        """Reads a record.

        Raises:
            ValueError: it is none.
        """
        try:
            content = json.loads(text)
            known = {each.name: content[each.name] for each in fields(cls)}
            return cls(**known | {"shape": tuple(known["shape"])})
        except (TypeError, KeyError, RecursionError, AttributeError) as error:
            raise ValueError(f"this is not the record of anything crafted: {error}") from error


def _is_share(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1


def _is_count(value: object) -> bool:
    return type(value) is int and value >= 0


_COMPLAINTS: dict[str, Callable[[Any], bool]] = {
    "kind: must be universal or patch": lambda its: its.kind not in set(CraftKind),
    "shape: must be channels, height and width, not too large": lambda its: (
        len(its.shape) != 3
        or not all(type(each) is int and each > 0 for each in its.shape)
        or its.shape[0] not in {1, 3}
        or math.prod(its.shape) > MOST_VALUES
    ),
    "network, network_title, method, target_name and sha256: must be text": lambda its: (
        not all(
            isinstance(each, str) for each in (its.network, its.network_title, its.method, its.target_name, its.sha256)
        )
    ),
    "norm: must be linf, l2 or l0": lambda its: its.norm not in {Norm.LINF, Norm.L2, Norm.L0},
    "epsilon: must be a number above 0": lambda its: (
        not isinstance(its.epsilon, int | float) or not math.isfinite(its.epsilon) or its.epsilon <= 0
    ),
    "pictures, held_out and seed: must be whole numbers": lambda its: (
        not all(map(_is_count, (its.pictures, its.held_out, its.seed)))
    ),
    "rate, held_out_rate and control_rate: must lie between 0 and 1": lambda its: (
        not all(map(_is_share, (its.rate, its.held_out_rate, its.control_rate)))
    ),
    "target: must be a class, or nothing": lambda its: its.target is not None and not _is_count(its.target),
}
"""What can be wrong with a record, in the order in which it is looked at."""


# The folder


def folder() -> Path:
    """Where they are: ``crafted`` among the user's data."""
    return Path(user_data_dir("foolscope", appauthor=False), "crafted")


def keep(record: Crafted, values: Floats) -> str:
    """Keeps a perturbation or a patch; gives its name. The same again is the same one.

    Args:
        record: where it comes from; the hash is filled in.
        values: (C, H, W) as in ``record.shape``: δ, or pixels in [0, 1].

    Raises:
        SaveError: it cannot be written.
        ValueError: the numbers are not as the record says.
    """
    from safetensors.numpy import save

    _check_values(record, values)
    content = save({_KEY: np.ascontiguousarray(values, dtype=np.float32)})
    record = replace(record, sha256=hashlib.sha256(content).hexdigest())
    try:
        folder().mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SaveError(f"“{folder()}” cannot be made", error.strerror or str(error), "Check the disk.") from error
    save_bytes(content, _numbers_of(record.name))  # first: a record is only there once its numbers are
    save_text(record.to_json(), _path(record.name))
    return record.name


def forget(name: str) -> None:
    """Deletes a perturbation or a patch.

    Raises:
        OSError: it cannot be deleted.
    """
    _path(name).unlink(missing_ok=True)
    _numbers_of(name).unlink(missing_ok=True)


def all_crafted(kind: CraftKind) -> dict[str, Crafted]:
    """Those of a kind that are kept, by name, the newest first; a record that cannot be read is left out."""
    stamped: list[tuple[float, str, Crafted]] = []
    for path in folder().glob("*.json"):
        record = _record(path)
        if record is not None and record.kind == kind:
            stamped.append((-path.stat().st_mtime_ns, path.stem, record))
    return {name: record for _, name, record in sorted(stamped, key=lambda each: each[:2])}


def find_crafted(kind: CraftKind, name: str, channels: int) -> tuple[Crafted, Floats]:
    """What is kept under a name, or under none the newest for pictures of so many channels.

    Returns:
        The record, and its numbers, (C, H, W).

    Raises:
        CraftedError: it is not there, or damaged, or for pictures of other channels.
    """
    if not name:
        fitting = (each for each, record in all_crafted(kind).items() if record.shape[0] == channels)
        name = next(fitting, "")
    record = _record(_path(name)) if name else None
    if record is None or record.kind != kind:
        raise _missing(kind, name)
    if record.shape[0] != channels:
        why = f"it was made for {_colours(record.shape[0])} pictures, and this network sees {_colours(channels)} ones"
        raise CraftedError(f"The {_SAID[kind]} cannot be used", why, "Choose another one, or another network.")
    return record, _values(name, record)


def _values(name: str, record: Crafted) -> Floats:
    path = _numbers_of(name)
    try:
        return _read(path, record, path.stat().st_mtime_ns)
    except (OSError, ValueError) as error:
        why = (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
        said = f"The {_SAID[CraftKind(record.kind)]} “{name}” cannot be used"
        raise CraftedError(
            said, why, f"Delete {path.name} and its record in {path.parent}, and craft it anew."
        ) from error


@lru_cache(maxsize=8)
def _read(path: Path, record: Crafted, _stamp: int) -> Floats:
    """The numbers in a file; asked for at every step of an attack, and read again only when it has changed."""
    from safetensors import SafetensorError
    from safetensors.numpy import load

    if path.stat().st_size > 4 * math.prod(record.shape) + _ROOM:
        raise ValueError("the file is longer than its record says")
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != record.sha256:
        raise ValueError("the file is damaged, or not the one that its record is about")
    try:
        values = load(content)[_KEY]
    except (SafetensorError, KeyError) as error:
        raise ValueError("the file does not hold its numbers") from error
    _check_values(record, values)
    return values


def _check_values(record: Crafted, values: Floats) -> None:
    if values.shape != tuple(record.shape) or values.dtype != np.float32:
        raise ValueError(f"there should be {record.shape} numbers, not {values.shape} of {values.dtype}")
    lowest = -1.0 if record.kind == CraftKind.UNIVERSAL else 0.0
    if not (np.isfinite(values).all() and values.min() >= lowest and values.max() <= 1):
        raise ValueError(f"its numbers must lie between {lowest:g} and 1")


def _record(path: Path) -> Crafted | None:
    try:
        if path.stat().st_size > LARGEST_RECORD:
            raise ValueError("it is far too long")
        return Crafted.from_json(path.read_text("utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        logger.warning("The record in %s cannot be read: %s", path, error)
        return None


def _path(name: str) -> Path:
    return folder() / f"{name}.json"


def _numbers_of(name: str) -> Path:
    return folder() / f"{name}.safetensors"


_SAID = {CraftKind.UNIVERSAL: "universal perturbation", CraftKind.PATCH: "patch"}


def _missing(kind: CraftKind, name: str) -> CraftedError:
    what = f"There is no {_SAID[kind]} " + (f"called “{name}”" if name else "for this network's pictures")
    why = "it was deleted, or made on another machine" if name else "none was crafted yet"
    return CraftedError(what, why, "Craft one on a folder of pictures: Attack > Craft.")


def _colours(channels: int) -> str:
    return "grey" if channels == 1 else "colour"
