"""JSMA: the two values that the class depends on most are changed, and again, until the answer is reached."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from engine.attacks.dispatch import steps_of
from engine.attacks.found import Smallest, reaches
from engine.attacks.gradient import look
from engine.attacks.problem import Problem, Step
from engine.attacks.resting import among, part
from engine.catalogue.attacks import JSMA

MOST_CANDIDATES = 2000
"""Of more values than this that may belong to the best pair, those are tried that promise most by themselves."""


@steps_of.register
def _jsma(attack: JSMA, problem: Problem) -> Iterator[Step | None]:
    """Papernot et al. 2016, algorithm 3, on logits; every value of a pixel is a feature of its own.

    Towards a target it is the paper's. Away from a class it is NT-JSMA of Wiyatno and Xu 2018: the same map with its
    signs turned, so that the class is lowered and the others are raised. A picture ends where the answer is reached
    or no pair is left. Where one has not reached it, the last step shows it clean.
    """
    walk = _Walk(attack, problem)
    step = walk.look(0)
    smallest = Smallest(problem, step)
    yield step
    for index in range(1, attack.steps + 1):
        yield None
        walk.turn()
        if not len(walk.standing):
            break
        yield None
        step = walk.look(index)
        smallest.offer(step)
        yield step
    if step.index == 0 or not reaches(problem, step.logits).all():
        yield smallest.step(step.index + 1)


class _Walk:
    """Where the pictures are, (N, C, H, W), and which of them still go on, (M,) of int64."""

    def __init__(self, attack: JSMA, problem: Problem) -> None:
        self.standing = torch.arange(len(problem.x), device=problem.x.device)
        self._attack, self._problem = attack, problem
        self._x = problem.x.clone(memory_format=torch.contiguous_format)  # its values are counted through
        self._turned = torch.zeros_like(self._x, dtype=torch.int8)  # 1 for a value that was turned up, −1 down
        self._rising = torch.zeros_like(self._x)
        self._step: Step | None = None

    def look(self, index: int) -> Step:
        """The iterate and the answer to it; pictures that are adversarial go on no more."""
        places = self.standing
        x = self._x[places]
        seen = look(part(self._problem, places), x, _label)
        self._rising[places] = seen.gradient
        here = Step(index, x, seen.logits, seen.loss, seen.slope)
        self._step = here if self._step is None else among(self._step, places, here)
        self.standing = places[~reaches(self._problem, self._step.logits)[places]]
        return self._step

    def turn(self) -> None:
        """Changes two values of every picture that goes on; one that has no pair left goes on no more."""
        places = self.standing
        if not len(places):
            return
        falling = look(part(self._problem, places), self._x[places], _others).gradient
        turned = [self._turn_one(place, ahead) for place, ahead in zip(places.tolist(), falling, strict=True)]
        self.standing = places[torch.tensor(turned, device=places.device)]

    def _turn_one(self, place: int, falling: Tensor) -> bool:
        x, turned, rising = (each[place].view(-1) for each in (self._x, self._turned, self._rising))
        falling = falling.flatten()
        pair = best_pair(rising, falling, (x < 1) & (turned >= 0))
        sign = 1
        if self._attack.both:
            down = best_pair(-rising, -falling, (x > 0) & (turned <= 0))
            if down.worth > pair.worth:
                pair, sign = down, -1
        if pair.worth <= 0:
            return False
        places = list(pair.places)
        turned[places] = sign
        x[places] = (x[places] + sign * self._attack.theta).clamp_(0, 1)
        return True


def _label(logits: Tensor, labels: Tensor, targeted: bool) -> Tensor:
    """What is to rise: the target's logit, or minus that of the class to leave."""
    own = logits.gather(1, labels[:, None])[:, 0]
    return own if targeted else -own


def _others(logits: Tensor, labels: Tensor, targeted: bool) -> Tensor:
    """What is to rise as well: minus the other logits' sum, or away from a class the sum."""
    rest = logits.sum(1) - logits.gather(1, labels[:, None])[:, 0]
    return -rest if targeted else rest


class Pair(NamedTuple):
    """Two values of a picture, and what changing them is worth, −αβ; 0 where no two can be changed."""

    worth: float
    places: tuple[int, int]


def best_pair(alpha: Tensor, gamma: Tensor, free: Tensor) -> Pair:
    """The two free values with the largest (α_p + α_q)(γ_p + γ_q), both sums positive (equation 10; γ is −β).

    A value that is surpassed in both by two others cannot belong to it, since either of these would serve better. So
    only those remain that nobody surpasses, and those of whom that is true when the former are gone; they are few,
    and the search is exact, where the paper tries all pairs.

    Args:
        alpha: (d,) how much the label's logit rises with every value.
        gamma: (d,) how much the others fall.
        free: (d,) of bool, which values may be changed.
    """
    places = _candidates(alpha, gamma, free)
    if len(places) < 2:
        return Pair(0.0, (0, 0))
    first, second = (each[places] for each in (alpha, gamma))
    rise, fall = first[:, None] + first, second[:, None] + second
    worth = torch.where((rise > 0) & (fall > 0), rise * fall, 0.0).fill_diagonal_(0)
    best = int(worth.argmax())
    row, column = divmod(best, len(places))
    return Pair(float(worth[row, column]), (int(places[row]), int(places[column])))


def _candidates(alpha: Tensor, gamma: Tensor, free: Tensor) -> Tensor:
    """The places of those that at most one other free value surpasses, and perhaps of some more; (m,)."""
    left = free.nonzero()[:, 0]
    found = []
    for _ in range(2):
        is_ahead = _unsurpassed(alpha[left], gamma[left])
        found.append(left[is_ahead])
        left = left[~is_ahead]
    places = torch.cat(found)
    if len(places) > MOST_CANDIDATES:
        promise = sum(each[places] / each[places].abs().amax() for each in (alpha, gamma))
        places = places[torch.as_tensor(promise).topk(MOST_CANDIDATES).indices]
    return places


def _unsurpassed(first: Tensor, second: Tensor) -> Tensor:
    """Which of the points (first, second), (n,) each, no other surpasses in both, (n,) of bool; of equals one."""
    if len(first) == 0:
        return torch.zeros_like(first, dtype=torch.bool)
    order = second.argsort(descending=True, stable=True)
    order = order[first[order].argsort(descending=True, stable=True)]
    along = second[order]
    best_before = torch.cat([along.new_full((1,), -torch.inf), along.cummax(0).values[:-1]])
    found = torch.zeros_like(first, dtype=torch.bool)
    found[order] = along > best_before
    return found
