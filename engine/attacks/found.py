"""The smallest change that an attack has found so far, picture by picture."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from engine.attacks.budget import ball
from engine.attacks.loss import is_reached, lead
from engine.attacks.problem import Problem, Step, choose


def reaches(problem: Problem, logits: Tensor, confidence: float = 0.0) -> Tensor:
    """Which of the answers are what the attack wants: another class than the label, or the target.

    Args:
        problem: what is asked.
        logits: (N, K).
        confidence: by how much the wanted class must lead, as a difference of logits.

    Returns:
        (N,) of bool.
    """
    does = is_reached(logits, problem.labels, problem.targeted)
    return does & (lead(logits, problem.labels, problem.targeted) >= confidence) if confidence else does


class Smallest:
    """The best of the pictures that were offered: the nearest to the clean one that does what it should.

    A clean picture that does already is the smallest change there is, of size 0, and one for which nothing was found
    stays the clean one.

    Attributes:
        best: the best picture of each, with the network's answer to it.
        size: (N,) how large its change is in the problem's norm; infinite where nothing was found.

    Args:
        problem: what is asked.
        clean: the clean pictures with the network's answer to them.
        confidence: by how much the wanted class must lead.
    """

    def __init__(self, problem: Problem, clean: Step, confidence: float = 0.0) -> None:
        self._problem = problem
        self._confidence = confidence
        self.best = replace(clean, slope=None)
        self.size = torch.where(reaches(problem, clean.logits, confidence), 0.0, torch.inf).to(clean.x.dtype)

    @property
    def is_found(self) -> Tensor:
        """Where there is a change that does what it should, (N,) of bool."""
        return self.size.isfinite()

    @property
    def is_trivial(self) -> bool:
        """Whether there is nothing to search: all the clean pictures do what they should."""
        return not bool(self.size.any())

    def sizes(self, x: Tensor) -> Tensor:
        """How far pictures (N, C, H, W) are from the clean ones, in the problem's norm, (N,)."""
        return ball(self._problem.norm).size(x - self._problem.x).flatten()

    def offer(self, step: Step, sizes: Tensor | None = None) -> Tensor:
        """Takes the pictures that do what they should and are smaller than the best ones.

        Args:
            step: the pictures with the network's answer to them.
            sizes: what is to be small, (N,); None is their size in the problem's norm.

        Returns:
            Which of them do what they should, smaller or not, (N,) of bool.
        """
        does = reaches(self._problem, step.logits, self._confidence)
        sizes = self.sizes(step.x) if sizes is None else sizes
        is_better = does & (sizes < self.size)
        self.best = choose(is_better, step, self.best)
        self.size = torch.where(is_better, sizes, self.size)
        return does

    def step(self, index: int) -> Step:
        """The best pictures as the iterate of that index."""
        return replace(self.best, index=index)
