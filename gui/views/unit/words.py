"""What the unit view says."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from engine.catalogue.samples import find_sample
from engine.inside import Form, Grown, Node, Patch, Patches, UnitCurve
from gui.views.scale_bar import say_value

EMPTY: Final = (
    "What a unit of the network answers to appears here: open a picture, choose a network, then a layer and a unit."
)
SEARCHING: Final = "Searching the open pictures …"
GROWING: Final = "Growing an image …"
REACHES: Final = "The strongest activation of the unit on this image, as below the patches"
COMPUTING: Final = "Computing the activation against ε …"


def title_of(image: str) -> str:
    """The name of a picture as read."""
    sample = find_sample(image)
    return Path(image).name if sample is None else sample.title


def say_unit(node: Node | None, unit: int, classes: Sequence[str]) -> str:
    """What is drawn of a unit; ``classes`` are those that its layer answers with, empty for any other layer."""
    if unit < len(classes):
        return f"unit {unit}, the score of {classes[unit]}"
    if node is None or node.form is Form.VECTOR:
        return f"unit {unit}"
    return f"unit {unit}, mean over its {'tokens' if node.form is Form.TOKENS else 'map'}"


def say_level(curve: UnitCurve, label: int, name: str) -> str:
    """What is typical of a class: ``typical for tabby: 0.412 (median of 3)``."""
    count = curve.level_counts[label]
    how = "one picture" if count == 1 else f"median of {count}"
    return f"typical for {name}: {say_value(curve.levels[label])} ({how})"


def say_no_level(*names: str) -> str:
    """Why there is no line for some classes."""
    return f"No other picture at hand is seen as {' or '.join(names)}: open some to see what is typical."


def say_searched(found: Patches) -> str:
    """How far the search has come: ``What excites it most · searched 12 of 38 pictures``."""
    done = f"searched all {found.total}" if found.done == found.total else f"searched {found.done} of {found.total}"
    if found.skipped:
        return f"{done.capitalize()} pictures, {len(found.skipped)} could not be opened"
    return f"What excites it most · {done} pictures"


def say_patch(patch: Patch) -> str:
    """One patch in full."""
    row, column = patch.place
    return (
        f"{title_of(patch.image)}: {say_value(patch.value)} at row {row}, column {column}. Click to open the picture."
    )


def say_grown(grown: Grown) -> str:
    """How far an image has grown."""
    return f"reaches {say_value(grown.value)}\nstep {grown.step} of {grown.steps}"
