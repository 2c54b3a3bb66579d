"""The control: a perturbation as large as an attack's that knows nothing of the network."""

from __future__ import annotations

from torch import Tensor

from engine.attacks.budget import ball, drawn
from engine.attacks.dispatch import direction_of
from engine.attacks.problem import Problem
from engine.catalogue.attacks import Noise


@direction_of.register
def _noise(_attack: Noise, problem: Problem) -> Tensor:
    """L∞: every value ±1 at random; L2: a Gaussian direction of length 1; L1: a uniform point of its surface."""
    return drawn(ball(problem.norm).on_edge, problem.seeds, problem.x)
