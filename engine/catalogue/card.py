"""What is known of a network before it is loaded: its card; without torch."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from engine.catalogue.classes import class_names
from engine.images import Interpolation, Recipe


class Source(StrEnum):
    """Where the weights of a network come from."""

    PACKAGE = "package"
    """An installed package carries them."""
    BOX = "box"
    """They were trained by this project and lie in ``assets/networks``."""
    UNTRAINED = "untrained"
    """There are none: the network is as its seed made it."""
    TORCHVISION = "torchvision"
    """They are downloaded once, into the ordinary cache of torch."""
    TIMM = "timm"
    """They are downloaded once from the Hugging Face hub, if timm is installed."""
    FILE = "file"
    """The user brought them; ``engine.catalogue.own`` remembers where they are."""


@dataclass(frozen=True)
class NetworkCard:
    """What is known of a network before it is loaded.

    Attributes:
        name: as typed; ``title`` as read.
        family: the architecture.
        source: where the weights come from.
        data: what it was trained on.
        parameters: how many numbers were learnt.
        megabytes: size of the weights file, in millions of bytes.
        size: (height, width) of the input.
        resize: to what length the shorter side of a picture is scaled, in pixels, before the centre is cut out.
        interpolation: ``"bilinear"`` or ``"bicubic"``.
        mean: subtracted from every channel of pixels in [0, 1]: red, green, blue, or grey alone.
        std: by which it is then divided.
        top1: how often its first answer is right, as published, or as measured where this project trained it;
            ``"untrained"`` without weights.
        licence: of the weights.
        file: name of the weights file in torch's cache, its path below ``site-packages``, or of the user's own file.
        url: where the file is downloaded from; empty if a package carries it.
        sha: how the file's SHA-256 begins, in hexadecimal digits.
        note: one or two sentences for the reader of the card.
        labels: which names its classes have, one of ``engine.catalogue.classes.CLASSES``.
        tested: on which pictures this project measured ``top1``, and what came of others; empty for what is published.
        robust: how often its first answer is right under attack, and under which; empty if that was not measured.
        training: how this project trained it: recipe, epochs, seed; empty for others.
        names: the names of its classes, where they are those of no data set; else empty.
    """

    name: str
    title: str
    family: str
    source: Source
    data: str
    parameters: int
    megabytes: float
    size: tuple[int, int]
    resize: int
    interpolation: Interpolation
    mean: tuple[float, ...]
    std: tuple[float, ...]
    top1: str
    licence: str
    file: str
    url: str
    sha: str
    note: str
    labels: str = "imagenet"
    tested: str = ""
    robust: str = ""
    training: str = ""
    names: tuple[str, ...] = ()

    @property
    def recipe(self) -> Recipe:
        """How a picture is brought to the network's input."""
        return Recipe(self.resize, self.size, self.interpolation, channels=len(self.mean))

    @property
    def values(self) -> int:
        """How many numbers the picture is made of that it sees, C·H·W."""
        return len(self.mean) * math.prod(self.size)

    @property
    def is_trained(self) -> bool:
        """Whether its answers are more than chance."""
        return self.source is not Source.UNTRAINED

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of its classes."""
        return self.names or class_names(self.labels)
