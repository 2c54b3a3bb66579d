"""What is said of a layer's settings and of the size of its output: ``3×3, stride 2, padding 1``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from engine.network.costs import ShapeOf, weight_matrix
from engine.network.formulas import Counted, thousands, transposed_size, window_size
from engine.network.layouts import permutation
from engine.network.recording import Call, Source
from engine.network.windows import Window, base_kind, is_transposed, padded, padding_of, per_axis, told, window_of

_AXES: Final[Mapping[int, tuple[str, ...]]] = {1: ("",), 2: (" high", " wide"), 3: (" deep", " high", " wide")}


def settings_of(steps: Sequence[Call], shape_of: ShapeOf) -> str:
    """The settings of a layer or operation, "" where there is nothing to be said.

    Args:
        steps: its calls, in order.
        shape_of: gives the shape of their arguments.
    """
    found = [said for each in steps if (said := _said_of(each, steps, shape_of))]
    return found[0] if len(found) == 1 else ""


def size_of(steps: Sequence[Call], shape_of: ShapeOf) -> str:
    """How the size of a convolution's or pool's output comes about; "" of all others, or of several together."""
    windowed = [each for each in steps if is_transposed(each) or window_of(each) is not None]
    if len(windowed) != 1:
        return ""
    call = windowed[0]
    sizes = _transposed_sizes(call, shape_of) if is_transposed(call) else _window_sizes(call, steps, shape_of)
    if tuple(each.number for each in sizes) != call.shapes[0][2:]:
        return ""
    if len({each.formula for each in sizes}) == 1:
        return str(sizes[0])
    return ", ".join(f"{each}{axis}" for each, axis in zip(sizes, _AXES[len(sizes)], strict=True))


def _window_sizes(call: Call, steps: Sequence[Call], shape_of: ShapeOf) -> list[Counted]:
    window, source = _with_padding(call, steps)
    sizes = shape_of(source)[-len(window.kernel) :]
    return [
        window_size(size, kernel, stride=stride, before=before, after=after, dilation=dilation, ceil=window.ceil)
        for size, kernel, stride, before, after, dilation in zip(
            sizes, window.kernel, window.stride, window.before, window.after, window.dilation, strict=True
        )
    ]


def _with_padding(call: Call, steps: Sequence[Call]) -> tuple[Window, Any]:
    """A layer's window, with the padding that the layer does in a step of its own before; and what it takes."""
    window, source = window_of(call), told(call)["input"]
    assert window is not None  # noqa: S101 - only asked of calls that have one
    for each in steps:
        padding = padding_of(each) if source == Source(each.index) else None
        if padding is not None:
            return padded(window, padding), each.arguments[0]
    return window, source


def _mode_of_padding(call: Call, steps: Sequence[Call]) -> str:
    """How a layer pads that does not pad with zeros: ``reflect``, ``replicate``, ``circular``; else ""."""
    source = told(call)["input"]
    modes = [str(told(each).get("mode", "constant")) for each in steps if source == Source(each.index)]
    return modes[0] if modes and modes[0] != "constant" else ""


def _transposed_sizes(call: Call, shape_of: ShapeOf) -> list[Counted]:
    given = told(call)
    kernel = shape_of(given["weight"])[2:]
    axes = len(kernel)
    stride, padding, extra, dilation = (
        per_axis(given.get(name, default), axes)
        for name, default in (("stride", 1), ("padding", 0), ("output_padding", 0), ("dilation", 1))
    )
    sizes = shape_of(given["input"])[-axes:]
    return [
        transposed_size(size, f, stride=s, padding=p, extra=e, dilation=d)
        for size, f, s, p, e, d in zip(sizes, kernel, stride, padding, extra, dilation, strict=True)
    ]


def _said_of(call: Call, steps: Sequence[Call], shape_of: ShapeOf) -> str:
    if is_transposed(call):
        return _say_transposed(told(call), shape_of)
    if window_of(call) is not None:
        mode = _mode_of_padding(call, steps)
        return _say_window(_with_padding(call, steps)[0]) + (f", {mode}" if mode else "")
    order = permutation(call, len(call.shapes[0]))
    if order is not None:
        return "axes " + " ".join(map(str, order)) if len(steps) == 1 else ""
    if call.kind.startswith("adaptive_"):
        return "to " + "×".join(map(str, call.shapes[0][2:]))
    rule = _RULES.get(base_kind(call.kind))
    return "" if rule is None else rule(told(call), shape_of)


def _say_window(window: Window) -> str:
    said = [_by_axis(window.kernel, always=True)]
    if any(each != 1 for each in window.stride):
        said.append(f"stride {_by_axis(window.stride)}")
    if window.before != window.after:
        said.append(f"padding {_by_axis(window.before)} before and {_by_axis(window.after)} after")
    elif any(window.before):
        said.append(f"padding {_by_axis(window.before)}")
    if any(each != 1 for each in window.dilation):
        said.append(f"dilation {_by_axis(window.dilation)}")
    if window.groups > 1:
        said.append(f"{window.groups} groups")
    if window.ceil:
        said.append("rounded up")
    return ", ".join(said)


def _say_transposed(given: Mapping[str, Any], shape_of: ShapeOf) -> str:
    kernel = shape_of(given["weight"])[2:]
    stride = per_axis(given.get("stride", 1), len(kernel))
    padding = per_axis(given.get("padding", 0), len(kernel))
    even = Window(kernel, stride, padding, padding, per_axis(given.get("dilation", 1), len(kernel)))
    return f"{_say_window(even)}, transposed"


def _by_axis(values: Sequence[int], *, always: bool = False) -> str:
    """``2`` for all axes, or ``1×2``."""
    return str(values[0]) if len(set(values)) == 1 and not always else "×".join(map(str, values))


def _say_dense(given: Mapping[str, Any], shape_of: ShapeOf) -> str:
    outputs, inputs = weight_matrix(shape_of(given["weight"]))
    return f"{thousands(inputs)} → {thousands(outputs)}"


def _say_heads(given: Mapping[str, Any], shape_of: ShapeOf) -> str:
    heads = int(given["num_heads"])
    return f"{heads} heads of {shape_of(given['query'])[-1] // heads}" if heads > 1 else "1 head"


def _say_joined(given: Mapping[str, Any], shape_of: ShapeOf) -> str:
    """What is put side by side along one axis."""
    tensors = given.get("tensors", ())
    shapes = [shape_of(each) for each in tensors]
    axis = given.get("dim", 0)
    return " + ".join(str(each[axis]) for each in shapes) if isinstance(axis, int) else ""


_RULES: Final[Mapping[str, Callable[[Mapping[str, Any], ShapeOf], str]]] = {
    "linear": _say_dense,
    "multi_head_attention_forward": _say_heads,
    "cat": _say_joined,
    "group_norm": lambda given, _shape_of: f"{given['num_groups']} groups",
    "leaky_relu": lambda given, _shape_of: f"slope {given.get('negative_slope', 0.01):g}",
    "dropout": lambda _given, _shape_of: "at rest outside training",
}
