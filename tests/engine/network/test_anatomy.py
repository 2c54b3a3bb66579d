"""What a layer is said to be made of is enough to recompute it, whatever way it was written."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from numpy.testing import assert_allclose
from torch import Tensor, nn

from engine.arithmetic import activate, norm_of, pool_apart, settings_of, soften, take_apart
from engine.images import Recipe
from engine.inside import Anatomy, Architecture, Form, Node
from engine.look import Look
from engine.models.classifier import Classifier
from engine.network.anatomy import anatomy
from engine.network.live import Live
from engine.network.recording import Recording
from engine.network.watched import Watched


def subject_of(network: nn.Module, layer: str, size: int = 16) -> Any:
    """Where that layer of that network is looked at; only what an anatomy needs."""
    network.eval()
    with torch.no_grad():
        count = network(torch.zeros(1, 3, size, size)).shape[1]
    classifier = Classifier(
        network,
        name="tiny",
        title="Tiny",
        classes=[f"class {each}" for each in range(count)],
        recipe=Recipe(resize=size, size=(size, size)),
        mean=(0.4, 0.5, 0.6),
        std=(0.2, 0.25, 0.3),
    )
    watched = Watched(classifier)
    assert watched.recording is not None
    watched.__dict__["architecture"] = simple_graph(watched.recording)
    torch.manual_seed(1)
    clean, attacked = torch.rand(2, 1, 3, size, size)
    return SimpleNamespace(
        watched=watched, live=Live(watched), clean=clean, attacked=attacked, look=Look(layer=layer), before=None
    )


def simple_graph(recording: Recording) -> Architecture:
    """Every node with those it takes, whatever else a graph may tell."""
    by_index = {each.index: each for each in recording.calls}
    places = {index: place for place, index in enumerate(recording.names)}

    def inputs(index: int) -> set[int]:
        sources = [each.call for each in by_index[index].sources if each.call >= 0]
        return set().union(*({places[each]} if each in places else inputs(each) for each in sources))

    nodes = tuple(
        Node(name, "", "", "", tuple(sorted(inputs(index))), by_index[index].shapes[0][1:], Form.MAPS)
        for index, name in recording.names.items()
    )
    return Architecture(nodes, {}, 0)


def recomputed(made: Anatomy, x: Any, place: tuple[int, int, int]) -> float:
    """A number of the layer, by its kind."""
    maps = x.reshape(-1, 1, 1) if x.ndim == 1 else x
    if made.kind in {"conv", "dense"}:
        return take_apart(made, x, place).result
    if made.kind == "batch norm":
        return norm_of(made, float(maps[place]), place[0]).result
    if made.kind.endswith("pool"):
        return pool_apart(made, x, place).result
    if made.kind == "softmax":
        return float(soften(maps[:, place[1], place[2]]).shares[place[0]])
    return float(activate(made.function, maps[place], settings_of(made)))


def check(made: Anatomy | None, count: int = 40) -> Anatomy:
    """Both runs, at some places."""
    assert made is not None
    random = np.random.default_rng(0)
    for x, out in ((made.clean_in, made.clean_out), (made.attacked_in, made.attacked_out)):
        assert x is not None
        assert out is not None
        maps = out.reshape(-1, 1, 1) if out.ndim == 1 else out
        for _ in range(count):
            place = tuple(int(random.integers(side)) for side in maps.shape)
            assert_allclose(recomputed(made, x, place), maps[place], rtol=2e-4, atol=2e-5)
    assert not np.array_equal(made.clean_out, made.attacked_out)  # type: ignore[arg-type]
    return made


class Layers(nn.Module):
    """A network around some layers, whose maps are averaged."""

    def __init__(self, *layers: nn.Module, width: int) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.body = nn.Sequential(*layers)
        self.head = nn.Linear(width, 4)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.body(x).mean((2, 3)))


@pytest.mark.filterwarnings("ignore:Using padding='same':UserWarning")
@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (nn.Conv2d(3, 6, 3, 2, 1), {"padding": (1, 1), "stride": (2, 2)}),
        (nn.Conv2d(3, 6, (3, 5), padding=(0, 2), dilation=2, groups=3), {"groups": 3, "dilation": (2, 2)}),
        (nn.Conv2d(3, 6, 3, padding=2, padding_mode="reflect"), {"padding_mode": "reflect", "padding": (2, 2)}),
        (nn.Conv2d(3, 6, 3, padding=(1, 2), padding_mode="circular"), {"padding_mode": "circular", "padding": (1, 2)}),
        (nn.Conv2d(3, 6, 3, padding=1, padding_mode="replicate", bias=False), {"padding_mode": "replicate"}),
        (nn.Conv2d(3, 6, 3, padding="same"), {"padding": (1, 1)}),
        (nn.Conv2d(3, 6, (4, 3), padding="same"), {"padding": (0, 0)}),
        (nn.Conv2d(3, 6, 4, padding="same", padding_mode="reflect"), {"padding": (0, 0)}),
        (nn.Conv2d(3, 6, 3, padding="valid"), {"padding": (0, 0)}),
    ],
)
def test_a_convolution_is_recomputed_whatever_its_stride_padding_dilation_and_groups(
    layer: nn.Module, expected: dict[str, Any]
) -> None:
    made = check(anatomy(subject_of(Layers(layer, width=6), "body.0")))
    assert made.kind == "conv"
    assert {name: getattr(made, name) for name in expected} == expected


class Padded(nn.Conv2d):
    """As some networks pad "same" with a stride: one more row below and right."""

    def forward(self, x: Tensor) -> Tensor:
        return F.conv2d(F.pad(x, (0, 1, 0, 1)), self.weight, self.bias, self.stride)


def test_a_convolution_that_pads_unevenly_by_itself_shows_its_padded_input() -> None:
    made = check(anatomy(subject_of(Layers(Padded(3, 5, 3, 2), width=5), "body.0")))
    assert made.clean_in.shape == (3, 17, 17)
    assert made.padding == (0, 0)


class Functional(nn.Module):
    """Everything called, nothing a layer; in place where it can be."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.kernel = nn.Parameter(torch.randn(5, 3, 3, 3))
        self.weight = nn.Parameter(torch.randn(4, 5))

    def forward(self, x: Tensor) -> Tensor:
        y = F.conv2d(x, self.kernel, stride=2)
        y = F.relu_(y)
        y = y + F.avg_pool2d(y, 3, 1, 1)
        y = F.max_pool2d(y, 2)
        y = F.adaptive_avg_pool2d(y, 1).flatten(1)
        return F.linear(y, self.weight)


