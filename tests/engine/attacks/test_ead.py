"""EAD against foolbox's, which follows the paper, and against the exact distances of a linear network."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from engine.attacks import Problem, Step, ead, search
from engine.attacks.hyperplane import Plane, way_onto
from engine.catalogue.attacks import EAD, Norm

foolbox = pytest.importorskip("foolbox")

Pose = Callable[..., Problem]
either_way = pytest.mark.parametrize("targeted", [False, True])


def bent() -> nn.Module:
    with torch.random.fork_rng():
        torch.manual_seed(3)
        network = nn.Sequential(nn.Flatten(), nn.Linear(192, 40), nn.Softplus(beta=3), nn.Linear(40, 5))
    return network.double().eval()


def aims(network: nn.Module, x: Tensor, targeted: bool = False) -> Tensor:
    """The classes that the network answers with, or towards a target the second likeliest ones."""
    with torch.no_grad():
        ranks: Tensor = network(x).topk(2, 1).indices
    return ranks[:, int(targeted)]


def steps_of(attack: EAD, problem: Problem) -> list[Step]:
    return [step for step in search(attack, problem) if step is not None]


@either_way
@pytest.mark.parametrize("rule", ["EN", "L1"])
@pytest.mark.parametrize("confidence", [0.0, 0.2])
def test_the_change_is_that_of_foolbox_where_no_search_ends_early(
    pose: Pose, targeted: bool, rule: str, confidence: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The authors' program and torchattacks count the look ahead from 1; the paper and foolbox from 0."""
    monkeypatch.setattr(ead, "STALLED", torch.inf)
    network = bent()
    problem = pose(model=network, labels=aims(network, pose().x, targeted), norm=Norm.L1, targeted=targeted)
    options = {"steps": 25, "confidence": confidence}
    theirs = foolbox.attacks.EADAttack(
        **options,
        binary_search_steps=6,
        initial_stepsize=0.02,
        initial_const=0.5,
        regularization=0.01,
        decision_rule=rule,
        abort_early=False,
    )
    model = foolbox.PyTorchModel(network, bounds=(0, 1), device="cpu")
    kind = foolbox.criteria.TargetedMisclassification if targeted else foolbox.criteria.Misclassification
    expected = theirs.run(model, problem.x, kind(problem.labels))
    attack = EAD(**options, searches=6, rate=0.02, weight=0.5, beta=0.01, elastic=rule == "EN")  # type: ignore[arg-type]
    end = steps_of(attack, problem)[-1]
    assert (end.x - problem.x).abs().flatten(1).amax(1).min() > 1e-3
    torch.testing.assert_close(end.x, expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize("fast", [True, False])
def test_on_a_linear_network_the_change_is_not_much_larger_than_the_exact_distance(
    pose: Pose, linear: Any, fast: bool
) -> None:
    x = pose().x * 0.6 + 0.2
    labels = linear(x).argmax(1)
    end = steps_of(EAD(fast=fast), pose(model=linear, x=x, labels=labels, norm=Norm.L1))[-1]
    assert (end.logits.argmax(1) != labels).all()
    weights, logits = torch.from_numpy(linear.weights), linear(x)
    exact = torch.full((4,), torch.inf, dtype=torch.float64)
    for other in range(4):
        normal = (weights[other] - weights[labels]).view_as(x)
        value = logits[:, other] - logits[torch.arange(4), labels]
        size = way_onto(Plane(normal, x, value), x, Norm.L1).abs().sum((1, 2, 3))
        exact = torch.where(labels == other, exact, torch.minimum(exact, size))
    ratio = (end.x - x).abs().sum((1, 2, 3)) / exact
    assert (ratio >= 1 - 1e-9).all()
    assert (ratio <= 1.6).all()


def test_shrinking_puts_small_changes_back_and_makes_others_smaller_within_zero_and_one() -> None:
    clean = torch.tensor([0.5, 0.5, 0.5, 0.5, 1.0, 0.0], dtype=torch.float64)
    z = torch.tensor([0.55, 0.45, 0.8, 0.3, 1.5, -0.05], dtype=torch.float64)
    wanted = torch.tensor([0.5, 0.5, 0.7, 0.4, 1.0, 0.0], dtype=torch.float64)
    torch.testing.assert_close(ead.shrunk(z, clean, 0.1), wanted)


def test_a_price_makes_the_change_sparser_and_smaller_in_l1(pose: Pose) -> None:
    network = bent()
    problem = pose(model=network, labels=aims(network, pose().x), norm=Norm.L1)
    dear, free = (steps_of(EAD(beta=beta), problem)[-1].x - problem.x for beta in (0.01, 0.0))
    assert (dear != 0).sum() < (free != 0).sum() / 2
    assert (dear.abs().sum((1, 2, 3)) < free.abs().sum((1, 2, 3))).all()


@either_way
def test_the_change_leads_by_the_confidence(pose: Pose, targeted: bool) -> None:
    network = bent()
    problem = pose(model=network, labels=aims(network, pose().x, targeted), norm=Norm.L1, targeted=targeted)
    end = steps_of(EAD(confidence=0.3), problem)[-1]
    label = end.logits.gather(1, problem.labels[:, None])[:, 0]
    others = end.logits.scatter(1, problem.labels[:, None], -torch.inf).amax(1)
    assert ((label - others) * (1 if targeted else -1) >= 0.3).all()


def test_a_picture_whose_search_has_come_to_rest_is_not_asked_about(pose: Pose) -> None:
    """With the first weights nothing is worth its price: the pictures stay, and a tenth of the steps shows it."""
    network = bent()
    asked: list[int] = []

    def counting(pixels: Tensor) -> Any:
        asked.append(len(pixels))
        return network(pixels)

    problem = pose(model=counting, labels=aims(network, pose().x), norm=Norm.L1)
    steps = steps_of(EAD(searches=1, weight=1e-6, steps=100), problem)
    assert all(torch.equal(step.x, problem.x) for step in steps)
    assert len(asked) == 1 + 2 * 11 - 1  # the look at the clean pictures serves the first step
    assert [step.index for step in steps] == list(range(len(steps)))


def test_every_picture_rests_by_itself(pose: Pose) -> None:
    network = bent()
    x = pose().x
    problem = pose(model=network, labels=aims(network, x), norm=Norm.L1)
    asked: list[int] = []

    def counting(pixels: Tensor) -> Any:
        asked.append(len(pixels))
        return network(pixels)

    together = steps_of(EAD(steps=60), pose(model=counting, labels=problem.labels, norm=Norm.L1))[-1]
    assert min(asked) < max(asked)
    for place in range(4):
        part = slice(place, place + 1)
        alone = pose(model=network, x=x[part], labels=problem.labels[part], norm=Norm.L1)
        end = steps_of(EAD(steps=60), alone)[-1]
        torch.testing.assert_close(end.x[0], together.x[place], rtol=0, atol=1e-9)
