"""What came of teaching a network: how often it is right on pictures it had not seen, where not, and the record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.catalogue.own import OwnNetwork, folder, remember
from engine.images import save_bytes

Counts = NDArray[np.int64]
MOST_NAMED = 3
"""Files that are named in a sentence."""


@dataclass(frozen=True)
class Mistake:
    """A picture that was taken for another class while it was left out.

    Attributes:
        path: of the picture.
        label: its class; ``seen`` is the one it was taken for.
        probability: of ``seen``, in [0, 1].
    """

    path: str
    label: int
    seen: int
    probability: float


@dataclass(frozen=True, eq=False)
class Outcome:
    """What was learnt.

    Attributes:
        record: of the new network; its file is not written before ``keep``.
        weights: that file.
        confusion: (K, K): pictures of the class of the row that were taken for the class of the column, each asked
            while it was left out.
        mistakes: the pictures that were taken for another class, the surest of these first.
        skipped: names of the files that could not be read.
        features: how many numbers a picture became.
        cached: for how many pictures these were known before.
        c: the inverse strength of the regularisation, chosen by cross-validation.
        pixels: how often the same regression is right with pixels alone, in [0, 1]; None if that was not asked.
        trained: how often it is right on the pictures that it did learn from, in [0, 1].
        note: what else there is to say.
    """

    record: OwnNetwork
    weights: bytes
    confusion: Counts
    mistakes: tuple[Mistake, ...]
    skipped: tuple[str, ...]
    features: int
    cached: int
    c: float
    trained: float
    pixels: float | None = None
    note: str = ""

    @property
    def accuracy(self) -> float:
        """How often it is right on pictures it had not seen, in [0, 1]."""
        return float(np.trace(self.confusion) / self.confusion.sum())

    @property
    def largest(self) -> float:
        """How often it would be right who always says the largest class, in [0, 1]."""
        return float(self.confusion.sum(1).max() / self.confusion.sum())

    def say(self) -> str:
        """The accuracy as a sentence, with what it is to be compared with."""
        right, count = int(np.trace(self.confusion)), int(self.confusion.sum())
        largest = int(self.confusion.sum(1).max())
        name = self.record.classes[int(self.confusion.sum(1).argmax())]
        said = f"Right on {right} of {count} pictures it had not seen ({100 * self.accuracy:.1f} %)."
        said += f" Always saying “{name}” would be right on {largest}."
        if self.pixels is not None:
            said += f" The same regression on pixels alone is right on {round(self.pixels * count)}."
        return said

    def say_skipped(self) -> str:
        """Which files were left out; empty if none was."""
        return say_skipped(self.skipped)


def say_skipped(names: Sequence[str]) -> str:
    """Which files could not be read, as a sentence; empty if there are none."""
    if not names:
        return ""
    shown = ", ".join(f"“{each}”" for each in names[:MOST_NAMED])
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return f"Left out, because they cannot be read: {shown}{more}."


def path_of(title: str, sha256: str) -> Path:
    """Where the weights of a taught network go."""
    slug = "".join(each if each.isalnum() and each.isascii() else "-" for each in title.casefold()).strip("-")[:40]
    return folder() / f"{slug or 'taught'}-{sha256[:8]}.safetensors"


def keep(outcome: Outcome) -> str:
    """Writes the weights and remembers the network; gives its name.

    Raises:
        SaveError: one of the files cannot be written.
        OSError: their folder cannot be made.
    """
    path = Path(outcome.record.file)
    path.parent.mkdir(parents=True, exist_ok=True)
    save_bytes(outcome.weights, path)
    return remember(outcome.record)
