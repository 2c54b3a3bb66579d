"""What the user asks for: one frozen record that compares by value and round-trips to JSON.

Undo is a list of requests, a saved session is one request, and the same request with the same seed gives the
same frame on one device.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from enum import StrEnum
from typing import Any, Self

from engine.catalogue.attacks import FGSM, Attack, Norm, make_attack
from engine.catalogue.joining import MOST_OTHERS, Joining
from engine.catalogue.moves import Moves
from engine.catalogue.options import make_options
from engine.catalogue.rules import Rules
from engine.look import Look
from engine.masks import read_mask

FORMAT = 1
"""Version of the session file; a file of a later version is refused with a sentence."""

MAX_EPSILON = {Norm.LINF: 1.0, Norm.L2: 1000.0, Norm.L1: 1e6, Norm.L0: 1e6, Norm.FLOW: 1000.0}
"""The largest ε of each norm; no picture of a network has more pixels, or can be changed by more."""


class Placement(StrEnum):
    """How a picture is brought to the square that the network sees."""

    CROP = "crop"
    """The network's own recipe: scale the shorter side, cut the centre."""
    FIT = "fit"
    """The whole picture, with grey bars."""
    STRETCH = "stretch"
    """The whole picture, its sides scaled apart."""


class RequestError(ValueError):
    """A request that cannot be read; the message says what is wrong and where, in a few lines at most."""

    def __init__(self, message: str) -> None:
        super().__init__(message if len(message) <= 300 else f"{message[:299]}…")


