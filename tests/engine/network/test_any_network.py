"""Whatever a network is made of: its graph adds up, its values are its own, its numbers can be checked by hand."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - as everybody calls it
from torch import Tensor, nn
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import FlopCounterMode

from engine import arithmetic
from engine.inside import Anatomy, Form
from engine.network.anatomy import anatomy
from engine.network.graph import architecture
from engine.network.layouts import to_usual
from engine.network.live import Live
from engine.network.modules import short_path
from engine.network.recording import capture, record, watch
from engine.network.subject import Subject
from engine.network.watched import Watched
from tests.engine.network.subjects import classifier, looking_at, subject_of
from tests.engine.network.zoo import ZOO, Net, classifier_of, seeded_network

OPAQUE = frozenset({"scripted", "partly scripted", "traced"})
NOT_COUNTED_BY_TORCH = frozenset({"LSTM", "GRU", "attention", "windows"}) | {each for each in ZOO if "encoder" in each}
"""Torch's own counter leaves out recurrence and fused attention."""
BORDER_FROM_WITHIN = frozenset({"reflected border", "circular border"})
NO_SLOPES = frozenset({"weights that are no numbers", "random", "a thousand nodes", "half precision", "bfloat16"})
WATCHED = [each for each in ZOO if each not in OPAQUE]
IN_DOUBT = {torch.float16: 2e-2, torch.bfloat16: 1e-1}

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning", "ignore::FutureWarning")


@cache
def watched(name: str) -> Watched:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # TorchScript is deprecated, and some networks are slow, as torch remarks
        found = Watched(classifier_of(name))
        assert found.architecture
    return found


@pytest.fixture(autouse=True, scope="module")
def networks() -> None:
    """Made before each test looks for hooks left behind: some have hooks of their own, such as for their weights."""
    for name in ZOO:
        watched(name)


def picture(name: str, seed: int = 7) -> Tensor:
    entry = ZOO[name]
    x = torch.rand(1, entry.channels, entry.side, entry.side, generator=torch.Generator().manual_seed(seed))
    return x.to(next((each.dtype for each in watched(name).classifier.module.parameters()), torch.float32))


def close(found: Tensor, wanted: Tensor) -> bool:
    tolerance = IN_DOUBT.get(wanted.dtype, 1e-5)
    return found.shape == wanted.shape and torch.allclose(
        found.float(), wanted.float(), rtol=tolerance, atol=tolerance, equal_nan=True
    )


# The graph


@pytest.mark.parametrize("name", ZOO)
def test_the_parameters_of_the_nodes_add_up_and_inputs_come_before(name: str) -> None:
    graph = watched(name).architecture
    module = watched(name).classifier.module
    assert sum(each.parameters for each in graph.nodes) == sum(each.numel() for each in module.parameters())
    assert all(max(each.inputs, default=-1) < place for place, each in enumerate(graph.nodes))
    assert {each.group for each in graph.nodes} <= set(graph.groups)
    assert len(graph.index) == len(graph.nodes)


@pytest.mark.parametrize("name", OPAQUE)
def test_compiled_code_is_told_of_in_a_sentence_and_shown_as_its_modules(name: str) -> None:
    assert "cannot be watched" in watched(name).trouble
    assert watched(name).trouble.count("cannot be watched") == 1
    assert watched(name).architecture.missing


@pytest.mark.parametrize("name", sorted(set(WATCHED) - NOT_COUNTED_BY_TORCH))
def test_multiply_adds_are_half_the_operations_that_torch_counts(name: str) -> None:
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        watched(name).classifier.module(picture(name))
    assert 2 * watched(name).architecture.macs == counter.get_total_flops()


# Values


@pytest.mark.parametrize("name", [each for each in WATCHED if each not in {"random", "a thousand nodes"}])
def test_values_are_those_that_come_out_of_the_layers(name: str) -> None:
    module, x = watched(name).classifier.module, picture(name)
    seen: dict[str, list[Tensor]] = {}
    handles = [
        each.register_forward_hook(
            lambda _module, _inputs, output, path=path: seen.setdefault(short_path(path), []).append(
                next(leaf for leaf in tree_leaves(output) if isinstance(leaf, Tensor)).clone()
            )
        )
        for path, each in module.named_modules()
    ]
    with torch.no_grad():
        wanted = module(x)
        for handle in handles:
            handle.remove()
        logits, values = watched(name).values(x)
    assert close(logits, wanted)
    recording = watched(name).recording
    for node in watched(name).architecture.nodes:
        layer, _, time = node.name.partition("#")
        if node.is_module and layer in seen and node.name in values:
            value = seen[layer][int(time or 1) - 1]
            moved = recording.by_name[node.name].index in recording.moved
            assert close(values[node.name], to_usual(value) if moved else value), node.name
            assert node.form is None or tuple(values[node.name].shape[1:]) == node.shape


