"""The pictures of a folder, a batch at a time: some to learn from, some held out to measure on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from engine.crafting.growing import CraftError
from engine.experiment import to_tensor
from engine.images import ImageError, decode, pictures_in, place
from engine.models.classifier import Classifier
from engine.request import Placement

MOST = 50_000
"""Pictures of a folder."""
MOST_HELD_OUT = 200
"""Pictures to measure on: a rate is then known to about three per cent."""
MEASURED_AT_ONCE = 32
"""Pictures of a batch that is only measured."""
CACHE_BYTES = 512 * 2**20
"""What decoded pictures may take, so that the next pass need not decode them; 3500 of 224×224 in colour."""


class Batch(NamedTuple):
    """N pictures in [0, 1], (N, C, H, W), and the network's answers to them, (N,) of int64."""

    x: Tensor
    labels: Tensor


class Pictures:
    """A folder as a network sees it. A file that cannot be read is named and left out.

    Attributes:
        learnt: the paths to learn from, in an order drawn from the seed; ``held_out`` are only measured.
        skipped: names of the files that could not be read, so far.

    Args:
        classifier: the network, which also gives the labels: what it answers to the clean pictures.
        folder: its path.
        seed: draws which pictures are held out, a fifth of them, and the order of the others.

    Raises:
        ImageError: the folder cannot be listed.
        CraftError: it has fewer than two pictures.
    """

    def __init__(self, classifier: Classifier, folder: str | Path, seed: int) -> None:
        self._classifier = classifier
        self._seed = seed
        self._labels: dict[str, int] = {}
        self._cache: dict[str, np.ndarray[tuple[int, ...], np.dtype[np.uint8]]] = {}
        self._cached_bytes = 0
        self._broken: dict[str, None] = {}
        paths, _ = pictures_in(folder, MOST)
        if len(paths) < 2:
            count = "one picture only" if paths else "no pictures"
            why = f"the folder “{Path(folder).name}” holds {count}"
            raise CraftError("Nothing can be learnt there", why, "Choose a folder with many pictures, better hundreds.")
        order = np.random.default_rng(seed).permutation(len(paths))
        aside = min(max(len(paths) // 5, 1), MOST_HELD_OUT)
        self.held_out = [paths[place] for place in order[:aside]]
        self.learnt = [paths[place] for place in order[aside:]]

    @property
    def skipped(self) -> tuple[str, ...]:
        """Names of the files that could not be read."""
        return tuple(Path(each).name for each in self._broken)

    @property
    def counts(self) -> tuple[int, int]:
        """How many pictures there are to learn from and held out, without those found broken so far."""
        learnt, aside = (sum(each not in self._broken for each in paths) for paths in (self.learnt, self.held_out))
        return learnt, aside

    @property
    def shape(self) -> tuple[int, int, int]:
        """(C, H, W) of every one."""
        recipe = self._classifier.recipe
        return (recipe.channels, *recipe.size)

    def to_learn(self, size: int, number: int) -> Iterator[Batch]:
        """One pass over those to learn from, in another order every time.

        Raises:
            CraftError: none of them can be read.
        """
        order = np.random.default_rng((self._seed, number)).permutation(len(self.learnt))
        yield from self._batches([self.learnt[place] for place in order], size)

    def to_measure(self, size: int) -> Iterator[Batch]:
        """Those held out, always in the same order.

        Raises:
            CraftError: none of them can be read.
        """
        yield from self._batches(self.held_out, size)

    def _batches(self, paths: Sequence[str], size: int) -> Iterator[Batch]:
        for start in range(0, len(paths), size):
            here = [
                (path, picture) for path in paths[start : start + size] if (picture := self._picture(path)) is not None
            ]
            if here:
                yield self._batch([path for path, _ in here], torch.cat([picture for _, picture in here]))
        if all(path in self._broken for path in paths):
            why = f"none of the {len(paths)} pictures can be read, such as “{Path(paths[0]).name}”"
            raise CraftError("Nothing can be learnt there", why, "Choose a folder with pictures that are whole.")

    def _batch(self, paths: Sequence[str], pictures: Tensor) -> Batch:
        x = pictures.to(self._classifier.device)
        if any(path not in self._labels for path in paths):
            answers = self._classifier.logits(x).argmax(1).tolist()
            self._labels.update(zip(paths, answers, strict=True))
        return Batch(x, torch.tensor([self._labels[path] for path in paths], device=x.device))

    def _picture(self, path: str) -> Tensor | None:
        """(1, C, H, W) of one picture; None of one that cannot be read. Its values are whole 255ths, kept as such."""
        if path in self._broken:
            return None
        if path not in self._cache:
            try:
                placed = place(decode(path).pixels, Placement.CROP, self._classifier.recipe)
            except ImageError:
                self._broken[path] = None
                return None
            if self._cached_bytes + placed.size > CACHE_BYTES:
                return to_tensor(placed)
            self._cache[path] = np.rint(placed * 255).astype(np.uint8)
            self._cached_bytes += placed.size
        return to_tensor(self._cache[path].astype(np.float32) / np.float32(255))
