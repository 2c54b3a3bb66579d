"""The boundary attack: a random walk along the border of the answer, towards the clean picture."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import torch
from torch import Tensor

from engine.attacks.decision import Sources, to_border, walk_from_noise
from engine.attacks.dispatch import steps_of
from engine.attacks.found import reaches
from engine.attacks.gradient import judge
from engine.attacks.problem import Problem, Step, choose
from engine.catalogue.attacks import Boundary

START_TOLERANCE = 0.001
"""How closely the border is found between the noise and the clean picture, as a share of the way."""

CONVERGED = 1e-7
"""An inward step of a smaller share of the distance than this is the end."""

ADAPTATION = 1.5
"""By how much the steps become longer or shorter."""

LOOKED_EVERY = 10
"""So often it is asked whether the step along the border alone is still adversarial."""


@steps_of.register
def _boundary(attack: Boundary, problem: Problem) -> Iterator[Step | None]:
    """Brendel et al. 2018, section 2, with the numbers of the authors' program as Foolbox 3 has it.

    Every step is drawn for its picture alone (there the batch shares it), and the start is noise brought to the border
    along the straight way, as there. A step shows where the walk is, which is also the smallest change so far.
    """
    return walk_from_noise(problem, attack.tries, partial(_walk, attack))


def _walk(attack: Boundary, problem: Problem, start: Tensor, sources: Sources) -> Iterator[Step | None]:
    x = yield from to_border(problem, start, START_TOLERANCE)
    here = judge(problem, x, 1)
    yield here
    gait, distance = Gait(here.loss, attack.sideways, attack.inwards), _length(x - problem.x)
    for index in range(1, attack.steps + 1):
        at_end = gait.is_converged
        if at_end.all():
            return
        aside, nearer = proposals(problem.x, here.x, distance, _gaussian(here.x, sources), gait)
        tried = judge(problem, nearer, index + 1)
        is_wrong = reaches(problem, tried.logits)
        if index % LOOKED_EVERY == 0:
            yield None
            gait.adapt(reaches(problem, judge(problem, aside, index + 1).logits), is_wrong)
        reached = _length(nearer - problem.x)
        is_taken = is_wrong & (reached < distance).view(-1) & ~at_end
        distance = torch.where(is_taken.view_as(distance), reached, distance)
        here = choose(is_taken, tried, here)
        here = Step(index + 1, here.x, here.logits, here.loss)
        yield here


class Gait:
    """How long the steps of every picture are, as shares of its distance, and how they adapt.

    Args:
        like: (N,), whose length, type and device the shares have.
        sideways: δ, the first step along the border.
        inwards: ε in the paper, the first step towards the clean picture.
    """

    def __init__(self, like: Tensor, sideways: float, inwards: float) -> None:
        self.sideways = torch.full_like(like, sideways)
        self.inwards = torch.full_like(like, inwards)
        self._border = Tally(like, 100, 0.2, 0.5)
        self._inward = Tally(like, 30, 0.1, 0.25)

    @property
    def is_converged(self) -> Tensor:
        """Which pictures are at the end of their walk, (N,) of bool."""
        return self.inwards < CONVERGED

    def adapt(self, border: Tensor, inward: Tensor) -> None:
        """Takes note whether the step along the border, and the whole step, were adversarial, (N,) of bool each.

        Where more than half of the former succeed, the border is even and all steps become longer; where less than a
        fifth do, shorter. The inward step does so for a quarter and a tenth of the latter.
        """
        at_end = self.is_converged
        all_by, inwards_by = (
            torch.where(at_end, torch.ones_like(factor), factor)
            for factor in (self._border.factor(border), self._inward.factor(inward))
        )
        self.sideways, self.inwards = self.sideways * all_by, self.inwards * all_by * inwards_by


class Tally:
    """The newest answers of every picture, and what follows when so many of them were adversarial.

    Args:
        like: (N,), whose length, type and device the factors have.
        length: how many answers are looked at; it waits until there are as many.
        low: with a smaller share of them, steps become shorter.
        high: with a larger share, longer.
    """

    def __init__(self, like: Tensor, length: int, low: float, high: float) -> None:
        self._newest = torch.full((length, len(like)), torch.nan, dtype=like.dtype, device=like.device)
        self._next = 0
        self._low, self._high = low, high

    def factor(self, answers: Tensor) -> Tensor:
        """Takes note of the answers (N,) and tells by how much the steps change, (N,); then it begins anew."""
        self._newest[self._next] = answers.to(self._newest.dtype)
        self._next = (self._next + 1) % len(self._newest)
        share = self._newest.mean(0)  # not a number until there are enough, and then no comparison is true
        is_longer, is_shorter = share > self._high, share < self._low
        self._newest[:, is_longer | is_shorter] = torch.nan
        return torch.ones_like(share).masked_fill_(is_longer, ADAPTATION).masked_fill_(is_shorter, 1 / ADAPTATION)


def proposals(clean: Tensor, x: Tensor, distance: Tensor, gaussian: Tensor, gait: Gait) -> tuple[Tensor, Tensor]:
    """A step along the sphere around the clean picture, and the same with a step inwards, (N, C, H, W) each.

    Args:
        clean: (N, C, H, W).
        x: where the walk is, in [0, 1].
        distance: ‖x − clean‖₂ of each, (N, 1, 1, 1).
        gaussian: N(0, I) at every value.
        gait: how long the steps are.
    """
    sideways, inwards = (each.view(-1, 1, 1, 1) for each in (gait.sideways, gait.inwards))
    inward = clean - x
    unit = inward / distance
    eta = gaussian - (gaussian * unit).sum((1, 2, 3), keepdim=True) * unit
    eta = eta * _over(sideways * distance, _length(eta))  # a picture of one value has no way along the border
    aside = (clean + (eta - inward) / (sideways.square() + 1).sqrt()).clamp_(0, 1)
    remaining = clean - aside
    length = _length(remaining)
    # Cutting to [0, 1] has brought it nearer; what is left of the step may be nothing.
    step = _over((inwards * distance + length - distance).clamp_(min=0), length)
    return aside, (aside + step * remaining).clamp_(0, 1)


def _gaussian(like: Tensor, sources: Sources) -> Tensor:
    drawn = [torch.randn(like.shape[1:], generator=source, dtype=torch.float64) for source in sources]
    return torch.stack(drawn).to(like.dtype).to(like.device)


def _over(part: Tensor, whole: Tensor) -> Tensor:
    """The quotient, and 0 where there is nothing to divide by."""
    return torch.where(whole > 0, part / whole, 0.0)


def _length(change: Tensor) -> Tensor:
    """‖·‖₂ of every picture, (N, 1, 1, 1), in one call: none here is so small that its squares would vanish."""
    length: Tensor = torch.linalg.vector_norm(change, dim=(1, 2, 3), keepdim=True)
    return length
