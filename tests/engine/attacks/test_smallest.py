"""The searches for the smallest change: against the distance that is known on a linear network, and what they share."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from engine.attacks import GradientError, Problem, Step, search
from engine.catalogue.attacks import DDN, LBFGS, Attack, CarliniWagner, CarliniWagnerLinf, DeepFool, Norm

Pose = Callable[..., Problem]
Linear = Any
"""``LinearSoftmax`` of conftest.py."""


@dataclass(frozen=True)
class Case:
    """An attack in a norm, and how much larger than the exact distance what it finds may be."""

    attack: Attack
    norm: Norm
    most: float


CASES = [
    Case(DeepFool(), Norm.L2, 1.0201),
    Case(DeepFool(), Norm.LINF, 1.0201),
    Case(DDN(), Norm.L2, 1.05),
    Case(CarliniWagner(searches=6, steps=60, rate=0.02, first_weight=0.01), Norm.L2, 1.05),
    Case(CarliniWagnerLinf(steps=40, rate=0.03, first_weight=0.1), Norm.LINF, 1.35),
    Case(LBFGS(searches=12), Norm.L2, 1.15),  # its cross-entropy minds all the classes, not only the nearest
]
every_case = pytest.mark.parametrize("case", CASES, ids=lambda each: f"{each.attack.name}-{each.norm}")


def answers(model: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    with torch.no_grad():
        labels: Tensor = model(x).argmax(1)
        return labels


def final(attack: Attack, problem: Problem) -> Step:
    *_, step = (each for each in search(attack, problem) if each is not None)
    return step


def sizes(change: Tensor, norm: Norm) -> Tensor:
    flat = change.flatten(1)
    return flat.abs().amax(1) if norm is Norm.LINF else flat.square().sum(1).sqrt()


def exact(linear: Linear, x: Tensor, norm: Norm) -> Tensor:
    """The smallest over k of (z_y − z_k) / ‖w_y − w_k‖ in the dual norm, for pictures far from 0 and 1."""
    weights, logits = torch.from_numpy(linear.weights), linear(x)
    found = []
    for row in logits:
        label = int(row.argmax())
        others = [k for k in range(4) if k != label]
        across = torch.stack([weights[label] - weights[k] for k in others])
        lengths = across.abs().sum(1) if norm is Norm.LINF else across.square().sum(1).sqrt()
        found.append(((row[label] - row[others]) / lengths).min())
    return torch.stack(found)


@pytest.fixture
def grey() -> Tensor:
    drawn = torch.rand(6, 3, 8, 8, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    return 0.35 + 0.3 * drawn


@pytest.fixture
def bent() -> nn.Module:
    """A small network whose boundaries are curved, and near."""
    with torch.random.fork_rng():
        torch.manual_seed(3)
        return nn.Sequential(nn.Flatten(), nn.Linear(192, 40), nn.Softplus(beta=3), nn.Linear(40, 5)).double().eval()


@every_case
def test_on_a_linear_network_what_is_found_is_hardly_larger_than_the_distance_to_the_boundary(
    pose: Pose, linear: Linear, grey: Tensor, case: Case
) -> None:
    labels = answers(linear, grey)
    found = final(case.attack, pose(model=linear, x=grey, labels=labels, norm=case.norm))
    assert (answers(linear, found.x) != labels).all()
    ratio = sizes(found.x - grey, case.norm) / exact(linear, grey, case.norm)
    assert (ratio >= 1 - 1e-9).all()
    assert ratio.median() <= case.most


@every_case
@pytest.mark.parametrize("targeted", [False, True])
def test_what_is_found_does_what_it_should_and_nothing_smaller_was_seen_that_does(
    pose: Pose, bent: nn.Module, case: Case, targeted: bool
) -> None:
    if targeted and not case.attack.targetable:
        pytest.skip("leaves a class only")
    x = pose().x
    labels = (answers(bent, x) + (2 if targeted else 0)) % 5
    problem = pose(model=bent, labels=labels, norm=case.norm, targeted=targeted)
    *before, found = (each for each in search(case.attack, problem) if each is not None)

    def does(step: Step) -> Tensor:
        seen = answers(bent, step.x)
        return seen == labels if targeted else seen != labels

    assert does(found).all()
    smallest = sizes(found.x - x, case.norm)
    for step in before:
        assert (~does(step) | (sizes(step.x - x, case.norm) >= smallest - 1e-12)).all()


@every_case
def test_epsilon_is_taken_no_notice_of(pose: Pose, bent: nn.Module, case: Case) -> None:
    labels = answers(bent, pose().x)
    small, large = (
        final(_quick(case.attack), pose(model=bent, labels=labels, norm=case.norm, epsilon=epsilon))
        for epsilon in (1e-4, 5.0)
    )
    assert torch.equal(small.x, large.x)


@every_case
def test_it_starts_at_the_clean_picture_and_a_clean_picture_that_does_already_is_the_smallest_change(
    pose: Pose, bent: nn.Module, case: Case
) -> None:
    x = pose().x
    labels = answers(bent, x)
    labels[1] = (labels[1] + 1) % 5
    first, *_, last = (
        each for each in search(case.attack, pose(model=bent, labels=labels, norm=case.norm)) if each is not None
    )
    assert torch.equal(first.x, x)
    assert torch.equal(last.x[1], x[1])
    assert (sizes(last.x - x, case.norm) > 0).tolist() == [True, False, True, True]


@every_case
def test_where_nothing_is_found_it_ends_with_the_clean_picture(pose: Pose, bent: nn.Module, case: Case) -> None:
    def stubborn(pixels: Tensor) -> Tensor:
        logits = bent(pixels)
        return torch.cat([logits.amax(1, keepdim=True) + 1, logits], 1)

    problem = pose(model=stubborn, labels=torch.zeros(4).long(), norm=case.norm)
    assert torch.equal(final(_quick(case.attack), problem).x, problem.x)


@every_case
def test_logits_that_are_all_negative_or_shifted_change_nothing(pose: Pose, bent: nn.Module, case: Case) -> None:
    """A maximum over the other classes with a zero in the label's place would see nothing there."""
    labels = answers(bent, pose().x)
    plain = final(_quick(case.attack), pose(model=bent, labels=labels, norm=case.norm))
    shifted = final(_quick(case.attack), pose(model=lambda x: bent(x) - 50, labels=labels, norm=case.norm))
    torch.testing.assert_close(shifted.x, plain.x, rtol=0, atol=1e-6)


