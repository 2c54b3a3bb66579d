"""Attacks of one step along the gradient."""

from __future__ import annotations

from collections.abc import Iterator

from torch import Tensor

from engine.attacks.budget import ball, drawn
from engine.attacks.dispatch import direction_of, steps_of
from engine.attacks.gradient import look
from engine.attacks.iterated import climb
from engine.attacks.problem import Problem, Step
from engine.catalogue.attacks import FGSM, RFGSM


@direction_of.register
def _fgsm(_attack: FGSM, problem: Problem) -> Tensor:
    """L∞: sign ∇ₓJ(x, y); L2: ∇ₓJ / ‖∇ₓJ‖₂; negative towards a target (Goodfellow et al. 2015, section 4)."""
    return ball(problem.norm).steepest(look(problem, problem.x).gradient)


@steps_of.register
def _rfgsm(attack: RFGSM, problem: Problem) -> Iterator[Step]:
    """A random step of α, then one of ε − α along the gradient found there (Tramèr et al. 2018, section 4.1).

    The point between depends on ε, so that the direction does too. The paper has L∞ only; in L2 both steps have these
    lengths.
    """
    kind = ball(problem.norm)
    budget = kind(problem.x, problem.radius)
    blind = drawn(kind.on_edge, problem.seeds, problem.x)
    start = budget.project(problem.x + attack.random_share * problem.radius * blind)
    return climb(problem, budget, start, 1, 1 - attack.random_share)
