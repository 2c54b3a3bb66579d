"""torchvision's classification networks, with weights from torch's cache; nothing is downloaded here."""

from __future__ import annotations

import re

from torch import nn

from engine.catalogue.models import NetworkCard
from engine.models.weights import State, fill, read_state

SETTINGS: dict[str, dict[str, bool | int]] = {
    "googlenet": {"transform_input": True, "aux_logits": True, "init_weights": False},
    "inception_v3": {"transform_input": True, "aux_logits": True, "init_weights": False},
    "vit_h_14": {"image_size": 518},
}
"""What torchvision sets itself when it fills in the weights of these."""

AUXILIARY = ("AuxLogits", "aux1", "aux2")
"""Heads of GoogLeNet and Inception that only serve training."""


def build(card: NetworkCard) -> nn.Module:
    """The network with its published weights; takes normalised pixels (N, 3, H, W) of the card's size.

    Raises:
        ModelError: the weights are missing or damaged.
    """
    state = read_state(card)
    network = untrained(card.name)
    fill(network, renamed(state) if card.family == "DenseNet" else state, card)
    return without_heads(network)


def without_heads(network: nn.Module) -> nn.Module:
    """The network, from which the heads are taken that only serve training."""
    for each in AUXILIARY:
        if hasattr(network, each):
            setattr(network, each, None)
    return network


def untrained(name: str, **settings: int) -> nn.Module:
    """The network as it is before its weights are filled in; ``settings`` are torchvision's own."""
    from torchvision.models import get_model

    network: nn.Module = get_model(name, weights=None, **SETTINGS.get(name, {}) | settings)
    if "aux_logits" in SETTINGS.get(name, {}):
        setattr(network, "aux_logits", False)  # noqa: B010 - nn.Module declares no such attribute
    return network


def renamed(state: State) -> State:
    """DenseNet's weights date from when ``norm1`` was called ``norm.1``."""
    return {re.sub(r"(denselayer\d+\.(?:norm|relu|conv))\.([12])", r"\1\2", key): value for key, value in state.items()}
