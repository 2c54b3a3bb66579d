"""What the engine shows for a request: plain numpy and numbers, never a tensor.

Frames are cumulative: a later frame of one request holds all that an earlier one held, so that frames may be
dropped without losing anything.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

import numpy as np
from numpy.typing import NDArray

from engine.answers import Floats, Pixels, Prediction
from engine.catalogue.attacks import Norm
from engine.errors import Failure
from engine.inside import NOTHING, Inside
from engine.request import Request

__all__ = [
    "Attacked",
    "Counts",
    "Curve",
    "Failure",
    "Flip",
    "Floats",
    "Frame",
    "NetworkInfo",
    "Photo",
    "Pixels",
    "Prediction",
    "Score",
    "Stage",
    "Standing",
    "Trace",
    "Twin",
    "Verdict",
    "Window",
    "verdict",
]


Counts = NDArray[np.int64]


class Stage(IntEnum):
    """How far the work on a request has come."""

    OPENED = 1
    """The picture is decoded."""
    PREDICTED = 2
    """The network has seen the clean picture."""
    ATTACKING = 3
    """An iterate of an attack that still runs."""
    ATTACKED = 4
    """The perturbed picture and its prediction are final."""
    DONE = 5
    """So is everything that the open views need."""


class Verdict(StrEnum):
    """What became of the network's answer."""

    FOOLED = "fooled"
    """Another class (than the one that an untargeted attack leaves)."""
    HIT = "hit the target"
    """The class that a targeted attack wants."""
    HOLDS = "holds"
    """Neither."""


@dataclass(frozen=True, eq=False)
class Window:
    """The part of a picture that the network sees, in the picture's own pixels; may reach beyond it (fit)."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, eq=False)
class Photo:
    """A decoded picture: upright, opaque RGB.

    Attributes:
        pixels: (H, W, 3) of uint8.
        name: the file's name, or the sample's title.
        window: what the network sees of it.
        notes: what was done to decode it ("turned upright", "alpha over white"), empty if nothing.
    """

    pixels: Pixels
    name: str
    window: Window
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class NetworkInfo:
    """The network that a frame speaks of.

    Attributes:
        name: as typed; ``title`` as read.
        classes: the name of every class, K of them.
        parameters: how many numbers were learnt.
        size: (height, width) of the input.
        device: where it computes, as read: ``"CPU"``, or the name of a graphics card.
    """

    name: str
    title: str
    classes: tuple[str, ...]
    parameters: int
    size: tuple[int, int]
    device: str


@dataclass(frozen=True, eq=False)
class Attacked:
    """The perturbed picture and what the network makes of it.

    Attributes:
        image: (H, W, C) of float32 in [0, 1].
        prediction: the answer to ``image``.
        verdict: what became of the answer.
        linf: max |δ|, pixels in [0, 1].
        l2: √Σδ², pixels in [0, 1].
        l1: Σ|δ|, pixels in [0, 1].
        l0: how many pixels are changed, in whatever channel.
        flow: how far any point of the picture is moved at most, in pixels; not a number where nothing is moved.
        by: the title of the member that made this iterate, where an attack is made of several; else empty.
        found: the size, in the request's norm, of the change that an attack has found by itself, where it is one that
            searches; ε may have stopped the picture on the way there. None for other attacks.
        step: which iterate this is, 0 the start.
        steps: how many the attack takes; 1 for an attack of one step.
    """

    image: Floats
    prediction: Prediction
    verdict: Verdict
    linf: float
    l2: float
    step: int
    steps: int
    l1: float = math.nan
    l0: int = 0
    flow: float = math.nan
    by: str = ""
    found: float | None = None


@dataclass(frozen=True, eq=False)
class Trace:
    """What every iterate of an iterative attack was like; all of length n, entry k for iterate k.

    Attributes:
        loss: cross-entropy of the class that the attack leaves or wants.
        margin: that class's logit minus the largest other logit; the sign tells whether it wins.
        linf: max |δ|.
        l2: √Σδ².
        l1: Σ|δ|.
        l0: how many pixels are changed.
        flow: how far any point is moved at most, in pixels; not a number where nothing is moved.
        queries: how many pictures the network was asked about until then; the engine always tells them.
    """

    loss: Floats
    margin: Floats
    linf: Floats
    l2: Floats
    l1: Floats = field(default_factory=lambda: np.zeros(0, np.float32))
    l0: Counts = field(default_factory=lambda: np.zeros(0, np.int64))
    flow: Floats = field(default_factory=lambda: np.zeros(0, np.float32))
    queries: Counts = field(default_factory=lambda: np.zeros(0, np.int64))

    def sizes(self, norm: Norm) -> Floats:
        """The size of every iterate's perturbation in that norm."""
        by_norm = {
            Norm.LINF: self.linf,
            Norm.L2: self.l2,
            Norm.L1: self.l1,
            Norm.L0: self.l0.astype(np.float32),
            Norm.FLOW: self.flow,
        }
        return by_norm[norm]


