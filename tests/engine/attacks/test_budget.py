"""Balls: where a random start lies, which way is steepest, and what a projection does."""

import pytest
import torch
from torch import Tensor

from engine.attacks import Problem, run
from engine.attacks.budget import L2Ball, LinfBall, ball
from engine.catalogue.attacks import Noise, Norm

GREY = torch.full((400, 1, 2, 2), 0.5, dtype=torch.float64)
RADIUS = torch.full((400, 1, 1, 1), 0.2, dtype=torch.float64)
SEEDS = range(400)


def lengths(delta: Tensor) -> Tensor:
    return delta.flatten(1).square().sum(1).sqrt()


def test_a_norm_has_its_ball() -> None:
    assert ball(Norm.LINF) is LinfBall
    assert ball(Norm.L2) is L2Ball


def test_a_random_start_in_linf_is_uniform_between_minus_and_plus_epsilon() -> None:
    delta = LinfBall(GREY, RADIUS).random_start(SEEDS) - GREY
    share = (delta / 0.2).flatten()
    assert share.abs().max() <= 1 + 1e-12
    assert float(share.mean()) == pytest.approx(0, abs=0.06)
    assert float(share.square().mean()) == pytest.approx(1 / 3, abs=0.04)


def test_a_random_start_in_l2_fills_the_ball_and_not_only_its_edge_or_its_middle() -> None:
    radii = lengths(L2Ball(GREY, RADIUS).random_start(SEEDS) - GREY) / 0.2
    assert radii.max() <= 1 + 1e-12
    # In 4 dimensions the share of the ball within radius r is r⁴, so that r⁴ is uniform.
    assert float((radii**4).mean()) == pytest.approx(1 / 2, abs=0.05)
    assert float((radii**8).mean()) == pytest.approx(1 / 3, abs=0.05)


@pytest.mark.parametrize("norm", [Norm.LINF, Norm.L2])
def test_a_projection_leaves_alone_what_lies_within_and_brings_back_what_does_not(norm: Norm) -> None:
    centre = torch.tensor([0.5, 0.02]).view(1, 1, 1, 2)
    within = torch.tensor([0.55, 0.06]).view(1, 1, 1, 2)
    outside = torch.tensor([0.9, 0.32]).view(1, 1, 1, 2)
    budget = ball(norm)(centre, torch.full((1, 1, 1, 1), 0.1))
    torch.testing.assert_close(budget.project(within), within)
    wanted = [0.6, 0.12] if norm is Norm.LINF else [0.58, 0.08]
    torch.testing.assert_close(budget.project(outside).flatten(), torch.tensor(wanted))


def test_an_l2_projection_goes_onto_the_ball_first_and_into_the_box_after() -> None:
    centre = torch.tensor([0.9, 0.5]).view(1, 1, 1, 2)
    budget = L2Ball(centre, torch.full((1, 1, 1, 1), 0.5))
    # δ = (0.6, 0.8) has length 1; half of it is (0.3, 0.4), and 1.2 is cut to 1.
    projected = budget.project(torch.tensor([1.5, 1.3]).view(1, 1, 1, 2))
    torch.testing.assert_close(projected.flatten(), torch.tensor([1.0, 0.9]))


@pytest.mark.parametrize("norm", [Norm.LINF, Norm.L2])
def test_the_steepest_direction_of_a_zero_gradient_is_zero(norm: Norm) -> None:
    gradient = torch.zeros(2, 1, 2, 2)
    gradient[1, 0, 0, 0] = -1e-42
    steepest = ball(norm).steepest(gradient)
    assert not steepest[0].any()
    assert steepest[1].flatten().tolist() == [-1, 0, 0, 0]


@pytest.mark.parametrize("norm", [Norm.LINF, Norm.L2])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_noise_has_exactly_the_size_epsilon_where_the_box_allows(norm: Norm, dtype: torch.dtype) -> None:
    problem = Problem(
        model=lambda pixels: pixels.flatten(1),
        x=GREY.to(dtype),
        labels=torch.zeros(400).long(),
        targeted=False,
        norm=norm,
        epsilon=0.2,
        seeds=tuple(SEEDS),
    )
    *_, step = run(Noise(), problem)
    delta = (step.x - problem.x).double()
    if norm is Norm.LINF:
        torch.testing.assert_close(delta.abs(), torch.full_like(delta, 0.2), rtol=0, atol=1e-7)
        assert float(delta.sign().mean()) == pytest.approx(0, abs=0.08)
    else:
        torch.testing.assert_close(lengths(delta), torch.full((400,), 0.2).double(), rtol=0, atol=1e-7)


def test_noise_is_the_same_in_single_and_in_double_precision() -> None:
    drawn = {}
    for dtype in (torch.float32, torch.float64):
        start = L2Ball(GREY[:3].to(dtype), RADIUS[:3].to(dtype)).random_start([1, 2, 3])
        drawn[dtype] = start.double()
    torch.testing.assert_close(drawn[torch.float32], drawn[torch.float64], rtol=0, atol=1e-7)
