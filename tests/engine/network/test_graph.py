from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.images import Recipe
from engine.inside import Architecture, Form, Node
from engine.models.classifier import Classifier, Normalise
from engine.network.graph import architecture, form_of
from engine.network.recording import capture, record
from engine.network.tree import module_tree
from engine.network.watched import Watched


def watched(network: nn.Module, size: tuple[int, int] = (16, 16), channels: int = 3) -> Watched:
    """A network whose classes are counted."""
    with torch.no_grad():
        classes = network.eval()(torch.zeros(1, channels, *size)).shape[1]
    return Watched(
        Classifier(
            network,
            name="small",
            title="Small",
            classes=[str(each) for each in range(classes)],
            recipe=Recipe(max(size), size, channels=channels),
            mean=[0.5] * channels,
            std=[0.25] * channels,
        )
    )


def graph_of(network: nn.Module, size: tuple[int, int] = (16, 16), channels: int = 3) -> Architecture:
    return watched(network, size, channels).architecture


def node_of(graph: Architecture, name: str) -> Node:
    return graph.nodes[graph.index[name]]


def inputs_of(graph: Architecture, name: str) -> list[str]:
    return [graph.nodes[each].name for each in node_of(graph, name).inputs]


def plain(text: str) -> str:
    return text.replace("\N{THIN SPACE}", " ")


class Whole(nn.Module):
    """A network from a function of the picture."""

    def __init__(self, run: Callable[[Any, Tensor], Tensor], **layers: nn.Module | nn.Parameter) -> None:
        super().__init__()
        for name, each in layers.items():
            setattr(self, name, each)
        self._run = run

    def forward(self, x: Tensor) -> Tensor:
        return self._run(self, x)


def small_cnn() -> nn.Sequential:
    """The lecture's: Conv 32@3 – pool – Conv 32@3 – pool – Dense 64 – Dense 10, on 28 × 28 × 1."""
    return nn.Sequential(
        *(nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(32, 32, 3), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(800, 64), nn.ReLU(), nn.Linear(64, 10)),
    )


class Residual(nn.Module):
    """Two 'same' convolutions of 32, with or without the sum around the second."""

    def __init__(self, channels: int, *, skips: bool) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, 32, 3, padding="same")
        self.second = nn.Conv2d(32, 32, 3, padding="same")
        self.skips = skips

    def forward(self, x: Tensor) -> Tensor:
        x = functional.relu(self.first(x))
        y = functional.relu(self.second(x))
        return functional.max_pool2d(x + y if self.skips else y, 2)


def deep_cnn(*, skips: bool) -> nn.Sequential:
    """The lecture's variant with four 'same' convolutions of 32."""
    blocks = Residual(1, skips=skips), Residual(32, skips=skips)
    return nn.Sequential(*blocks, nn.Flatten(), nn.Linear(7 * 7 * 32, 64), nn.ReLU(), nn.Linear(64, 10))


# The lectures' numbers


def test_the_dense_network_has_407_050_parameters() -> None:
    graph = graph_of(nn.Sequential(nn.Flatten(), nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 10)), (28, 28), 1)
    assert graph.parameters == 407_050
    assert [each.parameters for each in graph.nodes if each.parameters] == [401_920, 5_130]
    assert plain(node_of(graph, "1").parameters_formula) == "(784 + 1)·512 = 401 920"
    assert (graph.macs, node_of(graph, "1").detail) == (784 * 512 + 512 * 10, "784 → 512")


def test_the_small_cnn_has_61_482_parameters() -> None:
    graph = graph_of(small_cnn(), (28, 28), 1)
    assert graph.parameters == 61_482
    assert [each.parameters for each in graph.nodes if each.parameters] == [320, 9_248, 51_264, 650]
    assert [each.shape for each in graph.nodes if each.kind in {"Conv2d", "MaxPool2d"}] == [
        *((32, 26, 26), (32, 13, 13)),
        *((32, 11, 11), (32, 5, 5)),
    ]
    assert node_of(graph, "0").size_formula == "(28 − 3 + 2·0)/1 + 1 = 26"
    assert node_of(graph, "5").size_formula == "⌊(11 − 2 + 2·0)/2⌋ + 1 = 5"


