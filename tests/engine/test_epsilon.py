"""The ε curve and the smallest ε: the same as single attacks, coarse to fine, and right where the answer is known."""

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import TypeVar

import numpy as np
import pytest
import torch
from torch import Tensor

from engine.attacks import GradientError, Problem, run
from engine.catalogue.attacks import BIM, FGSM, PGD, Attack, Noise, Norm
from engine.catalogue.budgets import epsilon_limit
from engine.frame import Curve, Flip
from engine.robustness.epsilon import Sweep, coarse_to_fine, epsilon_curve, smallest_epsilon

Kind = TypeVar("Kind")

ATTACKS = [Noise(), FGSM(), BIM(steps=3), PGD(steps=3)]
every_attack = pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
every_norm = pytest.mark.parametrize("norm", [Norm.LINF, Norm.L2])


class TwoClasses:
    """z = (w·x + b, 0): class 0 wins while w·x + b > 0; counts the pictures it is shown."""

    def __init__(self) -> None:
        random = torch.Generator().manual_seed(1)
        self.weights = torch.randn(3 * 6 * 6, generator=random, dtype=torch.float64)
        self.x = 0.4 + 0.2 * torch.rand(1, 3, 6, 6, generator=random, dtype=torch.float64)
        self.gap = 2.0
        self.bias = self.gap - float(self.x.flatten() @ self.weights)
        self.shown: list[int] = []

    def __call__(self, pixels: Tensor) -> Tensor:
        self.shown.append(len(pixels))
        score = pixels.flatten(1) @ self.weights + self.bias
        return torch.stack([score, torch.zeros_like(score)], 1)

    def problem_at(self, norm: Norm) -> Callable[[Tensor], Problem]:
        return lambda epsilons: Problem(
            model=self,
            x=self.x.expand(len(epsilons), -1, -1, -1),
            labels=torch.zeros(len(epsilons)).long(),
            targeted=False,
            norm=norm,
            epsilon=epsilons.view(-1, 1, 1, 1),
            seeds=(3,) * len(epsilons),
        )

    def exact(self, norm: Norm) -> float:
        """The distance to the boundary: the gap by the dual norm of the weights."""
        dual = self.weights.abs().sum() if norm is Norm.LINF else self.weights.square().sum().sqrt()
        return self.gap / float(dual)


def sweep(attack: Attack, at: Callable[[Tensor], Problem], limit: float, per_pass: int) -> Sweep:
    made = Sweep(attack, at, limit)
    made.per_pass = per_pass
    return made


def left_class_0(logits: Tensor) -> Tensor:
    return logits.argmax(1) != 0


def given(steps: Iterator[Kind | None]) -> list[Kind]:
    return [each for each in steps if each is not None]


@pytest.fixture
def network() -> TwoClasses:
    return TwoClasses()


@every_attack
@every_norm
def test_a_point_of_the_curve_is_what_the_attack_alone_gives_there(
    network: TwoClasses, attack: Attack, norm: Norm
) -> None:
    at = network.problem_at(norm)
    curve = given(epsilon_curve(Sweep(attack, at, 2 * network.exact(norm)), count=9))[-1]
    assert len(curve.epsilons) == 9
    for epsilon, probabilities in zip(curve.epsilons, curve.probabilities, strict=True):
        *_, step = run(attack, at(torch.tensor([epsilon])))
        np.testing.assert_allclose(probabilities, step.logits.softmax(1)[0].numpy(), atol=1e-6)


@every_attack
def test_a_curve_fills_in_from_coarse_to_fine_and_stays_sorted(network: TwoClasses, attack: Attack) -> None:
    curves = given(epsilon_curve(sweep(attack, network.problem_at(Norm.LINF), 0.1, 4), count=17))
    assert [len(curve.epsilons) for curve in curves] == [4, 8, 12, 16, 17]
    assert [curve.complete for curve in curves] == [False] * 4 + [True]
    np.testing.assert_allclose(curves[0].epsilons, [0, 0.025, 0.05, 0.1], atol=1e-7)
    for earlier, later in pairwise(curves):
        assert (np.diff(later.epsilons) > 0).all()
        kept = np.isin(later.epsilons, earlier.epsilons)
        np.testing.assert_array_equal(later.probabilities[kept], earlier.probabilities)
    np.testing.assert_allclose(curves[-1].probabilities.sum(1), 1, atol=1e-6)


@pytest.mark.parametrize(
    ("count", "order"),
    [(2, [0, 1]), (3, [0, 2, 1]), (5, [0, 4, 2, 1, 3]), (9, [0, 8, 4, 2, 6, 1, 3, 5, 7]), (6, [0, 5, 4, 2, 1, 3])],
)
def test_places_are_drawn_ends_first_then_middles(count: int, order: list[int]) -> None:
    assert coarse_to_fine(count) == order


@pytest.mark.parametrize("attack", [Noise(), FGSM()])
def test_a_direction_that_scales_is_found_once_for_the_whole_curve(network: TwoClasses, attack: Attack) -> None:
    given(epsilon_curve(sweep(attack, network.problem_at(Norm.LINF), 0.1, 8), count=33))
    for_the_direction = 0 if attack == Noise() else 1
    assert sum(network.shown) == 33 + for_the_direction


def test_a_curve_of_an_iterated_attack_can_be_left_after_every_step(network: TwoClasses) -> None:
    curve = epsilon_curve(sweep(PGD(steps=5), network.problem_at(Norm.LINF), 0.1, 2), count=4)
    for _ in range(6):
        assert next(curve) is None
        assert len(network.shown) <= 6
    first = next(curve)
    assert isinstance(first, Curve)
    torch.manual_seed(5)  # other work in between changes nothing
    rest = given(curve)
    straight = given(epsilon_curve(sweep(PGD(steps=5), network.problem_at(Norm.LINF), 0.1, 2), count=4))
    np.testing.assert_array_equal(rest[-1].probabilities, straight[-1].probabilities)


