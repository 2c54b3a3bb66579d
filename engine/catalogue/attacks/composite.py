"""Several attacks as one."""

from __future__ import annotations

from dataclasses import dataclass

from engine.catalogue.attacks.base import Attack, steps_option
from engine.catalogue.attacks.iterated import APGD, APGDT
from engine.catalogue.attacks.near_boundary import FABT
from engine.catalogue.attacks.queries import Square
from engine.catalogue.options import option


@dataclass(frozen=True)
class AutoAttack(Attack):
    """Four attacks without a parameter to tune, each on what the ones before it have left."""

    name = "autoattack"
    title = "AutoAttack: four strong attacks, one after another"
    summary = (
        "The standard test of a defence: APGD-CE, APGD-T, FAB-T and Square, each only where the ones before it have "
        "failed. It says which of them has succeeded. With fewer steps, classes and queries it is quick, and weaker."
    )
    formula = "x′ of the first of APGD-CE, APGD-T, FAB-T (where ‖δ‖ ≤ ε), Square that changes the answer"
    paper = "Croce, Hein 2020, arXiv:2003.01690; the standard version"
    targetable = False
    always_draws = True
    steps: int = steps_option(100)
    targets: int = option(
        9, low=1, high=9, label="Classes", text="At how many other classes APGD-T and FAB-T aim, the likeliest first."
    )
    queries: int = option(
        5000, low=1, high=10_000, label="Queries", text="How many pictures Square asks the network about."
    )

    @property
    def members(self) -> tuple[Attack, ...]:
        """The attacks that it consists of, in their order."""
        return (
            APGD(steps=self.steps),
            APGDT(steps=self.steps, targets=self.targets),
            FABT(steps=min(self.steps, 500), targets=self.targets, search=0),
            Square(steps=self.queries),
        )

    @property
    def last_index(self) -> int:
        """Where every member fails; it ends before as soon as no picture is left."""
        return sum(each.last_index + 1 for each in self.members)
