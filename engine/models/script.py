"""A network as one call into compiled code, so that the window and the network do not wait for each other.

Layer by layer a pass through a network takes Python's lock some hundreds of times, and waits for it each time while
the window is drawn. A traced network takes it once. On two cores that doubles the frames a second while ε is dragged.

TorchScript is deprecated, but nothing that has come after it lets go of the lock without a compiler at hand. Where it
is missing, or does not give the same answers, the layers themselves are asked.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable
from itertools import count
from typing import Any

import torch
from torch import Tensor, nn

from engine.models.prepare import LAYERS

logger = logging.getLogger(__name__)

MOST_TRACED = 16
"""TorchScript never frees what it has traced, some 10 MB each; after so many, networks run layer by layer.

A network is traced up to four times: for its answer, with how far its layers are from another picture's, with the
values of layers, and with those of all layers.
"""


_traced = count(1)


def scripted(network: nn.Module, x: Tensor, *given: Any, batches: bool = True) -> Callable[[Tensor], Any] | None:
    """The network as one call, or None if that would change its answers.

    Tracing follows what the network does with one batch. One that does something else with another is found out by
    asking both about one of other content, and of another size.

    Args:
        network: frozen, in evaluation mode, on the CPU; it gives one tensor or several.
        x: (N, C, H, W), as it is going to be asked.
        given: what else the network takes: tensors, or tuples of them. None of it becomes a part of what is traced.
        batches: whether it is going to be asked about batches of other sizes, too.
    """
    if next(_traced) > MOST_TRACED:
        return None
    other = 1 - x.flip(-1)
    if batches:
        other = torch.cat([x, other])
    try:
        with warnings.catch_warnings(), torch.no_grad(), LAYERS:
            warnings.simplefilter("ignore")  # deprecation, and guesses about what tracing may have missed
            traced = torch.jit.trace(network, (x, *given), check_trace=False)  # type: ignore[no-untyped-call]
            # Bit for bit, so that the same request gives the same frame; the third call is the first optimised one.
            is_same = all(_is_same(traced(each, *given), network(each, *given)) for each in (x, other, x))
    except Exception as error:  # tracing runs the network's own code, which may raise anything
        logger.info("%s cannot be traced: %s", type(network).__name__, error)
        return None
    return traced.forward if is_same else None  # not the module, which would become a part of whatever keeps it


def _is_same(one: Tensor | tuple[Tensor, ...], other: Tensor | tuple[Tensor, ...]) -> bool:
    pairs = zip(_several(one), _several(other), strict=True)
    return all(torch.equal(each, wanted) for each, wanted in pairs)


def _several(answer: Tensor | tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    return (answer,) if isinstance(answer, Tensor) else answer
