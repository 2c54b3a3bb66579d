"""A network as the engine sees it: the same answers prepared or not, refused if it is no classifier, sparing."""

from __future__ import annotations

import copy
import weakref
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torchvision.models import densenet121, resnet18

from engine.images import Recipe
from engine.models import load_model
from engine.models.classifier import Classifier, Normalise
from engine.models.errors import ModelError
from engine.models.prepare import batch_norms, fold_batch_norms, prepared, traced

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def classifier(network: nn.Module, classes: int = 3, size: int = 8) -> Classifier:
    """A classifier of small colour pictures."""
    return Classifier(
        network,
        name="small",
        title="A small network",
        classes=[f"class {k}" for k in range(classes)],
        recipe=Recipe(resize=size, size=(size, size)),
        mean=MEAN,
        std=STD,
    )


def small_network() -> nn.Module:
    """Convolutions with and without a batch norm after them; one has seen data."""
    torch.manual_seed(0)
    network = nn.Sequential(
        nn.Conv2d(3, 6, 3, padding=1, bias=False),
        nn.BatchNorm2d(6),
        nn.ReLU(),
        nn.Conv2d(6, 4, 3, groups=2),
        nn.BatchNorm2d(4, affine=False),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(4, 3),
    )
    return lived_in(network)


def lived_in(network: nn.Module) -> nn.Module:
    """The network with running statistics and scales that are not the ones it is born with."""
    generator = torch.Generator().manual_seed(1)
    for each in network.modules():
        if isinstance(each, nn.BatchNorm2d):
            assert each.running_mean is not None
            assert each.running_var is not None
            each.running_mean.copy_(torch.randn(each.num_features, generator=generator))
            each.running_var.copy_(torch.rand(each.num_features, generator=generator) + 0.5)
            if each.affine:
                nn.init.uniform_(each.weight, 0.5, 1.5, generator=generator)
                nn.init.uniform_(each.bias, -0.5, 0.5, generator=generator)
    return network.eval()


def pictures(count: int, size: int = 8, dtype: torch.dtype = torch.float32) -> Tensor:
    return torch.rand(count, 3, size, size, generator=torch.Generator().manual_seed(3)).to(dtype)