@pytest.mark.parametrize("skips", [False, True])
def test_four_same_convolutions_have_129_130_parameters_with_and_without_skips(skips: bool) -> None:
    graph = graph_of(deep_cnn(skips=skips), (28, 28), 1)
    assert graph.parameters == sum(each.parameters for each in graph.nodes) == 129_130
    assert len([each for each in graph.nodes if each.kind == "add"]) == 2 * skips


def test_a_dense_layer_on_a_photograph_is_counted_without_being_built() -> None:
    with torch.device("meta"):
        network = nn.Sequential(nn.Flatten(), nn.Linear(640 * 480 * 3, 1000))
    tree = module_tree(network)
    assert tree.parameters == 921_601_000
    assert plain(tree.nodes[-1].parameters_formula) == "(921 600 + 1)·1 000 = 921 601 000"


# Edges and groups


def test_a_residual_sum_is_a_node_with_both_its_branches() -> None:
    graph = graph_of(deep_cnn(skips=True), (28, 28), 1)
    assert inputs_of(graph, "0.add") == ["0.relu", "0.relu#2"]
    assert node_of(graph, "0.add").group == "0"
    assert not node_of(graph, "0.add").is_module
    assert node_of(graph, "0.first").is_module
    assert inputs_of(graph, "0.max_pool2d") == ["0.add"]


def test_a_concatenation_says_what_is_put_side_by_side() -> None:
    network = Whole(
        lambda self, x: torch.cat([self.one(x), x, self.two(x)], 1).mean((2, 3)),
        one=nn.Conv2d(3, 4, 1),
        two=nn.Conv2d(3, 8, 1),
    )
    graph = graph_of(network)
    assert inputs_of(graph, "cat") == ["normalise", "one", "two"]
    assert node_of(graph, "cat").detail == "4 + 3 + 8"


def test_a_sum_in_place_has_both_its_branches_too() -> None:
    def run(self: Any, x: Tensor) -> Tensor:
        y = self.one(x)
        y += self.two(x)
        y[:, 0] = self.three(x)[:, 0]
        return functional.relu(y, inplace=True).mean((2, 3))

    network = Whole(run, **{each: nn.Conv2d(3, 4, 1) for each in ("one", "two", "three")})
    graph = graph_of(network)
    join = next(each.name for each in graph.nodes if len(each.inputs) > 1)
    assert inputs_of(graph, join) == ["one", "two"]
    assert "three" in ancestors(graph, "relu"), "what is put into a part of a value belongs to it"


def ancestors(graph: Architecture, name: str) -> set[str]:
    before = inputs_of(graph, name)
    return set(before).union(*(ancestors(graph, each) for each in before))


def test_steps_within_a_layer_are_not_nodes() -> None:
    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.norm, self.attention = nn.LayerNorm(8), nn.MultiheadAttention(8, 2, batch_first=True)

        def forward(self, x: Tensor) -> Tensor:
            y = self.norm(x)
            return x + self.attention(y, y, y, need_weights=False)[0]

    network = Whole(
        lambda self, x: self.dense(self.block(self.patches(x).flatten(2).transpose(1, 2)).mean(1)),
        patches=nn.Conv2d(3, 8, 4, 4),
        block=Block(),
        dense=nn.Linear(8, 5),
    )
    graph = graph_of(network)
    assert inputs_of(graph, "block.attention") == ["block.norm"]
    attention = node_of(graph, "block.attention")
    assert (attention.kind, attention.shape, attention.form) == ("MultiheadAttention", (16, 8), Form.TOKENS)
    assert attention.detail == "2 heads of 4"
    assert plain(attention.macs_formula) == "4·8·8·16 + 2·16·16·8 = 8 192"
    assert graph.parameters == sum(each.parameters for each in graph.nodes)


