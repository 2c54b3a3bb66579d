"""What the causal check says."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from engine.answers import Prediction
from engine.inside import Architecture, Causes
from engine.look import Edit, Intervention
from engine.wording import say_percent

EMPTY: Final = "Which layer carries the attack appears here: open a picture, choose a network and an attack."
COMPUTING: Final = "Trying which layer carries the attack …"
LOOKING: Final = "Trying the layers one after the other …"
RESTORED: Final = "the clean activation put back into the attacked run restores so much of the lost margin"
IMPLANTED: Final = "the attacked activation put into the clean run loses so much of it"
MEANING: Final = (
    "The margin is the logit of the clean answer less that of the attacked one (of the runner-up if both are the "
    "same).\n"
    "Restored: (m′ − m of the attacked run) / (m of the clean run − m of the attacked run). Lost: the reverse.\n"
    "Pale: all that follows is computed from this layer alone, so that it carries everything in any case."
)
_TRIVIAL: Final = 0.05
"""A layer that everything passes through restores all, but for what is rounded off."""
NO_EDITS: Final = "No edits yet: choose a layer and what is done to it, above."


def say_share(share: float) -> str:
    """A share in per cent, also beyond 0 and 100: ``92 %``, ``−4.1 %``, ``not a number``."""
    if not math.isfinite(share):
        return "not a number"
    percent = 100 * share
    said = f"{percent:.1f}".removesuffix(".0") if abs(percent) < 9.95 else f"{percent:.0f}"
    return f"{said.replace('-', '−') if float(said) else '0'} %"


def say_layer(found: Causes, place: int, *, is_alone: bool, telling: int | None) -> str:
    """What one layer carries, in a sentence.

    Args:
        found: the shares.
        place: of the layer.
        is_alone: whether no way leads around it, so that its shares tell nothing.
        telling: the place of the layer that tells most; it is named in the place of shares that tell nothing.
    """
    name = found.layers[place]
    restored, implanted = (float(each[place]) for each in (found.restored, found.implanted) if each is not None)
    if math.isnan(restored):
        return f"{name} has not been tried yet." if found.done < found.total else f"{name} cannot be exchanged."
    if is_alone and abs(restored - 1) < _TRIVIAL:
        return f"No way leads around {name}: it carries the whole attack in any case. {say_telling(found, telling)}"
    return (
        f"{name}: its clean values restore {say_share(restored)} of the lost margin, "
        f"its attacked values lose {say_share(implanted)}."
    )


def say_telling(found: Causes, telling: int | None) -> str:
    """Which layer tells most of those that can be passed by."""
    if telling is None or found.restored is None:
        return "Single units, or edits, tell more." if found.done >= found.total else ""
    return f"Of the others most: {found.layers[telling]}, {say_share(float(found.restored[telling]))}."


def most_telling(found: Causes, is_alone: Sequence[bool]) -> int | None:
    """The place of the layer that restores most of those that a way leads around; None where there is none."""
    shares = [] if found.restored is None else found.restored.tolist()
    known = [
        place
        for place, (share, trivial) in enumerate(zip(shares, is_alone, strict=True))
        if not trivial and not math.isnan(share)
    ]
    return max(known, key=shares.__getitem__, default=None)


def say_unit(found: Causes, unit: int, share: float) -> str:
    """What one unit carries, in a sentence."""
    return f"Unit {unit} of {found.unit_layer}: its clean values alone restore {say_share(share)} of the lost margin."


def say_progress(found: Causes) -> str:
    """How far the work has come; "" when it is done."""
    return "" if found.done >= found.total else f"tried {found.done} of {found.total}"


def say_edit(edit: Edit) -> str:
    """An edit as it stands in the list: ``muted: unit 12 of layer1.0.conv1``."""
    where = edit.layer if edit.unit is None else f"unit {edit.unit} of {edit.layer}"
    if edit.kind is Intervention.RESTORE:
        return f"clean put back: {where}"
    if edit.kind is Intervention.IMPLANT:
        return f"attacked put in: {where}"
    return f"{say_factor(edit.factor)}: {where}"


def say_resting(edits: Sequence[Edit]) -> str:
    """Why edits do nothing: ``This network lacks what is edited (conv1) …``."""
    layers = list(dict.fromkeys(each.layer for each in edits))
    named = layers[0] if len(layers) == 1 else f"{layers[0]} and {len(layers) - 1} more"
    return f"This network lacks what is edited ({named}): the edits rest until a network has it."


def say_factor(factor: float) -> str:
    """What a number is multiplied by: ``× 0.50``, ``muted``."""
    return "muted" if factor == 0 else f"× {factor:.2f}".replace("-", "−")


def say_verdict(before: Prediction, after: Prediction, edited: Prediction, names: Sequence[str]) -> str:
    """What the attacked picture is seen as with the edits."""
    label = edited.label
    seen = f"{names[label]} {say_percent(float(edited.probabilities[label]))}"
    if label == after.label:
        return f"With the edits the attacked picture is still seen as {seen}."
    again = " again" if label == before.label else ""
    return f"With the edits the attacked picture is seen as {seen}{again}."


def alone(graph: Architecture | None, layers: Sequence[str]) -> tuple[bool, ...]:
    """For each layer, whether all that follows is computed from it alone: no connection leads past it."""
    if graph is None:
        return (False,) * len(layers)
    earliest = math.inf  # of what the nodes that follow take
    free: dict[str, bool] = {}
    for place in range(len(graph.nodes) - 1, -1, -1):
        node = graph.nodes[place]
        free[node.name] = earliest >= place
        if node.shape:  # a layer at rest takes nothing
            earliest = min(earliest, *node.inputs, math.inf) if node.inputs else -1
    return tuple(free.get(each, False) for each in layers)
