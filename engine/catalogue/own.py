"""The networks that the user has brought: a small file each, that says where the weights are and how to ask them.

The weights themselves stay where they are. No torch here; ``engine.models.own`` builds what is remembered.
"""

from __future__ import annotations

import hashlib
import json
import logging
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any, get_args

from platformdirs import user_data_dir

from engine.images import Interpolation, save_text

logger = logging.getLogger(__name__)

PREFIX = "own:"
"""What the name of every such network begins with."""

SUFFIXES = (".safetensors", ".pth", ".pt", ".pt2", ".onnx", ".ckpt", ".bin", ".pth.tar", ".torchscript")
"""How the names of files end that may be networks."""

MOST_CLASSES = 100_000
MOST_PIXELS = 4096**2
"""Of a network's input."""
LARGEST_RECORD = 10_000_000
"""Bytes: a hundred thousand class names, and room."""


class Kind(StrEnum):
    """What the file of a network is."""

    STATE = "state"
    """Numbers by name, for an architecture that is known here."""
    SCRIPT = "torchscript"
    EXPORTED = "pt2"
    ONNX = "onnx"
    TAUGHT = "taught"
    """Another network's features below a new last layer; made here, and the file holds what was learnt."""

    @property
    def runs_code(self) -> bool:
        """Whether to open such a file may run code that it holds."""
        return self in {Kind.SCRIPT, Kind.EXPORTED}


class OwnNetworkError(ValueError):
    """A record that makes no sense; the message says which part."""


