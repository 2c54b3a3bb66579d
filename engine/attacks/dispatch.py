"""From a declared attack to its computation: ``run`` and ``direction``, and where attacks register for them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import singledispatch

import torch
from torch import Tensor, nn

from engine.attacks.budget import ball
from engine.attacks.ensemble import crafting, judged_alone
from engine.attacks.gradient import check_logits, judge
from engine.attacks.obeying import kept_to_rules, on_grid, under_rules
from engine.attacks.problem import Model, Problem, Step
from engine.catalogue.attacks import Attack


def run(attack: Attack, problem: Problem) -> Iterator[Step]:
    """The attack's iterates x₀, x₁, …, xₙ, each with the network's answer to it; an attack of n steps gives n + 1.

    It may be left between two steps and taken up later, or closed. The result is the last iterate. Where the attack
    finds its own size, every iterate is shown as near to the clean picture as ε wants it (see ``limited``), and it may
    end before its last index.

    Raises:
        ValueError: the attack does not work in this norm, or cannot be aimed at a class.
        GradientError: (from the iterator) the network gives no finite answer or gradient.
    """
    return (step for step in run_in_parts(attack, problem) if step is not None)


def run_in_parts(attack: Attack, problem: Problem) -> Iterator[Step | None]:
    """The same as ``run``, and None wherever a step that takes long may be left before it is done.

    Raises:
        ValueError: as for ``run``.
        GradientError: (from the iterator) as for ``run``.
    """
    steps = search(attack, problem)
    if not attack.finds:
        return steps
    return (step if step is None else limited(problem, step) for step in steps)


def search(attack: Attack, problem: Problem) -> Iterator[Step | None]:
    """The same as ``run_in_parts``, but where the attack finds its own size, ε does not matter.

    The last iterate is then the smallest change it has found, or where it has found none, the clean picture.

    Raises:
        ValueError: as for ``run``.
        GradientError: (from the iterator) as for ``run``.
    """
    _check(attack, problem)
    counting = Counting(problem.model)
    counted = replace(problem, model=counting)
    alone = counted if problem.ruling.is_free else under_rules(counted)
    crafted = crafting(attack, alone)
    steps = steps_of(attack, crafted)
    if crafted is not alone:
        steps = judged_alone(alone, steps)
    if not problem.ruling.is_free:
        steps = kept_to_rules(attack, counted, steps)
    return _counted(steps, counting, len(problem.x))


def limited(problem: Problem, step: Step) -> Step:
    """The iterate moved back towards the clean picture until ε allows it, with the answer to that.

    See ``nearer``. One forward pass where some picture of the batch is too far away, none otherwise.
    """
    near = nearer(problem, step.x)
    if torch.equal(near, step.x):
        return step
    return replace(judge(problem, near, step.index), queries=step.queries)


def nearer(problem: Problem, x: Tensor) -> Tensor:
    """Pictures (N, C, H, W) moved back towards the clean ones until ε allows them, on the grid of the rules.

    See ``Ball.shorten``.
    """
    budget = ball(problem.norm)(problem.x, problem.radius)
    near = budget.shorten(x)
    return on_grid(budget, (near * 255).round() / 255, near) if problem.ruling.rules.eight_bit else near


def direction(attack: Attack, problem: Problem) -> Tensor:
    """The direction d, (N, C, H, W), of an attack that scales: x′ = clip(x + ε · d, 0, 1) for every ε.

    Its size is 1 in the problem's norm, or 0 where the gradient is zero at every pixel (see ``is_flat``).

    Raises:
        ValueError: as for ``run``, or the attack's direction depends on ε.
        GradientError: the network gives no finite answer or gradient.
    """
    _check(attack, problem)
    if not attack.scales:
        raise ValueError(f"attack: the direction of {attack.name} depends on ε")
    if problem.ruling.is_free:
        return direction_of(attack, crafting(attack, problem))
    way = direction_of(attack, crafting(attack, under_rules(problem)))
    if problem.ruling.allowed is not None:
        way = torch.where(problem.ruling.allowed, way, 0.0)
    size = ball(problem.norm).size(way)
    return way / torch.where(size > 0, size, 1.0)


def along(problem: Problem, way: Tensor) -> Tensor:
    """clip(x + ε · d, 0, 1), (N, C, H, W), for a direction d that ``direction`` gave, on the grid of the rules."""
    moved = (problem.x + problem.radius * way).clamp_(0, 1)
    if not problem.ruling.rules.eight_bit:
        return moved
    return on_grid(ball(problem.norm)(problem.x, problem.radius), (moved * 255).round() / 255, moved)


class Counting(nn.Module):
    """A model that counts the pictures it is asked about; its layers are still to be found in it.

    The first answer is looked at, once: probabilities would be taken for logits by every attack, and followed badly.

    Attributes:
        asked: how many pictures so far.
    """

    def __init__(self, model: Model) -> None:
        super().__init__()
        self.training = False  # of this module alone: ``eval()`` would change the model's layers too
        self.model = model
        self.asked = 0

    def __call__(self, x: Tensor) -> Tensor:
        """The model's answer, asked as if this were not here: no hook of this module's own is looked for.

        Raises:
            GradientError: these are no logits.
        """
        logits = self.model(x)
        if self.asked == 0:
            check_logits(logits)
        self.asked += len(x)
        return logits


def _counted(steps: Iterator[Step | None], counting: Counting, count: int) -> Iterator[Step | None]:
    for step in steps:
        yield step if step is None else replace(step, queries=counting.asked // count)


@singledispatch
def steps_of(attack: Attack, problem: Problem) -> Iterator[Step | None]:
    """Where an attack registers its generator; one that scales needs none: it has a start and an end.

    A step that takes many forward passes gives None between them: a place to stop.
    """
    yield judge(problem, problem.x, 0)
    yield judge(problem, along(problem, direction(attack, problem)), 1)


@singledispatch
def direction_of(attack: Attack, problem: Problem) -> Tensor:
    """Where an attack that scales registers its direction."""
    raise NotImplementedError(f"{attack.name} is declared, but nothing is registered that computes it")


def _check(attack: Attack, problem: Problem) -> None:
    if problem.norm not in attack.norms:
        raise ValueError(f"norm: {attack.name} does not work in {problem.norm}")
    if problem.targeted and not attack.targetable:
        raise ValueError(f"targeted: {attack.name} cannot be aimed at a class")
