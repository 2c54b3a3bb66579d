"""Twins: networks that differ in their training alone, such as a plain one and one trained on attacked pictures."""

from __future__ import annotations

from engine.catalogue.models import NetworkCard, all_networks, is_at_hand, known_network


def twins_of(name: str) -> tuple[NetworkCard, ...]:
    """The trained networks on this machine that are built like another one and tell the same classes apart.

    As many parameters, the same input and the same classes are taken for the same build. A network that is not known,
    or whose parameters nobody counted, has none. Those that were trained on attacked pictures come first.
    """
    card = known_network(name)
    if card is None or not card.parameters:
        return ()
    alike = (each for each in all_networks().values() if _is_built_alike(each, card) and each.name != name)
    there = (each for each in alike if each.is_trained and is_at_hand(each))
    return tuple(sorted(there, key=_is_plain))


def _is_plain(card: NetworkCard) -> bool:
    """Whether it learnt from pictures as they are; the cards of others say against which attack they were trained."""
    return " against " not in card.training


def _is_built_alike(one: NetworkCard, other: NetworkCard) -> bool:
    return (
        one.parameters == other.parameters
        and (one.size, one.recipe.channels) == (other.size, other.recipe.channels)
        and one.classes == other.classes
    )
