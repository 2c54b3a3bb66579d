"""Attacks that search the smallest change by following gradients; ε only says how far along it the picture is moved."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

from engine.catalogue.attacks.base import Attack, Norm
from engine.catalogue.options import option

SHRINKING = 0.9
"""By this C&W L∞ lowers its bound τ."""

LARGEST_WEIGHT = 20.0
"""The weight c at which C&W L∞ gives up."""


def _steps(default: int, text: str) -> Any:
    return option(default, low=1, high=10_000, label="Steps", text=text)


def _rate(default: float) -> Any:
    return option(
        default,
        low=0.0001,
        high=0.5,
        label="Rate",
        text=(
            "How far Adam moves a value at a step, where values go from −∞ to ∞ and tanh brings them into [0, 1]. For "
            "a photograph a tenth of what was published finds far smaller changes in as many steps."
        ),
    )


def _confidence() -> Any:
    return option(
        0.0,
        high=100,
        label="Confidence",
        unit="logits",
        text="By how much the new answer must lead the next, κ; at 0 any lead is enough.",
    )


def _searches() -> Any:
    return option(
        9,
        low=1,
        high=20,
        label="Searches",
        text="How many weights c are tried: ten times the last while it is too small, then the middle of what is left.",
    )


@dataclass(frozen=True)
class Finding(Attack):
    """An attack that searches the smallest change by itself."""

    norms: ClassVar[tuple[Norm, ...]] = (Norm.L2,)
    finds = True


@dataclass(frozen=True)
class DeepFool(Finding):
    """Straight to the nearest boundary, as if the network were linear, again and again."""

    name = "deepfool"
    title = "DeepFool: straight to the nearest boundary"
    summary = (
        "Takes the network for a linear one, steps just across the boundary of the nearest other class, and looks "
        "again until the answer has changed."
    )
    formula = (
        "gₖ = ∇ₓ(z_k − z_y);  l = argmin |z_k − z_y| / ‖gₖ‖₂;  r = |z_l − z_y| / ‖g_l‖₂² · g_l;  "
        "x′ = x + (1 + η) Σ r;  L∞: ‖g‖₁ for ‖g‖₂, r = |z_l − z_y| / ‖g_l‖₁ · sign g_l"
    )
    paper = "Moosavi-Dezfooli, Fawzi, Frossard 2016, arXiv:1511.04599"
    norms = (Norm.L2, Norm.LINF)
    targetable = False
    shows_best_last = True
    steps: int = option(50, low=1, high=200, label="Steps", text="How many steps are taken at most.")
    overshoot: float = option(
        0.02, label="Overshoot", unit="size", text="By how much the whole change is stretched, to get across, η."
    )
    candidates: int = option(
        10,
        low=2,
        high=1000,
        label="Classes",
        text="How many of the likeliest classes are looked at, the one to leave among them; each takes a gradient.",
    )


@dataclass(frozen=True)
class DDN(Finding):
    """Direction and size apart."""

    name = "ddn"
    title = "DDN: one step at a time, in or out"
    summary = (
        "Follows the gradient on a sphere around the clean picture. Where the picture fools, the sphere shrinks by a "
        "few per cent; where not, it grows."
    )
    formula = (
        "δ ← δ + α ∇ₓJ / ‖∇ₓJ‖₂;  ρ ← (1 ∓ γ) ρ, − where x + δ fools;  δ ← clip(x + ρ δ / ‖δ‖₂) − x;  "
        "α from 1 to 0.01 along a cosine"
    )
    paper = "Rony et al. 2019, arXiv:1811.09600"
    shows_best_last = True
    steps: int = _steps(100, "How many gradient steps are taken.")
    first_radius: float = option(
        1.0, low=0.001, high=100, label="First radius", text="The size that is tried first, ρ₀, in pixel units."
    )
    gamma: float = option(
        0.05, low=0.001, high=0.5, label="Change of radius", unit="size", text="By how much it grows or shrinks, γ."
    )


@dataclass(frozen=True)
class CarliniWagner(Finding):
    """The size and the lead of the class to leave, made small together."""

    name = "cw"
    title = "C&W: size and answer weighed against each other"
    summary = (
        "Makes the change small and the answer wrong at the same time, and tries how little the answer has to count. "
        "Slow, and long the standard of strength."
    )
    formula = (
        "min ‖x′ − x‖₂² + c · max(z_y − max z_{i≠y}, −κ);  x′ = clip((tanh w / 0.99 + 1) / 2);  w by Adam;  "
        "c by searching;  towards t: max(max z_{i≠t} − z_t, −κ)"
    )
    paper = "Carlini, Wagner 2017, arXiv:1608.04644 (there 10 000 steps a search)"
    steps: int = _steps(
        200, "How many steps are taken for each weight at most; a picture that gets no better stops before."
    )
    searches: int = _searches()
    rate: float = _rate(0.01)
    confidence: float = _confidence()
    first_weight: float = option(
        0.001, low=1e-6, high=1000, label="First weight", text="How much the answer counts against the size, c."
    )

    @property
    def last_index(self) -> int:
        """Every search has its steps; then comes the smallest change found."""
        return self.searches * self.steps + 1


@dataclass(frozen=True)
class CarliniWagnerLinf(Finding):
    """A bound on every pixel that is lowered as long as the answer can be kept wrong."""

    name = "cw-linf"
    title = "C&W L∞: a bound that is lowered again and again"
    summary = "Finds a picture that fools, forbids its largest changes, and looks for another from there."
    formula = (
        "min c · max(z_y − max z_{i≠y}, −κ) + Σ max(|x′ − x| − τ, 0);  x′ = clip((tanh w / 0.99 + 1) / 2);  "
        "w by Adam;  solved: τ ← 0.9 · min(τ, max |x′ − x|);  not solved: c ← 2c"
    )
    paper = "Carlini, Wagner 2017, arXiv:1608.04644 (there 1000 steps a trial)"
    norms = (Norm.LINF,)
    steps: int = _steps(100, "How many steps are taken at most for each bound and weight.")
    rate: float = _rate(0.005)
    confidence: float = _confidence()
    first_weight: float = option(
        1e-5, low=1e-6, high=1, label="First weight", text="How much the answer counts at first, c; at most 20."
    )
    finest: float = option(
        1 / 256,
        low=1e-5,
        high=1,
        label="Finest bound",
        text=(
            "Where τ is not lowered any more, in pixel units. A photograph needs less change than this: there, lower "
            "it, and the rate with it."
        ),
    )

    @property
    def last_index(self) -> int:
        """What all trials together take at most; as a rule it ends long before."""
        return self.trials * self.steps + 1

    @property
    def trials(self) -> int:
        """How many trials there are at most: each lowers τ by a tenth or doubles c, and both have an end."""
        lowered = math.ceil(math.log(self.finest) / math.log(SHRINKING)) + 1
        doubled = math.ceil(math.log2(LARGEST_WEIGHT / self.first_weight)) + 1
        return lowered + doubled


@dataclass(frozen=True)
class LBFGS(Finding):
    """The first attack of all."""

    name = "lbfgs"
    title = "L-BFGS: the first of all attacks"
    summary = (
        "Makes the change small and another class likely at the same time, by an optimiser of the textbooks that keeps "
        "every pixel between black and white."
    )
    formula = (
        "min ‖x′ − x‖₂² + c · J(x′, t),  0 ≤ x′ ≤ 1;  the smallest c whose x′ is seen as t;  "
        "away from y: t is the likeliest other class of x, and any other answer will do"
    )
    paper = "Szegedy et al. 2013, arXiv:1312.6199"
    steps: int = option(
        50, low=1, high=1000, label="Steps", text="How many gradients the optimiser may ask for at each weight."
    )
    searches: int = _searches()
    first_weight: float = option(
        0.01, low=1e-6, high=1000, label="First weight", text="How much the answer counts against the size, c."
    )

    @property
    def last_index(self) -> int:
        """Every search has its steps; then comes the smallest change found."""
        return self.searches * self.steps + 1
