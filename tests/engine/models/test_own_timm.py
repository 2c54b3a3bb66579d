"""A file of weights of one of timm's architectures: told without timm, opened with it."""

from __future__ import annotations

import json
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch
from torch import nn

from engine.catalogue import timm
from engine.catalogue.found import Guess
from engine.models.errors import ModelError
from engine.models.own import classifier_of
from engine.models.own.guessing import guesses
from engine.models.own.signatures import FILE, architectures_of, signature
from tests.engine.models.own_files import look_at, pictures, record, saved

with_timm = pytest.mark.skipif(find_spec("timm") is None, reason="timm, which is optional, is not installed")


def made(architecture: str, **how: int) -> nn.Module:
    import timm as library

    torch.manual_seed(0)
    network: nn.Module = library.create_model(architecture, **how)
    return network.eval()


def test_a_signature_leaves_out_what_a_network_of_ones_own_has_otherwise() -> None:
    shapes = {"stem.weight": (8, 3, 3, 3), "pos_embed": (1, 197, 8), "head.weight": (1000, 8), "norm.weight": (8,)}
    other = shapes | {"stem.weight": (8, 1, 3, 3), "pos_embed": (1, 65, 8), "head.weight": (5, 8)}
    assert signature(other, ["head"]) == signature(shapes, ["head"])
    assert signature(shapes | {"norm.weight": (9,)}, ["head"]) != signature(shapes, ["head"])
    assert signature(shapes | {"more": (1,)}, ["head"]) != signature(shapes, ["head"])


def test_tensors_of_nothing_that_timm_has_are_of_no_architecture() -> None:
    assert architectures_of({"conv.weight": (8, 3, 3, 3)}) == ()
    assert architectures_of({}) == ()


@with_timm
@pytest.mark.parametrize(
    ("architecture", "how", "size"),
    [
        ("mobilenetv3_small_050", {"num_classes": 5, "in_chans": 1}, 224),
        ("deit_tiny_distilled_patch16_224", {"num_classes": 3}, 224),  # two last layers
        ("vit_tiny_patch16_224", {"num_classes": 4, "img_size": 64}, 64),
    ],
)
def test_a_file_finds_its_architecture_and_answers_as_before(
    tmp_path: Path, architecture: str, how: dict[str, int], size: int
) -> None:
    network = made(architecture, **how)
    channels = how.get("in_chans", 3)
    path = saved({"state_dict": network.state_dict(), "arch": architecture}, tmp_path / "net.pth.tar")
    best = look_at(path).guesses[0]
    assert (best.architecture, best.fits) == (f"untrained:timm:{architecture}", True)
    assert (best.classes, best.channels, best.size) == (how["num_classes"], channels, (size, size))
    plain = {"mean": (0.0,) * channels, "std": (1.0,) * channels}
    x = pictures(1, channels, size)
    with torch.no_grad():
        assert torch.allclose(classifier_of(record(path, **plain)).logits(x), network(x), atol=1e-4)


@with_timm
def test_where_several_architectures_have_the_same_tensors_all_are_offered_and_that_is_said(tmp_path: Path) -> None:
    path = saved(made("efficientnet_b0", num_classes=4).state_dict(), tmp_path / "net.pt")
    found = [each for each in look_at(path).guesses if each.fits]
    assert [each.title for each in found] == ["efficientnet_b0 (timm)", "tf_efficientnet_b0 (timm)"]
    assert "fit tf_efficientnet_b0 (timm) as well" in found[0].note


@with_timm
def test_the_list_of_architectures_is_as_the_command_writes_it() -> None:
    from engine.models.timm_index import architectures, built, text_of

    written = json.loads(text_of(architectures(["mobilenetv3_small_050", "resnet18d"])))
    assert written["last layers"] == [["classifier"], ["fc"]]
    kept = json.loads(files("assets").joinpath(FILE).read_text("utf-8"))
    assert written["architectures"].items() <= kept["architectures"].items()
    assert [each for each in written["last layers"] if each not in kept["last layers"]] == []
    assert architectures_of(built("resnet18d").shapes) == ("resnet18d",)


@with_timm
def test_what_torchvision_has_too_is_taken_from_there() -> None:
    for architecture in ("resnet18", "resnet50"):  # one of 50 with 4 classes has about as many numbers as two others
        state = made(architecture, num_classes=4).state_dict()
        found: list[Guess] = []
        for _ in guesses(state, found):
            pass
        assert [each.architecture for each in found if each.fits] == [architecture]


@with_timm
def test_without_timm_the_file_is_named_and_it_is_said_how_to_open_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = saved(made("mobilenetv3_small_050", num_classes=5).state_dict(), tmp_path / "net.pt")
    monkeypatch.setattr("engine.models.own.guessing.known_network", lambda _: None)
    monkeypatch.setattr(timm, "is_installed", lambda: False)
    with pytest.raises(
        ModelError, match=r"a network of timm \(mobilenetv3_small_050\), and timm is not installed"
    ) as told:
        look_at(path)
    assert "pip install timm" in str(told.value)
