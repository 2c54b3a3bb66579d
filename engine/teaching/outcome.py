"""What came of teaching a network: how often it is right on pictures it had not seen, where not, and the record."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.catalogue.own import OwnNetwork, folder, remember
from engine.catalogue.taught import labelled, record_for
from engine.images import save_bytes

Counts = NDArray[np.int64]
MOST_NAMED = 3
"""Files that are named in a sentence."""
LONGEST_TITLE = 60
MOST_COUNTED = 4
"""Classes whose pictures are counted one by one."""
SURE = 1.96
"""Standard deviations on either side that hold 95 % of a normal distribution."""


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
        weights: that file, which holds the record, too.
        base: title of the network that gives the features.
        pictures: how many pictures of each class there were to learn from.
        examples: path of one of them, for each class.
        confusion: (K, K): pictures of the class of the row that were taken for the class of the column, each asked
            while it was left out.
        mistakes: the pictures that were taken for another class, the surest of these first.
        skipped: names of the files that could not be read.
        twice: names of the files whose picture was in their class already.
        torn: names of the files whose picture was in another class, too.
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
    base: str = ""
    pictures: tuple[int, ...] = ()
    examples: tuple[str, ...] = ()
    twice: tuple[str, ...] = ()
    torn: tuple[str, ...] = ()

    @property
    def accuracy(self) -> float:
        """How often it is right on pictures it had not seen, in [0, 1]."""
        return float(np.trace(self.confusion) / self.confusion.sum())

    @property
    def interval(self) -> tuple[float, float]:
        """Where the accuracy on other pictures like these lies with 95 % certainty, about (Wilson 1927)."""
        count, spread = int(self.confusion.sum()), SURE**2
        middle = (self.accuracy + spread / (2 * count)) / (1 + spread / count)
        room = self.accuracy * (1 - self.accuracy) / count + spread / (4 * count**2)
        half = SURE * math.sqrt(room) / (1 + spread / count)
        return max(0.0, middle - half), min(1.0, middle + half)

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

    def say_interval(self) -> str:
        """What the accuracy promises of other pictures, as a sentence."""
        low, high = (100 * each for each in self.interval)
        return f"Of other pictures like these it would be right on about {low:.0f} to {high:.0f} % (95 % interval)."

    def say_left_out(self) -> str:
        """Which files were left out, and why; empty if none was."""
        reasons = (
            ("because they cannot be read", self.skipped),
            ("because the same picture is in the class already", self.twice),
            ("because the same picture is in another class, too", self.torn),
        )
        return " ".join(f"Left out, {why}: {_some(names)}." for why, names in reasons if names)

    def renamed(self, classes: Sequence[str], title: str = "") -> Outcome:
        """The same with other names.

        Args:
            classes: the name of every class, in their order.
            title: of the network; empty is a title made of the classes.
        """
        names = tuple(classes)
        wanted = title.strip() or title_of(names, self.base)
        if (wanted, names) == (self.record.title, self.record.classes):
            return self
        data = say_data(names, self.pictures)
        return filed(replace(self, record=replace(self.record, title=wanted, classes=names, data=data)))


def filed(outcome: Outcome) -> Outcome:
    """An outcome whose file holds its record, and whose record tells of that file."""
    content = labelled(outcome.weights, outcome.record)
    record = record_for(content, Path(outcome.record.file), outcome.record)
    return replace(outcome, weights=content, record=replace(record, file=str(path_of(record.title, record.sha256))))


def title_of(classes: Sequence[str], base: str) -> str:
    """A title for a network that tells classes apart, taught above one that is called ``base``."""
    names = ", ".join(classes)
    return f"{names if len(names) <= LONGEST_TITLE else f'{len(classes)} classes'} ({base})"


def say_data(classes: Sequence[str], pictures: Sequence[int]) -> str:
    """What a network was taught from, for its card."""
    counts = ", ".join(f"{number} of {name}" for number, name in zip(pictures, classes, strict=True))
    return f"your own pictures: {counts if len(classes) <= MOST_COUNTED else f'{len(classes)} classes'}"


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(f"“{each}”" for each in names[:MOST_NAMED])
    return f"{shown} and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else shown


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


def write(outcome: Outcome, path: str | Path) -> Path:
    """Writes the network to a file that can be opened by being dropped; gives its path, which ends in .safetensors.

    Raises:
        SaveError: it cannot be written.
    """
    path = Path(path)
    if path.suffix.lower() != ".safetensors":
        path = path.with_name(f"{path.name}.safetensors")
    save_bytes(outcome.weights, path)
    return path