def test_every_group_has_its_parent_and_its_class() -> None:
    graph = graph_of(nn.Sequential(nn.Sequential(deep_cnn(skips=True))), (28, 28), 1)
    assert {each.group for each in graph.nodes} <= set(graph.groups)
    assert (graph.groups[""].kind, graph.groups[""].parent) == ("Sequential", None)
    assert (graph.groups["0.0.1"].kind, graph.groups["0.0.1"].parent) == ("Residual", "0.0")


def test_a_network_that_is_one_layer_stands_alone() -> None:
    network = nn.Conv2d(3, 4, 16)
    graph = graph_of(nn.Sequential(network, nn.Flatten()))
    assert [each.name for each in graph.nodes] == ["normalise", "0", "1"]


def test_every_input_stands_before_its_node_and_the_answer_is_last() -> None:
    graph = graph_of(deep_cnn(skips=True), (28, 28), 1)
    assert all(before < at for at, each in enumerate(graph.nodes) for before in each.inputs)
    assert graph.nodes[-1].shape == (10,)


# Shapes and forms


def test_the_form_follows_from_the_number_of_axes() -> None:
    assert [form_of(each) for each in ((4, 5, 6), (5, 6), (6,))] == [Form.MAPS, Form.TOKENS, Form.VECTOR]
    assert [form_of(each) for each in ((), (2, 3, 4, 5), (0,), (3, 0, 2))] == [None] * 4


def test_channels_last_are_shown_and_handed_over_channels_first() -> None:
    network = Whole(
        lambda self, x: self.dense(self.norm(self.conv(x).permute(0, 2, 3, 1))).permute(0, 3, 1, 2).mean((2, 3)),
        conv=nn.Conv2d(3, 6, 4, 4),
        norm=nn.LayerNorm(6),
        dense=nn.Linear(6, 7),
    )
    seen = watched(network, (16, 24))
    dense = node_of(seen.architecture, "dense")
    assert (dense.shape, dense.form) == ((7, 4, 6), Form.MAPS)
    assert dense.detail == "6 → 7, channels last"
    assert node_of(seen.architecture, "permute#2").detail == "axes 0 3 1 2"
    _, values = seen.values(torch.rand(2, 3, 16, 24), ["dense", "permute#2"])
    assert values["dense"].shape == (2, 7, 4, 6)
    assert torch.equal(values["dense"], values["permute#2"])


def test_every_value_has_the_shape_that_its_node_says() -> None:
    network = Whole(
        lambda self, x: self.dense(self.row(self.conv(x).flatten(2)).transpose(1, 2).relu().mean(1)),
        conv=nn.Conv2d(3, 8, 4, 4),
        row=nn.Conv1d(8, 6, 3),
        dense=nn.Linear(6, 5),
    )
    seen = watched(network)
    _, values = seen.values(torch.rand(1, 3, 16, 16))
    for node in seen.architecture.nodes:
        assert tuple(values[node.name].shape[1:]) == node.shape, node.name
    assert node_of(seen.architecture, "row").shape == (14, 6), "a sequence of 14, each of 6 numbers"


def test_a_value_whose_first_axis_is_not_the_batch_has_no_form() -> None:
    network = Whole(lambda self, x: self.conv(x).reshape(4, 8, 4).mean(2).reshape(1, 32), conv=nn.Conv2d(3, 8, 4, 4))
    node = node_of(graph_of(network), "reshape")
    assert (node.shape, node.form) == ((4, 8, 4), None)


