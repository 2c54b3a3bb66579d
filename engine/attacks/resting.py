"""Pictures that rest while the others of their batch are attacked, so that the network is not asked about them."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from engine.attacks.problem import Problem, Step


def part(problem: Problem, places: Tensor) -> Problem:
    """The problem of some of the pictures; ``places`` (M,) of int64 are theirs in the batch, in order."""
    if len(places) == len(problem.x):
        return problem
    return replace(
        problem,
        x=problem.x[places],
        labels=problem.labels[places],
        epsilon=problem.radius[places],
        seeds=tuple(problem.seeds[place] for place in places.tolist()),
    )


def among(whole: Step, places: Tensor, step: Step) -> Step:
    """The step of the pictures at ``places``, (M,), with the others as they are in ``whole``.

    The slope of those others is not a number, since no gradient was taken there.
    """
    if len(places) == len(whole.x):
        return step
    slope = None if step.slope is None else torch.full_like(whole.loss, torch.nan).index_copy(0, places, step.slope)
    return Step(
        step.index,
        whole.x.index_copy(0, places, step.x),
        whole.logits.index_copy(0, places, step.logits),
        whole.loss.index_copy(0, places, step.loss),
        slope,
        came=step.came,
    )
