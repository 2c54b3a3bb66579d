"""Which part of the picture a position of a feature map can see.

Exact arithmetic, call by call, along each axis (Araujo, Norris and Sim 2019, "Computing Receptive Fields of
Convolutional Neural Networks", Distill). A position i of a value sees the pixels from r₀ + i·s to r₀ + i·s + r. A
window of F with stride S, dilation D and padding P makes of it

    r ← r + D·(F − 1)·s        r₀ ← r₀ − P·s        s ← s·S

Where branches join, it is all that any of them sees. What a position sees is everything after a global pool, a dense
layer over places, attention, or a gate that was computed from them; that is ``None`` here, and so is what is not known.
Near the border, where padding stands for positions that a layer does not have, that is a bound from above; values that
padding repeats from within the picture (reflected, circular) are not followed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from typing import Final

from engine.inside import Receptive
from engine.network.layouts import permutation
from engine.network.recording import Call, Source
from engine.network.windows import Window, base_kind, padding_of, told, window_of

Field = tuple[Receptive, Receptive]
"""Vertical and horizontal."""

PICTURE: Final = (Receptive(size=1, stride=1, start=0),) * 2
"""What a pixel sees."""

_ALONE: Final = {
    *("add", "sub", "rsub", "mul", "div", "true_divide", "iadd", "isub", "imul", "itruediv", "pow", "rpow", "neg"),
    *("abs", "sqrt", "rsqrt", "square", "exp", "expm1", "log", "log1p", "sin", "cos", "erf", "reciprocal", "clamp"),
    *("clip", "clamp_min", "clamp_max", "maximum", "minimum", "where", "lerp", "addcmul", "addcdiv", "nan_to_num"),
    *("relu", "relu6", "leaky_relu", "prelu", "rrelu", "elu", "selu", "celu", "gelu", "silu", "mish", "glu"),
    *("sigmoid", "logsigmoid", "hardsigmoid", "hardswish", "hardtanh", "tanh", "tanhshrink", "softplus", "softsign"),
    *("softshrink", "hardshrink", "threshold", "round", "floor", "ceil", "trunc", "sign", "softmax", "log_softmax"),
    *("dropout", "alpha_dropout", "feature_alpha_dropout", "batch_norm", "layer_norm", "local_response_norm"),
    *("normalize", "linear", "max", "min", "amax", "amin", "mean", "sum", "std", "var", "norm", "cat", "concat"),
    *("concatenate", "chunk", "split", "tensor_split", "channel_shuffle", "native_channel_shuffle", "to", "float"),
    *("half", "double", "bfloat16", "type", "type_as", "contiguous", "clone", "cpu", "cuda"),
}
"""Calls in which a position depends on the same position alone, if all that they take and give is equally large.

