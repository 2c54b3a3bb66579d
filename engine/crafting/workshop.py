"""Begins runs of crafting as they were asked for: loads the network, reads the folder; torch only when it is time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.catalogue.attacks import Norm
from engine.catalogue.crafting import (
    FoolingByGradient,
    FoolingByPattern,
    FoolingByPixels,
    PatchByGradient,
    Recipe,
    UniversalByDeepFool,
    UniversalByGradient,
)
from engine.crafting.growing import CraftError, Grown

if TYPE_CHECKING:
    from engine.models.classifier import Classifier


@dataclass(frozen=True)
class Asked:
    """What is to be crafted.

    Attributes:
        recipe: by which steps; says what it will be, too.
        model: name of the network; ``device`` as in a request.
        seed: of everything that is drawn.
        folder: with the pictures to learn from; of no matter for a fooling image.
        target: the class that a patch or a fooling image is to be seen as.
        norm: of a universal perturbation; ``epsilon`` is its size, pixels in [0, 1].
    """

    recipe: Recipe
    model: str
    device: str = "auto"
    seed: int = 0
    folder: str = ""
    target: int = 0
    norm: Norm = Norm.LINF
    epsilon: float = 10 / 255


class Workshop:
    """Begins runs, and keeps the network of the last one."""

    def __init__(self) -> None:
        self._loaded: tuple[tuple[str, str], Classifier] | None = None

    def begin(self, asked: Asked) -> Iterator[Grown | None]:
        """The run; None is a place to stop.

        Raises:
            CraftError: the folder does not do, or the network does not know the class.
            ImageError: the folder cannot be listed.
            ModelError: the network cannot be loaded.
            GradientError: the network gives nothing to follow.
        """
        yield None
        classifier = self._classifier(asked)
        yield None
        yield from _run(asked, classifier)

    def _classifier(self, asked: Asked) -> Classifier:
        from engine.models import load_model

        wanted = (asked.model, asked.device)
        if self._loaded is None or self._loaded[0] != wanted:
            self._loaded = None  # two of them need not fit
            self._loaded = wanted, load_model(*wanted)
        return self._loaded[1]


def _run(asked: Asked, classifier: Classifier) -> Iterator[Grown | None]:
    from engine.crafting.fooling import Fooling
    from engine.crafting.patch import Patch
    from engine.crafting.pictures import Pictures
    from engine.crafting.universal import Universal

    recipe = asked.recipe
    if isinstance(recipe, UniversalByGradient | UniversalByDeepFool):
        pictures = Pictures(classifier, asked.folder, asked.seed)
        return Universal(classifier, pictures, recipe, asked.norm, asked.epsilon, asked.seed).grow()
    _check_target(asked.target, classifier)
    if isinstance(recipe, PatchByGradient):
        return Patch(
            classifier, Pictures(classifier, asked.folder, asked.seed), recipe, asked.target, asked.seed
        ).grow()
    if isinstance(recipe, FoolingByGradient | FoolingByPixels | FoolingByPattern):
        return Fooling(classifier, recipe, asked.target, asked.seed).grow()
    raise TypeError(f"nothing is crafted by {recipe.name}")


def _check_target(target: int, classifier: Classifier) -> None:
    count = len(classifier.classes)
    if target >= count:
        why = f"class {target} was asked for, and {classifier.title} knows {count}"
        raise CraftError("The class cannot be used", why, "Choose a class of this network.")
