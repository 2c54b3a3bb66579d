"""The colour attack: one affine function of colour for the whole picture, within ε."""

from collections.abc import Callable

import numpy as np
import pytest
import torch

from engine.attacks import Problem, run
from engine.attacks.colour import recoloured
from engine.catalogue.attacks import Colour

Pose = Callable[..., Problem]


@pytest.mark.parametrize("targeted", [False, True])
def test_every_pixel_of_the_same_colour_gets_the_same_colour(pose: Pose, targeted: bool) -> None:
    palette = torch.tensor([[0.3, 0.4, 0.5], [0.6, 0.5, 0.4], [0.5, 0.5, 0.5], [0.4, 0.6, 0.7]]).double()
    where = torch.randint(0, 4, (4, 64), generator=torch.Generator().manual_seed(1))
    x = palette[where].transpose(1, 2).reshape(4, 3, 8, 8)
    *_, end = run(Colour(), pose(x=x, epsilon=0.1, targeted=targeted))
    for one in range(4):
        pixels = end.x[one].flatten(1).T
        for colour in range(4):
            alike = pixels[where[one] == colour]
            torch.testing.assert_close(alike, alike[:1].expand_as(alike))


def test_the_new_colours_are_an_affine_function_of_the_old(pose: Pose) -> None:
    x = 0.3 + 0.4 * torch.rand(4, 3, 8, 8, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    problem = pose(x=x, epsilon=0.1)
    *_, end = run(Colour(), problem)
    for clean, moved in zip(x, end.x, strict=True):
        old = np.column_stack([clean.flatten(1).T.numpy(), np.ones(64)])
        new = moved.flatten(1).T.numpy()
        fitted, *_ = np.linalg.lstsq(old, new, rcond=None)
        np.testing.assert_allclose(old @ fitted, new, atol=1e-9)
        assert np.abs(new - old[:, :3]).max() == pytest.approx(0.1)  # all of ε is used


def test_it_is_projected_gradient_descent_on_the_function_written_out_in_numpy(pose: Pose) -> None:
    """For z = W x the gradient of a margin by A and b is known, and so is every step."""
    weights = torch.randn(2, 192, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    x = 0.3 + 0.4 * torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    problem = pose(model=lambda pixels: pixels.flatten(1) @ weights.T, x=x, epsilon=0.05)
    way = (weights[1] - weights[0]).view(3, 64).numpy()  # the cross-entropy of two classes climbs along it
    colours = np.concatenate([x[0].flatten(1).numpy() - 0.5, np.ones((1, 64))])
    gradient = way @ colours.T
    unit = gradient / np.abs(gradient @ colours).max(1, keepdims=True)
    function = np.zeros((3, 4))
    for step in run(Colour(steps=6), problem):
        np.testing.assert_allclose(
            step.x[0].flatten(1).numpy(), x[0].flatten(1).numpy() + function @ colours, atol=1e-9
        )
        function = function + 0.25 * 0.05 * unit
        function *= np.minimum(1, 0.05 / np.abs(function @ colours).max(1, keepdims=True))


def test_a_grey_picture_gets_another_brightness_and_contrast(pose: Pose) -> None:
    x = 0.3 + 0.4 * torch.rand(2, 1, 8, 8, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    weights = torch.randn(3, 64, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    first, *_, end = run(Colour(), pose(model=lambda pixels: pixels.flatten(1) @ weights.T, x=x, epsilon=0.1))
    assert (end.loss > first.loss).all()
    for clean, moved in zip(x.flatten(1), end.x.flatten(1), strict=True):
        assert abs(np.corrcoef(clean, moved)[0, 1]) == pytest.approx(1)


def test_no_function_leaves_the_picture_as_it_is_to_the_bit() -> None:
    x = torch.rand(2, 3, 5, 7, generator=torch.Generator().manual_seed(2))
    assert torch.equal(recoloured(x, torch.zeros(2, 3, 4, 1)), x)
