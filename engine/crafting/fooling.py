"""Fooling images: pictures that look like nothing and are seen as a class with high probability."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor

from engine.attacks import Problem
from engine.attacks.budget import L2Ball
from engine.attacks.gradient import look
from engine.catalogue.attacks import Norm
from engine.catalogue.crafting import FoolingByGradient, FoolingByPattern, FoolingByPixels
from engine.crafting.cppn import child_of, first_pattern
from engine.crafting.growing import Grown, Rates
from engine.experiment import to_image, to_tensor
from engine.frame import Floats
from engine.models.classifier import Classifier
from engine.wording import say_percent

HALVED_EVERY = 1000
"""Generations, after which half as many values mutate."""

Genome = TypeVar("Genome")


@dataclass(frozen=True, eq=False)
class Fooling:
    """How a fooling image is made.

    Attributes:
        classifier: the network.
        recipe: by which way.
        target: the class that it is to be seen as.
        seed: of everything that is drawn.
    """

    classifier: Classifier
    recipe: FoolingByGradient | FoolingByPixels | FoolingByPattern
    target: int
    seed: int

    def grow(self) -> Iterator[Grown | None]:
        """What there is after every step, the first one being the start.

        Raises:
            GradientError: the network gives nothing to follow.
        """
        recipe, random = self.recipe, np.random.default_rng(self.seed)
        if isinstance(recipe, FoolingByGradient):
            return self._by_gradient(recipe, random)
        if isinstance(recipe, FoolingByPixels):
            return self._by_pixels(recipe, random)
        return self._by_pattern(recipe, random)

    @property
    def _shape(self) -> tuple[int, int, int]:
        """Of the picture, (H, W, C)."""
        recipe = self.classifier.recipe
        return (*recipe.size, recipe.channels)

    def _by_gradient(self, recipe: FoolingByGradient, random: Generator) -> Iterator[Grown | None]:
        """Steps x ← clip(x + α √d · g/‖g‖₂), g the gradient of log p(target), d the number of values."""
        x = to_tensor(random.random(self._shape, dtype=np.float32)).to(self.classifier.device)
        labels = torch.tensor([self.target], device=x.device)
        length = recipe.step_size * x.numel() ** 0.5
        for step in range(recipe.steps):
            problem = Problem(self.classifier.prepared, x, labels, True, Norm.L2, 0.0, (0,))
            seen = look(problem, x)
            yield self._grown(to_image(x[0]), step, float((-seen.loss.double()).exp()))
            x = (x + length * L2Ball.steepest(seen.gradient)).clamp(0, 1)
        yield self._grown(to_image(x[0]), recipe.steps, float(self._log_probability(x).exp()))

    def _by_pixels(self, recipe: FoolingByPixels, random: Generator) -> Iterator[Grown | None]:
        """Every value of a child mutates with a chance that is halved every thousand generations."""

        def child(parent: Floats, generation: int) -> Floats:
            chance = recipe.rate / 2 ** (generation // HALVED_EVERY)
            mutates = random.random(parent.shape, dtype=np.float32) < chance
            moved = np.clip(parent + _polynomial(random.random(parent.shape, dtype=np.float32), recipe.strength), 0, 1)
            return np.where(mutates, moved, parent).astype(np.float32)

        first = random.random(self._shape, dtype=np.float32)
        return self._evolve(first, child, lambda picture: picture, recipe.steps, recipe.brood)

    def _by_pattern(self, recipe: FoolingByPattern, random: Generator) -> Iterator[Grown | None]:
        *size, channels = self._shape
        height, width = size
        first = first_pattern(channels, random)
        return self._evolve(
            first,
            lambda parent, _generation: child_of(parent, random),
            lambda pattern: pattern.draw((height, width)),
            recipe.steps,
            recipe.brood,
        )

    def _evolve(
        self,
        first: Genome,
        child: Callable[[Genome, int], Genome],
        draw: Callable[[Genome], Floats],
        generations: int,
        brood: int,
    ) -> Iterator[Grown | None]:
        """The best of every brood takes its parent's place if it is no worse, so that p(target) never falls."""
        parent, picture = first, draw(first)
        best = float(self._log_probability(to_tensor(picture))[0])
        yield self._grown(picture, 0, float(np.exp(best)))
        for generation in range(generations):
            children = [child(parent, generation) for _ in range(brood)]
            pictures = [draw(each) for each in children]
            scores = self._log_probability(torch.cat([to_tensor(each) for each in pictures]))
            place = int(scores.argmax())
            if float(scores[place]) >= best:
                parent, picture, best = children[place], pictures[place], float(scores[place])
            yield self._grown(picture, generation + 1, float(np.exp(best)))

    def _log_probability(self, x: Tensor) -> Tensor:
        """The log p(target) of pictures (N, C, H, W), (N,), in double precision: single has too few digits near 1."""
        logits = self.classifier.logits(x.to(self.classifier.device))
        return logits.cpu().double().log_softmax(1)[:, self.target]

    def _grown(self, picture: Floats, done: int, probability: float) -> Grown:
        name = self.classifier.classes[self.target]
        said = f"{self.classifier.title} sees {name} with {say_percent(probability)}."
        return Grown(picture, False, done, self.recipe.steps, Rates(probability), said)


def _polynomial(uniform: Floats, strength: float) -> Floats:
    """By how much a value in [0, 1] mutates: Deb's polynomial mutation, from numbers that are uniform in [0, 1)."""
    power = 1 / (strength + 1)
    below = (2 * uniform) ** power - 1
    above = 1 - (2 * (1 - uniform)) ** power
    moved: Floats = np.where(uniform < 0.5, below, above)
    return moved
