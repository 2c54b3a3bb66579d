"""Attribution by gradients of the picture, of noisy copies of it, and on the way to it from black."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from engine.attribution.case import Attribution, Case, exact, say_incomplete
from engine.catalogue.saliency import Gradient, GradientTimesInput, IntegratedGradients, SmoothGrad
from engine.robustness.epsilon import coarse_to_fine


def gradient(case: Case, _options: Gradient) -> Iterator[Attribution]:
    """∂z_c/∂x (Simonyan, Vedaldi, Zisserman 2014)."""
    yield Attribution(case.gradients(case.x)[0])


def gradient_times_input(case: Case, _options: GradientTimesInput) -> Iterator[Attribution]:
    """The pixels times their gradient, x ⊙ ∂z_c/∂x (Shrikumar et al. 2016)."""
    yield Attribution(case.gradients(case.x)[0] * exact(case.x)[0])


def smoothgrad(case: Case, options: SmoothGrad) -> Iterator[Attribution]:
    """𝔼 ∂z_c/∂x (x + σ ξ), ξ ~ N(0, 1) (Smilkov et al. 2017).

    The noise is always the same, so that maps of two pictures differ by the pictures alone. Noisy copies may leave
    [0, 1], as in the paper.

    Yields:
        The mean of the copies so far.
    """
    random = torch.Generator().manual_seed(0)
    total, done = torch.zeros_like(exact(case.x[0])), 0
    while done < options.samples:
        count = min(case.at_once, options.samples - done)
        noise = torch.randn(count, *case.x.shape[1:], generator=random).to(case.x)
        total = total + case.gradients(case.x + options.spread * noise).sum(0)
        done += count
        yield Attribution(total / done, done, options.samples)


def integrated_gradients(case: Case, options: IntegratedGradients) -> Iterator[Attribution]:
    """(x − x₀) ⊙ ∫₀¹ ∂z_c/∂x (x₀ + α (x − x₀)) dα with x₀ black (Sundararajan, Taly, Yan 2017).

    The integral is taken by Gauss and Legendre, at points spread ever more finely over the way.

    Yields:
        The weighted mean of the points so far, times the picture; the integral in the end.
    """
    alphas, weights = _gauss_legendre(options.steps, case.x)
    order = coarse_to_fine(options.steps)
    total = torch.zeros_like(exact(case.x[0]))
    weighed, done = 0.0, 0
    while done < options.steps:
        places = order[done : done + case.at_once]
        slopes = case.gradients(alphas[places].to(case.x.dtype) * case.x)
        total = total + (weights[places] * slopes).sum(0)
        weighed += float(weights[places].sum())
        done += len(places)
        values = total / weighed * exact(case.x[0])
        note = ""
        if done == options.steps:
            note = say_incomplete(case, values, "more steps bring the two together.")
        yield Attribution(values, done, options.steps, note)


def _gauss_legendre(steps: int, like: Tensor) -> tuple[Tensor, Tensor]:
    """Points in [0, 1] and weights that sum to 1, (steps, 1, 1, 1) each."""
    points, weights = np.polynomial.legendre.leggauss(steps)
    alphas, shares = (torch.from_numpy(each).view(-1, 1, 1, 1) for each in ((1 + points) / 2, weights / 2))
    kind = exact(like).dtype
    return alphas.to(like.device, kind), shares.to(like.device, kind)
