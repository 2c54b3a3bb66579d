"""What is said of filters: of a layer, of one filter, and of a number in it."""

from __future__ import annotations

import numpy as np

from gui.views.filters.kernels import Kernels, Scale, Show
from gui.views.graph.words import say_shape
from gui.views.scale_bar import say_value

_STRONGEST = 4
"""So many inputs of a row of numbers are named."""


_DRAWN = {Show.NORM: "norm over channels", Show.COLOUR: "red, green, blue"}
"""What the numbers of a position are."""


def say_layer(kernels: Kernels, shown: int) -> str:
    """How many filters there are, and how many of them are drawn."""
    shape = kernels.filters.weights.shape[1:] if kernels.maps is None else kernels.maps.shape[1:]
    noun = "filters" if kernels.filters.weights.ndim == 4 else "units"
    said = f"{kernels.count} {noun} of {say_shape(shape)} weights"
    groups = kernels.filters.groups
    if groups > 1:
        said += f" in {groups} groups"
    return said if shown == kernels.count else f"{said}; there is room for the first {shown}"


def say_scale(kernels: Kernels, scale: Scale, show: Show | None, unit: int) -> str:
    """What the colours are those of."""
    of = {
        Scale.FILTER: f"filter {unit}; each filter has a scale of its own",
        Scale.LAYER: "the whole layer",
        Scale.NETWORK: "the network's largest weight in layers of this kind",
    }[scale]
    if show is Show.NORM and kernels.maps is not None:
        return f"‖w‖ over {kernels.maps.shape[1]} input channels; {of}"
    return of


def say_colours(limit: float, scale: Scale, unit: int) -> str:
    """How to read a picture of weights."""
    of = {Scale.FILTER: f"filter {unit}", Scale.LAYER: "the whole layer", Scale.NETWORK: "the network"}[scale]
    return f"0 is mid-grey, ±{say_value(limit)} the ends ({of})"


COLOURS_HELP = (
    "The weights of red, green and blue are one colour: a channel is mid-grey where its weight is 0, "
    "full at the positive end of the scale and dark at the negative one"
)


def input_channel(kernels: Kernels, unit: int, channel: int) -> int:
    """Which channel of the layer's input a channel of a filter is: every group sees its own."""
    group = unit * kernels.filters.groups // kernels.count
    return group * int(kernels.filters.weights.shape[1]) + channel


def say_number(kernels: Kernels, show: Show | None, channel: int, unit: int, place: tuple[int, int]) -> str:
    """A number of a filter, by row and column: ``filter 12, row 3, column 5: 0.12``."""
    row, column = place
    if kernels.maps is None:
        return f"unit {unit}, input {column}: {say_value(float(kernels.rows[unit, column]))}"
    where = f"filter {unit}, row {row}, column {column}: "
    if show is Show.NORM:
        return f"{where}‖w‖ {say_value(float(kernels.position_norms[unit, row, column]))}"
    values = [say_value(float(each)) for each in kernels.maps[unit, :, row, column]]
    if show is Show.COLOUR:
        red, green, blue = values
        return f"{where}red {red}, green {green}, blue {blue}"
    return where + values[channel]


def say_filter(kernels: Kernels, show: Show | None, channel: int, unit: int) -> tuple[str, ...]:
    """What is to be known of one filter, a line each."""
    lines = [f"‖w‖ {say_value(float(kernels.norms[unit]))}", f"largest |w| {say_value(float(kernels.limits[unit]))}"]
    if show is Show.CHANNEL and kernels.filters.weights.ndim == 4:
        lines.insert(0, f"input channel {input_channel(kernels, unit, channel)}")
    if show in _DRAWN:
        lines.insert(0, _DRAWN[show])
    known = (("mean |activation|", kernels.filters.strength), ("mean |change|", kernels.filters.change))
    lines += [f"{name} {say_value(float(values[unit]))}" for name, values in known if values is not None]
    return (*lines, *(() if kernels.maps is not None else _strongest(kernels, unit)))


def _strongest(kernels: Kernels, unit: int) -> list[str]:
    row = kernels.rows[unit]
    first = np.argsort(-np.abs(np.nan_to_num(row)), kind="stable")[:_STRONGEST]
    return ["largest weights:", *(f"  input {each}: {say_value(float(row[each]))}" for each in first.tolist())]
