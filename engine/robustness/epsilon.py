"""What an attack achieves against ε: the curve of probabilities, and the smallest ε that changes the answer.

Both are generators that give what they know so far and, in between, None: a place to stop. They may be left at any
of them and taken up again later.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor

from engine.attacks import Problem, Step, along, direction, judge, nearer, run_in_parts, search
from engine.catalogue.attacks import Attack
from engine.frame import Curve, Flip, Floats

ProblemAt = Callable[[Tensor], Problem]
"""Gives the same picture once for every ε of (n,)."""

VALUES_FORWARD = 600_000
"""How many pixel values one forward pass of a sweep takes on a CPU: 4 pictures of 224 × 224 in colour.

Large passes of large pictures are slower per picture, because their activations leave the caches, and a pass cannot
be left half-way.
"""

VALUES_BACKWARD = 160_000
"""The same for a step with a gradient, which takes some three times as long."""

PICTURES_ON_DEVICE = 32
"""How many pictures one pass takes on an accelerator, which is slow to start and fast to run."""

POINTS_BETWEEN = 8
"""At how many points at most the search divides the stretch that is left."""

Item = TypeVar("Item")


class Sweep:
    """One attack on one picture at many ε, in batched passes of a bearable size.

    Attributes:
        limit: the largest ε that is asked.
        per_pass: how many pictures one pass takes.

    Args:
        attack: the attack with its options.
        problem_at: the picture, once for every ε it is given.
        limit: the largest ε, positive.
        found: what an attack that finds its own size has found, (1, C, H, W); None lets it search once.
    """

    def __init__(self, attack: Attack, problem_at: ProblemAt, limit: float, found: Tensor | None = None) -> None:
        self.limit = limit
        self._attack = attack
        self._problem_at = problem_at
        self._alone = self._problem(limit)
        self._way: Tensor | None = None
        self._found = found
        self.per_pass = _pictures_per_pass(self._alone.x, attack)

    def at(self, *epsilons: float) -> Generator[None, None, Tensor]:
        """The network's answers to the attack's results, (n, K), from one pass; gives None at every place to stop."""
        problem = self._problem(*epsilons)
        if self._attack.scales or self._attack.finds:
            return judge(problem, (yield from self.moved(*epsilons)), 1).logits
        return (yield from _last(run_in_parts(self._attack, problem))).logits

    def moved(self, *epsilons: float) -> Generator[None, None, Tensor]:
        """The attack's results, (n, C, H, W), from one pass; gives None at every place to stop."""
        problem = self._problem(*epsilons)
        if self._attack.finds:
            if self._found is None:
                self._found = (yield from _last(search(self._attack, self._alone))).x
            return nearer(problem, self._found.expand_as(problem.x))
        if not self._attack.scales:
            return (yield from _last(run_in_parts(self._attack, problem))).x
        if self._way is None:
            self._way = direction(self._attack, self._alone)
            yield None
        return along(problem, self._way)

    def passes(self, items: Sequence[Item]) -> Iterator[Sequence[Item]]:
        """The items in the portions that one pass takes."""
        for start in range(0, len(items), self.per_pass):
            yield items[start : start + self.per_pass]

    def _problem(self, *epsilons: float) -> Problem:
        return self._problem_at(torch.tensor(epsilons, dtype=torch.float32))


def epsilon_curve(sweep: Sweep, count: int = 33) -> Iterator[Curve | None]:
    """Probabilities at ``count`` sizes from 0 to the sweep's limit, filled in coarse to fine.

    Where the attack's direction does not depend on ε, it is computed once, and every ε is a forward pass.

    Args:
        sweep: what is asked.
        count: how many sizes, 2 or more.

    Yields:
        The curve as far as it is known, ``complete`` in the end, or None: a place to stop.

    Raises:
        GradientError: the network gives no finite answer or gradient.
    """
    epsilons: Floats = np.linspace(0, sweep.limit, count, dtype=np.float32)
    known: dict[int, Floats] = {}
    for places in sweep.passes(coarse_to_fine(count)):
        logits = yield from sweep.at(*(float(epsilons[place]) for place in places))
        known |= zip(places, _probabilities(logits), strict=True)
        order = sorted(known)
        yield Curve(epsilons[order], np.stack([known[place] for place in order]), complete=len(known) == count)