def test_settings_are_read_as_one_would_say_them() -> None:
    network = nn.Sequential(
        nn.Conv2d(3, 8, 3, stride=2, padding=1, bias=False),
        nn.Conv2d(8, 8, (1, 3), padding=(0, 2), dilation=(1, 2), groups=2),
        nn.MaxPool2d(2, ceil_mode=True),
        nn.ConvTranspose2d(8, 4, 2, stride=2),
        nn.Conv2d(4, 4, 3, padding=1, padding_mode="reflect"),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
    )
    graph = graph_of(network, (15, 15))
    assert [node_of(graph, str(each)).detail for each in range(6)] == [
        "3×3, stride 2, padding 1",
        "1×3, padding 0×2, dilation 1×2, 2 groups",
        "2×2, stride 2, rounded up",
        "2×2, stride 2, transposed",
        "3×3, padding 1, reflect",
        "to 1×1",
    ]
    assert node_of(graph, "3").size_formula == "(4 − 1)·2 − 2·0 + 2 = 8"
    assert node_of(graph, "4").size_formula == "(8 − 3 + 2·1)/1 + 1 = 8"
    assert plain(node_of(graph, "3").macs_formula) == "2·2·8·4·4·4 = 2 048"


def test_a_picture_that_is_no_square_has_a_formula_for_each_axis() -> None:
    graph = graph_of(nn.Sequential(nn.Conv2d(3, 2, 3, 2), nn.AdaptiveAvgPool2d(1), nn.Flatten()), (9, 13))
    assert node_of(graph, "0").size_formula == "(9 − 3 + 2·0)/2 + 1 = 4 high, (13 − 3 + 2·0)/2 + 1 = 6 wide"


# Parameters


def test_a_layer_that_is_used_twice_counts_once_and_says_so() -> None:
    network = Whole(lambda self, x: self.conv(self.conv(x)).mean((2, 3)), conv=nn.Conv2d(3, 3, 3))
    graph = graph_of(network)
    assert node_of(graph, "conv").parameters == graph.parameters == 84
    again = node_of(graph, "conv#2")
    assert (again.parameters, again.parameters_formula) == (0, "shared with conv, counted there")
    assert again.macs > 0, "it is computed twice"


def test_learnt_numbers_that_belong_to_no_layer_stand_where_they_are_used() -> None:
    def run(self: Any, x: Tensor) -> Tensor:
        tokens = self.patches(x).flatten(2).transpose(1, 2)
        tokens = torch.cat([self.token.expand(len(x), -1, -1), tokens], 1) + self.places[:, : tokens.shape[1] + 1]
        return tokens[:, 0]

    network = Whole(
        run,
        patches=nn.Conv2d(3, 8, 4, 4),
        token=nn.Parameter(torch.zeros(1, 1, 8)),
        places=nn.Parameter(torch.zeros(1, 20, 8)),
    )
    graph = graph_of(network)
    assert node_of(graph, "cat").detail == "1 + 16, with token"
    assert (node_of(graph, "cat").parameters, node_of(graph, "add").parameters) == (8, 160)
    assert node_of(graph, "add").detail == "with places"
    assert graph.parameters == sum(each.parameters for each in graph.nodes)


def test_weights_that_are_computed_from_others_are_counted_as_they_were_learnt() -> None:
    conv = nn.utils.parametrizations.weight_norm(nn.Conv2d(3, 4, 3))
    graph = graph_of(nn.Sequential(conv, nn.AdaptiveAvgPool2d(1), nn.Flatten()))
    node = node_of(graph, "0")
    assert (node.kind, node.parameters) == ("Conv2d", 4 * 3 * 3 * 3 + 4 + 4)
    assert graph.parameters == node.parameters


def test_what_takes_no_part_in_the_answer_is_listed_without_a_size() -> None:
    network = Whole(
        lambda self, x: self.last(self.conv(x).mean((2, 3))),
        conv=nn.Conv2d(3, 4, 3),
        helper=nn.Sequential(nn.Linear(4, 4), nn.ReLU()),
        unused=nn.Parameter(torch.zeros(5)),
        last=nn.Linear(4, 2),
    )
    graph = graph_of(network)
    helper = node_of(graph, "helper.0")
    assert (helper.shape, helper.form, helper.inputs, helper.parameters) == ((), None, (), 20)
    assert helper.detail == "takes no part in the answer"
    assert graph.parameters == sum(each.parameters for each in graph.nodes)
    assert graph.nodes[-1].name == "last"
    assert inputs_of(graph, "last") == ["mean"], "inputs are counted with those that rest between"


