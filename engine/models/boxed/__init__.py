"""The small networks that this project trained: their architectures, and their weights from ``assets/networks``.

To add one, write a module with readable layer names here, enter it in ``ARCHITECTURES``, write its recipe in
``engine.training.recipes`` and train it with ``python -m engine.training NAME``.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from torch import nn

from engine.catalogue.models import NetworkCard
from engine.models.boxed.cifar import CifarCNN
from engine.models.boxed.digits import CNN3232, MLP512, LeNet5, Permuted
from engine.models.boxed.linear import FrogOrShip, Linear
from engine.models.boxed.resnet import ResNet20
from engine.models.errors import ModelError
from engine.models.weights import checked_path, fill, unreadable

ARCHITECTURES: dict[str, Callable[[], nn.Module]] = {
    "softmax regression": Linear,
    "logistic regression": FrogOrShip,
    "MLP-512": MLP512,
    "CNN-32-32": CNN3232,
    "CNN-32-32 on permuted pixels": Permuted,
    "LeNet-5": LeNet5,
    "CIFAR-CNN": CifarCNN,
    "CIFAR-CNN with dropout": partial(CifarCNN, dropout=0.3),
    "ResNet-20": ResNet20,
}
"""What builds a network, untrained, by the ``family`` on its card."""

__all__ = ["ARCHITECTURES", "build"]


def build(card: NetworkCard) -> nn.Module:
    """The network with its weights; takes pixels (N, C, H, W) of the card's size, normalised as the card says.

    Raises:
        ModelError: the weights are missing or damaged, or of an architecture that is not here.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    if card.family not in ARCHITECTURES:
        why = f"its architecture, {card.family!r}, is none of {', '.join(ARCHITECTURES)}"
        raise ModelError(f"{card.title} could not be loaded", why, "Install this version of Foolscope anew.")
    path = checked_path(card)
    network = ARCHITECTURES[card.family]()
    try:
        state = load_file(path)
    except (SafetensorError, OSError) as error:
        raise unreadable(card, path) from error
    fill(network, state, card)
    return network
