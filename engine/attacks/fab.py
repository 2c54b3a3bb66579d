"""FAB: onto the boundary of the network made linear, a little beyond, and back (Croce & Hein 2020)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import torch
from torch import Tensor

from engine.attacks.budget import ball, generators
from engine.attacks.dispatch import steps_of
from engine.attacks.found import Smallest, reaches
from engine.attacks.gradient import judge
from engine.attacks.hyperplane import Plane, nearest_plane, way_onto
from engine.attacks.jacobian import Answer
from engine.attacks.loss import lead, likeliest_others
from engine.attacks.problem import Problem, Step, choose
from engine.attacks.resting import among, part
from engine.catalogue.attacks import FAB, FABT, Norm
from engine.catalogue.attacks.near_boundary import AdaptiveBoundary

FAR: Mapping[Norm, float] = {Norm.LINF: 0.3, Norm.L2: 1.0, Norm.L1: 5.0}
"""Where nothing was found yet, a random start is half as far as this; the authors' program has these numbers."""

Begin = Callable[[int, Smallest], tuple[Tensor, Tensor]]
"""From the number of a run and what was found before it to its start (N, C, H, W) and the classes to compare (N, n)."""


@steps_of.register
def _fab(attack: FAB, problem: Problem) -> Iterator[Step | None]:
    """Algorithm 1. The classes that are compared are the likeliest ones of the clean picture."""
    clean = judge(problem, problem.x, 0)
    others = likeliest_others(clean.logits, problem.labels, attack.candidates)
    sources = generators(problem.seeds)

    def begin(run: int, best: Smallest) -> tuple[Tensor, Tensor]:
        return (_at_random(problem, best, sources) if run else problem.x), others

    return _runs(attack, problem, clean, attack.restarts, begin, torch.zeros_like(clean.loss))


@steps_of.register
def _fab_t(attack: FABT, problem: Problem) -> Iterator[Step | None]:
    return fab_t(attack, problem)


def fab_t(attack: FABT, problem: Problem, enough: Tensor | None = None) -> Iterator[Step | None]:
    """FAB towards one class after another, as in AutoAttack.

    Args:
        attack: how many classes and steps.
        problem: what is asked; its ε does not matter.
        enough: (N,) in the problem's norm: a picture rests after the run that has found as small a change. AutoAttack
            has ε for it; None lets no picture rest but those that the network gets wrong as they are.

    Yields:
        Every iterate, and None at every place to stop; the last ``Step`` holds the smallest changes found, and the
        clean picture where none was found.

    Raises:
        GradientError: the network gives no finite answer or gradient.
    """
    clean = judge(problem, problem.x, 0)
    order = likeliest_others(clean.logits, problem.labels, attack.targets)

    def begin(run: int, _best: Smallest) -> tuple[Tensor, Tensor]:
        return problem.x, order[:, run : run + 1]

    rests = torch.zeros_like(clean.loss) if enough is None else enough
    return _runs(attack, problem, clean, order.shape[1], begin, rests)


def _runs(
    attack: AdaptiveBoundary, problem: Problem, clean: Step, count: int, begin: Begin, enough: Tensor
) -> Iterator[Step | None]:
    """Several runs, for the pictures that still need it, the last search, and the smallest changes found."""
    best = Smallest(problem, clean)
    if best.is_trivial:
        yield clean
        yield best.step(1)
        return
    shown, index = clean, 0
    for run in range(count):
        places = (best.size > enough).nonzero()[:, 0]
        if len(places) == 0:
            break
        start, others = begin(run, best)
        for step in over_and_back(attack, part(problem, places), start[places], others[places]):
            if step is not None:
                shown = replace(among(shown, places, step), index=index)
                best.offer(shown)
                index += 1
            yield step if step is None else shown
    yield from _last_search(problem, clean, best, attack.search)
    yield best.step(index)


def over_and_back(attack: AdaptiveBoundary, problem: Problem, start: Tensor, others: Tensor) -> Iterator[Step | None]:
    """One run: x₀ and the pictures that were moved onto the boundary, before the step back.

    Args:
        attack: its options.
        problem: what is asked.
        start: x₀, (N, C, H, W).
        others: (N, n) of int64, the classes whose boundaries it looks for.
    """
    x, clean = start, problem.x
    for index in range(attack.steps):
        seen = Answer(problem, x)
        plane, slope = yield from nearest_plane(problem, seen, x, others, problem.norm)
        if index == 0:
            yield seen.step(0, slope)
        step = judge(problem, _moved(attack, problem, plane, x), index + 1)
        yield step
        fools = reaches(problem, step.logits).view(-1, 1, 1, 1)
        x = torch.where(fools, clean + attack.beta * (step.x - clean), step.x)


def _moved(attack: AdaptiveBoundary, problem: Problem, plane: Plane, x: Tensor) -> Tensor:
    """(1 − a) · (xₖ + η · δ) + a · (x + η · δ′), within [0, 1]."""
    clean = problem.x
    way, from_clean = way_onto(plane, x, problem.norm), way_onto(plane, clean, problem.norm)
    near, far = (ball(problem.norm).size(each) for each in (way, from_clean))
    pull = torch.where(near > 0, near / (near + far), 0.0).clamp_(max=attack.alpha)
    return ((1 - pull) * (x + attack.eta * way) + pull * (clean + attack.eta * from_clean)).clamp_(0, 1)


def _last_search(problem: Problem, clean: Step, best: Smallest, times: int) -> Iterator[None]:
    """Divides the way from the clean picture to the best one where its answer would change if it changed evenly.

    The paper's final search; it only makes changes smaller, and gives None after every question.
    """
    low = clean
    for _ in range(times):
        behind, ahead = (lead(each.logits, problem.labels, problem.targeted) for each in (low, best.best))
        share = torch.where(ahead > behind, -behind / (ahead - behind), 1.0).view(-1, 1, 1, 1)
        tried = judge(problem, low.x + share * (best.best.x - low.x), 0)
        low = choose(best.offer(tried), low, tried)
        yield None


def _at_random(problem: Problem, best: Smallest, sources: tuple[torch.Generator, ...]) -> Tensor:
    """A random point half as far as the best change found."""
    x, kind = problem.x, ball(problem.norm)
    ways = torch.stack([kind.on_edge(x.shape[1:], source).to(x.dtype) for source in sources]).to(x.device)
    size = torch.where(best.is_found, best.size, FAR[problem.norm]).view(-1, 1, 1, 1)
    return (x + size / 2 * ways).clamp_(0, 1)
