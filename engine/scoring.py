"""Networks that only look: what each makes of the clean picture and of the perturbed one, and how it stands."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from engine.answers import Floats, Prediction
from engine.attacks.ensemble import Resized, resized
from engine.attacks.problem import Ensemble
from engine.catalogue.joining import Joining
from engine.device import is_out_of_memory
from engine.errors import ExplainedError, MemberError
from engine.experiment import to_prediction, to_tensor
from engine.frame import Score, Standing
from engine.images import Recipe
from engine.models.classifier import Classifier


class BesideError(ExplainedError, ValueError):
    """A network that cannot stand beside the one on the bench."""

    field = "together"


def standing(before: Prediction, after: Prediction, target: int | None = None) -> tuple[Standing, bool]:
    """How a network stands, and whether it answers with the class that the attack wants (see ``Standing``).

    Args:
        before: its answer to the clean picture.
        after: its answer to the perturbed one.
        target: the class that the attack wants, in the numbers of this network; None if there is none.
    """
    clean, label = before.label, after.label
    if label != clean:
        return Standing.CHANGED, label == target
    has_fallen = after.probabilities[clean] < before.probabilities[clean] / 2
    return (Standing.WAVERS if has_fallen else Standing.HOLDS), False


def asked(classifier: Classifier, image: Floats) -> Prediction:
    """A network's answer to the bench's picture, (H, W, C) in [0, 1], scaled to its own input.

    Raises:
        BesideError: the network takes other channels, or its answer is no number.
    """
    check_channels(classifier.title, classifier.recipe, image.shape[2])
    x = resized(to_tensor(image).to(classifier.device), classifier.size)
    answer = to_prediction(classifier.logits(x)[0])
    if not np.isfinite(answer.probabilities).all():
        why = "its answer is not a finite number"
        raise BesideError(f"{classifier.title} could not be asked", why, "Check its weights and its preprocessing.")
    return answer


def score(classifier: Classifier, before: Prediction, image: Floats, bench: Classifier, target: int | None) -> Score:
    """How a network stands that looks at the bench's perturbed picture.

    Args:
        classifier: the network.
        before: its answer to the clean picture.
        image: the perturbed one, (H, W, C) in [0, 1].
        bench: the network on the bench.
        target: the class that the attack wants, in the bench's numbers.
    """
    is_alike = classifier.classes == bench.classes
    after = asked(classifier, image)
    said, is_hit = standing(before, after, target if is_alike else None)
    return Score(
        name=classifier.name,
        title=classifier.title,
        classes=classifier.classes,
        before=before,
        after=after,
        standing=said,
        is_hit=is_hit,
        note=_note(classifier, bench),
    )


def ensemble(bench: Classifier, others: list[Classifier], joining: Joining = Joining.LOGITS) -> Ensemble:
    """What an attack on ``bench`` is crafted on too.

    Raises:
        BesideError: one of them takes other channels or knows other classes.
    """
    return Ensemble(tuple(_member(bench, each) for each in others), joining)


def check_channels(title: str, recipe: Recipe, channels: int) -> None:
    """A network must take as many channels as the bench's picture has.

    Raises:
        BesideError: it does not.
    """
    if recipe.channels == channels:
        return
    takes, given = (("grey pictures" if each == 1 else "pictures in colour") for each in (recipe.channels, channels))
    why = f"{title} takes {takes}, and the one on the bench is shown {given}"
    raise BesideError("The networks do not go together", why, "Compare it as the twin, which is shown its own picture.")


class Member(nn.Module):
    """A network that an attack is crafted on too, shown the bench's pictures; whatever it fails at is told of it.

    Args:
        classifier: the network.
        size: (height, width) of the bench's pictures.
    """

    def __init__(self, classifier: Classifier, size: tuple[int, int]) -> None:
        super().__init__()
        self.training = False
        self._name, self._title = classifier.name, classifier.title
        prepared = classifier.prepared
        self._model = prepared if classifier.size == size else Resized(prepared, classifier.size)

    def __call__(self, x: Tensor) -> Tensor:
        """Pixels (N, C, H, W) to logits (N, K).

        Raises:
            MemberError: the network fails, or its answer is no number.
        """
        try:
            answer = self._model(x)
        except ExplainedError as error:
            raise MemberError(self._name, self._title, error.why) from error
        except (RuntimeError, ValueError, TypeError, IndexError) as error:
            if is_out_of_memory(error):
                raise  # whoever asks tries it with less
            raise MemberError(self._name, self._title, str(error).partition("\n")[0].rstrip(".")) from error
        if not torch.isfinite(answer).all():
            raise MemberError(self._name, self._title, "its answer is not a finite number")
        return answer


def _member(bench: Classifier, other: Classifier) -> Member:
    check_channels(other.title, other.recipe, bench.recipe.channels)
    if other.classes != bench.classes:
        why = f"{other.title} knows other classes than {bench.title}"
        raise BesideError("The attack cannot be crafted on both", why, "Choose networks that know the same classes.")
    return Member(other, bench.size)


def _note(classifier: Classifier, bench: Classifier) -> str:
    """What is to be known of the comparison."""
    notes = []
    if classifier.size != bench.size:
        height, width = classifier.size
        notes.append(f"The bench's picture is scaled to its {width} × {height} pixels.")
    if classifier.classes != bench.classes:
        notes.append("It knows other classes, and is measured by its own clean answer.")
    return " ".join(notes)
