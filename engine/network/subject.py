"""What is looked into: a network, the two pictures before it, and where the user looks."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from engine.answers import Prediction
from engine.experiment import Experiment, Question
from engine.look import Look
from engine.network.live import Live
from engine.network.watched import Watched
from engine.request import Placement


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