def test_calls_of_functions_are_taken_apart_as_layers_are() -> None:
    kinds = {}
    for name in ("conv2d", "relu", "avg_pool2d", "max_pool2d", "adaptive_avg_pool2d", "linear"):
        made = anatomy(subject_of(Functional(), name))
        kinds[name] = check(made, 10).kind
    assert kinds == {
        "conv2d": "conv",
        "relu": "activation",
        "avg_pool2d": "average pool",
        "max_pool2d": "max pool",
        "adaptive_avg_pool2d": "average pool",
        "linear": "dense",
    }


def test_the_batch_norm_and_the_activation_that_directly_follow_are_told() -> None:
    norm = nn.BatchNorm2d(6)
    assert norm.running_mean is not None
    norm.running_mean.uniform_(-1, 1)
    subject = subject_of(Layers(nn.Conv2d(3, 6, 3), norm, nn.ReLU6(inplace=True), width=6), "body.0")
    made = check(anatomy(subject))
    assert made.norm is not None
    assert (made.norm.layer, made.then) == ("body.1", "relu6")
    after = subject.live.values(subject.clean, ["body.2"])["body.2"][0].numpy()
    for place in np.ndindex(6, 3, 3):
        assert take_apart(made, made.clean_in, place).after == pytest.approx(float(after[place]), abs=1e-5)


def test_a_convolution_whose_output_goes_two_ways_is_followed_by_nothing() -> None:
    class Skip(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 6, 3)

        def forward(self, x: Tensor) -> Tensor:
            y = self.conv(x)
            return torch.relu(y) + y

    made = check(anatomy(subject_of(Layers(Skip(), width=6), "body.0.conv")))
    assert made.then == ""


@pytest.mark.parametrize(
    ("layer", "function"),
    [
        (nn.ReLU(), "relu"),
        (nn.ReLU6(), "relu6"),
        (nn.Hardtanh(-0.5, 0.75), "hardtanh"),
        (nn.Sigmoid(), "sigmoid"),
        (nn.Tanh(), "tanh"),
        (nn.SiLU(inplace=True), "silu"),
        (nn.GELU(), "gelu"),
        (nn.GELU("tanh"), "gelu_tanh"),
        (nn.LeakyReLU(0.2), "leaky_relu"),
        (nn.ELU(0.7), "elu"),
        (nn.SELU(), "selu"),
        (nn.Hardswish(), "hardswish"),
        (nn.Hardsigmoid(), "hardsigmoid"),
        (nn.Softplus(), "softplus"),
        (nn.Mish(), "mish"),
    ],
)
def test_every_activation_is_recomputed(layer: nn.Module, function: str) -> None:
    made = check(anatomy(subject_of(Layers(nn.Conv2d(3, 6, 3), layer, width=6), "body.1")))
    assert (made.kind, made.function) == ("activation", function)


