"""EfficientNet-Lite0, the network of the first start: its module and its weights come from two small packages."""

from __future__ import annotations

from torch import nn

from engine.catalogue.models import NetworkCard
from engine.models.weights import fill, read_state


def build(card: NetworkCard) -> nn.Module:
    """The network with its ImageNet weights; takes normalised pixels (N, 3, 224, 224).

    Raises:
        ModelError: the weights are missing or damaged.
    """
    from efficientnet_lite_pytorch import EfficientNet

    state = read_state(card)
    network: nn.Module = EfficientNet.from_name(card.name)
    fill(network, state, card)
    return network
