"""What is said of a layer's numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from engine.frame import Frame
from engine.inside import Form, Node
from engine.request import Request
from gui.session import Side
from gui.views.activations.units import Places, Units
from gui.views.scale_bar import say_value

EMPTY: Final = "The feature maps of a layer appear here as soon as there is a picture and a network."
COMPUTING: Final = "Watching the layer …"


def say_nothing(frame: Frame | None, request: Request, node: Node | None = None) -> str:
    """Why nothing is shown, and what to do."""
    if frame is None or frame.before is None:
        return EMPTY
    if node is not None and node.form is None:
        size = " × ".join(map(str, node.shape)) or "one number"
        return (
            f"{node.name} gives {size}: neither feature maps, nor a vector, nor tokens, so there is no picture of it. "
            "Choose the layer before or after it."
        )
    if frame.inside.notes:
        return " ".join(frame.inside.notes)
    return f"Watching {request.look.layer} …" if request.look.layer else COMPUTING


def say_layer(units: Units, order: Places, silent: int = 0) -> str:
    """What is shown: ``64 maps of 56 × 56 · 3 dead: zero everywhere in both runs``."""
    runs = "both runs" if units.attacked is not None else "the clean run"
    return _say_shape(units, order) + (f" · {silent} dead: zero everywhere in {runs}" if silent else "")


def _say_shape(units: Units, order: Places) -> str:
    height, width = units.clean.shape[1:]
    what = units.noun if units.count == 1 else f"{units.noun}s"
    if units.is_matrix:
        return f"{height} tokens (rows) of {width} units (columns), no square of patches"
    count = f"{units.count} {what}" if len(order) == units.count else f"{len(order)} of {units.count} {what}"
    match units.form:
        case Form.VECTOR:
            return count
        case Form.TOKENS:
            aside = "; the first token belongs to no patch" if units.aside_clean is not None else ""
            return f"{count} over {height} × {width} patches{aside}"
        case Form.MAPS:
            return f"{count} of {height} × {width}"


def say_bars(low: float, high: float) -> str:
    """How far the bars of a vector reach."""
    return f"bars reach from {say_value(low)} to {say_value(high)}"


def say_cell(
    units: Units,
    place: int,
    row: int,
    column: int,
    names: Sequence[str] | None = None,
    runs: tuple[str, str] = ("clean", "attacked"),
) -> str:
    """One number in both runs: ``map 12 of 96, row 3, column 5: clean 0.41, attacked 0.02, difference −0.39``."""
    unit = column if units.is_matrix else place
    name = f"{units.noun} {units.numbers[unit]} of {units.count}"
    if names is not None and names[unit] != f"{units.noun} {units.numbers[unit]}":
        name = f"{name} ({names[unit]})"
    values = [float(each[place, row, column]) for each in (units.clean, units.attacked) if each is not None]
    said = f"{name}{_where(units, row, column)}: {_say_runs(runs, values)}"
    if units.aside_clean is not None and not units.is_matrix:
        aside = [float(each[place]) for each in (units.aside_clean, units.aside_attacked) if each is not None]
        said += f" · first token: {_say_runs(runs, aside)}"
    return said


def _where(units: Units, row: int, column: int) -> str:
    match units.form:
        case Form.VECTOR:
            return ""
        case Form.TOKENS if units.is_matrix:
            return f", token {row}"
        case Form.TOKENS:
            return f", patch in row {row}, column {column}"
        case Form.MAPS:
            return f", row {row}, column {column}"


def _say_runs(runs: tuple[str, str], values: list[float]) -> str:
    said = [f"{name} {say_value(each)}" for name, each in zip(runs, values, strict=False)]
    if len(values) > 1:
        change = values[1] - values[0]
        said.append(f"difference {'+' if change > 0 else ''}{say_value(change)}")
    return ", ".join(said)


def say_scale(of: str, side: Side, *, has_both: bool) -> str:
    """What a scale of colours is that of."""
    if side is Side.DIFFERENCE:
        return f"attacked − clean, {of}"
    return f"{of}, clean and attacked" if has_both else of
