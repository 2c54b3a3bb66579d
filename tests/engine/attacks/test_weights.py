"""The weights attack: on a linear network the change is a picture of the weights; others are refused."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from engine.attacks import GradientError, Problem, direction, run
from engine.attacks.budget import ball
from engine.attacks.weights import weights_between
from engine.catalogue.attacks import Norm, Weights
from engine.experiment import Experiment, Question
from engine.models.classifier import Classifier

Pose = Callable[..., Problem]

every_norm = pytest.mark.parametrize("norm", Weights.norms)


class Linear(nn.Module):
    """z = W x̂ + b of three classes on normalised pixels x̂ = (x − 0.4) / 0.25, as networks have it."""

    def __init__(self) -> None:
        super().__init__()
        random = torch.Generator().manual_seed(8)
        self.weights = nn.Parameter(torch.randn(3, 192, generator=random, dtype=torch.float64) / 20)
        self.bias = nn.Parameter(torch.randn(3, generator=random, dtype=torch.float64))

    def forward(self, x: Tensor) -> Tensor:
        return ((x - 0.4) / 0.25).flatten(1) @ self.weights.T + self.bias

    def between(self, one: int, other: int) -> Tensor:
        """What a pixel value adds to the lead of ``one`` over ``other``."""
        return ((self.weights[one] - self.weights[other]) / 0.25).detach().view(3, 8, 8)


@pytest.fixture
def linear_problem(pose: Pose) -> Problem:
    model = Linear()
    x = pose().x
    return pose(model=model, x=x, labels=model(x).argmax(1))


def test_they_are_the_difference_of_two_rows_of_the_matrix(linear_problem: Problem) -> None:
    model = linear_problem.model
    assert isinstance(model, Linear)
    second = model(linear_problem.x).topk(2).indices
    wanted = torch.stack([model.between(int(other), int(best)) for best, other in second.tolist()])
    torch.testing.assert_close(weights_between(linear_problem), wanted)


def test_towards_a_class_they_lead_from_the_strongest_other(pose: Pose) -> None:
    model = Linear()
    problem = pose(model=model, labels=torch.full((4,), 2), targeted=True)
    rivals = model(problem.x)[:, :2].argmax(1)
    wanted = torch.stack([model.between(2, int(rival)) for rival in rivals])
    torch.testing.assert_close(weights_between(problem), wanted)


@every_norm
def test_the_picture_is_x_plus_w_over_k_with_k_the_size_of_w_over_epsilon(norm: Norm, linear_problem: Problem) -> None:
    x = torch.full_like(linear_problem.x, 0.5)
    for epsilon in (0.01, 0.2):
        problem = Problem(linear_problem.model, x, linear_problem.labels, False, norm, epsilon, linear_problem.seeds)
        weights = weights_between(problem)
        k = ball(norm).size(weights) / epsilon
        *_, end = run(Weights(), problem)
        torch.testing.assert_close(end.x, (x + weights / k).clamp(0, 1))


def test_the_answer_changes_where_the_lead_divided_by_the_length_of_w_says(linear_problem: Problem) -> None:
    """In L2 no shorter change does it, as long as no value leaves [0, 1]."""
    model = linear_problem.model
    x = 0.4 + 0.2 * linear_problem.x
    labels = model(x).argmax(1)
    logits = model(x).topk(2).values
    problem = Problem(model, x, labels, False, Norm.L2, 1.0, linear_problem.seeds)
    distance = (logits[:, 0] - logits[:, 1]) / weights_between(problem).flatten(1).norm(dim=1)
    way = direction(Weights(), problem)
    for factor, holds in ((0.999, True), (1.001, False)):
        moved = x + factor * distance.view(-1, 1, 1, 1) * way
        assert moved.min() >= 0
        assert moved.max() <= 1
        assert torch.equal(model(moved).argmax(1) == labels, torch.full((4,), holds))


def test_beside_the_picture_it_is_told_which_part_of_the_weights_was_added() -> None:
    model = Linear().float()
    classifier = SimpleNamespace(device="cpu", prepared=model, logits=model)
    experiment = Experiment(cast(Classifier, classifier), np.full((8, 8, 3), 0.5, np.float32))
    question = Question(Weights(), Norm.LINF, experiment.before.label, targeted=False, seed=0)
    weights = weights_between(experiment.problem(question, torch.ones(1)))
    (said,) = experiment.notes(question, float(weights.detach().abs().max()) / 6)
    assert said.startswith("This is x + w / 6: the weights w between the two classes have the L∞ size ")
    assert not experiment.notes(question, 0.0)


@every_norm
def test_a_network_that_is_not_linear_is_refused_with_a_sentence(pose: Pose, norm: Norm) -> None:
    with pytest.raises(GradientError, match=r"it is not linear.*Choose a linear network, or FGSM"):
        direction(Weights(), pose(norm=norm))


def test_a_kink_far_from_the_picture_is_seen_too(pose: Pose) -> None:
    """Around the picture the network is linear; at white it is not what it is there."""
    linear = Linear()

    def kinked(pixels: Tensor) -> Tensor:
        return linear(pixels).relu() if float(pixels.detach().mean()) > 0.99 else linear(pixels)

    with pytest.raises(GradientError, match="not linear"):
        direction(Weights(), pose(model=kinked, labels=torch.zeros(4).long()))


@every_norm
@pytest.mark.parametrize("targeted", [False, True])
def test_it_keeps_the_promises_of_every_attack(pose: Pose, norm: Norm, targeted: bool) -> None:
    """Those that ``test_promises.py`` checks of the others: budget, range, network, singles like the batch."""
    model = Linear().train()
    epsilon = torch.tensor([0.0, 0.02, 0.3, 1.5], dtype=torch.float64).view(-1, 1, 1, 1)
    problem = pose(model=model, norm=norm, epsilon=epsilon, labels=torch.tensor([0, 1, 2, 0]), targeted=targeted)
    state = torch.get_rng_state()
    first, end = run(Weights(), problem)
    assert torch.equal(first.x, problem.x)
    assert torch.equal(end.x[0], problem.x[0])
    assert (ball(norm).size(end.x - problem.x) <= epsilon + 1e-9).all()
    assert end.x.min() >= 0
    assert end.x.max() <= 1
    assert (end.loss[1:] < first.loss[1:]).all() if targeted else (end.loss[1:] > first.loss[1:]).all()
    assert model.training
    assert model.weights.grad is None
    assert torch.equal(torch.get_rng_state(), state)
    for place in range(4):
        one = slice(place, place + 1)
        alone = pose(
            model=model,
            x=problem.x[one],
            norm=norm,
            epsilon=epsilon[one],
            labels=problem.labels[one],
            targeted=targeted,
            seeds=problem.seeds[one],
        )
        *_, single = run(Weights(), alone)
        torch.testing.assert_close(single.x, end.x[one], rtol=0, atol=1e-12)
