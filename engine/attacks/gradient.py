"""How attacks ask a network: its answer, and the gradient of the loss by the pixels.

Only the gradient by the pixels is computed: no parameter gets a ``.grad``, none needs to be frozen for it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from engine.attacks.loss import cross_entropy, rise
from engine.attacks.problem import Problem, Step
from engine.attacks.ruling import View
from engine.errors import ExplainedError

FLAT = "The gradient is zero at every pixel: the network's answer does not react to small changes here."
"""What to say where ``Step.flat`` or ``is_flat`` is true."""

ROUNDING = 1e-5
"""How near to 1 the sum of an answer must be to count as probabilities."""

Objective = Callable[[Tensor, Tensor, bool], Tensor]
"""From logits (N, K), labels (N,) and whether these are targets to what the attack wants to grow, (N,)."""

Rise = tuple[Tensor, Tensor]
"""The gradient of an objective by the pixels, (N, C, H, W), and the objective itself, (N,)."""


class GradientError(ExplainedError, ValueError):
    """The network gives nothing to follow: an answer that is no logits, or no number, or a gradient that is none."""

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
        height: (N,) how high it is there: the objective of ``logits``.
        joint: (N,) the same, averaged over views and models as the gradient is.
        slope: (N,) the gradient's largest value, max |∂J/∂x|; 0 where it is zero at every pixel.
    """

    logits: Tensor
    loss: Tensor
    gradient: Tensor
    height: Tensor
    joint: Tensor
    slope: Tensor


def look(problem: Problem, x: Tensor, objective: Objective | None = None, view: View | None = None) -> Look:
    """One forward and one backward pass at ``x``.

    Args:
        problem: what is asked.
        x: (N, C, H, W).
        objective: what is differentiated; None is the cross-entropy, negative towards a target.
        view: what the network is shown instead of ``x``, and answers to; None is ``x`` itself.

    Where the problem has views, the gradient is the mean over this one and theirs (Athalye et al. 2018,
    arXiv:1707.07397, equation 1); the answer, the loss and the height are those of this one. Where the attack is
    crafted on other models too, it is the mean over the models likewise (Liu et al. 2017, arXiv:1611.02770).

    Raises:
        GradientError: the answer or the gradient is not a finite number, or there is no gradient.
        ValueError: the model's answer has the wrong shape, or knows too few classes.
    """
    leaf = x.detach().requires_grad_()
    with torch.enable_grad(), evaluating(problem.layers):
        seen = leaf if view is None else view(leaf)
        logits = answer(problem, seen)
        loss = cross_entropy(logits, problem.labels)
        rising = _rising(problem, logits, objective, loss)
        gradient, height = differentiate(rising, leaf), rising.detach()
        gradient, joint = _mean((gradient, height), _in_views(problem, leaf, view, objective))
    gradient, joint = _mean((gradient, joint), _in_models(problem, x, objective, view))
    loss, slope = loss.detach(), gradient.abs().amax((1, 2, 3))
    check_finite(loss, slope)
    return Look(logits.detach(), loss, gradient, height, joint, slope)


def judge(problem: Problem, x: Tensor, index: int) -> Step:
    """One forward pass at ``x``, as iterate ``index``.

    Raises:
        GradientError: the answer is not a finite number.
        ValueError: the model's answer has the wrong shape, or knows too few classes.
    """
    x = x.detach()
    with torch.no_grad(), evaluating(problem.layers):
        logits = answer(problem, x)
        loss = cross_entropy(logits, problem.labels)
    check_finite(loss)
    return Step(index, x, logits, loss)


def is_flat(direction: Tensor) -> Tensor:
    """Where a direction (N, C, H, W) leads nowhere, (N,) of bool: its gradient was zero at every pixel."""
    return ~direction.flatten(1).any(1)


def evaluating(layers: Iterable[nn.Module]) -> AbstractContextManager[None]:
    """Runs the layers of a network in evaluation mode and leaves every one of them as it was.

    In training mode, batch norm would mix the images of a batch and move its buffers, and dropout would draw from
    the global random state. The flags are set one by one: ``train()`` would wake layers that were frozen on purpose.
    """
    training = [each for each in layers if each.training]
    return _all_in_evaluation(training) if training else _AS_IT_IS


@contextmanager
def _all_in_evaluation(training: Iterable[nn.Module]) -> Iterator[None]:
    for each in training:
        each.training = False
    try:
        yield
    finally:
        for each in training:
            each.training = True


_AS_IT_IS = nullcontext()


