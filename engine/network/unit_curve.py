"""A unit's activation against ε, beside what is typical of it for every class that is at hand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import numpy as np
import torch

from engine.experiment import POINTS, POINTS_OF_MANY_STEPS
from engine.inside import UnitCurve
from engine.network.exciting import pictures_at_hand, seen
from engine.network.recording import RecordingError
from engine.network.subject import Subject
from engine.network.units import unit_means


def unit_curve(subject: Subject) -> Iterator[UnitCurve | None]:
    """The mean of the selected unit over its map at sizes from 0 to the limit, filled in coarse to fine.

    The levels are medians over those of the open pictures, or the samples, that the network sees as a class; the
    picture itself is not among them. Every class that is seen has one, so that none of it depends on the chosen ε.

    Yields:
        What is known so far, ``complete`` in the end, or None: a place to stop.
    """
    look = subject.look
    if not look.layer or look.unit is None:
        return
    known: dict[float, float] = {}
    for point in _points(subject, look.unit):
        if point is not None:
            known |= point
            yield _curve(subject, known, {}, complete=False)
        else:
            yield None
    by_class: dict[int, list[float]] = defaultdict(list)
    for answered in _answers(subject, look.unit):
        if answered is None:
            yield None
            continue
        by_class[answered[0]].append(answered[1])
        yield _curve(subject, known, by_class, complete=False)
    yield _curve(subject, known, by_class, complete=True)


def _points(subject: Subject, unit: int) -> Iterator[dict[float, float] | None]:
    question, experiment = subject.question, subject.experiment
    count = POINTS if question.attack.scales else POINTS_OF_MANY_STEPS
    for moved in experiment.moved(question, subject.limit, count):
        if moved is None:
            yield None
            continue
        epsilons, x = moved
        with torch.no_grad():
            value = subject.watched.values(x, [subject.look.layer])[1][subject.look.layer]
        means = unit_means(value, subject.watched.node(subject.look.layer))[:, unit]
        if len(means) != len(epsilons):
            raise RecordingError(f"{subject.look.layer} does not keep several pictures apart")
        yield dict(zip(epsilons, means.tolist(), strict=True))


def _answers(subject: Subject, unit: int) -> Iterator[tuple[int, float] | None]:
    """Class and unit's mean of every picture at hand that can be opened."""
    layer = subject.look.layer
    for each in seen(subject, pictures_at_hand(subject)):
        if each.x is None or torch.equal(each.x, subject.clean):
            yield None
            continue
        with torch.no_grad():
            logits, values = subject.watched.values(each.x, [layer])
        yield int(logits.argmax()), float(unit_means(values[layer], subject.watched.node(layer))[0, unit])


def _curve(
    subject: Subject, known: dict[float, float], by_class: dict[int, list[float]], *, complete: bool
) -> UnitCurve:
    assert subject.look.unit is not None  # noqa: S101 - the caller has seen to it
    epsilons = sorted(known)
    return UnitCurve(
        layer=subject.look.layer,
        unit=subject.look.unit,
        epsilons=np.array(epsilons, np.float32),
        values=np.array([known[each] for each in epsilons], np.float32),
        levels={label: float(np.median(each)) for label, each in by_class.items()},
        level_counts={label: len(each) for label, each in by_class.items()},
        complete=complete,
    )
