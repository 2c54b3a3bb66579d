"""One picture before one network: what it answers, and what an attack makes of it.

The torch side of ``engine.job``: everything here takes and returns plain numbers and arrays at its edges.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from engine.attacks import FLAT, UNCHANGED, Problem, Step, along, direction, is_flat, judge, margin, run_in_parts
from engine.catalogue.attacks import Attack, Control, Norm
from engine.frame import Attacked, Curve, Flip, Floats, Prediction, Trace, verdict
from engine.robustness.epsilon import epsilon_curve, moved_pictures, smallest_epsilon

if TYPE_CHECKING:
    from engine.models.classifier import Classifier

WALK_BYTES = 512 * 2**20
"""How much the iterates of one attack may take: 850 of 224×224 in colour; the longest attack has 25 000."""

POINTS, POINTS_OF_MANY_STEPS = 33, 17
"""Of the ε curve: where every point is one forward pass, and where it is an attack of many steps."""

SEARCH_STEPS = 320
"""The smallest ε is searched to this part of the largest: 0.05/255 where ε goes up to 16/255."""


def to_tensor(image: Floats) -> Tensor:
    """(H, W, C) pixels in [0, 1] as a batch of one, (1, C, H, W)."""
    return torch.from_numpy(np.ascontiguousarray(image)).permute(2, 0, 1)[None]


def to_image(x: Tensor) -> Floats:
    """One picture of a batch, (C, H, W), as an array of its own, (H, W, C)."""
    image: Floats = x.detach().permute(1, 2, 0).float().contiguous().cpu().numpy().copy()
    return image


def to_prediction(logits: Tensor) -> Prediction:
    """(K,) logits as probabilities; the softmax is taken in double precision."""
    probabilities: Floats = logits.detach().cpu().double().softmax(-1).float().numpy()
    return Prediction(probabilities)


@dataclass(frozen=True)
class Question:
    """What an attack depends on, all but ε.

    Attributes:
        label: the class to leave, or to reach when ``targeted``.
    """

    attack: Attack
    norm: Norm
    label: int
    targeted: bool
    seed: int


def notes_on(attack: Attack, way: Tensor) -> tuple[str, ...]:
    """What is to be said of the direction that an attack gave: that it leads nowhere, or nothing."""
    if not bool(is_flat(way).any()):
        return ()
    return (UNCHANGED if isinstance(attack, Control) else FLAT,)


class Experiment:
    """A picture, (H, W, C) in [0, 1], before a classifier."""

    def __init__(self, classifier: Classifier, clean: Floats) -> None:
        self.classifier = classifier
        self._x = to_tensor(clean).to(classifier.device)
        self.before = to_prediction(classifier.logits(self._x)[0])

    @property
    def x(self) -> Tensor:
        """The clean picture, (1, C, H, W), on the network's device."""
        return self._x

    @property
    def values(self) -> int:
        """How many numbers the picture is made of, C·H·W."""
        return self._x[0].numel()

    def problem(self, question: Question, epsilons: Tensor) -> Problem:
        """The picture once for every ε of ``epsilons``, (n,)."""
        count = len(epsilons)
        return Problem(
            model=self.classifier.prepared,
            x=self._x.expand(count, -1, -1, -1),
            labels=torch.full((count,), question.label, device=self._x.device),
            targeted=question.targeted,
            norm=question.norm,
            epsilon=epsilons.to(self._x).view(-1, 1, 1, 1),
            seeds=(question.seed,) * count,
        )

    def direction(self, question: Question) -> Tensor:
        """The direction of an attack that scales with ε, (1, C, H, W)."""
        return direction(question.attack, self.problem(question, torch.ones(1)))

    def along(
        self, question: Question, way: Tensor, epsilon: float, ask: Callable[[Tensor], Tensor] | None = None
    ) -> Step:
        """The picture moved by ε along a direction, and the network's answer to it.

        Args:
            question: what the attack asks.
            way: the direction, (1, C, H, W).
            epsilon: how far.
            ask: gives the logits in the place of the prepared network; the same ones.
        """
        problem = self.problem(question, torch.tensor([epsilon]))
        if ask is not None:
            problem = replace(problem, model=ask)
        return judge(problem, along(problem, way), 1)

    def walk(self, question: Question, epsilon: float) -> Walk:
        """An iterative attack, ready to take its first step."""
        return Walk(self, question, run_in_parts(question.attack, self.problem(question, torch.tensor([epsilon]))))

    def attacked(self, step: Step, of: int, left: int | None, target: int | None) -> Attacked:
        """What is shown of one iterate."""
        after = to_prediction(step.logits[0])
        linf, l2 = self.norms(step.x)
        return Attacked(
            image=to_image(step.x[0]),
            prediction=after,
            verdict=verdict(self.before.label, after.label, left, target),
            linf=linf,
            l2=l2,
            step=step.index,
            steps=of,
        )

    def norms(self, moved: Tensor) -> tuple[float, float]:
        """L∞ and L2 size of the perturbation."""
        delta = (moved - self._x).cpu().double()  # on the CPU: not every device has double precision
        return float(delta.abs().max()), float(delta.square().sum().sqrt())

    def curve(self, question: Question, limit: float) -> Iterator[Curve | None]:
        """Probabilities against ε, coarse to fine; None is a place to stop."""
        count = POINTS if question.attack.scales else POINTS_OF_MANY_STEPS
        return epsilon_curve(question.attack, lambda epsilons: self.problem(question, epsilons), limit, count)

    def moved(self, question: Question, limit: float, count: int) -> Iterator[tuple[list[float], Tensor] | None]:
        """The moved pictures at ``count`` sizes up to ``limit``, some at a time; None is a place to stop."""
        return moved_pictures(question.attack, lambda epsilons: self.problem(question, epsilons), limit, count)

    def smallest(self, question: Question, limit: float) -> Iterator[Flip | None]:
        """The smallest ε that changes the answer (or reaches the target); None is a place to stop."""

        def changed(logits: Tensor) -> Tensor:
            answers: Tensor = logits.argmax(-1)
            return answers == question.label if question.targeted else answers != question.label

        return smallest_epsilon(
            question.attack,
            lambda epsilons: self.problem(question, epsilons),
            changed,
            limit,
            limit / SEARCH_STEPS,
        )


