"""L-BFGS: the first attack of all, with a general optimiser that keeps pixels in [0, 1]."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from functools import partial

import numpy as np
import torch
from torch import Tensor

from engine.attacks.dispatch import steps_of
from engine.attacks.found import Smallest, reaches
from engine.attacks.gradient import judge, look
from engine.attacks.loss import cross_entropy, likeliest_others
from engine.attacks.optimiser import Doubles, Optimiser
from engine.attacks.problem import Problem, Step
from engine.attacks.resting import among, part
from engine.attacks.weighing import Weight
from engine.catalogue.attacks import LBFGS


@steps_of.register
def _lbfgs(attack: LBFGS, problem: Problem) -> Iterator[Step]:
    """Szegedy et al. 2013, section 4.1, by scipy's L-BFGS-B.

    What the paper calls c stands at the size, here it stands at the loss, as in the programs that followed it. c is
    searched as in Carlini & Wagner's, and is enough where the lowest point found does what it should; the paper does
    not say how. It minimises towards a target. Away from a class that is the likeliest other one of the clean
    picture, and any other answer will do. Every point that the optimiser asks about is a candidate.
    """
    clean = judge(problem, problem.x, 0)
    yield clean
    best = Smallest(problem, clean)
    targets = problem.labels if problem.targeted else likeliest_others(clean.logits, problem.labels, 1)[:, 0]
    weight = Weight(attack.first_weight, problem.x)
    index = 0
    for _ in range(0 if best.is_trivial else attack.searches):
        search = Search(problem, targets, weight.now, clean)
        for step in search.run(attack.steps):
            index += 1
            yield replace(step, index=index)
            best.offer(step)
        weight.next(search.was_enough)
    yield best.step(index + 1)


class Search:
    """The lowest point of ‖x′ − x‖₂² + c · J(x′, t) in [0, 1] for given c, every picture's by an optimiser of its own.

    Attributes:
        was_enough: (N,) of bool, where the lowest point so far does what it should.

    Args:
        problem: what is asked.
        targets: (N,) of int64, the classes t.
        weight: (N,) c.
        clean: the clean pictures with the network's answer to them.
    """

    def __init__(self, problem: Problem, targets: Tensor, weight: Tensor, clean: Step) -> None:
        self.was_enough = torch.zeros_like(problem.labels, dtype=torch.bool)
        self._problem = problem
        self._targets = targets
        self._weight = weight.cpu().double().numpy()
        self._clean = _to_doubles(problem.x)
        self._lowest = np.full(len(targets), np.inf)
        self._now = clean

    def run(self, steps: int) -> Iterator[Step]:
        """A step for every point that is asked about, ``steps`` at most for each picture; all start at the clean one.

        The network is asked on the thread of whoever asks for the next step, about all the pictures at once.
        """
        with ExitStack() as stack:
            each = [stack.enter_context(closing(Optimiser(start.ravel()))) for start in self._clean]
            for _ in range(steps):
                points = {place: point for place, it in enumerate(each) if (point := it.point()) is not None}
                if not points:
                    return
                values, gradients = self._ask(torch.tensor(list(points)), np.stack(list(points.values())))
                yield self._now
                for place, value, gradient in zip(points, values, gradients, strict=True):
                    each[place].tell(float(value), gradient.ravel())

    def _ask(self, places: Tensor, points: Doubles) -> tuple[Doubles, Doubles]:
        """Values (n,) and gradients (n, C, H, W) at the points of some of the pictures."""
        places = places.to(self._targets.device)
        some, targets = part(self._problem, places), self._targets[places]
        x = torch.from_numpy(points).to(some.x.dtype).to(some.x.device).view_as(some.x)
        seen = look(some, x, partial(_towards, targets=targets))
        self._now = among(self._now, places, Step(0, x, seen.logits, seen.loss, seen.slope))
        rows = places.cpu().numpy()
        change, weight = points.reshape(x.shape) - self._clean[rows], self._weight[rows]
        values = np.square(change).sum((1, 2, 3)) + weight * _to_doubles(-seen.joint)
        self._note(rows, values, reaches(some, seen.logits))
        return values, 2 * change - weight[:, None, None, None] * _to_doubles(seen.gradient)

    def _note(self, rows: Doubles, values: Doubles, does: Tensor) -> None:
        """Keeps whether the lowest points do what they should."""
        is_lower = values < self._lowest[rows]
        self._lowest[rows[is_lower]] = values[is_lower]
        self.was_enough[torch.from_numpy(rows[is_lower])] = does[torch.from_numpy(is_lower)]


def _towards(logits: Tensor, _labels: Tensor, _targeted: bool, targets: Tensor) -> Tensor:
    """−J(x′, t), which is to grow."""
    return -cross_entropy(logits, targets)


def _to_doubles(values: Tensor) -> Doubles:
    doubles: Doubles = values.detach().cpu().double().numpy()
    return doubles
