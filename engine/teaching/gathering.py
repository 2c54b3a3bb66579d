"""From the pictures of a lesson to a table of features: decoded ahead, asked in batches, known ones from the cache."""

from __future__ import annotations

from collections.abc import Generator, Iterator
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
from engine.request import Placement
from engine.tasks import Progress
from engine.teaching.cache import Cache, Known, key_of
from engine.teaching.lesson import Lesson, check_count
from engine.teaching.transformer import Transformer

BATCH = 16
"""Pictures that the network is asked about at once."""
SMALL = 32
"""The longest side of the small picture whose pixels are compared with."""


@dataclass(frozen=True, eq=False)
class Gathered:
    """The pictures of a lesson that could be read, N of them.

    Attributes:
        paths: of the pictures; ``labels`` are the numbers of their classes, (N,).
        features: (N, D).
        pixels: (N, P), the values of the pictures made small, 0 to 255.
        skipped: names of the files that could not be read.
        cached: how many pictures were known before.
    """

    paths: tuple[str, ...]
    labels: NDArray[np.int64]
    features: Floats
    pixels: Pixels
    skipped: tuple[str, ...]
    cached: int


def gather(lesson: Lesson, network: Transformer) -> Generator[Progress, None, Gathered]:
    """Turns every picture into features; what was computed is kept also when it is left in the middle.

    Raises:
        TeachError: too few pictures of a class can be read.
    """
    paths = lesson.paths
    keys = _keys(paths)
    cache = Cache(_identity(network))
    known = cache.read(keys.values())
    before = len(known)
    new = [path for path, key in keys.items() if key not in known]
    try:
        for done, (path, made) in enumerate(_computed(new, network)):
            if made is not None:
                known[keys[path]] = made
            yield Progress(before + done + 1, len(paths), "asking the network about the pictures")
    finally:
        if len(known) > before:
            cache.write(known)
    there = [place for place, path in enumerate(paths) if keys.get(path) in known]
    rows = [known[keys[paths[place]]] for place in there]
    labels = np.array(lesson.labels, np.int64)[there]
    for number, each in enumerate(lesson.classes):
        check_count(each.name, int((labels == number).sum()))
    is_there = set(there)
    return Gathered(
        tuple(paths[place] for place in there),
        labels,
        np.stack([each.features for each in rows]),
        np.stack([each.pixels for each in rows]),
        tuple(Path(path).name for place, path in enumerate(paths) if place not in is_there),
        before,
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
    """The features of pictures, in their order; None for one that cannot be read."""
    with closing(ahead(lambda path: picture_of(path, network), paths, 2 * BATCH)) as pictures:  # type: ignore[type-var]
        for batch in in_batches(zip(paths, pictures, strict=True), BATCH):
            read = [(path, picture) for path, picture in batch if picture is not None]
            made = dict(zip([path for path, _ in read], _known([each for _, each in read], network), strict=True))
            yield from ((path, made.get(path)) for path, _ in batch)


def _known(pictures: list[Floats], network: Transformer) -> list[Known]:
    if not pictures:
        return []
    rows = network(torch.cat([to_tensor(each) for each in pictures])).float().numpy()
    return [Known(row, _small(picture)) for row, picture in zip(rows, pictures, strict=True)]


def _small(picture: Floats) -> Pixels:
    """The values of a picture whose longer side has ``SMALL`` pixels at most, in a row."""
    levels = np.rint(picture * 255).astype(np.uint8)
    image = Image.fromarray(levels[..., 0] if levels.shape[-1] == 1 else levels)
    image.thumbnail((SMALL, SMALL), Image.Resampling.BOX)
    small: Pixels = np.asarray(image).reshape(-1)
    return small
