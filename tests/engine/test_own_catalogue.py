"""The user's own networks are remembered, listed among all others, and forgotten."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.catalogue import own
from engine.catalogue.downloads import delete_downloads, downloads
from engine.catalogue.found import (
    NORMALISATIONS,
    ClassNamesError,
    Found,
    Guess,
    class_names_for,
    read_class_names,
    record_of,
    spread,
)
from engine.catalogue.models import (
    NETWORKS,
    Source,
    UnknownNetworkError,
    all_networks,
    find_network,
    is_at_hand,
    timm_networks,
    untrained_networks,
    weights_path,
)
from engine.catalogue.own import Kind, OwnNetwork, OwnNetworkError


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(own, "user_data_dir", lambda *_, **__: str(tmp_path / "data"))
    return tmp_path / "data" / "networks"


def network(**changes: Any) -> OwnNetwork:
    made = OwnNetwork("Flowers", "state", "/nets/a.pt", "ab" * 32, ("rose", "tulip"), (32, 32), 36, (0.5,), (0.2,))
    return replace(made, **changes)


def test_a_network_is_remembered_under_a_name_of_its_own_and_found_again() -> None:
    name = own.remember(network())
    assert name.startswith("own:flowers-")
    assert own.find_own(name) == network()
    card = find_network(name)
    assert (card.source, card.title, card.classes, card.size) == (Source.FILE, "Flowers", ("rose", "tulip"), (32, 32))
    assert (card.recipe.channels, card.recipe.resize) == (1, 36)
    assert weights_path(card) == Path("/nets/a.pt")
    assert not is_at_hand(card)


def test_one_name_never_means_two_networks() -> None:
    names = {own.remember(each) for each in (network(), network(), network(mean=(0.4,)), network(resize=32))}
    assert len(names) == 3


def test_all_networks_are_the_known_ones_and_then_the_users() -> None:
    first, second = own.remember(network(title="b")), own.remember(network(title="A"))
    others = [*NETWORKS, *timm_networks(), *untrained_networks()]
    assert list(all_networks()) == [*others, second, first]
    own.forget(first)
    assert list(all_networks()) == [*others, second]


def test_to_forget_leaves_the_users_file_and_deletes_what_foolscope_made(tmp_path: Path, folder: Path) -> None:
    mine = tmp_path / "mine.pt"
    mine.touch()
    own.forget(own.remember(network(file=str(mine))))
    assert mine.exists()
    folder.mkdir(parents=True, exist_ok=True)
    made = folder / "head.safetensors"
    made.touch()
    own.forget(own.remember(network(file=str(made))))
    assert not made.exists()
    assert own.own_networks() == {}


def test_a_network_that_is_not_remembered_here_says_what_to_do() -> None:
    with pytest.raises(UnknownNetworkError, match=r"called 'own:gone-123456' is not remembered.*Open its file"):
        find_network("own:gone-123456")


@pytest.mark.parametrize("content", ["", "no JSON", "[]", "{}", '{"title": 3}', "\x00", "[" * 100_000])
def test_a_record_that_cannot_be_read_is_left_out(folder: Path, content: str) -> None:
    name = own.remember(network())
    (folder / "broken.json").write_text(content)
    assert list(own.own_networks()) == [name]


@pytest.mark.parametrize("name", ["own:../../etc/passwd", "own:", "own:a/b", "resnet18"])
def test_a_name_never_leaves_the_folder(name: str) -> None:
    assert own.find_own(name) is None


def test_a_record_that_was_changed_by_hand_is_read_anew(folder: Path) -> None:
    name = own.remember(network())
    assert own.find_own(name) == network()
    path = folder / f"{name.removeprefix(own.PREFIX)}.json"
    content = json.loads(path.read_text()) | {"title": "Other"}
    path.write_text(json.dumps(content))
    found = own.find_own(name)
    assert found is not None
    assert found.title == "Other"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"classes": ("one",)}, "classes"),
        ({"size": (0, 3)}, "size"),
        ({"size": (10**6, 10**6)}, "size"),
        ({"resize": 2.5}, "resize"),
        ({"mean": (0.5, 0.5)}, "mean and std"),
        ({"std": (float("nan"),)}, "mean and std"),
        ({"std": (0.0,)}, "must be above 0"),
        ({"interpolation": "nearest"}, "interpolation"),
        ({"title": ""}, "title"),
        ({"parameters": "many"}, "parameters"),
        ({"note": 3}, "note"),
        ({"details": []}, "details"),
    ],
)
def test_a_record_that_makes_no_sense_says_which_part(changes: dict[str, Any], why: str) -> None:
    with pytest.raises(OwnNetworkError, match=why):
        network(**changes)


# From what was found to what is remembered


GUESS = Guess("resnet18", "ResNet-18", 122, 122, classes=3)
FOUND = Found("/nets/flowers.pt", "ab" * 32, Kind.STATE, 44.8, 11_000_000, (GUESS,))


def test_a_guess_becomes_a_record_and_the_users_choices_come_first() -> None:
    record = record_of(FOUND, GUESS, "  ", size=(64, 64))
    assert (record.title, record.size, record.mean) == ("flowers", (64, 64), NORMALISATIONS["imagenet"].mean)
    assert record.classes == ("class 0", "class 1", "class 2")
    assert record.details["architecture"] == "resnet18"


def test_names_come_from_the_file_then_from_the_data_set_then_from_counting() -> None:
    assert class_names_for(replace(FOUND, class_names=("a", "b", "c")), GUESS) == ("a", "b", "c")
    assert class_names_for(replace(FOUND, class_names=("a", "b")), GUESS)[2] == "class 2"
    digits = replace(GUESS, classes=10, labels="mnist")
    assert class_names_for(FOUND, digits) == tuple("0123456789")


def test_numbers_for_colour_become_one_for_grey_and_one_becomes_three() -> None:
    assert spread((0.5,), 3) == (0.5, 0.5, 0.5)
    assert spread((0.3, 0.6, 0.9), 1) == pytest.approx((0.6,))
    assert spread((0.3, 0.6, 0.9), 3) == (0.3, 0.6, 0.9)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.txt", "rose\n\n tulip \r\nlily"),
        ("a.txt", "\ufeffrose\ntulip\nlily\n"),
        ("a.json", '["rose", "tulip", "lily"]'),
        ("a.json", '{"2": "lily", "0": "rose", "1": "tulip"}'),
        ("a.json", '{"lily": 2, "rose": 0, "tulip": 1}'),
        ("a.json", '{"0": ["n01", "rose"], "1": ["n02", "tulip"], "2": ["n03", "lily"]}'),
    ],
)
def test_names_of_classes_are_read_in_every_usual_form(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content, "utf-8")
    assert read_class_names(tmp_path / name) == ("rose", "tulip", "lily")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.txt", b"rose"),
        ("a.txt", b"\xff\xfe\x00"),
        ("a.json", b"3"),
        ("a.json", b"["),
        ("a.txt", b""),
        ("gone", None),
    ],
)
def test_names_that_cannot_be_read_say_what_to_do(tmp_path: Path, name: str, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ClassNamesError, match=r"one name on each line|one a line|another file"):
        read_class_names(tmp_path / name)


def test_how_well_a_guess_fits_is_said_in_counts_and_names() -> None:
    partly = replace(GUESS, fitting=120, missing=("fc.bias",), left_over=("a", "b", "c", "d", "e"))
    assert partly.say() == "ResNet-18 fits 120 of 122 tensors; 1 missing (fc.bias), 5 left over (a, b, c and 2 more)."
    assert GUESS.say() == "Fits: 122 of 122 tensors."


# Downloads


@pytest.fixture
def downloaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, int], Path]:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))

    def make(file: str, size: int) -> Path:
        path = tmp_path / "torch" / "hub" / "checkpoints" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes(size))
        return path

    return make


def test_downloaded_weights_are_counted_and_deleted_and_other_files_stay(
    downloaded: Callable[[str, int], Path],
) -> None:
    weights = downloaded("resnet18-f37072fd.pth", 2_000_000)
    broken = downloaded("resnet50-11ad3fa6.pth.part", 1_000_000)
    other = downloaded("somebody-elses.pth", 1000)
    assert [(each.title, each.megabytes) for each in downloads()] == [("ResNet-18", 2.0), ("ResNet-50", 1.0)]
    assert delete_downloads(downloads()) == "3 MB of downloaded weights are deleted."
    assert [path.exists() for path in (weights, broken, other)] == [False, False, True]
    assert downloads() == []
