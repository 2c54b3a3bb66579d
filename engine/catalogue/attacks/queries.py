"""Attacks that see the network's answers only: they change the picture, ask, and keep what helps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine.catalogue.attacks.base import Attack, step_size_option, steps_option
from engine.catalogue.options import option


def samples_option(default: int) -> Any:
    """How many pairs of pictures an estimate of the gradient is made from."""
    return option(
        default,
        low=1,
        high=2048,
        label="Samples",
        text="How many random directions are tried at a step. Each is tried both ways, which makes two queries.",
    )


def reach_option(default: float, sign: str) -> Any:
    """How far from the picture an estimate of the gradient asks."""
    return option(
        default,
        low=0.0001,
        high=0.5,
        label="Reach",
        text=f"How far a random direction is followed in order to ask, {sign}, where pixels go from 0 to 1.",
    )


@dataclass(frozen=True)
class Estimating(Attack):
    """Steps along a gradient that is estimated: what its members have in common."""

    follows_gradient = False
    always_draws = True


@dataclass(frozen=True)
class NES(Estimating):
    """BIM along an estimate of the gradient."""

    name = "nes"
    title = "NES: a gradient guessed from answers"
    summary = (
        "Sees no gradient: it tries random directions, both ways, adds up those that helped, and takes a small step "
        "that way."
    )
    formula = (
        "g = 1/(2nσ) · Σᵢ (J(xₖ + σuᵢ, y) − J(xₖ − σuᵢ, y)) · uᵢ,  uᵢ ~ N(0, I);  xₖ₊₁ = Π(xₖ + α · sign g);  "
        "L2: g / ‖g‖₂"
    )
    paper = "Ilyas et al. 2018, arXiv:1804.08598"
    steps: int = steps_option(100)
    step_size: float = step_size_option(0.2)
    samples: int = samples_option(25)
    sigma: float = reach_option(0.001, "σ")


@dataclass(frozen=True)
class SPSA(Estimating):
    """Adam along an estimate of the gradient."""

    name = "spsa"
    title = "SPSA: a guessed gradient, followed by Adam"
    summary = (
        "Sees no gradient: it shakes all the pixels up or down at random and learns from the answers. It often gets "
        "past defences that only hide the gradient."
    )
    formula = (
        "g = 1/n · Σᵢ (L(xₖ + δvᵢ) − L(xₖ − δvᵢ)) / 2δ · vᵢ,  vᵢ = ±1 at every pixel,  L = max z_{i≠y} − z_y;  "
        "xₖ₊₁ = Π(xₖ + α · Adam(g));  L2: α / √(C·H·W)"
    )
    paper = "Uesato et al. 2018, arXiv:1802.05666"
    steps: int = steps_option(100)
    rate: float = option(
        0.3,
        low=0.001,
        high=2,
        label="Rate",
        unit="ε",
        text="How far Adam moves a pixel at a step, α, as a share of ε; in L2 the whole picture.",
    )
    samples: int = samples_option(64)
    delta: float = reach_option(0.01, "δ")


@dataclass(frozen=True)
class Square(Attack):
    """Random search with squares."""

    name = "square"
    title = "Square: random squares, the best is kept"
    summary = (
        "Sees no gradient: it changes one random square after another, and keeps each only where the network's answer "
        "gets worse. Every step is one question to the network."
    )
    formula = (
        "L∞: x₀ = Π(x ± ε in stripes);  x′ = Π(xₖ ± 2ε in a square of p·H·W pixels);  xₖ₊₁ = x′ where L(x′) < L(xₖ), "
        "else xₖ;  L = z_y − max z_{i≠y}, towards a target J;  L2: the square takes over the size of another"
    )
    paper = "Andriushchenko et al. 2020, arXiv:1912.00049 (there it ends at the first picture that fools)"
    follows_gradient = False
    always_draws = True
    steps: int = option(
        1000,
        low=1,
        high=10_000,
        label="Queries",
        text="How many changed pictures the network is asked about after the first, one a step.",
    )
    share: float = option(
        0.8,
        low=0.001,
        label="First square",
        unit="size",
        text=(
            "The part of the picture that the first squares cover, p; they get smaller from there on. The paper has "
            "0.05 in L∞ and 0.1 in L2; 0.8, as in AutoAttack, needs fewer queries where there are few."
        ),
    )
