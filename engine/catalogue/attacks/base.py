"""What an attack's declaration is made of: its card, its options and their bounds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import Field, asdict, dataclass, field, fields
from enum import StrEnum
from typing import Any, ClassVar


class Norm(StrEnum):
    """How the size of a perturbation δ is measured, with pixels in [0, 1]."""

    LINF = "linf"
    """The largest change of any value, max |δ|; shown in units of 1/255."""
    L2 = "l2"
    """The Euclidean length, √Σδ², over all pixels and channels."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one option may be, and what it means to a reader."""

    low: float
    high: float
    label: str
    help: str
    unit: str = ""


def option(default: float | bool, *, low: float = 0, high: float = 1, label: str, text: str, unit: str = "") -> Any:
    """A dataclass field of an attack that the user may set, with inclusive bounds."""
    return field(default=default, metadata={"bounds": Bounds(low, high, label, text, unit)})


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


def bounds(of: Field[Any]) -> Bounds:
    """The bounds that ``option`` stored with a field."""
    found: Bounds = of.metadata["bounds"]
    return found


@dataclass(frozen=True)
class Attack:
    """One attack with its options; compares by value.

    Class attributes are its card: ``name`` is typed, ``title`` and ``summary`` are read, ``formula`` and ``paper``
    are for those who want to be exact.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    summary: ClassVar[str]
    formula: ClassVar[str]
    paper: ClassVar[str]
    norms: ClassVar[tuple[Norm, ...]] = (Norm.LINF, Norm.L2)
    targetable: ClassVar[bool] = True
    scales: ClassVar[bool] = False
    """True where the direction does not depend on ε, so that a new ε costs one addition and one forward pass."""

    def __post_init__(self) -> None:
        for each in fields(self):
            value: Any = getattr(self, each.name)
            limits = bounds(each)
            wanted = type(each.default)
            if not _fits(value, wanted):
                raise ValueError(f"{self.name}: {each.name} must be {_KINDS[wanted]}, not {value!r}")
            if wanted is not bool and not (limits.low <= value <= limits.high):
                raise ValueError(
                    f"{self.name}: {each.name} must be between {limits.low:g} and {limits.high:g}, not {value!r}"
                )

    @property
    def draws(self) -> bool:
        """True where random numbers are drawn, so that the seed matters."""
        return False

    @property
    def last_index(self) -> int:
        """The index of the last iterate that the attack shows, the first one's being 0."""
        return int(getattr(self, "steps", 1))

    def to_dict(self) -> dict[str, object]:
        """Name and options, ready for JSON."""
        return {"name": self.name, **asdict(self)}


def _fits(value: object, wanted: type) -> bool:
    """Exactly of that type (True is no number), but a whole number may stand where any number may."""
    return type(value) is wanted or (wanted is float and type(value) is int)


_KINDS: Mapping[type, str] = {bool: "true or false", int: "a whole number", float: "a number"}
