"""How large the gradient of the loss is at every layer, on its way back through the network.

The loss E is the cross-entropy of the class that the clean picture is seen as, for the clean and the attacked picture.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn

from engine.answers import Floats
from engine.inside import GradientWalk
from engine.network.divergence import compared
from engine.network.factors import factors_of
from engine.network.recording import RecordingError
from engine.network.subject import Subject
from engine.network.watched import Watched

VANISHED = 1e-3
"""A gradient that is so many times smaller at the first layer than at the last is said to have vanished."""

_KEPT = "gradients"
"""Under this name what is known of the clean picture is kept while ε changes."""

_HALF_SCALE = 1024.0
"""In half precision E counts for so much more on the way back, or small gradients would be rounded to 0."""


def gradients(subject: Subject) -> Iterator[GradientWalk | None]:
    """How large ∂E/∂(output) is at every layer and join, for the clean picture and then for the attacked one.

    Yields:
        The clean picture's sizes, unless they are known of another attack on it; then, with the factors of a small
        dense network, those of both.

    Raises:
        RecordingError: the network cannot be watched, or no gradient comes back from its answer.
    """
    watched, label = subject.watched, subject.left
    names = tuple(each.name for each in compared(watched.architecture))
    walk: GradientWalk | None = subject.live.kept.get(_KEPT)
    if walk is None or walk.label != label:
        clean = sizes(watched, subject.clean, label, names)
        walk = GradientWalk(label, names, clean.norms, None, clean.means, None, (), note_of(clean))
        yield walk
        factors = factors_of(watched, lambda wanted: slopes(watched, subject.clean, label, wanted))
        walk = subject.live.kept[_KEPT] = replace(walk, factors=factors)
    yield None  # what is shown stays until the attacked picture's are known too
    attacked = sizes(watched, subject.attacked, label, names)
    of_attacked = f"On the attacked picture: {note_of(attacked)}" if note_of(attacked) else ""
    yield replace(walk, attacked=attacked.norms, mean_attacked=attacked.means, note=walk.note or of_attacked)


@dataclass(frozen=True, eq=False)
class Sizes:
    """How large the gradient is at some nodes.

    Attributes:
        norms: (n,), ‖∂E/∂output‖₂; NaN where no gradient comes, or it is not finite.
        means: (n,), mean |∂E/∂output|; likewise.
        missing: how many nodes no gradient comes back to, as E does not depend on them.
    """

    norms: Floats
    means: Floats
    missing: int


def sizes(watched: Watched, x: Tensor, label: int, names: tuple[str, ...]) -> Sizes:
    """The size of the gradient at the named nodes, for pixels (1, C, H, W), in float32 whatever the network's type.

    Raises:
        RecordingError: the network cannot be watched, or no gradient comes back from its answer.
    """
    _, found = slopes(watched, x, label, names)
    measured = [_measured(found[name]) for name in names]
    table = np.array(measured, np.float32).reshape(len(names), 2)
    table[~np.isfinite(table)] = np.nan
    return Sizes(table[:, 0], table[:, 1], sum(found[name] is None for name in names))


def _measured(slope: Tensor | None) -> tuple[float, float]:
    if slope is None:
        return np.nan, np.nan
    return float(torch.linalg.vector_norm(slope)), float(slope.abs().mean())


def slopes(
    watched: Watched, x: Tensor, label: int, names: Iterable[str]
) -> tuple[Mapping[str, Tensor], Mapping[str, Tensor | None]]:
    """The values of nodes, and in float32 or better ∂E by them; None where E does not depend on one.

    Neither the pixels nor the network's parameters gather a gradient.

    Raises:
        RecordingError: the network cannot be watched, or no gradient comes back from its answer.
    """
    names = tuple(names)
    with torch.enable_grad():
        logits, values = watched.values(x.detach().requires_grad_(), names)
        scale = _HALF_SCALE if logits.dtype is torch.float16 else 1.0
        loss = scale * nn.functional.cross_entropy(_exact(logits), torch.tensor([label], device=logits.device))
        reached = [name for name in names if name in values and values[name].requires_grad]
        if not reached or not loss.requires_grad:
            raise RecordingError("no gradient comes back from its answer")
        given: tuple[Tensor | None, ...] = torch.autograd.grad(
            loss, [values[name] for name in reached], allow_unused=True
        )
    found: dict[str, Tensor | None] = dict.fromkeys(names)
    for name, slope in zip(reached, given, strict=True):
        found[name] = None if slope is None else _exact(slope) / scale
    return {name: value.detach() for name, value in values.items()}, found


def _exact(value: Tensor) -> Tensor:
    return value.float() if value.dtype.itemsize < 4 else value


def note_of(found: Sizes) -> str:
    """What is to be said of the gradients of a picture; "" if they are as they should be."""
    known = found.norms[np.isfinite(found.norms)]
    if len(known) + found.missing < len(found.norms):
        return "Where the gradient is not a finite number there is a gap: the network's numbers have overflowed."
    if len(known) and not known.any():
        return "Every gradient is zero: the loss is flat here, and an attack by gradient has nowhere to go."
    if len(known) and known[0] < VANISHED * known[-1]:
        return "The gradient has all but vanished on its way back to the picture."
    if found.missing:
        return "Where no gradient comes back, as the loss does not depend on it, there is a gap."
    return ""
