"""Changes that are not small and still harmless to people: other places, other colours, and a network's own weights."""

from __future__ import annotations

from dataclasses import dataclass

from engine.catalogue.attacks.base import Attack, Norm, step_size_option, steps_option
from engine.catalogue.options import option


@dataclass(frozen=True)
class Weights(Attack):
    """Along the weights of a linear network."""

    name = "weights"
    title = "Weights: a step along a linear network's weights"
    summary = (
        "For linear networks only: the change is a picture of the weights that lead from one class to another. Every "
        "pixel adds a little, and together they change the answer."
    )
    formula = "x + w / k, w = w_t − w_y, t the likeliest other class or the target;  ε = ‖w‖ / k"
    paper = "Goodfellow, Shlens, Szegedy 2015, arXiv:1412.6572, section 3"
    scales = True
    follows_gradient = False


@dataclass(frozen=True)
class Colour(Attack):
    """The same change of colour at every pixel."""

    name = "colour"
    title = "Colour: one shift of all colours"
    summary = (
        "Changes the colours of the whole picture in one and the same way, as another light would, so that shapes stay "
        "as they are. No value changes by more than ε."
    )
    formula = "x′ₚ = clip(xₚ + A (xₚ − ½) + b), |A (xₚ − ½) + b| ≤ ε at every pixel p; A, b by projected gradient steps"
    paper = "a functional attack (Laidlaw, Feizi 2019, arXiv:1906.00001), here with an affine function"
    norms = (Norm.LINF,)
    steps: int = steps_option(10)
    step_size: float = step_size_option(0.25)


@dataclass(frozen=True)
class Moving(Attack):
    """Turned and shifted pictures: what the ways to search them have in common."""

    paper = "Engstrom et al. 2019, arXiv:1712.02779"
    norms = (Norm.FLOW,)
    follows_gradient = False
    turning: float = option(
        0.7,
        label="Turning",
        unit="ε",
        text="The part of ε that turning may use at the corners; shifting may use the rest. In the paper it is 0.7.",
    )


@dataclass(frozen=True)
class RandomMoves(Moving):
    """The worst of a few random moves."""

    name = "rotation"
    title = "Random turns: turned and shifted, the worst of a few"
    summary = (
        "Turns and shifts the picture a little, at random, and keeps the move that the network likes least. What comes "
        "in from outside is black. It sees no gradient."
    )
    formula = (
        "x′ = x turned by θ and shifted by (u, v), the worst of k draws;  2 r sin(θ/2) ≤ τε, |u|, |v| ≤ (1 − τ)ε/√2"
    )
    always_draws = True
    steps: int = option(10, low=1, high=1000, label="Moves", text="How many random moves are tried, k.")


@dataclass(frozen=True)
class GridOfMoves(Moving):
    """The worst of a grid of moves."""

    name = "rotation-grid"
    title = "Grid of turns: turned and shifted, the worst of all"
    summary = (
        "Tries every combination of angles and shifts within ε and keeps the one that the network likes least. What "
        "comes in from outside is black. It sees no gradient."
    )
    formula = (
        "x′ = x turned by θ and shifted by (u, v), the worst of a grid;  2 r sin(θ/2) ≤ τε, |u|, |v| ≤ (1 − τ)ε/√2"
    )
    angles: int = option(
        31, low=1, high=101, label="Angles", text="How many angles there are, from one end to another."
    )
    shifts: int = option(
        5, low=1, high=25, label="Shifts", text="How many shifts there are in each direction, from one end to another."
    )

    @property
    def last_index(self) -> int:
        """The picture as it is, then a step for every angle."""
        return self.angles


@dataclass(frozen=True)
class StAdv(Attack):
    """A smooth field of small shifts."""

    name = "stadv"
    title = "stAdv: bends the picture a little"
    summary = (
        "Moves every point of the picture a little, neighbours nearly alike, as if it were drawn on rubber. No value "
        "is added; the smoothest bend that does what it should is shown last."
    )
    formula = (
        "x′ₚ = x at p + fₚ (bilinear);  f climbs min(max z_{i≠y} − z_y, κ) − τ Σₚ Σ_{q∈N(p)} ‖fₚ − f_q‖₂ by Adam;  "
        "‖fₚ‖₂ ≤ ε"
    )
    paper = "Xiao et al. 2018, arXiv:1801.02612 (there by L-BFGS, and without ε)"
    norms = (Norm.FLOW,)
    shows_best_last = True
    steps: int = steps_option(100)
    rate: float = option(
        0.1,
        low=0.001,
        high=10,
        label="Pixels a step",
        text="How far Adam moves a point along each axis at a step, at most.",
    )
    smoothness: float = option(
        0.005,
        low=0,
        high=10,
        label="Smoothness",
        text="What it costs that neighbours move differently, τ. The paper has 0.05, which stiffens a photograph here.",
    )
    confidence: float = option(
        0.0, low=0, high=50, label="Confidence", text="How far the new class shall lead before it rests, κ, in logits."
    )
