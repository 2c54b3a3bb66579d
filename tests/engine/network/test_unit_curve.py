"""A unit's activation against ε, checked against pictures moved by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from engine.experiment import POINTS, to_tensor
from engine.images import decode, place
from engine.inside import UnitCurve
from engine.look import Look
from engine.network.recording import RecordingError
from engine.network.subject import Subject
from engine.network.unit_curve import unit_curve
from engine.request import Placement

from .subjects import Residual, Tokens, logits, seeded, subject_of


@pytest.fixture
def gallery(tmp_path: Path) -> tuple[str, ...]:
    rng = np.random.default_rng(4)
    names = []
    for place_ in range(5):
        path = tmp_path / f"{place_}.png"
        colour = rng.integers(0, 256, 3)
        Image.fromarray((rng.random((16, 16, 3)) * colour).astype(np.uint8)).save(path)
        names.append(str(path))
    return tuple(names)


def all_of(subject: Subject) -> list[UnitCurve]:
    return [each for each in unit_curve(subject) if each is not None]


def test_the_ends_of_the_curve_are_the_clean_and_the_most_perturbed_picture(gallery: tuple[str, ...]) -> None:
    subject = subject_of(seeded(Residual), Look(layer="branch", unit=3, gallery=gallery))
    last = all_of(subject)[-1]
    means = [
        float(subject.watched.values(x, ["branch"])[1]["branch"][0, 3].mean())
        for x in (subject.clean, subject.attacked)
    ]
    assert last.complete
    assert (last.layer, last.unit, len(last.epsilons)) == ("branch", 3, POINTS)
    np.testing.assert_allclose(last.epsilons[[0, -1]], [0, 0.2], atol=1e-6)
    np.testing.assert_allclose(last.values[[0, -1]], means, atol=1e-4)
    assert (np.diff(last.epsilons) > 0).all()


def test_it_fills_in_and_is_complete_only_in_the_end(gallery: tuple[str, ...]) -> None:
    steps = all_of(subject_of(seeded(Residual), Look(layer="branch", unit=3, gallery=gallery)))
    lengths = [len(each.epsilons) for each in steps]
    assert lengths == sorted(lengths)
    assert [each.complete for each in steps] == [False] * (len(steps) - 1) + [True]


def test_levels_are_medians_over_the_pictures_seen_as_a_class(gallery: tuple[str, ...]) -> None:
    subject = subject_of(seeded(Residual), Look(layer="branch", unit=3, gallery=gallery))
    last = all_of(subject)[-1]
    by_class: dict[int, list[float]] = {}
    for image in gallery:
        x = to_tensor(place(decode(image).pixels, Placement.CROP, subject.watched.classifier.recipe))
        value = subject.watched.values(x, ["branch"])[1]["branch"][0, 3].mean()
        by_class.setdefault(int(logits(subject, x).argmax()), []).append(float(value))
    assert last.levels.keys() == by_class.keys()
    assert last.level_counts == {label: len(each) for label, each in by_class.items()}
    for label, each in by_class.items():
        assert last.levels[label] == pytest.approx(float(np.median(each)), abs=1e-5)


def test_the_picture_itself_is_not_typical_of_its_class(gallery: tuple[str, ...], tmp_path: Path) -> None:
    subject = subject_of(seeded(Residual), Look(layer="branch", unit=3))
    path = tmp_path / "itself.png"
    Image.fromarray((subject.clean[0].permute(1, 2, 0).numpy() * 255).round().astype(np.uint8)).save(path)
    look = Look(layer="branch", unit=3, gallery=(*gallery, str(path)))
    last = all_of(subject_of(seeded(Residual), look))[-1]
    assert sum(last.level_counts.values()) == len(gallery)


def test_a_unit_of_tokens_has_a_curve_too(gallery: tuple[str, ...]) -> None:
    subject = subject_of(seeded(Tokens), Look(layer="norm", unit=5, gallery=gallery))
    last = all_of(subject)[-1]
    with torch.no_grad():
        value = subject.watched.values(subject.clean, ["norm"])[1]["norm"]
    assert last.values[0] == pytest.approx(float(value[0, :, 5].mean()), abs=1e-5)


class Merging(Residual):
    """Makes one picture of all that it is asked about."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, 3, H, W) to (N, CLASSES)."""
        return self.head(self.relu(self.branch(self.stem(x).mean(0, keepdim=True))).mean((2, 3)).expand(len(x), -1))


def test_a_layer_that_merges_pictures_is_told_and_gives_no_number(gallery: tuple[str, ...]) -> None:
    subject = subject_of(seeded(Merging), Look(layer="branch", unit=3, gallery=gallery))
    with pytest.raises(RecordingError, match="does not keep several pictures apart"):
        all_of(subject)
