"""A network is opened from a file: what is known of it, what is refused, and that nothing in it is run."""

from __future__ import annotations

import json
import os
import pickle
import warnings
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torchvision.models import get_model

from engine.catalogue.own import Kind, OwnNetwork
from engine.models.errors import ModelError
from engine.models.own import chain, classifier_of, try_out
from engine.models.own.guessing import compare
from engine.models.own.known import architectures, skeleton
from tests.engine.models.own_files import (
    Answering,
    Trap,
    bomb,
    exported,
    look_at,
    pictures,
    record,
    saved,
    scripted,
    small,
)

ONNX = ["onnx", "onnx2torch"]


def shufflenet(classes: int = 7, channels: int = 3) -> nn.Module:
    torch.manual_seed(0)
    network: nn.Module = get_model("shufflenet_v2_x0_5", num_classes=classes).eval()
    if channels != 3:
        network.conv1[0] = nn.Conv2d(channels, 24, 3, 2, 1, bias=False)
    return network


def dense(*widths: int) -> nn.Sequential:
    torch.manual_seed(0)
    layers: list[nn.Module] = [nn.Flatten()]
    for before, after in pairwise(widths):
        layers += [nn.Linear(before, after), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def refusal(path: Path, **how: Any) -> str:
    with pytest.raises(ModelError) as raised:
        look_at(path, **how)
    return str(raised.value)


# What is known of a file


@pytest.mark.parametrize("kind", ["pt", "safetensors"])
def test_the_architecture_the_classes_and_the_channels_are_told_by_the_tensors(tmp_path: Path, kind: str) -> None:
    network = shufflenet(classes=7, channels=1)
    path = tmp_path / f"net.{kind}"
    if kind == "pt":
        torch.save(network.state_dict(), path)
    else:
        save_file(network.state_dict(), path)
    best = look_at(path).guesses[0]
    assert (best.architecture, best.classes, best.channels, best.fits) == ("shufflenet_v2_x0_5", 7, 1, True)
    assert best.say() == f"Fits: {len(network.state_dict())} of {len(network.state_dict())} tensors."
    model = classifier_of(record(path))
    x = pictures(2, 1, 224)
    assert model.classes == tuple(f"class {each}" for each in range(7))
    with torch.no_grad():
        assert torch.allclose(model.logits(x), network(x), atol=1e-4)


@pytest.mark.parametrize(
    "wrap",
    [
        lambda state: {"state_dict": {f"module.{key}": value for key, value in state.items()}, "epoch": 3},
        lambda state: {"model": {f"_orig_mod.{key}": value for key, value in state.items()}, "lr": 0.1},
        lambda state: {f"module._orig_mod.{key}": value for key, value in state.items()},
        lambda state: {"model": {"state_dict": state}},
        lambda state: {key: value for key, value in state.items() if not key.endswith("num_batches_tracked")},
    ],
)
def test_what_training_scripts_wrap_around_the_weights_is_taken_off(tmp_path: Path, wrap: Any) -> None:
    path = saved(wrap(shufflenet().state_dict()), tmp_path / "net.pt")
    best = look_at(path).guesses[0]
    assert best.architecture == "shufflenet_v2_x0_5"
    assert best.fits


@pytest.mark.parametrize(
    "told",
    [
        {"classes": list("abcdefg")},
        {"class_to_idx": {name: number for number, name in enumerate("abcdefg")}},
        {"idx_to_class": dict(enumerate("abcdefg"))},
    ],
)
def test_names_of_classes_that_a_checkpoint_brings_are_used(tmp_path: Path, told: dict[str, Any]) -> None:
    path = saved({"state_dict": shufflenet(7).state_dict(), **told}, tmp_path / "net.pt")
    assert record(path).classes == tuple("abcdefg")


def test_names_of_classes_are_read_from_the_table_of_a_safetensors_file(tmp_path: Path) -> None:
    path = tmp_path / "net.safetensors"
    save_file(dense(16, 3).state_dict(), path, metadata={"classes": json.dumps(["x", "y", "z"])})
    assert record(path).classes == ("x", "y", "z")


def test_half_precision_weights_are_read_as_float32(tmp_path: Path) -> None:
    path = saved({key: each.half() for key, each in dense(16, 3).state_dict().items()}, tmp_path / "net.pt")
    assert next(classifier_of(record(path)).module.parameters()).dtype is torch.float32


def test_a_vision_transformer_tells_the_size_of_its_pictures() -> None:
    card = next(each for each in architectures() if each.name == "vit_b_32")
    shapes = skeleton(card, side=96).shapes
    best = compare(card, {name: torch.empty(shape, device="meta") for name, shape in shapes.items()})
    assert (best.architecture, best.size, best.fits) == ("vit_b_32", (96, 96), True)


def test_a_chain_of_dense_layers_is_built_from_its_shapes_and_says_what_it_takes_for_granted(tmp_path: Path) -> None:
    network = dense(784, 30, 20, 10)
    path = saved(network.state_dict(), tmp_path / "mlp.pt")
    best = look_at(path).guesses[0]
    assert (best.architecture, best.title, best.size, best.channels) == (
        chain.NAME,
        "Dense layers 784 – 30 – 20 – 10",
        (28, 28),
        1,
    )
    assert "ReLU" in best.note
    x = pictures()
    assert torch.allclose(classifier_of(record(path)).logits(x), network(x), atol=1e-5)


def test_the_names_of_the_architectures_are_those_of_torchvision_and_each_has_its_last_layer() -> None:
    wanted = {"resnet18", "vgg11", "squeezenet1_1", "mobilenet_v3_small", "efficientnet-lite0", "zfnet"}
    found = {each.name: each for each in architectures() if each.name in wanted}
    assert set(found) == wanted
    assert all(skeleton(card).heads for card in found.values())
    assert skeleton(found["resnet18"]).stem == "conv1"
    assert all(shape for shape in skeleton(found["zfnet"]).shapes.values())


# What does not fit


def test_missing_and_left_over_tensors_are_counted_and_the_first_are_named(tmp_path: Path) -> None:
    state = shufflenet().state_dict()
    count = len(state)
    del state["fc.bias"], state["conv5.0.weight"]
    state["extra.weight"] = torch.zeros(3)
    said = refusal(saved(state, tmp_path / "net.pt"))
    assert f"the nearest: ShuffleNetV2 ×0.5 fits {count - 2} of {count + 1} tensors" in said
    assert "2 missing (conv5.0.weight, fc.bias)" in said
    assert "1 left over (extra.weight)" in said
    assert "ONNX or torch.export" in said


def test_tensors_of_another_shape_are_named(tmp_path: Path) -> None:
    state = shufflenet().state_dict()
    state["conv5.0.weight"] = torch.zeros(8, 8, 1, 1)
    assert "1 of another shape (conv5.0.weight)" in refusal(saved(state, tmp_path / "net.pt"))


def test_a_checkpoint_of_something_else_altogether_says_so(tmp_path: Path) -> None:
    state = {f"encoder.block{each}.attention.query": torch.zeros(4, 4, 4) for each in range(5)}
    said = refusal(saved(state, tmp_path / "bert.pt"))
    assert "its 5 tensors (block0.attention.query, " in said
    assert "named like those of no architecture" in said


def test_a_file_that_lacks_the_tensor_that_tells_its_family_is_compared_with_what_has_its_size(tmp_path: Path) -> None:
    state = shufflenet().state_dict()
    del state["stage2.0.branch1.0.weight"]
    assert "ShuffleNetV2 ×0.5 fits" in refusal(saved(state, tmp_path / "net.pt"))


def test_a_single_output_and_pictures_of_four_channels_are_named(tmp_path: Path) -> None:
    one = refusal(saved(shufflenet(classes=1).state_dict(), tmp_path / "net.pt"))
    assert "a ShuffleNetV2 ×0.5 with a single output" in one
    four = refusal(saved(shufflenet(channels=4).state_dict(), tmp_path / "net.pt"))
    assert "a ShuffleNetV2 ×0.5 for pictures of 4 channels" in four


def test_another_architecture_than_the_record_says_is_told(tmp_path: Path) -> None:
    own = record(saved(shufflenet().state_dict(), tmp_path / "net.pt"))
    with pytest.raises(ModelError, match=r"ShuffleNetV2 ×1.0 fits .* of another shape"):
        classifier_of(replace(own, details={"architecture": "shufflenet_v2_x1_0"}))


# Nothing is run


def test_a_pickle_that_would_run_something_is_refused_by_name_and_not_run(tmp_path: Path) -> None:
    path = saved({"state_dict": shufflenet().state_dict(), "x": Trap(tmp_path / "sprung")}, tmp_path / "bad.pt")
    said = refusal(path)
    assert "it holds more than numbers" in said
    assert "getattr would have to be run" in said
    assert "torch.save(model.state_dict()" in said
    assert not (tmp_path / "sprung").exists()


def test_an_old_pickle_without_an_archive_is_not_run_either(tmp_path: Path) -> None:
    path = tmp_path / "bad.pt"
    path.write_bytes(pickle.dumps({"x": Trap(tmp_path / "sprung")}))
    refusal(path)
    torch.save({"x": Trap(tmp_path / "sprung")}, path, _use_new_zipfile_serialization=False)
    refusal(path)
    assert not (tmp_path / "sprung").exists()


def test_a_whole_module_is_refused_and_the_safe_way_is_named(tmp_path: Path) -> None:
    said = refusal(saved(small(), tmp_path / "net.pt"))
    assert "torch.nn.modules.container.Sequential would have to be run" in said
    assert "safetensors" in said


@pytest.mark.parametrize("kind", [Kind.SCRIPT, Kind.EXPORTED])
def test_a_program_is_not_opened_before_the_user_has_said_that_they_made_it(
    tmp_path: Path, kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = scripted(small(), tmp_path / "net.pt") if kind is Kind.SCRIPT else exported(small(), tmp_path / "net.pt2")

    def never(*_: object, **__: object) -> None:
        raise AssertionError("the file was opened")

    monkeypatch.setattr(torch.jit, "load", never)
    monkeypatch.setattr(torch.export, "load", never)
    monkeypatch.setattr(torch, "load", never)
    found = look_at(path)
    assert (found.kind, found.needs_trust, found.guesses) == (kind, True, ())
    own = OwnNetwork("t", kind.value, str(path), found.sha256, tuple("abcd"), (28, 28), 28, (0.0,), (1.0,))
    with pytest.raises(ModelError, match="opening it can run code"):
        classifier_of(own)


def test_a_file_that_was_exchanged_is_not_opened_in_the_trust_of_the_first(tmp_path: Path) -> None:
    path = scripted(small(), tmp_path / "net.pt")
    own = record(path, is_trusted=True)
    assert len(classifier_of(own).classes) == 4
    scripted(Answering(lambda answer: answer * 2), path)
    with pytest.raises(ModelError, match="has changed since it was opened"):
        classifier_of(own)


# Damaged and forged


@pytest.mark.parametrize("share", [0.0, 0.02, 0.5, 0.99])
def test_a_file_that_was_cut_short_is_refused(tmp_path: Path, share: float) -> None:
    for name, write in {"a.pt": torch.save, "a.safetensors": save_file}.items():
        path = tmp_path / name
        write(dense(784, 30, 10).state_dict(), path)
        content = path.read_bytes()
        path.write_bytes(content[: round(share * len(content))])
        assert f"“{name}” cannot be opened" in refusal(path)


def test_an_archive_that_unpacks_to_more_than_it_weighs_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = bomb(tmp_path / "bomb.pt")
    assert path.stat().st_size < 2_000_000
    assert "says that it unpacks to 60 MB" in refusal(path)


def test_a_tensor_that_claims_more_numbers_than_the_file_has_is_refused(tmp_path: Path) -> None:
    path = saved({"fc.weight": torch.zeros(1).expand(1000, 1_000_000)}, tmp_path / "net.pt")
    assert "claims more numbers than the file holds" in refusal(path)


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("a.pt", b"", "the file is empty"),
        ("a.pt", b"PK\x03\x04 no archive", "cut short or damaged"),
        ("a.pt", b"hello, this is a text", "it is not a network"),
        ("a.safetensors", b"\xff" * 40, "the table at its start is damaged"),
        ("a.h5", b"\x89HDF\r\n\x1a\n" + bytes(40), "tf2onnx"),
        ("a.pt", b"\x80\x04N.", "cannot be opened"),
        ("a.pt", b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\n", "git lfs pull"),
        ("a.pt", b"<!DOCTYPE html><html>", "it is a web page"),
    ],
)
def test_whatever_is_no_network_is_told_apart(tmp_path: Path, name: str, content: bytes, why: str) -> None:
    (tmp_path / name).write_bytes(content)
    assert why in refusal(tmp_path / name)


def test_what_is_not_there_or_no_file_says_so(tmp_path: Path) -> None:
    assert "there is no such file" in refusal(tmp_path / "gone.pt")
    (tmp_path / "folder.pt").mkdir()
    assert "it is a folder" in refusal(tmp_path / "folder.pt")
    (tmp_path / "link.pt").symlink_to(tmp_path / "gone.pt")
    assert "nothing is there" in refusal(tmp_path / "link.pt")
    if hasattr(os, "mkfifo"):  # Windows has none
        os.mkfifo(tmp_path / "pipe.pt")
        assert "a device or a pipe" in refusal(tmp_path / "pipe.pt")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the super-user may read everything")
def test_a_file_that_may_not_be_read_says_so(tmp_path: Path) -> None:
    path = saved({}, tmp_path / "net.pt")
    path.chmod(0)
    assert "Permission denied. Check its permissions" in refusal(path)


def test_a_link_to_a_network_is_opened_as_the_network(tmp_path: Path) -> None:
    path = saved(dense(784, 10).state_dict(), tmp_path / "net.pt")
    (tmp_path / "link.pt").symlink_to(path)
    assert look_at(tmp_path / "link.pt").guesses[0].fits


@pytest.mark.parametrize("content", [torch.zeros(3), [torch.zeros(3)], {"epoch": 3}, {}])
def test_a_file_without_tensors_by_name_is_refused(tmp_path: Path, content: object) -> None:
    assert "cannot be opened" in refusal(saved(content, tmp_path / "a.pt"))


# Programs


@pytest.mark.parametrize("for_one_picture", [False, True])
def test_an_exported_program_gives_its_shape_and_answers_as_before(tmp_path: Path, for_one_picture: bool) -> None:
    network = Answering(lambda answer: answer.reshape(1, 4)) if for_one_picture else small()
    path = exported(network, tmp_path / "net.pt2")
    found = look_at(path, is_trusted=True)
    assert (found.guesses[0].size, found.guesses[0].channels, found.guesses[0].classes) == ((28, 28), 1, 4)
    model = classifier_of(record(path, is_trusted=True))
    x = pictures(3)
    assert torch.allclose(model.logits(x), small()(x), atol=1e-5)
    assert any("one picture at a time" in each for each in model.notes) == for_one_picture


def test_a_torchscript_program_answers_as_before_and_has_a_gradient(tmp_path: Path) -> None:
    network = small()
    model = classifier_of(record(scripted(network, tmp_path / "net.pt"), is_trusted=True))
    x = pictures(3).requires_grad_()
    model(x)[:, 1].sum().backward()
    y = x.detach().clone().requires_grad_()
    network(y)[:, 1].sum().backward()
    assert torch.allclose(model.logits(x), network(x), atol=1e-5)
    assert x.grad is not None
    assert y.grad is not None
    assert torch.allclose(x.grad, y.grad, atol=1e-6)


def logits_by_name(answer: Tensor) -> dict[str, Tensor]:
    return {"features": answer.repeat(1, 2)[:, :, None], "logits": answer}


@pytest.mark.parametrize(
    ("form", "told"),
    [
        (logits_by_name, "“logits” is taken"),
        (lambda answer: (answer, answer.mean()), "“0” is taken"),
        (lambda answer: answer.softmax(1), "probabilities"),
    ],
)
def test_other_forms_of_answers_are_understood_and_told(tmp_path: Path, form: Any, told: str) -> None:
    model = classifier_of(record(exported(Answering(form), tmp_path / "net.pt2"), is_trusted=True))
    x = pictures(1)
    assert torch.allclose(model.logits(x).softmax(1), small()(x).softmax(1), atol=1e-5)
    assert any(told in each for each in model.notes)


@pytest.mark.parametrize(
    ("form", "why"),
    [
        (lambda answer: {"features": answer[0]}, "none of them is logits"),
        (lambda answer: answer[:, :1], "a single number"),
        (lambda answer: answer[:, :, None], "instead of one number per class"),
        (lambda answer: answer / 0, "not a finite number"),
        (lambda answer: answer + torch.rand(4), "differently each time"),
    ],
)
def test_what_cannot_be_asked_is_explained(tmp_path: Path, form: Any, why: str) -> None:
    path = exported(Answering(form), tmp_path / "net.pt2")
    assert why in refusal(path, is_trusted=True)


class Two(nn.Module):
    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        return (x * mask).flatten(1)[:, :4]


class Video(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.flatten(1)[:, :4]


def test_several_inputs_and_inputs_of_five_dimensions_are_named(tmp_path: Path) -> None:
    path = exported(Two(), tmp_path / "two.pt2", pictures(1), pictures(1))
    assert "it needs 2 inputs" in refusal(path, is_trusted=True)
    path = tmp_path / "two.pt"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # TorchScript is deprecated
        torch.jit.trace(Two(), (pictures(1), pictures(1))).save(path)  # type: ignore[no-untyped-call]
    assert "it needs 2 inputs" in refusal(path, is_trusted=True)
    path = exported(Video(), tmp_path / "video.pt2", torch.rand(1, 1, 4, 8, 8))
    assert "its input has 5 dimensions" in refusal(path, is_trusted=True)


# ONNX


def as_onnx(network: nn.Module, path: Path, x: Tensor | None = None) -> Path:
    for each in ONNX:
        pytest.importorskip(each)
    torch.onnx.export(network, (pictures(1) if x is None else x,), path, dynamo=False, verbose=False)
    return path


@pytest.mark.filterwarnings("ignore")
def test_an_onnx_file_answers_as_before_with_gradients_and_without_being_asked_for_trust(tmp_path: Path) -> None:
    network = small()
    path = as_onnx(network, tmp_path / "net.onnx")
    found = look_at(path)
    assert (found.kind, found.needs_trust, found.guesses[0].size) == (Kind.ONNX, False, (28, 28))
    model = classifier_of(record(path))
    x = pictures(3).requires_grad_()
    assert torch.allclose(model(x), network(x), atol=1e-5)
    model(x).square().sum().backward()
    assert x.grad is not None
    assert bool(x.grad.any())


@pytest.mark.filterwarnings("ignore")
def test_layers_that_share_their_numbers_in_an_onnx_file_are_converted(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = nn.Sequential(*(nn.Conv2d(3, 3, 3, padding=1) for _ in range(3)), nn.Flatten(), nn.Linear(192, 3)).eval()
    for each in network.parameters():
        nn.init.constant_(each, 0.01)  # equal parameters: the exporter writes them once, and copies
    x = pictures(2, 3, 8)
    model = classifier_of(record(as_onnx(network, tmp_path / "net.onnx", x[:1])))
    assert torch.allclose(model.logits(x), network(x), atol=1e-5)


def test_operators_that_cannot_be_converted_are_named(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnx2torch")
    shape = [1, 1, 8, 8]
    helper, real = onnx.helper, onnx.TensorProto.FLOAT
    nodes = [
        helper.make_node("Det", ["x"], ["d"]),
        helper.make_node("Flatten", ["d"], ["y"]),
    ]
    given = helper.make_tensor_value_info("x", real, shape)
    result = helper.make_tensor_value_info("y", real, [1, 1])
    model = helper.make_model(
        helper.make_graph(nodes, "g", [given], [result]), opset_imports=[helper.make_opsetid("", 13)], ir_version=9
    )
    onnx.save(model, tmp_path / "net.onnx")
    assert "the operator Det cannot be converted" in refusal(tmp_path / "net.onnx")


def onnx_of(path: Path, nodes: list[Any], numbers: list[Any], shape: tuple[int, ...] = (1, 1, 4, 4)) -> Path:
    """An ONNX file with an input x and an output y."""
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnx2torch")
    ends = [onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape) for name in "xy"]
    graph = onnx.helper.make_graph(nodes, "g", ends[:1], ends[1:], numbers)
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 13)], ir_version=9)
    path.write_bytes(model.SerializeToString())
    return path


