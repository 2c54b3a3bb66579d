"""Attacks that search the smallest change by keeping close to where the answer changes, in several norms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine.catalogue.attacks.base import Attack, Norm
from engine.catalogue.options import option


@dataclass(frozen=True)
class FMN(Attack):
    """Gradient steps in a ball that adapts."""

    name = "fmn"
    title = "FMN: smallest change, in a ball that shrinks and grows"
    summary = (
        "Searches the smallest change by itself: it follows the gradient within a ball that shrinks while the picture "
        "fools and grows while it does not, so that it closes in on the boundary."
    )
    formula = (
        "xₖ₊₁ = Π(xₖ + α · ∇L / ‖∇L‖₂), L = max z_{i≠y} − z_y, Π projects onto ‖x′ − x‖ ≤ εₖ and [0, 1];  "
        "εₖ = min(εₖ₋₁ · (1 − γ), ‖δ*‖) where xₖ fools, else εₖ₋₁ · (1 + γ), or before any has fooled "
        "‖δₖ‖ + |L| / ‖∇L‖ in the dual norm, if that is more;  α and γ fall along a cosine to α / 100 and 0.001;  "
        "L0: ε counts pixels, ± 1 at least"
    )
    paper = "Pintor et al. 2021, arXiv:2102.12827 (there L0 counts values, here pixels)"
    norms = (Norm.LINF, Norm.L2, Norm.L1, Norm.L0)
    finds = True
    shows_best_last = True
    steps: int = option(100, low=1, high=1000, label="Steps", text="How many gradient steps are taken.")
    step_size: float = option(
        1.0,
        low=0.001,
        high=100,
        label="First step",
        text="The length of the first step in L2, α, where pixels go from 0 to 1; the last is a hundredth of it.",
    )
    shrink: float = option(
        0.05,
        low=0.001,
        high=0.5,
        label="Shrinking",
        text="By what part the ball shrinks or grows in the beginning, γ; in the end it is 0.001.",
    )


def fab_steps_option() -> Any:
    """How often it moves onto the boundary."""
    return option(100, low=1, high=500, label="Steps", text="How often the picture is moved onto the boundary, a run.")


@dataclass(frozen=True)
class AdaptiveBoundary(Attack):
    """Moves onto a linear network's boundary, again and again: what FAB and FAB-T have in common."""

    paper = "Croce, Hein 2020, arXiv:1907.02044"
    norms = (Norm.LINF, Norm.L2, Norm.L1)
    targetable = False
    finds = True
    steps: int = fab_steps_option()
    alpha: float = option(
        0.1,
        label="Pull",
        text="How strongly it is drawn towards the clean picture at most, α; at 0 not at all.",
    )
    eta: float = option(
        1.05,
        low=1,
        high=2,
        label="Beyond",
        text="How far it moves relative to the way to the boundary, η; a little beyond at 1.05.",
    )
    beta: float = option(
        0.9,
        label="Backward step",
        text="How much of a change that fools is kept before it goes on, β.",
    )
    search: int = option(
        3,
        high=20,
        label="Last search",
        text="How often the way between the clean picture and the best one is divided in the end.",
    )


@dataclass(frozen=True)
class FAB(AdaptiveBoundary):
    """Towards the nearest of several classes."""

    name = "fab"
    title = "FAB: smallest change, back and forth over the boundary"
    summary = (
        "Searches the smallest change by itself: it moves the picture just over the nearest boundary, steps back "
        "towards the clean one, and goes over again."
    )
    formula = (
        "π: the plane f_s − f_y = 0 of the network made linear at xₖ, s the nearest class;  δ, δ′ lead xₖ and x onto π "
        "within [0, 1];  a = min(α, ‖δ‖ / (‖δ‖ + ‖δ′‖));  xₖ₊₁ = clip((1 − a) · (xₖ + η · δ) + a · (x + η · δ′));  "
        "where it fools: x + β · (xₖ₊₁ − x)"
    )
    candidates: int = option(
        9,
        low=1,
        high=99,
        label="Classes",
        text=(
            "How many other classes, the likeliest first, are asked where their boundary is; one gradient each at "
            "every step. The paper asks all."
        ),
    )
    restarts: int = option(
        1,
        low=1,
        high=20,
        label="Starts",
        text="How often it begins; all but the first time at a random point, half as far as the best change found.",
    )

    @property
    def draws(self) -> bool:
        """Only for random starts."""
        return self.restarts > 1

    @property
    def last_index(self) -> int:
        """Every run shows its start and its steps; after them the smallest change found is shown once more."""
        return self.restarts * (self.steps + 1)


@dataclass(frozen=True)
class FABT(AdaptiveBoundary):
    """Towards one class after another."""

    name = "fab-t"
    title = "FAB-T: the same towards one class after another"
    summary = (
        "FAB that moves onto the boundary of one other class at a time, the likeliest first: one gradient a step, so "
        "that networks of many classes are no dearer. AutoAttack has it as its third member."
    )
    formula = "FAB with s fixed in every run, the T classes besides y of largest z(x) in turn"
    paper = "Croce, Hein 2020, arXiv:1907.02044; as in AutoAttack, arXiv:2003.01690"
    targets: int = option(9, low=1, high=99, label="Classes", text="How many runs there are, each at another class, T.")

    @property
    def last_index(self) -> int:
        """Every run shows its start and its steps; after them the smallest change found is shown once more."""
        return self.targets * (self.steps + 1)
