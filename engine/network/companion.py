"""A second picture through the same layers: any open one, or the first one moved.

Nothing of it depends on ε, so all of it is kept until another picture, shift or layer is chosen.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.answers import Floats, Prediction
from engine.experiment import to_image, to_prediction, to_tensor
from engine.images import decode, place
from engine.inside import Companion, Form
from engine.network.activations import activations
from engine.network.divergence import compared
from engine.network.subject import Subject

Made = TypeVar("Made")

THIS_ONE = "this one"

_AT_ONCE = 24
"""Layers whose values are held for both pictures at once; all those of a large network would take gigabytes."""


@dataclass(frozen=True, eq=False)
class _Second:
    """The second picture, and the answer to it."""

    name: str
    x: Tensor
    prediction: Prediction


def companion(subject: Subject) -> Companion:
    """The second picture that is looked at, before the network.

    It is placed as the first one is, then moved by ``Look.shift``; what comes in at the border repeats the border, so
    that a digit on black ground stays on black ground. The distances are there once ``distances`` has found them.

    Raises:
        ImageError: it cannot be opened.
        NoFormError: the layer has no form that can be drawn.
        RecordingError: the network cannot be watched.
    """
    which = _which(subject)
    second = subject.live.once("companion picture", which, lambda: _second(subject))
    found = subject.live.once("companion", (which, subject.look.layer), lambda: _at_layer(subject, second))
    known = subject.live.kept.get("companion distances", (None,))
    if known[0] != which:
        return found
    layers, distances = known[1]
    return replace(found, layers=layers, distances=distances)


def distances(subject: Subject) -> Iterator[Companion | None]:
    """How far each layer is from what the first picture gives; some layers at a time.

    Yields:
        The companion with the distances so far, NaN where a layer is yet to come.
    """
    found = companion(subject)
    if found.distances is not None:
        yield found
        return
    second: _Second = subject.live.kept["companion picture"][1]
    layers = tuple(each.name for each in compared(subject.watched.architecture))
    apart = np.full(len(layers), np.nan, np.float32)
    for start in range(0, len(layers), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        first = _values(subject, subject.clean, layers[part])
        yield None
        apart[part] = _apart(first, _values(subject, second.x, layers[part]))
        yield replace(found, layers=layers, distances=apart.copy())
    subject.live.kept["companion distances"] = _which(subject), (layers, apart)


def moved(x: Tensor, right: int, down: int) -> Tensor:
    """(N, C, H, W) moved by whole pixels; the border is repeated where nothing comes in."""
    if not (right or down):
        return x
    height, width = x.shape[-2:]
    rows = (torch.arange(height, device=x.device) - down).clamp(0, height - 1)
    columns = (torch.arange(width, device=x.device) - right).clamp(0, width - 1)
    return x[:, :, rows][:, :, :, columns]


def say_shift(right: int, down: int) -> str:
    """``moved 2 left, 2 up``; "" for no move."""
    across = f"{abs(right)} {'right' if right > 0 else 'left'}" if right else ""
    along = f"{abs(down)} {'down' if down > 0 else 'up'}" if down else ""
    both = ", ".join(filter(None, (across, along)))
    return f"moved {both}" if both else ""


def _which(subject: Subject) -> Hashable:
    """Names the second picture."""
    return subject.look.companion, subject.look.shift, subject.placement


def _second(subject: Subject) -> _Second:
    name, x = _picture(subject)
    x = moved(x, *subject.look.shift)
    with torch.no_grad():
        logits, _ = subject.watched.values(x, [])
    name = ", ".join(filter(None, (name, say_shift(*subject.look.shift))))
    return _Second(name, x, to_prediction(logits[0]))


def _picture(subject: Subject) -> tuple[str, Tensor]:
    """Its name and pixels, (1, C, H, W), as the network sees it."""
    if not subject.look.companion:
        return THIS_ONE, subject.clean
    decoded = decode(subject.look.companion)
    pixels = place(decoded.pixels, subject.placement, subject.watched.classifier.recipe)
    return decoded.name, to_tensor(pixels).to(subject.clean)


@torch.no_grad()
def _values(subject: Subject, x: Tensor, names: Sequence[str]) -> list[Tensor]:
    values = subject.watched.values(x, names)[1]
    return [values[name].float() for name in names]


def _apart(first: Sequence[Tensor], second: Sequence[Tensor]) -> list[float]:
    """‖second − first‖₂ / ‖first‖₂ of each; 0 where both are zero, NaN where it is not a number."""
    return [_distance(one, other) for one, other in zip(first, second, strict=True)]


def _distance(first: Tensor, second: Tensor) -> float:
    apart, length = float((second - first).norm()), float(first.norm())
    return apart / length if length else (0.0 if apart == 0 else float("nan"))


def _at_layer(subject: Subject, second: _Second) -> Companion:
    layer = subject.look.layer
    shown = activations(subject)
    with torch.no_grad():
        value = subject.watched.values(second.x, [layer])[1][layer][0]
    return Companion(
        name=second.name,
        image=to_image(second.x[0]),
        prediction=second.prediction,
        activations=_held(value.float().cpu().numpy(), shown.form, shown.sampled),
    )


def _held(value: Floats, form: Form, sampled: NDArray[np.int64] | None) -> Floats:
    """The units that are held of the first picture too; an array of its own."""
    if sampled is None:
        return value.copy()
    held: Floats = np.take(value, sampled, axis=-1 if form is Form.TOKENS else 0)
    return held
