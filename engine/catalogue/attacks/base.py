"""What an attack's declaration is made of: its card, and the options that several attacks have."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar

from engine.catalogue.options import Options, option


class Norm(StrEnum):
    """How the size of a perturbation δ is measured, with pixels in [0, 1]."""

    LINF = "linf"
    """The largest change of any value, max |δ|; shown in units of 1/255."""
    L2 = "l2"
    """The Euclidean length, √Σδ², over all pixels and channels."""
    L1 = "l1"
    """The sum of all changes, Σ|δ|, over all pixels and channels."""
    L0 = "l0"
    """How many pixels are changed at all, whatever their channels; a whole number."""
    FLOW = "flow"
    """The farthest that any point of the picture is moved, in pixels; what changes in value there does not count."""


def steps_option(default: int) -> Any:
    """The option that most attacks have first."""
    return option(default, low=1, high=500, label="Steps", text="How many gradient steps are taken.")


def step_size_option(default: float) -> Any:
    """How long a step is, relative to ε, so that it goes along when ε is dragged."""
    return option(
        default, low=0.001, high=2, label="Step size", unit="ε", text="The length of one step α as a share of ε."
    )


def decay_option(default: float) -> Any:
    """μ of the attacks with momentum."""
    return option(
        default,
        label="Momentum",
        text="How much of the earlier gradients is kept, μ; at 0 every step follows its own gradient alone.",
    )


@dataclass(frozen=True)
class Attack(Options):
    """One attack with its options; compares by value.

    Class attributes are its card: ``name`` is typed, ``title`` and ``summary`` are read, ``formula`` and ``paper``
    are for those who want to be exact.
    """

    title: ClassVar[str]
    summary: ClassVar[str]
    formula: ClassVar[str]
    paper: ClassVar[str]
    norms: ClassVar[tuple[Norm, ...]] = (Norm.LINF, Norm.L2)
    targetable: ClassVar[bool] = True
    scales: ClassVar[bool] = False
    """True where the direction does not depend on ε, so that a new ε costs one addition and one forward pass."""
    finds: ClassVar[bool] = False
    """True where the attack searches the smallest change by itself, whatever ε is.

    ε then says how far towards that change the picture is moved, at most all the way: see ``engine.attacks.run``.
    """

    follows_gradient: ClassVar[bool] = True
    """True where it goes along a gradient of the network, which may be averaged over other views of the picture."""

    always_draws: ClassVar[bool] = False
    """True where random numbers are drawn whatever the options are."""
    shows_best_last: ClassVar[bool] = False
    """True where one more iterate comes after the last step: the best of all, or the clean one if none did."""

    @property
    def draws(self) -> bool:
        """True where random numbers are drawn, so that the seed matters."""
        return self.always_draws

    @property
    def last_index(self) -> int:
        """The index of the last iterate that the attack shows, from 0 on; one that finds may end before."""
        return int(getattr(self, "steps", 1)) + self.shows_best_last