@dataclass(frozen=True)
class OwnNetwork:
    """What is remembered of a network.

    Attributes:
        title: as read.
        kind: what ``file`` is; how each is opened is said in ``engine.models.own``.
        file: path of the weights.
        sha256: of that file, in hexadecimal digits: another one of its name is not opened.
        classes: the name of every class, in the order of the outputs.
        size: (height, width) of the input, in pixels.
        resize: to what length the shorter side of a picture is scaled before the centre is cut out.
        mean: subtracted from every channel of pixels in [0, 1]: red, green, blue, or grey alone.
        std: by which it is then divided.
        interpolation: ``"bilinear"`` or ``"bicubic"``.
        parameters: how many numbers were learnt.
        megabytes: size of the file, in millions of bytes.
        data: what it was trained on, as read.
        top1: how often it is right, as read.
        note: a sentence or two for the reader.
        details: what else its kind needs: text, numbers, truth values, lists and objects of them.
    """

    title: str
    kind: str
    file: str
    sha256: str
    classes: tuple[str, ...]
    size: tuple[int, int]
    resize: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    interpolation: Interpolation = "bilinear"
    parameters: int = 0
    megabytes: float = 0.0
    data: str = "your own data"
    top1: str = "not measured"
    note: str = "A network of your own."
    details: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for complaint, is_wrong in _COMPLAINTS.items():
            if is_wrong(self):
                raise OwnNetworkError(complaint)

    @property
    def name(self) -> str:
        """As typed: it ends in a digest of the record, so that one name never means two networks."""
        digest = hashlib.sha256(self.to_json().encode()).hexdigest()
        slug = re.sub(r"[^a-z0-9.]+", "-", self.title.casefold()).strip("-.")[:40]
        return f"{PREFIX}{slug or 'network'}-{digest[:6]}"

    def to_json(self) -> str:
        """The text of the record's file."""
        return json.dumps(asdict(self), indent=1, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> OwnNetwork:
        """Reads a record.

        Raises:
            OwnNetworkError: it is none.
        """
        try:
            content = json.loads(text)
            known = {each.name: content[each.name] for each in fields(cls) if each.name in content}
            lists = {name: tuple(known[name]) for name in ("classes", "size", "mean", "std")}
            return cls(**known | lists)
        except (ValueError, TypeError, KeyError, RecursionError, AttributeError) as error:
            raise OwnNetworkError(f"this is not the record of a network: {error}") from error


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_length(value: object) -> bool:
    return type(value) is int and 1 <= value <= MOST_PIXELS


_COMPLAINTS: dict[str, Callable[[Any], bool]] = {
    "title, kind, file and sha256: must be text": lambda its: (
        not all(_is_text(each) for each in (its.title, its.kind, its.file, its.sha256))
    ),
    "classes: there must be at least two, each with a name": lambda its: (
        not 2 <= len(its.classes) <= MOST_CLASSES or not all(_is_text(each) for each in its.classes)
    ),
    "size: must be a height and a width in pixels, not too large": lambda its: (
        len(its.size) != 2 or not all(map(_is_length, its.size)) or its.size[0] * its.size[1] > MOST_PIXELS
    ),
    "resize: must be a length in pixels": lambda its: not _is_length(its.resize),
    "mean and std: must be one number each for grey, three for colour": lambda its: (
        len(its.mean) not in {1, 3} or len(its.std) != len(its.mean) or not all(map(_is_number, its.mean + its.std))
    ),
    "std (deviation): must be above 0": lambda its: min(its.std) <= 0,
    "interpolation: must be bilinear or bicubic": lambda its: its.interpolation not in get_args(Interpolation),
    "parameters and megabytes: must be numbers": lambda its: (
        not (_is_number(its.parameters) and _is_number(its.megabytes))
    ),
    "data, top1 and note: must be text": lambda its: (
        not all(isinstance(each, str) for each in (its.data, its.top1, its.note))
    ),
    "details: must be an object": lambda its: not isinstance(its.details, dict),
}
"""What can be wrong with a record, in the order in which it is looked at."""


# The folder


def folder() -> Path:
    """Where the records are: ``networks`` among the user's data."""
    return Path(user_data_dir("foolscope", appauthor=False), "networks")


def remember(record: OwnNetwork) -> str:
    """Keeps a network; gives its name. The same record again is the same network.

    Raises:
        SaveError: the record cannot be written.
    """
    path = _path(record.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    save_text(record.to_json(), path)
    return record.name


def forget(name: str) -> None:
    """Forgets a network; its file stays, unless it was made by Foolscope and lies in ``folder()``.

    Raises:
        OSError: the record cannot be deleted.
    """
    record = find_own(name)
    _path(name).unlink(missing_ok=True)
    if record is not None and Path(record.file).parent == folder():
        Path(record.file).unlink(missing_ok=True)


def own_networks() -> dict[str, OwnNetwork]:
    """All that are remembered, by name, in the order of their titles; what cannot be read is left out."""
    names = [PREFIX + path.stem for path in folder().glob("*.json")]
    found = {name: record for name in names if (record := find_own(name)) is not None}
    return dict(sorted(found.items(), key=lambda each: (each[1].title.casefold(), each[0])))


def find_own(name: str) -> OwnNetwork | None:
    """The network of that name, if it is remembered."""
    if not re.fullmatch(PREFIX + r"[a-z0-9.\-]+", name):
        return None
    path = _path(name)
    try:
        return _read(path, path.stat().st_mtime_ns)
    except FileNotFoundError:
        return None
    except (OSError, OwnNetworkError) as error:
        logger.warning("The network in %s cannot be read: %s", path, error)
        return None


def opened_before(sha256: str) -> OwnNetwork | None:
    """What is remembered of a file of that SHA-256, under whatever name; None if nothing is."""
    return next((record for record in own_networks().values() if record.sha256 == sha256), None)


def _path(name: str) -> Path:
    return folder() / f"{name.removeprefix(PREFIX)}.json"


@lru_cache(maxsize=256)
def _read(path: Path, _stamp: int) -> OwnNetwork:
    """The record in a file; it is asked for with every frame, and read again only when it has changed."""
    if path.stat().st_size > LARGEST_RECORD:
        raise OwnNetworkError("it is far too long")
    try:
        return OwnNetwork.from_json(path.read_text("utf-8"))
    except UnicodeDecodeError as error:
        raise OwnNetworkError("it is not text") from error
