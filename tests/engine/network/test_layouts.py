"""Wherever a network has its channels, values come with them where they are looked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.network.layouts import to_moved, to_usual
from engine.network.recording import Recording, capture, record, watch

PICTURE = torch.rand(1, 3, 8, 12, generator=torch.Generator().manual_seed(0))


class Network(nn.Module):
    """A function of 6 maps, (1, 6, 4, 6), and of some layers."""

    def __init__(self, run: Callable[[Any, Tensor], Tensor]) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.conv = nn.Conv2d(3, 6, 2, 2)
        self.norm = nn.LayerNorm(6)
        self.dense = nn.Linear(6, 5)
        self.again = nn.Conv2d(6, 6, 1)
        self.row = nn.Conv1d(6, 7, 3)
        self._run = run

    def forward(self, x: Tensor) -> Tensor:
        return self._run(self, self.conv(x)).flatten(1)


def moved(run: Callable[[Any, Tensor], Tensor]) -> set[str]:
    recording = recorded(Network(run))
    return {name for index, name in recording.names.items() if index in recording.moved}


def recorded(network: nn.Module) -> Recording:
    return record(network.eval().requires_grad_(False), PICTURE)


def test_maps_have_their_channels_first() -> None:
    assert moved(lambda self, x: self.again(x.relu())) == set()


def test_a_dense_layer_or_a_layer_norm_tells_that_they_are_last() -> None:
    assert moved(lambda self, x: self.dense(x.permute(0, 2, 3, 1))) == {"permute", "dense"}
    assert moved(lambda self, x: self.norm(x.permute(0, 2, 3, 1)).relu()) == {"permute", "norm", "relu"}


def test_what_works_element_by_element_leaves_them_where_they_are() -> None:
    found = moved(lambda self, x: (self.norm(x.permute(0, 2, 3, 1)) * 2)[:, 1:, ::2].permute(0, 3, 1, 2).relu())
    assert found == {"permute", "norm", "mul", "getitem"}


def test_it_is_known_backwards_too() -> None:
    found = moved(lambda self, x: self.norm(x.flatten(2).transpose(1, 2).reshape(1, 4, 6, 6).tanh()))
    assert found == {"flatten", "reshape", "tanh", "norm"}, "the norm tells where those before it have theirs"


def test_a_sequence_has_them_last_unless_a_convolution_runs_along_it() -> None:
    assert moved(lambda self, x: self.norm(x.flatten(2).transpose(1, 2))) == {"flatten"}
    assert moved(lambda self, x: self.row(x.flatten(2)).relu()) == {"flatten", "row", "relu"}


def test_axes_go_there_and_back() -> None:
    maps, tokens = torch.rand(2, 4, 5, 3), torch.rand(2, 3, 7)
    assert to_usual(maps).shape == (2, 3, 4, 5)
    assert to_usual(tokens).shape == (2, 7, 3)
    assert torch.equal(to_moved(to_usual(maps)), maps)
    assert torch.equal(to_moved(to_usual(tokens)), tokens)


# Values


def last(self: Any, x: Tensor) -> Tensor:
    return self.dense(self.norm(x.permute(0, 2, 3, 1)))


def test_a_value_comes_channels_first_and_can_be_put_as_it_was_called() -> None:
    network = Network(last)
    recording = recorded(network)
    _, values = capture(network, recording, PICTURE)
    assert values["dense"].shape == (1, 5, 4, 6)
    index = recording.by_name["dense"].index
    dense = recording.as_called(index, values["dense"])
    norm = recording.as_called(recording.by_name["norm"].index, values["norm"])
    assert torch.allclose(dense, network.dense(norm))
    assert recording.as_called(recording.by_name["conv"].index, values["conv"]) is values["conv"]


def test_a_value_that_is_put_in_its_place_comes_channels_first_too() -> None:
    network = Network(last)
    recording = recorded(network)

    def first_channel(_name: str, value: Tensor) -> Tensor:
        return value * torch.eye(5)[0].view(1, 5, 1, 1)

    answer = watch(network, recording, PICTURE, first_channel, ["dense"])
    wanted = network(PICTURE).view(4, 6, 5) * torch.eye(5)[0]
    assert torch.equal(answer, wanted.flatten()[None])


def test_the_value_that_comes_has_a_gradient() -> None:
    network = Network(last)
    recording = recorded(network)
    x = PICTURE.clone().requires_grad_()
    answer, values = capture(network, recording, x, ["norm"])
    gradient = torch.autograd.grad(answer.sum(), values["norm"])[0]
    assert gradient.shape == (1, 6, 4, 6)
    assert torch.allclose(gradient[0, :, 0, 0], network.dense.weight.sum(0))


# Operations in place


@pytest.mark.parametrize(
    "run",
    [
        lambda self, x: functional.hardswish(x, True),
        lambda self, x: x.mul_(2).relu_().add_(1),
        lambda self, x: functional.relu(x, inplace=True).neg_(),
    ],
)
def test_a_value_is_not_changed_by_what_comes_after_it(run: Callable[[Any, Tensor], Tensor]) -> None:
    network = Network(run)
    recording = recorded(network)
    answer, values = capture(network, recording, PICTURE)
    assert torch.equal(values["conv"], network.conv(PICTURE))
    assert torch.equal(answer, network(PICTURE))


def test_an_assignment_to_a_part_is_a_call_and_can_be_replaced() -> None:
    def run(self: Any, x: Tensor) -> Tensor:
        whole = x.new_zeros(1, 6, 4, 6)
        whole[:, :3] = self.again(x)[:, :3]
        return whole * 1

    network = Network(run)
    recording = recorded(network)
    answer, values = capture(network, recording, PICTURE, ["setitem", "mul"])
    assert torch.equal(values["setitem"], values["mul"])
    assert torch.equal(answer, network(PICTURE))
    changed = watch(network, recording, PICTURE, lambda _name, value: value + 1, ["setitem"])
    assert torch.allclose(changed, answer + 1)
    assert not [each for each in recording.calls if each.kind == "new_zeros"], "it takes only the picture's type"


def test_a_call_knows_what_was_learnt_also_through_others() -> None:
    class Standardised(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.kernels = nn.Parameter(torch.rand(4, 3, 2, 2))

        def forward(self, x: Tensor) -> Tensor:
            return functional.conv2d(x, self.kernels - self.kernels.mean()).flatten(1)

    network = Standardised()
    call = next(each for each in recorded(network).calls if each.kind == "conv2d")
    assert len(call.learnt) == 1
    assert call.learnt[0] is network.kernels


def test_a_property_of_a_tensor_is_called_by_its_name() -> None:
    kinds = [each.kind for each in recorded(Network(lambda self, x: x.mT.data.relu())).calls]
    assert "mT" in kinds
    assert not {"get", "data"} & set(kinds)
