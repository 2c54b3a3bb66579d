"""What attacks are made of that see the network's top class only.

They start at noise that is adversarial already, and come nearer to the clean picture without ever leaving the wrong
side of the border. Which side a picture lies on is all that is asked.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterator

import torch
from torch import Tensor

from engine.attacks.budget import ball, generators
from engine.attacks.found import Smallest, reaches
from engine.attacks.gradient import GradientError, evaluating, judge
from engine.attacks.problem import Problem, Step
from engine.attacks.resting import among, part
from engine.catalogue.attacks import Norm

VALUES_AT_ONCE = 600_000
"""How many pixel values one forward pass takes on a CPU, so that a step can be left soon: 4 pictures of 224 × 224."""

PICTURES_ON_DEVICE = 32
"""How many pictures one pass takes on an accelerator, which is slow to start and fast to run."""

Sources = tuple[torch.Generator, ...]
"""Of random numbers, one for every picture of the batch."""

Walk = Callable[[Problem, Tensor, Sources], Iterator[Step | None]]
"""From pictures that have a start, the starts (M, C, H, W) and the sources to the iterates, from index 1 on."""


def walk_from_noise(problem: Problem, tries: int, walk: Walk) -> Iterator[Step | None]:
    """An attack that starts at noise: the clean picture, the iterates of ``walk``, and last the smallest change found.

    Pictures that are adversarial as they are, and those for which no start is found, rest as they are.
    """
    clean = judge(problem, problem.x, 0)
    yield clean
    wanted, sources = (~reaches(problem, clean.logits)).nonzero()[:, 0], generators(problem.seeds)
    starts, has_start = yield from noisy_starts(problem, wanted, sources, tries)
    places = has_start.nonzero()[:, 0]
    steps: Iterator[Step | None] = iter(())
    if len(places):
        steps = walk(part(problem, places), starts[places], _some(sources, places))
    yield from with_smallest(problem, clean, places, steps)


def with_smallest(problem: Problem, clean: Step, places: Tensor, steps: Iterator[Step | None]) -> Iterator[Step | None]:
    """The iterates of some pictures among all, and after them every picture's smallest change.

    Args:
        problem: what is asked.
        clean: the clean pictures and the answer to them, already shown.
        places: (M,) of int64, which pictures ``steps`` has; the others rest as they are.
        steps: from index 1 on.
    """
    smallest, index = Smallest(problem, clean), 0
    for step in steps:
        if step is None:
            yield None
            continue
        whole = step if len(places) == len(clean.x) else among(clean, places, step)
        smallest.offer(whole)
        index = whole.index
        yield whole
    yield smallest.step(index + 1)


def ask(problem: Problem, x: Tensor) -> Generator[None, None, Tensor]:
    """Which of the pictures (n, N, C, H, W) are adversarial, (n, N) of bool; gives None after every pass.

    Raises:
        GradientError: an answer is not a finite number.
    """
    answers = []
    for some in torch.split(x, pictures_at_once(x[0])):
        logits = logits_of(problem, some.flatten(0, 1)).view(*some.shape[:2], -1)
        answers += [reaches(problem, each) for each in logits]
        yield None
    return torch.stack(answers)


def logits_of(problem: Problem, x: Tensor) -> Tensor:
    """The answers (n, K) to any pictures (n, C, H, W), in one pass.

    Raises:
        GradientError: an answer is not a finite number.
    """
    with torch.no_grad(), evaluating(problem.layers):
        logits = problem.model(x)
    if not bool(logits.isfinite().all()):
        raise GradientError(
            "its answer to a picture nearby is not a finite number", "Check its weights and its preprocessing."
        )
    return logits


def pictures_at_once(batch: Tensor) -> int:
    """How many times the pictures of a batch (N, C, H, W) fit into one pass."""
    if batch.device.type != "cpu":
        return max(1, PICTURES_ON_DEVICE // len(batch))
    return max(1, VALUES_AT_ONCE // batch.numel())


def noisy_starts(
    problem: Problem, wanted: Tensor, sources: Sources, tries: int
) -> Generator[None, None, tuple[Tensor, Tensor]]:
    """Noise that is adversarial, (N, C, H, W), for the pictures ``wanted``, and for which of them it was found, (N,).

    At first every value is uniform in [0, 1] by itself, as in the papers. Since a network answers nearly all of that
    with the same few classes, the next tries are of squares of 2, 4, 8, … pixels, and so on in turn.
    """
    starts, has_start = problem.x.clone(), torch.zeros_like(problem.labels, dtype=torch.bool)
    for index in range(tries):
        searching = wanted[~has_start[wanted]]
        if not len(searching):
            break
        some = part(problem, searching)
        noise = _noise(some.x, index, _some(sources, searching))
        answers = yield from ask(some, noise[None])
        starts[searching], has_start[searching] = noise, answers[0]
    return starts, has_start


def _noise(like: Tensor, index: int, sources: Sources) -> Tensor:
    channels, height, width = like.shape[1:]
    side = 2 ** (index % max(height, width).bit_length())
    shape = (channels, -(-height // side), -(-width // side))
    drawn = torch.stack([torch.rand(shape, generator=source, dtype=torch.float64) for source in sources])
    spread = drawn.repeat_interleave(side, 2).repeat_interleave(side, 3)
    return spread[..., :height, :width].to(like.dtype).to(like.device)


def _some(sources: Sources, places: Tensor) -> Sources:
    return tuple(sources[place] for place in places.tolist())


def to_border(problem: Problem, far: Tensor, tolerance: float) -> Generator[None, None, Tensor]:
    """The pictures ``far``, which are adversarial, as near as they stay so; by halving the distance that is left.

    Chen et al. 2020, algorithm 1: it ends when the share of the distance is known to ``tolerance``, or as closely as
    the pixels' type can tell.
    """
    low = torch.zeros_like(far[:, :1, :1, :1])
    high = torch.ones_like(low)
    for _ in range(halvings(max(tolerance, torch.finfo(far.dtype).eps))):
        middle = (low + high) / 2
        is_still = (yield from ask(problem, blended(problem, far, middle)[None]))[0].view_as(low)
        low, high = torch.where(is_still, low, middle), torch.where(is_still, middle, high)
    return blended(problem, far, high)


def halvings(tolerance: float) -> int:
    """How often 1 is halved until it is at most ``tolerance``."""
    return max(0, math.ceil(-math.log2(tolerance)))


def blended(problem: Problem, far: Tensor, share: Tensor) -> Tensor:
    """The pictures ``far`` (N, C, H, W) brought nearer, so that a ``share`` of the distance is left, (N, 1, 1, 1).

    In L2 they lie on the straight way, (1 − α) x + α x̃; in L∞ every change is cut to α ‖x̃ − x‖∞.
    """
    clean = problem.x
    if problem.norm is Norm.LINF:
        reach = share * ball(problem.norm).size(far - clean)
        near = torch.clamp(far, clean - reach, clean + reach)
    else:
        near = (1 - share) * clean + share * far
    return torch.where(share < 1, near, far)
