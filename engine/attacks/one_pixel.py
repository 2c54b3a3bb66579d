"""One pixel, or a few: places and colours are bred by differential evolution.

SciPy has differential evolution too, and a test holds this one against it. There a generation is one call, which can
be neither left nor closed before all its candidates have been asked about; here it can, after every pass.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator

import torch
from torch import Tensor

from engine.attacks.budget import generators
from engine.attacks.decision import logits_of, pictures_at_once
from engine.attacks.dispatch import steps_of
from engine.attacks.gradient import judge
from engine.attacks.loss import cross_entropy
from engine.attacks.problem import Problem, Step
from engine.attacks.resting import part
from engine.catalogue.attacks import OnePixel

PLACE = 2
"""A pixel is as many numbers as it has colours, and these: row and column."""

SURE_OF_TARGET, SURE_TO_HAVE_LEFT = 0.9, 0.05
"""A picture rests when its target has more than this probability, or the class to leave less (section 3.2)."""


@steps_of.register
def _one_pixel(attack: OnePixel, problem: Problem) -> Iterator[Step | None]:
    """Su et al. 2019, section 3: ⌊ε⌋ pixels; no crossover, and a candidate gives way to a better offspring of its own.

    After the clean picture a step shows the best candidate, of the first generation and of every later one.
    """
    evolutions = [
        Evolution(part(problem, place), attack, source)
        for place, source in zip(torch.arange(len(problem.x))[:, None], generators(problem.seeds), strict=True)
    ]
    yield judge(problem, problem.x, 0)
    for index in range(attack.last_index):
        for each in evolutions:
            yield from each.breed()
        yield judge(problem, torch.cat([each.best() for each in evolutions]), index + 1)


class Evolution:
    """Candidates for one picture: sets of pixels, each with its place and its colours, all numbers in [0, 1].

    Attributes:
        candidates: (P, d · (2 + C)), in double precision on the CPU.
        fitness: (P,) what is made smaller: log p(y), or towards a target −log p(t).

    Args:
        problem: one picture; ε is how many pixels.
        attack: with its options.
        source: of all random numbers.
    """

    def __init__(self, problem: Problem, attack: OnePixel, source: torch.Generator) -> None:
        self._problem, self._attack, self._source = problem, attack, source
        channels, height, width = problem.x.shape[1:]
        self._pixels = min(int(problem.radius), height * width)
        self.candidates = self._first(attack.population, channels)
        self.fitness = torch.empty(0, dtype=torch.float64)

    def breed(self) -> Generator[None, None, None]:
        """One generation more, the first time the first; gives None after every pass. None where the picture rests."""
        if self._pixels == 0 or self._is_done():
            return
        if len(self.fitness) == 0:
            self.fitness = yield from self._fitness_of(self.candidates)
            return
        offspring = self.offspring()
        fitness = yield from self._fitness_of(offspring)
        is_better = fitness <= self.fitness
        self.candidates = torch.where(is_better[:, None], offspring, self.candidates)
        self.fitness = torch.where(is_better, fitness, self.fitness)

    def best(self) -> Tensor:
        """The picture with the best candidate's pixels, (1, C, H, W)."""
        if self._pixels == 0:
            return self._problem.x
        place = int(self.fitness.argmin())
        return self.painted(self.candidates[place : place + 1])

    def painted(self, candidates: Tensor) -> Tensor:
        """The picture for every one of ``candidates``, (n, C, H, W); of two pixels in one place the later shows."""
        x = self._problem.x
        height, width = x.shape[2:]
        pixels = candidates.view(len(candidates), self._pixels, -1)
        rows = (pixels[..., 0] * height).long().clamp_(max=height - 1).to(x.device)
        columns = (pixels[..., 1] * width).long().clamp_(max=width - 1).to(x.device)
        colours = pixels[..., PLACE:].to(x.dtype).to(x.device)
        pictures, each = x.repeat(len(candidates), 1, 1, 1), torch.arange(len(candidates), device=x.device)
        for pixel in range(self._pixels):
            pictures[each, :, rows[:, pixel], columns[:, pixel]] = colours[:, pixel]
        return pictures

    def _first(self, population: int, channels: int) -> Tensor:
        """Places are uniform, colours of N(128, 127) in 8 bits (section 3.3), cut to what there is."""
        shape = (population, self._pixels)
        places = torch.rand((*shape, PLACE), generator=self._source, dtype=torch.float64)
        colours = torch.randn((*shape, channels), generator=self._source, dtype=torch.float64) * 127 + 128
        return torch.cat([places, (colours / 255).clamp_(0, 1)], 2).flatten(1)

    def offspring(self) -> Tensor:
        """x_a + F · (x_b − x_c) for every candidate, of three others; what leaves [0, 1] is drawn anew, uniformly."""
        count = len(self.candidates)
        order = torch.rand((count, count), generator=self._source, dtype=torch.float64).fill_diagonal_(2)
        a, b, c = (self.candidates[each] for each in order.topk(3, largest=False).indices.T)
        bred = a + self._attack.difference * (b - c)
        anew = torch.rand(bred.shape, generator=self._source, dtype=torch.float64)
        return torch.where((bred < 0) | (bred > 1), anew, bred)

    def _fitness_of(self, candidates: Tensor) -> Generator[None, None, Tensor]:
        problem, found = self._problem, []
        for some in torch.split(candidates, pictures_at_once(problem.x)):
            logits = logits_of(problem, self.painted(some)).cpu().double()
            loss = cross_entropy(logits, problem.labels.cpu().expand(len(logits)))
            found.append(loss if problem.targeted else -loss)
            yield None
        return torch.cat(found)

    def _is_done(self) -> bool:
        if len(self.fitness) == 0:
            return False
        best = float(self.fitness.min())
        return math.exp(-best) > SURE_OF_TARGET if self._problem.targeted else math.exp(best) < SURE_TO_HAVE_LEFT
