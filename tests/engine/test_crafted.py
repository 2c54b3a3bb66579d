"""What was crafted is kept as data, and refused when it is not what its record says."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.catalogue import crafted
from engine.catalogue.attacks import Patch, Universal, make_attack
from engine.catalogue.crafted import CraftedError, CraftKind, all_crafted, find_crafted, keep
from engine.frame import Floats
from engine.request import Norm, Request
from tests.engine.conftest import record_of

UNIVERSAL, PATCH = CraftKind.UNIVERSAL, CraftKind.PATCH


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(crafted, "user_data_dir", lambda *_, **__: str(tmp_path))
    return tmp_path / "crafted"


def some(seed: int = 0, channels: int = 3) -> Floats:
    return np.random.default_rng(seed).uniform(-0.05, 0.05, (channels, 6, 5)).astype(np.float32)


def test_what_is_kept_comes_back_bit_for_bit_with_all_that_is_known_of_it() -> None:
    values = some()
    record = record_of(UNIVERSAL, values)
    name = keep(record, values)
    found, read = find_crafted(UNIVERSAL, name, 3)
    assert np.array_equal(read, values)
    assert replace(found, sha256="") == record
    assert found.title == "ε 8.0/255: fools 50 % of new pictures (Small)"
    assert keep(record, values) == name
    assert record_of(PATCH, values).title == "toaster, seen in 50 % of new pictures (Small)"
    assert list(all_crafted(UNIVERSAL)) == [name]
    assert all_crafted(PATCH) == {}


def test_without_a_name_the_newest_for_pictures_of_these_channels_is_found(home: Path) -> None:
    import os

    names = [keep(record_of(UNIVERSAL, some(seed), seed=seed), some(seed)) for seed in range(3)]
    keep(record_of(UNIVERSAL, some(9, 1)), some(9, 1))
    for age, name in enumerate(names):
        os.utime(home / f"{name}.json", (1000 - age, 1000 - age))
    assert np.array_equal(find_crafted(UNIVERSAL, "", 3)[1], some(0))
    assert np.array_equal(find_crafted(UNIVERSAL, "", 1)[1], some(9, 1))


def test_what_is_forgotten_is_gone() -> None:
    name = keep(record_of(UNIVERSAL, some()), some())
    crafted.forget(name)
    with pytest.raises(CraftedError, match="deleted, or made on another machine"):
        find_crafted(UNIVERSAL, name, 3)


def test_where_nothing_was_crafted_it_is_said_how_to() -> None:
    with pytest.raises(CraftedError, match=r"none was crafted yet.*Attack > Craft") as caught:
        find_crafted(PATCH, "", 3)
    assert caught.value.failure().field == "attack"


def test_one_for_colour_pictures_is_not_used_on_grey_ones() -> None:
    name = keep(record_of(UNIVERSAL, some()), some())
    with pytest.raises(CraftedError, match="made for colour pictures, and this network sees grey ones"):
        find_crafted(UNIVERSAL, name, 1)


def test_a_file_of_numbers_that_was_changed_is_refused(home: Path) -> None:
    name = keep(record_of(UNIVERSAL, some()), some())
    path = home / f"{name}.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(CraftedError, match="damaged, or not the one that its record is about"):
        find_crafted(UNIVERSAL, name, 3)


def test_a_file_that_is_longer_than_its_record_says_is_not_read(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = keep(record_of(UNIVERSAL, some()), some())
    with (home / f"{name}.safetensors").open("ab") as file:
        file.truncate(10_000_000)
    monkeypatch.setattr(Path, "read_bytes", lambda _self: pytest.fail("it was read"))
    with pytest.raises(CraftedError, match="longer than its record says"):
        find_crafted(UNIVERSAL, name, 3)


def test_a_missing_file_of_numbers_is_told(home: Path) -> None:
    name = keep(record_of(UNIVERSAL, some()), some())
    (home / f"{name}.safetensors").unlink()
    with pytest.raises(CraftedError, match="No such file"):
        find_crafted(UNIVERSAL, name, 3)


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "virus"},
        {"shape": [3, 100_000, 100_000]},
        {"shape": [2, 4, 4]},
        {"shape": "3"},
        {"rate": 1.5},
        {"epsilon": "large"},
        {"norm": "l7"},
        {"network": 3},
        {"target": -1},
    ],
)
def test_a_record_that_makes_no_sense_is_left_out(
    home: Path, change: dict[str, object], caplog: pytest.LogCaptureFixture
) -> None:
    name = keep(record_of(UNIVERSAL, some()), some())
    path = home / f"{name}.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    assert all_crafted(UNIVERSAL) == {}
    assert "cannot be read" in caplog.text
    with pytest.raises(CraftedError):
        find_crafted(UNIVERSAL, name, 3)


@pytest.mark.parametrize("text", ["", "[]", "not json", "[" * 100_000, "null"])
def test_a_record_that_is_none_is_left_out(home: Path, text: str) -> None:
    home.mkdir()
    (home / "bad.json").write_text(text)
    assert all_crafted(UNIVERSAL) == {}


@pytest.mark.parametrize(
    "values", [np.full((3, 6, 5), np.nan, np.float32), np.full((3, 6, 5), 2, np.float32), some(0, 1)]
)
def test_numbers_that_are_not_as_the_record_says_are_not_kept(home: Path, values: Floats) -> None:
    with pytest.raises(ValueError, match=r"numbers"):
        keep(record_of(UNIVERSAL, some()), values)
    assert not home.exists()


def test_pixels_of_a_patch_lie_between_zero_and_one() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        keep(record_of(PATCH, some()), some())


def test_the_choice_travels_in_a_session_file() -> None:
    request = Request(attack=Patch("toaster-12ab34cd", across=0.25), norm=Norm.L0, epsilon=500)
    assert Request.from_json(request.to_json()) == request


@pytest.mark.parametrize("name", ["../../etc/passwd", "A", "a b", "a" * 81, "a\x00", "a\n", 3, None])
def test_a_name_that_leads_elsewhere_is_refused(name: object) -> None:
    with pytest.raises(ValueError, match="saved must be"):
        make_attack(Universal.name, {"saved": name})
