"""Universal perturbations: a direction that was found on other pictures and is the same for every one."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from engine.attacks.budget import ball
from engine.attacks.dispatch import direction_of
from engine.attacks.problem import Problem
from engine.catalogue.attacks import Universal
from engine.catalogue.crafted import CraftKind, find_crafted


@direction_of.register
def _universal(attack: Universal, problem: Problem) -> Tensor:
    """The direction v / ‖v‖; a picture of another size gets v stretched to it.

    Raises:
        engine.catalogue.crafted.CraftedError: nothing that fits was kept, or it is damaged.
    """
    _, values = find_crafted(CraftKind.UNIVERSAL, attack.saved, problem.x.shape[1])
    change = torch.from_numpy(values)[None].to(problem.x.dtype).to(problem.x.device)
    if change.shape[2:] != problem.x.shape[2:]:
        change = functional.interpolate(change, problem.x.shape[2:], mode="bilinear", align_corners=False)
    size = ball(problem.norm).size(change)
    return (change / torch.where(size > 0, size, 1.0)).expand_as(problem.x)
