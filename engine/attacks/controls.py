"""Harmless changes of the size ε that know nothing of the network: the other half of every comparison.

Each finds a change c of the picture and is its direction c / ‖c‖, in the problem's norm: max |c| in L∞, ‖c‖₂ in L2.
What cannot move is left out of c first: a value of 0 that would become smaller, a value of 1 that would become larger.
Then in L∞ the largest |δ| is ε, and in L2 ‖δ‖₂ is ε, unless a value that starts within [0, 1] reaches its end; for the
changes towards a copy of the picture that cannot happen up to ε = ‖c‖, where the copy itself is reached.
"""

from __future__ import annotations

import torch
from torch import Generator, Tensor
from torch.nn import functional

from engine.attacks.budget import drawn
from engine.attacks.dispatch import direction_of
from engine.attacks.jpeg import compressed
from engine.attacks.problem import Problem
from engine.attacks.transfer import gaussian
from engine.catalogue.attacks import JPEG, Blur, Brightness, Contrast, GaussianNoise, Norm, Pixelate, UniformNoise

UNCHANGED = "The picture stays as it is: it has nothing that this control could change."
"""What to say where ``is_flat`` is true of a control's direction."""

SMALLEST = 1e-6
"""A largest change below this is no change: it is the rounding of single precision, which ε would blow up."""


@direction_of.register
def _gaussian_noise(_attack: GaussianNoise, problem: Problem) -> Tensor:
    """Of n ~ N(0, 1) at every value, n / max |n|; every image's n from its own seed."""
    return _of_size_one(problem, drawn(_standard_normal, problem.seeds, problem.x))


@direction_of.register
def _uniform_noise(_attack: UniformNoise, problem: Problem) -> Tensor:
    """Of u uniform in [−1, 1] at every value, u / max |u|; every image's u from its own seed."""
    return _of_size_one(problem, drawn(_uniform, problem.seeds, problem.x))


@direction_of.register
def _brightness(attack: Brightness, problem: Problem) -> Tensor:
    """The same at every pixel, up or down."""
    return _of_size_one(problem, torch.full_like(problem.x, 1.0 if attack.brighter else -1.0))


@direction_of.register
def _contrast(attack: Contrast, problem: Problem) -> Tensor:
    """½ − x, or x − ½."""
    change = 0.5 - problem.x
    return _of_size_one(problem, change if attack.fades else -change)


@direction_of.register
def _blur(attack: Blur, problem: Problem) -> Tensor:
    """W ∗ x − x; beyond its edges the picture goes on as it ends there, so that an even one stays even."""
    x, reach, channels = problem.x, attack.radius, problem.x.shape[1]
    kernels = gaussian(reach).to(x.dtype).to(x.device).expand(channels, 1, -1, -1)
    padded = functional.pad(x, (reach, reach, reach, reach), mode="replicate")
    return _of_size_one(problem, functional.conv2d(padded, kernels, groups=channels) - x)


@direction_of.register
def _pixelate(attack: Pixelate, problem: Problem) -> Tensor:
    """Every square's mean minus x; the squares begin in the upper left corner, and the last may be cut short."""
    x, side = problem.x, attack.block
    height, width = x.shape[-2:]
    low, right = -height % side, -width % side
    sums = functional.avg_pool2d(functional.pad(x, (0, right, 0, low)), side)
    shares = functional.avg_pool2d(functional.pad(torch.ones_like(x), (0, right, 0, low)), side)
    squares = (sums / shares).repeat_interleave(side, 2).repeat_interleave(side, 3)
    return _of_size_one(problem, squares[..., :height, :width] - x)


@direction_of.register
def _jpeg(attack: JPEG, problem: Problem) -> Tensor:
    """What the compression changes of the picture's 8-bit values, over 255; rounding to them is no part of it."""
    rounded = problem.x.detach().mul(255).round().to(torch.uint8).cpu()
    changes = torch.stack([compressed(each, attack.quality).double() - each.double() for each in rounded])
    return _of_size_one(problem, (changes / 255).to(problem.x.dtype).to(problem.x.device))


def _of_size_one(problem: Problem, change: Tensor) -> Tensor:
    """The direction c / ‖c‖, (N, C, H, W), without what cannot move; zero where nothing is left of c."""
    x = problem.x
    is_stuck = ((x <= 0) & (change < 0)) | ((x >= 1) & (change > 0))
    change = torch.where(is_stuck, 0.0, change)
    peak = change.abs().amax((1, 2, 3), keepdim=True)
    # The largest value first: the squares of small ones would vanish in single precision.
    scaled = torch.where(peak >= SMALLEST, change / peak, 0.0)
    if problem.norm is Norm.LINF:
        return scaled
    length = scaled.square().sum((1, 2, 3), keepdim=True).sqrt()
    return scaled / torch.where(length > 0, length, 1.0)


def _uniform(shape: torch.Size, generator: Generator) -> Tensor:
    return torch.rand(shape, generator=generator, dtype=torch.float64) * 2 - 1


def _standard_normal(shape: torch.Size, generator: Generator) -> Tensor:
    return torch.randn(shape, generator=generator, dtype=torch.float64)
