"""Attacks that change few pixels, each as much as it takes."""

from __future__ import annotations

from dataclasses import dataclass

from engine.catalogue.attacks.base import Attack, Norm
from engine.catalogue.options import option


@dataclass(frozen=True)
class SaltAndPepper(Attack):
    """A control that finds its own size: blind noise, more and more of it."""

    name = "salt-and-pepper"
    title = "Salt and pepper: random white and black pixels"
    summary = (
        "Makes random pixels white or black, more and more of them, until the answer changes; then tries with fewer. "
        "It is blind, and shows how little the other attacks need."
    )
    formula = "p grows from 0 in steps of 1/n;  every pixel: 1 with probability p/2, 0 with p/2;  the smallest ‖δ‖ wins"
    paper = "a control, not an attack; the search is that of Foolbox (Rauber et al. 2017, arXiv:1707.04131)"
    norms = (Norm.L0, Norm.L1, Norm.L2)
    targetable = False
    finds = True
    follows_gradient = False
    always_draws = True
    shows_best_last = True
    steps: int = option(
        1000, low=1, high=10_000, label="Steps", text="How many noisy pictures the network is asked about, n."
    )


@dataclass(frozen=True)
class OnePixel(Attack):
    """Places and colours of a few pixels by evolution."""

    name = "one-pixel"
    title = "One pixel: bred by evolution"
    summary = (
        "Changes as many pixels as ε allows, one at ε = 1. Places and colours are bred: of many tries the better ones "
        "are kept and mixed. It sees no gradient, only probabilities."
    )
    formula = (
        "xᵢ′ = x_a + F · (x_b − x_c), a, b, c at random;  the better of xᵢ and xᵢ′ stays;  F = 0.5;  "
        "less of p(y), or more of p(t)"
    )
    paper = "Su, Vargas, Sakurai 2019, arXiv:1710.08864 (there 400 candidates, 100 generations)"
    norms = (Norm.L0,)
    follows_gradient = False
    always_draws = True
    steps: int = option(50, low=1, high=500, label="Generations", text="How often every candidate has one offspring.")
    population: int = option(
        100,
        low=5,
        high=2000,
        label="Candidates",
        text="How many sets of pixels there are at a time; each generation asks the network as often.",
    )
    difference: float = option(
        0.5,
        low=0.01,
        high=1.99,
        label="Difference",
        text="How much of the difference of two candidates is added to a third, F.",
    )

    @property
    def last_index(self) -> int:
        """The clean picture, the best of the first candidates, and the best of every generation are shown."""
        return self.steps + 1


@dataclass(frozen=True)
class JSMA(Attack):
    """Two values at a time, those that the class depends on most."""

    name = "jsma"
    title = "JSMA: the two most telling values at a time"
    summary = (
        "Asks which two values raise the target most while they lower the other classes, turns both up all the way, "
        "and asks again until the answer is reached. Away from a class: those that lower it most."
    )
    formula = (
        "(p, q) = argmax −αβ, α = Σᵢ ∂zₜ/∂xᵢ > 0, β = Σᵢ Σ_{c≠t} ∂z_c/∂xᵢ < 0, i ∈ {p, q};  x_p, x_q + θ;  "
        "away from y: α < 0 < β of y"
    )
    paper = "Papernot et al. 2016, arXiv:1511.07528; away from a class: Wiyatno, Xu 2018, arXiv:1808.07945 (NT-JSMA)"
    norms = (Norm.L0,)
    finds = True
    shows_best_last = True
    steps: int = option(
        200,
        low=1,
        high=10_000,
        label="Steps",
        text=(
            "How many times two values are changed at most. The paper ends at 14.5 % of the values, which is 56 steps "
            "for 28 × 28 in grey."
        ),
    )
    theta: float = option(
        1.0, low=0.01, label="Change", text="How much a value is changed at a time, θ; 1 is all the way."
    )
    both: bool = option(
        False,
        label="Up or down",
        text="Values may also be turned down where that tells more (the maximal variant of Wiyatno and Xu).",
    )
