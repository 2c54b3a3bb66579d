"""One step along a gradient, kept so that it can be taken apart afterwards."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from engine.attacks.budget import Ball
from engine.attacks.problem import Step


@dataclass(frozen=True, eq=False)
class Climb:
    """How an attack goes from one iterate to the next: along a gradient, and back into the budget.

    The attack itself takes its step with ``reached``, so that what is shown of it is what it did. Nothing but
    references to tensors is held.

    Attributes:
        budget: the ball that the attack keeps to.
        origin: (N, C, H, W) where it starts, as the attack has it.
        logits, loss: (N, K) and (N,), the answer to ``origin``, and the cross-entropy of it.
        gradient: (N, C, H, W) of what the attack climbs, upwards.
        followed: what the direction is made of: the gradient, or what the attack makes of it and of earlier ones.
        length: (N, 1, 1, 1) of the step, in the unit of the norm.
        before: the iterate before ``origin``, where some of the last change is kept; else None.
        inertia: how much of that is kept, in [0, 1].
    """

    budget: Ball
    origin: Tensor
    logits: Tensor
    loss: Tensor
    gradient: Tensor
    followed: Tensor
    length: Tensor
    before: Tensor | None = None
    inertia: float = 0.0

    @classmethod
    def of(
        cls,
        budget: Ball,
        step: Step,
        gradient: Tensor,
        length: Tensor,
        *,
        followed: Tensor | None = None,
        before: Tensor | None = None,
        inertia: float = 0.0,
    ) -> Climb:
        """From an iterate along its gradient, or along ``followed``."""
        way = gradient if followed is None else followed
        return cls(budget, step.x, step.logits, step.loss, gradient, way, length, before, inertia)

    @property
    def nbytes(self) -> int:
        """What it holds beside the iterates themselves."""
        return self.gradient.nbytes + (0 if self.followed is self.gradient else self.followed.nbytes)

    def direction(self) -> Tensor:
        """The direction of size 1, (N, C, H, W)."""
        return self.budget.uphill(self.origin, self.followed)

    def moved(self) -> Tensor:
        """The start plus length · direction, (N, C, H, W), before it is brought back into the budget."""
        return self.origin + self.length * self.direction()

    def aimed(self) -> Tensor:
        """What is brought into the budget at last: ``moved``, or with inertia a mean with the last change.

        With inertia 1 − a it is x + a (Π(moved) − x) + (1 − a) (x − before).
        """
        if self.before is None:
            return self.moved()
        ahead, kept = self.budget.project(self.moved()), self.origin - self.before
        return self.origin + (1 - self.inertia) * (ahead - self.origin) + self.inertia * kept

    def reached(self) -> Tensor:
        """The next iterate, (N, C, H, W)."""
        return self.budget.project(self.aimed())
