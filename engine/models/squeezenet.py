"""SqueezeNet 1.1 from a pickle of numpy arrays, which is read without trusting it.

The file holds Keras' form of the original weights: kernels as (height, width, in, out), channels in the order blue,
green, red. Here they become torchvision's module, with the order of the channels turned round in the first
convolution, so that the network takes red, green, blue and its first filters can be shown in their true colours.
"""

from __future__ import annotations

import importlib
import pickle
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from engine.catalogue.models import NetworkCard
from engine.models.errors import ModelError
from engine.models.weights import checked_path, fill

Layer = tuple[NDArray[np.float32], NDArray[np.float32]]

FIRES = {2: 3, 3: 4, 4: 6, 5: 7, 6: 9, 7: 10, 8: 11, 9: 12}
"""Where each fire module of the paper stands among torchvision's ``features``."""

_ALLOWED = {
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
    ("numpy.core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "_reconstruct"),
}


class ArraysOnly(pickle.Unpickler):
    """Reads lists and dictionaries of numpy arrays, and refuses everything else that a pickle may call."""

    def find_class(self, module: str, name: str) -> Any:
        """What the pickle names, if it is one of the parts of an array."""
        if (module, name) not in _ALLOWED:
            raise pickle.UnpicklingError(f"{module}.{name} is not allowed in a file of weights")
        # numpy 2 keeps the first of its two module names only to warn.
        return getattr(importlib.import_module(module.replace("numpy.core", "numpy._core")), name)


def build(card: NetworkCard) -> nn.Module:
    """The network with its ImageNet weights; takes normalised pixels (N, 3, 227, 227), red first.

    Raises:
        ModelError: the weights are missing or damaged.
    """
    from torchvision.models import squeezenet1_1

    state = dict(_state(_read(card)))
    network: nn.Module = squeezenet1_1()
    fill(network, state, card)
    return network


def _read(card: NetworkCard) -> dict[str, Layer]:
    path = checked_path(card)
    try:
        with path.open("rb") as file:
            layers: dict[str, Layer] = ArraysOnly(file).load()
    except pickle.UnpicklingError as error:
        raise ModelError(
            f"{card.title} could not be loaded", f"{path.name} holds more than numbers ({error})", "Install it anew."
        ) from error
    return layers


def _state(layers: dict[str, Layer]) -> Iterator[tuple[str, Tensor]]:
    """The parameters of torchvision's module, by name."""
    for kept, ours in _names():
        kernel, bias = (torch.from_numpy(np.array(each)) for each in layers[kept])
        weight = kernel.permute(3, 2, 0, 1)
        if kept == "conv1":
            weight = weight.flip(1)
        yield f"{ours}.weight", weight.contiguous()
        yield f"{ours}.bias", bias


def _names() -> Iterator[tuple[str, str]]:
    """What a layer is called in the file, and in torchvision."""
    yield "conv1", "features.0"
    yield "conv10", "classifier.1"
    for fire, place in FIRES.items():
        yield f"fire{fire}/squeeze1x1", f"features.{place}.squeeze"
        yield f"fire{fire}/expand1x1", f"features.{place}.expand1x1"
        yield f"fire{fire}/expand3x3", f"features.{place}.expand3x3"
