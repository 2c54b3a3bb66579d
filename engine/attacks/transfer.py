"""Attacks meant to fool other networks than the one they look at: they do not follow its gradient to the letter."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
from torch import Generator, Tensor
from torch.nn import functional

from engine.attacks.budget import generators
from engine.attacks.dispatch import steps_of
from engine.attacks.gradient import judge, look
from engine.attacks.momentum import climb_with_momentum
from engine.attacks.problem import Problem, Step
from engine.catalogue.attacks import DIFGSM, TIFGSM


@dataclass(frozen=True)
class Placed:
    """A picture shrunk to ``height`` × ``width``, its upper left corner at (``top``, ``left``) of a black one."""

    height: int
    width: int
    top: int
    left: int


def draw_placed(shape: torch.Size, probability: float, smallest: float, source: Generator) -> Placed | None:
    """Where one picture of (C, H, W) is put by T(x; p), or None: it stays as it is, with probability 1 − p.

    As many numbers are drawn either way. The height is uniform between ``smallest`` · H and H, and every place that
    has room for the picture is equally likely.
    """
    height, width = shape[-2:]
    low = max(1, int(smallest * height))
    rows = _whole(low, max(height, low + 1), source)
    columns = max(1, round(rows * width / height))
    top = _whole(0, height - rows + 1, source)
    left = _whole(0, width - columns + 1, source)
    is_moved = float(torch.rand((), generator=source, dtype=torch.float64)) < probability
    return Placed(rows, columns, top, left) if is_moved else None


def place(x: Tensor, places: list[Placed | None]) -> Tensor:
    """T(x), (N, C, H, W): every picture shrunk (bilinear) and padded with black to its old size; differentiable."""
    return torch.cat([_shrink(x[i : i + 1], at) if at else x[i : i + 1] for i, at in enumerate(places)])


@steps_of.register
def _difgsm(attack: DIFGSM, problem: Problem) -> Iterator[Step]:
    """Xie et al. 2019, equation 4, and with momentum equation 6.

    The network sees the gradient's picture shrunk, but what is shown is xₖ and the answer to it. The paper enlarges
    a picture of 299 to between 299 and 330 and pads it to 330; this needs no network that takes two sizes, and has
    the same proportions.
    """
    sources = generators(problem.seeds)

    def watch(index: int, x: Tensor, _momentum: Tensor) -> tuple[Step, Tensor, Tensor]:
        places = [draw_placed(x.shape[1:], attack.probability, attack.smallest, source) for source in sources]
        seen = look(problem, x, view=lambda pixels: place(pixels, places))
        return replace(judge(problem, x, index), slope=seen.slope), seen.gradient, seen.gradient

    return climb_with_momentum(problem, attack.steps, attack.step_size, attack.decay, watch)


@steps_of.register
def _tifgsm(attack: TIFGSM, problem: Problem) -> Iterator[Step]:
    """Dong et al. 2019, equation 8: the gradient is convolved with a Gaussian before it is added up.

    That stands for the gradients of the picture moved by every offset up to r. One step of size ε is the paper's
    TI-FGSM, several with momentum its TI-MI-FGSM.
    """

    def watch(index: int, x: Tensor, _momentum: Tensor) -> tuple[Step, Tensor, Tensor]:
        seen = look(problem, x)
        step = Step(index, x, seen.logits, seen.loss, seen.slope)
        return step, seen.gradient, blurred(seen.gradient, attack.radius)

    return climb_with_momentum(problem, attack.steps, attack.step_size, attack.decay, watch)


def blurred(gradient: Tensor, radius: int) -> Tensor:
    """A gradient (N, C, H, W) convolved with the Gaussian of ``gaussian``, channel by channel; zero beyond the edge."""
    channels = gradient.shape[1]
    kernel = gaussian(radius).to(gradient.dtype).to(gradient.device)
    return functional.conv2d(gradient, kernel.expand(channels, 1, -1, -1), padding=radius, groups=channels)


def gaussian(radius: int) -> Tensor:
    """A kernel of (2r + 1)² in double precision, its sum 1, its standard deviation r / 3 as in the authors' program."""
    offsets = torch.arange(-radius, radius + 1, dtype=torch.float64)
    profile = torch.exp(-4.5 * (offsets / max(radius, 1)).square())
    profile /= profile.sum()
    return profile[:, None] * profile


def _whole(low: int, end: int, source: Generator) -> int:
    """A whole number from ``low`` to ``end`` − 1."""
    return int(torch.randint(low, end, (), generator=source))


def _shrink(x: Tensor, at: Placed) -> Tensor:
    height, width = x.shape[-2:]
    small = functional.interpolate(x, (at.height, at.width), mode="bilinear", align_corners=False)
    return functional.pad(small, (at.left, width - at.left - at.width, at.top, height - at.top - at.height))
