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

from engine.catalogue import timm
from engine.catalogue.models import NETWORKS, UNTRAINED_PREFIX, NetworkCard, Source
from engine.models import timm_networks
from engine.models.torchvision_networks import SETTINGS, untrained, without_heads

Shape = tuple[int, ...]
Shapes = Mapping[str, Shape]


@dataclass(frozen=True)
class Skeleton:
    """An architecture without numbers.

    Attributes:
        shapes: of every parameter and buffer that its files hold, by name.
        heads: names of the layers whose outputs are the classes: one, or none; distilled networks have two.
        stem: name of the first convolution, whose inputs are the channels; empty if it has none.
    """

    shapes: Shapes
    heads: tuple[str, ...]
    stem: str


def is_timm(card: NetworkCard) -> bool:
    """Whether an architecture is one of timm's, which are listed without their weights."""
    return card.name.startswith(UNTRAINED_PREFIX + timm.PREFIX)


def timm_name(card: NetworkCard) -> str:
    """What timm calls one of its architectures."""
    return card.name.removeprefix(UNTRAINED_PREFIX + timm.PREFIX)


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
    elif is_timm(card):
        network = timm_networks.untrained(card, timm_name(card), side=side)
    elif card.source is Source.UNTRAINED:
        from engine.models.zfnet import ZFNet

        network = ZFNet()
    else:
        from efficientnet_lite_pytorch import EfficientNet

        network = EfficientNet.from_name(card.name)
    return without_heads(network)


def blank_for(card: NetworkCard, classes: int, channels: int, side: int = 0) -> nn.Module:
    """The same with another number of classes and channels, where the architecture lets them be chosen."""
    if is_timm(card):
        return timm_networks.untrained(card, timm_name(card), classes, channels, side)
    network = blank(card, side)
    bones = _bones(card, network)
    for head in bones.heads:
        _with_outputs(network.get_submodule(head), classes)
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
    if is_timm(card):
        return _timm_side(shapes)
    positions = shapes.get("encoder.pos_embedding")
    if not card.name.startswith("vit_") or positions is None or len(positions) != 3:
        return 0
    side = math.isqrt(positions[1] - 1)
    return side * int(card.name.rpartition("_")[2]) if side * side == positions[1] - 1 else 0


def _timm_side(shapes: Shapes) -> int:
    """The same for timm's transformers, whose tokens may begin with others than those of places."""
    positions, patches = shapes.get("pos_embed", ()), shapes.get("patch_embed.proj.weight", ())
    if (len(positions), len(patches)) != (3, 4):
        return 0
    for others in (0, 1, 2, 5):  # none, the class, one that distils, four registers
        side = math.isqrt(max(0, positions[1] - others))
        if side > 0 and side * side == positions[1] - others:
            return side * patches[-1]
    return 0


def has_auxiliary(card: NetworkCard) -> bool:
    """Whether files of this architecture may hold heads that only serve training."""
    return "aux_logits" in SETTINGS.get(card.name, {})


def _bones(card: NetworkCard, network: nn.Module) -> Skeleton:
    shapes = {name: tuple(each.shape) for name, each in network.state_dict().items()}
    if is_timm(card):
        said: Any = network.default_cfg
        return Skeleton(shapes, timm_networks.last_layers(said), timm_networks.first_layer(said))
    layers = [(name, each) for name, each in network.named_modules() if isinstance(each, nn.Linear | nn.Conv2d)]
    heads = [name for name, each in layers if _outputs(each) == len(card.classes)]
    first_name, first = layers[0]
    is_stem = isinstance(first, nn.Conv2d) and first.in_channels == len(card.mean)
    return Skeleton(shapes, tuple(heads[-1:]), first_name if is_stem else "")


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
