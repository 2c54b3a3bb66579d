"""The smallest change that brings a picture onto a plane without leaving [0, 1], in L∞, L2 and L1.

Every value moves the way the plane lies, none further than to 0 or 1. In L∞ they all move by the same, in L2 in
proportion to the plane's normal, and in L1 those with the largest part in the normal move as far as they can, one after
another (Croce & Hein 2020; in L1 also Modas et al. 2019, algorithm 1).
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import pad

from engine.attacks.budget import L1Ball, L2Ball, LinfBall
from engine.attacks.jacobian import Answer
from engine.attacks.problem import Problem
from engine.catalogue.attacks import Norm

DUAL: Mapping[Norm, Callable[[Tensor], Tensor]] = {
    Norm.LINF: L1Ball.size,
    Norm.L2: L2Ball.size,
    Norm.L1: LinfBall.size,
}
"""How much of a linear function's rise a change of size 1 can be worth, given its gradient (N, C, H, W)."""


@dataclass(frozen=True, eq=False)
class Plane:
    """{z : ⟨w, z − a⟩ + f = 0}, one for each image.

    Attributes:
        normal: (N, C, H, W) w.
        point: (N, C, H, W) a.
        value: (N,) f, the height of the linear function at ``point``.
    """

    normal: Tensor
    point: Tensor
    value: Tensor

    def height(self, x: Tensor) -> Tensor:
        """⟨w, x − a⟩ + f, (N,)."""
        return (self.normal * (x - self.point)).flatten(1).sum(1) + self.value


def way_onto(plane: Plane, x: Tensor, norm: Norm) -> Tensor:
    """The smallest change of ``x`` that ends on the plane and in [0, 1], (N, C, H, W).

    Where the plane does not meet [0, 1], the change goes as near to it as it can.

    Args:
        plane: where to.
        x: (N, C, H, W) in [0, 1].
        norm: L∞, L2 or L1.
    """
    height = plane.height(x)
    downhill = -height.sign().view(-1, 1, 1, 1) * plane.normal
    room = torch.where(downhill > 0, 1 - x, x) * (downhill != 0)
    weight, room, gap = downhill.abs().flatten(1), room.flatten(1), height.abs()
    moved = _greedily(weight, room, gap) if norm is Norm.L1 else _evenly(weight, room, gap, norm)
    return moved.view_as(x) * downhill.sign()


def _evenly(weight: Tensor, room: Tensor, gap: Tensor, norm: Norm) -> Tensor:
    """min(λ · s, room) with the λ at which Σ weight · change = gap; s is 1 in L∞ and the weight in L2.

    The sum rises with λ along straight pieces, which end where some value has no room left.
    """
    speed = weight if norm is Norm.L2 else torch.ones_like(weight)
    ends = torch.where(weight > 0, room / speed, 0.0)
    order = ends.argsort(1)
    ends = ends.gather(1, order)
    settled = (weight * room).gather(1, order).cumsum(1)
    moving = (weight * speed).gather(1, order).flip(1).cumsum(1).flip(1)  # from each place on
    after = pad(moving[:, 1:], (0, 1))
    reached = settled + ends * after  # the sum where each piece ends
    piece = torch.searchsorted(reached, gap[:, None]).clamp_(max=reached.shape[1] - 1)
    behind = pad(settled[:, :-1], (1, 0)).gather(1, piece)
    steepness = moving.gather(1, piece)
    pace = torch.where(steepness > 0, (gap[:, None] - behind) / steepness, 0.0)
    return torch.minimum(pace * speed, room)


def _greedily(weight: Tensor, room: Tensor, gap: Tensor) -> Tensor:
    """All its room for one value after another, those of the largest weight first, until Σ weight · change = gap."""
    order = weight.argsort(dim=1, descending=True, stable=True)
    weight, room = weight.gather(1, order), room.gather(1, order)
    behind = pad((weight * room).cumsum(1)[:, :-1], (1, 0))
    left = (gap[:, None] - behind).clamp_(min=0)
    moved = torch.minimum(torch.where(weight > 0, left / weight, 0.0), room)
    return torch.zeros_like(moved).scatter_(1, order, moved)


def nearest_plane(
    problem: Problem, seen: Answer, x: Tensor, others: Tensor, norm: Norm
) -> Generator[None, None, tuple[Plane, Tensor]]:
    """Where the answer to ``x`` would change if the network were linear; gives None after every gradient.

    Args:
        problem: what is asked; its labels are the classes to leave.
        seen: the network's answer to ``x``.
        x: (N, C, H, W).
        others: (N, n) of int64, the classes besides the label that are compared.
        norm: in which the nearest plane is the nearest.

    Returns:
        The plane to the nearest of those classes, and the largest value of its normal, (N,).

    Raises:
        GradientError: a gradient is not a finite number.
    """
    nearest = torch.full_like(seen.loss, torch.inf)
    normal, value = torch.zeros_like(x), torch.zeros_like(seen.loss)
    heights = seen.logits.gather(1, others) - seen.logits.gather(1, problem.labels[:, None])
    for other, height in zip(others.T, heights.T, strict=True):
        gradient = seen.across(other)
        steepness = DUAL[norm](gradient).flatten()
        distance = torch.where(steepness > 0, height.abs() / steepness, torch.inf)
        is_nearer = distance < nearest
        nearest = torch.where(is_nearer, distance, nearest)
        value = torch.where(is_nearer, height, value)
        normal = torch.where(is_nearer.view(-1, 1, 1, 1), gradient, normal)
        yield None
    return Plane(normal, x, value), normal.abs().amax((1, 2, 3))


def ahead(logits: Tensor, label: Tensor, of: Tensor) -> Tensor:
    """By how much one class's logit is ahead of another's, (N,)."""
    return (logits.gather(1, label[:, None]) - logits.gather(1, of[:, None]))[:, 0]
