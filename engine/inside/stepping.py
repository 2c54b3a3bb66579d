"""What is shown of one step of an attack, taken apart, and of the checks for gradients that are hidden."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from engine.answers import Floats, Prediction
from engine.catalogue.attacks import Norm


class StageKind(StrEnum):
    """What a stage of a step holds; in the order in which they come."""

    START = "start"
    """The picture that the step starts at."""
    GRADIENT = "gradient"
    """∂J/∂x there, of what the attack climbs: towards a target, it falls."""
    BLURRED = "blurred"
    """The gradient after a blur."""
    MOMENTUM = "momentum"
    """What the attack follows in its place: added up over the steps."""
    DIRECTION = "direction"
    """The way, of size 1 in the norm: sign, g / ‖g‖₂, or the attack's own."""
    CHANGE = "change"
    """The direction times its length."""
    MOVED = "moved"
    """The picture after the change, before anything is clipped."""
    INERTIA = "inertia"
    """A mean of that, clipped, and of where the last change would have led."""
    BALL = "ball"
    """Brought within ε of the clean picture."""
    BOX = "box"
    """Brought into [0, 1]."""
    RULES = "rules"
    """As the rules leave it: where it may change, and in whole 255ths."""
    LIMIT = "limit"
    """Moved back towards the clean picture, until ε allows it."""
    END = "end"
    """The picture that is shown, and answered anew."""

    @property
    def is_picture(self) -> bool:
        """Whether its values are pixels in [0, 1], as they come; those of others are signed."""
        return self not in _SIGNED


_SIGNED = {StageKind.GRADIENT, StageKind.BLURRED, StageKind.MOMENTUM, StageKind.DIRECTION, StageKind.CHANGE}


@dataclass(frozen=True, eq=False)
class StepStage:
    """One stage.

    Attributes:
        kind: what it holds.
        values: (H, W, C) of float32: pixels, or numbers of either sign.
        changed: the share of values that this stage made other than they were; NaN where it is no such stage.
    """

    kind: StageKind
    values: Floats
    changed: float = float("nan")


@dataclass(frozen=True, eq=False)
class AttackStep:
    """The step that led to the picture that is shown.

    Attributes:
        start, index: the iterates between which it goes, counted from 0.
        stages: in their order; the first is the start and the last the end. One only where no step led there.
        norm: in which sizes are measured.
        length: of the step, in the unit of the norm; NaN where the attack has none.
        epsilon: the size that is allowed; NaN where the attack does not mind it.
        label: the class that the loss is of; ``targeted`` whether it is to be reached.
        losses: cross-entropy of ``label`` at the start and the end.
        answers: to the start and the end.
        notes: which stages do not apply and why, and what else is to be known of it.
    """

    start: int
    index: int
    stages: tuple[StepStage, ...]
    norm: Norm
    length: float
    epsilon: float
    label: int
    targeted: bool
    losses: tuple[float, float]
    answers: tuple[Prediction, Prediction]
    notes: tuple[str, ...] = ()

    def stage(self, kind: StageKind) -> StepStage | None:
        """The stage of that kind, if there is one."""
        return next((each for each in self.stages if each.kind is kind), None)


class Lamp(StrEnum):
    """What a check says."""

    CLEAR = "clear"
    """Nothing hints at a hidden gradient."""
    DOUBTFUL = "doubtful"
    """Something hints at it, but need not mean it."""
    MASKED = "masked"
    """The gradient does not show what the network reacts to."""


@dataclass(frozen=True)
class MaskingCheck:
    """One check.

    Attributes:
        title: what is checked, as read.
        lamp: what came of it; None until it was made, or where it cannot be.
        value: the numbers, as read.
        reason: what they mean, in one sentence.
        paper: where the check is from.
    """

    title: str
    lamp: Lamp | None = None
    value: str = ""
    reason: str = ""
    paper: str = ""


@dataclass(frozen=True)
class Masking:
    """Whether the network hides its gradient at a picture, so that attacks along it say little.

    Attributes:
        checks: all of them, in the order in which they are made.
        norm, epsilon: the size that the attacks were given, the same for all.
        done, total: how many forward passes and gradients of those it takes.
    """

    checks: tuple[MaskingCheck, ...]
    norm: Norm
    epsilon: float
    done: int
    total: int

    @property
    def lamp(self) -> Lamp | None:
        """The worst of them; None until all were made, unless it is the worst there is."""
        made = [each.lamp for each in self.checks if each.lamp is not None]
        if Lamp.MASKED in made:
            return Lamp.MASKED
        if self.done < self.total or not made:
            return None
        return Lamp.DOUBTFUL if Lamp.DOUBTFUL in made else Lamp.CLEAR
