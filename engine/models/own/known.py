"""The architectures that a file of weights may be of, with their names and shapes known before any number is made."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from engine.catalogue.models import NETWORKS, NetworkCard, Source
from engine.models.torchvision_networks import SETTINGS, untrained

Shape = tuple[int, ...]
Shapes = Mapping[str, Shape]

AUXILIARY = ("AuxLogits", "aux1", "aux2")
"""Heads of GoogLeNet and Inception that only serve training."""


@dataclass(frozen=True)
class Skeleton:
    """An architecture without numbers.

    Attributes:
        shapes: of every parameter and buffer that its files hold, by name.
        head: name of the last layer, whose outputs are the classes; empty if it has no such layer.
        stem: name of the first convolution, whose inputs are the channels; empty if it has none.
    """

    shapes: Shapes
    head: str
    stem: str


def architectures() -> list[NetworkCard]:
    """A card for every architecture; of several networks of one architecture, the first."""
    found: dict[str, NetworkCard] = {}
    for card in NETWORKS.values():
        if card.family == "SqueezeNet" and card.source is Source.PACKAGE:
            continue  # torchvision's module, which has a card of its own
        shared = card.source in {Source.BOX, Source.UNTRAINED}
        found.setdefault(card.family if shared else card.name, card)
    return list(found.values())


def blank(card: NetworkCard, side: int = 0) -> nn.Module:
    """A network of the architecture, as it is before training.

    Args:
        card: one of ``architectures``.
        side: of the input, for a vision transformer of another than its usual size; else 0.
    """
    if card.source is Source.TORCHVISION:
        network = untrained(card.name, **({"image_size": side} if side else {}))
    elif card.source is Source.BOX:
        from engine.models.boxed import ARCHITECTURES

        network = ARCHITECTURES[card.family]()
    elif card.source is Source.UNTRAINED:
        from engine.models.zfnet import ZFNet

        network = ZFNet()
    else:
        from efficientnet_lite_pytorch import EfficientNet

        network = EfficientNet.from_name(card.name)
    for each in AUXILIARY:
        if hasattr(network, each):
            setattr(network, each, None)
    return network


def blank_for(card: NetworkCard, classes: int, channels: int, side: int = 0) -> nn.Module:
    """The same with another number of classes and channels, where the architecture lets them be chosen."""
    network = blank(card, side)
    bones = _bones(card, network)
    if bones.head:
        _with_outputs(network.get_submodule(bones.head), classes)
    if bones.stem:
        _with_inputs(network.get_submodule(bones.stem), channels)
    return network


@lru_cache(maxsize=256)
def skeleton(card: NetworkCard, side: int = 0) -> Skeleton:
    """The names and shapes of an architecture; no numbers are made, which would take seconds and gigabytes."""
    with _WithoutNumbers():
        network = blank(card, side)
    return _bones(card, network)


def side_of(card: NetworkCard, shapes: Shapes) -> int:
    """For a vision transformer, the input's side that its position embedding was made for; 0 for others."""
    positions = shapes.get("encoder.pos_embedding")
    if not card.name.startswith("vit_") or positions is None or len(positions) != 3:
        return 0
    side = math.isqrt(positions[1] - 1)
    return side * int(card.name.rpartition("_")[2]) if side * side == positions[1] - 1 else 0


def has_auxiliary(card: NetworkCard) -> bool:
    """Whether files of this architecture may hold heads that only serve training."""
    return "aux_logits" in SETTINGS.get(card.name, {})


def _bones(card: NetworkCard, network: nn.Module) -> Skeleton:
    shapes = {name: tuple(each.shape) for name, each in network.state_dict().items()}
    layers = [(name, each) for name, each in network.named_modules() if isinstance(each, nn.Linear | nn.Conv2d)]
    heads = [name for name, each in layers if _outputs(each) == len(card.classes)]
    first_name, first = layers[0]
    is_stem = isinstance(first, nn.Conv2d) and first.in_channels == len(card.mean)
    return Skeleton(shapes, heads[-1] if heads else "", first_name if is_stem else "")


def _outputs(layer: nn.Module) -> int:
    return layer.out_features if isinstance(layer, nn.Linear) else layer.out_channels  # type: ignore[return-value]


def _with_outputs(layer: nn.Module, count: int) -> None:
    if _outputs(layer) == count or not isinstance(layer, nn.Linear | nn.Conv2d):
        return
    if isinstance(layer, nn.Linear):
        layer.out_features = count
    else:
        layer.out_channels = count
    layer.weight = nn.Parameter(torch.zeros(count, *layer.weight.shape[1:]))
    if layer.bias is not None:
        layer.bias = nn.Parameter(torch.zeros(count))


def _with_inputs(layer: nn.Module, count: int) -> None:
    if not isinstance(layer, nn.Conv2d) or layer.in_channels == count:
        return
    layer.in_channels = count
    layer.weight = nn.Parameter(torch.zeros(layer.out_channels, count, *layer.weight.shape[2:]))


class _WithoutNumbers(TorchFunctionMode):
    """Makes what would be filled with numbers without any; what networks compute their plans from stays as it is."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = dict(kwargs or {})
        if func in {torch.empty, torch.zeros, torch.ones, torch.rand, torch.randn} and kwargs.get("device") is None:
            kwargs["device"] = "meta"
        return func(*args, **kwargs)
