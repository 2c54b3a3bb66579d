"""Attacks that see the top class only, and no number beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine.catalogue.attacks.base import Attack, Norm
from engine.catalogue.options import option


def tries_option() -> Any:
    """How long a start is looked for."""
    return option(
        100,
        low=1,
        high=10_000,
        label="Tries",
        text=(
            "How many pictures of noise are tried as a start. Towards a target, noise seldom does; where none of them "
            "does, the picture stays as it is."
        ),
    )


@dataclass(frozen=True)
class Deciding(Attack):
    """A walk along the border between two answers: what its members have in common."""

    finds = True
    follows_gradient = False
    always_draws = True

    @property
    def last_index(self) -> int:
        """The clean picture, the start and every step are shown; after them the smallest change once more."""
        return int(getattr(self, "steps", 1)) + 2


@dataclass(frozen=True)
class Boundary(Deciding):
    """From noise towards the clean picture, in small random steps."""

    name = "boundary"
    title = "Boundary attack: walks along the border of the answer"
    summary = (
        "Starts at noise that is seen as something else and comes nearer to the picture step by step, as long as the "
        "answer stays wrong. It sees nothing but the top class."
    )
    formula = (
        "η ~ N(0, I), ⊥ x − xₖ, ‖η‖ = δ ‖x − xₖ‖;  xₖ₊₁ = xₖ + η back on the sphere around x, then ε ‖x − xₖ‖ nearer "
        "to x, where the answer is still wrong, else xₖ;  δ and ε follow the share of steps that succeed"
    )
    paper = "Brendel, Rauber, Bethge 2018, arXiv:1712.04248 (there tens of thousands of steps)"
    norms = (Norm.L2,)
    steps: int = option(
        5000,
        low=1,
        high=50_000,
        label="Steps",
        text="How many steps are tried at most. Each is one question to the network, and every tenth one more.",
    )
    sideways: float = option(
        0.01,
        low=0.0001,
        high=0.5,
        label="Sideways",
        unit="distance",
        text="The first step along the border, δ, as a share of the distance to the clean picture. It adapts itself.",
    )
    inwards: float = option(
        0.01,
        low=0.0001,
        high=0.5,
        label="Inwards",
        unit="distance",
        text="The first step towards the clean picture, ε in the paper, as a share of the distance. It adapts itself.",
    )
    tries: int = tries_option()


@dataclass(frozen=True)
class HopSkipJump(Deciding):
    """Along the border's slope, guessed from answers."""

    name = "hop-skip-jump"
    title = "HopSkipJump: feels for the border's slope"
    summary = (
        "Asks on which side of the border many points nearby lie, guesses from that which way leads off, jumps, and "
        "goes back to the border. It sees only the top class, and needs fewer questions than the boundary attack."
    )
    formula = (
        "xₖ on the border by halving;  v = Σ (φ(xₖ + δ uᵢ) − φ̄) uᵢ, φ = ±1, i = 1 … B√k;  "
        "x̃ = xₖ + ξ · v / ‖v‖₂, L∞: sign v, ξ = ‖xₖ − x‖ / √k halved until the answer is wrong"
    )
    paper = "Chen, Jordan, Wainwright 2020, arXiv:1904.02144"
    norms = (Norm.L2, Norm.LINF)
    steps: int = option(
        40, low=1, high=200, label="Steps", text="How many jumps are made; a later one asks more questions."
    )
    samples: int = option(
        100,
        low=2,
        high=1000,
        label="Samples",
        text="How many points nearby the first jump asks about, B; the k-th asks about √k times as many.",
    )
    tries: int = tries_option()
