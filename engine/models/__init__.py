"""Networks: one file per source, all seen through ``Classifier``.

Torch is imported when a network is loaded, not before: downloads need none of it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from engine.catalogue.models import NetworkCard, Source, find_network

if TYPE_CHECKING:
    from torch import nn

    from engine.models.classifier import Classifier

__all__ = ["load_model"]


def load_model(name: str = "efficientnet-lite0", device: str = "auto") -> Classifier:
    """The network of that name, ready to be asked.

    Args:
        name: one of ``engine.catalogue.models.all_networks()``.
        device: ``"auto"``, ``"cuda"``, ``"mps"`` or ``"cpu"``; one that is missing becomes the CPU, with a note.

    Raises:
        UnknownNetworkError: there is no network of that name.
        ModelError: its weights are not on this machine, or are damaged. Nothing is downloaded here.
    """
    from engine.device import choose_device
    from engine.models.classifier import Classifier

    card = find_network(name)
    notes: list[str] = []
    chosen = choose_device(device, notes.append)
    if not card.is_trained:
        notes.append("This network is untrained: its answers are chance.")
    if card.source is Source.FILE:
        from engine.models.own import load_own

        return load_own(card.name, chosen, notes)
    return Classifier(
        _builder(card)(card),
        name=card.name,
        title=card.title,
        classes=card.classes,
        recipe=card.recipe,
        mean=card.mean,
        std=card.std,
        device=chosen,
        notes=notes,
    )


def _builder(card: NetworkCard) -> Callable[[NetworkCard], nn.Module]:
    """What builds a network and fills in its weights."""
    if card.source is Source.TORCHVISION:
        from engine.models.torchvision_networks import build
    elif card.source is Source.BOX:
        from engine.models.boxed import build
    elif card.source is Source.UNTRAINED:
        from engine.models.untrained import build
    elif card.source is Source.TIMM:
        from engine.models.timm_networks import build
    elif card.family == "SqueezeNet":
        from engine.models.squeezenet import build
    else:
        from engine.models.efficientnet_lite import build
    return build
