"""What a network does with a picture is seen call by call, whatever it is made of, and nothing is left on it."""

from __future__ import annotations

from collections import OrderedDict

import pytest
import torch
import torchvision
from torch import Tensor, nn
from torch.nn import functional

from engine.network.recording import Recording, RecordingError, capture, record, watch

SIDE = 32


def picture(seed: int = 0, side: int = SIDE, count: int = 1) -> Tensor:
    return torch.rand(count, 3, side, side, generator=torch.Generator().manual_seed(seed))


def seeded(make: type[nn.Module] | object, *arguments: object, **more: object) -> nn.Module:
    torch.manual_seed(0)
    network: nn.Module = make(*arguments, **more)  # type: ignore[operator]
    return network.eval().requires_grad_(False)


def by_hooks(network: nn.Module, x: Tensor) -> dict[str, Tensor]:
    """The first output of every module as a forward hook sees it, copied before anything writes over it."""
    values: dict[str, Tensor] = {}

    def note(path: str):
        def hook(_module: nn.Module, _inputs: object, output: object) -> None:
            first = output[0] if isinstance(output, tuple) else output
            values[path] = first.clone()

        return hook

    hooks = [each.register_forward_hook(note(path)) for path, each in network.named_modules() if path]
    try:
        with torch.no_grad():
            network(x)
    finally:
        for each in hooks:
            each.remove()
    return values


