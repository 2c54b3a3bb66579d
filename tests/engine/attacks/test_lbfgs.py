"""L-BFGS: the same as scipy called in the ordinary way, and nothing left behind wherever it is left."""

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy.optimize import minimize
from torch import Tensor, nn

from engine.attacks import Problem, lbfgs, run, search
from engine.attacks.optimiser import Optimiser
from engine.attacks.problem import Ensemble
from engine.catalogue.attacks import LBFGS, Norm
from engine.catalogue.joining import Joining

Pose = Callable[..., Problem]
Array = NDArray[np.float64]
Linear = Any
"""``LinearSoftmax`` of conftest.py."""


def alive() -> list[threading.Thread]:
    return [each for each in threading.enumerate() if each.name == "l-bfgs"]


def by_scipy(linear: Linear, clean: Array, target: int, targeted_from: int | None, steps: int, searches: int) -> Array:
    """One picture's smallest change, with scipy's own loop; any answer but ``targeted_from`` will do, if given."""
    weight, low, high = 0.01, 0.0, np.inf
    best, size = clean, np.inf
    for _ in range(searches):
        asked: list[tuple[float, bool]] = []

        def objective(x: Array, weight: float = weight, asked: list[tuple[float, bool]] = asked) -> tuple[float, Array]:
            nonlocal best, size
            if len(asked) == steps:
                raise StopIteration
            z = linear.weights @ x + linear.bias
            does = z.argmax() == target if targeted_from is None else z.argmax() != targeted_from
            value = np.square(x - clean).sum() + weight * (np.log(np.exp(z - z.max()).sum()) + z.max() - z[target])
            asked.append((value, bool(does)))
            if does and np.linalg.norm(x - clean) < size:
                best, size = x.copy(), float(np.linalg.norm(x - clean))
            gradient = linear.gradient(x[None], np.array([target]))[0]
            return value, 2 * (x - clean) + weight * gradient

        try:
            limits = {"ftol": 1e-9, "gtol": 0.0}
            minimize(objective, clean, jac=True, method="L-BFGS-B", bounds=[(0, 1)] * len(clean), options=limits)
        except StopIteration:
            pass
        if min(asked)[1]:
            high = weight
        else:
            low = weight
        weight = (low + high) / 2 if np.isfinite(high) else 10 * weight
    return best


@pytest.mark.parametrize("targeted", [False, True])
def test_every_picture_of_a_batch_gets_what_scipy_finds_for_it_alone(
    pose: Pose, linear: Linear, targeted: bool
) -> None:
    x = pose().x
    logits = linear(x)
    ranks = logits.argsort(1, descending=True)
    labels = ranks[:, 2] if targeted else ranks[:, 0]
    problem = pose(model=linear, labels=labels, norm=Norm.L2, targeted=targeted)
    *_, found = (each for each in search(LBFGS(steps=12, searches=6), problem) if each is not None)
    for place in range(4):
        target = int(ranks[place, 2 if targeted else 1])
        left = None if targeted else int(ranks[place, 0])
        expected = by_scipy(linear, x[place].flatten().numpy(), target, left, steps=12, searches=6)
        assert np.linalg.norm(expected - x[place].flatten().numpy()) > 0
        np.testing.assert_allclose(found.x[place].flatten().numpy(), expected, rtol=0, atol=1e-7)


def test_between_two_classes_it_finds_the_nearest_point_of_the_boundary(pose: Pose) -> None:
    weights = torch.randn(192, generator=torch.Generator().manual_seed(4), dtype=torch.float64)
    x = torch.full((1, 3, 8, 8), 0.5, dtype=torch.float64)

    def network(pixels: Tensor) -> Tensor:
        score = 1.5 - (pixels - x).flatten(1) @ weights
        return torch.stack([score, torch.zeros_like(score)], 1)

    problem = pose(model=network, x=x, labels=torch.zeros(1).long(), norm=Norm.L2)
    *_, found = (each for each in search(LBFGS(searches=16), problem) if each is not None)
    assert float((found.x - x).norm()) == pytest.approx(1.5 / float(weights.norm()), rel=5e-3)


