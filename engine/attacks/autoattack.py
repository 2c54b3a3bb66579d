"""AutoAttack: four attacks one after another, each on the pictures that still hold (Croce & Hein 2020)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import torch
from torch import Tensor

from engine.attacks.apgd_targeted import NEEDED
from engine.attacks.dispatch import limited, steps_of
from engine.attacks.fab import fab_t
from engine.attacks.loss import margin
from engine.attacks.problem import Problem, Step, choose
from engine.attacks.resting import among, part
from engine.catalogue.attacks import APGDT, FABT, Attack, AutoAttack, Square


@steps_of.register
def _autoattack(attack: AutoAttack, problem: Problem) -> Iterator[Step | None]:
    """The standard version (section 6), away from a class only.

    A picture that has left its class by the end of a member rests, and all ends with the last such picture. The result
    is the iterate in which the class is furthest behind, and ``Step.by`` names the member that made it. Square ends
    each picture where it is fooled, as in the paper.

    A picture that the network gets wrong from the start is attacked by the first member, like any other; the authors'
    program leaves it as it is. A network of fewer than four classes is spared APGD-T, which compares four; their
    program fails there.
    """
    series = Series(problem)
    index = 0
    for member in attack.members:
        for step in series.attempt(member):
            if step is None:
                yield None
                continue
            yield replace(step, index=index)
            index += 1
    if series.best is not None:
        yield replace(series.best, index=index)


class Series:
    """Attacks of the same pictures by one member after another.

    Attributes:
        best: the best of each picture so far, and which member made it; None before the first attempt.
    """

    def __init__(self, problem: Problem) -> None:
        self.best: Step | None = None
        self._problem = problem

    def attempt(self, member: Attack) -> Iterator[Step | None]:
        """The member's iterates, the pictures that do not hold any more as they are; none where none holds."""
        before, places = self.best, self._places()
        if len(places) == 0 or (before is not None and not _is_fit(member, before)):
            return
        steps = _steps_of(member, part(self._problem, places))
        by = self._names(member, places)
        for step in steps:
            if step is None:
                yield None
                continue
            shown = replace(step if before is None else among(before, places, step), by=by)
            if isinstance(member, Square) and self.best is not None:
                shown = choose(self._holds(self.best), shown, self.best)
            self._compare(shown)
            yield replace(shown, by=by)
            if isinstance(member, Square) and len(self._places()) == 0:
                break
        if self.best is not None:
            self.best = replace(self.best, by=by if before is None else self._makers(before, self.best, member))

    def _places(self) -> Tensor:
        """Which pictures still hold, (n,) of int64."""
        if self.best is None:
            return torch.arange(len(self._problem.x), device=self._problem.x.device)
        return self._holds(self.best).nonzero()[:, 0]

    def _holds(self, step: Step) -> Tensor:
        return margin(step.logits, self._problem.labels) >= 0

    def _compare(self, step: Step) -> None:
        if self.best is None:
            self.best = replace(step, slope=None, came=None)
            return
        lead, least = (margin(each.logits, self._problem.labels) for each in (step, self.best))
        self.best = choose(lead < least, step, self.best)

    def _names(self, member: Attack, places: Tensor) -> tuple[str, ...]:
        """Who makes the iterates of an attempt: the member, or for a picture that rests, whoever made its best."""
        names = [""] * len(self._problem.x) if self.best is None else list(self.best.by)
        for place in places.tolist():
            names[place] = member.name
        return tuple(names)

    def _makers(self, before: Step, after: Step, member: Attack) -> tuple[str, ...]:
        """Who made the best pictures: the member where they have changed."""
        is_new = (after.x != before.x).flatten(1).any(1).tolist()
        return tuple(member.name if new else name for new, name in zip(is_new, before.by, strict=True))


def _is_fit(member: Attack, clean: Step) -> bool:
    return not isinstance(member, APGDT) or clean.logits.shape[1] >= NEEDED


def _steps_of(member: Attack, problem: Problem) -> Iterator[Step | None]:
    if not isinstance(member, FABT):
        return steps_of(member, problem)
    found = fab_t(member, problem, problem.radius.flatten())
    return (step if step is None else limited(problem, step) for step in found)
