"""A patch that was grown on some pictures brings others to its target, wherever it lies."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from engine.catalogue.crafting import PatchByGradient
from engine.crafting.growing import Grown
from engine.crafting.patch import Patch
from engine.crafting.pictures import Pictures
from engine.models.classifier import Classifier

RECIPE = PatchByGradient(passes=8, smallest=0.2, largest=0.3)


def grow(classifier: Classifier, shades: Path, recipe: PatchByGradient = RECIPE, target: int = 2) -> list[Grown]:
    pictures = Pictures(classifier, shades, 0)
    return [each for each in Patch(classifier, pictures, recipe, target, 0).grow() if each is not None]


def test_it_brings_new_pictures_to_its_target_where_a_patch_of_noise_does_not(
    brightness: Classifier, shades: Path
) -> None:
    first, *_, last = grow(brightness, shades)
    assert last.rates.held_out > 0.5
    assert last.rates.held_out > last.rates.control + 0.3
    assert last.done == last.total == 8 * 3
    assert first.record is not None
    assert (first.record.target, first.record.target_name) == (2, "checks")


def test_its_pixels_lie_between_zero_and_one_and_the_same_seed_gives_the_same(
    brightness: Classifier, shades: Path
) -> None:
    quick = PatchByGradient(passes=1)
    first, second = grow(brightness, shades, quick), grow(brightness, shades, quick)
    for one, two in zip(first, second, strict=True):
        assert 0 <= one.values.min() <= one.values.max() <= 1
        assert np.array_equal(one.values, two.values)


def test_it_is_tried_at_places_where_the_whole_disc_is_on_the_picture(brightness: Classifier, shades: Path) -> None:
    patch = Patch(brightness, Pictures(brightness, shades, 0), PatchByGradient(smallest=0.05, largest=0.7), 0, 0)
    like = torch.zeros(200, 1, 12, 12)
    places = patch._places(200, torch.Generator().manual_seed(0), like)
    for middle in (places.across, places.down):
        assert ((middle - places.radius >= -1e-5) & (middle + places.radius <= 12 + 1e-5)).all()
    areas = torch.pi * places.radius.square() / 144
    assert areas.min() >= 0.05 - 1e-6
    assert areas.max() > 0.6


def test_the_network_is_left_as_it_was_and_so_is_the_global_random_state(brightness: Classifier, shades: Path) -> None:
    before = [each.clone() for each in brightness.module.state_dict().values()]
    state = torch.get_rng_state()
    grow(brightness, shades, PatchByGradient(passes=1))
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(one, two) for one, two in zip(before, brightness.module.state_dict().values(), strict=True))
    assert all(each.grad is None for each in brightness.module.parameters())
