"""timm's networks: found in a list without importing timm, loaded from a file of numbers, refused in a sentence."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from engine import load_model
from engine.catalogue import models, timm
from engine.catalogue.models import (
    NetworkCard,
    Source,
    UnknownNetworkError,
    _read,
    find_network,
    is_at_hand,
    timm_networks,
    weights_path,
)
from engine.models import timm_networks as built
from engine.models.errors import ModelError

with_timm = pytest.mark.skipif(find_spec("timm") is None, reason="timm, which is optional, is not installed")
NAME = "timm:mobilenetv3_small_050.lamb_in1k"


@pytest.fixture
def card() -> NetworkCard:
    """A small network of the list, whether timm is installed or not."""
    [found] = [each for each in timm.entries() if each["name"] == NAME]
    return _read(found, Source.TIMM)


@pytest.fixture
def caches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Caches of the test's own."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path


# The list


def test_the_list_has_about_a_thousand_networks_each_with_what_loading_it_takes() -> None:
    cards = [_read(each, Source.TIMM) for each in timm.entries()]
    assert len(cards) > 1000
    assert len({card.name for card in cards}) == len(cards)
    for card in cards:
        assert card.url.startswith("https://huggingface.co/timm/")
        assert card.parameters > 100_000
        assert card.megabytes >= card.parameters * 4e-6 - 0.1
        assert card.resize >= min(card.size) >= 96
        assert len(card.mean) == len(card.std) == 3
        assert len(card.classes) == 1000


def test_the_list_needs_neither_timm_nor_torch() -> None:
    code = (
        "import sys; from engine.catalogue.models import all_networks; all_networks(); "
        "assert not {'timm', 'torch', 'huggingface_hub'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_without_timm_its_networks_are_not_offered_and_asking_for_one_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(timm, "is_installed", lambda: False)
    monkeypatch.setattr(models, "timm_networks", models.timm_networks.__wrapped__)
    monkeypatch.setattr(models, "untrained_networks", models.untrained_networks.__wrapped__)
    assert models.timm_networks() == {}
    with pytest.raises(UnknownNetworkError, match=r"not installed\. Install it: pip install timm"):
        find_network(NAME)


@with_timm
def test_with_timm_its_networks_are_found_by_name_and_one_untrained_of_every_architecture() -> None:
    assert find_network(NAME).source is Source.TIMM
    untrained = find_network("untrained:timm:resnet18")
    assert untrained.title == "resnet18, untrained"
    assert sum(name.startswith("timm:resnet18.") for name in timm_networks()) > 1


# Weights


def test_weights_are_looked_for_in_torchs_cache_and_in_that_of_the_hub(card: NetworkCard, caches: Path) -> None:
    assert not is_at_hand(card)
    own = caches / "torch" / "hub" / "checkpoints" / card.file
    assert weights_path(card) == own
    repository = caches / "hub" / f"models--timm--{card.name.removeprefix('timm:')}"
    (repository / "refs").mkdir(parents=True)
    (repository / "refs" / "main").write_text("abc123")
    assert weights_path(card) == own
    shared = repository / "snapshots" / "abc123" / "model.safetensors"
    shared.parent.mkdir(parents=True)
    shared.write_bytes(b"weights")
    assert weights_path(card) == shared


@with_timm
def test_weights_that_are_not_here_are_not_fetched_but_asked_for(caches: Path) -> None:
    with pytest.raises(ModelError, match="its weights are not on this machine") as caught:
        load_model(NAME, "cpu")
    assert "Choose Download in the model panel" in str(caught.value)


@with_timm
def test_a_network_is_loaded_from_a_file_of_numbers(card: NetworkCard, caches: Path) -> None:
    network = built.untrained(card, card.name.removeprefix("timm:"))
    state = {key: torch.full_like(value, 0.01) if value.is_floating_point() else value for key, value in _of(network)}
    path = weights_path(card)
    path.parent.mkdir(parents=True)
    save_file(state, path)
    before = torch.random.get_rng_state()
    model = load_model(NAME, "cpu")
    assert torch.equal(torch.random.get_rng_state(), before)
    assert all(torch.equal(model.module.get_submodule("network").state_dict()[key], state[key]) for key in state)
    assert model.parameters_count == card.parameters
    assert model.logits(torch.rand(1, 3, *card.size)).shape == (1, 1000)


@with_timm
@pytest.mark.parametrize("content", [b"", b"no weights at all", b"\x80\x04\x95cposix\nsystem\n"])
def test_a_file_that_is_no_weights_is_refused_and_nothing_in_it_is_run(
    card: NetworkCard, caches: Path, content: bytes
) -> None:
    path = weights_path(card)
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    with pytest.raises(ModelError, match="does not hold its weights") as caught:
        load_model(NAME, "cpu")
    assert f"Delete {path}" in str(caught.value)


@with_timm
def test_weights_of_another_network_are_refused(card: NetworkCard, caches: Path) -> None:
    path = weights_path(card)
    path.parent.mkdir(parents=True)
    save_file({"conv_stem.weight": torch.zeros(1)}, path)
    with pytest.raises(ModelError, match="does not hold its weights"):
        load_model(NAME, "cpu")


@with_timm
def test_a_network_that_the_installed_timm_does_not_know_is_named(card: NetworkCard) -> None:
    with pytest.raises(ModelError, match="Update timm"):
        built.untrained(replace(card, title="newest"), "newest_net")


def _of(network: torch.nn.Module) -> list[tuple[str, torch.Tensor]]:
    return list(network.state_dict().items())
