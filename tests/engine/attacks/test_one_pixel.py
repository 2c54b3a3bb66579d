"""One pixel: SciPy's differential evolution with the same offspring, and the best pixel of a linear network."""

from collections.abc import Callable, Iterable
from itertools import product
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy.optimize import differential_evolution
from torch import Generator, Tensor, nn

from engine.attacks import Problem, run, run_in_parts
from engine.attacks.one_pixel import Evolution
from engine.catalogue.attacks import Norm, OnePixel

Pose = Callable[..., Problem]
Array = NDArray[np.float64]

every_aim = pytest.mark.parametrize("targeted", [False, True])


def exhaust(steps: Iterable[object]) -> None:
    for _ in steps:
        pass


def one(pose: Pose, network: nn.Module, targeted: bool = False, epsilon: float = 2.0, place: int = 0) -> Problem:
    x = pose().x[place : place + 1]
    ranked = network(x).argsort(1, descending=True)
    labels = ranked[:, -1] if targeted else ranked[:, 0]
    return pose(model=network, x=x, labels=labels, targeted=targeted, norm=Norm.L0, epsilon=epsilon, seeds=(6,))


class BySciPy:
    """SciPy's selection of the offspring that ours breeds, from the same first candidates."""

    def __init__(self, ours: Evolution, twin: Evolution, fitness: Callable[[Tensor], Tensor]) -> None:
        self.ours, self.twin, self.fitness = ours, twin, fitness
        self.before = twin.candidates
        self.bred = twin.candidates
        self.generations = 0

    def run(self, generations: int) -> None:
        differential_evolution(
            lambda columns: self.fitness(self.twin.painted(torch.from_numpy(columns.T.copy()))).numpy(),
            [(0.0, 1.0)] * self.before.shape[1],
            strategy=self.strategy,
            init=self.before.numpy(),
            maxiter=generations,
            polish=False,
            vectorized=True,
            updating="deferred",
            tol=0,
            atol=-1,
            callback=self.compare,
        )

    def strategy(self, candidate: int, population: Array, rng: object = None) -> Array:
        if candidate == 0:  # a generation begins: ours breeds, its twin tells what
            self.before = self.twin.candidates = self.ours.candidates.clone()
            self.bred = self.twin.offspring()
            exhaust(self.ours.breed())
        # SciPy brings its best to the front, so that a candidate is found by what it is.
        place = int((self.before - torch.from_numpy(population[candidate])).abs().sum(1).argmin())
        child: Array = self.bred[place].numpy()
        return child

    def compare(self, intermediate_result: Any) -> None:
        self.generations += 1
        theirs = intermediate_result.population
        ours = self.ours.candidates.numpy()
        np.testing.assert_allclose(theirs[theirs[:, 0].argsort()], ours[ours[:, 0].argsort()], rtol=0, atol=1e-12)
        assert intermediate_result.fun == pytest.approx(float(self.ours.fitness.min()), abs=1e-12)


@every_aim
def test_every_generation_is_that_of_scipy_with_the_same_offspring(
    pose: Pose, lively: nn.Module, targeted: bool
) -> None:
    attack, problem = OnePixel(population=20), one(pose, lively, targeted)

    def fitness(pictures: Tensor) -> Tensor:
        with torch.no_grad():
            rise: Tensor = lively(pictures).log_softmax(1)[:, int(problem.labels)]
        return -rise if targeted else rise

    ours, twin = (Evolution(problem, attack, Generator().manual_seed(1)) for _ in range(2))
    exhaust(ours.breed())
    first = float(ours.fitness.min())
    by_scipy = BySciPy(ours, twin, fitness)
    by_scipy.run(12)
    assert by_scipy.generations == 12
    assert float(ours.fitness.min()) < first


