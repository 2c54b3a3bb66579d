"""The gallery of sample photographs."""

from __future__ import annotations

import subprocess
import sys
from importlib.machinery import ModuleSpec

import pytest

from engine.catalogue import samples
from engine.catalogue.samples import SAMPLE_PREFIX, SAMPLES, sample_path
from engine.images import ImageError, decode
from engine.request import Request


@pytest.mark.parametrize("name", SAMPLES)
def test_every_sample_opens_as_a_real_photograph(name: str) -> None:
    decoded = decode(SAMPLE_PREFIX + name)
    assert decoded.name == SAMPLES[name].title
    assert min(decoded.pixels.shape[:2]) >= 300
    assert decoded.pixels.std() > 10


@pytest.mark.parametrize("name", SAMPLES)
def test_every_sample_says_what_it_is_who_made_it_and_what_may_be_done_with_it(name: str) -> None:
    sample = SAMPLES[name]
    assert sample.name == name
    assert all([sample.title, sample.licence, sample.credit, sample.note])


def test_a_request_starts_with_a_sample_that_exists() -> None:
    assert Request().image.removeprefix(SAMPLE_PREFIX) in SAMPLES


def test_finding_a_sample_imports_neither_of_the_packages_that_hold_them() -> None:
    code = (
        "import sys; from engine.catalogue.samples import SAMPLES, sample_path; "
        "assert all(sample_path(each).is_file() for each in SAMPLES); "
        "assert not {'skimage', 'sklearn', 'scipy', 'torch'} & set(sys.modules), 'imported'"
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
