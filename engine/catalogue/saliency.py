"""The ways of attribution that can be chosen: a card and a few options each; computed in ``engine.attribution``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from engine.catalogue.options import Options, option


@dataclass(frozen=True)
class Saliency(Options):
    """One way to say which pixels the answer rests on.

    Class attributes are its card: ``name`` is typed, ``title`` and ``summary`` are read, ``formula`` and ``paper``
    are for those who want to be exact.
    """

    title: ClassVar[str]
    summary: ClassVar[str]
    formula: ClassVar[str]
    paper: ClassVar[str]
    signed: ClassVar[bool] = True
    """Whether its values may be negative: what speaks against the class."""
    by_layer: ClassVar[bool] = False
    """Whether it depends on the selected layer."""


@dataclass(frozen=True)
class Gradient(Saliency):
    """∂z/∂x."""

    name = "gradient"
    title = "Gradient"
    summary = "How much each pixel would change the class's score, if it changed a little."
    formula = "∂z_c/∂x"
    paper = "Simonyan, Vedaldi, Zisserman 2014, arXiv:1312.6034"


@dataclass(frozen=True)
class GradientTimesInput(Saliency):
    """x ∂z/∂x."""

    name = "gradient-input"
    title = "Gradient × input"
    summary = "The gradient times the pixel's own value: its share of the score, if the network were linear."
    formula = "x ⊙ ∂z_c/∂x"
    paper = "Shrikumar et al. 2016, arXiv:1605.01713"


@dataclass(frozen=True)
class SmoothGrad(Saliency):
    """The mean of gradients around the picture."""

    name = "smoothgrad"
    title = "SmoothGrad"
    summary = "The mean gradient over noisy copies of the picture: what stays when the gradient's own noise is gone."
    formula = "𝔼 ∂z_c/∂x (x + σ ξ), ξ ~ N(0, 1)"
    paper = "Smilkov et al. 2017, arXiv:1706.03825"

    samples: int = option(25, low=2, high=200, label="Copies", text="How many noisy copies are averaged.")
    spread: float = option(0.15, low=0.01, high=1, label="Noise", text="σ of the noise, pixels in [0, 1].")


@dataclass(frozen=True)
class IntegratedGradients(Saliency):
    """The gradient along the way from black."""

    name = "integrated-gradients"
    title = "Integrated gradients"
    summary = "The gradient summed up on the way from a black picture to this one; the sum is the score's whole rise."
    formula = "(x − x₀) ⊙ ∫₀¹ ∂z_c/∂x (x₀ + α (x − x₀)) dα"
    paper = "Sundararajan, Taly, Yan 2017, arXiv:1703.01365"

    steps: int = option(32, low=4, high=300, label="Steps", text="Points on the way, by Gauss and Legendre.")


@dataclass(frozen=True)
class GuidedBackprop(Saliency):
    """The gradient with negative slopes cut at every rectifier."""

    name = "guided-backprop"
    title = "Guided backprop"
    summary = "The gradient, but every rectifier lets only positive slopes back: fine pictures, little proof."
    formula = "∂z_c/∂x with max(0, ·) at every ReLU on the way back"
    paper = "Springenberg et al. 2015, arXiv:1412.6806"


@dataclass(frozen=True)
class DeepLift(Saliency):
    """Differences from a black picture, carried back by the rescale rule."""

    name = "deeplift"
    title = "DeepLIFT"
    summary = "How the difference from a black picture comes about, carried back layer by layer."
    formula = "Σ C(Δx) = Δz_c, by the rescale rule"
    paper = "Shrikumar, Greenside, Kundaje 2017, arXiv:1704.02685"


@dataclass(frozen=True)
class Occlusion(Saliency):
    """What a covered square costs."""

    name = "occlusion"
    title = "Occlusion"
    summary = "A grey square slides over the picture: where the score falls, the network was looking."
    formula = "z_c(x) − z_c(x with a square covered)"
    paper = "Zeiler, Fergus 2014, arXiv:1311.2901"

    window: float = option(0.15, low=0.02, high=0.5, label="Square", text="Its side, as a share of the picture's.")


@dataclass(frozen=True)
class GradCAM(Saliency):
    """Feature maps of the selected layer, weighted by their gradient."""

    name = "grad-cam"
    title = "Grad-CAM"
    summary = "The selected layer's feature maps, added up by how much each of them helps the class."
    formula = "max(0, Σ_k mean(∂z_c/∂A_k) A_k)"
    paper = "Selvaraju et al. 2017, arXiv:1610.02391"
    signed = False
    by_layer = True


SALIENCIES: dict[str, type[Saliency]] = {
    each.name: each
    for each in (
        Gradient,
        GradientTimesInput,
        SmoothGrad,
        IntegratedGradients,
        GuidedBackprop,
        DeepLift,
        Occlusion,
        GradCAM,
    )
}
"""Every way of attribution by its name."""
