"""From the pictures of a lesson to a table of features: decoded ahead, asked in batches, known ones from the cache."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from engine.batch import ahead, in_batches
from engine.catalogue.models import find_network
from engine.experiment import to_tensor
from engine.frame import Floats, Pixels
from engine.images import ImageError, decode, place
from engine.images.errors import grouped
from engine.request import Placement
from engine.tasks import Progress
from engine.teaching.cache import KEY_BYTES, Cache, Known, key_of
from engine.teaching.lesson import Lesson, check_count
from engine.teaching.progress import say_left
from engine.teaching.transformer import Transformer

BATCH = 16
"""Pictures that the network is asked about at once."""
SMALL = 32
"""The longest side of the small picture whose pixels are compared with."""


@dataclass(frozen=True, eq=False)
class Gathered:
    """The pictures of a lesson that it is learnt from, N of them.

    Attributes:
        paths: of the pictures; ``labels`` are the numbers of their classes, (N,).
        features: (N, D).
        pixels: (N, P), the values of the pictures made small, 0 to 255.
        skipped: names of the files that could not be read.
        twice: names of the files whose picture was in the class already. Counted again, it would be asked about
            while its like is learnt from.
        torn: names of the files whose picture is in another class, too: nobody knows where it belongs.
        cached: how many pictures were known before.
    """

    paths: tuple[str, ...]
    labels: NDArray[np.int64]
    features: Floats
    pixels: Pixels
    skipped: tuple[str, ...]
    twice: tuple[str, ...]
    torn: tuple[str, ...]
    cached: int


def gather(lesson: Lesson, network: Transformer) -> Generator[Progress, None, Gathered]:
    """Turns every picture into features; what was computed is kept also when it is left in the middle.

    Raises:
        TeachError: too few pictures of a class can be read, or are its own.
    """
    keys = _keys(lesson.paths)
    cache = Cache(_identity(network))
    known = cache.read(keys.values())
    before = len(known)
    new = [path for path, key in keys.items() if key not in known]
    began = time.monotonic()
    try:
        for done, (path, made) in enumerate(_computed(new, network), 1):
            if made is not None:
                known[keys[path]] = made
            said = f"asking the network about the pictures: {grouped(before + done)} of {grouped(before + len(new))}"
            left = say_left(done, len(new), time.monotonic() - began)
            yield Progress(before + done, before + len(new), said + left)
    finally:
        if len(known) > before:
            cache.write(known)
    return _sorted(lesson, {path: known[key] for path, key in keys.items() if key in known}, before)


def _sorted(lesson: Lesson, known: Mapping[str, Known], cached: int) -> Gathered:
    """What is learnt from, and what is left out."""
    classes: dict[bytes, set[int]] = {}
    for path, label in zip(lesson.paths, lesson.labels, strict=True):
        if path in known:
            classes.setdefault(known[path].seen.tobytes(), set()).add(label)
    taken: dict[bytes, tuple[str, int]] = {}
    skipped, twice, torn = [], [], []
    for path, label in zip(lesson.paths, lesson.labels, strict=True):
        if path not in known:
            skipped.append(Path(path).name)
        elif len(classes[seen := known[path].seen.tobytes()]) > 1:
            torn.append(Path(path).name)
        elif seen in taken:
            twice.append(Path(path).name)
        else:
            taken[seen] = path, label
    labels = np.array([label for _, label in taken.values()], np.int64)
    for number, each in enumerate(lesson.classes):
        check_count(each.name, int((labels == number).sum()), len(each.pictures))
    paths = tuple(path for path, _ in taken.values())
    return Gathered(
        paths,
        labels,
        np.stack([known[path].features for path in paths]),
        np.stack([known[path].pixels for path in paths]),
        tuple(skipped),
        tuple(twice),
        tuple(torn),
        cached,
    )


def picture_of(path: str, network: Transformer) -> Floats | None:
    """A picture as the network sees it, (H, W, C) in [0, 1]; None if it cannot be read."""
    try:
        return place(decode(path).pixels, Placement.CROP, network.base.recipe)
    except ImageError:
        return None


def _keys(paths: list[str]) -> dict[str, bytes]:
    """What each picture is known by; one whose file is gone is left out."""
    keys = {}
    for path in paths:
        try:
            keys[path] = key_of(path)
        except (OSError, ValueError):
            continue
    return keys


def _identity(network: Transformer) -> str:
    """A text that no other way of making features has."""
    base = network.base
    return f"{base.name}\0{find_network(base.name).sha}\0{network.layer}\0{network.count}\0{base.recipe}"


def _computed(paths: list[str], network: Transformer) -> Iterator[tuple[str, Known | None]]:
    """The features of pictures, in their order; None for one that cannot be read.

    They are written into tables that are made first: small arrays of their own, made between the large ones of the
    network, would each keep memory from being used again, some 0.4 MB a picture.
    """
    features = np.empty((len(paths), network.count), np.float32)
    pixels = np.empty((len(paths), _small(_blank(network)).size), np.uint8)
    seen = np.empty((len(paths), KEY_BYTES), np.uint8)
    with closing(ahead(lambda path: picture_of(path, network), paths, 2 * BATCH)) as pictures:  # type: ignore[type-var]
        for batch in in_batches(enumerate(pictures), BATCH):
            shown = {row: picture for row, picture in batch if picture is not None}
            if shown:
                x = torch.cat([to_tensor(each) for each in shown.values()])
                features[list(shown)] = network(x).float().numpy()
            for row, picture in shown.items():
                pixels[row], seen[row] = _small(picture), _digest(picture)
            for row, _ in batch:
                yield paths[row], Known(features[row], pixels[row], seen[row]) if row in shown else None


def _blank(network: Transformer) -> Floats:
    """A black picture as the network sees one, (H, W, C)."""
    return np.zeros((*network.base.size, network.base.recipe.channels), np.float32)


def _digest(picture: Floats) -> Pixels:
    """(16,) bytes that two pictures share only if the network is shown the same."""
    made = hashlib.sha256(picture.tobytes()).digest()
    return np.frombuffer(made[:KEY_BYTES], np.uint8)


def _small(picture: Floats) -> Pixels:
    """The values of a picture whose longer side has ``SMALL`` pixels at most, in a row."""
    levels = np.rint(picture * 255).astype(np.uint8)
    image = Image.fromarray(levels[..., 0] if levels.shape[-1] == 1 else levels)
    image.thumbnail((SMALL, SMALL), Image.Resampling.BOX)
    small: Pixels = np.asarray(image).reshape(-1)
    return small
