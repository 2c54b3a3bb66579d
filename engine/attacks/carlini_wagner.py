"""Carlini & Wagner 2017: a change is made small together with the lead of the class to leave, in L2 and in L∞."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import torch
from torch import Tensor

from engine.attacks.adam import Adam
from engine.attacks.dispatch import steps_of
from engine.attacks.found import Smallest, reaches
from engine.attacks.gradient import look
from engine.attacks.loss import lead
from engine.attacks.problem import Problem, Step
from engine.attacks.resting import among, part
from engine.attacks.tanh_space import picture, slope, to_tanh
from engine.attacks.weighing import Weight
from engine.catalogue.attacks import CarliniWagner, CarliniWagnerLinf
from engine.catalogue.attacks.smallest import LARGEST_WEIGHT, SHRINKING

NO_BETTER = 0.9999
"""A search ends for a picture that is not below this share of what it was a tenth of the steps before."""

PATIENCE = 50
"""So many steps before at the least: Adam moves all the pixels of a photograph at once, and has to come back first."""

SOLVED = 1e-4
"""In L∞ a bound is kept where the picture fools, and what is above the bound is below this share of c."""


@steps_of.register
def _l2(attack: CarliniWagner, problem: Problem) -> Iterator[Step]:
    """Section VI.A with f₆; c is searched as in the authors' program, for every picture by itself.

    Every iterate that fools with the confidence asked for is a candidate. Where the authors end a search for the whole
    batch, here a picture rests that gets no better.
    """
    weight = Weight(attack.first_weight, problem.x)
    best: Smallest | None = None
    index = 0
    for _ in range(attack.searches):
        was_enough = torch.zeros_like(problem.labels, dtype=torch.bool)
        for step in _weighed(attack, problem, weight.now):
            yield replace(step, index=index)
            index += 1
            best = best or Smallest(problem, step, attack.confidence)
            if index == 1 and best.is_trivial:
                yield best.step(1)
                return
            was_enough |= best.offer(step)
        weight.next(was_enough)
    if best is not None:
        yield best.step(index)


def _weighed(attack: CarliniWagner, problem: Problem, weight: Tensor) -> Iterator[Step]:
    """Adam on ‖x′ − x‖₂² + c · f(x′) for given c, (N,), from the clean pictures on."""
    every = max(math.ceil(attack.steps / 10), PATIENCE)
    places = torch.arange(len(problem.x), device=problem.x.device)
    x, w, weight = problem.x, to_tanh(problem.x), weight.view(-1, 1, 1, 1)
    before = torch.full_like(weight, torch.inf)
    adam = Adam(w)
    some, now = problem, None
    for index in range(attack.steps):
        seen = look(some, x, lead)
        step = Step(index, x, seen.logits, seen.loss, seen.slope)
        now = step if now is None else among(now, places, step)
        yield now
        change, lack = x - some.x, _lack(seen.height, attack.confidence)
        downhill = 2 * change - weight * (lack > 0) * seen.gradient
        w = w - attack.rate * adam.way(downhill * slope(w))
        if index % every == 0:
            total = change.square().sum((1, 2, 3), keepdim=True) + weight * lack
            goes_on = (total <= NO_BETTER * before).flatten()
            adam.keep(goes_on)
            places, w, weight, before = places[goes_on], w[goes_on], weight[goes_on], total[goes_on]
            if len(places) == 0:
                return
            some = part(some, goes_on.nonzero()[:, 0])
        x = picture(w)


@steps_of.register
def _linf(attack: CarliniWagnerLinf, problem: Problem) -> Iterator[Step]:
    """Section VI.C, each picture with its own bound τ and weight c.

    Where a bound is kept, τ is lowered and the search goes on from there; where it is not kept after all the steps, c
    is doubled and the search starts once more from where the last bound was kept. As published it ends where c is
    above 20 or τ at 1/256. Any iterate that fools is a candidate, not only those that keep their bound.
    """
    places = torch.arange(len(problem.x), device=problem.x.device)
    some, x, trial = problem, problem.x, Trial(attack, problem.x)
    now: Step | None = None
    best: Smallest | None = None
    index = 0
    while len(places) > 0:
        seen = look(some, x, lead)
        step = Step(index, x, seen.logits, seen.loss, seen.slope)
        now = step if now is None else among(now, places, step)
        yield now
        index += 1
        best = best or Smallest(problem, now, attack.confidence)
        if index == 1 and best.is_trivial:
            break
        best.offer(now)
        goes_on = trial.go_on(x - some.x, reaches(some, seen.logits, attack.confidence), seen.gradient)
        trial.keep(goes_on)
        places, x = places[goes_on], picture(trial.w)
        if 0 < len(places) < len(some.x):
            some = part(some, goes_on.nonzero()[:, 0])
    if best is not None:
        yield best.step(index)


class Trial:
    """Where the pictures of a search in L∞ are: each under its own bound τ, with its own weight c.

    Attributes:
        w: (N, C, H, W) the pictures in tanh space.

    Args:
        attack: whose options count.
        clean: (N, C, H, W).
    """

    def __init__(self, attack: CarliniWagnerLinf, clean: Tensor) -> None:
        self.w = to_tanh(clean)
        self._attack = attack
        self._start = self.w
        self._adam = Adam(self.w)
        self._bound = torch.ones_like(self.w[:, :1, :1, :1])
        self._weight = torch.full_like(self._bound, attack.first_weight)
        self._taken = torch.zeros_like(self._bound)

    def go_on(self, change: Tensor, does: Tensor, gradient: Tensor) -> Tensor:
        """Takes one step, or begins the next trial.

        Args:
            change: x′ − x at ``w``, (N, C, H, W).
            does: which of the pictures fool with the confidence asked for, so that f is 0, (N,) of bool.
            gradient: of the lead at ``w``, (N, C, H, W), which is −∇f where f is not 0.

        Returns:
            Which of the pictures have something left to try, (N,) of bool.
        """
        sizes = change.abs()
        excess = (sizes - self._bound).clamp(min=0).sum((1, 2, 3), keepdim=True)
        does = does.view_as(excess)
        # A lead that is only nearly made up is not enough: the bound would close in on a picture that never fools.
        is_kept = does & (excess < SOLVED * self._weight)
        is_over = ~is_kept & (self._taken + 1 >= self._attack.steps)
        self._taken = torch.where(is_kept, 1, self._taken + 1)  # the next trial's first is this one
        self._bound = torch.where(
            is_kept, SHRINKING * self._bound.minimum(sizes.amax((1, 2, 3), keepdim=True)), self._bound
        )
        self._start = torch.where(is_kept, self.w, self._start)
        self._adam.forget(is_kept)
        downhill = change.sign() * (sizes > self._bound) - self._weight * ~does * gradient
        moved = self.w - self._attack.rate * self._adam.way(downhill * slope(self.w))
        self._begin_again(is_over, moved)
        return ((self._bound > self._attack.finest) & (self._weight <= LARGEST_WEIGHT)).flatten()

    def keep(self, which: Tensor) -> None:
        """Goes on with some of the pictures alone, (N,) of bool."""
        if bool(which.all()):
            return
        self._adam.keep(which)
        self.w, self._start = self.w[which], self._start[which]
        self._bound, self._weight, self._taken = self._bound[which], self._weight[which], self._taken[which]

    def _begin_again(self, is_over: Tensor, moved: Tensor) -> None:
        self._adam.forget(is_over)
        self.w = torch.where(is_over, self._start, moved)
        self._weight = torch.where(is_over, 2 * self._weight, self._weight)
        self._taken = torch.where(is_over, 0, self._taken)


def _lack(ahead: Tensor, confidence: float) -> Tensor:
    """The papers' f₆, raised by κ so that it ends at 0: what a lead (N,) misses of the one wanted, (N, 1, 1, 1)."""
    return (confidence - ahead).clamp(min=0).view(-1, 1, 1, 1)
