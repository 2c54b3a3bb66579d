"""Adversarial patches: a disc that makes a network see one class wherever, however large and turned it lies."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.attacks import Problem, cross_entropy
from engine.attacks.gradient import answer, check_finite, differentiate, evaluating
from engine.attacks.patch import Places, laid
from engine.catalogue.attacks import Norm
from engine.catalogue.crafted import Crafted, CraftKind
from engine.catalogue.crafting import PatchByGradient
from engine.crafting.growing import Grown, Rates, Recent
from engine.crafting.pictures import MEASURED_AT_ONCE, Batch, Pictures
from engine.experiment import to_image
from engine.models.classifier import Classifier
from engine.wording import say_percent

KEPT = 0.9
"""How much of the earlier gradients a step follows."""


@dataclass(frozen=True, eq=False)
class Patch:
    """How a patch is crafted.

    Attributes:
        classifier: the network.
        pictures: of a folder, as it sees them.
        recipe: by which steps.
        target: the class that it is to be seen as.
        seed: of where the patch lies, and of the patch of noise that it begins with.
    """

    classifier: Classifier
    pictures: Pictures
    recipe: PatchByGradient
    target: int
    seed: int

    def grow(self) -> Iterator[Grown | None]:
        """What there is after every batch; None is a place to stop.

        Raises:
            CraftError: none of the pictures can be read.
            GradientError: the network gives nothing to follow.
        """
        recipe, pictures = self.recipe, self.pictures
        source = torch.Generator().manual_seed(self.seed)
        patch = self._noise(source)
        momentum = torch.zeros_like(patch)
        total, done = recipe.passes * math.ceil(len(pictures.learnt) / recipe.batch), 0
        control = yield from self._share(pictures.to_measure(MEASURED_AT_ONCE), patch)
        held_out, recent = control, Recent()
        for number in range(recipe.passes):
            for batch in pictures.to_learn(recipe.batch, number):
                gradient, answers = self._gradient(batch, patch, self._places(len(batch.x), source, batch.x))
                momentum = KEPT * momentum + gradient / gradient.abs().mean().clamp(min=1e-30)
                patch = (patch + recipe.step_size * momentum.sign()).clamp(0, 1)
                recent.add(self._hits(batch, answers))
                done += 1
                if done % max(1, len(pictures.held_out) // recipe.batch) == 0:
                    held_out = yield from self._share(pictures.to_measure(MEASURED_AT_ONCE), patch)
                yield self._grown(patch, done, total, Rates(recent.share, held_out, control))
            held_out = yield from self._share(pictures.to_measure(MEASURED_AT_ONCE), patch)
            yield self._grown(patch, done, total, Rates(recent.share, held_out, control))

    def _noise(self, source: torch.Generator) -> Tensor:
        """A patch of noise, (1, C, P, P), half as wide as a picture."""
        channels, height, width = self.pictures.shape
        side = max(4, min(height, width) // 2)
        return torch.rand(1, channels, side, side, generator=source).to(self.classifier.device)

    def _places(self, count: int, source: torch.Generator, like: Tensor) -> Places:
        """Random ones, the whole disc within the picture."""
        height, width = like.shape[2:]
        low, high = sorted((self.recipe.smallest, self.recipe.largest))
        area, across, down, turn = torch.rand(4, count, generator=source)
        radius = ((low + (high - low) * area) * height * width / math.pi).sqrt().clamp(max=min(height, width) / 2)
        places = Places(
            across=radius + across * (width - 2 * radius),
            down=radius + down * (height - 2 * radius),
            radius=radius,
            turn=(2 * turn - 1) * math.radians(self.recipe.turn),
        )
        return Places(*(each.to(like) for each in (places.across, places.down, places.radius, places.turn)))

    def _gradient(self, batch: Batch, patch: Tensor, places: Places) -> tuple[Tensor, Tensor]:
        """∇ of Σ log p(target) by the patch, (1, C, P, P), and what the pictures are seen as, (N,)."""
        problem = self._problem(batch)
        leaf = patch.detach().requires_grad_()
        with torch.enable_grad(), evaluating(problem.layers):
            logits = answer(problem, laid(batch.x, leaf, places))
            loss = cross_entropy(logits, problem.labels)
            gradient = differentiate(-loss.sum(), leaf)
        check_finite(loss.detach(), gradient.abs().amax((1, 2, 3)))
        return gradient, logits.detach().argmax(1)

    def _share(self, batches: Iterable[Batch], patch: Tensor) -> Generator[None, None, float]:
        """The share, in [0, 1], of the pictures that are seen as the target, of those that were not before.

        The patch lies at the same random places every time.
        """
        source = torch.Generator().manual_seed(self.seed + 1)
        hits: list[bool] = []
        for batch in batches:
            pictures = laid(batch.x, patch, self._places(len(batch.x), source, batch.x))
            hits += self._hits(batch, self.classifier.logits(pictures).argmax(1))
            yield None
        return sum(hits) / max(1, len(hits))

    def _hits(self, batch: Batch, answers: Tensor) -> list[bool]:
        """Whether each picture is seen as the target now; one that was so before proves nothing, and is left out."""
        hits: list[bool] = (answers == self.target)[batch.labels != self.target].tolist()
        return hits

    def _problem(self, batch: Batch) -> Problem:
        wanted = torch.full_like(batch.labels, self.target)
        return Problem(self.classifier.prepared, batch.x, wanted, True, Norm.L0, 0.0, (0,) * len(batch.x))

    def _grown(self, patch: Tensor, done: int, total: int, rates: Rates) -> Grown:
        learnt, aside = self.pictures.counts
        _, height, width = self.pictures.shape
        target = self.classifier.classes[self.target]
        record = Crafted(
            kind=CraftKind.PATCH,
            network=self.classifier.name,
            network_title=self.classifier.title,
            method=self.recipe.title,
            shape=tuple(patch.shape[1:]),
            norm=Norm.L0.value,
            epsilon=float(round((self.recipe.smallest + self.recipe.largest) / 2 * height * width)),
            pictures=learnt,
            held_out=aside,
            seed=self.seed,
            rate=rates.learnt,
            held_out_rate=rates.held_out,
            control_rate=rates.control,
            target=self.target,
            target_name=target,
        )
        said = (
            f"Seen as {target} are {say_percent(rates.learnt)} of the {learnt} pictures that it learns from, and "
            f"{say_percent(rates.held_out)} of {aside} new ones; under a patch of noise {say_percent(rates.control)}."
        )
        return Grown(to_image(patch[0]), False, done, total, rates, said, self.pictures.skipped, record)
