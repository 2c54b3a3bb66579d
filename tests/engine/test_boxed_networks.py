"""The networks in the box: their architectures, their cards, and what they answer."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from engine.batch import load_image
from engine.catalogue import models as catalogue
from engine.catalogue.classes import CLASSES, class_names
from engine.catalogue.models import NETWORKS, Source, box_folder, is_at_hand, weights_path
from engine.models import boxed, load_model
from engine.models.boxed.digits import CNN3232, Permuted
from engine.models.errors import ModelError
from engine.models.zfnet import ZFNet
from engine.training.recipes import RECIPES

BOXED = {name: card for name, card in NETWORKS.items() if card.source is Source.BOX}
"""Those whose training is done."""

every_boxed_network = pytest.mark.parametrize("name", BOXED)


# Architectures


@pytest.mark.parametrize(
    ("family", "count"),
    [
        ("softmax regression", 784 * 10 + 10),
        ("logistic regression", 3072 + 1),
        ("MLP-512", 407_050),
        ("CNN-32-32", 61_482),
        ("CNN-32-32 on permuted pixels", 61_482),
        ("LeNet-5", 156 + 2416 + 48_120 + 10_164 + 850),
        ("CIFAR-CNN", 307_946),
        ("CIFAR-CNN with dropout", 307_946),
        ("ResNet-20", 269_722),
    ],
)
def test_an_architecture_has_as_many_parameters_as_its_description_says(family: str, count: int) -> None:
    network = boxed.ARCHITECTURES[family]()
    assert sum(each.numel() for each in network.parameters()) == count
    assert all(not name.split(".")[0].isdigit() for name, _ in network.named_parameters())


def test_frog_or_ship_is_a_logistic_regression() -> None:
    network = boxed.ARCHITECTURES["logistic regression"]()
    x = torch.rand(5, 3, 32, 32)
    z = x.flatten(1) @ network.get_parameter("fc1.weight").T + network.get_parameter("fc1.bias")
    ship = torch.softmax(network(x), 1)[:, 1]
    assert torch.allclose(ship, torch.sigmoid(z)[:, 0], atol=1e-6)


def test_the_permuted_network_is_the_plain_one_on_pictures_whose_pixels_all_changed_places() -> None:
    permuted, plain = Permuted().eval(), CNN3232().eval()
    plain.load_state_dict({key: value for key, value in permuted.state_dict().items() if key != "permute.order"})
    x = torch.rand(3, 1, 28, 28)
    shuffled = permuted.permute(x)
    assert torch.equal(shuffled.flatten().sort().values, x.flatten().sort().values)
    assert not torch.equal(shuffled, x)
    assert torch.equal(permuted(x), plain(shuffled))
    assert torch.equal(permuted.permute.order, Permuted().permute.order)


def test_a_residual_layer_with_weights_of_zero_is_its_skip() -> None:
    from engine.models.boxed.resnet import Residual

    x = torch.rand(2, 4, 8, 8)
    for maps in (4, 8):
        layer = Residual(4, maps).eval()
        torch.nn.init.zeros_(layer.norm2.weight)
        answer = layer(x)
        assert torch.equal(answer[:, :4], x if maps == 4 else x[:, :, ::2, ::2])
        assert not answer[:, 4:].any()


def test_zfnet_is_there_untrained_and_says_so() -> None:
    card = NETWORKS["zfnet"]
    assert (card.source, card.top1, is_at_hand(card)) == (Source.UNTRAINED, "untrained", True)
    assert "untrained" in card.title
    network = ZFNet().eval()
    assert sum(each.numel() for each in network.parameters()) == card.parameters
    shapes: list[tuple[int, ...]] = []
    for layer in (network.conv1, network.pool1, network.conv2, network.pool2, network.conv5, network.pool5):
        layer.register_forward_hook(lambda *call: shapes.append(tuple(call[2].shape[1:])))
    assert network(torch.zeros(1, 3, 224, 224)).shape == (1, 1000)
    # The sizes of figure 3 of the paper.
    assert shapes == [(96, 110, 110), (96, 55, 55), (256, 26, 26), (256, 13, 13), (256, 13, 13), (256, 6, 6)]


# Cards


def test_there_are_networks_in_the_box_and_together_they_are_small() -> None:
    assert {"linear", "mlp-512"} <= set(BOXED)
    assert sum(path.stat().st_size for path in box_folder().iterdir()) < 40e6
    assert {path.stem for path in box_folder().iterdir()} == set(BOXED)


@every_boxed_network
def test_a_card_says_all_that_it_should(name: str) -> None:
    card, recipe = BOXED[name], RECIPES[name]
    assert (card.title, card.family, card.labels) == (recipe.title, recipe.family, recipe.labels)
    assert (card.mean, card.std) == (recipe.mean, recipe.std)
    assert card.note == recipe.note
    assert card.training == f"{recipe.describe()}, seed 0"
    assert card.licence == "MIT"
    assert card.tested.startswith(f"{card.top1} of ")
    assert "test pictures" in card.tested
    assert "L∞; PGD of 40 steps" in card.robust
    assert len(card.sha) == 64
    assert card.megabytes == pytest.approx(weights_path(card).stat().st_size / 1e6, abs=0.001)
    assert (card.recipe.size, card.recipe.resize) == (card.size, min(card.size))


@every_boxed_network
def test_what_was_measured_is_what_was_wanted(name: str) -> None:
    entry = json.loads((box_folder() / f"{name}.json").read_text("utf-8"))
    clean, *_ = entry["measured"]["clean"]
    assert clean["accuracy"] >= RECIPES[name].wanted
    assert f"{100 * clean['accuracy']:.1f} % of {clean['pictures']}" in BOXED[name].tested
    weak, strong = entry["measured"]["attacked"]
    assert weak["epsilon"] < strong["epsilon"]
    assert strong["accuracy"] <= weak["accuracy"]


def test_a_robust_twin_withstands_what_its_plain_one_does_not() -> None:
    def withstood(name: str) -> float:
        entry = json.loads((box_folder() / f"{name}.json").read_text("utf-8"))
        return float(entry["measured"]["attacked"][-1]["accuracy"])

    twins = {"robust-mnist": "cnn-32-32", "robust-fashion": "lenet-5-fashion", "robust-cifar": "cifar-cnn"}
    for robust, plain in twins.items():
        if {robust, plain} <= set(BOXED):
            assert withstood(robust) > withstood(plain) + 0.2


def test_classes_have_names_of_their_own() -> None:
    for labels in CLASSES:
        names = class_names(labels)
        assert len({each.casefold() for each in names}) == len(names) >= 2
    assert class_names("cifar-10")[6] == class_names("frog-or-ship")[0] == "frog"
    assert class_names("imagenet")[285] == "Egyptian cat"


# Loading and asking


@every_boxed_network
def test_a_network_loads_and_answers_with_its_own_classes(name: str) -> None:
    model = load_model(name, "cpu")
    assert model.classes == BOXED[name].classes
    assert model.parameters_count == BOXED[name].parameters
    channels = len(BOXED[name].mean)
    assert model.recipe.channels == channels
    assert model.logits(torch.rand(2, channels, *model.size)).shape == (2, len(model.classes))


SAMPLES = {"mnist": "mnist", "fashion-mnist": "fashionMNIST", "cifar-10": "cifar10", "frog-or-ship": "cifar10"}
"""How foolbox calls the twenty pictures that it brings of each data set: ``PREFIX_NN_CLASS.png``."""


@pytest.mark.skipif(find_spec("foolbox") is None, reason="foolbox, with its labelled pictures, is not installed")
@every_boxed_network
def test_a_network_is_right_about_most_of_foolboxs_labelled_pictures(name: str) -> None:
    model, card = load_model(name, "cpu"), BOXED[name]
    spec = find_spec("foolbox")
    assert spec is not None
    assert spec.submodule_search_locations
    pictures = sorted(Path(spec.submodule_search_locations[0], "data").glob(f"{SAMPLES[card.labels]}_*.png"))
    wanted = [_class_of(path, card.labels) for path in pictures]
    asked = [(path, label) for path, label in zip(pictures, wanted, strict=True) if label is not None]
    answers = [int(model.logits(load_image(str(path), model)).argmax()) for path, _ in asked]
    right = sum(answer == label for answer, (_, label) in zip(answers, asked, strict=True))
    assert len(asked) >= 5
    assert right >= 0.6 * len(asked)


def _class_of(path: Path, labels: str) -> int | None:
    """The class in a picture's name, by the network's count; None where the network does not know it."""
    label = int(path.stem.split("_")[-1])
    if labels != "frog-or-ship":
        return label
    name = class_names("cifar-10")[label]
    return class_names(labels).index(name) if name in class_names(labels) else None


@pytest.fixture
def a_copy_of_the_box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for suffix in (".json", ".safetensors"):
        shutil.copy(box_folder() / f"linear{suffix}", tmp_path)
    monkeypatch.setattr(catalogue, "box_folder", lambda: tmp_path)
    return tmp_path


def test_weights_that_are_not_those_of_the_card_are_refused(a_copy_of_the_box: Path) -> None:
    path = a_copy_of_the_box / "linear.safetensors"
    state = load_file(path)
    state["fc1.bias"] += 1
    save_file(state, path)
    with pytest.raises(ModelError, match="damaged, or not the file that was published") as caught:
        load_model("linear")
    assert "Install it anew: pip install" in str(caught.value)


def test_weights_that_are_missing_take_their_network_off_the_list(a_copy_of_the_box: Path) -> None:
    assert [card.name for card in catalogue._from_box()] == ["linear"]
    (a_copy_of_the_box / "linear.safetensors").unlink()
    assert catalogue._from_box() == []
    with pytest.raises(ModelError, match="not on this machine"):
        load_model("linear")


def test_a_file_with_the_right_hash_and_no_weights_is_told(
    a_copy_of_the_box: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import hashlib

    for data in (b"not safetensors", (box_folder() / "mlp-512.safetensors").read_bytes()):
        (a_copy_of_the_box / "linear.safetensors").write_bytes(data)
        card = replace(NETWORKS["linear"], sha=hashlib.sha256(data).hexdigest())
        with pytest.raises(ModelError, match="does not hold its weights"):
            boxed.build(card)


def test_a_card_of_an_architecture_of_tomorrow_is_told() -> None:
    with pytest.raises(ModelError, match="its architecture, 'Quantum', is none of"):
        boxed.build(replace(NETWORKS["linear"], family="Quantum"))
