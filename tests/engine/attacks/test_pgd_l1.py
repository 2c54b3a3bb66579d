"""PGD in L1: its projection against a general solver, its steps against foolbox and against the paper's in NumPy."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy.optimize import brentq
from torch import Tensor

from engine.attacks import Problem, run
from engine.attacks.budget import L1Ball
from engine.catalogue.attacks import BIM, PGD, Noise, Norm

foolbox: Any = pytest.importorskip("foolbox")
eagerpy: Any = pytest.importorskip("eagerpy")

Pose = Callable[..., Problem]
Array = NDArray[np.float64]


def nearest(v: Array, centre: Array, radius: float) -> Array:
    """The nearest point of Σ|u − c| ≤ ε, 0 ≤ u ≤ 1, its threshold by bracketing instead of by sorting."""

    def point(theta: float) -> Array:
        change = v - centre
        lowered = np.sign(change) * np.maximum(np.abs(change) - theta, 0)
        clipped: Array = np.clip(centre + lowered, 0, 1)
        return clipped

    def excess(theta: float) -> float:
        return float(np.abs(point(theta) - centre).sum()) - radius

    if excess(0) <= 0:
        return point(0)
    return point(brentq(excess, 0, float(np.abs(v - centre).max()), xtol=1e-15, rtol=1e-15))


@pytest.mark.parametrize("radius", [0.0, 0.05, 0.7, 3.0, 10.0, 100.0])
@pytest.mark.parametrize("spread", [0.01, 0.3, 5.0])
def test_a_projection_is_the_nearest_point_of_the_ball_within_zero_and_one(radius: float, spread: float) -> None:
    random = np.random.default_rng(4)
    centre = np.clip(random.uniform(-0.2, 1.2, (20, 3, 4, 4)), 0, 1)
    away = centre + spread * random.normal(size=centre.shape)
    ours = L1Ball(torch.from_numpy(centre), torch.full((20, 1, 1, 1), radius, dtype=torch.float64)).project(
        torch.from_numpy(away)
    )
    theirs = np.stack([nearest(v, c, radius) for v, c in zip(away, centre, strict=True)])
    np.testing.assert_allclose(ours.numpy(), theirs, rtol=0, atol=1e-12)


def test_no_point_within_is_nearer_than_the_projection() -> None:
    """What makes a projection: ⟨v − Π v, u − Π v⟩ ≤ 0 for every u of a convex set."""
    source = torch.Generator().manual_seed(2)
    centre = torch.rand(1, 3, 5, 5, generator=source, dtype=torch.float64)
    budget = L1Ball(centre, torch.full((1, 1, 1, 1), 2.0).double())
    away = centre + torch.randn(centre.shape, generator=source, dtype=torch.float64)
    projected = budget.project(away)
    assert float((projected - centre).abs().sum()) == pytest.approx(2)
    within = torch.cat([budget.random_start([seed]) for seed in range(200)])
    assert ((away - projected) * (within - projected)).sum((1, 2, 3)).max() <= 1e-9


def test_equal_values_share_the_budget_and_what_is_within_stays() -> None:
    centre = torch.full((2, 1, 1, 4), 0.5)
    budget = L1Ball(centre, torch.full((2, 1, 1, 1), 0.4))
    away = centre + torch.tensor([[0.3, 0.3, -0.3, -0.3], [0.1, 0.0, -0.1, 0.0]]).view(2, 1, 1, 4)
    wanted = torch.tensor([[0.6, 0.6, 0.4, 0.4], [0.6, 0.5, 0.4, 0.5]])
    torch.testing.assert_close(budget.project(away).view(2, 4), wanted)


def test_budget_that_one_value_has_no_room_for_goes_to_the_others() -> None:
    """Onto the ball first and into [0, 1] after would leave 0.4 of 0.5 unused."""
    budget = L1Ball(torch.tensor([0.9, 0.5]).view(1, 1, 1, 2), torch.full((1, 1, 1, 1), 0.5))
    projected = budget.project(torch.tensor([9.0, 0.9]).view(1, 1, 1, 2))
    torch.testing.assert_close(projected.flatten(), torch.tensor([1.0, 0.9]))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_budget_of_a_photograph_is_kept_in_spite_of_rounding(dtype: torch.dtype) -> None:
    source = torch.Generator().manual_seed(1)
    centre = torch.rand(1, 3, 224, 224, generator=source, dtype=torch.float64).to(dtype)
    away = centre + 0.5 * torch.randn(centre.shape, generator=source, dtype=torch.float64).to(dtype)
    moved = L1Ball(centre, torch.full((1, 1, 1, 1), 60.0, dtype=dtype)).project(away)
    size = float((moved.double() - centre.double()).abs().sum())
    assert size <= 60 + (1e-2 if dtype is torch.float32 else 1e-9)
    assert size == pytest.approx(60, rel=1e-3)


def test_a_step_spreads_over_a_hundredth_of_the_values_that_have_room() -> None:
    gradient = torch.arange(1.0, 1001).view(1, 1, 20, 50) * torch.tensor([1.0, -1.0]).repeat(500).view(1, 1, 20, 50)
    x = torch.full_like(gradient, 0.5)
    budget = L1Ball(x, torch.ones(1, 1, 1, 1))
    step = budget.uphill(x, gradient).flatten()
    assert step.nonzero().flatten().tolist() == list(range(990, 1000))
    torch.testing.assert_close(step[990:], torch.tensor([0.1, -0.1] * 5))
    full = x.clone()
    full.view(-1)[998] = 1.0  # the gradient leads upwards there, and downwards at the next
    full.view(-1)[999] = 1.0
    assert budget.uphill(full, gradient).flatten().nonzero().flatten().tolist() == list(range(989, 1000))


def test_where_the_gradient_is_zero_no_step_is_taken() -> None:
    x = torch.full((1, 1, 10, 20), 0.5)
    assert not L1Ball(x, torch.ones(1, 1, 1, 1)).uphill(x, torch.zeros_like(x)).any()


class Projecting(foolbox.attacks.SparseL1DescentAttack):  # type: ignore[misc]
    """Its own projection takes one value too many into its threshold: (0.5, 0) becomes (0.45, 0) for ε = 0.4."""

    def project(self, x: Any, x0: Any, epsilon: float) -> Any:
        """The nearest point of the ball alone; into [0, 1] it goes afterwards."""
        moved = [nearest_of_ball(one, epsilon) for one in (x.raw - x0.raw).detach().numpy()]
        return x0 + eagerpy.astensor(torch.from_numpy(np.stack(moved)))


def nearest_of_ball(change: Array, radius: float) -> Array:
    return nearest(change / 100 + 0.5, np.full_like(change, 0.5), radius / 100) * 100 - 50


def test_foolbox_s_own_projection_leaves_the_ball_and_ours_does_not() -> None:
    x, centre = torch.tensor([[[[1.0, 0.5]]]]), torch.tensor([[[[0.5, 0.5]]]])
    attack = foolbox.attacks.SparseL1DescentAttack()
    theirs = attack.project(eagerpy.astensor(x), eagerpy.astensor(centre), 0.4).raw
    torch.testing.assert_close(theirs.flatten(), torch.tensor([0.95, 0.5]))
    ours = L1Ball(centre, torch.full((1, 1, 1, 1), 0.4)).project(x)
    torch.testing.assert_close(ours.flatten(), torch.tensor([0.9, 0.5]))


def foolbox_result(problem: Problem, steps: int, rel_stepsize: float) -> Tensor:
    """Its network must be frozen: its attacks would leave gradients behind."""
    assert isinstance(problem.model, torch.nn.Module)
    model = foolbox.PyTorchModel(problem.model.requires_grad_(False), bounds=(0, 1), device="cpu")
    attack = Projecting(steps=steps, rel_stepsize=rel_stepsize, random_start=False)
    criterion: Any = (
        foolbox.criteria.TargetedMisclassification if problem.targeted else foolbox.criteria.Misclassification
    )(eagerpy.astensor(problem.labels))
    _, clipped, _ = attack(model, eagerpy.astensor(problem.x), criterion, epsilons=[float(problem.epsilon)])
    found: Tensor = clipped[0].raw
    return found


@pytest.mark.parametrize("targeted", [False, True])
def test_away_from_the_ends_of_the_range_it_is_foolbox_sparse_l1_descent(pose: Pose, targeted: bool) -> None:
    x = 0.4 + 0.2 * torch.rand(4, 3, 8, 8, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    problem = pose(x=x, norm=Norm.L1, epsilon=0.4, targeted=targeted)
    *_, ours = run(BIM(steps=12, step_size=0.2), problem)
    torch.testing.assert_close(ours.x, foolbox_result(problem, 12, 0.2), rtol=0, atol=1e-9)
    assert ((ours.x - x).abs().sum((1, 2, 3)) > 0.3).all()


def test_where_values_reach_their_end_more_of_epsilon_is_used_than_by_foolbox(pose: Pose) -> None:
    """Foolbox goes onto the ball and then into [0, 1]; which loses budget, and so loss."""
    problem = pose(norm=Norm.L1, epsilon=6.0)
    *_, ours = run(BIM(steps=20, step_size=0.2), problem)
    theirs = foolbox_result(problem, 20, 0.2)
    used = (theirs - problem.x).abs().sum((1, 2, 3))
    assert ((ours.x - problem.x).abs().sum((1, 2, 3)) > used).any()
    losses = torch.nn.functional.cross_entropy(problem.model(theirs), problem.labels, reduction="none")
    assert ours.loss.mean() > losses.mean()


def test_on_a_linear_network_it_comes_near_the_exact_optimum(pose: Pose) -> None:
    """Two classes: the best δ fills the values of largest |w| to their end, one after another, until ε is used up."""
    weights = torch.randn(2, 192, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    x = torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    problem = pose(model=lambda pixels: pixels.flatten(1) @ weights.T, x=x, norm=Norm.L1, epsilon=4.0)
    *_, end = run(PGD(steps=100, step_size=0.1), problem)
    way = (weights[1] - weights[0]).numpy()
    room = np.where(way > 0, 1 - x.flatten().numpy(), x.flatten().numpy())
    left, best = 4.0, 0.0
    for place in np.argsort(-np.abs(way)):
        part = min(left, room[place])
        best, left = best + part * abs(way[place]), left - part
    reached = float((end.x - x).flatten() @ torch.from_numpy(way))
    assert 0.97 * best < reached <= best + 1e-9


def test_noise_in_l1_has_exactly_the_size_epsilon(pose: Pose) -> None:
    x = torch.full((3, 3, 8, 8), 0.5, dtype=torch.float64)
    problem = pose(x=x, norm=Norm.L1, epsilon=2.0)
    *_, end = run(Noise(), problem)
    torch.testing.assert_close((end.x - x).abs().sum((1, 2, 3)), torch.full((3,), 2.0).double())
    assert ((end.x - x) != 0).all()
