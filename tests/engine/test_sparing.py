"""A network that runs out of memory goes on with smaller batches, then on the processor, and says so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from engine.images import Recipe
from engine.models.classifier import Classifier
from engine.models.errors import ModelError


def classifier(network: nn.Module) -> Classifier:
    """A classifier of small colour pictures."""
    return Classifier(
        network,
        name="small",
        title="A small network",
        classes=("one", "two", "three"),
        recipe=Recipe(resize=8, size=(8, 8)),
        mean=(0.5, 0.5, 0.5),
        std=(0.2, 0.2, 0.2),
    )


def pictures(count: int) -> Tensor:
    return torch.rand(count, 3, 8, 8, generator=torch.Generator().manual_seed(3))


def loss(logits: Tensor) -> Tensor:
    """The cross-entropy of class 0."""
    return nn.functional.cross_entropy(logits, torch.zeros(len(logits), dtype=torch.long), reduction="sum")


def gradient(model: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """Of the loss by the pixels."""
    leaf = x.detach().requires_grad_()
    (found,) = torch.autograd.grad(loss(model(leaf)), leaf)
    return found


def relative(found: Tensor, wanted: Tensor) -> float:
    return float((found - wanted).abs().max() / wanted.abs().max())


class Hungry(nn.Module):
    """Runs out of memory on more than ``fits`` pictures, or on any, as a graphics card would."""

    def __init__(self, fits: int = 99) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(144, 3))
        self.fits = fits
        self.asked: list[int] = []

    def forward(self, x: Tensor) -> Tensor:
        self.asked.append(len(x))
        if len(x) > self.fits:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB.")
        answer: Tensor = self.body(x)
        return answer


def hungry(fits: int, *, on_card: bool = True) -> tuple[Classifier, Hungry]:
    """A classifier whose network takes ``fits`` pictures at a time, and that network."""
    model = classifier(Hungry())
    if on_card:
        model.prepared.device = "cuda"  # it only says so: everything stays on the CPU
        model.prepared.ask = model.prepared.network.forward  # type: ignore[method-assign]
    network = model.prepared.network[1]  # type: ignore[index]
    network.fits = fits
    network.asked.clear()
    return model, network


def test_a_batch_that_does_not_fit_is_asked_in_halves_and_said_once() -> None:
    model, network = hungry(4)
    x = pictures(16)
    assert relative(model.logits(x), model.module(x)) < 1e-4
    assert network.asked == [16, 8, 4, 4, 4, 4]
    assert model.notes == [
        "The graphics card ran out of memory at a batch of 16; continued with 8.",
        "The graphics card ran out of memory at a batch of 8; continued with 4.",
    ]
    network.asked.clear()
    model.logits(x[:6])
    assert network.asked == [4, 2]
    assert len(model.notes) == 2


def test_a_gradient_that_does_not_fit_is_taken_in_halves() -> None:
    model, _ = hungry(3)
    x = pictures(7)
    wanted = gradient(model.module, x)
    for _ in range(2):
        assert relative(gradient(model, x), wanted) < 1e-4
    assert [note.split()[-1] for note in model.notes] == ["3."]


def test_a_backward_pass_that_does_not_fit_is_done_over_in_halves(monkeypatch: pytest.MonkeyPatch) -> None:
    model, network = hungry(4)
    x = pictures(4)
    wanted = gradient(model.module, x)
    leaf = x.clone().requires_grad_()
    value = loss(model(leaf))
    network.fits = 2
    real = torch.autograd.grad

    def full(outputs: Tensor, *rest: Any, **more: Any) -> Any:
        if len(outputs) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return real(outputs, *rest, **more)

    monkeypatch.setattr(torch.autograd, "grad", full)
    (found,) = real(value, leaf)
    assert relative(found, wanted) < 1e-4
    assert model.notes == ["The graphics card ran out of memory at a batch of 4; continued with 2."]


def test_a_gradient_may_be_taken_for_every_class_in_turn() -> None:
    model = classifier(Hungry())
    x = pictures(2).requires_grad_()
    logits, wanted = model(x), model.module(x)
    for k in range(3):
        (found,) = torch.autograd.grad(logits[:, k].sum(), x, retain_graph=True)
        (true,) = torch.autograd.grad(wanted[:, k].sum(), x, retain_graph=True)
        assert relative(found, true) < 1e-4


def test_where_not_even_one_picture_fits_the_processor_takes_over() -> None:
    model, network = hungry(0)
    moved: list[str] = []

    def put(device: str) -> None:
        moved.append(device)
        model.prepared.device = device
        network.fits = 99

    model.prepared._put = put  # type: ignore[method-assign]
    x = pictures(2)
    assert relative(gradient(model, x), gradient(model.module, x)) < 1e-4
    assert moved == ["cpu"]
    assert (model.device, model.info().device) == ("cpu", "CPU")
    assert model.notes[-1] == "The graphics card ran out of memory; continued on the processor."


def test_a_machine_with_too_little_memory_says_so() -> None:
    model, _ = hungry(0, on_card=False)
    with pytest.raises(ModelError, match="this machine has too little memory"):
        model.logits(pictures(2))


def test_another_error_of_the_network_is_not_taken_for_a_lack_of_memory() -> None:
    model = classifier(Hungry())
    with pytest.raises(RuntimeError, match="must match"):
        model.logits(torch.rand(1, 5, 8, 8))
    with pytest.raises(RuntimeError, match="must match"):
        model(torch.rand(1, 5, 8, 8).requires_grad_())
    assert model.notes == []


def test_a_network_that_does_not_fit_onto_the_card_stays_on_the_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    model = classifier(Hungry())

    def full(self: nn.Module, *where: Any, **more: Any) -> nn.Module:
        if where == ("cuda",):
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return self

    monkeypatch.setattr(nn.Module, "to", full)
    assert model.to("cuda").device == "cpu"
    assert model.notes == ["The network does not fit into the graphics card's memory; the processor is used."]


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16, torch.float64])
def test_a_network_of_another_type_of_numbers_answers_pixels_in_single_precision(kind: torch.dtype) -> None:
    torch.manual_seed(0)
    model = classifier(nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(144, 3)).to(kind))
    x = pictures(2)
    wanted = model.module(x.to(kind))
    assert model.logits(x).dtype == torch.float32
    assert relative(model.logits(x), wanted.float()) < 0.02
    assert gradient(model, x).dtype == torch.float32
    assert relative(gradient(model, x), gradient(model.module, x.to(kind)).float()) < 0.1


class Viewing(nn.Module):
    """Takes it for granted that the numbers of a row follow each other in memory."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Conv2d(3, 4, 3)
        self.head = nn.Linear(144, 3)

    def forward(self, x: Tensor) -> Tensor:
        answer: Tensor = self.head(self.layer(x).view(len(x), -1))
        return answer


def test_a_network_that_needs_rows_to_lie_in_order_is_asked_so() -> None:
    torch.manual_seed(0)
    model = classifier(Viewing())
    x = pictures(2)
    assert relative(model.logits(x), model.module(x)) < 1e-5
    assert relative(gradient(model, x), gradient(model.module, x)) < 1e-5


class Volumes(nn.Module):
    """Its weights have a dimension more than those of pictures."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Conv3d(1, 3, 3)

    def forward(self, x: Tensor) -> Tensor:
        answer: Tensor = self.layer(x[:, None]).mean((2, 3, 4))
        return answer


def test_a_network_for_volumes_is_asked_like_any_other() -> None:
    torch.manual_seed(0)
    model = classifier(Volumes())
    x = pictures(2)
    assert relative(model.logits(x), model.module(x)) < 1e-5


def test_a_mistake_in_the_network_is_told_as_it_is() -> None:
    model = classifier(nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(), nn.Linear(144, 3)))
    with pytest.raises(RuntimeError, match="shape"):
        model.logits(torch.rand(1, 3, 9, 9))