def elsewhere(location: str) -> Any:
    """Sixteen numbers in another file."""
    onnx = pytest.importorskip("onnx")
    real, outside = onnx.TensorProto.FLOAT, onnx.TensorProto.EXTERNAL
    tensor = onnx.TensorProto(name="w", data_type=real, dims=[16], data_location=outside)
    tensor.external_data.add(key="location", value=location)
    return tensor


@pytest.mark.parametrize("location", ["../secret", "/etc/hostname", "", "."])
def test_an_onnx_file_reads_nothing_from_elsewhere_on_the_disk(tmp_path: Path, location: str) -> None:
    onnx = pytest.importorskip("onnx")
    (tmp_path / "secret").write_bytes(bytes(64))
    (tmp_path / "folder").mkdir()
    add = onnx.helper.make_node("Add", ["x", "w"], ["y"])
    assert "not beside it" in refusal(onnx_of(tmp_path / "folder" / "a.onnx", [add], [elsewhere(location)]))
    constant = onnx.helper.make_node("Constant", [], ["w"], value=elsewhere(location))
    assert "not beside it" in refusal(onnx_of(tmp_path / "folder" / "b.onnx", [constant, add], []))


def test_numbers_of_an_onnx_file_that_are_missing_are_asked_for_by_name(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    add = onnx.helper.make_node("Add", ["x", "w"], ["y"])
    said = refusal(onnx_of(tmp_path / "a.onnx", [add], [elsewhere("numbers.bin")]))
    assert "its numbers are in numbers.bin, and that is not here. Put both into one folder." in said


def test_an_onnx_file_whose_pictures_have_their_channels_last_is_asked_so(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    nodes = [onnx.helper.make_node("Flatten", ["x"], ["y"])]
    path = onnx_of(tmp_path / "a.onnx", nodes, [], (1, 4, 5, 3))
    best = look_at(path).guesses[0]
    assert (best.channels, best.size, best.classes) == (3, (4, 5), 60)
    x = torch.rand(1, 3, 4, 5)
    assert torch.equal(
        classifier_of(record(path, mean=(0.0,) * 3, std=(1.0,) * 3)).logits(x), x.movedim(1, 3).flatten(1)
    )


def test_a_damaged_onnx_file_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    pytest.importorskip("onnx2torch")
    (tmp_path / "a.onnx").write_bytes(b"\x08\x07\x12 no network at all")
    assert "cut short or damaged" in refusal(tmp_path / "a.onnx")
    onnx = pytest.importorskip("onnx")
    path = onnx_of(tmp_path / "b.onnx", [onnx.helper.make_node("Flatten", ["x_x_x"], ["y"])], [])
    path.write_bytes(path.read_bytes().replace(b"x_x_x", b"x\xff_\xff_"))
    assert "a name in it is no text" in refusal(path)


# Trying


def tried(own: OwnNetwork) -> tuple[str, str, tuple[str, ...]]:
    found: list[Any] = []
    for _ in try_out(own, found):
        pass
    return found[0].said, found[0].why_not, found[0].notes


def test_trying_a_network_says_what_it_answers(tmp_path: Path) -> None:
    own = record(saved(dense(784, 30, 4).state_dict(), tmp_path / "net.pt"), classes=tuple("abcd"))
    said, why_not, notes = tried(own)
    assert said.startswith("A grey test picture gives 4 finite numbers; it sees “")
    assert (why_not, notes) == ("", ())


def test_trying_a_network_without_a_gradient_says_so(tmp_path: Path) -> None:
    steps = exported(Answering(lambda answer: answer.round()), tmp_path / "net.pt2")
    assert any("no gradient" in each for each in tried(record(steps, is_trusted=True))[2])


def test_a_wrong_number_of_names_says_how_many_are_needed(tmp_path: Path) -> None:
    own = record(exported(small(), tmp_path / "net.pt2"), is_trusted=True, classes=("a", "b"))
    assert "it tells 4 classes apart, and 2 names are given. Give 4 names" in tried(own)[1]


def test_a_size_that_the_network_does_not_take_is_explained(tmp_path: Path) -> None:
    own = record(scripted(small(), tmp_path / "net.pt"), is_trusted=True, size=(40, 40))
    assert "it does not take pictures of (1, 1, 40, 40)" in tried(own)[1]
