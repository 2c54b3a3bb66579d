"""How an attack is kept to the rules that hold beside its budget.

It knows nothing of them. The network that it asks is shown what the rules leave of a picture, so that its gradient is
zero wherever nothing may change, and every iterate is shown as the network saw it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import torch
from torch import Tensor, nn

from engine.attacks.budget import Ball, ball
from engine.attacks.found import reaches
from engine.attacks.gradient import judge
from engine.attacks.problem import Model, Problem, Step, choose
from engine.attacks.ruling import RulesError, Ruling, Views
from engine.catalogue.attacks import Attack, Norm

TOLERANCE = 1e-3
"""How far from a whole number of 255ths a value may be and still count as one."""


class Shown(nn.Module):
    """A model that sees what the rules leave of a picture; its layers are still to be found in it."""

    def __init__(self, model: Model, ruling: Ruling, clean: Tensor) -> None:
        super().__init__()
        self.training = False
        self.model = model
        self._ruling = ruling
        self._clean = clean

    def __call__(self, x: Tensor) -> Tensor:
        """The model's answer to what is left of ``x``."""
        return self.model(self._ruling.shown(x, self._clean))


def under_rules(problem: Problem) -> Problem:
    """The problem as the attack itself is given it.

    Raises:
        ValueError: the pictures of the batch differ.
        RulesError: they do not lie on the grid that they shall keep to.
    """
    ruling = problem.ruling
    if ruling.rules.views:
        problem = replace(problem, views=Views(ruling.rules, problem.seeds[0]))
    if not ruling.shapes_pictures:
        return problem
    clean = problem.x[:1]
    if not torch.equal(problem.x, clean.expand_as(problem.x)):
        raise ValueError("rules: a painted area and the 8-bit grid are for one picture at a time")
    epsilon = problem.epsilon
    if ruling.rules.eight_bit:
        _check_grid(clean)
        if problem.norm is Norm.LINF:
            epsilon = (problem.radius * 255 + TOLERANCE).floor() / 255
    ensemble = problem.ensemble
    if ensemble is not None:
        ensemble = replace(ensemble, models=tuple(Shown(each, ruling, clean) for each in ensemble.models))
    return replace(problem, model=Shown(problem.model, ruling, clean), ensemble=ensemble, epsilon=epsilon)


def kept_to_rules(attack: Attack, problem: Problem, steps: Iterator[Step | None]) -> Iterator[Step | None]:
    """The steps as the rules leave them, each with the answer to just that picture; None is a place to stop.

    Args:
        attack: whose steps they are.
        problem: as the user posed it, but for the model, which is the one that counts.
        steps: what the attack yields under ``under_rules``.
    """
    first: Step | None = None
    for step in steps:
        if step is None:
            yield None
            continue
        shown = _as_shown(attack, problem, step)
        if not problem.ruling.rules.stop_early or attack.finds:
            yield shown
            continue
        if first is None:
            first = shown
        else:
            chosen = choose(reaches(problem, first.logits), first, shown)
            first = replace(chosen, index=step.index, came=shown.came)
        yield first
        if bool(reaches(problem, first.logits).all()):
            return


def _as_shown(attack: Attack, problem: Problem, step: Step) -> Step:
    ruling = problem.ruling
    if not ruling.shapes_pictures:
        return step
    x = ruling.shown(step.x, problem.x[:1])
    if ruling.rules.eight_bit and not attack.finds and problem.norm is not Norm.FLOW:  # rounding moves nothing
        within = on_grid(ball(problem.norm)(problem.x, problem.radius), x, step.x)
        if not torch.equal(within, x):
            return replace(judge(problem, within, step.index), slope=step.slope, by=step.by)
    return replace(step, x=x)


def on_grid(budget: Ball, rounded: Tensor, x: Tensor) -> Tensor:
    """Pictures near ``x`` whose values are whole 255ths, within the budget as ``x`` is, (N, C, H, W).

    Where the nearest ones are too far from the clean picture, fewer values are rounded away from it: those whose
    fraction of a 255th is above a threshold, as low as ε allows. Rounding none of them away keeps every |δ| below
    what it was.

    Args:
        budget: around clean pictures whose values are whole 255ths.
        rounded: ``x`` with every value at the nearest 255th.
        x: within the budget.
    """
    is_too_far = budget.size(rounded - budget.centre) > budget.radius + 1e-6
    if not bool(is_too_far.any()):
        return rounded
    levels = (x - budget.centre).abs() * 255
    whole = (levels + TOLERANCE).floor()
    fractions = levels - whole
    way = (x - budget.centre).sign()
    low, high = torch.full_like(budget.radius, 0.5), torch.ones_like(budget.radius) + 2 * TOLERANCE
    for _ in range(20):
        middle = (low + high) / 2
        size = budget.size((whole + (fractions >= middle)) / 255)
        low, high = torch.where(size > budget.radius, middle, low), torch.where(size > budget.radius, high, middle)
    nearest = ((budget.centre + way * (whole + (fractions >= high)) / 255) * 255).round() / 255
    return torch.where(is_too_far, nearest.clamp(0, 1), rounded)


def _check_grid(clean: Tensor) -> None:
    levels = clean * 255
    if float((levels - levels.round()).abs().max()) > TOLERANCE:
        why = "the picture's own values are no whole 255ths, so that no iterate can be all of 8-bit values"
        raise RulesError("rules", why, "Turn 8-bit values off.")