A sum over places, or pieces put one below the other, give another size; those whose axis must be looked at are below.
"""
_AXIS: Final[Mapping[str, int]] = {"softmax": 1, "log_softmax": 1, "normalize": 1}
"""Along which axis they go if they are not told."""


def receptive_fields(calls: Sequence[Call], moved: frozenset[int], picture: Sequence[int]) -> dict[int, Field]:
    """What the positions of each call's output see, by the call's index; calls that see everything are missing.

    Args:
        calls: in the order in which they ran.
        moved: those whose channels are the last of four axes.
        picture: (N, C, H, W), the shape of the input.
    """
    walk = _Walk(calls, moved, picture)
    for call in calls:
        field = walk.field(call)
        if field is not None:
            walk.fields[call.index] = field
    del walk.fields[-1]
    return walk.fields


class _Walk:
    """From the picture to the answer.

    Attributes:
        fields: of the calls so far, and of the picture, -1.
    """

    def __init__(self, calls: Sequence[Call], moved: frozenset[int], picture: Sequence[int]) -> None:
        self.fields: dict[int, Field] = {-1: (PICTURE[0], PICTURE[1])}
        self._moved = moved
        self._shapes = {-1: (tuple(picture),)} | {each.index: each.shapes for each in calls}

    def field(self, call: Call) -> Field | None:
        """What the output's positions see; None for everything, and where it is not known."""
        if len(call.shapes[0]) < 4:
            return None
        fields = [self.fields.get(each.call) for each in call.sources]
        joined = reduce(_joined, fields)
        if joined is None:
            return None
        rule = _RULES.get(base_kind(call.kind), _Walk._stays)
        return rule(self, call, joined)

    def axes(self, source: Source) -> tuple[int, int]:
        """The vertical and the horizontal axis of a value."""
        ndim = len(self._shapes[source.call][source.output])
        return (1, 2) if ndim == 4 and source.call in self._moved else (ndim - 2, ndim - 1)

    def places(self, source: Source) -> tuple[int, int]:
        """Height and width of a value."""
        shape = self._shapes[source.call][source.output]
        vertical, horizontal = self.axes(source)
        return shape[vertical], shape[horizontal]

    def _stays(self, call: Call, field: Field) -> Field | None:
        return (
            field if base_kind(call.kind) in _ALONE and self._is_as_large(call) and self._leaves_places(call) else None
        )

    def _is_as_large(self, call: Call) -> bool:
        size = self.places(Source(call.index))
        return all(self.places(each) == size for each in call.sources)

    def _leaves_places(self, call: Call) -> bool:
        """Whether it goes along the channels only."""
        given, ndim = told(call), len(call.shapes[0])
        vertical_and_horizontal = self.axes(Source(call.index))
        if call.kind in _AXIS:
            axis = given.get("dim")
            return (_AXIS[call.kind] if axis is None else int(axis)) % ndim not in vertical_and_horizontal
        if call.kind == "linear":
            return ndim - 1 not in vertical_and_horizontal
        if call.kind == "layer_norm":
            return len(given["normalized_shape"]) == 1 and ndim - 1 not in vertical_and_horizontal
        return call.kind != "batch_norm" or not given.get("training", False)

    def _windowed(self, call: Call, field: Field) -> Field | None:
        window = window_of(call)
        if window is None or len(window.kernel) != 2 or self.axes(call.sources[0]) != (2, 3):
            return None
        return _through(field, window)

    def _pooled(self, call: Call, field: Field) -> Field | None:
        """An adaptive pool: of windows of one size, where it comes out even."""
        before, after = self.places(call.sources[0]), self.places(Source(call.index))
        if after == (1, 1) or any(a % b for a, b in zip(before, after, strict=True)):
            return field if before == after else None
        size = tuple(a // b for a, b in zip(before, after, strict=True))
        return _through(field, Window(size, stride=size, before=(0, 0), after=(0, 0), dilation=(1, 1)))

    def _padded(self, call: Call, field: Field) -> Field | None:
        if self.axes(Source(call.index)) != (2, 3):
            return field if self._is_as_large(call) else None
        padding = padding_of(call)
        return None if padding is None else _moved_by(field, [-each for each in padding[0]])

    def _turned(self, call: Call, field: Field) -> Field | None:
        """A permutation, as long as the places stay in their order."""
        source, result = self.axes(call.sources[0]), self.axes(Source(call.index))
        order = permutation(call, len(call.shapes[0]))
        return field if order is not None and tuple(order[each] for each in result) == source else None

    def _reshaped(self, call: Call, field: Field) -> Field | None:
        """Channels that are counted otherwise, in front of places that stay."""
        ndim, before = len(call.shapes[0]), len(self._shapes[call.sources[0].call][call.sources[0].output])
        at_the_end = self.axes(call.sources[0]) == (before - 2, before - 1)
        stays = at_the_end and self.axes(Source(call.index)) == (ndim - 2, ndim - 1) and self._is_as_large(call)
        return field if stays else None

    def _sliced(self, call: Call, field: Field) -> Field | None:
        """A part of it, ``x[:, :, 1:-1, ::2]``."""
        ndim = len(call.shapes[0])
        slices = _slices(call.arguments[1], ndim)
        if slices is None or len(self._shapes[call.sources[0].call][call.sources[0].output]) != ndim:
            return None
        places = zip(self.axes(call.sources[0]), self.places(call.sources[0]), field, strict=True)
        vertical, horizontal = (_part(one, slices[axis].indices(size)) for axis, size, one in places)
        return vertical, horizontal


_RULES: Final[Mapping[str, Callable[[_Walk, Call, Field], Field | None]]] = {
    "conv": _Walk._windowed,
    "max_pool": _Walk._windowed,
    "avg_pool": _Walk._windowed,
    "lp_pool": _Walk._windowed,
    "adaptive_avg_pool": _Walk._pooled,
    "adaptive_max_pool": _Walk._pooled,
    "pad": _Walk._padded,
    "permute": _Walk._turned,
    "transpose": _Walk._turned,
    "swapaxes": _Walk._turned,
    "view": _Walk._reshaped,
    "reshape": _Walk._reshaped,
    "getitem": _Walk._sliced,
}


def _joined(one: Field | None, other: Field | None) -> Field | None:
    """All that either sees; None where one sees everything, or they do not keep step."""
    if one is None or other is None:
        return None
    if any(a.stride != b.stride for a, b in zip(one, other, strict=True)):
        return None
    vertical, horizontal = (_hull(a, b) for a, b in zip(one, other, strict=True))
    return vertical, horizontal


def _hull(one: Receptive, other: Receptive) -> Receptive:
    start = min(one.start, other.start)
    return Receptive(max(one.start + one.size, other.start + other.size) - start, one.stride, start)


def _through(field: Field, window: Window) -> Field:
    vertical, horizontal = (
        Receptive(
            size=one.size + dilation * (kernel - 1) * one.stride,
            stride=one.stride * stride,
            start=one.start - before * one.stride,
        )
        for one, kernel, stride, before, dilation in zip(
            field, window.kernel, window.stride, window.before, window.dilation, strict=True
        )
    )
    return vertical, horizontal


def _moved_by(field: Field, places: Sequence[int]) -> Field:
    vertical, horizontal = (
        Receptive(one.size, one.stride, one.start + by * one.stride) for one, by in zip(field, places, strict=True)
    )
    return vertical, horizontal


def _slices(index: object, ndim: int) -> list[slice] | None:
    """One slice an axis, from what stands between the brackets; None if that picks places in another way."""
    given = list(index) if isinstance(index, tuple) else [index]
    if Ellipsis in given[:-1]:
        place = given.index(Ellipsis)
        given[place : place + 1] = [slice(None)] * (ndim - len(given) + 1)
    slices = [each for each in given if isinstance(each, slice)]
    return slices + [slice(None)] * (ndim - len(slices)) if len(slices) == len(given) else None


def _part(one: Receptive, part: tuple[int, int, int]) -> Receptive:
    start, _, step = part
    return Receptive(one.size, one.stride * step, one.start + start * one.stride)
