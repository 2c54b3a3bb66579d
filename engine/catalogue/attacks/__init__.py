"""The attacks that can be chosen: a card and a few options each.

An attack is *declared* here, without torch, and *computed* in ``engine.attacks`` by a function registered for
its class. The form in the window, the command line and the session file all come from the fields declared
here.
"""

from __future__ import annotations

from collections.abc import Mapping

from engine.catalogue.attacks.base import Attack, Norm
from engine.catalogue.attacks.controls import JPEG, Blur, Brightness, Contrast, Control, GaussianNoise, Pixelate
from engine.catalogue.attacks.iterated import APGD, APGDDLR, APGDT, BIM, DIFGSM, MIFGSM, NIFGSM, PGD, TIFGSM, AutoPGD
from engine.catalogue.attacks.one_step import FGSM, RFGSM, Noise
from engine.catalogue.attacks.queries import NES, SPSA, Square
from engine.catalogue.options import make_options

__all__ = [
    "APGD",
    "APGDDLR",
    "APGDT",
    "ATTACKS",
    "BIM",
    "DIFGSM",
    "FGSM",
    "JPEG",
    "MIFGSM",
    "NES",
    "NIFGSM",
    "PGD",
    "RFGSM",
    "SPSA",
    "TIFGSM",
    "Attack",
    "AutoPGD",
    "Blur",
    "Brightness",
    "Contrast",
    "Control",
    "GaussianNoise",
    "Noise",
    "Norm",
    "Pixelate",
    "Square",
    "make_attack",
]

ATTACKS: dict[str, type[Attack]] = {
    each.name: each
    for each in (
        *(Noise, GaussianNoise, Brightness, Contrast, Blur, Pixelate, JPEG),
        *(FGSM, RFGSM, NES, SPSA, Square, BIM, MIFGSM, NIFGSM, DIFGSM, TIFGSM, PGD, APGD, APGDDLR, APGDT),
    )
}
"""Every attack by its name, from weak to strong."""


def make_attack(name: object, options: Mapping[str, object] | None = None) -> Attack:
    """The attack of that name with those options.

    Raises:
        ValueError: no such attack, no such option, or a value outside its bounds; says which.
    """
    return make_options("attack", ATTACKS, name, options or {})