def test_operations_are_charged_what_they_multiply() -> None:
    def run(self: Any, x: Tensor) -> Tensor:
        tokens = x.flatten(2).transpose(1, 2)  # (1, 256, 3)
        scores = tokens @ tokens.transpose(1, 2)
        mixed = torch.einsum("bij,bjc->bic", scores, tokens)
        attended = functional.scaled_dot_product_attention(mixed, tokens, tokens)
        return functional.linear(attended.mean(1), self.weight)

    graph = graph_of(Whole(run, weight=nn.Parameter(torch.zeros(5, 3))))
    macs = {each.kind: plain(each.macs_formula) for each in graph.nodes if each.macs}
    assert macs == {
        "matmul": "256·256·3 = 196 608",
        "einsum": "256·256·3 = 196 608",
        "scaled_dot_product_attention": "2·256·256·3 = 393 216",
        "linear": "3·5 = 15",
    }


@pytest.mark.parametrize(
    ("name", "parameters", "macs"),
    [
        ("resnet18", 11_689_512, 1.814e9),
        ("densenet121", 7_978_856, 2.834e9),
        ("mobilenet_v3_small", 2_542_856, 0.057e9),
        ("vit_b_16", 86_567_656, 17.564e9),
        ("swin_t", 28_288_354, 4.491e9),
        ("googlenet", 13_004_888, 1.498e9),
    ],
)
def test_the_networks_of_torchvision_come_out_as_they_are_published(name: str, parameters: int, macs: float) -> None:
    from torchvision.models import get_model

    more = {"init_weights": False} if name == "googlenet" else {}
    with torch.device("meta"):  # drawing random weights takes longer than all the rest
        network = get_model(name, weights=None, **more).eval().requires_grad_(False)
    network = network.to_empty(device="cpu")
    for each in (*network.parameters(), *network.buffers()):
        each.zero_()
    graph = recorded(network)
    assert graph.parameters == sum(each.parameters for each in graph.nodes) == parameters
    assert graph.macs == pytest.approx(macs, rel=0.02)
    assert (graph.nodes[-1].shape, graph.missing) == ((1000,), "")
    assert all(each.group in graph.groups for each in graph.nodes)


def recorded(network: nn.Module) -> Architecture:
    """Of a network for pictures of 224 × 224, without the copies that a classifier makes to attack it."""
    module = nn.Sequential(OrderedDict(normalise=Normalise([0.5] * 3, [0.25] * 3), network=network))
    classifier = SimpleNamespace(module=module, recipe=Recipe(224, (224, 224)), size=(224, 224))
    return architecture(cast(Classifier, classifier), record(module, torch.zeros(1, 3, 224, 224)))


# Networks that cannot be watched


def test_without_a_recording_every_layer_is_listed_with_what_it_learnt() -> None:
    seen = watched(small_cnn(), (28, 28), 1)
    graph = architecture(seen.classifier, None)
    assert [each.parameters for each in graph.nodes if each.parameters] == [320, 9_248, 51_264, 650]
    assert all((each.inputs, each.shape, each.form) == ((), (), None) for each in graph.nodes)
    assert graph.parameters == 61_482
    assert "cannot be watched" in graph.missing
    assert plain(node_of(graph, "0").parameters_formula) == "(3·3·1 + 1)·32 = 320"


def test_a_tree_counts_shared_layers_once_and_lists_bare_parameters() -> None:
    shared = nn.Linear(4, 4)
    network = Whole(
        lambda self, x: x,
        one=shared,
        two=shared,
        attention=nn.MultiheadAttention(4, 2),
        bare=nn.Parameter(torch.zeros(3)),
    )
    graph = module_tree(network)
    assert [(each.name, each.parameters) for each in graph.nodes] == [
        *(("bare", 3), ("one", 20), ("two", 0), ("attention", 80)),
    ]
    assert node_of(graph, "two").parameters_formula == "shared with one, counted there"
    assert graph.parameters == 103