@pytest.mark.parametrize("name", ZOO)
def test_nothing_is_changed_or_left_behind(name: str) -> None:
    fresh = classifier_of(name)
    numbers = [each.clone() for each in (*fresh.module.parameters(), *fresh.module.buffers())]
    hooks = [len(each._forward_hooks) + len(each._forward_pre_hooks) for each in fresh.module.modules()]
    state = torch.get_rng_state()
    looked = Watched(fresh)
    assert looked.architecture.nodes
    after = [*fresh.module.parameters(), *fresh.module.buffers()]
    assert all(torch.equal(one.nan_to_num(), other.nan_to_num()) for one, other in zip(numbers, after, strict=True))
    assert [len(each._forward_hooks) + len(each._forward_pre_hooks) for each in fresh.module.modules()] == hooks
    assert not any(each.training for each in fresh.module.modules())
    assert not any(each.requires_grad or each.grad is not None for each in fresh.module.parameters())
    assert name == "random" or torch.equal(state, torch.get_rng_state())


# What positions see


@pytest.mark.parametrize("name", sorted(set(WATCHED) - BORDER_FROM_WITHIN - NO_SLOPES))
def test_no_pixel_outside_of_the_receptive_field_has_a_gradient(name: str) -> None:
    x = picture(name)
    for node in watched(name).architecture.nodes:
        if node.receptive is None:
            continue
        leaf = x.clone().requires_grad_()
        value = watched(name).values(leaf, [node.name])[1][node.name]
        row, column = value.shape[2] // 2, value.shape[3] - 1
        slope = None
        if value.requires_grad:
            (slope,) = torch.autograd.grad(value[0, :, row, column].sin().sum(), leaf, allow_unused=True)
        if slope is None:
            continue
        for position, axis, field in zip((row, column), (1, 0), node.receptive, strict=True):
            places = slope[0].nan_to_num(1).abs().sum(0).any(axis).nonzero()
            start = field.start + position * field.stride
            assert all(start <= int(each) < start + field.size for each in places), node.name


# The numbers of a layer, by hand


def by_hand(taken: Anatomy, x: np.ndarray, place: tuple[int, int, int]) -> float:
    maps = arithmetic.as_maps(x)
    if taken.kind in {"conv", "dense"}:
        return arithmetic.take_apart(taken, x, place).result
    if taken.kind.endswith("pool"):
        return arithmetic.pool_apart(taken, x, place).result
    if taken.kind == "batch norm":
        return arithmetic.norm_of(taken, float(maps[place]), place[0]).result
    if taken.kind == "activation":
        return float(arithmetic.activate(taken.function, maps[place], arithmetic.settings_of(taken)))
    return float(arithmetic.soften(maps[:, place[1], place[2]]).shares[place[0]])


def subject_before(name: str) -> Subject:
    """Two pictures before a network of the zoo; what a layer's anatomy does not depend on is another network's."""
    other = subject_of(seeded_network("plain"))
    clean, attacked = picture(name), picture(name, seed=8)
    return Subject(
        **{
            each: getattr(other, each)
            for each in ("experiment", "question", "limit", "before", "after", "left", "look")
        },
        watched=watched(name),
        live=Live(watched(name)),
        clean=clean,
        attacked=attacked,
    )


@pytest.mark.parametrize("name", [each for each in WATCHED if each not in {"random", "a thousand nodes"}])
def test_what_is_taken_apart_comes_out_as_the_layer_has_it(name: str) -> None:
    subject = subject_before(name)
    tolerance = IN_DOUBT.get(subject.clean.dtype, 1e-4)
    random = np.random.default_rng(0)
    for node in watched(name).architecture.nodes:
        taken = anatomy(looking_at(subject, layer=node.name)) if node.form is not None else None
        if taken is None:
            continue
        for x, out in ((taken.clean_in, taken.clean_out), (taken.attacked_in, taken.attacked_out)):
            maps = arithmetic.as_maps(out)
            for _ in range(5):
                place = tuple(int(random.integers(each)) for each in maps.shape)
                wanted = pytest.approx(float(maps[place]), rel=tolerance, abs=tolerance, nan_ok=True)
                assert by_hand(taken, x, place) == wanted, (node.name, taken.kind, place)


