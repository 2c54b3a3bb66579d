"""Many pictures at once, for scripts and the command line: the same numbers as in the window."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

import torch
from torch import Tensor

from engine.attacks import Problem, Step, limited, make_ruling, search
from engine.catalogue.attacks import Attack, Norm, make_attack
from engine.catalogue.joining import Joining
from engine.catalogue.moves import Moves
from engine.catalogue.rules import Rules
from engine.device import cores
from engine.experiment import to_image, to_prediction, to_tensor
from engine.frame import Prediction, Score, Verdict, verdict
from engine.images import decode, move, place
from engine.models.classifier import Classifier
from engine.request import Placement
from engine.scoring import asked, ensemble, score
from engine.wording import say_epsilon, say_percent

MOST_DECODERS = 4
"""Threads that decode beside the network; more wait for each other."""

Source = TypeVar("Source")
Result = TypeVar("Result")


@dataclass(frozen=True, eq=False)
class Outcome:
    """What an attack made of N pictures.

    Attributes:
        classes: the names of the K classes.
        clean: (N, C, H, W) in [0, 1]; ``adversarial`` likewise.
        before: the answer to every clean picture; ``after`` to every perturbed one.
        verdicts: fooled, hit the target, or holds.
        linf: max |δ| of every picture; ``l2`` is √Σδ²; pixels in [0, 1].
    """

    classes: tuple[str, ...]
    clean: Tensor
    adversarial: Tensor
    before: list[Prediction]
    after: list[Prediction]
    verdicts: list[Verdict]
    linf: list[float]
    l2: list[float]

    def describe(self) -> str:
        """One line a picture: what was seen, what is seen now, and the verdict."""
        return "\n".join(
            f"{self._answer(before)} → {self._answer(after)}: {said}, "
            f"‖δ‖∞ = {say_epsilon(linf, Norm.LINF)}, ‖δ‖₂ = {say_epsilon(l2, Norm.L2)}"
            for before, after, said, linf, l2 in zip(
                self.before, self.after, self.verdicts, self.linf, self.l2, strict=True
            )
        )

    def _answer(self, prediction: Prediction) -> str:
        return f"{self.classes[prediction.label]} {say_percent(prediction.probabilities[prediction.label])}"


def load_image(image: str, model: Classifier, placement: str = Placement.CROP, moves: Moves | None = None) -> Tensor:
    """A file (or ``sample:NAME``) as the network sees it, perhaps moved: (1, C, H, W) in [0, 1].

    Raises:
        engine.images.ImageError: the file cannot be read; says why and what to do.
    """
    placed = place(decode(image).pixels, Placement(placement), model.recipe)
    return to_tensor(placed if moves is None else move(placed, moves))


def predict(model: Classifier, images: Tensor) -> list[Prediction]:
    """The network's answer to (N, C, H, W) pixels in [0, 1]."""
    return [to_prediction(each) for each in model.logits(images.to(model.device))]


def attack(
    model: Classifier,
    images: Tensor,
    how: str | Attack,
    *,
    epsilon: float,
    norm: str = Norm.LINF,
    target: int | None = None,
    away_from: int | None = None,
    seed: int = 0,
    iterate: int | None = None,
    rules: Rules | None = None,
    mask: str = "",
    together: Sequence[Classifier] = (),
    joining: str = Joining.LOGITS,
) -> Outcome:
    """Attacks N pictures at once.

    Args:
        model: the network.
        images: (N, C, H, W) in [0, 1].
        how: an attack, or the name of one with its usual options.
        epsilon: size of the perturbation in ``norm``, pixels in [0, 1].
        norm: ``"linf"`` or ``"l2"``.
        target: class that is wanted; None leaves the clean answer (or ``away_from``).
        away_from: class that an untargeted attack leaves.
        seed: of every random choice; the same for every picture, so that none depends on its neighbours.
        rules: what the attack may do beside its budget; None is everything.
        mask: where it may act, as text of ``engine.masks``; empty is everywhere.
        iterate: which iterate of an attack in steps is the result, 0 the start; None is the last.
        together: networks that the attack is crafted on too; they know the same classes.
        joining: what is averaged over all of them: ``"logits"``, ``"probabilities"`` or ``"loss"``.

    Raises:
        ValueError: the attack does not work in this norm or cannot be aimed, or an argument does not fit.
        engine.errors.ExplainedError: the network gives no finite answer or gradient, or memory ran out.
    """
    x = images.to(model.device)
    before = predict(model, x)
    labels = [_label(each, target, away_from) for each in before]
    problem = Problem(
        model=model.prepared,
        x=x,
        labels=torch.tensor(labels, device=x.device),
        targeted=target is not None,
        norm=Norm(norm),
        epsilon=torch.full((len(x), 1, 1, 1), epsilon).to(x),
        seeds=(seed,) * len(x),
        ruling=make_ruling(rules or Rules(), mask, x),
        ensemble=ensemble(model, list(together), Joining(joining)) if together else None,
    )
    last = _iterate(make_attack(how) if isinstance(how, str) else how, problem, iterate)
    after = [to_prediction(each) for each in last.logits]
    delta = (last.x - x).double().flatten(1)
    return Outcome(
        classes=model.classes,
        clean=x.cpu(),
        adversarial=last.x.detach().cpu(),
        before=before,
        after=after,
        verdicts=[
            verdict(one.label, two.label, None if target is not None else left, target)
            for one, two, left in zip(before, after, labels, strict=True)
        ],
        linf=delta.abs().amax(1).tolist(),
        l2=delta.norm(dim=1).tolist(),
    )


def transfer(outcome: Outcome, model: Classifier, other: Classifier, target: int | None = None) -> list[Score]:
    """How another network stands that only looks at every picture of an outcome.

    Args:
        outcome: what an attack on ``model`` gave.
        model: the network that it was crafted on.
        other: the one that looks; the pictures are scaled to its input.
        target: the class that the attack wanted, in the numbers of ``model``.

    Raises:
        engine.scoring.BesideError: it takes other channels, or its answer is no number.
    """
    pictures = [(to_image(one), to_image(two)) for one, two in zip(outcome.clean, outcome.adversarial, strict=True)]
    return [score(other, asked(other, clean), attacked, model, target) for clean, attacked in pictures]


def _iterate(how: Attack, problem: Problem, index: int | None) -> Step:
    """That iterate, or the last; only that one is brought within ε where the attack finds its own size."""
    steps = (step for step in search(how, problem) if step is not None)
    step = deque(steps if index is None else islice(steps, index + 1), maxlen=1).pop()
    return limited(problem, step) if how.finds else step


def _label(before: Prediction, target: int | None, away_from: int | None) -> int:
    if target is not None:
        return target
    return before.label if away_from is None else away_from


def in_batches(items: Iterable[Source], size: int) -> Iterator[list[Source]]:
    """Lists of up to ``size`` items."""
    left = iter(items)
    while batch := list(islice(left, size)):
        yield batch


def ahead(work: Callable[[Source], Result], items: Iterable[Source], depth: int) -> Iterator[Result]:
    """The results in order, ``depth`` of them computed ahead: files are decoded while the network runs."""
    with ThreadPoolExecutor(max(1, min(MOST_DECODERS, cores() // 2)), "decode") as pool:
        left = iter(items)
        waiting = [pool.submit(work, each) for each in islice(left, depth)]
        while waiting:
            done = waiting.pop(0)
            waiting.extend(pool.submit(work, each) for each in islice(left, 1))
            yield done.result()
