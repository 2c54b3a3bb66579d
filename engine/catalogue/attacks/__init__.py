"""The attacks that can be chosen: a card and a few options each.

An attack is *declared* here, without torch, and *computed* in ``engine.attacks`` by a function registered for
its class. The form in the window, the command line and the session file all come from the fields declared
here.
"""

from __future__ import annotations

from collections.abc import Mapping

from engine.catalogue.attacks.base import Attack, Norm
from engine.catalogue.attacks.composite import AutoAttack
from engine.catalogue.attacks.controls import (
    JPEG,
    Blur,
    Brightness,
    Contrast,
    Control,
    GaussianNoise,
    Pixelate,
    UniformNoise,
)
from engine.catalogue.attacks.crafted import Patch, Universal
from engine.catalogue.attacks.decisions import Boundary, HopSkipJump
from engine.catalogue.attacks.few_pixels import JSMA, OnePixel, SaltAndPepper
from engine.catalogue.attacks.iterated import APGD, APGDDLR, APGDT, BIM, DIFGSM, MIFGSM, NIFGSM, PGD, TIFGSM, AutoPGD
from engine.catalogue.attacks.near_boundary import FAB, FABT, FMN
from engine.catalogue.attacks.not_small import Colour, GridOfMoves, Moving, RandomMoves, StAdv, Weights
from engine.catalogue.attacks.one_step import FGSM, RFGSM, Noise
from engine.catalogue.attacks.queries import NES, SPSA, Square
from engine.catalogue.attacks.smallest import DDN, LBFGS, CarliniWagner, CarliniWagnerLinf, DeepFool
from engine.catalogue.attacks.sparse import EAD, SigmaZero, SparseFool
from engine.catalogue.options import make_options

__all__ = [
    "APGD",
    "APGDDLR",
    "APGDT",
    "ATTACKS",
    "BIM",
    "DDN",
    "DIFGSM",
    "EAD",
    "FAB",
    "FABT",
    "FAMILIES",
    "FGSM",
    "FMN",
    "JPEG",
    "JSMA",
    "LBFGS",
    "MIFGSM",
    "NES",
    "NIFGSM",
    "PGD",
    "RFGSM",
    "SPSA",
    "TIFGSM",
    "Attack",
    "AutoAttack",
    "AutoPGD",
    "Blur",
    "Boundary",
    "Brightness",
    "CarliniWagner",
    "CarliniWagnerLinf",
    "Colour",
    "Contrast",
    "Control",
    "DeepFool",
    "GaussianNoise",
    "GridOfMoves",
    "HopSkipJump",
    "Moving",
    "Noise",
    "Norm",
    "OnePixel",
    "Patch",
    "Pixelate",
    "RandomMoves",
    "SaltAndPepper",
    "SigmaZero",
    "SparseFool",
    "Square",
    "StAdv",
    "UniformNoise",
    "Universal",
    "Weights",
    "make_attack",
]

FAMILIES: dict[str, tuple[type[Attack], ...]] = {
    "Controls: aimed at nothing": (
        *(Noise, UniformNoise, GaussianNoise, SaltAndPepper),
        *(Brightness, Contrast, Blur, Pixelate, JPEG),
    ),
    "One step within ε": (Weights, FGSM, RFGSM),
    "Many steps within ε": (BIM, MIFGSM, NIFGSM, DIFGSM, TIFGSM, PGD, APGD, APGDDLR, APGDT, AutoAttack),
    "The smallest change": (LBFGS, CarliniWagnerLinf, DeepFool, DDN, CarliniWagner, FMN, FAB, FABT),
    "Few pixels or values": (OnePixel, JSMA, SparseFool, EAD, SigmaZero),
    "Without a gradient": (NES, SPSA, Square, Boundary, HopSkipJump),
    "Not small": (Colour, RandomMoves, GridOfMoves, StAdv),
    "For many pictures": (Universal, Patch),
}
"""Every attack, under what it is after or does without; each family from weak to strong."""

ATTACKS: dict[str, type[Attack]] = {each.name: each for family in FAMILIES.values() for each in family}
"""Every attack by its name."""


def make_attack(name: object, options: Mapping[str, object] | None = None) -> Attack:
    """The attack of that name with those options.

    Raises:
        ValueError: no such attack, no such option, or a value outside its bounds; says which.
    """
    return make_options("attack", ATTACKS, name, options or {})
