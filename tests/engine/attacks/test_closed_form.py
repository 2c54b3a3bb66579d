"""On a linear softmax network everything is known in closed form; the oracle is numpy, in double precision."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.attacks import Problem, direction, run
from engine.catalogue.attacks import BIM, FGSM, PGD, RFGSM, Norm

Pose = Callable[..., Problem]
Array = NDArray[np.float64]

Linear = Any
"""``LinearSoftmax`` of conftest.py."""


def iterates(network: Linear, problem: Problem, start: Array, steps: int, share: float) -> Iterator[Array]:
    clean, labels, epsilon = problem.x.flatten(1).numpy(), problem.labels.numpy(), float(problem.epsilon)
    x = start
    yield x
    for _ in range(steps):
        gradient = network.gradient(x, labels) * (-1 if problem.targeted else 1)
        if problem.norm is Norm.LINF:
            x = x + share * epsilon * np.sign(gradient)
            delta = np.clip(x - clean, -epsilon, epsilon)
        else:
            x = x + share * epsilon * gradient / np.linalg.norm(gradient, axis=1, keepdims=True)
            delta = x - clean
            delta = delta * np.minimum(1, epsilon / np.linalg.norm(delta, axis=1, keepdims=True))
        x = np.clip(clean + delta, 0, 1)
        yield x


@pytest.mark.parametrize("targeted", [False, True])
@pytest.mark.parametrize(("norm", "epsilon"), [(Norm.LINF, 0.06), (Norm.L2, 0.9)])
@pytest.mark.parametrize("attack", [BIM(steps=6, step_size=0.4), PGD(steps=6, step_size=0.4)])
def test_every_iterate_is_the_one_computed_by_hand(
    pose: Pose, linear: Linear, attack: BIM | PGD, norm: Norm, epsilon: float, targeted: bool
) -> None:
    problem = pose(model=linear, labels=torch.arange(4), norm=norm, epsilon=epsilon, targeted=targeted)
    steps = list(run(attack, problem))
    expected = iterates(linear, problem, steps[0].x.flatten(1).numpy(), 6, 0.4)
    for step, by_hand in zip(steps, expected, strict=True):
        np.testing.assert_allclose(step.x.flatten(1).numpy(), by_hand, rtol=0, atol=1e-12)


@pytest.mark.parametrize("targeted", [False, True])
@pytest.mark.parametrize(("norm", "epsilon"), [(Norm.LINF, 0.06), (Norm.L2, 0.9)])
def test_fgsm_is_one_whole_step(pose: Pose, linear: Linear, norm: Norm, epsilon: float, targeted: bool) -> None:
    problem = pose(model=linear, labels=torch.arange(4), norm=norm, epsilon=epsilon, targeted=targeted)
    *_, by_hand = iterates(linear, problem, problem.x.flatten(1).numpy(), 1, 1.0)
    *_, step = run(FGSM(), problem)
    np.testing.assert_allclose(step.x.flatten(1).numpy(), by_hand, rtol=0, atol=1e-12)


@pytest.mark.parametrize("targeted", [False, True])
@pytest.mark.parametrize(("norm", "epsilon"), [(Norm.LINF, 0.06), (Norm.L2, 0.9)])
def test_r_fgsm_takes_what_its_random_step_leaves_of_epsilon(
    pose: Pose, linear: Linear, norm: Norm, epsilon: float, targeted: bool
) -> None:
    problem = pose(model=linear, labels=torch.arange(4), norm=norm, epsilon=epsilon, targeted=targeted)
    start, end = run(RFGSM(random_share=0.3), problem)
    *_, by_hand = iterates(linear, problem, start.x.flatten(1).numpy(), 1, 0.7)
    np.testing.assert_allclose(end.x.flatten(1).numpy(), by_hand, rtol=0, atol=1e-12)


@pytest.mark.parametrize("norm", [Norm.LINF, Norm.L2])
def test_the_random_step_of_r_fgsm_is_of_one_size_in_every_direction(pose: Pose, linear: Linear, norm: Norm) -> None:
    grey = torch.full((4, 3, 8, 8), 0.5, dtype=torch.float64)
    start, _ = run(RFGSM(random_share=0.3), pose(model=linear, x=grey, labels=torch.arange(4), norm=norm, epsilon=0.2))
    delta = (start.x - grey).flatten(1)
    size = delta.abs() if norm is Norm.LINF else delta.square().sum(1).sqrt()
    torch.testing.assert_close(size, torch.full_like(size, 0.06))
    assert float(delta.sign().mean()) == pytest.approx(0, abs=0.1)


def test_a_gradient_of_any_size_gives_a_whole_step(pose: Pose, linear: Linear) -> None:
    """A floor under the norm, or squares that vanish in single precision, would shorten the step."""
    x = torch.full((1, 3, 8, 8), 0.5)
    for size in (1e-35, 1e-20, 1.0, 1e20):
        problem = pose(model=_sized(linear, size), x=x, norm=Norm.L2, epsilon=0.5)
        way = direction(FGSM(), problem)
        assert float(way.double().square().sum().sqrt()) == pytest.approx(1, abs=1e-6)


def _sized(linear: Linear, size: float) -> Callable[[Tensor], Tensor]:
    weights = torch.from_numpy(linear.weights).float() * size
    return lambda pixels: (pixels.flatten(1) - 0.5) @ weights.T


def test_the_loss_is_summed_so_that_a_larger_batch_does_not_shorten_the_gradient(pose: Pose, linear: Linear) -> None:
    from engine.attacks.gradient import look

    one = pose(model=linear, x=pose().x[:1])
    many = pose(model=linear, x=pose().x[:1].expand(50, -1, -1, -1), labels=torch.zeros(50).long())
    seen = look(many, many.x)
    torch.testing.assert_close(seen.gradient[:1], look(one, one.x).gradient)
    by_hand = linear.gradient(one.x.flatten(1).numpy(), np.array([0]))
    np.testing.assert_allclose(seen.gradient[:1].flatten(1).numpy(), by_hand, rtol=0, atol=1e-12)
