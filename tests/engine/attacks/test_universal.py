"""A universal perturbation is the same direction for every picture, and a patch a disc of ε pixels."""

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from engine.attacks import Problem, direction, run
from engine.attacks.patch import Places, laid
from engine.catalogue.attacks import Norm, Patch, Universal
from engine.catalogue.crafted import CraftedError, CraftKind, find_crafted

Pose = Callable[..., Problem]


@pytest.mark.parametrize("norm", [Norm.LINF, Norm.L2])
def test_the_direction_is_what_was_kept_over_its_size_for_every_picture(pose: Pose, norm: Norm) -> None:
    way = direction(Universal(), pose(norm=norm))
    _, kept = find_crafted(CraftKind.UNIVERSAL, "", 3)
    size = np.abs(kept).max() if norm is Norm.LINF else np.sqrt(np.square(kept, dtype=np.float64).sum())
    for each in way:
        np.testing.assert_allclose(each, kept / size, rtol=0, atol=1e-7)


def test_a_picture_of_another_size_gets_it_stretched(pose: Pose) -> None:
    way = direction(Universal(), pose(x=torch.rand(2, 3, 16, 12, dtype=torch.float64), model=lambda x: x.flatten(1)))
    assert way.shape == (2, 3, 16, 12)
    assert way.abs().amax((1, 2, 3)).tolist() == [1.0, 1.0]


def test_one_that_is_gone_is_told(pose: Pose) -> None:
    with pytest.raises(CraftedError, match="“gone”"):
        direction(Universal("gone"), pose())


def shown(attack: Patch, pose: Pose, epsilon: float, side: int = 32) -> Tensor:
    """(H, W) of bool: which pixels of a black picture the patch covers."""
    x = torch.full((1, 3, side, side), -0.0, dtype=torch.float64)
    problem = pose(x=x, model=lambda x: x.flatten(1)[:, :5], norm=Norm.L0, epsilon=epsilon)
    *_, last = run(attack, problem)
    return (last.x[0] != 0).any(0)


@pytest.mark.parametrize("epsilon", [9.7, 50, 200, 700])
def test_a_patch_is_a_disc_whose_area_is_epsilon_and_never_more(pose: Pose, epsilon: float) -> None:
    covered = shown(Patch(), pose, epsilon)
    assert 0.8 * epsilon - 2 <= int(covered.sum()) <= epsilon
    rows, columns = torch.nonzero(covered, as_tuple=True)
    distances = (rows + 0.5 - 16).double().hypot(columns + 0.5 - 16)
    assert distances.max() <= math.sqrt(epsilon / math.pi)


def test_a_patch_lies_where_it_is_put_and_is_cut_off_at_the_edge(pose: Pose) -> None:
    rows, columns = torch.nonzero(shown(Patch(across=0.25, down=0.75), pose, 50), as_tuple=True)
    assert abs(float(rows.double().mean()) + 0.5 - 24) < 0.2
    assert abs(float(columns.double().mean()) + 0.5 - 8) < 0.2
    in_the_corner = int(shown(Patch(across=0.0, down=0.0), pose, 200).sum())
    assert 40 <= in_the_corner <= 60  # a quarter


def places(turn: float) -> Places:
    return Places(*(torch.tensor([each], dtype=torch.float64) for each in (8.0, 8.0, 8.0, turn)))


def test_a_turned_patch_is_the_patch_turned_clockwise() -> None:
    patch = torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    black = torch.zeros(1, 3, 16, 16, dtype=torch.float64)
    straight, turned = laid(black, patch, places(0)), laid(black, patch, places(math.pi / 2))
    torch.testing.assert_close(straight, torch.where(places(0).covered(black), patch, 0))  # pixel on pixel
    torch.testing.assert_close(turned, straight.rot90(-1, (2, 3)), rtol=0, atol=1e-9)


def test_the_gradient_of_a_patch_is_that_of_the_pixels_it_covers() -> None:
    patch = torch.rand(1, 3, 16, 16, dtype=torch.float64, requires_grad=True)
    weights = torch.rand(1, 3, 16, 16, dtype=torch.float64)
    at = places(0)
    (laid(torch.zeros_like(weights), patch, at) * weights).sum().backward()
    torch.testing.assert_close(patch.grad, torch.where(at.covered(weights), weights, 0), rtol=0, atol=1e-9)
