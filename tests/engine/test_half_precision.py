"""Networks in half precision are asked and attacked like any other: pictures stay in float32."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from engine.catalogue.attacks import ATTACKS, FGSM, PGD, Norm
from engine.experiment import Experiment, Question
from engine.frame import Floats
from engine.images import Recipe
from engine.models.classifier import Classifier

KINDS = (torch.float16, torch.bfloat16)


def classifier_of(kind: torch.dtype) -> Classifier:
    """A small network with a batch norm, of a type of numbers."""
    torch.manual_seed(0)
    network = nn.Sequential(
        nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(32, 5)
    )
    return Classifier(
        network.eval().to(kind),
        name="small",
        title="Small",
        classes=tuple("abcde"),
        recipe=Recipe(size=(16, 16), resize=16),
        mean=(0.5, 0.5, 0.5),
        std=(0.25, 0.25, 0.25),
    )


def picture() -> Floats:
    return np.random.default_rng(0).random((16, 16, 3), np.float32)


@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_of_float32_is_answered_in_float32_and_much_as_in_full_precision(kind: torch.dtype) -> None:
    experiment, exact = (Experiment(classifier_of(each), picture()) for each in (kind, torch.float32))
    logits = experiment.classifier.logits(experiment.x)
    assert logits.dtype == experiment.x.dtype == torch.float32
    assert next(experiment.classifier.module.parameters()).dtype == kind
    np.testing.assert_allclose(experiment.before.probabilities, exact.before.probabilities, atol=5e-3)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", [FGSM.name, PGD.name])
def test_its_attacks_keep_the_budget_and_move_the_answer(kind: torch.dtype, name: str) -> None:
    experiment = Experiment(classifier_of(kind), picture())
    question = Question(ATTACKS[name](), Norm.LINF, experiment.before.label, targeted=False, seed=0)
    if question.attack.scales:
        moved = experiment.along(question, experiment.direction(question), 0.1)
    else:
        walk = experiment.walk(question, 0.1)
        while walk.advance():
            pass
        moved = walk.iterate(None)
    assert moved.x.dtype == torch.float32
    assert experiment.sizes(moved.x).linf == pytest.approx(0.1, abs=1e-6)
    after = torch.softmax(moved.logits[0], -1)[question.label]
    assert after < experiment.before.probabilities[question.label]
