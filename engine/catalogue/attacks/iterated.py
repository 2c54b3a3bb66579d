"""Attacks of many steps along the gradient, within ε."""

from __future__ import annotations

from dataclasses import dataclass

from engine.catalogue.attacks.base import Attack, Norm, decay_option, step_size_option, steps_option
from engine.catalogue.options import option


@dataclass(frozen=True)
class BIM(Attack):
    """FGSM in small steps, each clipped back into the ball."""

    name = "bim"
    title = "BIM: many small steps"
    summary = "Repeats FGSM in small steps and stays within ε of the clean picture."
    formula = (
        "x₀ = x;  xₖ₊₁ = Π(xₖ + α · sign ∇ₓJ(xₖ, y)),  Π projects onto ‖x′ − x‖ ≤ ε and [0, 1];  L2: ∇ₓJ / ‖∇ₓJ‖₂;  "
        "L1: sign ∇ₓJ / k in the k values of largest |∇ₓJ|, k a hundredth of all"
    )
    paper = "Kurakin, Goodfellow, Bengio 2017, arXiv:1607.02533; L1: Tramèr, Boneh 2019, arXiv:1904.13000"
    norms = (Norm.LINF, Norm.L2, Norm.L1)
    steps: int = steps_option(10)
    step_size: float = step_size_option(0.25)


@dataclass(frozen=True)
class MIFGSM(Attack):
    """BIM that goes on in the direction it came from."""

    name = "mifgsm"
    title = "MI-FGSM: many small steps with momentum"
    summary = "Adds up the gradients of all steps, so that the way stays steady; it fools other networks more often."
    formula = "gₖ₊₁ = μ · gₖ + ∇ₓJ(xₖ, y) / ‖∇ₓJ‖₁;  xₖ₊₁ = Π(xₖ + α · sign gₖ₊₁);  L2: gₖ₊₁ / ‖gₖ₊₁‖₂"
    paper = "Dong et al. 2018, arXiv:1710.06081"
    steps: int = steps_option(10)
    step_size: float = step_size_option(0.1)
    decay: float = decay_option(1.0)


@dataclass(frozen=True)
class NIFGSM(Attack):
    """MI-FGSM that takes the gradient where the momentum is about to lead."""

    name = "nifgsm"
    title = "NI-FGSM: momentum that looks ahead"
    summary = "Like MI-FGSM, but asks for the gradient one step ahead, where the momentum is about to lead."
    formula = "MI-FGSM with ∇ₓJ taken at xₖ + α · μ · gₖ (gradients divided by mean |∇ₓJ|;  L2: gₖ / √(C·H·W))"
    paper = "Lin et al. 2020, arXiv:1908.06281"
    steps: int = steps_option(10)
    step_size: float = step_size_option(0.1)
    decay: float = decay_option(1.0)


@dataclass(frozen=True)
class DIFGSM(Attack):
    """BIM on pictures that are shrunk and moved at random."""

    name = "difgsm"
    title = "DI²-FGSM: gradients of pictures shrunk at random"
    summary = (
        "At every step the network may see the picture a little smaller, at a random place, as other networks might."
    )
    formula = "xₖ₊₁ = Π(xₖ + α · sign ∇ₓJ(T(xₖ), y)),  T shrinks and pads with probability p"
    paper = "Xie et al. 2019, arXiv:1803.06978 (there the network's input grows from 299 to 330 instead)"
    steps: int = steps_option(18)
    step_size: float = step_size_option(0.067)
    decay: float = decay_option(0.0)
    probability: float = option(0.5, label="Probability", text="How often a step sees the picture shrunk, p.")
    smallest: float = option(
        0.9,
        low=0.5,
        label="Smallest size",
        unit="size",
        text="How small the picture may become, as a share of its size.",
    )

    @property
    def draws(self) -> bool:
        """Unless no picture is ever shrunk."""
        return self.probability > 0


@dataclass(frozen=True)
class TIFGSM(Attack):
    """MI-FGSM along a blurred gradient."""

    name = "tifgsm"
    title = "TI-FGSM: steps along a blurred gradient"
    summary = (
        "Blurs the gradient, as if the picture were moved about; the change is smoother and fools defended networks."
    )
    formula = "MI-FGSM with W ∗ ∇ₓJ for ∇ₓJ,  Wᵢⱼ ∝ exp(−(i² + j²) / 2σ²), |i|, |j| ≤ r, σ = r / 3"
    paper = "Dong et al. 2019, arXiv:1904.02884"
    steps: int = steps_option(10)
    step_size: float = step_size_option(0.1)
    decay: float = decay_option(1.0)
    radius: int = option(7, high=15, label="Blur radius", text="How far the blur reaches, in pixels, r; 0 is no blur.")


