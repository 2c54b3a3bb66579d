"""The scale under the ε slider: how far it reaches, in what unit, by which steps, with which figures."""

from __future__ import annotations

import math
from dataclasses import dataclass

from engine.catalogue.attacks import Norm
from engine.catalogue.budgets import epsilon_limit
from engine.frame import Frame
from engine.request import MAX_EPSILON

USUAL_VALUES = 3 * 224 * 224
"""How many numbers a picture is made of while no picture is known."""

NORM_NAMES = {Norm.LINF: "L∞", Norm.L2: "L2"}
NORM_HELP = {
    Norm.LINF: "The largest change of any single value, max |δ|: every pixel may change, each by at most ε.",
    Norm.L2: "The length of the whole change, √Σδ²: a few pixels may change much, or all of them a little.",
}


def values_of(frame: Frame | None) -> int:
    """How many numbers the network's picture is made of, C·H·W."""
    return USUAL_VALUES if frame is None or frame.clean is None else int(frame.clean.size)


def usual_epsilon(norm: Norm, values: int) -> float:
    """An eighth of the usual range: 2/255 for photographs in L∞, 0.8 in L2."""
    return _tidy(norm, epsilon_limit(norm, values) / 8)


def _tidy(norm: Norm, epsilon: float) -> float:
    """To one digit in L2, where no unit makes it a round number."""
    return epsilon if norm is Norm.LINF else round(epsilon, -math.floor(math.log10(epsilon)))


@dataclass(frozen=True)
class Scale:
    """A range of ε from 0 to ``limit``, pixels in [0, 1], as ``norm`` reads it."""

    norm: Norm
    limit: float

    @property
    def unit(self) -> float:
        """What the figures count: 255ths in L∞, the pixels' own range in L2."""
        return 1 / 255 if self.norm is Norm.LINF else 1.0

    @property
    def step(self) -> float:
        """What an arrow key moves: 0.1/255 in L∞; about a three-hundredth of the range in L2."""
        return 0.1 / 255 if self.norm is Norm.LINF else 10 ** math.floor(math.log10(self.limit)) / 50

    @property
    def page(self) -> float:
        """What a page key moves, and an arrow key with Shift: ten steps."""
        return 10 * self.step

    def snap(self, epsilon: float) -> float:
        """The nearest whole step within the range."""
        return self._within(round(epsilon / self.step) * self.step)

    def stepped(self, epsilon: float, count: int, *, pages: bool = False) -> float:
        """The ε that lies ``count`` steps further on; from between two steps, the first one leads to the nearer."""
        step = self.page if pages else self.step
        if pages:
            return self._within(self.snap(epsilon + count * step))
        reached = epsilon / step
        start = math.floor(reached + 1e-6) if count > 0 else math.ceil(reached - 1e-6)
        return self._within((start + count) * step)

    def _within(self, epsilon: float) -> float:
        return min(max(epsilon, 0.0), self.limit)

    def share(self, epsilon: float) -> float:
        """Where an ε lies: 0 at the left end, 1 at the right one and beyond."""
        return self._within(epsilon) / self.limit

    def figures(self) -> list[tuple[float, str]]:
        """Where the marks stand and what is written there; the last one carries the unit."""
        reach = self.limit / self.unit
        count = min((4, 5, 3), key=lambda parts: len(f"{reach / parts:.3g}"))
        marks = [(self.limit * part / count, f"{reach * part / count:.3g}") for part in range(count + 1)]
        marks[-1] = (self.limit, self.name)
        return marks

    @property
    def name(self) -> str:
        """The upper end as read: ``16/255``, ``6``."""
        return f"{self.limit / self.unit:.4g}" + ("/255" if self.norm is Norm.LINF else "")


def usual_scale(norm: Norm, values: int) -> Scale:
    """The range at first."""
    return Scale(norm, epsilon_limit(norm, values))


def _wider(scale: Scale) -> Scale:
    """Four times the range, as far as there are perturbations at all."""
    return Scale(scale.norm, min(_tidy(scale.norm, 4 * scale.limit), MAX_EPSILON[scale.norm]))


def scales(norm: Norm, values: int) -> list[Scale]:
    """The ranges to choose from, narrow to wide: 2, 8, 16, 64 and 255 /255 for photographs in L∞."""
    usual = usual_scale(norm, values)
    narrow = [Scale(norm, _tidy(norm, usual.limit / parts)) for parts in (8, 2)]
    return list(dict.fromkeys([*narrow, usual, _wider(usual), _wider(_wider(usual))]))


def scale_for(epsilon: float, norm: Norm, values: int) -> Scale:
    """The narrowest range from the usual one up that holds ε."""
    scale = usual_scale(norm, values)
    while scale.limit < min(epsilon, MAX_EPSILON[norm]):
        scale = _wider(scale)
    return scale
