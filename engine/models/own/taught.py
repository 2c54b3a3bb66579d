"""Networks that were taught classes of the user's own: another network's features below a new last layer.

The file holds what was learnt: the last layer, and the layers below it that were fitted too. The other network is
named in the record, with the SHA-256 of its weights. The record lies in the file, too (``engine.catalogue.taught``).
"""

from __future__ import annotations

import copy
from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from engine.catalogue.models import NetworkCard, UnknownNetworkError, find_network
from engine.catalogue.own import OwnNetwork
from engine.models.errors import ModelError

if TYPE_CHECKING:
    from engine.models.weights import State

FEATURES, HEAD = "features", "head"
"""What the two parts of a taught network are called."""
LONGEST_CHAIN = 8
"""How many networks may have been taught one above the other."""


def as_features(network: nn.Module, layer: str) -> nn.Module:
    """A copy of a network without its last layer, (N, C, H, W) to (N, D).

    Args:
        network: is left as it is.
        layer: path of the last layer, which lets through what it is given; empty leaves the network as it is: its
            answers are then the features.
    """
    made = copy.deepcopy(network)
    if layer:
        made.set_submodule(layer, nn.Identity())
    return made


def put_together(features: nn.Module, weight: Tensor, bias: Tensor) -> nn.Module:
    """Features (N, D) below a new last layer, with ``weight`` (K, D) and ``bias`` (K,)."""
    head = nn.Linear(weight.shape[1], weight.shape[0])
    head.load_state_dict({"weight": weight, "bias": bias})
    return nn.Sequential(OrderedDict([(FEATURES, features), (HEAD, head)])).eval()


def build_taught(path: Path, record: OwnNetwork) -> nn.Module:
    """The network that a record means.

    Raises:
        ModelError: the network that it was made from is gone or another one, or the file does not hold what it should.
    """
    from engine.models import load_model

    card = _base_card(record)
    base = load_model(card.name, "cpu").module.get_submodule("network")
    state = _read(path, record)
    try:
        features = as_features(base, str(record.details.get("layer", "")))
        made = put_together(features, state.pop(f"{HEAD}.weight"), state.pop(f"{HEAD}.bias"))
        left = made.load_state_dict(state, strict=False)
    except (KeyError, AttributeError, RuntimeError, IndexError) as error:
        raise _unusable(record, f"{path.name} does not go with {card.title}") from error
    if left.unexpected_keys:
        raise _unusable(record, f"{path.name} does not go with {card.title}")
    return made


def _base_card(record: OwnNetwork) -> NetworkCard:
    """The card of the network below, if that is the one that was taught."""
    name = str(record.details.get("base", ""))
    try:
        card = find_network(name)
    except UnknownNetworkError as error:
        raise _unusable(record, f"it was taught above the network {name}, which is not there") from error
    if card.sha != record.details.get("base_sha"):
        raise _unusable(record, f"the weights of {card.title} are not those that it was taught above")
    if _depth(record) > LONGEST_CHAIN:
        raise _unusable(record, f"more than {LONGEST_CHAIN} networks were taught one above the other")
    return card


def _depth(record: OwnNetwork | None) -> int:
    """How many networks were taught one above the other."""
    from engine.catalogue.own import find_own

    depth = 0
    while record is not None and depth <= LONGEST_CHAIN:
        depth, record = depth + 1, find_own(str(record.details.get("base", "")))
    return depth


def _read(path: Path, record: OwnNetwork) -> State:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return {name: each.to(torch.float32) for name, each in load_file(path).items()}
    except (SafetensorError, OSError, ValueError) as error:
        raise _unusable(record, f"{path.name} cannot be read") from error


def _unusable(record: OwnNetwork, why: str) -> ModelError:
    remedy = "Open or download that network first, or teach this one again from its pictures."
    return ModelError(f"{record.title} could not be loaded", why, remedy)
