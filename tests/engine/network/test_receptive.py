"""What a position is said to see is where its gradient is not zero."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.inside import Receptive
from engine.network.receptive import Field, receptive_fields
from engine.network.recording import Recording, capture, record

SIZE = 40


def recorded(network: nn.Module, size: int = SIZE) -> tuple[Recording, dict[str, Field]]:
    """A run, and what the nodes see by their names."""
    torch.manual_seed(0)
    for each in network.parameters():
        nn.init.uniform_(each, 0.5, 1)
    recording = record(network.eval().requires_grad_(False), torch.rand(1, 3, size, size))
    fields = receptive_fields(recording.calls, recording.moved, (1, 3, size, size))
    return recording, {name: fields[index] for index, name in recording.names.items() if index in fields}


def seen(network: nn.Module, recording: Recording, name: str, place: tuple[int, int]) -> list[tuple[int, int]]:
    """The first and the last row and column of the picture that one position of a node depends on."""
    x = torch.rand(1, 3, SIZE, SIZE, requires_grad=True)
    _, values = capture(network, recording, x, [name])
    gradient = torch.autograd.grad(values[name][0, :, place[0], place[1]].sum(), x)[0]
    rows, columns = (gradient.abs().sum(axes)[0].nonzero().flatten() for axes in ((1, 3), (1, 2)))
    return [(int(each.min()), int(each.max())) for each in (rows, columns)]


def said(field: Field, place: tuple[int, int]) -> list[tuple[int, int]]:
    """The same from the field, cut off at the picture's edge."""
    starts = [one.start + at * one.stride for one, at in zip(field, place, strict=True)]
    return [
        (max(int(start), 0), min(int(start + one.size), SIZE) - 1) for one, start in zip(field, starts, strict=True)
    ]


class Answer(nn.Module):
    """Layers, then the mean of every map; average pools stand for maximum pools, whose gradient picks."""

    def __init__(self, *layers: nn.Module) -> None:
        super().__init__()
        self.layers = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x).mean((2, 3))


class Branches(nn.Module):
    """Two ways of different width, put side by side, and a sum with a third."""

    def __init__(self) -> None:
        super().__init__()
        self.narrow = nn.Conv2d(4, 2, 1)
        self.wide = nn.Conv2d(4, 2, (3, 5), padding=(1, 2))
        self.even = nn.Conv2d(4, 4, 4, padding="same")

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.narrow(x), self.wide(x)], 1) + self.even(x)