@every_aim
def test_it_finds_the_best_pixel_of_a_linear_network(pose: Pose, targeted: bool) -> None:
    """There the best colour of a pixel lies in a corner of the cube, so that all may be tried."""
    weights = torch.randn(3, 48, generator=Generator().manual_seed(2), dtype=torch.float64)

    def model(pixels: Tensor) -> Tensor:
        return pixels.flatten(1) @ weights.T / 4

    x = torch.full((1, 3, 4, 4), 0.5, dtype=torch.float64)
    problem = pose(
        model=model, x=x, labels=torch.zeros(1).long(), targeted=targeted, norm=Norm.L0, epsilon=1.0, seeds=(1,)
    )
    corners = []
    for row, column, colour in product(range(4), range(4), product((0.0, 1.0), repeat=3)):
        corner = x.clone()
        corner[0, :, row, column] = torch.tensor(colour).double()
        corners.append(corner)
    rises = model(torch.cat(corners)).log_softmax(1)[:, 0]
    best = corners[int(rises.argmax() if targeted else rises.argmin())]
    *_, end = run(OnePixel(steps=100, population=60), problem)
    assert torch.equal((end.x != x).any(1), (best != x).any(1))
    torch.testing.assert_close(end.x, best, rtol=0, atol=0.03)


def test_as_many_pixels_are_changed_as_epsilon_says_rounded_down(pose: Pose, lively: nn.Module) -> None:
    for epsilon, most in ((0.9, 0), (1.0, 1), (1.9, 1), (5.0, 5), (1000.0, 64)):
        problem = one(pose, lively, epsilon=epsilon)
        counts = [int((step.x != problem.x).any(1).sum()) for step in run(OnePixel(steps=2, population=8), problem)]
        assert counts[0] == 0
        assert max(counts) <= most
        assert max(counts) >= most // 3


def test_the_best_never_gets_worse_and_a_picture_that_is_done_rests(pose: Pose, lively: nn.Module) -> None:
    problem = one(pose, lively, epsilon=3.0)
    steps = list(run(OnePixel(steps=25, population=15), problem))
    losses = torch.cat([step.loss for step in steps[1:]])
    assert (losses.diff() >= 0).all()
    assert losses[-1] > losses[0]

    def certain(pixels: Tensor) -> Tensor:
        sure: Tensor = 300 * lively(pixels)
        return sure

    queries = [step.queries for step in run(OnePixel(steps=25, population=15), one(pose, certain, epsilon=20.0))]  # type: ignore[arg-type]
    assert queries[-1] - queries[-2] == 1  # it is shown, and no offspring is asked about
    assert queries[1] - queries[0] == 16


def test_it_may_be_left_after_every_pass(pose: Pose) -> None:
    asked: list[int] = []

    def model(pixels: Tensor) -> Tensor:
        asked.append(len(pixels))
        return pixels.flatten(1)[:, :5]

    x = torch.full((1, 3, 224, 224), 0.5)
    problem = pose(model=model, x=x, labels=torch.zeros(1).long(), norm=Norm.L0, epsilon=2.0)
    before = 0
    for _ in run_in_parts(OnePixel(steps=1, population=10), problem):
        assert len(asked) - before <= 1
        before = len(asked)
    assert max(asked) <= 4
    assert sum(asked) == 23


def test_colours_are_drawn_around_grey_and_places_from_the_whole_picture(pose: Pose, lively: nn.Module) -> None:
    candidates = Evolution(
        one(pose, lively, epsilon=1.0), OnePixel(population=2000), Generator().manual_seed(0)
    ).candidates
    places, colours = candidates[:, :2], candidates[:, 2:]
    assert places.min() < 0.01
    assert places.max() > 0.99
    assert float(colours.median()) == pytest.approx(128 / 255, abs=0.03)
    assert 0.25 < float(((colours == 0) | (colours == 1)).double().mean()) < 0.4  # beyond one deviation


def test_offspring_are_mixed_of_three_others_and_stay_within_bounds(pose: Pose, lively: nn.Module) -> None:
    evolution = Evolution(one(pose, lively), OnePixel(population=5), Generator().manual_seed(0))
    evolution.candidates = torch.eye(5, 10, dtype=torch.float64) * 0.5 + 0.25
    for _ in range(20):
        child = evolution.offspring()
        assert ((child >= 0) & (child <= 1)).all()
        # a + ½ (b − c): ¾, ½ and 0 of the others' own places, and ¼ at its own.
        assert torch.equal(child.diagonal(), torch.full((5,), 0.25, dtype=torch.float64))
        assert [sorted(row[:5].tolist()) for row in child] == [[0.0, 0.25, 0.25, 0.5, 0.75]] * 5
