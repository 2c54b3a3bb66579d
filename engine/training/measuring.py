"""What came of a training: how often the network is right, and how often still under attack, all in float32."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.attacks import Problem, run
from engine.catalogue.attacks import PGD, Norm
from engine.models.classifier import Classifier
from engine.training.data import DataSet, Pictures
from engine.training.recipe import say_size

ATTACK = PGD(steps=40, step_size=0.1)
"""What every network is attacked with; the random start of picture k comes from seed k."""

ATTACKED = 1000
"""How many test pictures are attacked."""

BUDGETS: dict[str, tuple[float, ...]] = {
    "mnist": (0.1, 0.3),
    "fashion-mnist": (0.03, 0.1),
    "cifar-10": (1 / 255, 8 / 255),
    "frog-or-ship": (1 / 255, 8 / 255),
}
"""In L∞, by data set: one that a plain network may withstand now and then, and the one of the robust twins."""

BATCH = 250


@dataclass(frozen=True)
class Measured:
    """A share of pictures that a network is right about.

    Attributes:
        pictures: which, as read.
        images: how many.
        accuracy: 0 to 1.
        epsilon: in L∞, how far they were moved by ``ATTACK``; 0 as they are.
    """

    pictures: str
    images: int
    accuracy: float
    epsilon: float = 0.0

    def describe(self) -> str:
        """As on the card."""
        share = say_share(self.accuracy)
        return f"{share} at ε = {say_size(self.epsilon)}" if self.epsilon else f"{share} of {self.pictures}"


def say_share(accuracy: float) -> str:
    """A share of pictures, to a tenth of a per cent."""
    return f"{100 * accuracy:.1f} %"


def accuracies(model: Classifier, data: DataSet) -> list[Measured]:
    """How often the network is right about the test pictures as they are."""
    return [Measured(name, len(each.x), _accuracy(model, each)) for name, each in data.tests.items()]


def robust_accuracies(model: Classifier, data: DataSet, budgets: Iterable[float]) -> list[Measured]:
    """How often it is right about the first test pictures under attack, for every ε in L∞."""
    name, whole = next(iter(data.tests.items()))
    pictures = whole.first(ATTACKED)
    return [Measured(name, len(pictures.x), _accuracy(model, pictures, epsilon), epsilon) for epsilon in budgets]


def say_robust(measured: list[Measured]) -> str:
    """The line on the card."""
    shares = ", ".join(each.describe() for each in measured)
    return f"{shares} (L∞; PGD of {ATTACK.steps} steps from a random start on {measured[0].images} test pictures)"


def _accuracy(model: Classifier, pictures: Pictures, epsilon: float = 0.0) -> float:
    right, start = 0, 0
    for x, labels in zip(*(torch.split(each, BATCH) for each in pictures), strict=True):
        pixels, wanted = (x.float() / 255).to(model.device), labels.to(model.device)
        if epsilon:
            pixels = perturbed(model, pixels, wanted, epsilon, tuple(range(start, start + len(x))))
        right += int((model.logits(pixels).argmax(1) == wanted).sum())
        start += len(x)
    return right / len(pictures.x)


def perturbed(model: Classifier, x: Tensor, labels: Tensor, epsilon: float, seeds: tuple[int, ...]) -> Tensor:
    """Pictures (N, C, H, W) in [0, 1] moved away from their labels by ``ATTACK``."""
    radius = torch.full((len(x), 1, 1, 1), epsilon).to(x)
    problem = Problem(model.prepared, x, labels, targeted=False, norm=Norm.LINF, epsilon=radius, seeds=seeds)
    return deque(run(ATTACK, problem), maxlen=1).pop().x
