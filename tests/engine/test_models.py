"""The list of networks, and loading those whose weights are on this machine."""

from __future__ import annotations

import io
import json
import pickle
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torchvision import models as registry

from engine.catalogue import models as catalogue
from engine.catalogue.classes import imagenet_classes
from engine.catalogue.models import (
    NETWORKS,
    NetworkCard,
    Source,
    UnknownNetworkError,
    find_network,
    is_at_hand,
    weights_path,
)
from engine.models import index, load_model, squeezenet, torchvision_networks
from engine.models.errors import ModelError
from engine.models.weights import State

OFFLINE = ["efficientnet-lite0", "squeezenet1.1"]
PUBLISHED = [card for card in NETWORKS.values() if card.source is Source.TORCHVISION]


def a_network_saved_as_downloaded(
    monkeypatch: pytest.MonkeyPatch, folder: Path, name: str, state: State | None = None
) -> NetworkCard:
    """Puts untrained weights into torch's cache, and a card that expects exactly them into the list."""
    monkeypatch.setenv("TORCH_HOME", str(folder))
    card = find_network(name)
    path = weights_path(card)
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    torch.save(torchvision_networks.untrained(name).state_dict() if state is None else state, path)
    return trusting(monkeypatch, card)


def trusting(monkeypatch: pytest.MonkeyPatch, card: NetworkCard) -> NetworkCard:
    """The card with the hash of the file that lies there now."""
    import hashlib

    card = replace(card, sha=hashlib.sha256(weights_path(card).read_bytes()).hexdigest()[:8])
    monkeypatch.setitem(NETWORKS, card.name, card)
    return card


# The list


def test_the_two_networks_that_work_offline_come_first_and_their_weights_are_here() -> None:
    assert list(NETWORKS)[:2] == OFFLINE
    assert all(is_at_hand(NETWORKS[name]) for name in OFFLINE)


def test_the_list_holds_every_published_network_of_torchvision_with_its_address_and_size() -> None:
    wanted = {name: registry.get_model_weights(name).DEFAULT for name in registry.list_models(module=registry)}
    assert {card.name: card.url for card in PUBLISHED} == {name: weights.url for name, weights in wanted.items()}
    for card in PUBLISHED:
        transform = wanted[card.name].transforms()
        assert (list(card.size), [card.resize]) == (transform.crop_size * 2, transform.resize_size)
        assert card.interpolation == transform.interpolation.value
        assert (list(card.mean), list(card.std)) == (list(transform.mean), list(transform.std))


def test_the_list_is_what_its_generator_writes() -> None:
    path = Path(catalogue.__file__).parents[2] / "assets" / "networks.json"
    assert json.loads(path.read_text("utf-8")) == json.loads(json.dumps(list(index.entries())))


def test_every_card_can_be_read_and_checked() -> None:
    for name, card in NETWORKS.items():
        assert card.name == name
        assert card.title
        assert card.note.endswith((".", "?"))
        assert len(card.sha) >= 8 or card.source is Source.UNTRAINED
        assert card.parameters > 0
        assert card.url.startswith("https://") or card.source is not Source.TORCHVISION
        assert card.recipe.resize >= max(card.size) or card.name == "vit_h_14"
        assert len(card.classes) >= 2
    assert len({card.title for card in NETWORKS.values()}) == len(NETWORKS)


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("resnet50", "ResNet-50"),
        ("wide_resnet101_2", "Wide ResNet-101"),
        ("regnet_y_1_6gf", "RegNetY-1.6GF"),
        ("vit_b_16", "ViT-B/16"),
        ("swin_v2_t", "Swin V2-T"),
        ("resnext101_32x8d", "ResNeXt-101 32×8d"),
        ("convnext_tiny", "ConvNeXt-Tiny"),
        ("a_network_of_tomorrow", "a_network_of_tomorrow"),
    ],
)
def test_titles_are_written_as_in_the_papers(name: str, read: str) -> None:
    assert index.title(name) == read


def test_a_misspelt_name_is_answered_with_those_that_come_close() -> None:
    with pytest.raises(UnknownNetworkError, match=r"none called 'ResNet-50'. Did you mean resnet50 or"):
        find_network("ResNet-50")
    with pytest.raises(UnknownNetworkError, match=r"Did you mean untrained:resnet50 or"):
        find_network("untrained:ResNet-50")
    with pytest.raises(UnknownNetworkError, match=r"Did you mean zfnet"):
        find_network("untrained:zfnet")
    with pytest.raises(UnknownNetworkError, match=r"There are efficientnet-lite0, .* and others"):
        find_network("☃")


