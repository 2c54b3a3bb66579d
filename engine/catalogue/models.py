"""The networks that can be chosen: a card each, without torch.

Two come with their weights in a package, and the small ones in ``assets/networks`` were trained by ``python -m
engine.training``: all of these work offline. The others are torchvision's, with the weights that its authors
published, listed in ``assets/networks.json`` (made by ``python -m engine.models.index``), and timm's where it is
installed (``engine.catalogue.timm``). All of these may be had untrained as well.
"""

from __future__ import annotations

import json
import os
from dataclasses import replace
from difflib import get_close_matches
from functools import cache, lru_cache
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from engine.catalogue import timm
from engine.catalogue.card import NetworkCard, Source
from engine.catalogue.classes import CLASSES
from engine.catalogue.own import PREFIX, OwnNetwork, find_own, own_networks
from engine.catalogue.packaged import PACKAGED, ZFNET
from engine.errors import ExplainedError

__all__ = [
    "NETWORKS",
    "UNTRAINED_PREFIX",
    "NetworkCard",
    "Source",
    "UnknownNetworkError",
    "all_networks",
    "box_folder",
    "cache_folder",
    "find_network",
    "is_at_hand",
    "known_network",
    "own_card",
    "timm_networks",
    "title_of",
    "untrained_networks",
    "weights_path",
]

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
        raise UnknownNetworkError("The network could not be loaded", why, timm.INSTALL)
    near = _near(name)
    hint = f"Did you mean {' or '.join(near)}?" if near else f"There are {', '.join(list(NETWORKS)[:5])} and others."
    raise UnknownNetworkError("The network could not be loaded", f"there is none called {name!r}", hint)


def _near(name: str) -> list[str]:
    """Names that come close; untrained networks' for one of these, but for ZFNet's, which says nothing of it."""
    bare = name.removeprefix(UNTRAINED_PREFIX)
    near = get_close_matches(bare.casefold(), NETWORKS, 3, 0.6)
    untrained = [f"{UNTRAINED_PREFIX}{each}" for each in near]
    return (
        near if bare == name else [u if u in untrained_networks() else n for u, n in zip(untrained, near, strict=True)]
    )


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


def _from_box() -> list[NetworkCard]:
    """The networks that this project trained: those on digits first, within a data set from small to large."""
    cards = [_read_boxed(path) for path in box_folder().glob("*.json") if path.with_suffix(".safetensors").is_file()]
    order = list(CLASSES)
    return sorted(cards, key=lambda card: (order.index(card.labels), card.parameters, card.name))


def _read_boxed(path: Path) -> NetworkCard:
    entry = json.loads(path.read_text("utf-8"))
    return _read({"url": "", **entry["card"]}, Source.BOX)


def _from_torchvision() -> list[NetworkCard]:
    listed = json.loads(files("assets").joinpath("networks.json").read_text("utf-8"))
    return [_read(each, Source.TORCHVISION) for each in listed]


def _read(entry: dict[str, Any], source: Source) -> NetworkCard:
    pairs = {key: tuple(entry[key]) for key in ("size", "mean", "std")}
    return NetworkCard(source=source, **entry | pairs)


NETWORKS: dict[str, NetworkCard] = {card.name: card for card in (*PACKAGED, *_from_box(), ZFNET, *_from_torchvision())}
"""Every network by its name: the default first, then the others that work offline, then torchvision's."""
