"""Attacks that search a change of few values: small in L1, or with few pixels changed at all."""

from __future__ import annotations

from dataclasses import dataclass

from engine.catalogue.attacks.base import Attack, Norm
from engine.catalogue.options import option


@dataclass(frozen=True)
class EAD(Attack):
    """Carlini and Wagner's loss with a price on every change."""

    name = "ead"
    title = "EAD: smallest change in L1, every change has a price"
    summary = (
        "Searches a small change by itself: every changed value costs something, so that only those stay changed that "
        "are worth it. It tries several weights between changing little and fooling surely."
    )
    formula = (
        "min c · max(z_y − max z_{i≠y} + κ, 0) + ‖δ‖₂² + β · ‖δ‖₁;  xₖ₊₁ = S(yₖ − α · ∇), S brings values to within β "
        "back to x and all others β nearer, within [0, 1];  yₖ₊₁ = xₖ₊₁ + k / (k + 3) · (xₖ₊₁ − xₖ);  "
        "α = α₀ · √(1 − k / n);  c · 10 until it fools, then halved between"
    )
    paper = "Chen et al. 2018, arXiv:1709.04114 (there n = 1000)"
    norms = (Norm.L1,)
    finds = True
    steps: int = option(100, low=1, high=1000, label="Steps", text="How many gradient steps every search takes, n.")
    searches: int = option(
        9, low=1, high=20, label="Searches", text="How many weights c are tried, each with a search of its own."
    )
    weight: float = option(
        0.001, low=1e-6, high=100, label="First weight", text="The weight of fooling in the first search, c."
    )
    rate: float = option(
        0.01, low=1e-5, label="Rate", text="The length of the first step relative to the gradient, α₀."
    )
    beta: float = option(0.001, low=0, label="Price", text="What changing a value by 1 costs, β; at 0 nothing (L2).")
    confidence: float = option(
        0.0, high=100, label="Confidence", text="By how much the other class must lead, as a difference of logits, κ."
    )
    fast: bool = option(
        True, label="Fast", text="Looks ahead at every step (FISTA); otherwise plain shrinking steps (ISTA)."
    )
    elastic: bool = option(
        False,
        label="Elastic net",
        text="The best is the one with the smallest β · ‖δ‖₁ + ‖δ‖₂²; otherwise with the smallest ‖δ‖₁.",
    )

    @property
    def last_index(self) -> int:
        """The clean picture, the steps of every search, and then the smallest change found; it may end before."""
        return self.searches * self.steps + 1


@dataclass(frozen=True)
class SparseFool(Attack):
    """Few values, each changed as far as it goes."""

    name = "sparsefool"
    title = "SparseFool: few values, changed as far as they go"
    summary = (
        "Looks for the nearest boundary, takes it for flat, and changes only the values that count most, each as far "
        "as it goes, until the picture is beyond; then it looks again from there."
    )
    formula = (
        "x_B = xₖ + λ · r, r from DeepFool (L2);  w = ∇(f_s − f_y) at xₖ + r;  xₖ₊₁: the values of largest |w| to 0 "
        "or 1, one after another, until ⟨w, xₖ₊₁ − x_B⟩ = 0;  shown: clip(x + 1.02 · (xₖ − x))"
    )
    paper = "Modas, Moosavi-Dezfooli, Frossard 2019, arXiv:1811.02248 (it picks values; here ε counts their pixels)"
    norms = (Norm.L0, Norm.L1)
    targetable = False
    finds = True
    shows_best_last = True
    steps: int = option(
        50, low=1, high=200, label="Steps", text="How often it looks for the boundary; ends when fooled."
    )
    reach: float = option(
        3.0,
        low=1,
        high=10,
        label="Reach",
        text="How far beyond the boundary it aims, λ: with more it needs fewer steps, and changes more pixels.",
    )
    candidates: int = option(
        9, low=1, high=99, label="Classes", text="How many other classes, the likeliest first, it looks for."
    )


@dataclass(frozen=True)
class SigmaZero(Attack):
    """Gradient descent on a smooth count of the changed pixels."""

    name = "sigma-zero"
    title = "σ-zero: fewest pixels, by gradient"
    summary = (
        "Searches the fewest pixels by itself: it follows the gradient, with a smooth count of the changed pixels in "
        "the loss, and puts back at every step what has changed too little to matter."
    )
    formula = (
        "min max(z_y − max z_{i≠y}, 0) + 1/d · Σ ‖δₚ‖² / (‖δₚ‖² + σ) over the d pixels p;  g = ∇ / max |∇|;  "
        "δ = clip(x + δ − η · Adam(g)) − x;  δₚ = 0 where max |δₚ| < τ;  τ grows by t · η where it fools, else it "
        "falls;  η falls along a cosine from 1 to 0.1"
    )
    paper = "Cinà et al. 2025, arXiv:2402.01879 (there the channels of a pixel count apart)"
    norms = (Norm.L0,)
    finds = True
    shows_best_last = True
    steps: int = option(
        100, low=1, high=1000, label="Steps", text="How many gradient steps are taken; the paper has up to 1000."
    )
    rate: float = option(
        1.0, low=0.01, high=10, label="Rate", text="How far Adam moves a value at the first step, η, pixels in [0, 1]."
    )
    sigma: float = option(
        0.001, low=1e-6, high=1, label="Smoothness", text="The smaller, the nearer the smooth count is to a count, σ."
    )
    threshold: float = option(
        0.3, label="Threshold", text="Changes below this are put back in the beginning, τ, pixels in [0, 1]."
    )
    drift: float = option(
        0.01, high=0.5, label="Drift", text="How fast the threshold grows or falls, t, relative to the rate."
    )
    whole_pixels: bool = option(
        True, label="Whole pixels", text="Counts pixels; otherwise every channel apart, as in the paper."
    )
