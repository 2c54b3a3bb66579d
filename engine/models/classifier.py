"""A network as the rest of the engine sees it: pixels in [0, 1] go in, logits come out, normalisation is inside."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any, Self

import torch
from torch import Tensor, nn

from engine.device import describe_device
from engine.frame import NetworkInfo
from engine.images import Recipe
from engine.models.errors import ModelError, first_line
from engine.models.prepare import LAYERS, prepared
from engine.models.sparing import Sparing


class Normalise(nn.Module):
    """(x − mean) / std per channel: from pixels in [0, 1] to what the network was trained on."""

    mean: Tensor
    std: Tensor

    def __init__(self, mean: Sequence[float], std: Sequence[float]) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(mean).view(1, -1, 1, 1))
        self.register_buffer("std", torch.tensor(std).view(1, -1, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) to the same shape."""
        return (x - self.mean) / self.std


class Classifier:
    """A network with its classes, its preprocessing and its device.

    Attributes:
        module: the original layers, ``normalise`` and ``network``; pixels (N, C, H, W) in [0, 1] to logits (N, K). It
            is frozen and in evaluation mode; to look inside, look here.
        prepared: the copy to ask and to attack, with the same answers: frozen, batch norm folded, and sparing when
            memory runs out. It is made once; make another ``Classifier`` of a network that has been trained on.
        name: as typed; ``title`` as read.
        classes: the name of every class, K of them.
        recipe: how a picture is brought to the input.
        notes: sentences for the user, such as that memory ran out and what was done about it.
        watched: what ``engine.network`` has found out about its layers, kept for as long as it is; None until asked.

    Args:
        network: normalised pixels (N, C, H, W) to logits (N, K), on the CPU; it is kept, frozen and moved.
        name: as typed.
        title: as read.
        classes: the name of every class.
        recipe: how a picture is brought to the input.
        mean: subtracted from every channel of pixels in [0, 1].
        std: by which it is then divided.
        device: ``"cuda"``, ``"mps"`` or ``"cpu"``: where to compute.
        notes: what is already to be told.

    Raises:
        ModelError: the network does not turn a picture into one finite number per class.
    """

    def __init__(
        self,
        network: nn.Module,
        *,
        name: str,
        title: str,
        classes: Sequence[str],
        recipe: Recipe,
        mean: Sequence[float],
        std: Sequence[float],
        device: str = "cpu",
        notes: Iterable[str] = (),
    ) -> None:
        self.name = name
        self.title = title
        self.classes = tuple(classes)
        self.recipe = recipe
        self.notes = list(notes)
        self.watched: Any = None
        normalise = Normalise(mean, std).to(_kind(network))
        self.module = nn.Sequential(OrderedDict(normalise=normalise, network=network)).eval().requires_grad_(False)
        probe = _noise(recipe).to(_kind(network))
        wanted = _checked_answer(self.module, probe, title, len(self.classes))
        self.prepared = Sparing(prepared(self.module, probe, wanted), self.module, self.notes.append)
        self.to(device)

    @property
    def device(self) -> str:
        """Where it computes now: ``"cuda"``, ``"mps"`` or ``"cpu"``."""
        return self.prepared.device

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the input."""
        return self.recipe.size

    @cached_property
    def parameters_count(self) -> int:
        """How many numbers were learnt."""
        return sum(each.numel() for each in self.module.parameters())

    def __call__(self, x: Tensor) -> Tensor:
        """The logits (N, K) of pixels (N, C, H, W) in [0, 1], differentiable by the pixels."""
        answer: Tensor = self.prepared(x)
        return answer

    def logits(self, x: Tensor) -> Tensor:
        """The logits (N, K) of pixels (N, C, H, W) in [0, 1], without a graph."""
        with torch.no_grad():
            return self(x)

    def info(self) -> NetworkInfo:
        """What a frame says of the network."""
        device = describe_device(self.device)
        return NetworkInfo(self.name, self.title, self.classes, self.parameters_count, self.size, device)

    def to(self, device: str) -> Self:
        """Moves the network to ``"cuda"``, ``"mps"`` or ``"cpu"``; it stays on the CPU if it does not fit."""
        self.prepared.move(device)
        return self


def _kind(network: nn.Module) -> torch.dtype:
    """The type of a network's numbers."""
    return next((each.dtype for each in network.parameters()), torch.float32)


def _noise(recipe: Recipe) -> Tensor:
    """A picture of noise, (1, C, H, W) in [0, 1], always the same."""
    return torch.rand(1, recipe.channels, *recipe.size, generator=torch.Generator().manual_seed(0))


def _checked_answer(module: nn.Module, probe: Tensor, title: str, classes: int) -> Tensor:
    """What a network answers to a picture, if that is one finite number per class."""
    try:
        with torch.no_grad(), LAYERS:
            answer = module(probe)
    except (RuntimeError, ValueError, TypeError) as error:
        raise _unusable(title, f"it does not take pictures of {tuple(probe.shape)} ({first_line(error)})") from error
    if not isinstance(answer, Tensor) or answer.ndim != 2 or len(answer) != 1 or answer.shape[1] < 2:
        found = tuple(answer.shape) if isinstance(answer, Tensor) else type(answer).__name__
        raise _unusable(title, f"it answers one picture with {found} instead of one number per class, (1, K)")
    if answer.shape[1] != classes:
        raise _unusable(title, f"it knows {answer.shape[1]} classes, and {classes} names are given")
    if not bool(answer.isfinite().all()):
        raise _unusable(title, "its answer is not a finite number")
    return answer


def _unusable(title: str, why: str) -> ModelError:
    return ModelError(f"{title} cannot be used", why, "Choose a network that classifies pictures, with its weights.")