@dataclass(frozen=True)
class PGD(Attack):
    """BIM from a random start within the ball."""

    name = "pgd"
    title = "PGD: many small steps from a random start"
    summary = "Starts at a random point within ε and climbs in small steps: the standard strong attack."
    formula = (
        "x₀ = Π(x + u), u uniform in the ball;  xₖ₊₁ = Π(xₖ + α · steepest ∇ₓJ(xₖ, y));  L1: sign ∇ₓJ / k in the k "
        "values of largest |∇ₓJ|, k a hundredth of all"
    )
    paper = "Madry et al. 2018, arXiv:1706.06083; L1: Tramèr, Boneh 2019, arXiv:1904.13000"
    norms = (Norm.LINF, Norm.L2, Norm.L1)
    steps: int = steps_option(10)
    step_size: float = step_size_option(0.25)
    random_start: bool = option(
        True, label="Random start", text="Begin at a random point of the ball, drawn by the seed."
    )
    restarts: int = option(
        1,
        low=1,
        high=50,
        label="Starts",
        text="How often it begins anew, at another random point. Each picture's best ending is shown last.",
    )

    @property
    def draws(self) -> bool:
        """Only for a random start."""
        return self.random_start

    @property
    def runs(self) -> int:
        """How many runs differ: without a random start they would all be the same."""
        return self.restarts if self.random_start else 1

    @property
    def last_index(self) -> int:
        """Every run shows its start and its steps; after several runs the best ending is shown once more."""
        return self.steps if self.runs == 1 else self.runs * (self.steps + 1)


@dataclass(frozen=True)
class AutoPGD(Attack):
    """PGD that finds its step size by itself: what its members have in common."""

    paper = "Croce, Hein 2020, arXiv:2003.01690"
    always_draws = True
    shows_best_last = True
    steps: int = steps_option(100)
    rho: float = option(
        0.75, label="Rising steps", text="The step is halved where fewer than this share of the steps rose, ρ."
    )


@dataclass(frozen=True)
class APGD(AutoPGD):
    """On the cross-entropy."""

    name = "apgd"
    title = "APGD-CE: steps that shorten by themselves"
    summary = (
        "Like PGD with momentum; each picture's step is halved when it stops helping. The last step shows the best "
        "picture found: the one with the highest loss, or towards a target with the lowest."
    )
    formula = (
        "z = Π(xₖ + η · steepest ∇ₓJ(xₖ, y));  xₖ₊₁ = Π(xₖ + ¾ (z − xₖ) + ¼ (xₖ − xₖ₋₁));  η = 2ε at first;  "
        "at ⌈0.22 n⌉, ⌈0.41 n⌉, ⌈0.57 n⌉, …: η / 2, back to the best x, where fewer than ρ of the steps rose"
    )


@dataclass(frozen=True)
class APGDDLR(AutoPGD):
    """On a loss that a confident network cannot flatten."""

    name = "apgd-dlr"
    title = "APGD-DLR: the same on a ratio of logits"
    summary = (
        "APGD on a ratio of logits, which still has a slope where the network is too sure for the cross-entropy to "
        "have one. The last step shows the best picture found, by that ratio."
    )
    formula = (
        "APGD with J = −(z_y − max z_{i≠y}) / (z₍₁₎ − z₍₃₎), z₍₁₎ ≥ z₍₂₎ ≥ … the sorted logits;  "
        "towards a target t: (z_t − max z_{i≠t}) / (z₍₁₎ − ½ (z₍₃₎ + z₍₄₎))"
    )


@dataclass(frozen=True)
class APGDT(AutoPGD):
    """Away from a class by aiming at others, one run each."""

    name = "apgd-t"
    title = "APGD-T: aims at the likeliest other classes in turn"
    summary = (
        "Leaves the class by aiming at one other after another, the most probable first. A picture that is fooled "
        "rests until the end; the last step shows the best picture found, in which the class is furthest behind."
    )
    formula = (
        "APGD with J = −(z_y − z_t) / (z₍₁₎ − ½ (z₍₃₎ + z₍₄₎)), once for every t among the T classes besides y of "
        "largest z(x); of K ≥ 4 classes with K − 1 < T all the others, and then again from new starts"
    )
    targetable = False
    targets: int = option(9, low=1, high=9, label="Classes", text="How many runs there are, each at another class, T.")
    restarts: int = option(
        1, low=1, high=5, label="Starts", text="How many runs aim at each class, from a new random point every time."
    )

    @property
    def runs(self) -> int:
        """How often it begins anew."""
        return self.targets * self.restarts

    @property
    def last_index(self) -> int:
        """Every run shows its start and its steps; after them the best picture found is shown once more."""
        return self.runs * (self.steps + 1)
