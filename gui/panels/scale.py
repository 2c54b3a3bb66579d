"""The scale under the ε slider: how far it reaches, in what unit, by which steps, with which figures."""

from __future__ import annotations

import math
from dataclasses import dataclass

from engine.catalogue.attacks import Norm
from engine.catalogue.budgets import epsilon_limit, tidy
from engine.frame import Frame
from engine.request import MAX_EPSILON

USUAL_VALUES = 3 * 224 * 224
"""How many numbers a picture is made of while no picture is known."""

NORM_HELP = {
    Norm.LINF: "The largest change of any single value, max |δ|: every pixel may change, each by at most ε.",
    Norm.L2: "The length of the whole change, √Σδ²: a few pixels may change much, or all of them a little.",
    Norm.L1: "The sum of all changes, Σ|δ|: few values may change much, or many of them very little.",
    Norm.L0: "The number of changed pixels: each of them may become anything.",
    Norm.FLOW: "How far any point of the picture is moved, in pixels: what lies there comes along as it is.",
}


def values_of(frame: Frame | None) -> int:
    """How many numbers the network's picture is made of, C·H·W."""
    return USUAL_VALUES if frame is None or frame.clean is None else int(frame.clean.size)


@dataclass(frozen=True)
class Scale:
    """A range of ε from 0 to ``limit``, pixels in [0, 1], as ``norm`` reads it."""

    norm: Norm
    limit: float

    @property
    def unit(self) -> float:
        """What the figures count: 255ths in L∞, pixels in L0 and of a shift, else the pixels' own range."""
        return 1 / 255 if self.norm is Norm.LINF else 1.0

    @property
    def step(self) -> float:
        """What an arrow key moves: 0.1/255 in L∞, one pixel in L0; else about a three-hundredth of the range."""
        if self.norm is Norm.LINF:
            return 0.1 / 255
        return 1.0 if self.norm is Norm.L0 else 10 ** math.floor(math.log10(self.limit)) / 50

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
    return Scale(scale.norm, min(tidy(scale.norm, 4 * scale.limit), MAX_EPSILON[scale.norm]))


def scales(norm: Norm, values: int) -> list[Scale]:
    """The ranges to choose from, narrow to wide: 2, 8, 16, 64 and 255 /255 for photographs in L∞."""
    usual = usual_scale(norm, values)
    narrow = [Scale(norm, tidy(norm, usual.limit / parts)) for parts in (8, 2)]
    return list(dict.fromkeys([*narrow, usual, _wider(usual), _wider(_wider(usual))]))


def scale_for(epsilon: float, norm: Norm, values: int) -> Scale:
    """The narrowest range from the usual one up that holds ε."""
    scale = usual_scale(norm, values)
    while scale.limit < min(epsilon, MAX_EPSILON[norm]):
        scale = _wider(scale)
    return scale
