"""Attacks of one step, and the control that looks at nothing."""

from __future__ import annotations

from dataclasses import dataclass

from engine.catalogue.attacks.base import Attack, Norm
from engine.catalogue.options import option


@dataclass(frozen=True)
class Noise(Attack):
    """A control: as large as the attack's perturbation, but blind."""

    name = "noise"
    title = "Random noise: a control of the same size"
    summary = (
        "Adds noise of exactly the size ε without looking at the network. It shows that size alone explains nothing."
    )
    formula = (
        "L∞: x + ε · s, every sᵢ = ±1 at random;  L2: x + ε · n / ‖n‖₂, n ~ N(0, I);  L1: x + ε · v / ‖v‖₁, "
        "|vᵢ| ~ Exp(1), signs at random"
    )
    paper = "a control, not an attack"
    norms = (Norm.LINF, Norm.L2, Norm.L1)
    targetable = False
    scales = True
    follows_gradient = False
    always_draws = True


@dataclass(frozen=True)
class FGSM(Attack):
    """One step along the gradient's steepest direction in the norm's ball."""

    name = "fgsm"
    title = "FGSM: one step along the gradient's sign"
    summary = "Follows the sign of the gradient once. In L2 the step follows the gradient itself (FGM)."
    formula = "L∞: x + ε · sign ∇ₓJ(x, y);  L2: x + ε · ∇ₓJ / ‖∇ₓJ‖₂;  with a target t: x − ε · … J(x, t)"
    paper = "Goodfellow, Shlens, Szegedy 2015, arXiv:1412.6572"
    scales = True


@dataclass(frozen=True)
class RFGSM(Attack):
    """FGSM after a small random step."""

    name = "rfgsm"
    title = "R+FGSM: one step after a random one"
    summary = "Takes a small random step first, off the spot where a trained defence may hide the gradient, then FGSM."
    formula = (
        "x₀ = Π(x + α · sign n), n ~ N(0, I);  x₁ = Π(x₀ + (ε − α) · sign ∇ₓJ(x₀, y));  L2: n / ‖n‖₂, ∇ₓJ / ‖∇ₓJ‖₂"
    )
    paper = "Tramèr et al. 2018, arXiv:1705.07204"
    random_share: float = option(
        0.5, label="Random part", unit="ε", text="The length of the random step α as a share of ε; the rest is FGSM's."
    )

    @property
    def draws(self) -> bool:
        """Unless there is no random step."""
        return self.random_share > 0
