"""MI-FGSM and NI-FGSM against their formulas on a linear softmax network, in numpy."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.attacks import Problem, run
from engine.catalogue.attacks import BIM, MIFGSM, NIFGSM, Norm

Pose = Callable[..., Problem]
Array = NDArray[np.float64]

EVERY_NORM = [(Norm.LINF, 0.06), (Norm.L2, 0.9)]


def moved(x: Array, way: Array, problem: Problem, share: float) -> Array:
    """A step of ``share`` · ε along ``way``, back onto the ball, back into [0, 1]."""
    clean, epsilon = problem.x.flatten(1).numpy(), float(problem.epsilon)
    if problem.norm is Norm.LINF:
        return np.clip(np.clip(x + share * epsilon * np.sign(way), clean - epsilon, clean + epsilon), 0, 1)
    delta = x + share * epsilon * way / np.linalg.norm(way, axis=1, keepdims=True) - clean
    return np.clip(clean + delta * np.minimum(1, epsilon / np.linalg.norm(delta, axis=1, keepdims=True)), 0, 1)


def mi_fgsm(linear: Any, problem: Problem, share: float, decay: float) -> Iterator[Array]:
    """Dong et al. 2018, algorithm 1, with the ‖∇‖₁ of the paper."""
    x, momentum = problem.x.flatten(1).numpy(), np.zeros((4, 192))
    while True:
        yield x
        gradient = linear.gradient(x, problem.labels.numpy()) * (-1 if problem.targeted else 1)
        momentum = decay * momentum + gradient / np.abs(gradient).sum(1, keepdims=True)
        x = moved(x, momentum, problem, share)


def ni_fgsm(linear: Any, problem: Problem, share: float, decay: float) -> Iterator[Array]:
    """Lin et al. 2020, equations 6 to 8, with the mean |∇| of the authors' program."""
    alpha = share * float(problem.epsilon) / (1 if problem.norm is Norm.LINF else np.sqrt(192))
    x, momentum = problem.x.flatten(1).numpy(), np.zeros((4, 192))
    while True:
        yield x
        gradient = linear.gradient(x + alpha * decay * momentum, problem.labels.numpy())
        gradient = gradient * (-1 if problem.targeted else 1)
        momentum = decay * momentum + gradient / np.abs(gradient).mean(1, keepdims=True)
        x = moved(x, momentum, problem, share)


@pytest.mark.parametrize("targeted", [False, True])
@pytest.mark.parametrize(("norm", "epsilon"), EVERY_NORM)
@pytest.mark.parametrize("decay", [1.0, 0.4])
@pytest.mark.parametrize(("kind", "by_hand"), [(MIFGSM, mi_fgsm), (NIFGSM, ni_fgsm)])
def test_every_iterate_is_the_one_computed_by_hand(
    pose: Pose, linear: Any, kind: Any, by_hand: Any, decay: float, norm: Norm, epsilon: float, targeted: bool
) -> None:
    problem = pose(model=linear, labels=torch.arange(4), norm=norm, epsilon=epsilon, targeted=targeted)
    steps = list(run(kind(steps=6, step_size=0.3, decay=decay), problem))
    for step, expected in zip(steps, by_hand(linear, problem, 0.3, decay), strict=False):
        np.testing.assert_allclose(step.x.flatten(1).numpy(), expected, rtol=0, atol=1e-10)


@pytest.mark.parametrize("norm", [Norm.LINF, Norm.L2])
@pytest.mark.parametrize("kind", [MIFGSM, NIFGSM])
def test_without_momentum_it_is_bim(pose: Pose, kind: Any, norm: Norm) -> None:
    problem = pose(norm=norm, epsilon=0.1)
    plain = run(BIM(steps=4, step_size=0.3), problem)
    for one, other in zip(run(kind(steps=4, step_size=0.3, decay=0.0), problem), plain, strict=True):
        torch.testing.assert_close(one.x, other.x, rtol=0, atol=1e-12)


def test_looking_ahead_leads_elsewhere(pose: Pose) -> None:
    problem = pose(norm=Norm.L2, epsilon=2.0)
    *_, ahead = run(NIFGSM(steps=8), problem)
    *_, here = run(MIFGSM(steps=8), problem)
    assert not torch.allclose(ahead.x, here.x, atol=1e-4)


@pytest.mark.parametrize("size", [1e-35, 1e30])
def test_gradients_of_any_size_count_alike_in_the_momentum(pose: Pose, linear: Any, size: float) -> None:
    """Neither a vanishing nor an overflowing sum, in single precision."""
    weights = torch.from_numpy(linear.weights).float()
    x = torch.full((1, 3, 8, 8), 0.5)

    def sized(by: float) -> Tensor:
        problem = pose(model=lambda pixels: (pixels.flatten(1) - 0.5) @ (weights * by).T, x=x, epsilon=1e-35 / size)
        return next(step.x for step in run(MIFGSM(steps=1), problem) if step.index)

    assert torch.equal(sized(size), sized(1.0))


@pytest.mark.parametrize("kind", [MIFGSM, NIFGSM])
def test_a_picture_whose_gradient_is_zero_stays_where_it_is_and_spoils_no_other(pose: Pose, kind: Any) -> None:
    def half_blind(x: Tensor) -> Tensor:
        return x.flatten(1)[:, :5] * torch.tensor([1.0, 0.0, 1.0, 0.0], dtype=x.dtype)[:, None]

    problem = pose(model=half_blind)
    *steps, end = run(kind(steps=3), problem)
    assert all(step.flat.tolist() == [False, True, False, True] for step in steps)
    assert torch.equal(end.x[1::2], problem.x[1::2])
    assert not torch.equal(end.x[::2], problem.x[::2])


def test_momentum_carries_a_picture_over_a_flat_stretch(pose: Pose) -> None:
    x = torch.full((1, 3, 8, 8), 0.5, dtype=torch.float64)

    def ramp_that_ends(pixels: Tensor) -> Tensor:
        height = (pixels - 0.5).clamp(max=0.015).flatten(1).sum(1)
        return torch.stack([-height, height], 1)

    problem = pose(model=ramp_that_ends, x=x, epsilon=0.1)
    *steps, end = run(MIFGSM(steps=10), problem)
    assert [bool(step.flat) for step in steps[:4]] == [False, False, True, True]
    torch.testing.assert_close(end.x, x + 0.1)
    *_, stuck = run(MIFGSM(steps=10, decay=0.0), problem)
    torch.testing.assert_close(stuck.x, x + 0.02)