class ChannelsLast(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(4)
        self.dense = nn.Linear(4, 6)

    def forward(self, x: Tensor) -> Tensor:
        return self.dense(self.norm(x.permute(0, 2, 3, 1))).permute(0, 3, 1, 2)


class Uneven(nn.Module):
    """As networks from elsewhere pad: one more at the end."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(functional.pad(x, (0, 1, 2, 1)))


class Shuffled(nn.Module):
    """The channels of two groups, dealt out anew."""

    def forward(self, x: Tensor) -> Tensor:
        count, channels, height, width = x.shape
        dealt = x.view(count, 2, channels // 2, height, width).transpose(1, 2).contiguous()
        return dealt.view(count, channels, height, width)


class Cropped(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x[:, :, 3:-1, 1::2]


NETWORKS = {
    "convolution, pool, convolution": lambda: Answer(
        nn.Conv2d(3, 4, 5, stride=2, padding=1), nn.ReLU(), nn.AvgPool2d(2), nn.Conv2d(4, 4, 3, padding=1)
    ),
    "one wide axis": lambda: Answer(nn.Conv2d(3, 4, (1, 7), padding=(0, 3)), nn.Conv2d(4, 4, (7, 1), stride=(2, 1))),
    "dilation": lambda: Answer(nn.Conv2d(3, 4, 3, dilation=2), nn.Conv2d(4, 4, 3, dilation=3, padding=3)),
    "branches": lambda: Answer(nn.Conv2d(3, 4, 3, stride=2), Branches(), nn.BatchNorm2d(4), nn.Conv2d(4, 4, 3)),
    "channels last": lambda: Answer(nn.Conv2d(3, 4, 4, stride=4), ChannelsLast(), nn.Conv2d(6, 4, 3, padding=1)),
    "uneven padding": lambda: Answer(Uneven(), nn.ReLU(), nn.Conv2d(4, 4, 3, stride=2, padding="valid")),
    "shuffled channels": lambda: Answer(nn.Conv2d(3, 4, 3, groups=1), Shuffled(), nn.Conv2d(4, 4, 3, groups=2)),
    "a crop": lambda: Answer(nn.Conv2d(3, 4, 3), Cropped(), nn.Conv2d(4, 4, 2)),
    "an even adaptive pool": lambda: Answer(nn.Conv2d(3, 4, 1), nn.AdaptiveAvgPool2d(8), nn.Conv2d(4, 4, 2)),
}


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
@pytest.mark.parametrize("kind", NETWORKS)
def test_a_position_sees_exactly_where_its_gradient_is(kind: str) -> None:
    network = NETWORKS[kind]()
    recording, fields = recorded(network)
    checked = 0
    for name, field in fields.items():
        call = recording.by_name[name]
        if len(call.shapes[0]) != 4 or "norm" in name:
            continue  # the gradient of a norm's own sum is zero
        height, width = call.shapes[0][1:3] if call.index in recording.moved else call.shapes[0][2:]
        for place in ((height // 2, width // 2), (height // 4, 3 * width // 4)):
            assert seen(network, recording, name, place) == said(field, place), (name, place)
            checked += 1
    assert checked >= 4
    assert len(fields) == len(recording.names) - 1, "all but the mean"


def test_the_numbers_of_a_known_network_come_out() -> None:
    network = Answer(nn.Conv2d(3, 4, 11, stride=4, padding=2), nn.MaxPool2d(3, 2), nn.Conv2d(4, 4, 5, padding=2))
    _, fields = recorded(network, 224)
    sizes = [(fields[f"layers.{each}"][0].size, fields[f"layers.{each}"][0].stride) for each in range(3)]
    assert sizes == [(11, 4), (19, 8), (51, 8)], "AlexNet's, from the paper"
    assert fields["layers.0"] == (Receptive(11, 4, -2), Receptive(11, 4, -2))


@pytest.mark.parametrize(
    "layer",
    [
        nn.AdaptiveAvgPool2d(1),
        nn.GroupNorm(1, 4),
        nn.InstanceNorm2d(4),
        nn.Softmax(dim=3),
        nn.Upsample(scale_factor=2),
        nn.ConvTranspose2d(4, 4, 2),
        nn.Linear(38, 38),
        nn.AdaptiveAvgPool2d(5),
        nn.BatchNorm2d(4, track_running_stats=False),
    ],
    ids=lambda each: type(each).__name__,
)
def test_what_sees_everything_or_is_uneven_is_not_said_to_see_a_window(layer: nn.Module) -> None:
    _, fields = recorded(Answer(nn.Conv2d(3, 4, 3), layer))
    assert "layers.0" in fields
    assert "layers.1" not in fields


def test_a_gate_that_was_computed_from_all_places_lets_every_place_see_all() -> None:
    class Squeeze(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x * x.mean((2, 3), keepdim=True).sigmoid()

    _, fields = recorded(Answer(nn.Conv2d(3, 4, 3), Squeeze(), nn.ReLU()))
    assert set(fields) == {"layers.0"}


def test_branches_that_do_not_keep_step_are_not_said_to_see_a_window() -> None:
    class Odd(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x[:, :, :19, :19] + x[:, :, ::2, ::2]

    _, fields = recorded(Answer(nn.Conv2d(3, 4, 3), Odd()))
    assert not [name for name in fields if "add" in name]