def test_the_network_is_asked_on_the_thread_of_whoever_takes_the_steps(pose: Pose, network: nn.Module) -> None:
    asked_on: set[str] = set()

    def watched(pixels: Tensor) -> Tensor:
        asked_on.add(threading.current_thread().name)
        answer: Tensor = network(pixels)
        return answer

    list(run(LBFGS(steps=3, searches=2), pose(model=watched, norm=Norm.L2, targeted=True)))
    assert asked_on == {threading.current_thread().name}


def test_a_search_that_is_closed_half_way_leaves_no_thread(pose: Pose) -> None:
    steps = run(LBFGS(), pose(norm=Norm.L2, targeted=True))
    for _ in range(4):
        next(steps)
    assert len(alive()) == 4
    steps.close()  # type: ignore[attr-defined]
    assert alive() == []


def test_a_search_that_is_dropped_half_way_leaves_no_thread(pose: Pose) -> None:
    steps = run(LBFGS(), pose(norm=Norm.L2, targeted=True))
    for _ in range(4):
        next(steps)
    del steps
    assert alive() == []


def test_a_network_that_fails_in_the_middle_leaves_no_thread(pose: Pose, network: nn.Module) -> None:
    calls: list[int] = []

    def failing(pixels: Tensor) -> Tensor:
        calls.append(len(pixels))
        if len(calls) == 4:
            raise RuntimeError("the fourth time")
        answer: Tensor = network(pixels)
        return answer

    with pytest.raises(RuntimeError, match="the fourth time"):
        list(run(LBFGS(), pose(model=failing, norm=Norm.L2, targeted=True)))
    assert alive() == []


def test_the_optimiser_gives_points_and_is_told_what_they_are_like() -> None:
    optimiser = Optimiser(np.array([0.9, 0.9]))
    lowest = np.array([0.25, -1.0])
    point = last = start = optimiser.point()
    while point is not None:
        last = point
        optimiser.tell(float(np.square(point - lowest).sum()), 2 * (point - lowest))
        point = optimiser.point()
    assert start is not None
    assert last is not None
    np.testing.assert_allclose(last, [0.25, 0.0], atol=1e-6)
    assert optimiser.point() is None
    optimiser.close()


def test_what_goes_wrong_inside_the_optimiser_is_raised_where_the_point_is_asked_for() -> None:
    optimiser = Optimiser(np.array([0.5]))
    optimiser.point()
    optimiser.tell(1.0, np.array(["steep"]))
    with pytest.raises(ValueError, match="steep"):
        optimiser.point()
    optimiser.close()


REACH = 1e-6


class Prober:
    """In the place of the optimiser: it asks about two points close together, and keeps what it is told."""

    told: list[tuple[float, Array]]

    def __init__(self, start: Array) -> None:
        self.told = []
        self.way = np.random.default_rng(0).normal(size=len(start))
        self._points = [0.5 + 0 * start, 0.5 + REACH * self.way]
        probers.append(self)

    def point(self) -> Array | None:
        return self._points.pop(0) if self._points else None

    def tell(self, value: float, gradient: Array) -> None:
        self.told.append((value, gradient))

    def close(self) -> None:
        """There is nothing to end."""


probers: list[Prober] = []


def test_with_joined_losses_the_value_belongs_to_the_gradient(
    monkeypatch: pytest.MonkeyPatch, pose: Pose, linear: Linear
) -> None:
    """Told the bench's own loss with the mean gradient of several networks, a search along a line gives up."""

    def other(x: Tensor) -> Tensor:
        return x.flatten(1)[:, :4].square() * 9

    monkeypatch.setattr(lbfgs, "Optimiser", Prober)
    probers.clear()
    labels, ensemble = linear(pose().x).argmax(1), Ensemble((other,), Joining.LOSS)
    attack = LBFGS(searches=1, first_weight=10)
    list(search(attack, pose(model=linear, labels=labels, norm=Norm.L2, ensemble=ensemble)))
    assert len(probers) == len(labels)
    for prober in probers:
        (value, gradient), (next_value, _) = prober.told
        assert (next_value - value) / REACH == pytest.approx(gradient @ prober.way, rel=1e-3)
