"""Records whose fields a user may set: every option with its bounds, what it means, and in which unit.

The form, the command line, the session file and the tests read the same declaration.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import Field, asdict, dataclass, field, fields
from typing import Any, ClassVar, TypeVar


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one option may be, and what it means to a reader."""

    low: float
    high: float
    label: str
    help: str
    unit: str = ""


def option(default: float | bool, *, low: float = 0, high: float = 1, label: str, text: str, unit: str = "") -> Any:
    """A dataclass field that the user may set, with inclusive bounds."""
    return field(default=default, metadata={"bounds": Bounds(low, high, label, text, unit)})


Offers = Callable[[], Mapping[str, str]]
"""What there is to choose from at this moment: names, and what each is called."""

LONGEST_NAME = 80
"""In characters, of what a ``choice`` names."""


def choice(*, offers: Offers, label: str, text: str) -> Any:
    """A dataclass field that names something kept elsewhere; empty where nothing is chosen.

    A name is made of small letters, digits, dots and dashes, so that it can stand in a session file and never leads
    out of the folder in which it is looked for. Whether there is such a thing, whoever uses it finds out.
    """
    return field(default="", metadata={"bounds": Bounds(0, LONGEST_NAME, label, text), "offers": offers})


def offers_of(of: Field[Any]) -> Offers:
    """What ``choice`` stored with a field."""
    found: Offers = of.metadata["offers"]
    return found


def bounds(of: Field[Any]) -> Bounds:
    """The bounds that ``option`` stored with a field."""
    found: Bounds = of.metadata["bounds"]
    return found


@dataclass(frozen=True)
class Options:
    """A named record of options; compares by value, and no value is out of its bounds.

    Raises:
        ValueError: a value of the wrong type, or out of its bounds; the message says which.
    """

    name: ClassVar[str]

    def __post_init__(self) -> None:
        for each in fields(self):
            value: Any = getattr(self, each.name)
            limits = bounds(each)
            wanted = type(each.default)
            if not _fits(value, wanted):
                raise ValueError(f"{self.name}: {each.name} must be {_KINDS[wanted]}, not {value!r}")
            if wanted is str:
                self._check_name(each.name, value)
            elif wanted is not bool and not (limits.low <= value <= limits.high):
                raise ValueError(
                    f"{self.name}: {each.name} must be between {limits.low:g} and {limits.high:g}, not {value!r}"
                )

    def _check_name(self, option: str, value: str) -> None:
        if len(value) > LONGEST_NAME or not re.fullmatch(r"[a-z0-9.\-]*", value):
            raise ValueError(f"{self.name}: {option} must be a short name of a-z, 0-9, dots and dashes, not {value!r}")

    def to_dict(self) -> dict[str, object]:
        """Name and options, ready for JSON."""
        return {"name": self.name, **asdict(self)}


Kind = TypeVar("Kind", bound=Options)


def make_options(what: str, kinds: Mapping[str, type[Kind]], name: object, options: Mapping[str, Any]) -> Kind:
    """A record by its name, with options by theirs; what is not named keeps its default.

    Args:
        what: what is made, as read: "attack".
        kinds: every one there is, by name.
        name: of the one wanted.
        options: of that one.

    Raises:
        ValueError: no such name, no such option, or a value out of its bounds.
    """
    if not isinstance(name, str) or name not in kinds:
        raise ValueError(f"there is no {what} called {name!r}; there are {', '.join(kinds)}")
    kind = kinds[name]
    known = {each.name for each in fields(kind)}
    unknown = sorted(set(options) - known)
    if unknown:
        raise ValueError(f"{name} has no option {', '.join(map(repr, unknown))}")
    return kind(**options)


def _fits(value: object, wanted: type) -> bool:
    """Exactly of that type (True is no number), but a whole number may stand where any number may."""
    return type(value) is wanted or (wanted is float and type(value) is int)


_KINDS: Mapping[type, str] = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}
