"""FAB and FAB-T against AutoAttack's, and against the exact distances of a linear network."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from engine.attacks import Problem, Step, search
from engine.attacks.budget import ball
from engine.attacks.fab import fab_t
from engine.attacks.hyperplane import Plane, way_onto
from engine.catalogue.attacks import FAB, FABT, Norm

Pose = Callable[..., Problem]
every_norm = pytest.mark.parametrize("norm", [Norm.LINF, Norm.L2, Norm.L1])

NAMES = {Norm.LINF: "Linf", Norm.L2: "L2", Norm.L1: "L1"}
STEPS = 15


def bent(dtype: torch.dtype = torch.float64) -> nn.Module:
    with torch.random.fork_rng():
        torch.manual_seed(3)
        network = nn.Sequential(nn.Flatten(), nn.Linear(192, 40), nn.Softplus(beta=3), nn.Linear(40, 5))
    return network.to(dtype).eval()


def pictures(count: int = 12, dtype: torch.dtype = torch.float64) -> Tensor:
    return torch.rand(count, 3, 8, 8, generator=torch.Generator().manual_seed(1), dtype=torch.float64).to(dtype)


def aims(network: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    with torch.no_grad():
        return network(x).argmax(1)


def steps_of(attack: FAB | FABT, problem: Problem) -> list[Step]:
    return [step for step in search(attack, problem) if step is not None]


def sizes(x: Tensor, problem: Problem) -> Tensor:
    return ball(problem.norm).size(x - problem.x).flatten()


def of_autoattack(problem: Problem, targeted: bool) -> Any:
    """Theirs, which works in single precision."""
    program = pytest.importorskip("pyautoattack.fab_pt")
    return program.FABAttack_PT(
        problem.model, norm=NAMES[problem.norm], n_iter=STEPS, targeted=targeted, n_target_classes=4, device="cpu"
    )


@every_norm
def test_the_change_is_that_of_autoattack(pose: Pose, norm: Norm) -> None:
    """In single precision, in which the last digits of a few steps are all that may differ."""
    network, x = bent(torch.float32), pictures(dtype=torch.float32)
    problem = pose(model=network, x=x, labels=aims(network, x), norm=norm)
    theirs = of_autoattack(problem, targeted=False).attack_single_run(x, problem.labels)
    end = steps_of(FAB(steps=STEPS, search=0), problem)[-1]
    assert (sizes(theirs, problem) > 0).all()
    torch.testing.assert_close(sizes(end.x, problem), sizes(theirs, problem), rtol=2e-3, atol=1e-6)


@every_norm
def test_every_run_of_fab_t_finds_what_that_of_autoattack_does(pose: Pose, norm: Norm) -> None:
    network, x = bent(torch.float32), pictures(dtype=torch.float32)
    problem = pose(model=network, x=x, labels=aims(network, x), norm=norm)
    theirs = of_autoattack(problem, targeted=True)
    steps = steps_of(FABT(steps=STEPS, targets=4, search=0), problem)
    for run in range(4):
        theirs.target_class = run + 2
        expected = sizes(theirs.attack_single_run(x, problem.labels, is_targeted=True), problem)
        found = torch.full((12,), torch.inf)
        for step in steps[run * (STEPS + 1) : (run + 1) * (STEPS + 1)]:
            fools = step.logits.argmax(1) != problem.labels
            found = torch.where(fools, torch.minimum(found, sizes(step.x, problem)), found)
        torch.testing.assert_close(found.nan_to_num(posinf=0), expected, rtol=2e-3, atol=1e-6)


@every_norm
@pytest.mark.parametrize("attack", [FAB(), FABT(targets=3)])
def test_on_a_linear_network_the_change_is_the_exact_distance(
    pose: Pose, linear: Any, attack: FAB | FABT, norm: Norm
) -> None:
    """The steps alone end five hundredths beyond it, the last search takes them back."""
    x = pose().x
    labels = linear(x).argmax(1)
    problem = pose(model=linear, x=x, labels=labels, norm=norm)
    weights, logits = torch.from_numpy(linear.weights), linear(x)
    exact = torch.full((4,), torch.inf, dtype=torch.float64)
    for other in range(4):
        normal = (weights[other] - weights[labels]).view_as(x)
        value = logits[:, other] - logits[torch.arange(4), labels]
        size = ball(norm).size(way_onto(Plane(normal, x, value), x, norm)).flatten()
        exact = torch.where(labels == other, exact, torch.minimum(exact, size))
    end = steps_of(attack, problem)[-1]
    assert (end.logits.argmax(1) != labels).all()
    ratio = sizes(end.x, problem) / exact
    assert (ratio >= 1 - 1e-9).all()
    assert (ratio <= 1.01).all()


@every_norm
def test_the_end_is_smaller_than_every_iterate_that_fools(pose: Pose, norm: Norm) -> None:
    network, x = bent(), pictures()
    problem = pose(model=network, x=x, labels=aims(network, x), norm=norm)
    for attack in (FAB(steps=6), FAB(steps=6, search=0)):
        *iterates, end = steps_of(attack, problem)
        smallest = torch.full((12,), torch.inf, dtype=torch.float64)
        for step in iterates:
            fools = step.logits.argmax(1) != problem.labels
            smallest = torch.where(fools, torch.minimum(smallest, sizes(step.x, problem)), smallest)
        assert smallest.isfinite().all()
        assert (end.logits.argmax(1) != problem.labels).all()
        if attack.search:
            assert (sizes(end.x, problem) <= smallest).all()
        else:
            assert torch.equal(sizes(end.x, problem), smallest)


@every_norm
def test_later_starts_are_half_as_far_as_the_best_change(pose: Pose, norm: Norm) -> None:
    network, x = bent(), pictures() * 0.6 + 0.2
    problem = pose(model=network, x=x, labels=aims(network, x), norm=norm)
    attack = FAB(steps=5, restarts=2, search=0)
    assert attack.draws
    steps = steps_of(attack, problem)
    assert torch.equal(steps[0].x, x)
    best = sizes(steps_of(FAB(steps=5, search=0), problem)[-1].x, problem)
    torch.testing.assert_close(sizes(steps[6].x, problem), best / 2)
    assert (sizes(steps[-1].x, problem) <= best).all()


def test_pictures_with_enough_rest_and_are_asked_about_no_more(pose: Pose) -> None:
    network, x = bent(), pictures(4)
    asked: list[int] = []

    def counting(pixels: Tensor) -> Any:
        asked.append(len(pixels))
        return network(pixels)

    labels = aims(network, x)
    enough = torch.tensor([0.0, 9.0, 0.0, 9.0], dtype=torch.float64)
    problem = pose(model=counting, x=x, labels=labels, norm=Norm.L2)
    steps = [step for step in fab_t(FABT(steps=4, targets=2, search=0), problem, enough) if step is not None]
    assert sorted(set(asked)) == [2, 4]
    for step in steps[5:10]:
        assert torch.equal(step.x[1::2], steps[4].x[1::2])
    assert [step.index for step in steps] == list(range(11))
    asked.clear()
    everything = torch.full((4,), torch.inf, dtype=torch.float64)
    wrong = pose(model=counting, x=x, labels=(labels + 1) % 5, norm=Norm.L2)
    first, last = fab_t(FABT(steps=4), wrong, everything)
    assert first is not None
    assert last is not None
    assert torch.equal(last.x, x)
    assert asked == [4]


def test_no_more_classes_are_asked_than_allowed_and_a_place_to_stop_comes_after_each(pose: Pose) -> None:
    network, x = bent(), pictures(2)
    problem = pose(model=network, x=x, labels=aims(network, x), seeds=(1, 2))
    parts = list(search(FAB(steps=3, candidates=2, search=0), problem))
    start, later = [True, True, False, False], [True, True, False]
    assert [part is None for part in parts] == [*start, *later, *later, False]
