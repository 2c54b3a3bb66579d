"""What is written above and below the stages of a step."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.catalogue.attacks import Norm
from engine.inside import AttackStep, StageKind, StepStage
from engine.wording import say_answer, say_epsilon, say_percent

EMPTY: Final = (
    "Open a picture and choose an attack: the step that led to the perturbed picture appears here, taken apart."
)
COMPUTING: Final = "Taking the step apart …"

_HEADINGS: Final = {
    StageKind.BLURRED: "Blurred",
    StageKind.MOMENTUM: "Momentum g",
    StageKind.INERTIA: "With inertia",
    StageKind.BALL: "Within ε",
    StageKind.BOX: "Within [0, 1]",
    StageKind.RULES: "By the rules",
    StageKind.LIMIT: "As far as ε",
}
_DIRECTIONS: Final = {Norm.LINF: "sign g", Norm.L2: "g / ‖g‖₂"}
_HELP: Final = {
    StageKind.START: "The picture that the step starts at, the network's answer to it, and the loss J there.",
    StageKind.GRADIENT: "How the loss grows with every value of the picture. Towards a target the attack goes down, "
    "so that the sign is turned round.",
    StageKind.BLURRED: "The gradient after the attack's blur.",
    StageKind.MOMENTUM: "The gradients of all steps so far, each divided by its mean size, added up.",
    StageKind.DIRECTION: "The way that is gone, of size 1 in the norm.",
    StageKind.CHANGE: "What is added to the picture.",
    StageKind.MOVED: "The picture after the change, not clipped yet; shown as its difference from the clean one.",
    StageKind.INERTIA: "That, clipped, averaged with where the last change would have led; minus the clean picture.",
    StageKind.BALL: "Brought within ε of the clean picture; shown as the difference from it.",
    StageKind.BOX: "Brought into [0, 1], which every picture lies in; shown as the difference from the clean one.",
    StageKind.RULES: "What the rules leave of it: where and in which channels it may change, and in whole 255ths.",
    StageKind.LIMIT: "Moved back towards the clean picture until ε allows it.",
    StageKind.END: "The picture that is shown, the network's answer to it, and the loss J there.",
}


def heading(kind: StageKind, step: AttackStep) -> str:
    """What stands above a stage: ``Start x₃``, ``Gradient −∂J/∂x``, ``α · direction``."""
    follows_gradient = step.stage(StageKind.GRADIENT) is not None
    direction = _DIRECTIONS.get(step.norm, "d") if follows_gradient else "d"
    headings = _HEADINGS | {
        StageKind.START: f"Start x{_below(step.start)}",
        StageKind.GRADIENT: f"Gradient {'−' if step.targeted else ''}∂J/∂x",
        StageKind.DIRECTION: f"Direction {direction}",
        StageKind.CHANGE: "Change" if math.isnan(step.length) else f"{_length(step)} · direction",
        StageKind.MOVED: f"Added to x{_below(step.start)}",
        StageKind.END: f"Result x{_below(step.index)}",
    }
    return headings[kind]


def explanation(kind: StageKind, step: AttackStep) -> str:
    """What a stage is, in a sentence or two."""
    if kind is StageKind.CHANGE and not math.isnan(step.length):
        return f"{_HELP[kind]} The direction times {_length(step)} = {say_epsilon(step.length, step.norm)}."
    return _HELP[kind]


def summary(step: AttackStep, classes: Sequence[str]) -> str:
    """The step in one line: from which iterate to which, how the loss changed, how long it was."""
    before, after = step.losses
    aim = "to reach" if step.targeted else "to leave"
    said = [
        f"Step {step.start} → {step.index}",
        f"J {_number(before)} → {_number(after)}, cross-entropy of {classes[step.label]}, {aim}",
    ]
    if not math.isnan(step.length):
        said.append(f"{_length(step)} = {say_epsilon(step.length, step.norm)}")
    return " · ".join(said)


def below(stage: StepStage, step: AttackStep, classes: Sequence[str], scale: str) -> tuple[str, str]:
    """The two lines under a stage: of which scale its colours are, and what has come of it."""
    if stage.kind in (StageKind.START, StageKind.END):
        place = 0 if stage.kind is StageKind.START else 1
        return say_answer(step.answers[place], classes), f"J = {_number(step.losses[place])}"
    return scale, "" if math.isnan(stage.changed) else say_share(stage.changed)


def say_share(share: float) -> str:
    """How many values a stage made other than they were."""
    return f"{say_percent(share)} changed" if share else "nothing changed"


@dataclass(frozen=True)
class Unit:
    """How the numbers of a stage are read.

    Attributes:
        factor: what they are multiplied by.
        text: the unit, as it stands behind a number: ``/255``, `` · 10⁻³``.
        decimals: how many.
    """

    factor: float
    text: str
    decimals: int

    @classmethod
    def of(cls, kind: StageKind, limit: float) -> Unit:
        """255ths for pixels and changes of them, else a power of ten by which the end of the scale has one digit."""
        if kind.is_picture or kind is StageKind.CHANGE:
            return cls(255.0, "/255", 1 if limit * 255 >= 1 else 2)
        if limit == 1:
            return cls(1.0, "", 0)
        power = math.floor(math.log10(limit)) if limit > 0 and math.isfinite(limit) else 0
        return cls(1.0, "", 1) if power in (0, 1) else cls(10.0**-power, f" · 10{_raised(power)}", 1)

    def say(self, value: float) -> str:
        """A number without its unit and without a sign."""
        return f"{abs(value) * self.factor:.{self.decimals}f}"


def at_pixel(stage: StepStage, unit: Unit, x: int, y: int) -> str:
    """The numbers of a pixel, channel by channel, in the unit of the stage: ``143.2 98.0 12.4``, ``+1.2 −0.3``."""
    signs = ("", "", "") if stage.kind.is_picture else ("−", "", "+")
    return " ".join(signs[int(np.sign(each)) + 1] + unit.say(each) for each in stage.values[y, x].tolist())


def exactly_at(stage: StepStage, x: int, y: int) -> str:
    """The same with all digits, a line for each channel: ``R  0.3490196``."""
    values = stage.values[y, x].tolist()
    names = "RGB" if len(values) == 3 else " " * len(values)
    return "\n".join(
        f"{name} {each:+.7f}" if abs(each) >= 1e-3 or not each else f"{name} {each:+.3e}"
        for name, each in zip(names, values, strict=True)
    ).replace("-", "−")


def say_limit(limit: float, unit: Unit) -> str:
    """The end of a scale: ``± 8.0/255``, ``± 3.1 · 10⁻³``."""
    return f"± {unit.say(limit)}{unit.text}"


def _length(step: AttackStep) -> str:
    return "ε" if step.length == step.epsilon else "α"


def _number(value: float) -> str:
    return f"{value:.3g}".replace("-", "−")


def _below(index: int) -> str:
    return str(index).translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))


def _raised(power: int) -> str:
    return str(power).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