@every_case
def test_no_parameter_gets_a_gradient(pose: Pose, bent: nn.Module, case: Case) -> None:
    final(_quick(case.attack), pose(model=bent, labels=answers(bent, pose().x), norm=case.norm))
    assert all(each.grad is None for each in bent.parameters())


@every_case
def test_an_answer_that_is_no_number_is_said(pose: Pose, bent: nn.Module, case: Case) -> None:
    def breaks(pixels: Tensor) -> Tensor:
        logits = bent(pixels)
        answer: Tensor = logits / (pixels - pose().x).abs().amax((1, 2, 3)).lt(1e-9).double()[:, None]
        return answer

    steps = search(case.attack, pose(model=breaks, labels=answers(bent, pose().x), norm=case.norm))
    with pytest.raises(GradientError, match="not a finite number"):
        list(steps)


@every_case
def test_a_network_that_does_not_react_is_said_to_have_no_gradient(pose: Pose, case: Case) -> None:
    def flat(pixels: Tensor) -> Tensor:
        return pixels.flatten(1)[:, :3] * 0 + torch.tensor([2.0, 1.0, 0.0], dtype=torch.float64)

    problem = pose(model=flat, labels=torch.zeros(4).long(), norm=case.norm)
    steps = [each for each in search(_quick(case.attack), problem) if each is not None]
    assert torch.equal(steps[-1].x, problem.x)
    assert any(step.flat is not None and bool(step.flat.all()) for step in steps)


@every_case
def test_every_gradient_is_a_place_to_stop(pose: Pose, bent: nn.Module, case: Case) -> None:
    asked: list[int] = []

    def counting(pixels: Tensor) -> Tensor:
        asked.append(len(pixels))
        answer: Tensor = bent(pixels)
        return answer

    x = pose().x[:1]
    before = 0
    for _ in search(_quick(case.attack), pose(model=counting, x=x, labels=answers(bent, x), norm=case.norm)):
        assert len(asked) - before <= 2  # the answer to a step, and the one that the next is taken from
        before = len(asked)


@every_case
def test_indices_count_up_to_the_last_one_declared_or_end_before(pose: Pose, bent: nn.Module, case: Case) -> None:
    attack = _quick(case.attack)
    problem = pose(model=bent, labels=answers(bent, pose().x), norm=case.norm)
    indices = [each.index for each in search(attack, problem) if each is not None]
    assert indices[0] == 0
    assert all(later == index + 1 for index, later in pairwise(indices))
    assert 0 < indices[-1] <= attack.last_index


def _quick(attack: Attack) -> Attack:
    return type(attack)(steps=5)  # type: ignore[call-arg]
