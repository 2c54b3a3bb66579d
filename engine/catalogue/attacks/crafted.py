"""Attacks that were crafted beforehand, on a folder of pictures: one change for every picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.catalogue.attacks.base import Attack, Norm
from engine.catalogue.options import choice, option


def _universals() -> Mapping[str, str]:
    """Those that are kept: the records need the pictures' side of the engine, which is loaded after the attacks."""
    from engine.catalogue.crafted import CraftKind, all_crafted

    return {name: record.title for name, record in all_crafted(CraftKind.UNIVERSAL).items()}


def _patches() -> Mapping[str, str]:
    from engine.catalogue.crafted import CraftKind, all_crafted

    return {name: record.title for name, record in all_crafted(CraftKind.PATCH).items()}


@dataclass(frozen=True)
class Universal(Attack):
    """One direction for every picture."""

    name = "universal"
    title = "Universal: one perturbation for every picture"
    summary = (
        "Adds a perturbation that was made beforehand from a folder of other pictures (Attack > Craft), and never "
        "looks at this one. It often fools networks that it was not made for, too."
    )
    formula = "x + ε · v / ‖v‖, v with ‖v‖ ≤ ξ such that k(xᵢ + v) ≠ k(xᵢ) for most pictures xᵢ of the folder"
    paper = "Moosavi-Dezfooli et al. 2017, arXiv:1610.08401; by gradient: Shafahi et al. 2020, arXiv:1811.11304"
    targetable = False
    scales = True
    follows_gradient = False
    saved: str = choice(
        offers=_universals,
        label="Made before",
        text="Which of the universal perturbations that you have crafted and kept.",
    )


@dataclass(frozen=True)
class Patch(Attack):
    """A disc that is laid on the picture."""

    name = "patch"
    title = "Patch: a disc laid on the picture"
    summary = (
        "Lays a disc on the picture that was made beforehand to be seen as its target wherever it lies (Attack > "
        "Craft). ε is its area in pixels. Drag it with Ctrl held."
    )
    formula = (
        "x′ₚ = patch at R(−θ)(p − c)/r where ‖p − c‖ ≤ r = √(ε/π), else xₚ;  "
        "patch = argmax E_{x, c, r, θ} log p(target | x′)"
    )
    paper = "Brown et al. 2017, arXiv:1712.09665"
    norms = (Norm.L0,)
    follows_gradient = False
    saved: str = choice(
        offers=_patches, label="Made before", text="Which of the patches that you have crafted and kept."
    )
    across: float = option(
        0.5, label="Across", text="Where its middle is: 0 is the left end of the picture, 1 the right."
    )
    down: float = option(0.5, label="Down", text="Where its middle is: 0 is the upper end of the picture, 1 the lower.")
    turn: float = option(0.0, low=-180, high=180, label="Turn (°)", text="Turns it clockwise.")
