"""Makes a network of unknown habits answer as ``Classifier`` wants it, or says in a sentence why it cannot be done.

What answers with a dictionary, with probabilities, or about one picture at a time only is wrapped; what needs two
inputs, answers at random or with something else than one number a class is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from engine.models.errors import ModelError, first_line
from engine.models.prepare import LAYERS

LOGITS = ("logits", "logit", "out", "output")
"""Under which of their names answers of several parts keep the logits."""

ONE_OUTPUT = "If it is the logit z of yes or no, export a module that returns (0, z)."
"""What to do with a network that answers with a single number."""

_SMALLEST = 1e-30
"""A probability of 0 has no logarithm."""


class NoAnswerError(Exception):
    """The network does not take such an input; its first sentence."""


@dataclass(frozen=True, eq=False)
class Adapted:
    """A network that answers (N, C, H, W) with (N, K), and what had to be done for it."""

    network: nn.Module
    notes: tuple[str, ...]
    classes: int


def adapted(network: nn.Module, title: str, channels: int, size: tuple[int, int]) -> Adapted:
    """The network, wrapped where it must be.

    Args:
        network: in evaluation mode, on the CPU.
        title: as errors name it.
        channels: of the pictures that it takes.
        size: (height, width) of them.

    Raises:
        ModelError: it cannot be made to answer as it should.
    """
    one, other = _pictures(network, channels, size)
    try:
        answer = ask(network, one)
    except NoAnswerError as error:
        raise _unusable(title, f"it does not take pictures of {tuple(one.shape)} ({error})", _SIZES) from error
    notes = []
    if not isinstance(answer, Tensor):
        network, said = _picking(network, answer, title)
        notes.append(said)
        answer = ask(network, one)
    _check(answer, title)
    _check_again(network, one, answer, title)
    if _are_probabilities(answer, ask(network, other)):
        network = Logarithm(network)
        notes.append("It answers with probabilities; their logarithms are taken as logits, which changes no answer.")
        answer = ask(network, one)
    if not _takes_two(network, one, other):
        network = OneByOne(network)
        notes.append("It takes one picture at a time: what asks about many pictures is slower.")
    return Adapted(network, tuple(notes), answer.shape[1])


def ask(network: nn.Module, x: Tensor) -> Any:
    """What a network answers, without a graph.

    Raises:
        NoAnswerError: it does not take this input; the first line of what it says.
    """
    try:
        with torch.no_grad(), LAYERS:
            return network(x)
    except Exception as error:  # it is somebody else's code
        raise NoAnswerError(first_line(error)) from error


class Part(nn.Module):
    """The logits out of an answer of several parts, by name or by number."""

    def __init__(self, network: nn.Module, key: str | int) -> None:
        super().__init__()
        self.inner, self.key = network, key

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) to (N, K)."""
        logits: Tensor = _part(self.inner(x), self.key)
        return logits


class Logarithm(nn.Module):
    """The logarithms of probabilities: their softmax is the probabilities again."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.inner = network

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) to (N, K)."""
        answer: Tensor = self.inner(x)
        return answer.clamp_min(_SMALLEST).log()


class ChannelsLast(nn.Module):
    """Shows a network its pictures as (N, H, W, C)."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.inner = network

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) to whatever the network answers."""
        answer: Tensor = self.inner(x.permute(0, 2, 3, 1))
        return answer


class OneByOne(nn.Module):
    """Asks a network about the pictures of a batch one by one."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.inner = network

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) to (N, K)."""
        return torch.cat([self.inner(each) for each in torch.split(x, 1)])


_SIZES = "Set the input's size and channels as the network was trained, or export it for such pictures."
_EXPORT = "Wrap it in a module that takes one picture (N, C, H, W) and returns logits (N, K), and export that."


def _pictures(network: nn.Module, channels: int, size: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """Two pictures of noise, always the same, in the network's type of numbers."""
    generator = torch.Generator().manual_seed(1)
    kind = next((each.dtype for each in network.parameters() if each.is_floating_point()), torch.float32)
    one, other = (torch.rand(1, channels, *size, generator=generator).to(kind) for _ in range(2))
    return one, other


def _picking(network: nn.Module, answer: Any, title: str) -> tuple[nn.Module, str]:
    """The network with the logits picked out of its answer, and a sentence about it."""
    for key in _keys(answer):
        part = _part(answer, key)
        if isinstance(part, Tensor) and part.dim() == 2:
            return Part(network, key), f"It answers with several things; “{key}” is taken as the logits."
    parts = ", ".join(str(each) for each in _keys(answer)[:5]) or type(answer).__name__
    raise _unusable(title, f"it answers with several things, and none of them is logits (N, K): {parts}", _EXPORT)


def _keys(answer: Any) -> list[str | int]:
    """The parts of an answer, the likeliest to be logits first."""
    if isinstance(answer, Mapping):
        names = [str(each) for each in answer]
        return [*(each for each in LOGITS if each in names), *(each for each in names if each not in LOGITS)]
    named = [each for each in LOGITS if hasattr(answer, each)]
    return [*named, *(range(len(answer)) if isinstance(answer, list | tuple) and not named else ())]


def _part(answer: Any, key: str | int) -> Any:
    if isinstance(key, str) and not isinstance(answer, Mapping):
        return getattr(answer, key)
    return answer[key]


def _check(answer: Any, title: str) -> None:
    """Refuses what is not one finite number per class."""
    if not isinstance(answer, Tensor) or answer.dim() != 2 or len(answer) != 1:
        found = tuple(answer.shape) if isinstance(answer, Tensor) else type(answer).__name__
        raise _unusable(title, f"it answers one picture with {found} instead of one number per class, (1, K)", _EXPORT)
    if answer.shape[1] < 2:
        raise _unusable(
            title,
            "it answers with a single number, and there is nothing to choose between fewer than two classes",
            ONE_OUTPUT,
        )
    if not bool(answer.isfinite().all()):
        raise _unusable(
            title,
            "its answer to noise is not a finite number (NaN or infinity)",
            "Look whether its weights hold NaN, and whether training went well.",
        )


def _check_again(network: nn.Module, x: Tensor, answer: Tensor, title: str) -> None:
    """Refuses what answers at random: dropout that was exported while training."""
    if not torch.equal(ask(network, x), answer):
        raise _unusable(
            title,
            "it answers the same picture differently each time",
            "It was exported while training: call model.eval() before you export it.",
        )


def _are_probabilities(*answers: Tensor) -> bool:
    return all(bool((each >= 0).all()) and bool((each.sum(1) - 1).abs().max() < 1e-3) for each in answers)


def _takes_two(network: nn.Module, one: Tensor, other: Tensor) -> bool:
    """Whether it answers two pictures at once as it answers them one by one."""
    try:
        both = ask(network, torch.cat([one, other]))
    except NoAnswerError:
        return False
    wanted = torch.cat([ask(network, one), ask(network, other)])
    tolerance = 1e-3 * float(wanted.abs().max()) + 1e-6
    return isinstance(both, Tensor) and both.shape == wanted.shape and bool((both - wanted).abs().max() <= tolerance)


def _unusable(title: str, why: str, remedy: str) -> ModelError:
    return ModelError(f"{title} cannot be used", why, remedy)
