"""How the answers of several networks become one, where an attack is crafted on all of them."""

from __future__ import annotations

from enum import StrEnum

MOST_OTHERS = 8
"""So many networks may look at the bench's pictures beside its own."""


class Joining(StrEnum):
    """What is averaged over the networks."""

    LOGITS = "logits"
    """The logits, before their softmax (Dong et al. 2018, arXiv:1710.06081)."""
    PROBABILITIES = "probabilities"
    """The probabilities (Liu et al. 2017, arXiv:1611.02770)."""
    LOSS = "loss"
    """Every network's own loss, and so its gradient; attacks without a gradient average the logits instead."""

    @property
    def tip(self) -> str:
        """What it does, in a sentence."""
        return {
            Joining.LOGITS: "The logits of all networks are averaged: the most even of the three.",
            Joining.PROBABILITIES: "The probabilities of all networks are averaged: the surest network counts most.",
            Joining.LOSS: "The loss of every network counts the same: the one that errs most pulls hardest. How far a "
            "boundary is, as DeepFool, FAB and FMN ask, is measured on the bench's own network.",
        }[self]