class Walk:
    """An iterative attack under way: what its iterates were like so far. It may be left and taken up again.

    The numbers of every iterate are kept; its pixels too, until they take ``WALK_BYTES``: then those of every second
    iterate, and so on.

    Attributes:
        complete: whether the last step was taken.
        notes: what is to be said of the iterates so far: that one of them had no way to go, or nothing.
    """

    def __init__(self, experiment: Experiment, question: Question, steps: Iterator[Step | None]) -> None:
        self.complete = False
        self.notes: tuple[str, ...] = ()
        self._experiment = experiment
        self._label = question.label
        self._ahead = steps
        self._count = 0
        self._kept: dict[int, Step] = {}
        self._stride = 1
        self._newest: Step | None = None
        self._loss: list[float] = []
        self._margin: list[float] = []
        self._norms: list[tuple[float, float]] = []
        self._queries: list[int] = []

    def advance(self) -> bool:
        """Takes one step, or a part of one that takes long; False where there is none left to take."""
        try:
            step = next(self._ahead)
        except StopIteration:
            self.complete = True
            return False
        if step is None:
            return True
        self._keep(step)
        self._loss.append(float(step.loss[0]))
        self._margin.append(float(margin(step.logits, torch.full_like(step.loss, self._label, dtype=torch.int64))[0]))
        self._norms.append(self._experiment.norms(step.x))
        self._queries.append(step.queries)
        if step.flat is not None and bool(step.flat.any()):
            self.notes = (FLAT,)
        return True

    def iterate(self, index: int | None) -> Step:
        """The iterate that is asked for, or the last kept one before it; None is the newest.

        Raises:
            LookupError: no step was taken yet.
        """
        if self._newest is None:
            raise LookupError("the attack has not begun")
        if index is None or index >= self._count - 1:
            return self._newest
        return self._kept[index - index % self._stride]

    def _keep(self, step: Step) -> None:
        self._newest = step
        if self._count % self._stride == 0:
            self._kept[self._count] = step
        self._count += 1
        if len(self._kept) * step.x.nbytes > WALK_BYTES and len(self._kept) > 1:
            self._stride *= 2
            self._kept = {index: kept for index, kept in self._kept.items() if index % self._stride == 0}

    def trace(self) -> Trace:
        """Loss, margin and size of every iterate so far, and what it took to get there."""
        norms = np.array(self._norms, np.float32).reshape(-1, 2)
        return Trace(
            loss=np.array(self._loss, np.float32),
            margin=np.array(self._margin, np.float32),
            linf=norms[:, 0],
            l2=norms[:, 1],
            queries=np.array(self._queries, np.int64),
        )
