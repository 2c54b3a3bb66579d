"""Attacks that add up the gradients of their steps, so that one odd gradient does not turn them round."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import torch
from torch import Tensor

from engine.attacks.budget import ball
from engine.attacks.climbing import Climb
from engine.attacks.dispatch import steps_of
from engine.attacks.gradient import judge, look
from engine.attacks.problem import Problem, Step
from engine.catalogue.attacks import MIFGSM, NIFGSM, Norm

Watch = Callable[[int, Tensor, Tensor], tuple[Step, Tensor, Tensor]]
"""From k, the iterate xₖ and the momentum gₖ to the step that is shown, the gradient, and what is added up of it."""


def climb_with_momentum(problem: Problem, steps: int, step_size: float, decay: float, watch: Watch) -> Iterator[Step]:
    """The loop: gₖ₊₁ = μ · gₖ + ∇ / mean |∇|, xₖ₊₁ = Π(xₖ + α · steepest gₖ₊₁), from the clean picture.

    The papers divide by ‖∇‖₁, the authors' programs by mean |∇|. Every iterate is the same for both, unless the
    momentum itself is added to the picture as in NI-FGSM: ‖∇‖₁ would make that the smaller, the larger the picture.

    Args:
        problem: what is asked.
        steps: how many gradient steps are taken.
        step_size: α as a share of ε.
        decay: μ, how much of the earlier gradients is kept.
        watch: what is shown of an iterate, the gradient there, and what of it is added up.
    """
    budget = ball(problem.norm)(problem.x, problem.radius)
    alpha = step_size * problem.radius
    x, momentum, came = problem.x, torch.zeros_like(problem.x), None
    for index in range(steps):
        step, gradient, added = watch(index, x, momentum)
        yield replace(step, came=came)
        momentum = decay * momentum + _of_mean_one(added)
        came = Climb.of(budget, step, gradient, alpha, followed=momentum)
        x = came.reached()
    yield replace(judge(problem, x, steps), came=came)


@steps_of.register
def _mifgsm(attack: MIFGSM, problem: Problem) -> Iterator[Step]:
    """Dong et al. 2018, algorithm 1; in L2 equation 9."""

    def watch(index: int, x: Tensor, _momentum: Tensor) -> tuple[Step, Tensor, Tensor]:
        seen = look(problem, x)
        return Step(index, x, seen.logits, seen.loss, seen.slope), seen.gradient, seen.gradient

    return climb_with_momentum(problem, attack.steps, attack.step_size, attack.decay, watch)


@steps_of.register
def _nifgsm(attack: NIFGSM, problem: Problem) -> Iterator[Step]:
    """Lin et al. 2020, equations 6 to 8: the gradient is taken at xₖ + α · μ · gₖ, which may leave [0, 1].

    What is shown is xₖ and the answer to it, with the slope at the point ahead. The paper has L∞ only; in L2 the
    momentum is divided by √(C·H·W), the length of a picture whose values are all of mean size 1.
    """
    length = 1.0 if problem.norm is Norm.LINF else problem.x[0].numel() ** 0.5
    reach = attack.step_size * attack.decay / length * problem.radius

    def watch(index: int, x: Tensor, momentum: Tensor) -> tuple[Step, Tensor, Tensor]:
        ahead = look(problem, x + reach * momentum)
        return replace(judge(problem, x, index), slope=ahead.slope), ahead.gradient, ahead.gradient

    return climb_with_momentum(problem, attack.steps, attack.step_size, attack.decay, watch)


def _of_mean_one(gradient: Tensor) -> Tensor:
    """The gradient divided by the mean of its absolute values; zero where it is zero at every pixel."""
    # Scaled by its largest value first, as in ``L2Ball.steepest``: a sum of many large ones would overflow.
    peak = gradient.abs().amax((1, 2, 3), keepdim=True)
    scaled = gradient / torch.where(peak > 0, peak, 1.0)
    return scaled / torch.where(peak > 0, scaled.abs().mean((1, 2, 3), keepdim=True), 1.0)
