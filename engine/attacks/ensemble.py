"""Several models attacked as one, so that what fools them all is likelier to fool others (Liu et al. 2017).

``Problem.model`` alone judges what comes out; the models of ``Problem.ensemble`` are those that the attack is crafted
on too. All count the same.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.attacks.gradient import judge
from engine.attacks.problem import Model, Problem, Step
from engine.catalogue.attacks import Attack
from engine.catalogue.joining import Joining


class Resized(nn.Module):
    """A model that is shown pictures of another size, scaled to its own; differentiable.

    Args:
        model: takes pictures of ``size``.
        size: (height, width).
    """

    def __init__(self, model: Model, size: tuple[int, int]) -> None:
        super().__init__()
        self.training = False
        self.model = model
        self._size = size

    def __call__(self, x: Tensor) -> Tensor:
        """The model's answer to the scaled pictures."""
        return self.model(resized(x, self._size))


class Joined(nn.Module):
    """Models that answer as one; their layers are still to be found in it.

    Args:
        models: pixels (N, C, H, W) to logits (N, K), with the same K.
        joining: ``LOGITS`` gives the mean logits, ``PROBABILITIES`` the logarithm of the mean probabilities.
    """

    def __init__(self, models: Sequence[Model], joining: Joining) -> None:
        super().__init__()
        self.training = False
        self.layers = nn.ModuleList(each for each in models if isinstance(each, nn.Module))
        self._models = tuple(models)
        self._joining = joining

    def __call__(self, x: Tensor) -> Tensor:
        """The joined logits, (N, K).

        Raises:
            ValueError: the models know different numbers of classes.
        """
        answers = [model(x) for model in self._models]
        if len({each.shape for each in answers}) > 1:
            raise ValueError("others: all models must know the same classes")
        logits = torch.stack(answers)
        if self._joining is Joining.PROBABILITIES:
            return logits.log_softmax(-1).logsumexp(0) - math.log(len(answers))
        return logits.mean(0)


def resized(x: Tensor, size: tuple[int, int]) -> Tensor:
    """Pictures (N, C, H, W) scaled bilinearly to (height, width), smoothed before they shrink; in [0, 1] as before."""
    if tuple(x.shape[2:]) == size:
        return x
    return functional.interpolate(x, size, mode="bilinear", align_corners=False, antialias=True)


def crafting(attack: Attack, problem: Problem) -> Problem:
    """The problem as an attack is given it: where it is crafted on others too, its model answers for all.

    Losses are averaged where gradients are taken (see ``engine.attacks.gradient.look``); the model stays its own then.
    """
    ensemble = problem.ensemble
    if ensemble is None or (ensemble.joining is Joining.LOSS and attack.follows_gradient):
        return problem
    return replace(problem, model=Joined((problem.model, *ensemble.models), ensemble.joining), ensemble=None)


def judged_alone(problem: Problem, steps: Iterator[Step | None]) -> Iterator[Step | None]:
    """The steps with the answers of the problem's own model in the place of the joined ones."""
    for step in steps:
        if step is None:
            yield None
            continue
        own = judge(problem, step.x, step.index)
        yield replace(step, logits=own.logits, loss=own.loss)
