"""What is looked into: a network, the two pictures before it, and where the user looks."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from engine.answers import Prediction
from engine.attacks import Step
from engine.experiment import Experiment, Question
from engine.look import Look
from engine.network.live import Live
from engine.network.watched import Watched
from engine.request import Placement


@dataclass(frozen=True, eq=False)
class Passage:
    """How an attack came to the picture that is shown.

    Attributes:
        shown: the iterate that is shown, within ε.
        made: the same as the attack made it; another one where it finds its own size and ε stops it on the way.
        before: an iterate before it, as the attack made it: the last one that is kept. None at the start, and where
            there are no iterates.
        epsilon: as asked.
    """

    shown: Step
    made: Step
    before: Step | None
    epsilon: float

    @property
    def just_before(self) -> Step | None:
        """The very iterate before, if that one is kept."""
        return self.before if self.before is not None and self.before.index == self.made.index - 1 else None


@dataclass(frozen=True, eq=False)
class Subject:
    """All that a part of the inside is computed from.

    Attributes:
        watched: the network.
        live: the values of its layers for ``clean`` and ``attacked``.
        experiment: the clean picture before it.
        question: what the attack depends on, all but ε.
        limit: the largest ε of the curves.
        clean, attacked: (1, C, H, W), pixels in [0, 1], on the network's device.
        before, after: the network's answers to them.
        left: the class that is left, or the clean prediction where the attack is targeted.
        look: where the user looks; its layer is a name of the graph, "" only where there is none.
        placement: how another picture is brought to the network's input: as the first one was.
        passage: how the attack came to the attacked picture; None where nobody has told.
    """

    watched: Watched
    live: Live
    experiment: Experiment
    question: Question
    limit: float
    clean: Tensor
    attacked: Tensor
    before: Prediction
    after: Prediction
    left: int
    look: Look
    placement: Placement = Placement.CROP
    passage: Passage | None = None
