"""An attack of many steps under way: its iterates, what they were like, and which of them is shown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import torch

from engine.attacks import FLAT, Step, margin
from engine.catalogue.attacks import ATTACKS, Norm
from engine.frame import Trace
from engine.sizes import Sizes

if TYPE_CHECKING:
    from engine.experiment import Experiment, Question

WALK_BYTES = 512 * 2**20
"""How much the iterates of one attack may take: 850 of 224×224 in colour; the longest attack has 25 000."""

NOTHING_FOUND = "The search has found no change that does what it should; the picture is as it was."
"""What to say where an attack that finds its own size has ended with the clean picture."""


class Walk:
    """An iterative attack under way: what its iterates were like so far. It may be left and taken up again.

    The numbers of every iterate are kept; its pixels too, until they take ``WALK_BYTES``: then those of every second
    iterate, and so on.

    Attributes:
        complete: whether the last step was taken.
        notes: what is to be said of the iterates so far: that one of them had no way to go, or nothing.
    """

    def __init__(self, experiment: Experiment, question: Question, steps: Iterator[Step | None]) -> None:
        self.complete = False
        self.notes: tuple[str, ...] = ()
        self._experiment = experiment
        self._question = question
        self._ahead = steps
        self._count = 0
        self._kept: dict[int, Step] = {}
        self._stride = 1
        self._newest: Step | None = None
        self._loss: list[float] = []
        self._margin: list[float] = []
        self._sizes: list[Sizes] = []
        self._limited: tuple[Step, float, Step] | None = None
        self._queries: list[int] = []

    def advance(self) -> bool:
        """Takes one step, or a part of one that takes long; False where there is none left to take."""
        try:
            step = next(self._ahead)
        except StopIteration:
            self.complete = True
            if self._question.attack.finds and self._newest is not None:
                self._experiment.remember(self._question, self._newest.x)
                if self.found(None) is None:
                    self.notes += (NOTHING_FOUND,)
            self.notes += self._members()
            return False
        if step is None:
            return True
        self._keep(step)
        self._loss.append(float(step.loss[0]))
        self._margin.append(
            float(margin(step.logits, torch.full_like(step.loss, self._question.label, dtype=torch.int64))[0])
        )
        self._sizes.append(self._experiment.sizes_of(step))
        self._queries.append(step.queries)
        if step.flat is not None and bool(step.flat.any()):
            self.notes = (FLAT,)
        return True

    @property
    def has_begun(self) -> bool:
        """Whether there is an iterate; a first one that takes long may be left before it is done."""
        return self._newest is not None

    def iterate(self, index: int | None) -> Step:
        """The iterate that is asked for, or the last kept one before it; None is the newest.

        Raises:
            LookupError: no step was taken yet.
        """
        if self._newest is None:
            raise LookupError("the attack has not begun")
        if index is None or index >= self._count - 1:
            return self._newest
        return self._kept[index - index % self._stride]

    def shown(self, index: int | None, epsilon: float) -> Step:
        """That iterate, and where the attack finds its own size, no further from the clean picture than ε.

        Raises:
            LookupError: no step was taken yet.
        """
        step = self.iterate(index)
        if not self._question.attack.finds:
            return step
        if self._limited is None or self._limited[0] is not step or self._limited[1] != epsilon:
            self._limited = step, epsilon, self._experiment.limited(self._question, step, epsilon)
        return self._limited[2]

    def found(self, index: int | None) -> float | None:
        """The size of the change that a search has found with that iterate, if it has.

        Raises:
            LookupError: no step was taken yet.
        """
        return self._experiment.found(self._question, self.iterate(index))

    @property
    def last_index(self) -> int:
        """The index of the last iterate: as declared, until the attack has ended, which may be before."""
        return self._newest.index if self.complete and self._newest is not None else self._question.attack.last_index

    def _members(self) -> tuple[str, ...]:
        """Which member of an attack that is made of several has done what it should."""
        if self._newest is None or not self._newest.by:
            return ()
        if not self._question.has_changed(self._newest.logits).item():
            return ("None of its members has succeeded.",)
        member, _, _ = ATTACKS[self._newest.by[0]].title.partition(":")
        return (f"Of its members it was {member} that succeeded.",)

    def _keep(self, step: Step) -> None:
        self._newest = step
        if self._count % self._stride == 0:
            self._kept[self._count] = step
        self._count += 1
        if len(self._kept) * step.nbytes > WALK_BYTES and len(self._kept) > 1:
            self._stride *= 2
            self._kept = {index: kept for index, kept in self._kept.items() if index % self._stride == 0}

    def trace(self) -> Trace:
        """Loss, margin and size of every iterate so far, and what it took to get there."""
        sizes = np.array(self._sizes, np.float64).reshape(-1, len(Norm))
        return Trace(
            loss=np.array(self._loss, np.float32),
            margin=np.array(self._margin, np.float32),
            linf=sizes[:, 0].astype(np.float32),
            l2=sizes[:, 1].astype(np.float32),
            l1=sizes[:, 2].astype(np.float32),
            l0=sizes[:, 3].astype(np.int64),
            flow=sizes[:, 4].astype(np.float32),
            queries=np.array(self._queries, np.int64),
        )