def answer(problem: Problem, x: Tensor) -> Tensor:
    """The model's logits (N, K), in whatever mode it is in: see ``evaluating``.

    Raises:
        ValueError: they have the wrong shape, or are too few.
    """
    logits = problem.model(x)
    count, shape = x.shape[0], logits.shape
    if len(shape) != 2 or shape[0] != count:
        raise ValueError(f"model: must give one row of logits per image, ({count}, K), not {tuple(shape)}")
    if shape[1] < 2:
        raise ValueError("model: knows one class only, so that its answer cannot change")
    if problem.highest_label >= shape[1]:
        raise ValueError(f"labels: class {problem.highest_label} was asked for, and the model knows {shape[1]}")
    return logits


def check_logits(answer: object) -> None:
    """What a model answers must be one tensor, and not the result of a softmax, which is never zero.

    Raises:
        GradientError: it is something else.
    """
    if not isinstance(answer, Tensor):
        raise GradientError(
            f"its answer is of type {type(answer).__name__}, not one tensor", "Let it give its logits alone, (N, K)."
        )
    if answer.ndim != 2 or answer.shape[1] < 2:  # said by ``answer``
        return
    values = answer.detach()
    if bool((values > 0).all()) and bool(((values.sum(1) - 1).abs() < ROUNDING).all()):
        raise GradientError(
            "it answers with probabilities, not with logits", "Leave out the softmax at its end, or take its logarithm."
        )


def _rising(problem: Problem, logits: Tensor, objective: Objective | None, loss: Tensor) -> Tensor:
    """What the attack wants to grow, (N,)."""
    if objective is not None:
        return objective(logits, problem.labels, problem.targeted)
    return -loss if problem.targeted else loss


def _in_views(problem: Problem, leaf: Tensor, view: View | None, objective: Objective | None) -> Iterator[Rise]:
    for each in () if problem.views is None else problem.views.draw():
        logits = answer(problem, each(leaf if view is None else view(leaf)))
        rising = (objective or rise)(logits, problem.labels, problem.targeted)
        yield differentiate(rising, leaf), rising.detach()


def _in_models(problem: Problem, x: Tensor, objective: Objective | None, view: View | None) -> Iterator[Rise]:
    for each in problem.apart:
        seen = look(each, x, objective, view)
        yield seen.gradient, seen.joint


def _mean(first: Rise, others: Iterable[Rise]) -> Rise:
    """The means of gradients and of heights over one and some more; itself where there are none."""
    (gradient, height), count = first, 1
    for other_gradient, other_height in others:
        gradient, height, count = gradient + other_gradient, height + other_height, count + 1
    return (gradient, height) if count == 1 else (gradient / count, height / count)


def differentiate(objective: Tensor, leaf: Tensor, keep: bool = False, weights: Tensor | None = None) -> Tensor:
    """The gradient of the sum of some numbers by the pixels.

    Args:
        objective: the numbers, of any shape; with ``weights`` it is their weighted sum.
        leaf: (N, C, H, W) the pixels that it was made from.
        keep: whether another number of the same answer is to be differentiated later.
        weights: of the shape of ``objective``.

    Raises:
        GradientError: there is none.
    """
    gradient = None
    if objective.requires_grad:
        weights = torch.ones_like(objective) if weights is None else weights
        (gradient,) = torch.autograd.grad(objective, leaf, weights, allow_unused=True, retain_graph=keep)
    if gradient is None:
        raise GradientError(
            "its answer cannot be differentiated by the pixels",
            "Choose a network that is differentiable from end to end, or an attack without gradient, such as Square.",
        )
    return gradient


def check_finite(loss: Tensor, slope: Tensor | None = None) -> None:
    """All of both, (N,), must be finite numbers.

    Raises:
        GradientError: one is not; says which of the two.
    """
    if _is_finite(loss if slope is None else loss + slope):
        return
    if not bool(loss.isfinite().all()):
        raise GradientError("its answer is not a finite number", "Check its weights and its preprocessing.")
    if slope is not None:
        check_gradient(slope)


def check_gradient(gradient: Tensor) -> None:
    """All of it, or all that was made of it, must be finite numbers.

    Raises:
        GradientError: one is not.
    """
    if not _is_finite(gradient) and not bool(gradient.isfinite().all()):
        raise GradientError(
            "its gradient is not a finite number", "Look for a root, a logarithm or a division at zero in the network."
        )


def _is_finite(values: Tensor) -> bool:
    """Whether their sum is finite, which then all of them are; asked at every step, so all at once."""
    return math.isfinite(float(values.sum()))
