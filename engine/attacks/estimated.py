"""Attacks along a gradient that is estimated from the network's answers: none is asked for."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator

import torch
from torch import Tensor

from engine.attacks.adam import Adam
from engine.attacks.budget import Draw, LinfBall, ball, generators
from engine.attacks.dispatch import steps_of
from engine.attacks.gradient import GradientError, Objective, evaluating, judge
from engine.attacks.loss import lead, rise
from engine.attacks.problem import Problem, Step
from engine.catalogue.attacks import NES, SPSA, Norm

VALUES_AT_ONCE = 600_000
"""How many pixel values one forward pass takes on a CPU, so that a step can be left soon: 4 pictures of 224 × 224.

It is also where a large picture costs least: the activations of larger passes leave the caches.
"""

PICTURES_ON_DEVICE = 32
"""How many pictures one pass takes on an accelerator, which is slow to start and fast to run."""

Move = Callable[[Tensor], Tensor]
"""From the estimate of the gradient (N, C, H, W) to the change of the pictures, before they are projected."""


class Estimator:
    """Estimates the gradient of an objective from answers to pictures around the one it is wanted at.

    g = 1/(2nσ) · Σᵢ (L(x + σ vᵢ) − L(x − σ vᵢ)) · vᵢ, i = 1 … n. The pictures that are asked about are not cut to
    [0, 1], as in the papers.

    Args:
        problem: what is asked.
        objective: L, what the attack wants to grow.
        draw: draws one image's vᵢ.
        samples: n, how many directions; each takes two queries.
        reach: σ, pixels in [0, 1].
    """

    def __init__(self, problem: Problem, objective: Objective, draw: Draw, samples: int, reach: float) -> None:
        self._problem = problem
        self._objective = objective
        self._draw = draw
        self._samples = samples
        self._reach = reach
        self._sources = generators(problem.seeds)
        self._at_once = _directions_at_once(problem.x)

    def at(self, x: Tensor) -> Generator[None, None, Tensor]:
        """The estimate at ``x``, (N, C, H, W); gives None after every pass: a place to stop.

        Raises:
            GradientError: an answer is not a finite number.
        """
        total = torch.zeros_like(x)
        for first in range(0, self._samples, self._at_once):
            count = min(self._at_once, self._samples - first)
            ways = torch.stack([self._directions(x) for _ in range(count)])
            ahead, behind = self._ask(torch.stack([x + self._reach * ways, x - self._reach * ways]))
            total += ((ahead - behind)[..., None, None, None] * ways).sum(0)
            yield None
        return total / (2 * self._samples * self._reach)

    def _directions(self, like: Tensor) -> Tensor:
        """One direction for every image, (N, C, H, W)."""
        one = [self._draw(like.shape[1:], source).to(like.dtype) for source in self._sources]
        return torch.stack(one).to(like.device)

    def _ask(self, x: Tensor) -> Tensor:
        """What the objective is for pictures (2, n, N, C, H, W), (2, n, N)."""
        problem, shape = self._problem, x.shape[:3]
        with torch.no_grad(), evaluating(problem.layers):
            logits = problem.model(x.flatten(0, 2))
        rising = self._objective(logits, problem.labels.repeat(shape[0] * shape[1]), problem.targeted)
        if not bool(rising.isfinite().all()):
            raise GradientError(
                "its answer to a picture nearby is not a finite number", "Check its weights and its preprocessing."
            )
        return rising.view(shape)


def climb_by_estimates(problem: Problem, estimator: Estimator, steps: int, move: Move) -> Iterator[Step | None]:
    """The loop: xₖ₊₁ = Π(xₖ + move(gₖ)) from the clean picture, gₖ the estimate at xₖ.

    A step is shown as soon as it is known, before the estimate at it is made, so that its ``queries`` are what it took
    to get there; its ``slope`` is that of the estimate before.
    """
    budget = ball(problem.norm)(problem.x, problem.radius)
    yield judge(problem, problem.x, 0)
    x = problem.x
    for index in range(1, steps + 1):
        gradient = yield from estimator.at(x)
        x = budget.project(x + move(gradient))
        seen = judge(problem, x, index)
        yield Step(index, x, seen.logits, seen.loss, gradient.abs().amax((1, 2, 3)))


@steps_of.register
def _nes(attack: NES, problem: Problem) -> Iterator[Step | None]:
    """Ilyas et al. 2018, algorithm 1 for the estimate, and section 3.2.2 for the step: sign g, without momentum.

    The paper writes the probability of the class, whose gradient points where that of its logarithm does; as in the
    authors' program it is the cross-entropy that is asked for. The paper has L∞ only; in L2 the step is g / ‖g‖₂.
    """
    alpha, steepest = attack.step_size * problem.radius, ball(problem.norm).steepest
    estimator = Estimator(problem, rise, _gaussian, attack.samples, attack.sigma)
    return climb_by_estimates(problem, estimator, attack.steps, lambda gradient: alpha * steepest(gradient))


@steps_of.register
def _spsa(attack: SPSA, problem: Problem) -> Iterator[Step | None]:
    """Uesato et al. 2018, algorithm 1: every vᵢ is ±1 at every value, the loss is a margin, and Adam takes the steps.

    The paper has L∞ only, with a rate in pixels; here it is a share of ε. In L2 it is divided by √(C·H·W), so that a
    step in which every pixel moves at the full rate is as long as the rate says.
    """
    length = 1.0 if problem.norm is Norm.LINF else problem.x[0].numel() ** 0.5
    alpha = attack.rate / length * problem.radius
    adam = Adam(problem.x)
    estimator = Estimator(problem, lead, LinfBall.on_edge, attack.samples, attack.delta)
    return climb_by_estimates(problem, estimator, attack.steps, lambda gradient: alpha * adam.way(gradient))


def _directions_at_once(x: Tensor) -> int:
    """How many directions one pass asks about, each with two pictures of every image."""
    pictures = PICTURES_ON_DEVICE if x.device.type != "cpu" else VALUES_AT_ONCE // x[0].numel()
    return max(1, pictures // (2 * len(x)))


def _gaussian(shape: torch.Size, source: torch.Generator) -> Tensor:
    return torch.randn(shape, generator=source, dtype=torch.float64)
