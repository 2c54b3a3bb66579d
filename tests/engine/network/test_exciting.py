"""The strongest patches among pictures, found again by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from engine.catalogue.samples import SAMPLES
from engine.experiment import to_tensor
from engine.images import decode, place
from engine.inside import Patches
from engine.look import Look
from engine.network.exciting import _widened, patches, pictures_at_hand
from engine.network.subject import Subject
from engine.request import Placement

from .subjects import Residual, Tokens, seeded, subject_of


@pytest.fixture
def gallery(tmp_path: Path) -> tuple[str, ...]:
    """Four pictures of noise, each brighter than the last."""
    rng = np.random.default_rng(0)
    names = []
    for level in range(4):
        path = tmp_path / f"picture {level}.png"
        Image.fromarray((rng.random((16, 16, 3)) * 60 * (level + 1)).astype(np.uint8)).save(path)
        names.append(str(path))
    return tuple(names)


def all_of(subject: Subject) -> list[Patches]:
    return [each for each in patches(subject) if each is not None]


def response(subject: Subject, image: str) -> torch.Tensor:
    recipe = subject.watched.classifier.recipe
    x = (to_tensor(place(decode(image).pixels, Placement.CROP, recipe)) - 0.5) / 0.25
    network = subject.watched.classifier.module.network
    with torch.no_grad():
        return network.stem(x)[0, 2]


def test_every_picture_gives_its_strongest_patch_and_the_strongest_comes_first(gallery: tuple[str, ...]) -> None:
    subject = subject_of(seeded(Residual), Look(layer="stem", unit=2, gallery=gallery))
    steps = all_of(subject)
    last = steps[-1]
    assert [each.done for each in steps] == [1, 2, 3, 4]
    assert [each.value for each in last.patches] == sorted((each.value for each in last.patches), reverse=True)
    for patch in last.patches:
        by_hand = response(subject, patch.image)
        assert patch.value == pytest.approx(float(by_hand.max()), abs=1e-5)
        assert by_hand[patch.place] == by_hand.max()


def test_a_patch_is_what_the_position_sees(gallery: tuple[str, ...]) -> None:
    subject = subject_of(seeded(Residual), Look(layer="stem", unit=2, gallery=gallery))
    for patch in all_of(subject)[-1].patches:
        row, column = patch.place
        pixels = decode(patch.image).pixels.astype(np.float32) / 255
        top, left = max(row - 1, 0), max(column - 1, 0)
        assert patch.window is not None
        x0, y0, x1, y1 = patch.window
        np.testing.assert_allclose(patch.pixels[y0:y1, x0:x1], pixels[top : row + 2, left : column + 2], atol=1e-6)


@pytest.mark.parametrize(
    ("span", "wide"), [((0, 3), (0, 32)), ((50, 53), (35, 67)), ((97, 100), (68, 100)), ((10, 60), (10, 60))]
)
def test_a_small_patch_is_shown_with_its_surroundings(span: tuple[int, int], wide: tuple[int, int]) -> None:
    assert _widened(span, 100) == wide


def test_surroundings_end_where_the_picture_does(gallery: tuple[str, ...]) -> None:
    subject = subject_of(seeded(Residual), Look(layer="stem", unit=2, gallery=gallery))
    assert all(each.pixels.shape == (16, 16, 3) for each in all_of(subject)[-1].patches)


def test_of_a_layer_without_places_the_whole_picture_is_shown(gallery: tuple[str, ...]) -> None:
    last = all_of(subject_of(seeded(Residual), Look(layer="head", unit=1, gallery=gallery)))[-1]
    assert all(each.pixels.shape == (16, 16, 3) and each.place == (0, 0) for each in last.patches)


def test_of_tokens_the_place_is_the_number_of_the_token(gallery: tuple[str, ...]) -> None:
    last = all_of(subject_of(seeded(Tokens), Look(layer="norm", unit=1, gallery=gallery)))[-1]
    assert all(0 <= each.place[0] < 16 and each.place[1] == 0 for each in last.patches)


def test_a_picture_that_cannot_be_opened_is_told(gallery: tuple[str, ...], tmp_path: Path) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no picture")
    look = Look(layer="stem", unit=2, gallery=(*gallery, str(broken)))
    last = all_of(subject_of(seeded(Residual), look))[-1]
    assert last.skipped == (str(broken),)
    assert (len(last.patches), last.done, last.total) == (4, 5, 5)


def test_with_fewer_than_two_open_pictures_the_samples_that_suit_the_network_are_searched(
    gallery: tuple[str, ...],
) -> None:
    def at_hand(count: int) -> tuple[str, ...]:
        return pictures_at_hand(subject_of(seeded(Residual), Look(layer="stem", unit=2, gallery=gallery[:count])))

    small = [each.image for each in SAMPLES.values() if each.shelf == "cifar-10"]
    assert sorted(at_hand(1)) == sorted(small)
    assert at_hand(len(gallery)) == gallery


def test_without_a_unit_nothing_is_searched() -> None:
    assert not all_of(subject_of(seeded(Residual), Look(layer="stem")))
