"""One picture that attacks of one size are tried on, to compare how far they come."""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from engine.attacks import Problem, along, direction, run_in_parts
from engine.attacks.gradient import Look, look
from engine.attacks.loss import margin
from engine.catalogue.attacks import PGD, Attack, Norm
from engine.catalogue.budgets import epsilon_limit
from engine.experiment import Experiment, Question
from engine.inside import Lamp

STRONG = PGD(steps=20, step_size=0.125)
"""The attack along the gradient that others are compared with: 20 steps of ε / 8 cross the ball."""

_NORMS = (Norm.LINF, Norm.L2)
"""In these all of the attacks that are tried work."""

_CLEARLY = 0.05
"""By this part of the way that the better attack has gone, it must be ahead of another to be called better."""


@dataclass(frozen=True)
class Reached:
    """How far an attack came, by the logits.

    Attributes:
        start: by how much another class is ahead of the clean answer in the clean picture: a number below zero.
        lead: the same in the best of the attack's pictures; above zero the network is fooled.
    """

    start: float
    lead: float

    @property
    def fools(self) -> bool:
        """Whether the answer was another one."""
        return self.lead > 0

    def beside(self, stronger: Reached) -> Lamp:
        """What it means that this attack came so far, where the other one should come further."""
        if self.fools and not stronger.fools:
            return Lamp.MASKED
        ahead, way = self.lead - stronger.lead, max(self.lead, stronger.lead) - self.start
        return Lamp.DOUBTFUL if ahead > _CLEARLY * way else Lamp.CLEAR


class Trial:
    """The clean picture of an experiment, to be changed until its clean answer is left.

    Attributes:
        norm: as wished, or L∞ where not all attacks work in that.
        epsilon: half of the largest ε of the slider, 8/255 for photographs.

    Args:
        experiment: the picture before the network.
        norm: the one that is wished.
    """

    def __init__(self, experiment: Experiment, norm: Norm) -> None:
        self.norm = norm if norm in _NORMS else Norm.LINF
        self.epsilon = epsilon_limit(self.norm, experiment.values) / 2
        self._experiment = experiment
        self._strong: Reached | None = None

    @property
    def everything(self) -> float:
        """The ε that every picture is within."""
        return 1.0 if self.norm is Norm.LINF else math.sqrt(self._experiment.values)

    def look(self, x: Tensor | None = None) -> Look:
        """Answer, loss and gradient at the clean picture, or at another one, (1, C, H, W), and its own answer."""
        problem = self._problem(STRONG, self.epsilon)
        if x is not None:
            problem = replace(problem, x=x, labels=self.logits(x).argmax(1))
        return look(problem, problem.x)

    def logits(self, x: Tensor | None = None) -> Tensor:
        """The network's answer to the clean picture, or to another one, (1, K)."""
        return self._experiment.classifier.logits(self._experiment.x if x is None else x)

    def at_once(self, attack: Attack, seed: int = 0) -> Reached:
        """How far an attack of one step comes."""
        problem = self._problem(attack, self.epsilon, seed)
        return self._reached(self._lead(self.logits(along(problem, direction(attack, problem)))))

    def in_steps(self, attack: Attack, epsilon: float | None = None) -> Generator[None, None, Reached]:
        """How far an attack of many steps comes with any of its iterates; gives None after each."""
        best = -math.inf
        for step in run_in_parts(attack, self._problem(attack, self.epsilon if epsilon is None else epsilon)):
            best = best if step is None else max(best, self._lead(step.logits))
            yield None
        return self._reached(best)

    def strong(self) -> Generator[None, None, Reached]:
        """How far ``STRONG`` comes; it is tried once."""
        if self._strong is None:
            self._strong = yield from self.in_steps(STRONG)
        return self._strong

    def _reached(self, lead: float) -> Reached:
        return Reached(self._lead(self.logits()), lead)

    def _lead(self, logits: Tensor) -> float:
        label = torch.full((len(logits),), self._experiment.before.label, device=logits.device)
        return float(-margin(logits, label)[0])

    def _problem(self, attack: Attack, epsilon: float, seed: int = 0) -> Problem:
        label = self._experiment.before.label
        question = Question(attack, self.norm, label, targeted=False, seed=seed)
        return self._experiment.problem(question, torch.tensor([epsilon]))
