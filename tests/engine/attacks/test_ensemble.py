"""Several models attacked as one: on linear ones the joined answer and its gradient are known in closed form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.attacks import Problem, direction, run
from engine.attacks.ensemble import Joined, Resized, resized
from engine.attacks.gradient import look
from engine.attacks.jacobian import Answer
from engine.attacks.problem import Ensemble
from engine.attacks.ruling import Views, make_ruling
from engine.catalogue.attacks import BIM, FGSM, PGD, CarliniWagner, DeepFool, Noise, Norm, Square
from engine.catalogue.joining import Joining
from engine.catalogue.rules import Rules

Pose = Callable[..., Problem]
CLASSES = 4
VALUES = 3 * 8 * 8


class Linear:
    """z = W x + b."""

    def __init__(self, seed: int, scale: float = 1.0) -> None:
        random = np.random.default_rng(seed)
        self.weights = torch.from_numpy(scale * random.normal(size=(CLASSES, VALUES)) / 8)
        self.bias = torch.from_numpy(random.normal(size=CLASSES))

    def __call__(self, x: Tensor) -> Tensor:
        return x.flatten(1) @ self.weights.T + self.bias


ONE, TWO = Linear(1), Linear(2, scale=3)
LABELS = torch.arange(4)


def sum_of(one: Linear, two: Linear) -> Callable[[Tensor], Tensor]:
    return lambda x: x.flatten(1) @ (one.weights + two.weights).T / 2 + (one.bias + two.bias) / 2


def gradient(joining: Joining, x: Tensor) -> Tensor:
    """∇ₓJ of the joined loss, written out."""
    flat, hot = x.flatten(1), functional.one_hot(LABELS, CLASSES).double()
    logits = [each(x) for each in (ONE, TWO)]
    if joining is Joining.LOGITS:
        wrong = (sum(logits) / 2).softmax(-1) - hot  # type: ignore[union-attr]
        return wrong @ (ONE.weights + TWO.weights) / 2
    if joining is Joining.LOSS:
        return sum((z.softmax(-1) - hot) @ net.weights for z, net in zip(logits, (ONE, TWO), strict=True)) / 2  # type: ignore[return-value]
    # −log mean p_y: every model counts by its share of the mean probability of the label
    shares = torch.stack([z.softmax(-1).gather(1, LABELS[:, None]) for z in logits])
    shares = shares / shares.sum(0)
    parts = [(z.softmax(-1) - hot) @ net.weights for z, net in zip(logits, (ONE, TWO), strict=True)]
    assert len(flat) == len(parts[0])
    return shares[0] * parts[0] + shares[1] * parts[1]


@pytest.mark.parametrize("joining", Joining)
def test_the_joined_gradient_is_the_one_written_out(pose: Pose, joining: Joining) -> None:
    problem = pose(model=ONE, ensemble=Ensemble((TWO,), joining), labels=LABELS, norm=Norm.L2)
    way = direction(FGSM(), problem).flatten(1)
    wanted = gradient(joining, problem.x)
    np.testing.assert_allclose(way, wanted / wanted.norm(dim=1, keepdim=True), rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    "attack", [BIM(steps=4), PGD(steps=4), DeepFool(), CarliniWagner(steps=5, searches=1), Square(steps=20)]
)
def test_to_craft_on_two_linear_models_is_to_attack_the_mean_of_both(pose: Pose, attack: Any) -> None:
    norm = attack.norms[0]
    both = list(run(attack, pose(model=ONE, ensemble=Ensemble((TWO,)), labels=LABELS, norm=norm, epsilon=0.05)))
    mean = list(run(attack, pose(model=sum_of(ONE, TWO), labels=LABELS, norm=norm, epsilon=0.05)))
    assert len(both) == len(mean)
    for one, other in zip(both, mean, strict=True):
        np.testing.assert_allclose(one.x, other.x, rtol=0, atol=1e-9)


@pytest.mark.parametrize("joining", Joining)
@pytest.mark.parametrize("attack", [FGSM(), BIM(steps=2), Square(steps=4)])
def test_every_iterate_is_judged_by_the_network_on_the_bench_alone(pose: Pose, attack: Any, joining: Joining) -> None:
    problem = pose(model=ONE, ensemble=Ensemble((TWO,), joining), labels=LABELS)
    for step in run(attack, problem):
        assert torch.equal(step.logits, ONE(step.x))
        np.testing.assert_allclose(step.loss, functional.cross_entropy(ONE(step.x), LABELS, reduction="none"))


def test_joined_probabilities_are_the_mean_of_both() -> None:
    x = torch.rand(3, 3, 8, 8, dtype=torch.float64)
    joined = Joined((ONE, TWO), Joining.PROBABILITIES)(x)
    np.testing.assert_allclose(joined.softmax(-1), (ONE(x).softmax(-1) + TWO(x).softmax(-1)) / 2)


def test_rules_hold_for_all_models_that_an_attack_is_crafted_on(pose: Pose) -> None:
    x = (torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(1)) * 255).round().double() / 255
    for joining in Joining:
        ruling = make_ruling(Rules(red=False, eight_bit=True), "", x)
        given = {"x": x, "labels": torch.tensor([0]), "seeds": (1,), "ruling": ruling, "epsilon": 5 / 255}
        *_, last = run(PGD(steps=3), pose(model=ONE, ensemble=Ensemble((TWO,), joining), **given))
        assert torch.equal(last.x[:, 0], x[:, 0])
        assert not torch.equal(last.x, x)
        np.testing.assert_allclose((last.x * 255).round(), last.x * 255, atol=1e-6)
        assert torch.equal(last.logits, ONE(last.x))


def test_an_attack_that_follows_no_gradient_averages_logits_in_the_place_of_losses(pose: Pose) -> None:
    attack = Square(steps=20)
    ends = []
    for joining in (Joining.LOGITS, Joining.LOSS):
        *_, last = run(attack, pose(model=ONE, ensemble=Ensemble((TWO,), joining), labels=LABELS))
        ends.append(last.x)
    assert torch.equal(*ends)


def test_noise_is_the_same_whatever_it_would_be_crafted_on(pose: Pose) -> None:
    alone = direction(Noise(), pose(model=ONE))
    assert torch.equal(direction(Noise(), pose(model=ONE, ensemble=Ensemble((TWO,)))), alone)


def test_models_of_other_classes_cannot_be_joined(pose: Pose) -> None:
    with pytest.raises(ValueError, match="same classes"):
        direction(FGSM(), pose(model=ONE, ensemble=Ensemble((lambda x: x.flatten(1)[:, :2],))))


def test_a_model_of_another_size_is_shown_the_scaled_picture_and_its_gradient_comes_back() -> None:
    x = torch.rand(2, 3, 16, 12, dtype=torch.float64).requires_grad_()
    small = Resized(ONE, (8, 8))
    (back,) = torch.autograd.grad(small(x)[:, 0].sum(), x)
    assert back.shape == x.shape
    weights = ONE.weights[0].view(1, 3, 8, 8).expand(2, -1, -1, -1)
    (wanted,) = torch.autograd.grad((resized(x, (8, 8)) * weights).sum(), x)
    np.testing.assert_allclose(back, wanted)


def test_a_scaled_picture_keeps_its_range_and_one_of_the_right_size_is_left_alone() -> None:
    x = torch.rand(1, 3, 8, 8)
    assert resized(x, (8, 8)) is x
    large = resized((x > 0.5).float(), (32, 20))
    assert large.shape == (1, 3, 32, 20)
    assert large.min() >= 0
    assert large.max() <= 1
    assert torch.allclose(resized(torch.full((1, 1, 28, 28), 0.25), (13, 9)), torch.tensor(0.25))


@pytest.mark.parametrize("attack", [BIM(steps=2), DeepFool(steps=2)])
def test_other_models_are_asked_in_evaluation_mode_and_left_in_their_own(pose: Pose, attack: Any) -> None:
    """A batch norm that trains would mix the pictures, and move what it has learnt."""
    other = nn.Sequential(nn.BatchNorm2d(3), nn.Flatten(), nn.Linear(192, 4)).double().train()
    before = [each.clone() for each in other.state_dict().values()]
    ensemble = Ensemble((other,), Joining.LOSS)
    list(run(attack, pose(model=ONE, ensemble=ensemble, labels=LABELS, norm=attack.norms[0], epsilon=0.05)))
    assert all(torch.equal(one, two) for one, two in zip(before, other.state_dict().values(), strict=True))
    assert all(each.training for each in other.modules())


def test_gradients_of_several_classes_are_means_over_views_and_models_alike(pose: Pose) -> None:
    """A view counts as much with one model as with another."""
    views = Views(Rules(views=2, crop=0.3), 0)
    problem = pose(model=ONE, ensemble=Ensemble((TWO,), Joining.LOSS), labels=LABELS, views=views)

    def first(logits: Tensor, *_: object) -> Tensor:
        return logits[:, 0]

    together = Answer(problem, problem.x).gradient(first)
    again = replace(problem, views=Views(Rules(views=2, crop=0.3), 0))
    np.testing.assert_allclose(together, look(again, again.x, first).gradient, rtol=0, atol=1e-12)


def test_the_height_that_goes_with_a_mean_gradient_is_the_mean_height(pose: Pose) -> None:
    """That of one model alone would mislead whoever searches along a line by both."""
    problem = pose(model=ONE, ensemble=Ensemble((TWO,), Joining.LOSS), labels=LABELS)
    way, reach = torch.randn_like(problem.x), 1e-6
    ahead, behind = (look(problem, problem.x + sign * reach * way) for sign in (1, -1))
    rise = (look(problem, problem.x).gradient * way).sum((1, 2, 3))
    np.testing.assert_allclose((ahead.joint - behind.joint) / (2 * reach), rise, rtol=1e-5)
    own = functional.cross_entropy(ONE(problem.x), LABELS, reduction="none")
    np.testing.assert_allclose(look(problem, problem.x).height, own)
