"""Weights are found wherever training scripts keep them, and a pickle is given to torch only if it asks for numbers."""

from __future__ import annotations

import io
import pickle
import random
import zipfile
from argparse import Namespace
from collections import OrderedDict
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from engine.models.errors import ModelError
from engine.models.own.kinds import kind_of
from engine.models.own.known import architectures, skeleton
from engine.models.own.pickles import foreign_names
from engine.models.own.states import read_state
from engine.models.own.wrappers import class_names_in, unwrapped, without_prefixes
from tests.engine.models.own_files import Trap, look_at, saved

STATE = {"conv.weight": torch.zeros(2, 1, 3, 3), "fc.weight": torch.zeros(2, 4), "fc.bias": torch.zeros(2)}


def under(prefix: str, state: dict[str, Tensor] | None = None) -> dict[str, Tensor]:
    return {f"{prefix}.{name}": each for name, each in (state or STATE).items()}


# Wrappers


@pytest.mark.parametrize(
    "content",
    [
        STATE,
        {"state_dict": STATE, "epoch": 3, "optimizer": {"state": {0: {"exp_avg": torch.zeros(3)}}}},
        {"model": STATE, "epoch": 3},
        {"model": STATE, "ema": {"decay": 0.9, "shadow": {"conv.weight": torch.ones(1)}}},
        {"state_dict_ema": STATE},
        {"my_very_own_key": STATE, "best": 0.9},
        {"checkpoint": {"model": {"state_dict": STATE}}, "model": {"state_dict": STATE}},
        {"n_averaged": torch.tensor(3), **under("module")},
        {"state_dict": under("model") | under("criterion", {"weight": torch.ones(2)}) | under("ema_model")},
        under("backbone"),
        under("model.backbone"),
        under("resnet"),
        under("module._orig_mod.net"),
    ],
)
def test_weights_are_found_under_whatever_key_and_prefix_a_script_keeps_them(content: dict[str, Any]) -> None:
    found = without_prefixes(unwrapped(content))
    assert list(found) == list(STATE)
    assert all(found[name] is STATE[name] for name in STATE)


def test_a_network_of_one_layer_keeps_the_name_of_its_layer() -> None:
    alone = {"model.weight": torch.zeros(2, 4), "model.bias": torch.zeros(2)}
    assert without_prefixes(alone) == alone


def test_no_known_architecture_loses_a_part_of_its_names() -> None:
    small = [card for card in architectures() if card.parameters < 6_000_000]
    assert len(small) > 12
    for card in small:
        state = {name: torch.empty(shape, device="meta") for name, shape in skeleton(card).shapes.items()}
        assert list(without_prefixes(state)) == list(state), card.name


# Pickles


class Filler:
    """Fills a gigabyte when it is unpickled, by a function that torch allows."""

    def __reduce__(self) -> tuple[Any, ...]:
        return bytearray, (1_000_000_000,)


def test_what_state_dicts_are_made_of_asks_for_nothing_foreign(tmp_path: Path) -> None:
    kinds = (torch.float16, torch.bfloat16, torch.float64, torch.int64, torch.uint8, torch.bool)
    content = OrderedDict({str(kind): torch.ones(3).to(kind) for kind in kinds})
    options = Namespace(lr=0.1, sizes=[32, 32])
    parts = {"state_dict": content, "p": nn.Parameter(torch.ones(2)), "args": options, "shape": torch.Size([3])}
    for is_archive in (True, False):
        path = tmp_path / "net.pt"
        torch.save(parts, path, _use_new_zipfile_serialization=is_archive)
        assert foreign_names(path) == []
        assert set(read_state(path).state) == set(content)


def test_a_function_that_fills_the_memory_is_not_called_though_torch_would_call_it(tmp_path: Path) -> None:
    path = saved({"state_dict": STATE, "x": Filler()}, tmp_path / "net.pt")
    assert foreign_names(path) == ["bytearray"]
    with pytest.raises(ModelError, match="bytearray would have to be run"):
        read_state(path)


@pytest.mark.parametrize("protocol", [2, 4, 5])
def test_foreign_names_are_read_from_pickles_of_every_protocol(tmp_path: Path, protocol: int) -> None:
    path = tmp_path / "net.pt"
    path.write_bytes(pickle.dumps({"x": Trap(tmp_path / "sprung")}, protocol))
    assert foreign_names(path)[0] == ("getattr" if protocol == 2 else "pathlib.Path.touch")
    assert not (tmp_path / "sprung").exists()


def test_contents_that_are_nested_a_thousandfold_or_have_endless_names_are_no_trouble(tmp_path: Path) -> None:
    nested: Any = 1
    for _ in range(3000):
        nested = (nested,)
    assert class_names_in({"classes": {"a": nested, "b": 2}}) == ()
    assert unwrapped({1: torch.zeros(3), "a": torch.zeros(3), (2,): torch.zeros(3)}).keys() == {"1", "a"}
    with pytest.raises(ModelError) as told:
        look_at(saved({f"{'w' * 1_000_000}.{part}": torch.zeros(3) for part in "ab"}, tmp_path / "net.pt"))
    assert len(str(told.value)) < 1000


@pytest.mark.parametrize("is_archive", [True, False])
def test_whatever_is_changed_in_a_file_it_is_read_or_refused(tmp_path: Path, is_archive: bool) -> None:
    path, draw = tmp_path / "net.pt", random.Random(0)
    torch.save({"state_dict": STATE}, path, _use_new_zipfile_serialization=is_archive)
    sound = path.read_bytes()
    refused = 0
    for _ in range(150):
        damaged = bytearray(sound)
        for place in draw.sample(range(len(sound)), draw.choice((1, 5, 30))):
            damaged[place] = draw.randrange(256)
        path.write_bytes(damaged)
        try:
            kind_of(path)
            read_state(path)
        except ModelError:
            refused += 1
    assert refused > 15


@pytest.mark.parametrize("where", ["compressed", "encrypted", "beyond the end"])
def test_an_archive_whose_parts_cannot_be_read_is_refused(tmp_path: Path, where: str) -> None:
    path = saved({"state_dict": STATE}, tmp_path / "net.pt")
    content = bytearray(path.read_bytes())
    entry = content.index(b"PK\x01\x02")  # the first one in the table at the end, which is that of the pickle
    offset, value = {"compressed": (10, 99), "encrypted": (8, 1), "beyond the end": (45, 0x7F)}[where]
    content[entry + offset] = value
    path.write_bytes(content)
    with pytest.raises(ModelError, match="cannot be opened"):
        look_at(path)


def test_an_archive_with_two_contents_of_one_name_is_refused(tmp_path: Path) -> None:
    path = saved({"state_dict": STATE}, tmp_path / "net.pt")
    trap = io.BytesIO()
    torch.save({"x": Trap(tmp_path / "sprung")}, trap)
    with zipfile.ZipFile(trap) as forged, zipfile.ZipFile(path, "a") as archive:
        [name] = [each for each in forged.namelist() if each.endswith("data.pkl")]
        archive.writestr("net/DATA.pkl", forged.read(name))
    with pytest.raises(ModelError, match="two parts of one name"):
        kind_of(path)


def test_weights_of_pytorch_that_are_called_safetensors_are_read_all_the_same(tmp_path: Path) -> None:
    assert list(read_state(saved(STATE, tmp_path / "net.safetensors")).state) == list(STATE)