def tokens_of(x: Tensor) -> Tensor:
    return x.flatten(2).transpose(1, 2)


ODD: dict[str, Callable[[], nn.Module]] = {
    "recurrent": lambda: Whole(
        lambda self, x: self.steps(tokens_of(x))[0][:, -1], steps=nn.LSTM(3, 5, 2, batch_first=True)
    ),
    "three axes": lambda: Whole(
        lambda self, x: self.conv(x[:, :, None]).mean((2, 3, 4)), conv=nn.Conv3d(3, 4, (1, 3, 3), padding="same")
    ),
    "a row of weights": lambda: Whole(
        lambda self, x: functional.linear(x.flatten(1), self.row)[:, None] * torch.ones(4),
        row=nn.Parameter(torch.zeros(768)),
    ),
    "an encoder": lambda: Whole(
        lambda self, x: self.block(tokens_of(x)).mean(1), block=nn.TransformerEncoderLayer(3, 1, 8, batch_first=True)
    ),
    "tokens before the batch": lambda: Whole(
        lambda self, x: self.block(tokens_of(x).transpose(0, 1)).mean(0), block=nn.TransformerEncoderLayer(3, 1, 8)
    ),
    "keys of another width": lambda: Whole(
        lambda self, x: self.heads(tokens_of(x)[:, :, :2], tokens_of(x), tokens_of(x))[0].mean(1),
        heads=nn.MultiheadAttention(2, 1, kdim=3, vdim=3, batch_first=True),
    ),
    "one picture at a time": lambda: Whole(
        lambda self, x: torch.stack([self.conv(each) for each in x]).mean((2, 3)), conv=nn.Conv2d(3, 4, 3)
    ),
    "weights from the picture": lambda: Whole(
        lambda self, x: functional.conv2d(x, self.dense(x.mean((2, 3))).view(4, 3, 3, 3)).mean((2, 3)),
        dense=nn.Linear(3, 108),
    ),
    "several outputs": lambda: Whole(
        lambda self, x: self.pool(self.conv(x).split([1, 3], 1)[1])[0].mean((2, 3)),
        conv=nn.Conv2d(3, 4, 3),
        pool=nn.MaxPool2d(2, return_indices=True),
    ),
    "half precision": lambda: Whole(lambda self, x: self.conv(x).mean((2, 3)), conv=nn.Conv2d(3, 4, 3)).bfloat16(),
    "a name that is taken": lambda: Whole(lambda self, x: self.normalise(x).mean((2, 3)), normalise=nn.Conv2d(3, 4, 3)),
}


@pytest.mark.parametrize("kind", ODD)
def test_odd_networks_add_up_and_have_the_shapes_that_they_say(kind: str) -> None:
    network = ODD[kind]().requires_grad_(False)
    type_of_numbers = next(network.parameters()).dtype
    normalise = Normalise([0.5] * 3, [0.25] * 3).to(type_of_numbers)
    module = nn.Sequential(OrderedDict(normalise=normalise, network=network)).eval()
    x = torch.rand(1, 3, 16, 16).to(type_of_numbers)
    recording = record(module, x)
    classifier = SimpleNamespace(module=module, recipe=Recipe(16, (16, 16)), size=(16, 16))
    graph = architecture(cast(Classifier, classifier), recording)
    assert graph.parameters == sum(each.parameters for each in graph.nodes) > 0
    assert len(graph.index) == len(graph.nodes), "names are unique"
    _, values = capture(module, recording, x)
    for node in graph.nodes:
        assert node.form is None or tuple(values[node.name].shape[1:]) == node.shape, node.name
    assert [each for each in graph.nodes if each.macs] == [each for each in graph.nodes if each.macs_formula]
