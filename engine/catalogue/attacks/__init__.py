"""The attacks that can be chosen: a card and a few options each.

An attack is *declared* here, without torch, and *computed* in ``engine.attacks`` by a function registered for
its class. The form in the window, the command line and the session file all come from the fields declared
here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields

from engine.catalogue.attacks.base import Attack, Bounds, Norm, bounds, option
from engine.catalogue.attacks.iterated import APGD, APGDDLR, BIM, DIFGSM, MIFGSM, NIFGSM, PGD, TIFGSM, AutoPGD
from engine.catalogue.attacks.one_step import FGSM, RFGSM, Noise

__all__ = [
    "APGD",
    "APGDDLR",
    "ATTACKS",
    "BIM",
    "DIFGSM",
    "FGSM",
    "MIFGSM",
    "NIFGSM",
    "PGD",
    "RFGSM",
    "TIFGSM",
    "Attack",
    "AutoPGD",
    "Bounds",
    "Noise",
    "Norm",
    "bounds",
    "make_attack",
    "option",
]

ATTACKS: dict[str, type[Attack]] = {
    each.name: each for each in (Noise, FGSM, RFGSM, BIM, MIFGSM, NIFGSM, DIFGSM, TIFGSM, PGD, APGD, APGDDLR)
}
"""Every attack by its name, from weak to strong."""


def make_attack(name: object, options: Mapping[str, object] | None = None) -> Attack:
    """The attack of that name with those options.

    Raises:
        ValueError: no such attack, no such option, or a value outside its bounds; says which.
    """
    if not isinstance(name, str) or name not in ATTACKS:
        raise ValueError(f"there is no attack called {name!r}; there are {', '.join(ATTACKS)}")
    kind: Callable[..., Attack] = ATTACKS[name]
    known = {each.name for each in fields(ATTACKS[name])}
    for key in options or {}:
        if key not in known:
            raise ValueError(f"{name} has no option {key!r}; it has {', '.join(sorted(known)) or 'none'}")
    return kind(**(options or {}))
