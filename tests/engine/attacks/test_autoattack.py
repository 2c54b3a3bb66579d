"""AutoAttack: which members run, on which pictures, and who is said to have succeeded."""

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.attacks import Problem, Step, margin, run, run_in_parts
from engine.attacks.autoattack import Series
from engine.catalogue.attacks import APGD, APGDT, FABT, AutoAttack, Norm, Square
from engine.experiment import Experiment, Question
from engine.models.classifier import Classifier

Pose = Callable[..., Problem]

EPSILON = {Norm.LINF: 0.1, Norm.L2: 0.6}
every_norm = pytest.mark.parametrize("norm", AutoAttack.norms)
QUICK = AutoAttack(steps=5, targets=2, queries=10)
MEMBERS = ["apgd", "apgd-t", "fab-t", "square"]


def iterates(attack: AutoAttack, problem: Problem) -> list[Step]:
    return list(run(attack, problem))


def straight(pixels: Tensor) -> Tensor:
    """Five classes, none far from the others."""
    weights = torch.randn(192, 5, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    return pixels.flatten(1) @ weights.to(pixels.dtype)


def right(pose: Pose, **given: object) -> Problem:
    """A problem whose pictures the network all gets right."""
    given = {"model": straight, **given}
    usual = pose(**given)
    return pose(**(given | {"labels": usual.model(usual.x).argmax(1)}))


def test_its_members_have_the_published_budgets() -> None:
    assert AutoAttack().members == (
        APGD(steps=100, rho=0.75),
        APGDT(steps=100, rho=0.75, targets=9, restarts=1),
        FABT(steps=100, targets=9, search=0),
        Square(steps=5000, share=0.8),
    )


@every_norm
def test_where_nothing_helps_every_member_has_its_turn_on_every_picture(pose: Pose, norm: Norm) -> None:
    steps = iterates(QUICK, right(pose, norm=norm, epsilon=1e-6))
    for place in range(4):
        assert list(dict.fromkeys(step.by[place] for step in steps[:-1])) == MEMBERS
    assert (margin(steps[-1].logits, right(pose).labels) > 0).all()
    assert [step.index for step in steps] == list(range(len(steps)))
    assert len(steps) <= QUICK.last_index + 1


@every_norm
def test_a_picture_that_is_fooled_rests_and_all_ends_with_the_last(pose: Pose, norm: Norm) -> None:
    epsilon = torch.tensor([1e-6, 1.0, 1e-6, 1.0]).view(-1, 1, 1, 1) * 40 * EPSILON[norm]
    problem = right(pose, norm=norm, epsilon=epsilon)
    steps = iterates(QUICK, problem)
    first = next(step for step in steps if step.by[0] == "apgd-t")
    fooled = margin(first.logits, problem.labels) < 0
    assert fooled.tolist() == [False, True, False, True]
    for step in steps[first.index :]:
        assert torch.equal(step.x[fooled], first.x[fooled])
        assert [step.by[place] for place in (1, 3)] == ["apgd", "apgd"]
    easy = right(pose, norm=norm, epsilon=40 * EPSILON[norm])
    *_, end = run(QUICK, easy)
    assert end.by == ("apgd",) * 4
    assert end.index == APGD(steps=5).last_index + 1


def test_only_pictures_that_still_hold_are_asked_about(pose: Pose) -> None:
    epsilon = torch.tensor([1e-6, 4.0, 1e-6, 4.0]).view(-1, 1, 1, 1)
    problem = right(pose, epsilon=epsilon.clamp(max=1))
    asked = []

    def model(pixels: Tensor) -> Tensor:
        asked.append(len(pixels))
        return problem.model(pixels)

    watched = Problem(model, problem.x, problem.labels, False, Norm.LINF, problem.epsilon, problem.seeds)
    list(run(QUICK, watched))
    assert asked[:6] == [4] * 6
    assert set(asked[6:]) == {2}


class HidesItsSlope(nn.Module):
    """Its answer goes up stairs, so that its gradient is zero everywhere and only questions find a way."""

    def __init__(self) -> None:
        super().__init__()
        self.weights = nn.Parameter(torch.randn(192, 5, generator=torch.Generator().manual_seed(1)).double())

    def forward(self, x: Tensor) -> Tensor:
        steps = (x * 1000).round() / 1000 + 0 * x
        return steps.flatten(1) @ self.weights


def test_square_gets_past_a_network_that_hides_its_gradient_and_ends_where_it_succeeds(pose: Pose) -> None:
    problem = right(pose, model=HidesItsSlope(), epsilon=0.3)
    *before, end = run(AutoAttack(steps=3, targets=1, queries=200), problem)
    assert end.by == ("square",) * 4
    assert (margin(end.logits, problem.labels) < 0).all()
    for place in range(4):
        fooled = [step.x[place] for step in before if margin(step.logits, problem.labels)[place] < 0]
        assert all(torch.equal(each, end.x[place]) for each in fooled)
    assert sum("square" in step.by for step in before) < 200


@every_norm
def test_the_result_is_the_iterate_in_which_the_class_is_furthest_behind(pose: Pose, norm: Norm) -> None:
    problem = right(pose, norm=norm, epsilon=EPSILON[norm])
    *steps, end = iterates(QUICK, problem)
    leads = torch.stack([margin(step.logits, problem.labels) for step in steps])
    torch.testing.assert_close(margin(end.logits, problem.labels), leads.amin(0))


def test_a_network_of_three_classes_is_spared_the_member_that_compares_four(pose: Pose) -> None:
    weights = torch.randn(192, 3, generator=torch.Generator().manual_seed(1)).double()
    problem = right(pose, model=lambda pixels: pixels.flatten(1) @ weights, epsilon=1e-6)
    steps = iterates(QUICK, problem)
    assert list(dict.fromkeys(step.by[0] for step in steps[:-1])) == ["apgd", "fab-t", "square"]


def test_its_first_member_is_apgd_as_it_is_alone(pose: Pose) -> None:
    problem = right(pose, epsilon=0.05)
    for one, two in zip(run(APGD(steps=5), problem), run(QUICK, problem), strict=False):
        assert torch.equal(one.x, two.x)
        assert one.queries == two.queries


def test_within_a_step_there_is_a_place_to_stop_at_every_gradient(pose: Pose) -> None:
    asked = 0

    def model(pixels: Tensor) -> Tensor:
        nonlocal asked
        asked += 1
        return network(pixels)

    network = straight
    before, most = 0, 0
    for _ in run_in_parts(QUICK, right(pose, model=model, epsilon=1e-6)):
        most, before = max(most, asked - before), asked
    assert most <= 3


def test_a_member_that_is_not_wanted_any_more_takes_no_step(pose: Pose) -> None:
    series = Series(right(pose, epsilon=1.0))
    assert list(series.attempt(APGD(steps=5)))
    assert not list(series.attempt(Square(steps=5)))


@pytest.mark.parametrize(
    ("epsilon", "note"),
    [(0.5, "Of its members it was APGD-CE that succeeded."), (1e-6, "None of its members has succeeded.")],
)
def test_in_the_end_it_is_told_which_member_has_succeeded(epsilon: float, note: str) -> None:
    classifier = SimpleNamespace(device="cpu", prepared=straight, logits=straight)
    experiment = Experiment(cast(Classifier, classifier), np.full((8, 8, 3), 0.4, np.float32))
    question = Question(QUICK, Norm.LINF, experiment.before.label, targeted=False, seed=1)
    walk = experiment.walk(question, epsilon)
    while walk.advance():
        assert not walk.notes
        shown = experiment.attacked(walk.iterate(None), walk.last_index, question.label, None)
        assert shown.by.partition(":")[0] in {"APGD-CE", "APGD-T", "FAB-T", "Square"}
    assert walk.notes == (note,)


@pytest.fixture(scope="module")
def digits() -> tuple[nn.Module, Tensor, Tensor]:
    """A small network trained on digits, with noise, so that some of them stand; pictures that it gets right."""
    datasets = pytest.importorskip("sklearn.datasets")
    bunch = datasets.load_digits()
    x, y = torch.from_numpy(bunch.images / 16).float()[:, None], torch.from_numpy(bunch.target).long()
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = nn.Sequential(
            nn.Conv2d(1, 12, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(192, 10)
        )
        optimiser = torch.optim.Adam(network.parameters(), lr=5e-3)
        for _ in range(60):
            noisy = (x[:1500] + 0.1 * torch.randn_like(x[:1500])).clamp(0, 1)
            optimiser.zero_grad()
            functional.cross_entropy(network(noisy), y[:1500]).backward()
            optimiser.step()
    network.eval()
    is_right = network(x[1500:]).argmax(1) == y[1500:]
    return network, x[1500:][is_right][:48], y[1500:][is_right][:48]


@pytest.fixture
def authors() -> Iterator[Any]:
    module = pytest.importorskip("pyautoattack")
    with torch.random.fork_rng():
        yield module.AutoAttack


@pytest.mark.filterwarnings("ignore")  # theirs warns of whatever it dislikes
@pytest.mark.parametrize(("norm", "name"), [(Norm.LINF, "Linf"), (Norm.L2, "L2")])
def test_as_many_pictures_stand_as_after_the_authors_program(digits: Any, authors: Any, norm: Norm, name: str) -> None:
    """With the budgets of both cut alike; at most 1 of 48 falls otherwise, since the starts differ."""
    network, x, y = digits
    theirs = authors(network, norm=name, eps=EPSILON[norm], version="standard", seed=1)
    theirs.verbose = False
    theirs.apgd.n_iter = theirs.apgd_targeted.n_iter = theirs.fab.n_iter = 20
    theirs.apgd_targeted.n_target_classes = theirs.fab.n_target_classes = 4
    theirs.square.n_queries = 100
    found, *_ = theirs.run_standard_evaluation(x, y, batch_size=48)
    answers = network(found).argmax(1)
    problem = Problem(network, x, y, False, norm, EPSILON[norm], tuple(range(len(x))))
    *_, end = run(AutoAttack(steps=20, targets=4, queries=100), problem)
    ours, others = int((end.logits.argmax(1) == y).sum()), int((answers == y).sum())
    assert 4 < others < 44  # there is something to compare
    assert abs(ours - others) <= 1
