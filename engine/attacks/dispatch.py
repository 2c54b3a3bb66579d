"""From a declared attack to its computation: ``run`` and ``direction``, and where attacks register for them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import singledispatch

from torch import Tensor

from engine.attacks.gradient import judge
from engine.attacks.problem import Problem, Step
from engine.catalogue.attacks import Attack


def run(attack: Attack, problem: Problem) -> Iterator[Step]:
    """The attack's iterates x₀, x₁, …, xₙ, each with the network's answer to it; an attack of n steps gives n + 1.

    It may be left between two steps and taken up later, or closed. The result is the last iterate.

    Raises:
        ValueError: the attack does not work in this norm, or cannot be aimed at a class.
        GradientError: (from the iterator) the network gives no finite answer or gradient.
    """
    _check(attack, problem)
    return steps_of(attack, problem)


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


@singledispatch
def steps_of(attack: Attack, problem: Problem) -> Iterator[Step]:
    """Where an attack registers its generator; one that scales needs none: it has a start and an end."""
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