def test_the_classes_are_imagenets_in_order_and_no_two_are_alike() -> None:
    classes = imagenet_classes()
    assert len({each.casefold() for each in classes}) == 1000
    assert (classes[1], classes[285], classes[999]) == ("goldfish", "Egyptian cat", "toilet tissue")
    for card in PUBLISHED:
        theirs = registry.get_model_weights(card.name).DEFAULT.meta["categories"]
        renamed = [(one, two) for one, two in zip(theirs, card.classes, strict=True) if one != two]
        assert renamed == [("Cardigan", "Cardigan Welsh corgi")], card.name


def test_the_list_and_downloads_are_there_before_torch_is() -> None:
    program = (
        "import sys; import engine.catalogue.models, engine.models.download, engine.device; "
        "assert not {'torch', 'torchvision'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


# Where the weights are


@pytest.mark.parametrize(
    ("environment", "wanted"),
    [
        ({"TORCH_HOME": "/somewhere"}, "/somewhere/hub/checkpoints"),
        ({"XDG_CACHE_HOME": "/caches"}, "/caches/torch/hub/checkpoints"),
        ({"HOME": "/people/anna"}, "/people/anna/.cache/torch/hub/checkpoints"),
        ({"TORCH_HOME": "~/kept", "HOME": "/people/anna"}, "/people/anna/kept/hub/checkpoints"),
    ],
)
def test_weights_are_looked_for_where_torch_keeps_them(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], wanted: str
) -> None:
    for name in ("TORCH_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    card = find_network("resnet50")
    assert weights_path(card) == Path(wanted, "resnet50-11ad3fa6.pth")
    assert Path(torch.hub.get_dir(), "checkpoints") == weights_path(card).parent


def test_a_package_that_is_not_installed_is_not_at_hand() -> None:
    card = replace(NETWORKS["squeezenet1.1"], file="no_such_package/weights.pkl")
    assert not is_at_hand(card)


# Loading


@pytest.mark.parametrize("name", OFFLINE)
def test_an_offline_network_is_loaded_from_its_package(name: str) -> None:
    model = load_model(name, "cpu")
    info = model.info()
    assert (info.name, info.title, info.size) == (name, NETWORKS[name].title, NETWORKS[name].size)
    assert info.parameters == NETWORKS[name].parameters
    assert info.classes == imagenet_classes()


def test_weights_that_are_not_here_are_asked_for_with_their_size_and_place(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    with pytest.raises(ModelError) as raised:
        load_model("resnet50")
    failure = raised.value.failure()
    assert failure.field == "model"
    assert (failure.what, failure.why) == ("ResNet-50 could not be loaded", "its weights are not on this machine")
    assert "Choose Download in the model panel (102 MB) or run: foolscope download resnet50, or" in failure.remedy
    assert f"resnet50-11ad3fa6.pth into {tmp_path / 'hub' / 'checkpoints'}" in failure.remedy
    assert list(tmp_path.iterdir()) == []


def test_weights_with_another_hash_are_refused_and_kept_for_the_user_to_delete(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    path = weights_path(find_network("resnet18"))
    path.parent.mkdir(parents=True)
    path.write_bytes(b"not what was published")
    with pytest.raises(ModelError, match=r"resnet18-f37072fd.pth is damaged.*Delete .*, then choose Download"):
        load_model("resnet18")
    assert path.exists()


def test_a_file_that_holds_something_else_than_weights_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    card = a_network_saved_as_downloaded(monkeypatch, tmp_path, "resnet18", {"fc.weight": torch.zeros(2, 2)})
    with pytest.raises(ModelError, match="does not hold its weights"):
        load_model(card.name)
    weights_path(card).write_bytes(b"PK\x03\x04 no archive at all")
    trusting(monkeypatch, card)
    with pytest.raises(ModelError, match="does not hold its weights"):
        load_model(card.name)


def test_a_weights_file_cannot_run_code(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    card = a_network_saved_as_downloaded(monkeypatch, tmp_path, "resnet18")
    torch.save(Trap(tmp_path / "sprung"), weights_path(card))
    trusting(monkeypatch, card)
    with pytest.raises(ModelError, match="does not hold its weights"):
        load_model(card.name)
    assert not (tmp_path / "sprung").exists()


class Trap:
    """Something that makes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


@pytest.mark.parametrize("name", ["resnet18", "mnasnet0_5", "shufflenet_v2_x0_5", "mobilenet_v3_small"])
def test_a_downloaded_network_answers_as_torchvisions_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    a_network_saved_as_downloaded(monkeypatch, tmp_path, name)
    model = load_model(name, "cpu")
    theirs = registry.get_model(name)
    theirs.load_state_dict(torch.load(weights_path(NETWORKS[name]), weights_only=True))
    x = torch.rand(1, 3, *model.size, generator=torch.Generator().manual_seed(1))
    transform = registry.get_model_weights(name).DEFAULT.transforms()
    normalised = (x - torch.tensor(transform.mean).view(3, 1, 1)) / torch.tensor(transform.std).view(3, 1, 1)
    with torch.no_grad():
        torch.testing.assert_close(model.module(x), theirs.eval()(normalised), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", ["googlenet", "inception_v3"])
def test_the_heads_that_only_serve_training_are_left_out(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    a_network_saved_as_downloaded(monkeypatch, tmp_path, name)
    model = load_model(name, "cpu")
    assert model.parameters_count == NETWORKS[name].parameters
    network: Any = model.module.network
    assert network.transform_input
    assert model.logits(torch.rand(1, 3, *NETWORKS[name].size)).shape == (1, 1000)


@pytest.mark.parametrize("name", ["vit_h_14", "vit_b_32", "maxvit_t", "swin_t", "swin_v2_t"])
def test_a_transformer_takes_pictures_of_its_cards_size(name: str) -> None:
    with torch.device("meta"):
        network = torchvision_networks.untrained(name).eval()
        assert network(torch.empty(1, 3, *NETWORKS[name].size)).shape == (1, 1000)


def test_densenets_old_names_are_understood(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    state = torchvision_networks.untrained("densenet121").state_dict()
    for layer in ("norm", "conv"):
        state = {key.replace(f".{layer}1.", f".{layer}.1.").replace(f".{layer}2.", f".{layer}.2."): value
                 for key, value in state.items()}  # fmt: skip
    assert "features.denseblock1.denselayer1.norm.1.weight" in state
    a_network_saved_as_downloaded(monkeypatch, tmp_path, "densenet121", state)
    assert load_model("densenet121", "cpu").parameters_count == NETWORKS["densenet121"].parameters


def is_buildable_here(card: NetworkCard) -> bool:
    """All but the larger RegNets, which compute with tensors as they are built, and so cannot do it without memory."""
    return card.family != "RegNet" or card.name == "regnet_y_400mf"


@pytest.mark.parametrize("card", [*filter(is_buildable_here, PUBLISHED)], ids=lambda card: card.name)
def test_every_published_network_has_as_many_parameters_as_its_card_says(card: NetworkCard) -> None:
    with torch.device("cpu" if card.family == "RegNet" else "meta"):
        network = torchvision_networks.without_heads(torchvision_networks.untrained(card.name))
    assert sum(each.numel() for each in network.parameters()) == card.parameters


# SqueezeNet's pickle


def test_the_pickle_gives_arrays_and_nothing_else() -> None:
    arrays = {"conv1": [np.arange(6, dtype=np.float32).reshape(2, 3), np.zeros(2, np.float32)]}
    for protocol in (3, 4):
        read = squeezenet.ArraysOnly(io.BytesIO(pickle.dumps(arrays, protocol))).load()
        np.testing.assert_array_equal(read["conv1"][0], arrays["conv1"][0])


def test_a_pickle_that_calls_something_is_refused_before_it_does(tmp_path: Path) -> None:
    with pytest.raises(pickle.UnpicklingError, match="is not allowed"):
        squeezenet.ArraysOnly(io.BytesIO(pickle.dumps(Trap(tmp_path / "sprung")))).load()
    assert not (tmp_path / "sprung").exists()


def test_squeezenet_takes_red_green_blue_as_keras_took_blue_green_red() -> None:
    model = load_model("squeezenet1.1", "cpu")
    layers = squeezenet.ArraysOnly(io.BytesIO(weights_path(NETWORKS["squeezenet1.1"]).read_bytes())).load()
    x = torch.rand(1, 3, *model.size, generator=torch.Generator().manual_seed(2))
    blue_first = 255 * x.flip(1) - torch.tensor([103.939, 116.779, 123.68]).view(3, 1, 1)
    kernel, bias = (torch.from_numpy(np.array(each)) for each in layers["conv1"])
    wanted = torch.nn.functional.conv2d(blue_first, kernel.permute(3, 2, 0, 1), bias, stride=2)
    network: Any = model.module.network
    found = network.features[0](model.module[0](x))
    torch.testing.assert_close(found, wanted, rtol=1e-4, atol=1e-2)
