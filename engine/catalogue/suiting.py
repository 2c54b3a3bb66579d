"""Which samples suit which network: a digit tells nothing of a network for photographs."""

from __future__ import annotations

from collections.abc import Sequence

from engine.catalogue.classes import class_names
from engine.catalogue.models import known_network
from engine.catalogue.samples import SAMPLES, SHELVES, Sample
from engine.images import Recipe

SMALL = 64
"""In pixels: what networks for small pictures see at most."""


def shelf_for(classes: Sequence[str], recipe: Recipe) -> str:
    """The one of ``SHELVES`` that a network was made for: as its classes say, or else its input.

    Args:
        classes: the names of the network's classes.
        recipe: how a picture is brought to its input.
    """
    by_input = "imagenet" if min(recipe.size) > SMALL else "mnist" if recipe.channels == 1 else "cifar-10"
    by_classes = (shelf for shelf in SHELVES if set(classes) <= set(class_names(shelf)))
    return next(by_classes, by_input)


def samples_for(model: str) -> tuple[Sample, ...]:
    """The samples that suit the network of that name; all of them if there is none."""
    card = known_network(model)
    return tuple(SAMPLES.values()) if card is None else suiting(card.classes, card.recipe)


def suiting(classes: Sequence[str], recipe: Recipe) -> tuple[Sample, ...]:
    """The samples that a network was made for, the most telling first; never none.

    Where it knows some classes of their data set, those of the others do not suit it; the arguments are those of
    ``shelf_for``.
    """
    shelf = shelf_for(classes, recipe)
    known = set(classes).intersection(class_names(shelf)) or set(class_names(shelf))
    return tuple(each for each in SAMPLES.values() if each.shelf == shelf and (not each.label or each.label in known))
