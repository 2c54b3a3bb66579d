"""Teaches a network classes of the user's own; on a thread of long work, and from the command line."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save
from torch import Tensor

from engine.catalogue.models import NetworkCard, find_network
from engine.catalogue.own import Kind, OwnNetwork
from engine.models import load_model
from engine.models.own.taught import HEAD
from engine.tasks import Progress
from engine.teaching.fitting import FOLDS, Fitted, chosen, confusion, left_out
from engine.teaching.gathering import Gathered, gather
from engine.teaching.lesson import Lesson, check
from engine.teaching.outcome import Mistake, Outcome, filed, say_data, title_of
from engine.teaching.progress import within
from engine.teaching.transformer import Transformer, transformer
from engine.teaching.tuning import Tuning

MOST_MISTAKES = 100
"""That are told of."""
_GATHERED, _TUNED, _COMPARED = 0.6, 0.3, 0.85
"""Where on the scale of a lesson the pictures are features; if its layers are fitted; and where pixels come in."""


@dataclass(frozen=True, eq=False)
class _Learnt:
    """A network that has been taught, and what it said to pictures that it had not seen.

    Attributes:
        tensors: what goes into the file.
        answers: (n, K), to the pictures of ``rows``.
        trained: the share of the pictures learnt from on which it is right.
        c: the strength of the regression.
        note: what is to be told.
    """

    tensors: Mapping[str, Tensor]
    answers: NDArray[np.float64]
    rows: NDArray[np.intp]
    trained: float
    c: float
    note: str = ""


def teach(lesson: Lesson, outcome: list[Outcome]) -> Iterator[Progress]:
    """Teaches, and appends what came of it to ``outcome``. Nothing is kept before ``outcome.keep``, but features are.

    Raises:
        TeachError: the pictures do not do, or the network cannot be taught.
        ModelError: the network cannot be loaded.
        UnknownNetworkError: there is none of that name.
    """
    check(lesson.classes)
    card = find_network(lesson.network)
    yield Progress(0, None, f"loading {card.title}")
    network = transformer(load_model(lesson.network, lesson.device))
    yield Progress(0, None, "looking at the pictures")
    start, end = _TUNED if lesson.epochs else _GATHERED, _COMPARED if lesson.pixels else 1.0
    gathered = yield from within(gather(lesson, network), 0, start)
    learnt = yield from within((_tuned if lesson.epochs else _regressed)(lesson, network, gathered), start, end)
    pixels = (yield from within(_by_pixels(lesson, gathered), end, 1)) if lesson.pixels else None
    yield Progress(1, 1, "done")
    outcome.append(_outcome(lesson, card, network, gathered, learnt, pixels))


def _regressed(lesson: Lesson, network: Transformer, its: Gathered) -> Generator[Progress, None, _Learnt]:
    """The regression on features: its accuracy by cross-validation, then one fitted to all pictures."""
    rounds = left_out(its.features, its.labels, lesson.seed, "fitting")
    answers = yield from within(rounds, 0, FOLDS / (FOLDS + 1))
    last = chosen(its.features, its.labels, lesson.seed, "fitting to all pictures")
    fitted = yield from within(last, FOLDS / (FOLDS + 1), 1)
    trained = float((fitted.probabilities(its.features).argmax(1) == its.labels).mean())
    note = "" if network.layer else f"The last layer of {network.base.title} could not be told: its answers are used."
    return _Learnt(_head(fitted), answers, np.arange(len(its.labels)), trained, fitted.c, note)


def _tuned(lesson: Lesson, network: Transformer, its: Gathered) -> Generator[Progress, None, _Learnt]:
    """The last layers fitted as well, on four fifths of the pictures; the others are asked afterwards."""
    from sklearn.model_selection import StratifiedKFold

    parts = StratifiedKFold(FOLDS, shuffle=True, random_state=lesson.seed % 2**32)
    rows, aside = next(iter(parts.split(its.features, its.labels)))
    marks = chosen(its.features[rows], its.labels[rows], lesson.seed, "fitting the new last layer")
    start = yield from within(marks, 0, 0.1)
    before = float((start.probabilities(its.features[aside]).argmax(1) == its.labels[aside]).mean())
    tuning = Tuning(network, start, lesson.seed)
    asked = 0.1 + 0.9 * lesson.epochs / (lesson.epochs + 0.5)  # to be asked takes about half as long as to be fitted
    yield from within(tuning.run(its, rows, lesson.epochs), 0.1, asked)
    answers = yield from within(tuning.answers(its, aside, "left out"), asked, asked + (1 - asked) / FOLDS)
    seen = yield from within(tuning.answers(its, rows, "learnt from"), asked + (1 - asked) / FOLDS, 1)
    trained = float((seen.argmax(1) == its.labels[rows]).mean())
    tensors = {
        name: each.detach().cpu().contiguous()
        for name, each in tuning.network.named_parameters()
        if name in tuning.names or name.startswith(f"{HEAD}.")
    }
    note = (
        f"Its last layers were fitted, too, on {len(rows)} pictures; the {len(aside)} others are counted here. "
        f"With the new last layer alone it was right on {100 * before:.1f} % of these."
    )
    return _Learnt(tensors, answers, aside, trained, start.c, note)


def _by_pixels(lesson: Lesson, its: Gathered) -> Generator[Progress, None, float]:
    """How often the same regression is right with pixels alone."""
    answers = yield from left_out(its.pixels.astype(np.float32), its.labels, lesson.seed, "comparing with pixels alone")
    return float((answers.argmax(1) == its.labels).mean())


def _head(fitted: Fitted) -> dict[str, Tensor]:
    return {
        f"{HEAD}.weight": torch.from_numpy(np.ascontiguousarray(fitted.weight)).float(),
        f"{HEAD}.bias": torch.from_numpy(np.ascontiguousarray(fitted.bias)).float(),
    }


# What came of it


def _outcome(
    lesson: Lesson, card: NetworkCard, network: Transformer, its: Gathered, learnt: _Learnt, pixels: float | None
) -> Outcome:
    labels = its.labels[learnt.rows]
    weights = save(dict(learnt.tensors))
    made = Outcome(
        record=_record(lesson, card, network, its, learnt),
        weights=weights,
        confusion=confusion(labels, learnt.answers),
        mistakes=_mistakes([its.paths[row] for row in learnt.rows], labels, learnt.answers),
        skipped=its.skipped,
        features=network.count,
        cached=its.cached,
        c=learnt.c,
        trained=learnt.trained,
        pixels=pixels,
        note=learnt.note,
        base=card.title,
        pictures=_counts(its),
        examples=tuple(its.paths[int(np.argmax(its.labels == label))] for label in range(len(lesson.classes))),
        twice=its.twice,
        torn=its.torn,
    )
    return filed(made)


def _counts(its: Gathered) -> tuple[int, ...]:
    return tuple(np.bincount(its.labels).tolist())


def _mistakes(paths: list[str], labels: NDArray[np.int64], answers: NDArray[np.float64]) -> tuple[Mistake, ...]:
    seen = answers.argmax(1)
    wrong = [row for row in range(len(labels)) if seen[row] != labels[row]]
    wrong.sort(key=lambda row: -answers[row, seen[row]])
    return tuple(
        Mistake(paths[row], int(labels[row]), int(seen[row]), float(answers[row, seen[row]]))
        for row in wrong[:MOST_MISTAKES]
    )


def _record(lesson: Lesson, card: NetworkCard, network: Transformer, its: Gathered, learnt: _Learnt) -> OwnNetwork:
    """The record but for what tells of its file."""
    names = tuple(each.name.strip() for each in lesson.classes)
    right = learnt.answers.argmax(1) == its.labels[learnt.rows]
    return OwnNetwork(
        title=lesson.title.strip() or title_of(names, card.title),
        kind=Kind.TAUGHT,
        file="not written yet",
        sha256="not known yet",
        classes=names,
        size=card.size,
        resize=card.resize,
        mean=card.mean,
        std=card.std,
        interpolation=card.interpolation,
        parameters=_parameters(network, len(names)),
        data=say_data(names, _counts(its)),
        top1=f"{100 * right.mean():.1f} % of {len(right)} pictures left out",
        note=f"A logistic regression above the features of {card.title}." + (f" {learnt.note}" if learnt.note else ""),
        details={"base": card.name, "base_sha": card.sha, "layer": network.layer, "family": card.family},
    )


def _parameters(network: Transformer, classes: int) -> int:
    return network.features.parameters_count + classes * (network.count + 1)
