"""JSMA: the paper's algorithm over all pairs in NumPy, and torchattacks where it is installed."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor, nn

from engine.attacks import Problem, Step, search
from engine.attacks.jsma import best_pair
from engine.catalogue.attacks import JSMA, Norm

Pose = Callable[..., Problem]
Array = NDArray[np.float64]

every_aim = pytest.mark.parametrize("targeted", [False, True])


def found(attack: JSMA, problem: Problem) -> list[Step]:
    return [step for step in search(attack, problem) if step is not None]


def posed(pose: Pose, network: nn.Module, targeted: bool, **given: object) -> Problem:
    x = given.pop("x", pose().x)
    assert isinstance(x, Tensor)
    ranked = network(x).argsort(1, descending=True)
    labels = ranked[:, 1] if targeted else ranked[:, 0]
    usual: dict[str, object] = {"labels": labels, "targeted": targeted, "norm": Norm.L0}
    return pose(model=network, x=x, **(usual | given))


def does(problem: Problem, step: Step) -> Tensor:
    answers = step.logits.argmax(1)
    return answers == problem.labels if problem.targeted else answers != problem.labels


class ByHand:
    """Algorithm 3 for one picture: every pair is tried. Away from a class the signs of the map are turned."""

    def __init__(self, problem: Problem, attack: JSMA) -> None:
        self.problem, self.attack = problem, attack
        self.label = int(problem.labels[0])

    def run(self) -> list[Array]:
        x: Array = self.problem.x[0].numpy().ravel()
        shown, history = [x], np.zeros(x.size)
        while not self.reached(x) and len(shown) <= self.attack.steps:
            jacobian = self.jacobian(x)
            sign = 1 if self.problem.targeted else -1
            alpha, beta = sign * jacobian[self.label], sign * np.delete(jacobian, self.label, 0).sum(0)
            up = self.best(alpha, beta, (x < 1) & (history >= 0))
            down = self.best(-alpha, -beta, (x > 0) & (history <= 0)) if self.attack.both else (0.0, 0, 0)
            (worth, p, q), way = (up, 1) if up[0] >= down[0] else (down, -1)
            if worth <= 0:
                break
            x = x.copy()
            x[[p, q]] = np.clip(x[[p, q]] + way * self.attack.theta, 0, 1)
            history[[p, q]] = way
            shown.append(x)
        return shown

    @staticmethod
    def best(alpha: Array, beta: Array, free: NDArray[np.bool_]) -> tuple[float, int, int]:
        rise, fall = alpha[:, None] + alpha, beta[:, None] + beta
        allowed = (rise > 0) & (fall < 0) & free[:, None] & free & ~np.eye(len(alpha), dtype=bool)
        worth = np.where(allowed, -rise * fall, 0)
        p, q = np.unravel_index(worth.argmax(), worth.shape)
        return float(worth[p, q]), int(p), int(q)

    def logits(self, x: Tensor) -> Tensor:
        return self.problem.model(x.view(1, *self.problem.x.shape[1:]))[0]

    def reached(self, x: Array) -> bool:
        with torch.no_grad():
            answer = int(self.logits(torch.from_numpy(x)).argmax())
        return (answer == self.label) == self.problem.targeted

    def jacobian(self, x: Array) -> Array:
        found: Array = torch.autograd.functional.jacobian(self.logits, torch.from_numpy(x)).numpy()  # type: ignore[no-untyped-call]
        return found


@every_aim
@pytest.mark.parametrize(
    "attack",
    [JSMA(steps=30), JSMA(steps=30, both=True), JSMA(steps=30, theta=0.3), JSMA(steps=30, both=True, theta=0.3)],
)
def test_every_step_is_that_of_the_algorithm_that_tries_all_pairs(
    pose: Pose, lively: nn.Module, attack: JSMA, targeted: bool
) -> None:
    steps_by_hand = 0
    for place in range(4):
        problem = posed(pose, lively, targeted, x=pose().x[place : place + 1], seeds=(1,))
        by_hand = ByHand(problem, attack).run()
        steps = found(attack, problem)
        steps_by_hand += len(by_hand) - 1
        for step, expected in zip(steps, by_hand, strict=False):
            np.testing.assert_allclose(step.x[0].numpy().ravel(), expected, rtol=0, atol=1e-12)
        assert len(steps) - len(by_hand) == (0 if does(problem, steps[-1]).all() else 1)
    assert steps_by_hand > 4


@pytest.mark.parametrize("place", [0, 1, 2, 3])
def test_towards_a_target_it_is_that_of_torchattacks(pose: Pose, lively: nn.Module, place: int) -> None:
    """Theirs leaves values above 0.99 alone, and changes its input; none of ours lies there."""
    torchattacks = pytest.importorskip("torchattacks")
    x = pose().x[place : place + 1].float() * 0.9
    network = lively.float()
    problem = posed(pose, network, True, x=x, seeds=(1,))
    theirs = torchattacks.JSMA(network, theta=1.0, gamma=1.0)
    theirs.set_mode_targeted_by_label(quiet=True)
    expected = theirs(x.clone(), problem.labels)
    last = found(JSMA(steps=96), problem)[-1]
    assert does(problem, last).all()
    torch.testing.assert_close(last.x, expected)


@every_aim
def test_it_ends_with_the_first_picture_that_reaches_the_answer(pose: Pose, lively: nn.Module, targeted: bool) -> None:
    problem = posed(pose, lively, targeted)
    steps = found(JSMA(both=True), problem)
    reached = torch.stack([does(problem, step) for step in steps])
    assert reached[-1].all()
    assert (reached.int().diff(dim=0) >= 0).all()  # none is lost again
    assert not reached[-2].all()
    for before, after in pairwise(steps):
        turned = (after.x != before.x).flatten(1).sum(1)
        assert (turned[~does(problem, before)] == 2).all()
        assert (turned[does(problem, before)] == 0).all()


def test_a_picture_that_does_not_reach_the_target_is_shown_clean_at_last(pose: Pose, lively: nn.Module) -> None:
    problem = posed(pose, lively, True, labels=torch.full((4,), 2))
    steps = found(JSMA(steps=2), problem)
    assert len(steps) == 4
    missed = ~does(problem, steps[2])
    assert missed.any()
    assert torch.equal(steps[3].x[missed], problem.x[missed])
    assert torch.equal(steps[3].x[~missed], steps[2].x[~missed])


def test_where_no_pair_helps_it_ends_at_once(pose: Pose) -> None:
    def both_rise(pixels: Tensor) -> Tensor:
        total = pixels.flatten(1).sum(1)
        return torch.stack([total + 1, total], 1)

    problem = pose(model=both_rise, labels=torch.ones(4).long(), targeted=True, norm=Norm.L0)
    steps = found(JSMA(), problem)
    assert [step.index for step in steps] == [0, 1]
    assert torch.equal(steps[-1].x, problem.x)


def test_values_that_cannot_rise_are_left_out_and_a_white_picture_is_darkened_only_if_allowed(
    pose: Pose, lively: nn.Module
) -> None:
    problem = posed(pose, lively, False, x=torch.ones(2, 3, 8, 8, dtype=torch.float64))
    assert torch.equal(found(JSMA(), problem)[-1].x, problem.x)
    assert does(problem, found(JSMA(both=True), problem)[-1]).all()


@pytest.mark.parametrize("kind", ["any", "alike", "opposed", "ties"])
def test_the_best_pair_is_that_of_all_pairs(kind: str) -> None:
    source = Generator().manual_seed(3)
    for _ in range(60):
        alpha, gamma = torch.randn(2, 40, generator=source, dtype=torch.float64)
        if kind == "alike":
            gamma = alpha + 0.1 * gamma
        elif kind == "opposed":
            gamma = 1 - alpha + 0.05 * gamma
        elif kind == "ties":
            alpha, gamma = alpha.round(), gamma.round()
        free = torch.rand(40, generator=source) < 0.7
        pair = best_pair(alpha, gamma, free)
        expected, *_ = ByHand.best(alpha.numpy(), -gamma.numpy(), free.numpy())
        assert pair.worth == pytest.approx(expected, abs=1e-12)
        if pair.worth:
            p, q = pair.places
            assert p != q
            assert free[p]
            assert free[q]
            assert float((alpha[p] + alpha[q]) * (gamma[p] + gamma[q])) == pytest.approx(expected)


def test_the_best_pair_of_a_photograph_takes_no_more_than_a_moment() -> None:
    source = Generator().manual_seed(0)
    alpha, gamma = torch.randn(2, 3 * 224 * 224, generator=source)
    pair = best_pair(alpha, gamma, torch.ones(len(alpha), dtype=torch.bool))
    assert pair.worth > float((alpha * gamma)[(alpha > 0) & (gamma > 0)].max()) * 2
    opposed = best_pair(alpha, 9 - alpha, torch.ones(len(alpha), dtype=torch.bool))  # all of them are candidates
    assert opposed.worth > 0


def test_a_step_takes_two_gradients_and_the_slope_is_told(pose: Pose, lively: nn.Module) -> None:
    problem = posed(pose, lively, True, x=pose().x[:1], seeds=(1,))
    steps = found(JSMA(both=True), problem)
    assert [step.queries for step in steps] == [1 + 2 * index for index in range(len(steps))]
    assert all(step.slope is not None and step.slope[0] > 0 for step in steps)


def test_pictures_in_another_memory_layout_give_the_same(pose: Pose, lively: nn.Module) -> None:
    usual = posed(pose, lively, False)
    other = posed(pose, lively, False, x=pose().x.to(memory_format=torch.channels_last))
    torch.testing.assert_close(found(JSMA(both=True), usual)[-1].x, found(JSMA(both=True), other)[-1].x)
