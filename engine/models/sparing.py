"""A network that makes do with the memory there is: smaller batches first, then the CPU.

Whoever asks it, an attack or a prediction, need not know. What was done is told in a sentence.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from engine.device import is_out_of_memory, with_less
from engine.models.errors import ModelError
from engine.models.prepare import LAYERS
from engine.models.script import scripted

PATIENCE = 4
"""A network is traced when it is asked for the fourth time: the first answers, which are waited for, come sooner."""

FEW = 2**16
"""So many values of pixels on the processor always fit, with all that a small network makes of them.

Keeping the whole batch in one graph saves them the care, which costs a small network a quarter of its time.
"""

Result = TypeVar("Result")
Memory = tuple[Tensor, Tensor]
"""Pixels, and the logits that a graph leads from them to."""


class Sparing(nn.Module):
    """Pixels (N, C, H, W) in [0, 1] to logits (N, K), on whatever device and in pieces of whatever size it takes.

    Pixels are brought to the network's device and the answer is brought back to theirs.

    Args:
        network: the network, on the CPU.
        original: moved along with it.
        tell: is given a sentence whenever memory ran out.
    """

    def __init__(self, network: nn.Module, original: nn.Module, tell: Callable[[str], None]) -> None:
        super().__init__()
        self.network = network
        self._beside = (original,)  # in a tuple, so that its layers do not count as this module's
        self._tell = tell
        self._put("cpu")
        self.eval()

    def move(self, device: str) -> None:
        """Moves the network; to the CPU, with a note, if it does not fit."""
        try:
            self._put(device)
            return
        except (RuntimeError, MemoryError) as error:
            if device == "cpu" or not is_out_of_memory(error):
                raise
        self._tell("The network does not fit into the graphics card's memory; the processor is used.")
        self._put("cpu")

    def _put(self, device: str) -> None:
        self.device = device
        self._largest: int | None = None
        self.network.to(device)
        self._kind = next((each.dtype for each in self.network.parameters()), None)
        self._lay(memory_layout(device))
        for each in self._beside:
            each.to(device)

    def _lay(self, layout: torch.memory_format) -> None:
        """Chooses how the network, and what it is asked, lies in memory."""
        try:
            self.network.to(memory_format=layout)
        except RuntimeError:  # weights of more than two dimensions, as for volumes, have channels first only
            layout = torch.contiguous_format
        self._layout = layout
        self._script: Callable[[Tensor], Tensor] | None = None
        self._asked = 0

    def __call__(self, x: Tensor) -> Tensor:
        """``forward`` itself: tracing on another thread replaces how modules are called (see ``LAYERS``)."""
        return self.forward(x)

    def forward(self, x: Tensor) -> Tensor:
        """The logits (N, K), differentiable once by the pixels; for second derivatives ask the original."""
        if not (torch.is_grad_enabled() and x.requires_grad):
            return self.in_pieces(self.ask, x)
        if self.device == "cpu" and self._largest is None and x.numel() <= FEW:
            return self.ask(x)
        answer: Tensor = _Differentiable.apply(x, self)
        return answer

    def remember(self, x: Tensor) -> Memory | None:
        """The logits with all that their gradient needs; None where that does not fit."""
        if self._largest is not None and len(x) > self._largest:
            return None

        def keep() -> Memory:
            with torch.enable_grad():
                leaf = x.detach().requires_grad_()
                return leaf, self.ask(leaf)

        return _attempt(keep)

    def there(self, x: Tensor) -> Tensor:
        """A batch where the network is, in its type of numbers, lying in memory as it takes it."""
        return x.to(self.device, self._kind or x.dtype).contiguous(memory_format=self._layout)

    def ask(self, x: Tensor) -> Tensor:
        """The logits of a batch that fits, of the type of the batch."""
        is_usual = self._layout is torch.contiguous_format
        try:
            return self._answer(x)
        except (RuntimeError, ValueError, TypeError, IndexError) as error:
            if is_out_of_memory(error) or (is_usual and len(x) == 1):
                raise
        if not is_usual:
            # Some networks take it for granted that the numbers of a row follow each other in memory.
            self._lay(torch.contiguous_format)
            return self.ask(x)
        answers = torch.cat([self._answer(each) for each in torch.split(x, 1)])
        self._largest = 1  # and some, that there is one picture
        return answers

    def _answer(self, x: Tensor) -> Tensor:
        there = self.there(x)
        needs_layers = self.device != "cpu" or (torch.is_grad_enabled() and x.requires_grad)
        answer = self._layered(there) if needs_layers else self._quick(there)
        return answer.to(x)

    def _layered(self, x: Tensor) -> Tensor:
        with LAYERS:
            answer: Tensor = self.network(x)
        return answer

    def _quick(self, x: Tensor) -> Tensor:
        """The same through ``scripted``, which is worth its making only for a network that is asked again and again."""
        self._asked += 1
        if self._asked == PATIENCE:
            self._script = scripted(self.network, x[:1])
        return self._script(x) if self._script is not None else self._layered(x)

    def pull_back(self, x: Tensor, slope: Tensor) -> Tensor:
        """The gradient of Σ slope · logits by the pixels, for a batch that fits."""
        with torch.enable_grad():
            leaf = x.detach().requires_grad_()
            return _pulled_back(leaf, self.ask(leaf), slope)

    def in_pieces(self, function: Callable[..., Tensor], *batch: Tensor) -> Tensor:
        """``with_less``, with the size that has fitted before."""
        return with_less(function, *batch, largest=self._largest, on_fallback=self._fall_back)

    def _fall_back(self, failed: int, size: int) -> None:
        where = "graphics card" if self.device != "cpu" else "machine"
        if size:
            self._tell(f"The {where} ran out of memory at a batch of {failed}; continued with {size}.")
            self._largest = size
        elif self.device != "cpu":
            self._tell(f"The {where} ran out of memory; continued on the processor.")
            self._put("cpu")
        else:
            raise ModelError(
                "The network could not be asked",
                "this machine has too little memory for it",
                "Close other applications, or choose a smaller network.",
            )


class _Differentiable(torch.autograd.Function):
    """The network as one operation, so that a backward pass that does not fit can be done over in pieces.

    What does not fit is not kept: the pieces run forward again, one at a time (Chen et al. 2016, arXiv:1604.06174).
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, network: Sparing) -> Tensor:
        ctx.save_for_backward(x)
        ctx.network = network
        ctx.kept = network.remember(x)
        if ctx.kept is None:
            return network.in_pieces(network.ask, x)
        answer: Tensor = ctx.kept[1].detach()
        if not ctx.kept[1].requires_grad:
            ctx.mark_non_differentiable(answer)
        return answer

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor, None]:
        gradient = None
        if ctx.kept is not None:
            leaf, logits = ctx.kept
            gradient = _attempt(lambda: _pulled_back(leaf, logits, slope))
        if gradient is None:
            ctx.kept = None
            network: Sparing = ctx.network
            gradient = network.in_pieces(network.pull_back, ctx.saved_tensors[0], slope)
        return gradient, None


def _pulled_back(leaf: Tensor, logits: Tensor, slope: Tensor) -> Tensor:
    """Zero where nothing leads back from the logits to the pixels."""
    if not logits.requires_grad:
        return torch.zeros_like(leaf)
    (gradient,) = torch.autograd.grad(logits, leaf, slope, retain_graph=True, materialize_grads=True)
    return gradient


def _attempt(function: Callable[[], Result]) -> Result | None:
    """What the function gives, or None if memory runs out."""
    try:
        return function()
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
    return None


def memory_layout(device: str) -> torch.memory_format:
    """How images lie in memory where a device computes fastest.

    Metal's convolutions have given wrong gradients for channels-last (pytorch#140902, #142344), and are slower.
    """
    return torch.contiguous_format if device == "mps" else torch.channels_last
