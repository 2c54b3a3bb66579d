"""stAdv: every point of the picture is moved a little, neighbours nearly alike (Xiao et al. 2018)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import torch
from torch import Tensor

from engine.attacks.adam import Adam
from engine.attacks.dispatch import steps_of
from engine.attacks.found import reaches
from engine.attacks.gradient import judge, look
from engine.attacks.loss import lead
from engine.attacks.problem import Problem, Step, choose
from engine.attacks.sampling import pixel_places, sampled
from engine.catalogue.attacks import StAdv

TINY = 1e-24
"""Under the root of the roughness, whose slope is 0 where neighbours move alike."""


@steps_of.register
def _stadv(attack: StAdv, problem: Problem) -> Iterator[Step]:
    """Section 3 of the paper, from a field of zeros, by Adam instead of L-BFGS.

    The paper makes the bend small by its price alone; here no point moves further than ε, besides. The last step shows
    the smoothest bend that did what it should, or where none did, the one that came nearest.
    """
    flow = problem.x.new_zeros(len(problem.x), 2, *problem.x.shape[2:])
    adam = Adam(flow)
    best = Smoothest(problem)

    def lead_in_part(logits: Tensor, labels: Tensor, targeted: bool) -> Tensor:
        return lead(logits, labels, targeted).clamp(max=attack.confidence)

    for index in range(attack.steps):
        seen = look(problem, flow, lead_in_part, partial(bent, problem.x))
        rests = reaches(problem, seen.logits, attack.confidence)
        slope = torch.where(rests, torch.nan, seen.slope)
        step = Step(index, bent(problem.x, flow), seen.logits, seen.loss, slope, moved=lengths(flow).amax((1, 2, 3)))
        yield step
        cost, slope_of_cost = roughness(flow)
        best.offer(step, cost)
        flow = flow + attack.rate * adam.way(seen.gradient - attack.smoothness * slope_of_cost)
        flow = within(flow, problem.radius)
    end = judge(problem, bent(problem.x, flow), attack.steps)
    end = Step(attack.steps, end.x, end.logits, end.loss, moved=lengths(flow).amax((1, 2, 3)))
    yield end
    best.offer(end, roughness(flow)[0])
    yield best.step(attack.last_index)


def bent(x: Tensor, flow: Tensor) -> Tensor:
    """The picture with every pixel read off at its place plus the flow there, (N, C, H, W).

    Args:
        x: (N, C, H, W).
        flow: (N, 2, H, W) in pixels, down and right.
    """
    rows, columns = pixel_places(x)
    return sampled(x, rows + flow[:, 0], columns + flow[:, 1])


def roughness(flow: Tensor) -> tuple[Tensor, Tensor]:
    """Σₚ Σ_{q∈N(p)} ‖fₚ − f_q‖₂ of each, (N,), and its gradient, (N, 2, H, W); N(p) are the neighbours of p (eq. 4)."""
    leaf = flow.detach().requires_grad_()
    with torch.enable_grad():
        cost = torch.zeros_like(leaf[:, 0, 0, 0])
        for dimension in (2, 3):
            apart = leaf.diff(dim=dimension).square().sum(1)
            cost = cost + 2 * (apart + TINY).sqrt().sum((1, 2))  # every pair is met from both sides
        (gradient,) = torch.autograd.grad(cost.sum(), leaf)
    return cost.detach(), gradient


def lengths(flow: Tensor) -> Tensor:
    """How far every point is moved, (N, 1, H, W), in pixels."""
    return torch.hypot(flow[:, :1], flow[:, 1:])


def within(flow: Tensor, radius: Tensor) -> Tensor:
    """The flow with no point moved further than ε, (N, 1, 1, 1)."""
    far = lengths(flow)
    return flow * torch.where(far > radius, radius / torch.where(far > 0, far, 1.0), 1.0)


class Smoothest:
    """The best bend so far: the smoothest that does what it should, else the one that comes nearest to it."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._best: Step | None = None

    def offer(self, step: Step, cost: Tensor) -> None:
        """Takes the pictures that are better; ``cost`` is their roughness, (N,)."""
        ahead = lead(step.logits, self._problem.labels, self._problem.targeted)
        if self._best is None:
            self._best, self._lead, self._cost = step, ahead, cost
            return
        does, did = ahead > 0, self._lead > 0
        is_better = torch.where(does & did, cost < self._cost, ahead > self._lead)
        self._best = choose(is_better, step, self._best)
        self._lead = torch.where(is_better, ahead, self._lead)
        self._cost = torch.where(is_better, cost, self._cost)

    def step(self, index: int) -> Step:
        """The best bends as the iterate of that index."""
        best = self._best
        assert best is not None  # noqa: S101 - one is offered before the last is asked for
        return Step(index, best.x, best.logits, best.loss, moved=best.moved)
