"""A network as one call gives the answers of its layers, or is not used."""

from __future__ import annotations

import threading
from itertools import count

import pytest
import torch
from torch import Tensor, nn

from engine.models import load_model, script
from engine.models.prepare import fold_padding, overwrite_inputs, traced
from engine.models.script import scripted
from engine.models.sparing import PATIENCE, Sparing


@pytest.fixture(autouse=True)
def as_if_nothing_was_traced_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    """So many networks are traced in a process and no more; other tests have had their share."""
    monkeypatch.setattr(script, "_traced", count(1))


def picture(seed: int, count: int = 1) -> Tensor:
    return torch.rand(count, 3, 16, 16, generator=torch.Generator().manual_seed(seed))


def small() -> nn.Module:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3))
    return network.eval().requires_grad_(False)


class Fickle(nn.Module):
    """Does one thing with dark pictures and another with bright ones."""

    def forward(self, x: Tensor) -> Tensor:
        means = x.mean((2, 3))
        return means if bool(means.mean() > 0.5) else means.square()


def test_one_call_gives_the_answers_of_the_layers_to_any_batch() -> None:
    network = small()
    quick = scripted(network, picture(0))
    assert quick is not None
    with torch.no_grad():
        for size in (1, 2, 5):
            assert torch.allclose(quick(picture(size, size)), network(picture(size, size)), atol=1e-6)


def test_a_network_that_looks_at_its_input_is_asked_layer_by_layer() -> None:
    assert scripted(Fickle(), torch.full((1, 3, 4, 4), 0.9)) is None


def test_a_network_that_was_traced_answers_as_before_and_has_no_more_layers() -> None:
    model = load_model("efficientnet-lite0", "cpu")
    x = torch.rand(1, 3, 224, 224, generator=torch.Generator().manual_seed(1))
    layers = len(list(model.prepared.modules()))
    answers = [model.logits(x) for _ in range(PATIENCE + 4)]
    assert all(torch.equal(each, answers[0]) for each in answers)
    assert len(list(model.prepared.modules())) == layers


def test_gradients_still_come_from_the_layers() -> None:
    network = small()
    sparing = Sparing(network, network, print)
    with torch.no_grad():
        for _ in range(PATIENCE + 1):
            sparing(picture(0))
    leaf = picture(1).requires_grad_()
    (gradient,) = torch.autograd.grad(sparing(leaf).sum(), leaf)
    (wanted,) = torch.autograd.grad(network(leaf).sum(), leaf)
    assert torch.equal(gradient, wanted)


class Padded(nn.Conv2d):
    """A convolution with a layer of padding of its own."""

    def __init__(self, *padding: int) -> None:
        super().__init__(3, 4, 3)
        self.pad = nn.ZeroPad2d(padding)

    def forward(self, x: Tensor) -> Tensor:
        return self._conv_forward(self.pad(x), self.weight, self.bias)


@pytest.mark.parametrize(("padding", "changes"), [((1, 1, 1, 1), 1), ((2, 2, 1, 1), 1), ((0, 1, 0, 1), 0)])
def test_even_padding_is_left_to_the_convolution(padding: tuple[int, ...], changes: int) -> None:
    network = Padded(*padding).requires_grad_(False)
    wanted = network(picture(3))
    assert fold_padding(network) == changes
    assert torch.equal(network(picture(3)), wanted)


class Skipping(nn.Module):
    """What goes into the rectifier is needed again behind it."""

    def __init__(self) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(3, 3, 3, padding=1)
        self.rectifier = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        before = self.convolution(x)
        return before + self.rectifier(before)


def test_a_rectifier_writes_over_its_input_only_where_nothing_else_needs_it() -> None:
    network = small()
    assert overwrite_inputs(network, traced(network)) == 1
    skipping = Skipping().eval()
    assert overwrite_inputs(skipping, traced(skipping)) == 0
    assert not skipping.rectifier.inplace


def test_a_network_is_asked_undisturbed_while_others_are_loaded() -> None:
    """Tracing replaces how every layer of the process is called, on whichever thread."""
    asked = small()
    sparing = Sparing(asked, asked, print)
    wanted = asked(picture(7))
    over, errors = threading.Event(), []

    def ask() -> None:
        while not over.is_set():
            try:
                leaf = picture(7).requires_grad_()
                assert torch.equal(sparing(leaf), wanted)
            except Exception as error:
                errors.append(error)
                return

    asking = threading.Thread(target=ask)
    asking.start()
    for _ in range(60):
        assert len(traced(small()).nodes) > 0
    over.set()
    asking.join()
    assert errors == []
