"""From a picture to the square that a network sees."""

from __future__ import annotations

from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from engine.frame import Pixels
from engine.images import Interpolation, Recipe, place, placing, window
from engine.request import Placement

SMALL = Recipe(resize=32, size=(28, 28))


def noise(height: int, width: int, seed: int = 0) -> Pixels:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def levels(values: Any) -> Any:
    return np.rint(values * 255).astype(int)


@pytest.mark.parametrize(
    "shape", [(300, 451), (451, 300), (224, 224), (256, 256), (40, 31), (257, 999), (1, 9), (7, 1)]
)
@pytest.mark.parametrize("interpolation", get_args(Interpolation))
@pytest.mark.parametrize(("resize", "size"), [(256, (224, 224)), (235, (224, 224)), (100, (123, 90)), (33, (28, 29))])
def test_the_crop_is_torchvisions_bit_for_bit(
    shape: tuple[int, int], interpolation: Interpolation, resize: int, size: tuple[int, int]
) -> None:
    from torchvision.transforms import InterpolationMode
    from torchvision.transforms import functional as oracle

    pixels = noise(*shape)
    expected = oracle.resize(Image.fromarray(pixels), [resize], InterpolationMode(interpolation))
    expected = oracle.to_tensor(oracle.center_crop(expected, list(size))).permute(1, 2, 0).numpy()
    placed = place(pixels, Placement.CROP, Recipe(resize, size, interpolation))
    assert placed.dtype == np.float32
    assert np.array_equal(placed, expected)


def test_the_window_of_the_crop_is_what_is_left_of_the_picture() -> None:
    # 300 x 451 becomes 256 x 384, of which the middle 224 x 224 are kept.
    seen = window((300, 451), Placement.CROP, Recipe(256, (224, 224)))
    assert seen.left == pytest.approx(80 * 451 / 384)
    assert seen.right == pytest.approx(304 * 451 / 384)
    assert seen.top == pytest.approx(16 * 300 / 256)
    assert seen.bottom == pytest.approx(240 * 300 / 256)


def test_a_fitted_picture_is_whole_between_bars_of_mid_grey() -> None:
    white = np.full((50, 100, 3), 255, np.uint8)
    placed = place(white, Placement.FIT, Recipe(32, (20, 20)))
    assert (levels(placed[:5]) == 128).all()
    assert (placed[5:15] == 1).all()
    assert (levels(placed[15:]) == 128).all()
    seen = window((50, 100), Placement.FIT, Recipe(32, (20, 20)))
    assert (seen.left, seen.top, seen.right, seen.bottom) == (0, -25, 100, 75)


def test_a_stretched_picture_fills_the_input_and_is_seen_whole() -> None:
    pixels = noise(30, 70)
    recipe = Recipe(32, (20, 24), "bicubic")
    expected = Image.fromarray(pixels).resize((24, 20), Image.Resampling.BICUBIC)
    assert np.array_equal(levels(place(pixels, Placement.STRETCH, recipe)), np.asarray(expected))
    seen = window((30, 70), Placement.STRETCH, recipe)
    assert (seen.left, seen.top, seen.right, seen.bottom) == (0, 0, 70, 30)


def test_a_picture_of_the_right_size_is_left_as_it_is() -> None:
    pixels = noise(28, 28)
    for placement in Placement:
        assert np.array_equal(levels(place(pixels, placement, Recipe(28, (28, 28)))), pixels)


def test_a_grey_network_sees_luminance() -> None:
    recipe = Recipe(28, (28, 28), channels=1)
    pixels = noise(28, 28)
    placed = place(pixels, Placement.CROP, recipe)
    assert placed.shape == (28, 28, 1)
    assert np.array_equal(levels(placed[..., 0]), np.asarray(Image.fromarray(pixels).convert("L")))
    grey = np.repeat(pixels[..., :1], 3, axis=2)
    assert np.array_equal(levels(place(grey, Placement.CROP, recipe)), grey[..., :1])
    assert levels(place(np.zeros((4, 8, 3), np.uint8), Placement.FIT, recipe))[0, 0, 0] == 128


@pytest.mark.parametrize("shape", [(1, 5000), (5000, 1), (1, 2_000_000), (2_000_000, 1), (3, 400_000)])
@pytest.mark.parametrize("placement", Placement)
def test_a_thread_of_a_picture_is_placed_without_gigabytes(
    shape: tuple[int, int], placement: Placement, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[int] = []
    resize = Image.Image.resize

    def watched(self: Image.Image, size: tuple[int, int], *rest: Any) -> Image.Image:
        made.append(size[0] * size[1])
        return resize(self, size, *rest)

    monkeypatch.setattr(Image.Image, "resize", watched)
    ramp = np.linspace(0, 255, max(shape)).astype(np.uint8)
    pixels = np.empty((*shape, 3), np.uint8)
    pixels[:] = ramp[:, None, None] if shape[0] > shape[1] else ramp[None, :, None]
    placed = place(pixels, placement, Recipe(256, (224, 224), "bicubic"))
    assert placed.shape == (224, 224, 3)
    assert max(made) <= placing.WHOLE_LIMIT
    # The middle of the ramp is the middle of the input.
    assert abs(levels(placed)[112, 112, 0] - 127) <= 1


@pytest.mark.parametrize("shape", [(40, 31), (31, 77), (9, 200), (200, 9), (1, 60), (400, 500)])
@pytest.mark.parametrize("recipe", [SMALL, Recipe(40, (44, 36), "bicubic")])
@pytest.mark.parametrize("placement", Placement)
def test_scaling_a_part_is_scaling_the_whole_and_cutting_it(
    shape: tuple[int, int], recipe: Recipe, placement: Placement, monkeypatch: pytest.MonkeyPatch
) -> None:
    pixels = noise(*shape)
    whole = place(pixels, placement, recipe)
    monkeypatch.setattr(placing, "WHOLE_LIMIT", 0)
    assert np.abs(levels(place(pixels, placement, recipe)) - levels(whole)).max() <= 1


@given(
    st.integers(1, 70),
    st.integers(1, 70),
    st.sampled_from(Placement),
    st.builds(
        Recipe,
        resize=st.integers(1, 40),
        size=st.tuples(st.integers(1, 40), st.integers(1, 40)),
        interpolation=st.sampled_from(get_args(Interpolation)),
        channels=st.sampled_from([1, 3]),
    ),
)
def test_whatever_the_shape_the_input_is_on_the_lattice_of_8_bits(
    height: int, width: int, placement: Placement, recipe: Recipe
) -> None:
    placed = place(noise(height, width), placement, recipe)
    assert placed.shape == (*recipe.size, recipe.channels)
    assert placed.dtype == np.float32
    assert np.array_equal(placed, levels(placed).astype(np.float32) / np.float32(255))
    assert placed.min() >= 0
    assert placed.max() <= 1
    seen = window((height, width), placement, recipe)
    assert seen.left < seen.right
    assert seen.top < seen.bottom
    if placement is Placement.FIT:
        assert seen.left <= 0
        assert seen.top <= 0
        assert seen.right >= width * (1 - 1e-9)
        assert seen.bottom >= height * (1 - 1e-9)


def test_a_recipe_compares_by_value_and_can_be_a_key() -> None:
    assert {Recipe(256, (224, 224)): 1}[Recipe(256, (224, 224))] == 1
