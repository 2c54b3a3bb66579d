"""timm's networks, with weights that were downloaded before; nothing is downloaded here."""

from __future__ import annotations

from pathlib import Path

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
            return _made(card, card.name.removeprefix(PREFIX), path)
        except (SafetensorError, OSError, KeyError, RuntimeError) as error:
            raise unreadable(card, path) from error


def untrained(card: NetworkCard, architecture: str) -> nn.Module:
    """The network as torch's random numbers make it.

    Raises:
        ModelError: the installed timm does not know the architecture.
    """
    return _made(card, architecture, None)


def _made(card: NetworkCard, name: str, path: Path | None) -> nn.Module:
    """The network of that name, with the weights in a file if there is one."""
    import timm

    if not timm.is_model(name.partition(".")[0]):
        why = f"the installed timm, {timm.__version__}, does not know it"
        raise ModelError(f"{card.title} could not be loaded", why, "Update timm: pip install -U timm")
    overlay = None if path is None else {"file": str(path)}
    network: nn.Module = timm.create_model(
        name, pretrained=path is not None, pretrained_cfg_overlay=overlay, num_classes=len(card.classes)
    )
    return network
