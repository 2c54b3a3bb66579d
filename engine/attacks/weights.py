"""The weights attack: along the weights of a linear network, which are its gradient everywhere."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from engine.attacks.budget import ball
from engine.attacks.dispatch import direction_of
from engine.attacks.gradient import GradientError, judge, look
from engine.attacks.problem import Problem
from engine.catalogue.attacks import Weights

TOLERANCE = 1e-3
"""How far gradients at two points may differ, as a share of the largest weight, and count as the same."""


@direction_of.register
def _weights(_attack: Weights, problem: Problem) -> Tensor:
    """The direction w / ‖w‖, so that ε = ‖w‖ / k for x + w / k.

    Raises:
        GradientError: the network is not linear.
    """
    weights = weights_between(problem)
    size = ball(problem.norm).size(weights)
    return weights / torch.where(size > 0, size, 1.0)


def weights_between(problem: Problem) -> Tensor:
    """How much every pixel value adds to the lead of class t over class y: w = w_t − w_y, (N, C, H, W).

    Away from y, t is the class with the largest other logit; towards t, y is. They are the gradient of the difference
    of two logits, as long as that is the same everywhere: it is taken at the picture, at black and at white.

    Raises:
        GradientError: it is not the same, so that the network is not linear.
    """
    problem = replace(problem, views=None)  # averaged over random views, the same weights would differ every time
    labels = problem.labels[:, None]
    rivals = judge(problem, problem.x, 0).logits.scatter(1, labels, -torch.inf).argmax(1, keepdim=True)

    def lead(logits: Tensor, _labels: Tensor, targeted: bool) -> Tensor:
        difference = (logits.gather(1, rivals) - logits.gather(1, labels))[:, 0]
        return -difference if targeted else difference

    weights = look(problem, problem.x, lead).gradient
    for elsewhere in (torch.zeros_like(problem.x), torch.ones_like(problem.x)):
        difference = look(problem, elsewhere, lead).gradient - weights
        if bool((_largest(difference) > TOLERANCE * _largest(weights)).any()):
            raise GradientError(
                "it is not linear: how much a pixel adds to its answer depends on the picture",
                "Choose a linear network, or FGSM, which follows the gradient at this picture.",
            )
    return weights


def _largest(values: Tensor) -> Tensor:
    return values.abs().amax((1, 2, 3))
