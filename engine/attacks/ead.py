"""EAD: every change has its price, so that only those stay that are worth it (Chen et al. 2018)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import torch
from torch import Tensor

from engine.attacks.dispatch import steps_of
from engine.attacks.found import Smallest
from engine.attacks.gradient import Look, judge, look
from engine.attacks.loss import lead
from engine.attacks.problem import Problem, Step
from engine.attacks.resting import among, part
from engine.attacks.weighing import Weight
from engine.catalogue.attacks import EAD

STALLED = 0.9999
"""Where a tenth of the steps lowers the objective to no less than this part, a picture's search ends."""


@steps_of.register
def _ead(attack: EAD, problem: Problem) -> Iterator[Step | None]:
    """Algorithm 1, as often as there are weights c to try; every picture has a weight of its own.

    As in the authors' program a search ends early where it has come to rest; theirs looks at the whole batch for that,
    and this at every picture by itself.
    """
    seen = look(problem, problem.x, lead)
    clean = Step(0, problem.x, seen.logits, seen.loss, seen.slope)
    yield clean
    best = Smallest(problem, clean, attack.confidence)
    weight = Weight(attack.weight, problem.x)
    index = 0
    for _ in range(0 if best.is_trivial else attack.searches):
        does = torch.zeros_like(problem.labels, dtype=torch.bool)
        for step in Search(attack, problem, weight.now.view(-1, 1, 1, 1)).steps(seen):
            if step is None:
                yield None
                continue
            index += 1
            yield replace(step, index=index)
            does |= best.offer(step, _distance(attack, step.x - problem.x))
        weight.next(does)
    yield best.step(index + 1)


class Search:
    """One search, with the weights it is given.

    Args:
        attack: its options.
        problem: what is asked.
        weights: (N, 1, 1, 1) c.
    """

    def __init__(self, attack: EAD, problem: Problem, weights: Tensor) -> None:
        self._attack = attack
        self._whole = self._problem = problem
        self._places = torch.arange(len(problem.x), device=problem.x.device)
        self._weights = weights
        self._x = self._ahead = problem.x
        self._cost = torch.full_like(problem.x[:, 0, 0, 0], torch.inf)

    def steps(self, seen: Look) -> Iterator[Step | None]:
        """x₁, x₂, …, as long as some picture is still getting better; ``seen`` is the look at the clean pictures."""
        shown: Step | None = None
        for index in range(self._attack.steps):
            if index:
                seen = look(self._problem, self._ahead, lead)
                yield None
            self._move(index, seen)
            step = judge(self._problem, self._x, 0)
            shown = step if shown is None else among(shown, self._places, step)
            yield shown
            if index % math.ceil(self._attack.steps / 10) == 0 and not self._go_on(step):
                return

    def _move(self, index: int, seen: Look) -> None:
        attack, clean = self._attack, self._problem.x
        rate = attack.rate * math.sqrt(1 - index / attack.steps)
        gradient = 2 * (self._ahead - clean) - self._weights * self._unfooled(seen.height) * seen.gradient
        moved = shrunk(self._ahead - rate * gradient, clean, attack.beta)
        inertia = index / (index + 3) if attack.fast else 0.0
        self._ahead, self._x = moved + inertia * (moved - self._x), moved

    def _unfooled(self, ahead: Tensor) -> Tensor:
        """1 where the lead (N,) of the wanted class is below κ yet, else 0, (N, 1, 1, 1)."""
        return (ahead < self._attack.confidence).to(ahead.dtype).view(-1, 1, 1, 1)

    def _go_on(self, step: Step) -> bool:
        """Lets the pictures rest whose objective has not become smaller; False where none is left."""
        attack, problem = self._attack, self._problem
        short = (attack.confidence - lead(step.logits, problem.labels, problem.targeted)).clamp(min=0)
        cost = self._weights.flatten() * short + elastic(step.x - problem.x, attack.beta)
        places = (cost <= STALLED * self._cost).nonzero()[:, 0]
        self._cost = cost[places]
        if len(places) < len(cost):
            self._places, self._weights = self._places[places], self._weights[places]
            self._x, self._ahead = self._x[places], self._ahead[places]
            if len(places):
                self._problem = part(self._whole, self._places)
        return len(places) > 0


def shrunk(z: Tensor, clean: Tensor, beta: float) -> Tensor:
    """What is within β of the clean value is put back there, all else comes β nearer to it, and into [0, 1].

    The paper's shrinkage S, by β itself, not by β times the length of the step.
    """
    change = z - clean
    nearer = (z - beta * change.sign()).clamp(0, 1)
    return torch.where(change.abs() <= beta, clean, nearer)


def elastic(change: Tensor, beta: float) -> Tensor:
    """β · ‖δ‖₁ + ‖δ‖₂² of every image, (N,)."""
    return beta * change.abs().sum((1, 2, 3)) + change.square().sum((1, 2, 3))


def _distance(attack: EAD, change: Tensor) -> Tensor:
    return elastic(change, attack.beta) if attack.elastic else change.abs().sum((1, 2, 3))