NETWORKS = {
    "resnet18": lambda: seeded(torchvision.models.resnet18),
    "densenet121": lambda: seeded(torchvision.models.densenet121),
    "squeezenet": lambda: seeded(torchvision.models.squeezenet1_1),
    "googlenet": lambda: seeded(torchvision.models.googlenet, init_weights=False),
    "mobilenet": lambda: seeded(torchvision.models.mobilenet_v3_small),
    "vit": lambda: seeded(
        torchvision.models.VisionTransformer, SIDE, 8, num_layers=2, num_heads=2, hidden_dim=16, mlp_dim=32
    ),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_layers_have_the_values_that_forward_hooks_see(name: str) -> None:
    network = NETWORKS[name]()
    recording = record(network, picture())
    x = picture(1)
    answer, found = capture(network, recording, x)
    wanted = by_hooks(network, x)
    with torch.no_grad():
        assert torch.allclose(answer, network(x), atol=1e-6)
    layers = {each for each in set(found) & set(wanted) if f"{each}#2" not in found}
    assert len(layers) > 10
    for each in layers:
        assert torch.allclose(found[each], wanted[each], atol=1e-6), each


def layer_names(network: nn.Module) -> set[str]:
    return {
        path
        for path, module in network.named_modules()
        if not list(module.children()) and not isinstance(module, nn.Identity)
    }


@pytest.mark.parametrize("name", ["resnet18", "densenet121", "squeezenet", "mobilenet"])
def test_every_layer_is_a_node_under_the_name_of_its_module(name: str) -> None:
    network = NETWORKS[name]()
    assert layer_names(network) <= set(record(network, picture()).names.values())


def test_sums_concatenations_and_functions_are_nodes_under_the_module_they_are_in() -> None:
    names = set(record(NETWORKS["resnet18"](), picture()).names.values())
    assert {"layer1.0.add", "layer1.0.relu", "layer1.0.relu#2", "flatten"} <= names
    names = set(record(NETWORKS["densenet121"](), picture()).names.values())
    assert {"features.denseblock1.denselayer2.cat", "relu", "adaptive_avg_pool2d"} <= names
    names = set(record(NETWORKS["googlenet"](), picture()).names.values())
    assert "inception3a.cat" in names


class Written(nn.Module):
    """Writes over its values in every way there is."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 4, 3, padding=1)
        self.second = nn.Conv2d(4, 4, 3, padding=1)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        x = self.first(x)
        y = self.relu(self.second(x))
        y += x
        y *= 2
        functional.relu6(y, inplace=True)
        return y.mean((2, 3))


def test_values_are_those_before_an_operation_in_place_writes_over_them() -> None:
    network = seeded(Written)
    recording = record(network, picture())
    x = picture(1)
    answer, values = capture(network, recording, x)
    with torch.no_grad():
        assert torch.equal(answer, network(x))
        first = network.first(x)
        second = network.second(first)
    assert torch.equal(values["first"], first)
    assert torch.equal(values["second"], second)
    assert (values["second"] < 0).any()
    assert torch.equal(values["relu"], second.relu())
    assert torch.equal(values["add"], second.relu() + first)


def test_a_gradient_comes_from_values_that_would_be_written_over() -> None:
    network = seeded(Written)
    recording = record(network, picture())
    x = picture(1).requires_grad_()
    _, values = capture(network, recording, x, ["second"])
    (found,) = torch.autograd.grad(values["second"].square().sum(), x)
    (wanted,) = torch.autograd.grad(network.second(network.first(x)).square().sum(), x)
    assert torch.allclose(found, wanted)


def test_values_of_half_precision_are_of_half_precision() -> None:
    network = seeded(Written).half()
    recording = record(network, picture().half())
    _, values = capture(network, recording, picture(1).half())
    assert {each.dtype for each in values.values()} == {torch.float16}


class Reused(nn.Module):
    """Calls the same layer twice."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Conv2d(3, 3, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(self.layer(x)).mean((2, 3))


def test_a_layer_that_is_called_twice_is_two_nodes() -> None:
    network = seeded(Reused)
    x = picture()
    recording = record(network, x)
    assert list(recording.names.values()) == ["layer", "layer#2", "mean"]
    _, values = capture(network, recording, x)
    assert torch.equal(values["layer#2"], network.layer(values["layer"]))


class Recurrent(nn.Module):
    """Rows through an LSTM, whose output is a tuple of a tensor and a tuple."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(SIDE * 3, 8, batch_first=True)
        self.head = nn.Linear(8, 4)

    def forward(self, x: Tensor) -> Tensor:
        rows = x.permute(0, 2, 1, 3).flatten(2)
        return self.head(self.lstm(rows)[0][:, -1])


def test_a_layer_that_gives_a_tuple_has_the_value_of_its_first_tensor() -> None:
    network = seeded(Recurrent)
    recording = record(network, picture())
    x = picture(1)
    _, values = capture(network, recording, x)
    assert values["lstm"].shape == (1, SIDE, 8)
    wanted, _ = network.lstm(x.permute(0, 2, 1, 3).flatten(2))
    assert torch.equal(values["lstm"], wanted)


def test_a_value_may_be_replaced_and_the_network_goes_on_with_it() -> None:
    network = seeded(Recurrent)
    recording = record(network, picture())
    with torch.no_grad():
        answer = watch(network, recording, picture(1), lambda _, value: torch.zeros_like(value), ["lstm"])
    assert torch.equal(answer[0], network.head.bias)


def test_another_batch_may_be_watched_than_was_recorded() -> None:
    network = NETWORKS["resnet18"]()
    recording = record(network, picture())
    x = picture(1, count=3)
    answer, values = capture(network, recording, x, ["layer4.1.add"])
    with torch.no_grad():
        assert torch.allclose(answer, network(x), atol=1e-5)
    assert len(values["layer4.1.add"]) == 3


def test_an_identity_does_not_take_the_name_of_the_layer_before_it() -> None:
    layers = OrderedDict(conv=nn.Conv2d(3, 4, 3), folded=nn.Identity(), relu=nn.ReLU(), pool=nn.AdaptiveAvgPool2d(1))
    network = seeded(nn.Sequential, OrderedDict(layers, flat=nn.Flatten()))
    assert list(record(network, picture()).names.values()) == ["conv", "relu", "pool", "flat"]


class Fickle(nn.Module):
    """Goes another way with bright pictures."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Conv2d(3, 3, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = self.layer(x.relu() if float(x.mean()) > 0.9 else x)
        return x.mean((2, 3))


def test_a_network_that_goes_another_way_with_another_picture_is_told_of() -> None:
    network = seeded(Fickle)
    recording = record(network, picture())
    with pytest.raises(RecordingError, match="does not take the same way with every picture"):
        capture(network, recording, torch.ones(1, 3, SIDE, SIDE))


class Exchanged(nn.Module):
    """Makes as many calls for any picture, but others."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Conv2d(3, 3, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = self.layer(x)
        return (x.relu() if float(x.mean()) > 0 else x.abs()).mean((2, 3))


def test_another_call_in_the_place_of_the_one_that_is_watched_is_told_of() -> None:
    network = seeded(Exchanged)
    with torch.no_grad():
        network.layer.bias.fill_(5.0)
        recording = record(network, picture())
        network.layer.bias.fill_(-5.0)
    with pytest.raises(RecordingError, match="does not take the same way"):
        capture(network, recording, picture(), ["relu"])


@pytest.mark.filterwarnings("ignore:.*deprecated:FutureWarning")
def test_compiled_code_cannot_be_watched_and_says_so() -> None:
    network = torch.jit.script(nn.Sequential(nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten()).eval())
    with pytest.raises(RecordingError, match="compiled") as caught:
        record(network, picture())
    assert "every attack" in caught.value.remedy


def test_an_answer_that_does_not_come_from_the_picture_is_told_of() -> None:
    class Constant(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return torch.zeros(len(x), 2)

    with pytest.raises(RecordingError, match="does not come from the picture"):
        record(Constant(), picture())


class Failing(nn.Module):
    """Fails in its middle, when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Conv2d(3, 3, 3)
        self.fails = True

    def forward(self, x: Tensor) -> Tensor:
        x = self.layer(x)
        if self.fails:
            raise ValueError("not today")
        return x.mean((2, 3))


def hooks_on(network: nn.Module) -> int:
    return sum(len(each._forward_hooks) + len(each._forward_pre_hooks) for each in network.modules())


def test_after_a_failure_no_hook_is_left_and_the_network_is_as_before() -> None:
    network = seeded(Failing)
    with pytest.raises(RecordingError, match="not today"):
        record(network, picture())
    assert hooks_on(network) == 0
    network.fails = False
    recording = record(network, picture())
    network.fails = True
    with pytest.raises(ValueError, match="not today"):
        capture(network, recording, picture())
    network.fails = False

    def stop(name: str, _value: Tensor) -> None:
        raise InterruptedError(name)

    with pytest.raises(InterruptedError):
        watch(network, recording, picture(), stop, ["layer"])
    assert hooks_on(network) == 0
    assert isinstance(recording, Recording)
    assert torch.equal(capture(network, recording, picture())[0], network(picture()))


def test_watching_does_not_change_what_the_network_answers() -> None:
    network = NETWORKS["densenet121"]()
    x = picture()
    with torch.no_grad():
        before = network(x)
        recording = record(network, x)
        watched = capture(network, recording, x)[0]
        after = network(x)
    assert torch.equal(before, after)
    assert torch.equal(watched, before)
    assert hooks_on(network) == 0
