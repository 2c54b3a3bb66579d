"""How attacks ask a network: its answer, and the gradient of the loss by the pixels.

Only the gradient by the pixels is computed: no parameter gets a ``.grad``, none needs to be frozen for it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from engine.attacks.loss import cross_entropy
from engine.attacks.problem import Problem, Step
from engine.errors import ExplainedError

FLAT = "The gradient is zero at every pixel: the network's answer does not react to small changes here."
"""What to say where ``Step.flat`` or ``is_flat`` is true."""


Objective = Callable[[Tensor, Tensor, bool], Tensor]
"""From logits (N, K), labels (N,) and whether these are targets to what the attack wants to grow, (N,)."""

View = Callable[[Tensor], Tensor]
"""Differentiable, from the pixels (N, C, H, W) to the ones that the network is shown instead."""


class GradientError(ExplainedError, ValueError):
    """The network gives nothing to follow: an answer or a gradient that is no number, or no gradient at all."""

    field = "model"

    def __init__(self, why: str, remedy: str) -> None:
        super().__init__("The attack cannot follow this network", why, remedy)


@dataclass(frozen=True, eq=False)
class Look:
    """The network's answer at a point, and which way the attack's aim lies.

    Attributes:
        logits: (N, K).
        loss: (N,) cross-entropy of the labels.
        gradient: (N, C, H, W), the way up for the attack: of its objective, or where it has none of its own, ∇ₓ loss,
            or −∇ₓ loss when it is targeted.
        slope: (N,) the gradient's largest value, max |∂J/∂x|; 0 where it is zero at every pixel.
    """

    logits: Tensor
    loss: Tensor
    gradient: Tensor
    slope: Tensor


def look(problem: Problem, x: Tensor, objective: Objective | None = None, view: View | None = None) -> Look:
    """One forward and one backward pass at ``x``.

    Args:
        problem: what is asked.
        x: (N, C, H, W).
        objective: what is differentiated; None is the cross-entropy, negative towards a target.
        view: what the network is shown instead of ``x``, and answers to; None is ``x`` itself.

    Raises:
        GradientError: the answer or the gradient is not a finite number, or there is no gradient.
        ValueError: the model's answer has the wrong shape, or knows too few classes.
    """
    leaf = x.detach().requires_grad_()
    with torch.enable_grad(), evaluating(problem.layers):
        logits = _answer(problem, leaf if view is None else view(leaf))
        loss = cross_entropy(logits, problem.labels)
        if objective is not None:
            rising = objective(logits, problem.labels, problem.targeted)
        else:
            rising = -loss if problem.targeted else loss
        gradient = _differentiate(rising.sum(), leaf)
    loss, slope = loss.detach(), gradient.abs().amax((1, 2, 3))
    _check_finite(loss, slope)
    return Look(logits.detach(), loss, gradient, slope)


def judge(problem: Problem, x: Tensor, index: int) -> Step:
    """One forward pass at ``x``, as iterate ``index``.

    Raises:
        GradientError: the answer is not a finite number.
        ValueError: the model's answer has the wrong shape, or knows too few classes.
    """
    x = x.detach()
    with torch.no_grad(), evaluating(problem.layers):
        logits = _answer(problem, x)
        loss = cross_entropy(logits, problem.labels)
    _check_finite(loss)
    return Step(index, x, logits, loss)


def is_flat(direction: Tensor) -> Tensor:
    """Where a direction (N, C, H, W) leads nowhere, (N,) of bool: its gradient was zero at every pixel."""
    return ~direction.flatten(1).any(1)


@contextmanager
def evaluating(layers: Iterable[nn.Module]) -> Iterator[None]:
    """Runs the layers of a network in evaluation mode and leaves every one of them as it was.

    In training mode, batch norm would mix the images of a batch and move its buffers, and dropout would draw from
    the global random state. The flags are set one by one: ``train()`` would wake layers that were frozen on purpose.
    """
    training = [each for each in layers if each.training]
    for each in training:
        each.training = False
    try:
        yield
    finally:
        for each in training:
            each.training = True


def _answer(problem: Problem, x: Tensor) -> Tensor:
    logits = problem.model(x)
    count, shape = x.shape[0], logits.shape
    if len(shape) != 2 or shape[0] != count:
        raise ValueError(f"model: must give one row of logits per image, ({count}, K), not {tuple(shape)}")
    if shape[1] < 2:
        raise ValueError("model: knows one class only, so that its answer cannot change")
    if problem.highest_label >= shape[1]:
        raise ValueError(f"labels: class {problem.highest_label} was asked for, and the model knows {shape[1]}")
    return logits


def _differentiate(objective: Tensor, leaf: Tensor) -> Tensor:
    gradient = None
    if objective.requires_grad:
        (gradient,) = torch.autograd.grad(objective, leaf, allow_unused=True)
    if gradient is None:
        raise GradientError(
            "its answer cannot be differentiated by the pixels",
            "Choose a network that is differentiable from end to end, or an attack without gradient, such as Square.",
        )
    return gradient


def _check_finite(loss: Tensor, slope: Tensor | None = None) -> None:
    # Asked at every step, so that all being well must be told at once: a finite sum has finite parts.
    if math.isfinite(float(loss.sum()) + (0 if slope is None else float(slope.sum()))):
        return
    if not bool(loss.isfinite().all()):
        raise GradientError("its answer is not a finite number", "Check its weights and its preprocessing.")
    if slope is not None and not bool(slope.isfinite().all()):
        raise GradientError(
            "its gradient is not a finite number", "Look for a root, a logarithm or a division at zero in the network."
        )
