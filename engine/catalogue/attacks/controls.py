"""Controls: harmless changes of the very size of an attack, so that people see that ε alone explains nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from engine.catalogue.attacks.base import Attack, Norm
from engine.catalogue.options import option


@dataclass(frozen=True)
class Control(Attack):
    """A change c of the picture that does not look at the network: what its kinds have in common.

    Attributes:
        change: the change as it is read in "With … of ε = 2/255".
    """

    change: ClassVar[str]
    paper = "a control, not an attack; such changes: Hendrycks, Dietterich 2019, arXiv:1903.12261"
    targetable = False
    scales = True
    follows_gradient = False


@dataclass(frozen=True)
class GaussianNoise(Control):
    """Noise of few large and many small values; in L2 that is what ``Noise`` draws."""

    name = "gaussian-noise"
    title = "Gaussian noise: a control, most pixels change little"
    summary = (
        "A control: like a camera's noise in the dark, its largest value exactly ε. Most pixels change far less, "
        "where an attack moves them all by ε."
    )
    formula = "x + ε · n / max |n|, nᵢ ~ N(0, 1);  for L2 see random noise, which is Gaussian there"
    norms = (Norm.LINF,)
    change = "Gaussian noise"
    always_draws = True


@dataclass(frozen=True)
class UniformNoise(Control):
    """Noise whose values are spread evenly between −ε and ε."""

    name = "uniform-noise"
    title = "Uniform noise: a control, anything between −ε and ε"
    summary = (
        "A control: every value changes by some amount between −ε and ε, all equally likely, without looking at the "
        "network. The largest is exactly ε."
    )
    formula = "x + ε · u / max |u|, every uᵢ uniform in [−1, 1]"
    norms = (Norm.LINF,)
    change = "uniform noise"
    always_draws = True


@dataclass(frozen=True)
class Brightness(Control):
    """All pixels by the same amount."""

    name = "brightness"
    title = "Brightness: a control, every pixel by the same"
    summary = "A control: makes the whole picture lighter or darker by the same, without looking at the network."
    formula = "x ± ε · c / ‖c‖, cᵢ = 1, or 0 where xᵢ is at its limit already;  in L∞ x ± ε"
    change = "a change in brightness"
    brighter: bool = option(True, label="Brighter", text="Towards white; otherwise towards black.")


@dataclass(frozen=True)
class Contrast(Control):
    """Towards a picture that is grey all over, or away from it."""

    name = "contrast"
    title = "Contrast: a control, towards grey or away"
    summary = "A control: lets the picture fade towards an even grey, or away from it, without looking at the network."
    formula = "x ± ε · c / ‖c‖, c = ½ − x;  ‖c‖ is max |c| in L∞;  past ε = ‖c‖ its light and dark change places"
    change = "a change in contrast"
    fades: bool = option(True, label="Fades", text="Towards an even grey; otherwise away from it.")


@dataclass(frozen=True)
class Blur(Control):
    """Towards a blurred copy."""

    name = "blur"
    title = "Blur: a control, towards a blurred copy"
    summary = "A control: moves the picture towards a blurred copy of itself, without looking at the network."
    formula = (
        "x + ε · c / ‖c‖, c = W ∗ x − x, Wᵢⱼ ∝ exp(−(i² + j²) / 2σ²), |i|, |j| ≤ r, σ = r / 3;  ‖c‖ is max |c| in L∞;  "
        "past ε = ‖c‖ it leads beyond the copy"
    )
    change = "a blur"
    radius: int = option(6, low=1, high=15, label="Blur radius", text="How far the copy's blur reaches, in pixels, r.")


@dataclass(frozen=True)
class Pixelate(Control):
    """Towards a copy in coarse squares."""

    name = "pixelate"
    title = "Coarse pixels: a control, towards a copy in squares"
    summary = "A control: moves the picture towards a copy of coarse, even squares, without looking at the network."
    formula = (
        "x + ε · c / ‖c‖, c = P(x) − x, P gives every square of b × b pixels its mean;  ‖c‖ is max |c| in L∞;  "
        "past ε = ‖c‖ it leads beyond the copy"
    )
    change = "coarser pixels"
    block: int = option(8, low=2, high=64, label="Square", text="How many pixels the side of a square has, b.")


@dataclass(frozen=True)
class JPEG(Control):
    """Towards a copy that was compressed, with all the traces that this leaves."""

    name = "jpeg"
    title = "JPEG: a control, towards a compressed copy"
    summary = "A control: moves the picture towards a strongly compressed JPEG of itself, without asking the network."
    formula = (
        "x + ε · c / ‖c‖, c = J(⌊255 x⌉) / 255 − ⌊255 x⌉ / 255, J compresses 8-bit values (4:2:0), with no gradient;  "
        "‖c‖ is max |c| in L∞;  past ε = ‖c‖ it leads beyond the copy"
    )
    change = "the traces of JPEG"
    quality: int = option(10, low=1, high=95, label="Quality", text="Of the JPEG file; the lower, the coarser.")
