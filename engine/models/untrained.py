"""Networks without weights: what they answer is chance, and what they look like inside shows what training does."""

from __future__ import annotations

import torch
from torch import nn

from engine.catalogue import timm
from engine.catalogue.models import NETWORKS, UNTRAINED_PREFIX, NetworkCard
from engine.models import zfnet

SEED = 0


def build(card: NetworkCard) -> nn.Module:
    """The network as seed 0 makes it; the global random state stays as it is.

    Raises:
        ModelError: the installed timm does not know the architecture.
    """
    name = card.name.removeprefix(UNTRAINED_PREFIX)
    if name == card.name:
        return zfnet.build(card)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        if name.startswith(timm.PREFIX):
            from engine.models.timm_networks import untrained

            return untrained(card, name.removeprefix(timm.PREFIX))
        from engine.models.own.known import blank

        return blank(NETWORKS[name])