def gradient(model: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """Of the cross-entropy of class 0 by the pixels."""
    leaf = x.detach().requires_grad_()
    loss = nn.functional.cross_entropy(model(leaf), torch.zeros(len(x), dtype=torch.long), reduction="sum")
    (found,) = torch.autograd.grad(loss, leaf)
    return found


def relative(found: Tensor, wanted: Tensor) -> float:
    return float((found - wanted).abs().max() / wanted.abs().max())


# The prepared copy


@pytest.mark.parametrize("name", ["efficientnet-lite0", "squeezenet1.1"])
def test_the_prepared_copy_of_an_offline_network_answers_as_the_original(name: str) -> None:
    model = load_model(name, "cpu")
    x = pictures(2, model.size[0])
    with torch.no_grad():
        assert relative(model.logits(x), model.module(x)) < 1e-4
    wanted, found = gradient(model.module, x), gradient(model, x)
    assert (found.sign() == wanted.sign()).double().mean() > 0.999


def test_no_batch_norm_is_left_in_the_default_network_and_its_own_padding_is_kept() -> None:
    model = load_model("efficientnet-lite0", "cpu")
    assert batch_norms(model.module) == 49
    assert batch_norms(model.prepared) == 0
    kinds = {type(each).__name__ for each in model.prepared.modules() if isinstance(each, nn.Conv2d)}
    assert kinds == {"Conv2dStaticSamePadding"}


@pytest.mark.parametrize("make", [small_network, lambda: lived_in(resnet18(num_classes=3))])
def test_folding_is_exact_in_double_precision(make: Callable[[], nn.Module]) -> None:
    model = classifier(make().double(), size=64)
    x = pictures(2, 64, torch.float64)
    assert batch_norms(model.module) > 0
    assert batch_norms(model.prepared) == 0
    assert relative(model.logits(x), model.module(x)) < 1e-10
    assert relative(gradient(model, x), gradient(model.module, x)) < 1e-10


def test_a_batch_norm_that_follows_no_convolution_stays() -> None:
    network = lived_in(densenet121(num_classes=3)).double()
    model = classifier(network, size=32)
    assert 0 < batch_norms(model.prepared) < batch_norms(model.module)
    x = pictures(1, 32, torch.float64)
    assert relative(model.logits(x), model.module(x)) < 1e-10


def test_a_convolution_that_is_used_twice_is_not_folded() -> None:
    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.convolution = nn.Conv2d(3, 3, 1)
            self.norm = nn.BatchNorm2d(3)

        def forward(self, x: Tensor) -> Tensor:
            answer: Tensor = self.norm(self.convolution(x)) + self.convolution(x)
            return answer

    network = lived_in(Twice())
    assert fold_batch_norms(network, traced(network)) == 0
    assert batch_norms(network) == 1


def test_a_network_that_cannot_be_traced_runs_unfolded() -> None:
    class Deciding(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body = small_network()

        def forward(self, x: Tensor) -> Tensor:
            answer: Tensor = self.body(x)
            return answer if float(x.sum()) > 0 else -answer

    model = classifier(Deciding())
    assert batch_norms(model.prepared) == 2
    for x in (pictures(2), torch.zeros(1, 3, 8, 8)):
        assert relative(model.logits(x), model.module(x)) < 1e-4


def test_a_copy_whose_answers_would_change_runs_unfolded(caplog: pytest.LogCaptureFixture) -> None:
    class Peeking(nn.Module):
        """Looks at its batch norm from the side, which tracing cannot see."""

        def __init__(self) -> None:
            super().__init__()
            self.convolution = nn.Conv2d(3, 3, 8)
            self.norm = nn.BatchNorm2d(3)

        def forward(self, x: Tensor) -> Tensor:
            answer: Tensor = self.norm(self.convolution(x)).flatten(1)
            return answer + 5 * self.convolution.weight.sum()

    network = lived_in(Peeking())
    x = pictures(1)
    copied = prepared(network, x, network(x).detach())
    assert batch_norms(copied) == 1
    assert "runs unfolded" in caplog.text


def test_the_prepared_copy_leaves_the_original_as_it_was() -> None:
    network = small_network()
    before = copy.deepcopy(network.state_dict())
    model = classifier(network)
    gradient(model, pictures(2))
    after = network.state_dict()
    assert all(torch.equal(before[key], after[key]) for key in before)
    assert before.keys() == after.keys()
    assert not any(each.requires_grad or each.grad is not None for each in model.module.parameters())
    assert not any(each.requires_grad for each in model.prepared.parameters())


# Asking


def test_a_network_is_frozen_in_evaluation_mode_and_shows_its_own_layers() -> None:
    network = small_network().train()
    model = classifier(network)
    assert model.module.network is network
    assert isinstance(model.module.normalise, Normalise)
    assert not any(each.training for each in model.module.modules())
    assert not any(each.training for each in model.prepared.modules())


def test_pixels_are_normalised_inside() -> None:
    model = classifier(nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten()))
    grey = torch.full((1, 3, 8, 8), 0.5)
    wanted = [(0.5 - mean) / std for mean, std in zip(MEAN, STD, strict=True)]
    torch.testing.assert_close(model.logits(grey), torch.tensor([wanted]))


def test_logits_carry_no_graph_and_a_call_does() -> None:
    model = classifier(small_network())
    x = pictures(2).requires_grad_()
    assert not model.logits(x).requires_grad
    assert model(x).requires_grad


def test_what_a_frame_says_of_the_network_is_true() -> None:
    info = classifier(small_network()).info()
    assert (info.name, info.title, info.size, info.device) == ("small", "A small network", (8, 8), "CPU")
    assert info.classes == ("class 0", "class 1", "class 2")
    assert info.parameters == 3 * 6 * 9 + 2 * 6 + 4 * 3 * 9 + 4 + 4 * 3 + 3


# Refusals


class Answering(nn.Module):
    """Gives what it is told to give."""

    def __init__(self, answer: Callable[[Tensor], Any]) -> None:
        super().__init__()
        self.answer = answer

    def forward(self, x: Tensor) -> Any:
        return self.answer(x)


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (lambda x: x, r"it answers one picture with \(1, 3, 8, 8\) instead of one number per class"),
        (lambda x: (x.mean((2, 3)), x), "it answers one picture with tuple instead"),
        (lambda x: x.mean((1, 2, 3))[:, None], r"it answers one picture with \(1, 1\) instead"),
        (lambda x: x.mean((2, 3)).repeat(1, 2), "it knows 6 classes, and 3 names are given"),
        (lambda x: x.mean((2, 3)) / 0, "its answer is not a finite number"),
        (lambda x: x @ x.new_zeros(5, 3), r"it does not take pictures of \(1, 3, 8, 8\)"),
    ],
    ids=["a picture", "two answers", "one class", "names amiss", "infinite", "wrong size"],
)
def test_what_is_no_classifier_is_refused_with_a_reason(answer: Callable[[Tensor], Any], why: str) -> None:
    with pytest.raises(ModelError, match=why) as raised:
        classifier(Answering(answer))
    failure = raised.value.failure()
    assert (failure.field, failure.what) == ("model", "A small network cannot be used")
    assert failure.remedy


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no graphics card for CUDA")
def test_on_a_graphics_card_the_answers_are_the_same() -> None:
    here, there = load_model("efficientnet-lite0", "cpu"), load_model("efficientnet-lite0", "cuda")
    x = pictures(2, 224)
    assert relative(there.logits(x), here.logits(x)) < 1e-2
    assert there.logits(x).device.type == "cpu"
    assert there.logits(x.cuda()).device.type == "cuda"


def test_a_network_that_is_let_go_is_freed_at_once() -> None:
    model = classifier(small_network())
    gradient(model, pictures(1))
    watched: list[weakref.ref[nn.Module]] = [weakref.ref(model.module), weakref.ref(model.prepared)]
    del model
    assert [each() for each in watched] == [None, None]
