"""An image grown from noise until it excites a unit: what the unit looks for.

Activation maximisation (Erhan et al. 2009) with the regularisers of Olah, Mordvintsev and Schubert 2017, "Feature
Visualization": jitter before every step, decay towards grey, and a penalty on the total variation.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from engine.catalogue.growing import Growing
from engine.experiment import to_image
from engine.inside import Grown
from engine.network.recording import RecordingError
from engine.network.subject import Subject
from engine.network.units import by_unit

_START = 0.01
"""How far the first image strays from grey, in logits."""

_NEAR_THE_ENDS = (0.02, 0.98)
"""Where a picture begins, which has no logit at black and white."""


def grown(subject: Subject) -> Iterator[Grown | None]:
    """Gradient ascent on the activation of the selected unit, a step at a time.

    The image is σ(z) of free numbers z, so that it stays in [0, 1]; Adam climbs
    mean(max(activation, 0)) − smooth · TV(σ(z)), and every step lets z decay towards 0, which is grey. The plain mean
    would do for what follows a rectifier, but the mean of an edge detector before one is 0 for every pattern; it is
    climbed only until some position answers.

    Yields:
        The image after every step, with the strongest activation that this very image gives; None in between: a place
        to stop.

    Raises:
        RecordingError: no gradient comes back from the unit to the picture, or none that is a number.
    """
    look = subject.look
    if not look.layer or look.unit is None:
        return
    options = look.growing
    generator = torch.Generator().manual_seed(options.seed)
    z = _first(subject, options, generator)
    climber = torch.optim.Adam([z], lr=options.rate, maximize=True)
    for step in range(1, options.steps + 1):
        z.grad = _slope(subject, z, options, generator)
        if bool(z.grad.any()):
            climber.step()
            z.mul_(1 - options.decay)
        else:  # a rectifier is shut: other noise may open it
            z.add_(_noise(z, generator))
        yield None
        image = z.sigmoid()
        yield Grown(look.layer, look.unit, to_image(image[0]), _value(subject, image), step, options.steps)


def total_variation(x: Tensor) -> Tensor:
    """The mean absolute difference of neighbouring pixels of (N, C, H, W), down and across (Rudin et al. 1992)."""
    return (x[..., 1:, :] - x[..., :-1, :]).abs().mean() + (x[..., 1:] - x[..., :-1]).abs().mean()


def _first(subject: Subject, options: Growing, generator: torch.Generator) -> Tensor:
    if options.from_picture:
        return subject.clean.detach().float().clamp(*_NEAR_THE_ENDS).logit()
    return _START * _noise(subject.clean, generator)


def _noise(like: Tensor, generator: torch.Generator) -> Tensor:
    """The same on every device."""
    return torch.randn(like.shape, generator=generator).to(like.device)


def _slope(subject: Subject, z: Tensor, options: Growing, generator: torch.Generator) -> Tensor:
    """The gradient of what is climbed, by z; zero where nothing comes back from the unit."""
    moved = tuple(int(torch.randint(-options.jitter, options.jitter + 1, (), generator=generator)) for _ in "yx")
    with torch.enable_grad():
        free = z.detach().requires_grad_()
        image = free.sigmoid()
        value = _excitement(subject, image.roll(moved, (2, 3)))
        if not value.requires_grad:
            raise RecordingError(f"no gradient comes back from {subject.look.layer} to the picture")
        (by_unit_alone,) = torch.autograd.grad(value, free, retain_graph=True)
        if not bool(by_unit_alone.isfinite().all()):
            raise RecordingError(f"the gradient of {subject.look.layer} by the picture is not a number")
        if not bool(by_unit_alone.any()):
            return by_unit_alone
        (by_variation,) = torch.autograd.grad(total_variation(image), free)
    return by_unit_alone - options.smooth * by_variation


def _value(subject: Subject, image: Tensor) -> float:
    """What the unit answers to the image as it is shown, not jittered."""
    with torch.no_grad():
        return float(_responses(subject, image).max())


def _excitement(subject: Subject, x: Tensor) -> Tensor:
    """What is climbed."""
    responses = _responses(subject, x)
    positive = responses.relu()
    return positive.mean() if bool(positive.any()) else responses.mean()


def _responses(subject: Subject, x: Tensor) -> Tensor:
    """What the unit answers at every position."""
    look = subject.look
    assert look.unit is not None  # noqa: S101 - the caller has seen to it
    values = subject.watched.values(x, [look.layer])[1]
    return by_unit(values[look.layer], subject.watched.node(look.layer))[0, look.unit].float()