def moved_pictures(sweep: Sweep, count: int) -> Iterator[tuple[list[float], Tensor] | None]:
    """The attack's results at ``count`` sizes from 0 to the limit, coarse to fine, for whoever looks inside.

    Yields:
        Some ε and the pictures, (n, C, H, W); or None: a place to stop.
    """
    epsilons = np.linspace(0, sweep.limit, count, dtype=np.float32).tolist()
    for places in sweep.passes(coarse_to_fine(count)):
        some = [epsilons[place] for place in places]
        yield some, (yield from sweep.moved(*some))


def coarse_to_fine(count: int) -> list[int]:
    """0 … count − 1 in the order of a drawing that sharpens: both ends, the middle, then the quarters, and so on."""
    # The lowest bit that is set, i & −i, tells how coarse the finest grid is that i still lies on.
    between = sorted(range(1, count - 1), key=lambda place: (-(place & -place), place))
    return [0, count - 1, *between]


def smallest_epsilon(sweep: Sweep, changed: Callable[[Tensor], Tensor], tolerance: float) -> Iterator[Flip | None]:
    """Searches the smallest ε at which the attack changes the answer.

    A ladder from 0 to the sweep's limit, each rung √2 times the last, finds the first rung that changes the answer; the
    stretch below it is then divided again and again. It is an estimate: an answer that changes and changes back
    between two rungs is missed.

    Args:
        sweep: what is asked.
        changed: tells from logits (n, K) which answers count as changed, (n,) of bool.
        tolerance: how closely, in the unit of ε, positive; a millionth of the limit is the finest.

    Yields:
        The estimate so far, which the attack has been seen to change the answer at, ``complete`` in the end, or None:
        a place to stop. The last one's ε is None where no rung changes the answer.

    Raises:
        GradientError: the network gives no finite answer or gradient.
    """
    limit = sweep.limit
    low, high = yield from _first_change(sweep, _ladder(limit), 0.0, changed)
    while high is not None and high - low > max(tolerance, 1e-6 * limit):
        yield Flip(high, limit, complete=False)
        between = np.linspace(low, high, min(sweep.per_pass, POINTS_BETWEEN) + 2)[1:-1].tolist()
        low, found = yield from _first_change(sweep, between, low, changed)
        high = high if found is None else found
    yield Flip(high, limit, complete=True)


def _first_change(
    sweep: Sweep, epsilons: Sequence[float], low: float, changed: Callable[[Tensor], Tensor]
) -> Generator[None, None, tuple[float, float | None]]:
    """The first of the ascending ε that changes the answer, or None, after the one before it (``low`` at first)."""
    for some in sweep.passes(epsilons):
        answers = changed((yield from sweep.at(*some))).tolist()
        for epsilon, is_changed in zip(some, answers, strict=True):
            if is_changed:
                return low, epsilon
            low = epsilon
        yield None
    return low, None


def _ladder(limit: float) -> list[float]:
    """0, then 17 rungs from a 256th of the limit to the limit."""
    return [0.0, *(limit * 2 ** (-rung / 2) for rung in range(16, -1, -1))]


def _last(steps: Iterator[Step | None]) -> Generator[None, None, Step]:
    """The last iterate."""
    newest: Step | None = None
    for step in steps:
        newest = step or newest
        yield None
    assert newest is not None  # noqa: S101 - every attack gives at least one
    return newest


def _pictures_per_pass(x: Tensor, attack: Attack) -> int:
    if x.device.type != "cpu":
        return PICTURES_ON_DEVICE
    return max(1, (VALUES_FORWARD if attack.scales or attack.finds else VALUES_BACKWARD) // x[0].numel())


def _probabilities(logits: Tensor) -> Floats:
    """(n, K); the softmax is taken in double precision, which not every device has."""
    probabilities: Floats = logits.cpu().double().softmax(-1).float().numpy()
    return probabilities
