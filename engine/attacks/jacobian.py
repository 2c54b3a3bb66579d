"""Gradients of several numbers of one answer, such as every class's logit: one forward pass, a backward pass each."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import torch
from torch import Tensor

from engine.attacks.gradient import answer, check_finite, check_gradient, differentiate, evaluating
from engine.attacks.loss import cross_entropy
from engine.attacks.problem import Problem, Step


class Answer:
    """The network's answer at a point, to be differentiated as often as one likes, and at any later time.

    Attributes:
        logits: (N, K).
        loss: (N,) cross-entropy of the labels.

    Args:
        problem: what is asked; where it has other views of the pictures, or other models, gradients are means over all.
        x: (N, C, H, W).

    Raises:
        GradientError: the answer is not a finite number.
        ValueError: the model's answer has the wrong shape, or knows too few classes.
    """

    def __init__(self, problem: Problem, x: Tensor) -> None:
        self._labels = problem.labels
        self._leaf = x.detach().requires_grad_()
        self._asked = _answers(problem, self._leaf)
        for other in problem.apart:
            self._asked += _answers(other, self._leaf)
        self.logits = self._asked[0].detach()
        self.loss = cross_entropy(self.logits, problem.labels)
        check_finite(self.loss)

    def gradient(self, score: Callable[[Tensor], Tensor]) -> Tensor:
        """∇ₓ of one number per image, (N, C, H, W).

        Args:
            score: from logits (N, K) to the numbers, (N,).

        Raises:
            GradientError: the gradient is not a finite number, or there is none.
        """
        with torch.enable_grad():
            return self._mean([differentiate(score(logits), self._leaf, keep=True) for logits in self._asked])

    def across(self, other: Tensor) -> Tensor:
        """∇ₓ (z_other − z_label), (N, C, H, W): the same as ``gradient`` of that difference, but sooner.

        Args:
            other: (N,) of int64, other classes than the labels.

        Raises:
            GradientError: as for ``gradient``.
        """
        weights = self._down.scatter(1, other[:, None], 1.0)
        return self._mean([differentiate(logits, self._leaf, keep=True, weights=weights) for logits in self._asked])

    @cached_property
    def _down(self) -> Tensor:
        """−1 for every label, (N, K)."""
        return torch.zeros_like(self.logits).scatter_(1, self._labels[:, None], -1.0)

    def _mean(self, gradients: list[Tensor]) -> Tensor:
        mean = gradients[0] if len(gradients) == 1 else torch.stack(gradients).mean(0)
        check_gradient(mean)
        return mean

    def step(self, index: int, slope: Tensor | None = None) -> Step:
        """As the iterate of that index."""
        return Step(index, self._leaf.detach(), self.logits, self.loss, slope)


def _answers(problem: Problem, leaf: Tensor) -> list[Tensor]:
    """One model's logits for the pictures themselves, and then for every view of them."""
    with torch.enable_grad(), evaluating(problem.layers):
        views = () if problem.views is None else problem.views.draw()
        return [answer(problem, leaf), *(answer(problem, view(leaf)) for view in views)]