@dataclass(frozen=True, slots=True)
class Request:
    """Everything the user asks for.

    Attributes:
        image: a file's path, ``sample:NAME`` for a picture of the gallery, or ``drawn:…`` for one that was drawn.
        placement: how the picture is brought to the network's input.
        moves: what is done to the picture when it has been placed.
        model: a name of ``engine.catalogue.models``.
        others: networks that look at the bench's pictures beside its own.
        together: networks that the attack is crafted on too.
        joining: what is averaged over the networks that it is crafted on.
        twin: a network that the same attack is made on by itself, side by side with the bench's; empty is none.
        attack: the attack and its options.
        norm: the norm in which ``epsilon`` is measured; one of ``attack.norms``.
        epsilon: size of the perturbation, pixels in [0, 1].
        away_from: class that an untargeted attack leaves; None is the clean prediction.
        target: class that a targeted attack wants; None is untargeted.
        rules: what the attack may do beside its budget.
        mask: where it may act, as text of ``engine.masks``; empty is everywhere.
        seed: of every random choice.
        iterate: which iterate of an iterative attack is shown; None is the last.
        pinned: classes that stay in view.
        look: what is looked at inside the network.
        views: the open views that cost something to compute (``"curve"``).
        device: ``"auto"``, ``"cuda"``, ``"mps"`` or ``"cpu"``.
    """

    image: str = "sample:camera"
    placement: Placement = Placement.CROP
    moves: Moves = Moves()  # noqa: RUF009 - frozen, so one default may be shared
    model: str = "efficientnet-lite0"
    others: tuple[str, ...] = ()
    together: tuple[str, ...] = ()
    joining: Joining = Joining.LOGITS
    twin: str = ""
    attack: Attack = FGSM()  # noqa: RUF009 - frozen, so one default may be shared
    norm: Norm = Norm.LINF
    epsilon: float = 2 / 255
    away_from: int | None = None
    target: int | None = None
    rules: Rules = Rules()  # noqa: RUF009
    mask: str = ""
    seed: int = 0
    iterate: int | None = None
    pinned: tuple[int, ...] = ()
    look: Look = Look()  # noqa: RUF009
    views: frozenset[str] = frozenset()
    device: str = "auto"

    def __post_init__(self) -> None:
        if self.norm not in self.attack.norms:
            raise RequestError(f"norm: {self.attack.name} does not work in {self.norm}")
        if not (math.isfinite(self.epsilon) and 0 <= self.epsilon <= MAX_EPSILON[self.norm]):
            raise RequestError(
                f"epsilon: must be between 0 and {MAX_EPSILON[self.norm]:g} in {self.norm}, not {self.epsilon!r}"
            )
        if self.target is not None and not self.attack.targetable:
            raise RequestError(f"target: {self.attack.name} cannot be aimed at a class")
        if len({*self.others, *self.together}) > MOST_OTHERS:
            raise RequestError(f"others: at most {MOST_OTHERS} networks can stand beside the one on the bench")

    @property
    def beside(self) -> tuple[str, ...]:
        """The networks that look, each once: those that the attack is crafted on too look as well."""
        return tuple(each for each in dict.fromkeys((*self.others, *self.together)) if each != self.model)

    def with_(self, **changes: Any) -> Self:
        """A copy with some fields changed."""
        return replace(self, **changes)

    def to_json(self) -> str:
        """The text of a session file."""
        content = {each.name: getattr(self, each.name) for each in fields(self)}
        content |= {
            "attack": self.attack.to_dict(),
            "rules": asdict(self.rules),
            "moves": self.moves.to_dict(),
            "others": list(self.others),
            "together": list(self.together),
            "pinned": list(self.pinned),
            "look": self.look.to_dict(),
            "views": sorted(self.views),
        }
        return json.dumps({"foolscope": FORMAT, **content}, indent=2)  # ASCII, for names that are not UTF-8

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Reads a session file.

        Raises:
            RequestError: not JSON, of a later format, an unknown field, or a value of the wrong type.
        """
        try:
            content = json.loads(text)
        except (ValueError, RecursionError) as error:  # also a number of five thousand digits
            raise RequestError(f"this is not a session file: {error}") from error
        if not isinstance(content, dict) or "foolscope" not in content:
            raise RequestError("this is not a session file: the key “foolscope” is missing")
        version = content.pop("foolscope")
        if version != FORMAT:
            raise RequestError(f"this session file has format {version!r}; this Foolscope reads format {FORMAT}")
        return cls(**{key: _read(key, value) for key, value in content.items()})


def _read(key: str, value: object) -> Any:
    if key not in _READERS:
        raise RequestError(f"{key}: a session has no such field")
    try:
        return _READERS[key](value)
    except (ValueError, TypeError, KeyError, OverflowError, AttributeError) as error:
        raise RequestError(f"{key}: {error}") from error


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"must be text, not {value!r}")
    return value


def _whole(value: object) -> int:
    if type(value) is not int or not 0 <= value < 2**63:
        raise TypeError(f"must be a whole number, not {value!r}")
    return value


def _perhaps_whole(value: object) -> int | None:
    return None if value is None else _whole(value)


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"must be a number, not {value!r}")
    return float(value)


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise TypeError(f"must be a list, not {value!r}")
    return value


def _names(value: object) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_text(each) for each in _list(value)))


def _attack(value: object) -> Attack:
    if not isinstance(value, Mapping):
        raise TypeError(f"must be an object with a name, not {value!r}")
    options = dict(value)
    return make_attack(options.pop("name", None), options)


def _moves(value: object) -> Moves:
    if not isinstance(value, Mapping):
        raise TypeError(f"must be an object, not {value!r}")
    options = dict(value)
    return make_options("kind of move", {Moves.name: Moves}, options.pop("name", None), options)


def _rules(value: object) -> Rules:
    if not isinstance(value, Mapping):
        raise TypeError(f"must be an object, not {value!r}")
    return make_options("rules", {Rules.name: Rules}, Rules.name, value)


def _mask(value: object) -> str:
    text = _text(value)
    if text:
        read_mask(text)
    return text


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "image": _text,
    "placement": Placement,
    "moves": _moves,
    "model": _text,
    "others": _names,
    "together": _names,
    "joining": Joining,
    "twin": _text,
    "attack": _attack,
    "norm": Norm,
    "epsilon": _number,
    "away_from": _perhaps_whole,
    "target": _perhaps_whole,
    "rules": _rules,
    "mask": _mask,
    "seed": _whole,
    "iterate": _perhaps_whole,
    "pinned": lambda value: tuple(_whole(each) for each in _list(value)),
    "look": Look.from_dict,
    "views": lambda value: frozenset(_text(each) for each in _list(value)),
    "device": _text,
}
