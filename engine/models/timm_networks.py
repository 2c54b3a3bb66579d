"""timm's networks, with weights that were downloaded before; nothing is downloaded here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from engine.catalogue.models import NetworkCard
from engine.catalogue.timm import PREFIX
from engine.models.errors import ModelError
from engine.models.weights import checked_path, unreadable


def build(card: NetworkCard) -> nn.Module:
    """The network with its weights, which are numbers in a safetensors file; takes normalised pixels (N, 3, H, W).

    Raises:
        ModelError: the weights are missing or damaged, or the installed timm does not know the network.
    """
    from safetensors import SafetensorError

    path = checked_path(card)
    with torch.random.fork_rng(devices=[]):
        try:
            return _made(
                card,
                card.name.removeprefix(PREFIX),
                pretrained=True,
                pretrained_cfg_overlay={"file": str(path), "custom_load": False},  # the hub has all as safetensors
                num_classes=len(card.classes),
            )
        except (SafetensorError, OSError, KeyError, RuntimeError) as error:
            raise unreadable(card, path) from error


def untrained(card: NetworkCard, architecture: str, classes: int = 0, channels: int = 3, side: int = 0) -> nn.Module:
    """The network as torch's random numbers make it.

    Args:
        card: of the network, with or without its weights.
        architecture: timm's name of it.
        classes: how many it tells apart; those of the card by default.
        channels: of its pictures.
        side: of its pictures in pixels, for one whose tensors depend on that; else 0.

    Raises:
        ModelError: the installed timm does not know the architecture.
    """
    chosen = {"in_chans": channels} | ({"img_size": side} if side else {})
    return _made(card, architecture, num_classes=classes or len(card.classes), **chosen)


def last_layers(said: Mapping[str, Any]) -> tuple[str, ...]:
    """The names of the layers whose outputs are the classes, as timm says them of a network."""
    named = said.get("classifier") or ()
    return (named,) if isinstance(named, str) else tuple(named)


def first_layer(said: Mapping[str, Any]) -> str:
    """The name of the layer that sees the channels of the picture; empty if timm tells none, or several."""
    named = said.get("first_conv")
    return named if isinstance(named, str) else ""


def _made(card: NetworkCard, name: str, **how: Any) -> nn.Module:
    """The network of that name."""
    import timm

    if not timm.is_model(name.partition(".")[0]):
        why = f"the installed timm, {timm.__version__}, does not know it"
        raise ModelError(f"{card.title} could not be loaded", why, "Update timm: pip install -U timm")
    network: nn.Module = timm.create_model(name, **how)
    return network
