"""What the user looks at inside the network: a layer, a unit of it, and how; a part of a request.

Nothing of it changes the attack or its answer, so a change of it is no step of undo.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from enum import StrEnum
from typing import Any, Self

from engine.catalogue.growing import Growing
from engine.catalogue.options import make_options
from engine.catalogue.saliency import SALIENCIES, Gradient, Saliency

MOST_IMAGES = 500
"""Of the open pictures, so many are searched for what excites a unit."""


class Part(StrEnum):
    """What may be seen inside: fields of ``engine.inside.Inside``, and what views call them in ``Request.views``."""

    ARCHITECTURE = "architecture"
    ACTIVATIONS = "activations"
    DIVERGENCE = "divergence"
    FILTERS = "filters"
    ANATOMY = "anatomy"
    UNIT_CURVE = "unit_curve"
    PATCHES = "patches"
    GROWN = "grown"
    COMPANION = "companion"
    SALIENCY = "saliency"
    GRADIENTS = "gradients"
    CAUSES = "causes"
    STEP = "step"
    MASKING = "masking"

    @property
    def as_read(self) -> str:
        """As read: ``Unit curve``."""
        return self.value.replace("_", " ").capitalize()


class Intervention(StrEnum):
    """What is done to a layer or a unit of it, to see what hangs on it."""

    RESTORE = "restore"
    """In the attacked run, put the clean activation back."""
    IMPLANT = "implant"
    """In the clean run, put the attacked activation in."""
    SCALE = "scale"
    """In both runs, multiply by a factor; 0 mutes."""


@dataclass(frozen=True, slots=True)
class Edit:
    """One intervention.

    Attributes:
        layer: name of a node of the architecture.
        unit: a channel of it; None is the whole layer.
        kind: what is done.
        factor: of ``SCALE``; between −10 and 10.
    """

    layer: str
    unit: int | None = None
    kind: Intervention = Intervention.SCALE
    factor: float = 0.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.factor) and abs(self.factor) <= 10):
            raise ValueError(f"the factor of an edit must be between −10 and 10, not {self.factor!r}")


@dataclass(frozen=True, slots=True)
class Look:
    """What is looked at.

    Attributes:
        layer: name of a node of the architecture; "" lets the engine choose the first with feature maps.
        unit: a feature map or neuron of the layer; None lets the engine choose the strongest on the clean picture.
        companion: a second picture beside the first, as ``Request.image`` names them; "" is the picture itself.
        shift: by how many pixels of the network's input the companion is moved, to the right and down.
        saliency: the method of attribution and its options.
        saliency_label: the class that is attributed; None is the predicted one, of clean and attacked each.
        edits: what is done to layers in the causal check, in order.
        gallery: pictures that are searched for what excites the unit.
        growing: how an image that excites the unit is grown.
    """

    layer: str = ""
    unit: int | None = None
    companion: str = ""
    shift: tuple[int, int] = (0, 0)
    saliency: Saliency = Gradient()  # noqa: RUF009 - frozen, so one default may be shared
    saliency_label: int | None = None
    edits: tuple[Edit, ...] = ()
    gallery: tuple[str, ...] = ()
    growing: Growing = Growing()  # noqa: RUF009

    def with_(self, **changes: Any) -> Self:
        """A copy with some fields changed."""
        return replace(self, **changes)

    def to_dict(self) -> dict[str, object]:
        """Ready for JSON."""
        return {
            **{each.name: getattr(self, each.name) for each in fields(self)},
            "shift": list(self.shift),
            "saliency": self.saliency.to_dict(),
            "edits": [asdict(each) for each in self.edits],
            "gallery": list(self.gallery),
            "growing": self.growing.to_dict(),
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Self:
        """The inverse.

        Raises:
            ValueError, TypeError, KeyError: an unknown field, or a value of the wrong type; the message says which.
        """
        unknown = sorted(set(content) - set(_READERS))
        if unknown:
            raise ValueError(f"there is no {', '.join(map(repr, unknown))}")
        return cls(**{key: _READERS[key](value) for key, value in content.items()})


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"must be text, not {value!r}")
    return value


def _integer(value: object, low: int, high: int) -> int:
    if type(value) is not int or not low <= value <= high:
        raise TypeError(f"must be a whole number from {low} to {high}, not {value!r}")
    return value


def _perhaps_index(value: object) -> int | None:
    return None if value is None else _integer(value, 0, 2**31)


def _shift(value: Any) -> tuple[int, int]:
    across, down = value
    return _integer(across, -4096, 4096), _integer(down, -4096, 4096)


def _edit(value: Mapping[str, Any]) -> Edit:
    factor = value.get("factor", 0.0)
    if isinstance(factor, bool) or not isinstance(factor, int | float):
        raise TypeError(f"the factor must be a number, not {factor!r}")
    return Edit(
        layer=_text(value["layer"]),
        unit=_perhaps_index(value.get("unit")),
        kind=Intervention(value.get("kind", Intervention.SCALE)),
        factor=float(factor),
    )


def _saliency(value: Mapping[str, Any]) -> Saliency:
    options = dict(value)
    return make_options("way of attribution", SALIENCIES, options.pop("name", None), options)


def _growing(value: Mapping[str, Any]) -> Growing:
    options = dict(value)
    return make_options("way of growing", {Growing.name: Growing}, options.pop("name", None), options)


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "layer": _text,
    "unit": _perhaps_index,
    "companion": _text,
    "shift": _shift,
    "saliency": _saliency,
    "saliency_label": _perhaps_index,
    "edits": lambda value: tuple(_edit(each) for each in value),
    "gallery": lambda value: tuple(_text(each) for each in value[:MOST_IMAGES]),
    "growing": _growing,
}
