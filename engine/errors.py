"""Errors that a user can do something about: each says what failed, why, and what to do."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Failure:
    """What failed, why, and what the user can do.

    Attributes:
        field: the field of the request that is to blame (``"image"``, ``"model"``, ...), or ``""``.
    """

    what: str
    why: str
    remedy: str
    field: str = ""

    def __str__(self) -> str:
        return f"{self.what}: {self.why}. {self.remedy}".strip()


class ExplainedError(Exception):
    """An error in three parts.

    Attributes:
        what: what failed, the beginning of a sentence.
        why: the reason, its end, without a full stop.
        remedy: what the user can do, a whole sentence.
        field: the field of the request that is to blame, or ``""``.
    """

    field = ""

    def __init__(self, what: str, why: str, remedy: str) -> None:
        super().__init__(f"{what}: {why}. {remedy}")
        self.what = what
        self.why = why
        self.remedy = remedy

    def failure(self) -> Failure:
        """The error as a frame tells it."""
        return Failure(self.what, self.why, self.remedy, self.field)


class MemberError(ExplainedError):
    """A network that an attack is crafted on beside another failed under it.

    Attributes:
        name: of that network.
    """

    field = "together"

    def __init__(self, name: str, title: str, why: str) -> None:
        super().__init__(f"The attack could not be crafted on {title}", why, "Leave it out.")
        self.name = name