@pytest.mark.parametrize(
    ("layer", "kind"),
    [
        (nn.BatchNorm2d(3), "batch norm"),
        (nn.BatchNorm2d(3, affine=False), "batch norm"),
        (nn.MaxPool2d(3, 2, 1), "max pool"),
        (nn.MaxPool2d(3, 2, ceil_mode=True), "max pool"),
        (nn.AvgPool2d(3, 2, 1, count_include_pad=False), "average pool"),
        (nn.AdaptiveAvgPool2d((5, 3)), "average pool"),
        (nn.AdaptiveMaxPool2d(3), "max pool"),
        (nn.Softmax(1), "softmax"),
    ],
)
def test_layers_of_other_kinds_are_recomputed(layer: nn.Module, kind: str) -> None:
    assert check(anatomy(subject_of(Layers(layer, width=3), "body.0"))).kind == kind


def test_the_mean_over_whole_maps_is_an_average_pool_as_large_as_they_are() -> None:
    made = check(anatomy(subject_of(Layers(nn.Conv2d(3, 6, 3), width=6), "mean")))
    assert (made.kind, made.kernel) == ("average pool", (14, 14))


def test_the_answer_of_a_network_that_ends_with_no_such_layer_is_given_as_its_softmax() -> None:
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    made = check(anatomy(subject_of(network, "2")))
    assert made.kind == "softmax"
    assert made.clean_out.sum() == pytest.approx(1, abs=1e-5)


def test_the_tokens_of_a_transformer_are_columns_of_one_row() -> None:
    from torchvision.models.vision_transformer import VisionTransformer

    network = VisionTransformer(16, 8, 1, 2, 12, 24, num_classes=4)
    dense = check(anatomy(subject_of(network, "encoder.layers.encoder_layer_0.mlp.0")))
    assert (dense.kind, dense.clean_out.shape) == ("dense", (24, 1, 5))
    assert dense.then == "gelu"
    assert check(anatomy(subject_of(network, "encoder.layers.encoder_layer_0.mlp.1"))).function == "gelu"


def test_what_is_of_no_such_kind_is_none() -> None:
    from torchvision.models.vision_transformer import VisionTransformer

    network = VisionTransformer(16, 8, 1, 2, 12, 24, num_classes=4)
    for layer in ("encoder.ln", "encoder.layers.encoder_layer_0.self_attention", "no such layer"):
        assert anatomy(subject_of(network, layer)) is None


def test_half_precision_is_given_as_float32() -> None:
    subject = subject_of(Layers(nn.Conv2d(3, 6, 3), width=6), "body.0")
    subject.watched.classifier.module.bfloat16()
    subject.watched = Watched(subject.watched.classifier)
    subject.watched.__dict__["architecture"] = simple_graph(subject.watched.recording)
    subject.live = Live(subject.watched)
    made = anatomy(subject)
    assert made is not None
    assert {each.dtype for each in (made.clean_in, made.clean_out, made.weight)} == {np.dtype(np.float32)}  # type: ignore[union-attr]


@pytest.mark.parametrize("name", ["resnet18", "densenet121", "squeezenet1_1", "mobilenet_v3_small"])
def test_whole_networks_are_taken_apart_layer_by_layer(name: str) -> None:
    import torchvision

    torch.manual_seed(0)
    subject = subject_of(getattr(torchvision.models, name)(weights=None, num_classes=10), "", 64)
    with torch.no_grad():
        subject.live.ask(subject.clean, subject.watched.recording.names.values())
        subject.live.ask(subject.attacked, subject.watched.recording.names.values())
    kinds = set()
    for layer in subject.watched.architecture.nodes[:: max(1, len(subject.watched.architecture.nodes) // 60)]:
        subject.look = Look(layer=layer.name)
        made = anatomy(subject)
        if made is not None:
            kinds.add(made.kind)
            random = np.random.default_rng(0)
            maps = made.clean_out.reshape(-1, 1, 1) if made.clean_out.ndim == 1 else made.clean_out
            place = tuple(int(random.integers(side)) for side in maps.shape)
            assert_allclose(recomputed(made, made.clean_in, place), maps[place], rtol=1e-3, atol=1e-4)
    assert {"conv", "activation"} <= kinds
