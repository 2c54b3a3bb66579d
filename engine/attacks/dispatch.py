"""From a declared attack to its computation: ``run`` and ``direction``, and where attacks register for them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import singledispatch

from torch import Tensor, nn

from engine.attacks.gradient import judge
from engine.attacks.problem import Model, Problem, Step
from engine.catalogue.attacks import Attack


def run(attack: Attack, problem: Problem) -> Iterator[Step]:
    """The attack's iterates x₀, x₁, …, xₙ, each with the network's answer to it; an attack of n steps gives n + 1.

    It may be left between two steps and taken up later, or closed. The result is the last iterate.

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
    _check(attack, problem)
    counting = Counting(problem.model)
    return _counted(steps_of(attack, replace(problem, model=counting)), counting, len(problem.x))


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
    return direction_of(attack, problem)


def along(problem: Problem, way: Tensor) -> Tensor:
    """clip(x + ε · d, 0, 1), (N, C, H, W), for a direction d that ``direction`` gave."""
    return (problem.x + problem.radius * way).clamp_(0, 1)


class Counting(nn.Module):
    """A model that counts the pictures it is asked about; its layers are still to be found in it.

    Attributes:
        asked: how many pictures so far.
    """

    def __init__(self, model: Model) -> None:
        super().__init__()
        self.training = False  # of this module alone: ``eval()`` would change the model's layers too
        self.model = model
        self.asked = 0

    def __call__(self, x: Tensor) -> Tensor:
        """The model's answer, asked as if this were not here: no hook of this module's own is looked for."""
        self.asked += len(x)
        return self.model(x)


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
