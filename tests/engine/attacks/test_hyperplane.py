"""The nearest point of a plane within [0, 1]: against linear programming, against FAB's own, and by what defines it."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy.optimize import brentq, linprog
from torch import Tensor

from engine.attacks.budget import ball
from engine.attacks.hyperplane import Plane, way_onto
from engine.catalogue.attacks import Norm

every_norm = pytest.mark.parametrize("norm", [Norm.LINF, Norm.L2, Norm.L1])


def drawn_planes(count: int, seed: int = 0, far: float = 1.0) -> tuple[Plane, Tensor]:
    """Planes at some distance of pictures with values at 0 and 1, and zeros in their normals."""
    source = torch.Generator().manual_seed(seed)
    x = torch.rand(count, 2, 3, 4, generator=source, dtype=torch.float64).mul(1.4).sub(0.2).clamp(0, 1)
    normal = torch.randn(count, 2, 3, 4, generator=source, dtype=torch.float64)
    normal[:, 0, 0] = 0
    return Plane(normal, x, far * torch.randn(count, generator=source, dtype=torch.float64)), x


def smallest_by_programming(plane: Plane, x: Tensor, norm: Norm) -> float:
    """The smallest size of a change of one picture that ends on the plane within [0, 1]."""
    weights, low, high = (each.flatten().numpy() for each in (plane.normal, -x, 1 - x))
    gap = -float(plane.height(x))
    size = len(weights)
    if norm is Norm.L2:
        sign = np.sign(gap)

        def moved(pace: float) -> NDArray[np.float64]:
            changes: NDArray[np.float64] = np.clip(pace * sign * weights, low, high)
            return changes

        pace = brentq(lambda pace: float(weights @ moved(pace)) - gap, 0, 1e3, xtol=1e-14)
        return float(np.linalg.norm(moved(pace)))
    if norm is Norm.L1:  # what goes up and what goes down, apart
        solved = linprog(
            np.ones(2 * size),
            A_eq=np.concatenate([weights, -weights])[None],
            b_eq=[gap],
            bounds=[(0, each) for each in high] + [(0, -each) for each in low],
        )
    else:  # one more unknown, which none exceeds
        sides = np.concatenate([np.eye(size), -np.eye(size)])
        solved = linprog(
            np.append(np.zeros(size), 1),
            A_ub=np.hstack([sides, -np.ones((2 * size, 1))]),
            b_ub=np.zeros(2 * size),
            A_eq=np.append(weights, 0)[None],
            b_eq=[gap],
            bounds=[*zip(low, high, strict=True), (0, None)],
        )
    assert solved.success
    return float(solved.fun)


@every_norm
def test_the_way_ends_on_the_plane_and_none_is_shorter(norm: Norm) -> None:
    planes, x = drawn_planes(12, seed=int(norm == Norm.L2))
    way = way_onto(planes, x, norm)
    torch.testing.assert_close(planes.height(x + way), torch.zeros(12, dtype=torch.float64), rtol=0, atol=1e-12)
    assert (x + way).min() >= 0
    assert (x + way).max() <= 1
    sizes = ball(norm).size(way).flatten()
    for place, size in enumerate(sizes):
        part = slice(place, place + 1)
        plane = Plane(planes.normal[part], planes.point[part], planes.value[part])
        assert float(size) == pytest.approx(smallest_by_programming(plane, x[part], norm), abs=1e-8)


@every_norm
def test_where_the_plane_is_out_of_reach_every_value_goes_as_far_as_it_can(norm: Norm) -> None:
    planes, x = drawn_planes(5, far=0)
    planes = Plane(planes.normal, planes.point, torch.full((5,), -1e3, dtype=torch.float64))
    end = x + way_onto(planes, x, norm)
    wanted = torch.where(planes.normal > 0, 1.0, torch.where(planes.normal < 0, 0.0, x))
    torch.testing.assert_close(end, wanted)


@every_norm
def test_a_picture_on_the_plane_or_before_a_flat_network_stays(norm: Norm) -> None:
    planes, x = drawn_planes(3)
    on = Plane(planes.normal, x, torch.zeros(3, dtype=torch.float64))
    flat = Plane(torch.zeros_like(x), x, planes.value)
    for plane in (on, flat):
        assert not way_onto(plane, x, norm).any()


@every_norm
def test_the_way_is_that_of_autoattack(norm: Norm) -> None:
    projections = pytest.importorskip("pyautoattack.fab_projections")
    theirs = {
        Norm.LINF: projections.projection_linf,
        Norm.L2: projections.projection_l2,
        Norm.L1: projections.projection_l1,
    }[norm]
    planes, x = drawn_planes(40, seed=3)
    offset = (planes.normal * x).flatten(1).sum(1) - planes.value  # theirs are {z : <w, z> = b}
    expected = theirs(x.float().flatten(1), planes.normal.float().flatten(1), offset.float())
    torch.testing.assert_close(way_onto(planes, x, norm).flatten(1).float(), expected, rtol=0, atol=1e-5)
