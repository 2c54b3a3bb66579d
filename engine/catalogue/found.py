"""What was found out about a file that may be a network, before the user says how it is to be asked; without torch."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.catalogue.classes import class_names
from engine.catalogue.own import Kind, OwnNetwork
from engine.images import Interpolation

LONGEST_NAME = 100
"""Characters of a tensor's name that are told."""
LONGEST_NAMES = 10_000_000
"""Bytes of a file of class names."""


@dataclass(frozen=True)
class Normalisation:
    """What is subtracted from, and then divides, every channel of pixels in [0, 1]: one number each, or three."""

    title: str
    mean: tuple[float, ...]
    std: tuple[float, ...]


NORMALISATIONS = {
    "imagenet": Normalisation("ImageNet", (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    "half": Normalisation("to [−1, 1]: mean 0.5, deviation 0.5", (0.5,), (0.5,)),
    "none": Normalisation("none: pixels in [0, 1]", (0.0,), (1.0,)),
    "mnist": Normalisation("MNIST", (0.1307,), (0.3081,)),
    "fashion-mnist": Normalisation("Fashion-MNIST", (0.2860,), (0.3530,)),
    "cifar-10": Normalisation("CIFAR-10", (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)),
    "clip": Normalisation("CLIP", (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)),
}
"""The usual ones, as their data sets' own statistics or the habits of libraries have them."""


def spread(numbers: tuple[float, ...], channels: int) -> tuple[float, ...]:
    """The same number for every channel, where there is only one; three become their mean for grey."""
    if len(numbers) == channels:
        return numbers
    return numbers * channels if len(numbers) == 1 else (sum(numbers) / len(numbers),)


@dataclass(frozen=True)
class Guess:
    """An architecture, and how well the tensors of a file fit into it.

    Attributes:
        architecture: its name in the catalogue; empty where the file brings its own.
        title: as read.
        fitting: how many tensors of the file go into the architecture.
        of: how many there are in either.
        missing: names of tensors that the architecture has and the file has not.
        left_over: names of tensors that the file has and the architecture has not.
        reshaped: names of tensors that have another shape in the file.
        classes: how many classes the file's last layer tells apart.
        channels: 1 for grey pictures, 3 for colour.
        size: (height, width) of the input, in pixels.
        resize: to what length the shorter side is scaled before the centre is cut out.
        interpolation: the filter for that.
        mean: of its own recipe; ``std`` likewise.
        labels: which names its classes have, as ``engine.catalogue.classes``; empty if nobody knows.
        note: what is taken for granted, for the user to know; empty if nothing.
    """

    architecture: str
    title: str
    fitting: int
    of: int
    missing: tuple[str, ...] = ()
    left_over: tuple[str, ...] = ()
    reshaped: tuple[str, ...] = ()
    classes: int = 0
    channels: int = 3
    size: tuple[int, int] = (224, 224)
    resize: int = 256
    interpolation: Interpolation = "bilinear"
    mean: tuple[float, ...] = NORMALISATIONS["imagenet"].mean
    std: tuple[float, ...] = NORMALISATIONS["imagenet"].std
    labels: str = ""
    note: str = ""

    @property
    def fits(self) -> bool:
        """Whether every tensor has its place, and every place its tensor."""
        return self.fitting == self.of

    def say(self) -> str:
        """How well it fits, in words."""
        if not self.architecture:
            return "The file brings its own architecture."
        if self.fits:
            return f"Fits: {self.fitting} of {self.of} tensors."
        parts = (("missing", self.missing), ("left over", self.left_over), ("of another shape", self.reshaped))
        told = [f"{len(names)} {what} ({_some(names)})" for what, names in parts if names]
        return f"{self.title} fits {self.fitting} of {self.of} tensors; {', '.join(told)}."


@dataclass(frozen=True)
class Found:
    """A file that was looked at.

    Attributes:
        path: of the file.
        sha256: of its content, in hexadecimal digits.
        kind: what it is.
        megabytes: its size, in millions of bytes.
        parameters: how many numbers are in it.
        guesses: the architectures that it may be of, the best first; empty as long as it may not be opened.
        class_names: names of the classes that the file brings; empty if it brings none.
        is_trusted: whether the user said that they made the file.
        notes: what else the user should know.
        record: what is to be remembered, where the file tells all of it: then nothing needs to be asked.
    """

    path: str
    sha256: str
    kind: Kind
    megabytes: float
    parameters: int = 0
    guesses: tuple[Guess, ...] = ()
    class_names: tuple[str, ...] = ()
    is_trusted: bool = False
    notes: tuple[str, ...] = ()
    record: OwnNetwork | None = None

    @property
    def needs_trust(self) -> bool:
        """Whether it may be opened only once the user has said that they made it."""
        return self.kind.runs_code and not self.is_trusted


@dataclass(frozen=True)
class Tried:
    """A network of one's own that was asked once: ``why_not`` is empty if it can be used, ``said`` is what it did."""

    said: str
    why_not: str = ""
    notes: tuple[str, ...] = ()


def _some(names: tuple[str, ...], most: int = 3) -> str:
    more = len(names) - most
    return ", ".join(name[:LONGEST_NAME] for name in names[:most]) + (f" and {more} more" if more > 0 else "")


# From what was found to what is remembered


def class_names_for(found: Found, guess: Guess) -> tuple[str, ...]:
    """The names that a network's classes have as far as anybody knows; else ``class 0`` and so on."""
    if len(found.class_names) == guess.classes:
        return found.class_names
    if guess.labels and len(class_names(guess.labels)) == guess.classes:
        return class_names(guess.labels)
    return tuple(f"class {number}" for number in range(guess.classes))


def record_of(found: Found, guess: Guess, title: str = "", **chosen: Any) -> OwnNetwork:
    """What is to be remembered of a file, as its guess has it, with what the user chose in place of that.

    Args:
        found: the file.
        guess: one of its guesses.
        title: as read; the file's name by default.
        chosen: fields of ``OwnNetwork``: ``classes``, ``size``, ``resize``, ``mean``, ``std``.

    Raises:
        OwnNetworkError: the choices make no sense; says which.
    """
    brought = "A network of your own"
    note = f"{brought}, of the architecture {guess.title}." if guess.architecture else f"{brought}, from its own file."
    usual: dict[str, Any] = {
        "classes": class_names_for(found, guess),
        "size": guess.size,
        "resize": guess.resize,
        "mean": guess.mean,
        "std": guess.std,
        "interpolation": guess.interpolation,
    }
    return OwnNetwork(
        title=title.strip() or Path(found.path).stem or "network",
        kind=found.kind.value,
        file=found.path,
        sha256=found.sha256,
        parameters=found.parameters,
        megabytes=found.megabytes,
        note=f"{note} {guess.note}".strip(),
        details={"architecture": guess.architecture, "family": guess.title, "is_trusted": found.is_trusted},
        **usual | chosen,
    )


class ClassNamesError(ValueError):
    """A file of class names that cannot be read; the message says why and what to do."""


def read_class_names(path: Path) -> tuple[str, ...]:
    """The names in a file: one a line, or JSON (a list, or an object of numbers and names either way round).

    Raises:
        ClassNamesError: it cannot be read, or holds something else.
    """
    try:
        if path.stat().st_size > LONGEST_NAMES:
            raise ClassNamesError(f"{path.name} is too long for a list of class names. Put one name on each line.")
        text = path.read_text("utf-8-sig")
        names = _names_in(json.loads(text)) if path.suffix.lower() == ".json" else _lines(text)
    except OSError as error:
        raise ClassNamesError(f"{path.name} cannot be read: {error.strerror}. Choose another file.") from error
    except (UnicodeDecodeError, RecursionError, json.JSONDecodeError) as error:
        raise ClassNamesError(f"{path.name} is not a text of names. Put one name on each line.") from error
    if len(names) < 2:
        raise ClassNamesError(f"{path.name} holds {len(names)} names; two at least are needed, one a line.")
    return names


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def _names_in(content: Any) -> tuple[str, ...]:
    """Names out of JSON."""
    if isinstance(content, dict):
        if all(str(key).isdecimal() for key in content):  # number to name
            content = [content[key] for key in sorted(content, key=int)]
        elif all(isinstance(value, int) for value in content.values()):
            content = sorted(content, key=lambda name: int(content[name]))
    if not isinstance(content, list):
        raise ClassNamesError("The file of class names holds no list. Put one name on each line.")
    return tuple(str(each[-1] if isinstance(each, list) and each else each) for each in content)
