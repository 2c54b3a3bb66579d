"""What is seen inside the network: plain numpy and numbers, never a tensor; a part of a frame.

Names of layers are those of ``Architecture.nodes``. "Clean" is the run on the clean picture, "attacked" the run on the
perturbed one; arrays of the two have the same shape.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.inside.architecture import Architecture, Form, Group, Node, Receptive
from engine.inside.gradients import Causes, Factors, GradientWalk, SaliencyMaps
from engine.inside.layers import (
    Activations,
    Anatomy,
    Companion,
    Divergence,
    Filters,
    Grown,
    Patch,
    Patches,
    UnitCurve,
)
from engine.inside.stepping import AttackStep, Lamp, Masking, MaskingCheck, StageKind, StepStage

__all__ = [
    "NOTHING",
    "Activations",
    "Anatomy",
    "Architecture",
    "AttackStep",
    "Causes",
    "Companion",
    "Divergence",
    "Factors",
    "Filters",
    "Form",
    "GradientWalk",
    "Group",
    "Grown",
    "Inside",
    "Lamp",
    "Masking",
    "MaskingCheck",
    "Node",
    "Patch",
    "Patches",
    "Receptive",
    "SaliencyMaps",
    "StageKind",
    "StepStage",
    "UnitCurve",
]


@dataclass(frozen=True, eq=False)
class Inside:
    """All that is known so far of what is looked at; a field is None until it is known, or where nobody asked.

    Attributes:
        layer, unit: what is selected, also where the engine chose; "" and None until known.
    """

    layer: str = ""
    unit: int | None = None
    architecture: Architecture | None = None
    activations: Activations | None = None
    divergence: Divergence | None = None
    filters: Filters | None = None
    anatomy: Anatomy | None = None
    unit_curve: UnitCurve | None = None
    patches: Patches | None = None
    grown: Grown | None = None
    companion: Companion | None = None
    saliency: SaliencyMaps | None = None
    gradients: GradientWalk | None = None
    causes: Causes | None = None
    step: AttackStep | None = None
    masking: Masking | None = None
    notes: tuple[str, ...] = ()


NOTHING = Inside()
"""Where nobody looks inside."""
