"""Stages of a step as pictures: pixels as they are, and signed numbers around grey."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from PySide6.QtGui import QImage

from engine.answers import Floats
from engine.catalogue.attacks import Norm
from engine.inside import AttackStep, StageKind, StepStage
from gui.views.colormaps import Packed, diverging
from gui.views.pane_pictures import Picture, picture_of
from gui.views.steps.words import Unit, say_limit

PERCENTILE: Final = 99
"""Where a scale ends that no budget sets: a few values of a gradient are far larger than all others."""

MEAN: Final = "mean"
CHANNELS: Final = (MEAN, "red", "green", "blue")
"""What of a signed stage is shown: the mean of its channels, or one of them."""


@dataclass(frozen=True, eq=False)
class Drawn:
    """A stage, drawn.

    Attributes:
        picture: what the pane shows.
        unit: how its numbers are read.
        scale: the limit of its colours, as read; "" for pictures as they are.
        meaning: the same in a sentence.
    """

    picture: Picture
    unit: Unit
    scale: str = ""
    meaning: str = ""


def drawn(stage: StepStage, step: AttackStep, clean: Floats, channel: str) -> Drawn:
    """A stage as it is shown.

    Args:
        stage: which.
        step: of which step.
        clean: the clean picture, (H, W, C), from which pictures between start and end are shown as differences.
        channel: one of ``CHANNELS``.
    """
    if stage.kind in (StageKind.START, StageKind.END):
        return Drawn(picture_of(stage.values), Unit.of(stage.kind, 1.0))
    signed = stage.values - clean if stage.kind.is_picture else stage.values
    values = one_channel(signed, channel)
    limit, is_percentile = _limit_of(stage, step, values)
    unit = Unit.of(stage.kind, limit)
    said = say_limit(limit, unit)
    meaning = f"The colours reach as far as {said}"
    if is_percentile:
        return Drawn(_signed(values, limit), unit, said, f"{meaning}, where {PERCENTILE} % of the values lie.")
    return Drawn(_signed(values, limit), unit, said, f"{meaning}.")


def one_channel(values: Floats, channel: str) -> Floats:
    """(H, W) of (H, W, C): one channel, or the mean of all."""
    if channel == MEAN or values.shape[-1] != 3:
        mean: Floats = values.mean(-1, dtype=np.float32)
        return mean
    return values[..., CHANNELS.index(channel) - 1]


def _limit_of(stage: StepStage, step: AttackStep, values: Floats) -> tuple[float, bool]:
    """The end of the scale, and whether it is a percentile: ε, α or 1 where the norm sets it."""
    if step.norm is Norm.LINF:
        if stage.kind is StageKind.DIRECTION:
            return 1.0, False
        if stage.kind is StageKind.CHANGE and step.length > 0:
            return step.length, False
        if stage.kind.is_picture and step.epsilon > 0:
            return step.epsilon, False
    sizes = np.abs(values)
    return float(np.percentile(sizes, PERCENTILE)) or float(sizes.max(initial=0)) or 1.0, True


def _signed(values: Floats, limit: float) -> Picture:
    """Colours around grey; no numbers stand in the pixels, as those stand below."""
    packed: Packed = np.ascontiguousarray(diverging(values, limit))
    height, width = packed.shape
    image = QImage(packed.data, width, height, packed.strides[0], QImage.Format.Format_RGB32)
    return Picture(np.zeros((height, width, 0), np.float32), signed=True, packed=packed, image=image)
