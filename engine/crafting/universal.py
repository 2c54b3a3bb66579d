"""Universal perturbations: one change v that makes a network answer most pictures of a folder differently."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.attacks import Problem, cross_entropy, search
from engine.attacks.budget import ball, drawn
from engine.attacks.gradient import look
from engine.catalogue.attacks import DeepFool, Norm
from engine.catalogue.crafted import Crafted, CraftKind
from engine.catalogue.crafting import UniversalByDeepFool, UniversalByGradient
from engine.crafting.growing import Grown, Rates, Recent
from engine.crafting.pictures import MEASURED_AT_ONCE, Batch, Pictures
from engine.experiment import to_image
from engine.models.classifier import Classifier
from engine.wording import say_percent

Stepping = Generator[None, None, tuple[Tensor, Tensor]]
"""Gives None wherever it may be left; ends with the new v, and which pictures of the batch the old one fooled."""


@dataclass(frozen=True, eq=False)
class Universal:
    """How a universal perturbation is crafted.

    Attributes:
        classifier: the network.
        pictures: of a folder, as it sees them.
        recipe: by which steps.
        norm: L∞ or L2.
        epsilon: how large v may be, pixels in [0, 1].
        seed: of the noise that it is compared with; the order of the pictures has been drawn already.
    """

    classifier: Classifier
    pictures: Pictures
    recipe: UniversalByGradient | UniversalByDeepFool
    norm: Norm
    epsilon: float
    seed: int

    def grow(self) -> Iterator[Grown | None]:
        """What there is after every batch; None is a place to stop.

        Raises:
            CraftError: none of the pictures can be read.
            GradientError: the network gives nothing to follow.
        """
        recipe, pictures = self.recipe, self.pictures
        size = recipe.batch if isinstance(recipe, UniversalByGradient) else 1
        total, done = recipe.passes * math.ceil(len(pictures.learnt) / size), 0
        change = torch.zeros(1, *pictures.shape, device=self.classifier.device)
        noise = self.epsilon * drawn(ball(self.norm).on_edge, (self.seed,), change)
        control = yield from self._share(pictures.to_measure(MEASURED_AT_ONCE), noise)
        held_out, recent = 0.0, Recent()
        for number in range(recipe.passes):
            for batch in pictures.to_learn(size, number):
                change, are_fooled = yield from self._step(batch, change)
                recent.add(are_fooled.tolist())
                done += 1
                if done % max(1, len(pictures.held_out) // size) == 0:
                    held_out = yield from self._share(pictures.to_measure(MEASURED_AT_ONCE), change)
                yield self._grown(change, done, total, Rates(recent.share, held_out, control))
            rate = yield from self._share(pictures.to_learn(MEASURED_AT_ONCE, number), change)
            held_out = yield from self._share(pictures.to_measure(MEASURED_AT_ONCE), change)
            is_enough = isinstance(recipe, UniversalByDeepFool) and rate >= recipe.goal
            yield self._grown(change, total if is_enough else done, total, Rates(rate, held_out, control))
            if is_enough:
                return

    def _share(self, batches: Iterable[Batch], change: Tensor) -> Generator[None, None, float]:
        """The share of the pictures, in [0, 1], whose answer a perturbation (1, C, H, W) changes."""
        fooled = count = 0
        for batch in batches:
            answers = self.classifier.logits((batch.x + change).clamp(0, 1)).argmax(1)
            fooled, count = fooled + int((answers != batch.labels).sum()), count + len(answers)
            yield None
        return fooled / count

    # One step

    def _step(self, batch: Batch, change: Tensor) -> Stepping:
        if isinstance(self.recipe, UniversalByGradient):
            return self._by_gradient(self.recipe, batch, change)
        return self._by_deepfool(self.recipe, batch, change)

    def _by_gradient(self, recipe: UniversalByGradient, batch: Batch, change: Tensor) -> Stepping:
        """To P(v + αε · steepest(∇ᵥ Σ min(J(xᵢ + v), β))): Shafahi et al. 2020, equation 4, with signed steps."""
        yield None
        moved = batch.x + change

        def objective(logits: Tensor, labels: Tensor, _targeted: bool) -> Tensor:
            return cross_entropy(logits, labels).clamp(max=recipe.most_loss)

        seen = look(self._problem(batch, self.norm), moved.clamp(0, 1), objective)
        follows = (moved >= 0) & (moved <= 1)  # beyond, what is shown does not change with v
        gradient = (seen.gradient * follows).sum(0, keepdim=True)
        step = recipe.step_size * self.epsilon * ball(self.norm).steepest(gradient)
        return self._within(change + step), seen.logits.argmax(1) != batch.labels

    def _by_deepfool(self, recipe: UniversalByDeepFool, batch: Batch, change: Tensor) -> Stepping:
        """A picture that v does not fool adds to v what takes it across its boundary: algorithm 1.

        As in the authors' program the way there is the shortest in L2, whatever the norm of the ball.
        """
        x = (batch.x + change).clamp(0, 1)
        yield None
        fooled = self.classifier.logits(x).argmax(1) != batch.labels
        if bool(fooled.all()):
            return change, fooled
        attack = DeepFool(steps=recipe.steps, candidates=recipe.candidates, overshoot=recipe.overshoot)
        found = x
        for step in search(attack, self._problem(Batch(x, batch.labels), Norm.L2)):
            found = found if step is None else step.x
            yield None
        return self._within(change + (found - x).sum(0, keepdim=True)), fooled

    def _problem(self, batch: Batch, norm: Norm) -> Problem:
        return Problem(self.classifier.prepared, batch.x, batch.labels, False, norm, 0.0, (0,) * len(batch.x))

    def _within(self, change: Tensor) -> Tensor:
        """The nearest perturbation of size ε at most."""
        if self.norm is Norm.LINF:
            return change.clamp(-self.epsilon, self.epsilon)
        size = ball(self.norm).size(change)
        return change * torch.where(size > self.epsilon, self.epsilon / size, 1.0)

    # What is shown

    def _grown(self, change: Tensor, done: int, total: int, rates: Rates) -> Grown:
        learnt, aside = self.pictures.counts
        record = Crafted(
            kind=CraftKind.UNIVERSAL,
            network=self.classifier.name,
            network_title=self.classifier.title,
            method=self.recipe.title,
            shape=self.pictures.shape,
            norm=self.norm.value,
            epsilon=self.epsilon,
            pictures=learnt,
            held_out=aside,
            seed=self.seed,
            rate=rates.learnt,
            held_out_rate=rates.held_out,
            control_rate=rates.control,
        )
        said = (
            f"Fools {say_percent(rates.learnt)} of the {learnt} pictures that it learns from, and "
            f"{say_percent(rates.held_out)} of {aside} new ones; random noise of this size fools "
            f"{say_percent(rates.control)} of those."
        )
        skipped = self.pictures.skipped
        return Grown(to_image(change[0]), True, done, total, rates, said, skipped, record)