@dataclass(frozen=True, eq=False)
class Curve:
    """Probabilities against ε.

    Attributes:
        epsilons: (n,) ascending, pixels in [0, 1].
        probabilities: (n, K).
        complete: False while it still fills in.
    """

    epsilons: Floats
    probabilities: Floats
    complete: bool


@dataclass(frozen=True, eq=False)
class Flip:
    """The smallest ε found that changes the answer, by bisection; an estimate.

    Attributes:
        epsilon: the estimate, or None: not found up to ``limit``.
        limit: the largest ε searched.
        complete: False while the search still runs.
    """

    epsilon: float | None
    limit: float
    complete: bool


class Standing(StrEnum):
    """How a network stands that looks at the perturbed picture, measured by its own answer to the clean one."""

    HOLDS = "holds"
    """It answers the same, with at least half of the probability."""
    WAVERS = "wavers"
    """It answers the same, with less than half of the probability."""
    CHANGED = "changed"
    """It answers otherwise, perhaps with the class that the attack wants."""


@dataclass(frozen=True, eq=False)
class Score:
    """What one network makes of the bench's pictures, in a row of networks.

    Attributes:
        name: as typed; ``title`` as read.
        classes: the name of every class it knows.
        before: its answer to the clean picture; ``after`` to the perturbed one; None where it could not be asked, or
            was not yet.
        standing: how it stands; None like those.
        is_hit: whether it answers with the class that the attack wants.
        is_crafted_on: whether the attack is crafted on it.
        note: why it has no answer; else what is to be known of it, such as that the picture was scaled; may be empty.
    """

    name: str
    title: str
    classes: tuple[str, ...] = ()
    before: Prediction | None = None
    after: Prediction | None = None
    standing: Standing | None = None
    is_hit: bool = False
    is_crafted_on: bool = False
    note: str = ""


@dataclass(frozen=True, eq=False)
class Frame:
    """All that is known so far in answer to ``request``.

    ``clean`` is (H, W, C) of float32 in [0, 1]: the picture as the network sees it. ``before`` is the answer to
    it; ``unmoved`` is the answer to the picture as it was before it was moved, None where it is not. ``left`` is the
    class that the attack moves away from, None if it is targeted. ``seconds`` counts from the
    start of the work on this request. ``scores`` has the bench's network first, then the others. A field is None until
    it is known, or where it does not apply.
    """

    request: Request
    stage: Stage
    final: bool = False
    photo: Photo | None = None
    network: NetworkInfo | None = None
    clean: Floats | None = None
    before: Prediction | None = None
    unmoved: Prediction | None = None
    left: int | None = None
    attacked: Attacked | None = None
    trace: Trace | None = None
    curve: Curve | None = None
    flip: Flip | None = None
    inside: Inside = NOTHING
    failure: Failure | None = None
    notes: tuple[str, ...] = ()
    scores: tuple[Score, ...] = ()
    twin: Twin | None = None
    seconds: float = 0.0


@dataclass(frozen=True, eq=False)
class Twin:
    """The same picture before another network, under the same attack with the same ε: its own, not a transferred one.

    Attributes:
        frame: as if that network were on the bench.
        note: what is to be known of the comparison, such as that its classes are others; may be empty.
    """

    frame: Frame
    note: str = ""


def verdict(before: int, after: int, left: int | None, target: int | None) -> Verdict:
    """What became of the answer: ``target`` reached, ``left`` (or ``before``) abandoned, or neither."""
    if target is not None:
        if after == target:
            return Verdict.HIT
        return Verdict.FOOLED if after != before else Verdict.HOLDS
    return Verdict.FOOLED if after != (before if left is None else left) else Verdict.HOLDS