@pytest.mark.parametrize(
    "way",
    [
        lambda x: x.clamp(min=0.2),
        lambda x: x.clamp(max=0.3),
        lambda x: x.clamp(0),
        F.softmax,
        lambda x: F.leaky_relu(input=x, negative_slope=0.2),
        lambda x: F.avg_pool2d(x, kernel_size=2, count_include_pad=False, padding=1),
        lambda x: F.adaptive_avg_pool2d(x, (5, None)),
        lambda x: x.mean([-1, -2], keepdim=True),
        lambda x: F.conv2d(x, x[:, :3].mean(0, keepdim=True)),
        lambda x: F.batch_norm(x, torch.zeros(3), torch.ones(3), x.mean((0, 2, 3))),
        lambda x: F.linear(x, torch.eye(16)[:3], x[0, 0, 0, :3]),
    ],
)
def test_operations_are_taken_apart_as_they_were_called_or_not_at_all(way: Callable[[Tensor], Tensor]) -> None:
    width = way(torch.rand(1, 3, 16, 16)).shape[1]
    subject = subject_of(Net(lambda net, x: net.head(way(x).mean((2, 3))), head=nn.Linear(width, 5)))
    for node in subject.watched.architecture.nodes:
        taken = anatomy(looking_at(subject, layer=node.name))
        if taken is None:
            continue
        maps = arithmetic.as_maps(taken.clean_out)
        for place in np.ndindex(min(2, len(maps)), *maps.shape[1:]):
            assert by_hand(taken, taken.clean_in, place) == pytest.approx(float(maps[place]), abs=1e-4), node.name


def test_complex_numbers_are_not_drawn_and_properties_are_watched() -> None:
    network = Net(lambda net, x: net.head(torch.fft.fft2(x).real.mean((2, 3)).T.T), head=nn.Linear(3, 5))
    found = Watched(classifier(network))
    nodes = {each.name: each for each in found.architecture.nodes}
    assert next(each for name, each in nodes.items() if "fft" in name).form is None
    assert nodes["real"].form is Form.MAPS
    with torch.no_grad():
        assert set(found.values(torch.rand(1, 3, 16, 16))[1]) == set(nodes)


# In place, by way of other names


def by_another_name() -> nn.Module:
    """Its rectifier works in place and what it returns is not used; a view is written to."""

    def forward(net: Net, x: Tensor) -> Tensor:
        x = net.stem(x)
        net.relu(x)
        flat = x.view(len(x), -1)
        flat.mul_(2)
        return net.head(x.mean((2, 3)))

    return Net(forward, stem=nn.Conv2d(3, 4, 3), relu=nn.ReLU(inplace=True), head=nn.Linear(4, 5))


def test_a_value_that_is_written_over_by_way_of_a_view_is_shown_as_it_was() -> None:
    network = classifier(by_another_name()).module
    x = torch.rand(1, 3, 16, 16)
    recording = record(network, x)
    with torch.no_grad():
        answer, values = capture(network, recording, x)
        stem = network.network.stem(network.normalise(x))
    assert torch.equal(answer, network(x).detach())
    assert torch.equal(values["stem"], stem)
    assert torch.equal(values["relu"], stem.relu())
    assert torch.equal(values["mul"], 2 * stem.relu().flatten(1))


def test_what_replaces_a_value_is_what_the_network_goes_on_with_under_whatever_name() -> None:
    network = classifier(by_another_name()).module
    x = torch.rand(1, 3, 16, 16)
    recording = record(network, x)
    for name in ("stem", "relu", "view", "mul"):
        with torch.no_grad():
            answer = watch(network, recording, x, lambda _name, value: value * 0, [name])
        assert torch.allclose(answer, network.network.head.bias), name


def test_gradients_come_back_to_values_that_are_written_over() -> None:
    def forward(net: Net, x: Tensor) -> Tensor:
        x = net.stem(x)
        x.view(len(x), -1).mul_(2)
        return net.head(x.mean((2, 3)))

    network = classifier(Net(forward, stem=nn.Conv2d(3, 4, 3), head=nn.Linear(4, 5))).module
    recording = record(network, torch.rand(1, 3, 16, 16))
    x = torch.rand(1, 3, 16, 16).requires_grad_()
    answer, values = capture(network, recording, x, ["stem", "mul"])
    stem, mul = torch.autograd.grad(answer[0, 0], [values["stem"], values["mul"]])
    weight = network.network.head.weight[0] / 14**2
    assert torch.allclose(mul.view(4, -1), weight[:, None].expand(-1, 14**2))
    assert torch.allclose(stem.flatten(), 2 * mul.flatten())


# Containers of torch


def test_the_layers_of_torchs_own_transformer_are_seen_one_by_one() -> None:
    graph = watched("encoder").architecture
    kinds = [each.kind for each in graph.nodes if each.group == "encoder.layers.0"]
    assert kinds.count("MultiheadAttention") == 1
    assert kinds.count("Linear") == kinds.count("LayerNorm") == 2
    assert all(graph.nodes[graph.index[f"encoder.layers.{each}.norm2"]].form is Form.TOKENS for each in (0, 1))


def test_a_network_that_fails_while_it_is_watched_says_why_and_shows_its_modules() -> None:
    def refuses(net: Net, x: Tensor) -> Tensor:
        if torch.overrides._get_current_function_mode() is not None:
            raise TypeError("not under a mode")
        return net.head(x.mean((2, 3)))

    found = Watched(classifier(Net(refuses, head=nn.Linear(3, 5))))
    assert "TypeError: not under a mode" in found.trouble
    assert [each.name for each in architecture(found.classifier, None).nodes] == ["normalise", "head"]
