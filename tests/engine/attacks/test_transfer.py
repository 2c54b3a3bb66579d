"""DI²-FGSM and TI-FGSM: what the network is shown, how the gradient is blurred, and the first steps by hand."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.attacks import Problem, run
from engine.attacks.budget import generators
from engine.attacks.transfer import Placed, draw_placed, gaussian, place
from engine.catalogue.attacks import BIM, DIFGSM, MIFGSM, TIFGSM, Norm

Pose = Callable[..., Problem]
Array = NDArray[np.float64]


def drawn(shape: tuple[int, int, int], probability: float, smallest: float, count: int) -> list[Placed | None]:
    (source,) = generators([3])
    return [draw_placed(torch.Size(shape), probability, smallest, source) for _ in range(count)]


def test_a_shrunk_picture_may_have_every_size_and_stand_at_every_place() -> None:
    places = [each for each in drawn((3, 20, 20), 1.0, 0.7, 3000) if each]
    assert {each.height for each in places} == set(range(14, 20))
    assert all(each.height == each.width for each in places)
    smallest = {(each.top, each.left) for each in places if each.height == 14}
    assert smallest == {(top, left) for top in range(7) for left in range(7)}


def test_an_oblong_picture_keeps_its_shape() -> None:
    for each in drawn((1, 20, 40), 1.0, 0.7, 50):
        assert each is not None
        assert each.width == 2 * each.height
        assert each.left + each.width <= 40


def test_a_picture_is_shrunk_as_often_as_is_asked() -> None:
    assert not any(drawn((3, 20, 20), 0.0, 0.5, 100))
    share = sum(each is not None for each in drawn((3, 20, 20), 0.3, 0.5, 2000)) / 2000
    assert share == pytest.approx(0.3, abs=0.04)


@pytest.mark.parametrize("shape", [(1, 1, 1), (3, 2, 3), (1, 5, 1)])
def test_pictures_of_a_few_pixels_can_be_placed_too(shape: tuple[int, int, int]) -> None:
    for each in drawn(shape, 1.0, 0.5, 20):
        assert place(torch.rand(1, *shape), [each]).shape == (1, *shape)


def test_what_is_shown_is_the_picture_shrunk_on_black_and_the_others_are_left_alone() -> None:
    x = torch.arange(32.0).view(2, 1, 4, 4)
    shown = place(x, [Placed(2, 2, 1, 2), None])
    halved = torch.tensor([[2.5, 4.5], [10.5, 12.5]])  # the means of its quarters
    expected = torch.zeros(4, 4)
    expected[1:3, 2:4] = halved
    torch.testing.assert_close(shown[0, 0], expected)
    assert torch.equal(shown[1], x[1])


@pytest.mark.parametrize("norm", [Norm.LINF, Norm.L2])
def test_pictures_that_are_never_shrunk_are_those_of_bim(pose: Pose, norm: Norm) -> None:
    problem = pose(norm=norm, epsilon=0.1)
    plain = list(run(BIM(steps=4, step_size=0.3), problem))
    for attack in (DIFGSM(steps=4, step_size=0.3, probability=0.0), DIFGSM(steps=4, step_size=0.3, smallest=1.0)):
        for one, other in zip(run(attack, problem), plain, strict=True):
            torch.testing.assert_close(one.x, other.x, rtol=0, atol=1e-12)


@pytest.mark.parametrize("targeted", [False, True])
def test_the_first_steps_of_di_are_those_computed_by_hand(pose: Pose, linear: Any, targeted: bool) -> None:
    """T is linear in the pixels: its matrix is found from what it makes of the single pixels."""
    problem = pose(model=linear, labels=torch.arange(4), epsilon=0.06, targeted=targeted)
    attack = DIFGSM(steps=3, step_size=0.3, probability=0.7, smallest=0.6)
    steps = list(run(attack, problem))
    sources = generators(problem.seeds)
    pixels = torch.eye(192, dtype=torch.float64).view(192, 3, 8, 8)
    clean, x, moved = problem.x.flatten(1).numpy(), problem.x.flatten(1).numpy(), 0
    for step in steps[1:]:
        gradients = []
        for row, source in enumerate(sources):
            at = draw_placed(problem.x.shape[1:], 0.7, 0.6, source)
            matrix = place(pixels, [at] * 192).flatten(1).numpy()
            gradients.append(linear.gradient((x[row] @ matrix)[None], np.array([row]))[0] @ matrix.T)
            moved += at is not None
        way = np.sign(gradients) * (-1 if targeted else 1)
        x = np.clip(np.clip(x + 0.3 * 0.06 * way, clean - 0.06, clean + 0.06), 0, 1)
        np.testing.assert_allclose(step.x.flatten(1).numpy(), x, rtol=0, atol=1e-10)
    assert 0 < moved < 12


def test_the_kernel_is_the_one_of_the_authors_program() -> None:
    places = np.linspace(-3, 3, 15)
    profile = np.exp(-(places**2) / 2) / np.sqrt(2 * np.pi)
    kernel = np.outer(profile, profile)
    np.testing.assert_allclose(gaussian(7).numpy(), kernel / kernel.sum(), rtol=0, atol=1e-15)
    assert gaussian(0).tolist() == [[1.0]]


@pytest.mark.parametrize("targeted", [False, True])
@pytest.mark.parametrize(("norm", "epsilon"), [(Norm.LINF, 0.06), (Norm.L2, 0.9)])
def test_the_first_steps_of_ti_are_those_computed_by_hand(
    pose: Pose, linear: Any, norm: Norm, epsilon: float, targeted: bool
) -> None:
    problem = pose(model=linear, labels=torch.arange(4), norm=norm, epsilon=epsilon, targeted=targeted)
    steps = list(run(TIFGSM(steps=3, step_size=0.3, radius=2), problem))
    clean, x, momentum = problem.x.numpy(), problem.x.numpy(), np.zeros((4, 3, 8, 8))
    for step in steps[1:]:
        gradient = linear.gradient(x.reshape(4, -1), np.arange(4)).reshape(x.shape) * (-1 if targeted else 1)
        blurred = blur(gradient, gaussian(2).numpy())
        momentum = momentum + blurred / np.abs(blurred).sum((1, 2, 3), keepdims=True)
        way = np.sign(momentum) if norm is Norm.LINF else momentum / length(momentum)
        delta = x + 0.3 * epsilon * way - clean
        delta = (
            np.clip(delta, -epsilon, epsilon) if norm is Norm.LINF else delta * np.minimum(1, epsilon / length(delta))
        )
        x = np.clip(clean + delta, 0, 1)
        np.testing.assert_allclose(step.x.numpy(), x, rtol=0, atol=1e-10)


def blur(pictures: Array, kernel: Array) -> Array:
    """Every channel with the kernel, zero beyond the edge; written out."""
    reach = len(kernel) // 2
    padded = np.pad(pictures, ((0, 0), (0, 0), (reach, reach), (reach, reach)))
    blurred = np.zeros_like(pictures)
    for row in range(8):
        for column in range(8):
            part = padded[:, :, row : row + len(kernel), column : column + len(kernel)]
            blurred[:, :, row, column] = (part * kernel).sum((2, 3))
    return blurred


def length(delta: Array) -> Array:
    return np.sqrt((delta**2).sum((1, 2, 3), keepdims=True))


@pytest.mark.parametrize("norm", [Norm.LINF, Norm.L2])
def test_without_a_blur_ti_is_mi(pose: Pose, norm: Norm) -> None:
    problem = pose(norm=norm)
    for one, other in zip(run(TIFGSM(steps=3, radius=0), problem), run(MIFGSM(steps=3), problem), strict=True):
        torch.testing.assert_close(one.x, other.x, rtol=0, atol=1e-12)


def test_a_blur_makes_the_perturbation_smoother(pose: Pose) -> None:
    def roughness(radius: int) -> Tensor:
        problem = pose(epsilon=0.05)
        *_, end = run(TIFGSM(radius=radius), problem)
        return (end.x - problem.x).diff(dim=-1).abs().mean()

    assert roughness(0) > 1.5 * roughness(3)
