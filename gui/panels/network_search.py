"""Finding a network: by what it is called, what it learnt and where it is, or else by all that its card says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from PySide6.QtWidgets import QListWidgetItem

from engine.catalogue.models import NetworkCard
from gui.panels.network_words import Heading, card_lines, say_where

FEW = 20
"""A network of so many classes at most is found by their names, too."""

_JOINTS = str.maketrans("", "", "-_./×:'")


@dataclass(frozen=True)
class Listed:
    """A row of the list: a network, or a heading where ``card`` is None.

    Attributes:
        item: the row.
        part: under which heading it stands.
        card: of the network.
        at_hand: whether its weights are on this machine.
    """

    item: QListWidgetItem
    part: Heading
    card: NetworkCard | None = None
    at_hand: bool = False

    @cached_property
    def names(self) -> str:
        """What the network is called, what it learnt and where it is, as ``plain`` text."""
        if self.card is None:
            return ""
        card = self.card
        where = say_where(card, at_hand=True) if self.at_hand else ""
        classes = card.classes if len(card.classes) <= FEW else ()
        return plain(f"{card.title} {card.family} {card.name} {card.data} {where} {self.part.value} {classes}")

    @cached_property
    def words(self) -> str:
        """All that its card says, as ``plain`` text."""
        return "" if self.card is None else plain(" ".join(card_lines(self.card)))


def search(text: str, rows: Sequence[Listed]) -> list[Listed]:
    """The networks that every word of ``text`` fits: their names, or if it fits none of these, their cards.

    Two ways, so that ``alexnet`` finds AlexNet before all those that are compared with it.
    """
    words = plain(text).split()
    networks = [each for each in rows if each.card is not None]
    by_name = [each for each in networks if all(word in each.names for word in words)]
    return by_name or [each for each in networks if all(word in each.words for word in words)]


def plain(text: str) -> str:
    """Text as it is compared: ``ResNet-50``, ``resnet_50`` and ``resnet50`` are one."""
    return text.casefold().translate(_JOINTS)