@every_norm
@pytest.mark.parametrize("attack", [FGSM(), BIM(steps=10), BIM(steps=1, step_size=1.0)])
def test_the_smallest_epsilon_of_a_linear_network_is_its_distance_to_the_boundary(
    network: TwoClasses, attack: Attack, norm: Norm
) -> None:
    exact = network.exact(norm)
    tolerance = exact / 50
    flips = given(smallest_epsilon(Sweep(attack, network.problem_at(norm), 30 * exact), left_class_0, tolerance))
    assert [flip.complete for flip in flips] == [False] * (len(flips) - 1) + [True]
    found = flips[-1].epsilon
    assert found is not None
    assert exact * (1 - 1e-6) <= found <= exact + tolerance
    estimates = [flip.epsilon for flip in flips if flip.epsilon is not None]
    assert estimates == sorted(estimates, reverse=True)


@pytest.mark.parametrize("per_pass", [1, 2, 5, 100])
def test_the_smallest_epsilon_does_not_depend_on_how_many_are_tried_at_once(
    network: TwoClasses, per_pass: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.robustness.epsilon.VALUES_FORWARD", per_pass * 3 * 6 * 6)
    exact = network.exact(Norm.LINF)
    search = smallest_epsilon(Sweep(FGSM(), network.problem_at(Norm.LINF), 7 * exact), left_class_0, exact / 100)
    found = given(search)[-1].epsilon
    assert found is not None
    assert exact * (1 - 1e-6) <= found <= exact * 1.01
    assert max(network.shown) <= per_pass
    if per_pass == 1:  # the gradient, the ladder, and six halvings of the stretch between two rungs
        assert len(network.shown) <= 1 + 18 + 6


@every_attack
def test_an_answer_that_nothing_changes_is_not_found(network: TwoClasses, attack: Attack) -> None:
    limit = 0.5 * network.exact(Norm.LINF)
    flip = given(smallest_epsilon(Sweep(attack, network.problem_at(Norm.LINF), limit), left_class_0, 1e-3))[-1]
    assert flip.epsilon is None
    assert flip.limit == limit
    assert flip.complete


def test_a_picture_that_is_already_seen_otherwise_needs_no_change(network: TwoClasses) -> None:
    network.bias -= 2 * network.gap
    flips = given(smallest_epsilon(Sweep(FGSM(), network.problem_at(Norm.LINF), 0.1), left_class_0, 1e-3))
    assert [flip.epsilon for flip in flips] == [0.0]


def test_a_search_can_be_left_after_every_step_and_ends_however_fine_it_is_asked_to_be(network: TwoClasses) -> None:
    search = smallest_epsilon(Sweep(BIM(steps=3), network.problem_at(Norm.L2), 3.0), left_class_0, 0.0)
    passes = 0
    for flip in search:
        assert len(network.shown) - passes <= 1
        passes = len(network.shown)
        assert flip is None or isinstance(flip, Flip)


def test_large_pictures_are_taken_a_few_at_a_time_and_small_ones_all_at_once() -> None:
    def at(height: int, channels: int) -> Callable[[Tensor], Problem]:
        return lambda epsilons: Problem(
            model=lambda x: x.flatten(1),
            x=torch.zeros(1, channels, height, height).expand(len(epsilons), -1, -1, -1),
            labels=torch.zeros(len(epsilons)).long(),
            targeted=False,
            norm=Norm.LINF,
            epsilon=epsilons.view(-1, 1, 1, 1),
            seeds=(0,) * len(epsilons),
        )

    assert 3 <= Sweep(FGSM(), at(224, 3), 0.1).per_pass <= 8
    assert 1 <= Sweep(PGD(), at(224, 3), 0.1).per_pass <= 2
    assert Sweep(PGD(), at(1000, 3), 0.1).per_pass == 1
    assert Sweep(PGD(), at(28, 1), 0.1).per_pass >= 33


def test_a_network_that_gives_no_number_is_said_by_curve_and_search(network: TwoClasses) -> None:
    network.bias = float("nan")
    at = network.problem_at(Norm.LINF)
    with pytest.raises(GradientError, match="not a finite number"):
        given(epsilon_curve(Sweep(FGSM(), at, 0.1)))
    with pytest.raises(GradientError, match="not a finite number"):
        given(smallest_epsilon(Sweep(FGSM(), at, 0.1), left_class_0, 1e-3))


@pytest.mark.parametrize(
    ("norm", "values", "limit"),
    [
        (Norm.LINF, 3 * 224 * 224, 16 / 255),
        (Norm.LINF, 3 * 32 * 32, 16 / 255),
        (Norm.LINF, 28 * 28, 80 / 255),
        (Norm.L2, 3 * 224 * 224, 6.0),
        (Norm.L2, 3 * 32 * 32, 0.9),
        (Norm.L2, 28 * 28, 2.0),
        (Norm.L2, 1, 0.08),
    ],
)
def test_the_range_of_epsilon_fits_the_norm_and_the_size_of_the_picture(norm: Norm, values: int, limit: float) -> None:
    assert epsilon_limit(norm, values) == pytest.approx(limit, abs=1e-9)


def test_a_picture_without_values_has_no_range() -> None:
    with pytest.raises(ValueError, match="values: a picture has at least one"):
        epsilon_limit(Norm.L2, 0)
