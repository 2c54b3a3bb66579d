"""What a call of a torch function was told, in the words of an ``Anatomy``."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from torch import Tensor

from engine.answers import Floats
from engine.inside import Anatomy
from engine.network.recording import Call, Source

_NONE: Final[Floats] = np.zeros(0, np.float32)
_PARAMETERS: Final[Mapping[str, str]] = {
    "conv2d": "input weight bias stride padding dilation groups",
    "linear": "input weight bias",
    "batch_norm": "input running_mean running_var weight bias training momentum eps",
    "max_pool2d": "input kernel_size stride padding dilation ceil_mode return_indices",
    "avg_pool2d": "input kernel_size stride padding ceil_mode count_include_pad divisor_override",
    "adaptive_avg_pool2d": "input output_size",
    "adaptive_max_pool2d": "input output_size return_indices",
    "mean": "input dim keepdim",
    "softmax": "input dim",
    "pad": "input pad mode value",
    "hardtanh": "input min_val max_val inplace",
    "clamp": "input min max",
    "leaky_relu": "input negative_slope inplace",
    "elu": "input alpha inplace",
    "gelu": "input approximate",
    "softplus": "input beta threshold",
}
"""What the positional arguments of a call are called, by its kind."""
_PLAIN: Final = frozenset(
    {"relu", "relu6", "sigmoid", "tanh", "silu", "hardswish", "hardsigmoid", "selu", "mish"},
)
"""Activations that nothing can be set of."""
_PADDING_MODES: Final = {
    "constant": "zeros",
    "reflect": "reflect",
    "replicate": "replicate",
    "circular": "circular",
}


def statistics_of(call: Call) -> Anatomy | None:
    """A batch norm that goes by the statistics of its training; no arrays in and out."""
    told = told_by(call)
    if call.kind != "batch_norm" or told.get("training") or told.get("running_mean") is None:
        return None
    if any(isinstance(told.get(each), Source) for each in ("running_mean", "running_var", "weight", "bias")):
        return None  # it depends on the picture
    return Anatomy(
        layer="",
        kind="batch norm",
        clean_in=_NONE,
        clean_out=_NONE,
        weight=perhaps_floats(told.get("weight")),
        bias=perhaps_floats(told.get("bias")),
        mean=floats(told["running_mean"]),
        variance=floats(told["running_var"]),
        eps=float(told.get("eps", 1e-5)),
    )


def function_of(call: Call) -> dict[str, Any] | None:
    """What ``Anatomy`` says of an activation; None for what is none."""
    kind, told = call.kind, told_by(call)
    if kind in _PLAIN:
        return {"function": kind}
    if kind == "leaky_relu":
        return {"function": kind, "slope": float(told.get("negative_slope", 0.01))}
    if kind == "elu":
        return {"function": kind, "slope": float(told.get("alpha", 1.0))}
    if kind == "gelu":
        return {"function": "gelu" if told.get("approximate", "none") == "none" else "gelu_tanh"}
    if kind == "softplus" and told.get("beta", 1) == 1 and told.get("threshold", 20) >= 20:
        return {"function": kind}
    return _clamp(*_limits(kind, told)) if kind in {"hardtanh", "clamp"} else None


def _limits(kind: str, told: Mapping[str, Any]) -> tuple[object, object]:
    """Between which a number may lie; a clamp may have one limit alone."""
    if kind == "hardtanh":
        return told.get("min_val", -1.0), told.get("max_val", 1.0)
    low, high = told.get("min"), told.get("max")
    return -math.inf if low is None else low, math.inf if high is None else high


def _clamp(low: object, high: object) -> dict[str, Any] | None:
    if not isinstance(low, int | float) or not isinstance(high, int | float):
        return None
    if low == 0 and high in {6, math.inf}:
        return {"function": "relu6" if high == 6 else "relu"}
    return {"function": "hardtanh", "bounds": (float(low), float(high))}


def told_by(call: Call) -> dict[str, Any]:
    """What the call was told, by name; what it was not told is not there."""
    names = _PARAMETERS.get(call.kind, "input").split()
    return dict(zip(names, call.arguments, strict=False)) | dict(call.keywords)


def pair(value: Any) -> tuple[int, int]:
    """One number for both axes, or vertical and horizontal, as torch takes them."""
    numbers = [value] if isinstance(value, int) else list(value)
    return int(numbers[0]), int(numbers[-1])


def padding_of(said: Any, weight: Tensor, dilation: tuple[int, int]) -> tuple[int, int]:
    """Vertical and horizontal padding; none where "same" is not the same on both sides."""
    if said == "valid":
        return 0, 0
    if said != "same":
        return pair(said)
    down, across = _spans(weight, dilation)
    return (0, 0) if down % 2 or across % 2 else (down // 2, across // 2)


def uneven_padding(said: Any, weight: Tensor, dilation: tuple[int, int]) -> tuple[int, int, int, int] | None:
    """Above, below, left and right, where "same" is not the same on both sides: the odd one goes below and right."""
    down, across = _spans(weight, dilation)
    if said != "same" or not (down % 2 or across % 2):
        return None
    return down // 2, down - down // 2, across // 2, across - across // 2


def pad_unevenly(maps: Floats, around: tuple[int, int, int, int]) -> Floats:
    """(C, H, W) with zeros above, below, left and right."""
    above, below, left, right = around
    return np.pad(maps, ((0, 0), (above, below), (left, right)))


def through_padding(source: Source, before: Call) -> tuple[Source, tuple[int, int], str]:
    """The input, padding and mode of a convolution that pads by a call of its own; as it is where that is uneven."""
    told = told_by(before)
    amounts: list[int] = [*told["pad"], 0, 0, 0]
    left, right, above, below, *rest = amounts
    mode = _PADDING_MODES.get(told.get("mode", "constant"))
    is_even = left == right and above == below and not any(rest) and not told.get("value")
    if mode is None or not is_even or not isinstance(told["input"], Source):
        return source, (0, 0), "zeros"
    return told["input"], (above, left), mode


def floats(tensor: Tensor) -> Floats:
    """As numbers, which are not copied where they need not be."""
    found: Floats = tensor.detach().float().cpu().numpy()
    return found


def perhaps_floats(tensor: Tensor | None) -> Floats | None:
    """The same, of what may not be there."""
    return None if tensor is None else floats(tensor)


def _spans(weight: Tensor, dilation: tuple[int, int]) -> tuple[int, int]:
    """By how much a kernel is larger than one number, vertically and horizontally."""
    return dilation[0] * (weight.shape[2] - 1), dilation[1] * (weight.shape[3] - 1)
