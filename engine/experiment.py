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

from engine.attacks import (
    FLAT,
    UNCHANGED,
    Problem,
    Step,
    along,
    direction,
    is_flat,
    judge,
    limited,
    make_ruling,
    run_in_parts,
    search,
)
from engine.attacks.budget import ball
from engine.attacks.loss import is_reached
from engine.attacks.problem import Ensemble
from engine.attacks.weights import weights_between
from engine.catalogue.attacks import ATTACKS, Attack, Control, Norm, Weights
from engine.catalogue.rules import Rules
from engine.frame import Attacked, Curve, Flip, Floats, Prediction, verdict
from engine.robustness.epsilon import Sweep, epsilon_curve, moved_pictures, smallest_epsilon
from engine.sizes import Sizes
from engine.walk import Walk
from engine.wording import NORM_NAMES, say_epsilon

if TYPE_CHECKING:
    from engine.models.classifier import Classifier

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


def answer(classifier: Classifier, image: Floats) -> Prediction:
    """The network's answer to one picture, (H, W, C) in [0, 1]."""
    return to_prediction(classifier.logits(to_tensor(image).to(classifier.device))[0])


@dataclass(frozen=True)
class Question:
    """What an attack depends on, all but ε.

    Attributes:
        label: the class to leave, or to reach when ``targeted``.
        ensemble: what the attack is crafted on beside the network; None is nothing.
    """

    attack: Attack
    norm: Norm
    label: int
    targeted: bool
    seed: int
    rules: Rules = Rules()  # noqa: RUF009 - frozen, so one default may be shared
    mask: str = ""
    ensemble: Ensemble | None = None

    def has_changed(self, logits: Tensor) -> Tensor:
        """Which of the answers (n, K) are what the attack wants, (n,) of bool."""
        return is_reached(logits, self.label, self.targeted)


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
        self._found: tuple[Question, Tensor] | None = None
        self._weights: tuple[Question, float] | None = None

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
            ruling=make_ruling(question.rules, question.mask, self._x),
            ensemble=question.ensemble,
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

    def notes(self, question: Question, epsilon: float) -> tuple[str, ...]:
        """What is to be said at this ε: of the weights attack, which part of the weights was added, or nothing."""
        if not isinstance(question.attack, Weights) or epsilon == 0:
            return ()
        if self._weights is None or self._weights[0] != question:
            weights = weights_between(self.problem(question, torch.ones(1)))
            self._weights = question, float(ball(question.norm).size(weights))
        size, norm = self._weights[1], question.norm
        said = f"{NORM_NAMES[norm]} size {say_epsilon(size, norm)}"
        return (f"This is x + w / {size / epsilon:.3g}: the weights w between the two classes have the {said}.",)

    def walk(self, question: Question, epsilon: float) -> Walk:
        """An iterative attack, ready to take its first step; for one that finds its own size, ε does not matter."""
        problem = self.problem(question, torch.tensor([epsilon]))
        kind = search if question.attack.finds else run_in_parts
        return Walk(self, question, kind(question.attack, problem))

    def limited(self, question: Question, step: Step, epsilon: float) -> Step:
        """What a search has found, no further from the clean picture than ε."""
        return limited(self.problem(question, torch.tensor([epsilon])), step)

    def found(self, question: Question, step: Step) -> float | None:
        """The size of a change that a search has found, or None where it does not do what it should."""
        if not (question.attack.finds and question.has_changed(step.logits).item()):
            return None
        return self.sizes_of(step).of(question.norm)

    def remember(self, question: Question, found: Tensor) -> None:
        """Keeps what a search has found, (1, C, H, W), so that curves along the way there need not search again."""
        self._found = question, found

    def attacked(
        self, step: Step, of: int, left: int | None, target: int | None, found: float | None = None
    ) -> Attacked:
        """What is shown of one iterate.

        Args:
            step: the iterate.
            of: how many steps the attack takes.
            left: the class to leave, None if there is a target.
            target: the class to reach.
            found: the size that a search has found.
        """
        after = to_prediction(step.logits[0])
        sizes = self.sizes_of(step)
        return Attacked(
            image=to_image(step.x[0]),
            prediction=after,
            verdict=verdict(self.before.label, after.label, left, target),
            linf=sizes.linf,
            l2=sizes.l2,
            l1=sizes.l1,
            l0=sizes.l0,
            flow=sizes.flow,
            by=ATTACKS[step.by[0]].title if step.by else "",
            found=found,
            step=step.index,
            steps=of,
        )

    def sizes_of(self, step: Step) -> Sizes:
        """How large the perturbation of an iterate is, in every norm."""
        sizes = self.sizes(step.x)
        return sizes if step.moved is None else sizes._replace(flow=float(step.moved[0]))

    def sizes(self, moved: Tensor) -> Sizes:
        """How large the perturbation of (1, C, H, W) is, in every norm."""
        delta = (moved - self._x).cpu()[0]  # not every device has the double precision that sums are taken in
        sizes = delta.abs()
        return Sizes(
            float(sizes.max()),
            float(torch.linalg.vector_norm(delta, dtype=torch.float64)),
            float(sizes.sum(dtype=torch.float64)),
            int((sizes.amax(0) > 0).sum()),
        )

    def curve(self, question: Question, limit: float) -> Iterator[Curve | None]:
        """Probabilities against ε, coarse to fine; None is a place to stop."""
        is_straight = question.attack.scales or question.attack.finds
        return epsilon_curve(self._sweep(question, limit), POINTS if is_straight else POINTS_OF_MANY_STEPS)

    def moved(self, question: Question, limit: float, count: int) -> Iterator[tuple[list[float], Tensor] | None]:
        """The moved pictures at ``count`` sizes up to ``limit``, some at a time; None is a place to stop."""
        return moved_pictures(self._sweep(question, limit), count)

    def smallest(self, question: Question, limit: float) -> Iterator[Flip | None]:
        """The smallest ε that changes the answer (or reaches the target); None is a place to stop."""
        return smallest_epsilon(self._sweep(question, limit), question.has_changed, limit / SEARCH_STEPS)

    def _sweep(self, question: Question, limit: float) -> Sweep:
        known = self._found is not None and self._found[0] == question
        found = self._found[1] if known and self._found is not None else None
        return Sweep(question.attack, lambda epsilons: self.problem(question, epsilons), limit, found)
