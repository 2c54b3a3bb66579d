"""The gallery of sample pictures."""

from __future__ import annotations

import subprocess
import sys
from importlib.machinery import ModuleSpec

import pytest

from engine.catalogue import samples
from engine.catalogue.classes import class_names
from engine.catalogue.models import NETWORKS
from engine.catalogue.samples import SAMPLES, SHELVES, find_sample, sample_path
from engine.catalogue.suiting import samples_for, shelf_for, suiting
from engine.images import ImageError, Recipe, decode
from engine.request import Request

SIDES = {"cifar-10": 32, "mnist": 28, "fashion-mnist": 28}


@pytest.mark.parametrize("name", SAMPLES)
def test_every_sample_opens_as_a_real_picture(name: str) -> None:
    sample = SAMPLES[name]
    decoded = decode(sample.image)
    assert decoded.name == sample.title
    height, width = decoded.pixels.shape[:2]
    side = SIDES.get(sample.shelf)
    assert min(height, width) >= 300 if side is None else (height, width) == (side, side)
    assert decoded.pixels.std() > 10


@pytest.mark.parametrize("name", SAMPLES)
def test_every_sample_says_what_it_is_who_made_it_and_what_may_be_done_with_it(name: str) -> None:
    sample = SAMPLES[name]
    assert sample.name == name
    assert all([sample.title, sample.licence, sample.credit, sample.note])


def test_a_request_starts_with_a_sample_that_exists() -> None:
    assert find_sample(Request().image)


def test_finding_a_sample_imports_neither_of_the_packages_that_hold_them() -> None:
    code = (
        "import sys; from engine.catalogue.samples import SAMPLES, sample_path; "
        "assert all(sample_path(each).is_file() for each in SAMPLES); "
        "assert not {'skimage', 'sklearn', 'scipy', 'torch', 'foolbox'} & set(sys.modules), 'imported'"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_an_unknown_sample_is_refused_with_the_names_of_those_there_are() -> None:
    with pytest.raises(ImageError) as caught:
        decode("sample:nobody")
    assert caught.value.why == "there is no such sample"
    assert "chelsea" in caught.value.remedy


def test_a_package_without_its_data_is_told_apart_from_an_unknown_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(samples, "find_spec", lambda name: ModuleSpec(name, None))
    with pytest.raises(FileNotFoundError, match="missing from the package skimage"):
        sample_path("chelsea")
    with pytest.raises(ImageError, match="there is no such file"):
        decode("sample:chelsea")


# Labels and shelves


def test_titles_tell_all_samples_apart() -> None:
    assert len({each.title for each in SAMPLES.values()}) == len(SAMPLES)


def test_a_label_is_a_class_of_the_data_set_and_the_number_in_the_files_name() -> None:
    labelled = [each for each in SAMPLES.values() if each.label]
    assert len(labelled) == 80
    for each in labelled:
        number = int(sample_path(each.name).stem.rpartition("_")[2])
        assert each.label == class_names(each.shelf)[number]
        assert f"“{each.label}”" in each.note


@pytest.mark.parametrize(
    ("model", "first"),
    [
        ("efficientnet-lite0", "chelsea"),
        ("lenet-5", "mnist-0"),
        ("lenet-5-fashion", "fashion-mnist-0"),
        ("frog-or-ship", "cifar10-7"),
        ("resnet50", "chelsea"),
    ],
)
def test_every_kind_of_network_has_samples_of_its_own(model: str, first: str) -> None:
    found = samples_for(model)
    assert found[0].name == first
    assert {each.shelf for each in found} == {shelf_for(NETWORKS[model].classes, NETWORKS[model].recipe)}


def test_a_network_that_knows_two_classes_is_shown_those_two() -> None:
    assert {each.label for each in samples_for("frog-or-ship")} == {"frog", "ship"}
    assert samples_for("frog-or-ship")[1].label == "ship"


@pytest.mark.parametrize(
    ("side", "channels", "shelf"), [(28, 1, "mnist"), (32, 3, "cifar-10"), (224, 3, "imagenet"), (96, 1, "imagenet")]
)
def test_a_network_of_other_classes_gets_samples_by_its_input(side: int, channels: int, shelf: str) -> None:
    found = suiting(("rose", "tulip"), Recipe(side, (side, side), "bilinear", channels=channels))
    assert found
    assert found == tuple(each for each in SAMPLES.values() if each.shelf == shelf)


def test_an_unknown_network_leaves_all_samples_to_choose_from() -> None:
    assert samples_for("gone") == tuple(SAMPLES.values())


def test_a_sample_is_told_from_a_file_of_its_name() -> None:
    assert find_sample("chelsea") is None
    assert find_sample("sample:chelsea") is SAMPLES["chelsea"]
    assert find_sample("sample:nobody") is None
    assert set(SHELVES) == {each.shelf for each in SAMPLES.values()}
