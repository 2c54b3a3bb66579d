"""Small networks before a picture and a perturbed one, for the tests of what hangs on layers and units."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor, nn

from engine.catalogue.attacks import FGSM, Norm
from engine.experiment import Experiment, Question, to_prediction
from engine.images import Recipe
from engine.look import Look
from engine.models.classifier import Classifier
from engine.network.live import Live
from engine.network.subject import Subject
from engine.network.watched import Watched

CLASSES = 5


class Residual(nn.Module):
    """A stem, a block with a skip, and a head."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 6, 3, padding=1)
        self.branch = nn.Conv2d(6, 6, 3, padding=1)
        self.relu = nn.ReLU(inplace=True)
        self.head = nn.Linear(6, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, H, W) to (N, CLASSES)."""
        x = self.relu(self.stem(x))
        x = self.relu(self.branch(x) + x)
        return self.head(x.mean((2, 3)))


class Tokens(nn.Module):
    """Patches as tokens, attention among them, and a head on their mean."""

    def __init__(self) -> None:
        super().__init__()
        self.cut = nn.Conv2d(3, 8, 4, stride=4)
        self.norm = nn.LayerNorm(8)
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)
        self.head = nn.Linear(8, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, H, W) to (N, CLASSES)."""
        tokens = self.norm(self.cut(x).flatten(2).transpose(1, 2))
        return self.head((tokens + self.attention(tokens, tokens, tokens)[0]).mean(1))


class ChannelsLast(nn.Module):
    """A block that works on (N, H, W, C), as those of ConvNeXt and Swin do."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 6, 2, stride=2)
        self.norm = nn.LayerNorm(6)
        self.wide = nn.Linear(6, 10)
        self.head = nn.Linear(10, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, H, W) to (N, CLASSES)."""
        x = self.wide(self.norm(self.stem(x).permute(0, 2, 3, 1)))
        return self.head(x.relu().mean((1, 2)))


class OnePicture(nn.Module):
    """Its code takes for granted that it is asked about one picture."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 4, 3, padding=1)
        self.head = nn.Linear(4, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        """(1, 3, H, W) to (1, CLASSES); of more pictures it makes one."""
        means = self.stem(x).relu().mean((2, 3))
        return self.head(means - means.mean(0) * (len(x) - 1))


def seeded(kind: type[nn.Module]) -> nn.Module:
    """A network with the same weights every time."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        return kind()


def classifier(network: nn.Module, side: int = 16, classes: int = CLASSES) -> Classifier:
    """A network with its recipe."""
    return Classifier(
        network,
        name="tiny",
        title="Tiny",
        classes=[f"class {each}" for each in range(classes)],
        recipe=Recipe(side, (side, side)),
        mean=[0.5] * 3,
        std=[0.25] * 3,
    )


def subject_of(network: nn.Module, look: Look | None = None, *, side: int = 16, classes: int = CLASSES) -> Subject:
    """That network before random pixels and the same with ε = 0.2 of FGSM."""
    watched = Watched(classifier(network, side, classes))
    pixels = (np.random.default_rng(1).integers(40, 216, (side, side, 3)) / 255).astype(np.float32)
    experiment = Experiment(watched.classifier, pixels)
    question = Question(FGSM(), Norm.LINF, experiment.before.label, targeted=False, seed=0)
    ((_, moved),) = [each for each in experiment.moved(question, 0.2, 2) if each is not None]
    attacked = moved[1:].detach()
    with torch.no_grad():
        after = to_prediction(watched.values(attacked, [])[0][0])
    return Subject(
        watched=watched,
        live=Live(watched),
        experiment=experiment,
        question=question,
        limit=0.2,
        clean=experiment.x,
        attacked=attacked,
        before=experiment.before,
        after=after,
        left=experiment.before.label,
        look=look or Look(),
    )


def in_half_precision(subject: Subject, network: nn.Module) -> Subject:
    """The same pictures before another copy of the network, in half precision."""
    watched = Watched(classifier(network.half(), subject.clean.shape[-1], len(subject.before.probabilities)))
    return replace(subject, watched=watched, live=Live(watched))


def looking_at(subject: Subject, **look: object) -> Subject:
    """The same with another look."""
    return replace(subject, look=subject.look.with_(**look))


def logits(subject: Subject, x: Tensor) -> Tensor:
    """The network's own answer, (N, K)."""
    with torch.no_grad():
        answer: Tensor = subject.watched.classifier.module(x)
    return answer
