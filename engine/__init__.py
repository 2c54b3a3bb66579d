"""The engine computes and knows nothing of the window: the same attacks, networks and results from a script.

>>> from engine import attack, load_image, load_model          # doctest: +SKIP
>>> model = load_model("efficientnet-lite0")                   # doctest: +SKIP
>>> image = load_image("cat.png", model)                       # doctest: +SKIP
>>> outcome = attack(model, image, "pgd", epsilon=2 / 255)     # doctest: +SKIP
>>> print(outcome.describe())                                  # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.batch import Outcome, attack, load_image, predict, transfer
    from engine.catalogue.attacks import make_attack
    from engine.catalogue.moves import Moves
    from engine.catalogue.rules import Rules
    from engine.models import load_model

__all__ = ["Moves", "Outcome", "Rules", "attack", "load_image", "load_model", "make_attack", "predict", "transfer"]

_HOMES = {
    "Moves": "engine.catalogue.moves",
    "Outcome": "engine.batch",
    "Rules": "engine.catalogue.rules",
    "attack": "engine.batch",
    "load_image": "engine.batch",
    "load_model": "engine.models",
    "make_attack": "engine.catalogue.attacks",
    "predict": "engine.batch",
    "transfer": "engine.batch",
}


def __getattr__(name: str) -> object:
    """Imports torch when it is first needed, not when the window asks for ``engine.request``."""
    from importlib import import_module

    if name not in _HOMES:
        raise AttributeError(f"module 'engine' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
