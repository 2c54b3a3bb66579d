"""How a recorded call moves its window: kernel, stride, padding and dilation of convolutions and pools."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from torch import Tensor

from engine.network.recording import Call

_ORDER: Final[Mapping[str, tuple[str, ...]]] = {
    "conv": ("input", "weight", "bias", "stride", "padding", "dilation", "groups"),
    "conv_transpose": ("input", "weight", "bias", "stride", "padding", "output_padding", "groups", "dilation"),
    "max_pool": ("input", "kernel_size", "stride", "padding", "dilation", "ceil_mode"),
    "avg_pool": ("input", "kernel_size", "stride", "padding", "ceil_mode"),
    "lp_pool": ("input", "norm_type", "kernel_size", "stride", "ceil_mode"),
    "linear": ("input", "weight", "bias"),
    "batch_norm": ("input", "running_mean", "running_var", "weight", "bias", "training"),
    "layer_norm": ("input", "normalized_shape", "weight", "bias"),
    "group_norm": ("input", "num_groups", "weight", "bias"),
    "instance_norm": ("input", "running_mean", "running_var", "weight", "bias", "use_input_stats"),
    "pad": ("input", "pad", "mode", "value"),
    "softmax": ("input", "dim"),
    "log_softmax": ("input", "dim"),
    "normalize": ("input", "p", "dim"),
    "cat": ("tensors", "dim"),
    "leaky_relu": ("input", "negative_slope"),
    "einsum": ("equation",),
    "scaled_dot_product_attention": ("query", "key", "value"),
    "multi_head_attention_forward": (
        *("query", "key", "value", "embed_dim_to_check", "num_heads", "in_proj_weight", "in_proj_bias", "bias_k"),
        *("bias_v", "add_zero_attn", "dropout_p", "out_proj_weight", "out_proj_bias"),
    ),
}
"""The names of the arguments of calls, in their order, as far as they are wanted."""

_DIMENSIONS: Final = ("1d", "2d", "3d")


@dataclass(frozen=True, slots=True)
class Window:
    """How a window moves over the input, along each of its spatial axes.

    Attributes:
        kernel: its size.
        stride: from one position to the next.
        before, after: padding at the start and at the end of each axis.
        dilation: from one element to the next.
        ceil: whether the last position may hang over the end.
        groups: of a convolution.
    """

    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    before: tuple[int, ...]
    after: tuple[int, ...]
    dilation: tuple[int, ...]
    ceil: bool = False
    groups: int = 1


def base_kind(kind: str) -> str:
    """What a call does, whatever its number of axes: ``conv`` of ``conv2d``."""
    return kind.removesuffix("_with_indices").removesuffix("1d").removesuffix("2d").removesuffix("3d")


def told(call: Call) -> dict[str, Any]:
    """What a call was told, by name, as far as its names are known."""
    return dict(zip(_ORDER.get(base_kind(call.kind), ()), call.arguments, strict=False)) | dict(call.keywords)


def is_transposed(call: Call) -> bool:
    """Whether it is a transposed convolution."""
    return call.kind.startswith("conv_transpose")


def window_of(call: Call) -> Window | None:
    """The window of a convolution (not a transposed one) or of a pool; None of all others."""
    base, given = base_kind(call.kind), told(call)
    if base == "conv" and isinstance(given.get("weight"), Tensor):
        return _of_convolution(given)
    if base in {"max_pool", "avg_pool", "lp_pool"} and call.kind.removesuffix("_with_indices").endswith(_DIMENSIONS):
        return _of_pool(given, len(call.shapes[0]) - 2)
    return None


def padding_of(call: Call) -> tuple[tuple[int, ...], tuple[int, ...]] | None:
    """What a call of ``pad`` adds before and after each axis but batch and channels; None if it pads those too."""
    given, axes = told(call), len(call.shapes[0]) - 2
    amounts = list(given.get("pad", ()))
    if call.kind != "pad" or axes < 1 or any(amounts[2 * axes :]):
        return None
    amounts = (amounts + [0] * (2 * axes))[: 2 * axes]
    return tuple(amounts[-2::-2]), tuple(amounts[::-2])


def padded(window: Window, padding: tuple[tuple[int, ...], tuple[int, ...]]) -> Window:
    """A window over what was padded before."""
    before, after = padding
    return replace(
        window,
        before=tuple(a + b for a, b in zip(window.before, before, strict=True)),
        after=tuple(a + b for a, b in zip(window.after, after, strict=True)),
    )


def per_axis(value: Any, axes: int) -> tuple[int, ...]:
    """One number for every axis, or one for each: as one for each."""
    if isinstance(value, Sequence):
        return tuple(map(int, value)) * (axes if len(value) == 1 else 1)
    return (int(value),) * axes


def _of_convolution(given: Mapping[str, Any]) -> Window:
    kernel = tuple(given["weight"].shape[2:])
    axes = len(kernel)
    dilation = per_axis(given.get("dilation", 1), axes)
    before, after = _padding(given.get("padding", 0), kernel, dilation)
    return Window(
        kernel,
        stride=per_axis(given.get("stride", 1), axes),
        before=before,
        after=after,
        dilation=dilation,
        groups=int(given.get("groups", 1)),
    )


def _padding(value: Any, kernel: tuple[int, ...], dilation: tuple[int, ...]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """In numbers; "same" is D·(F − 1) altogether, and where that is odd one more at the end."""
    if value == "same":
        whole = [d * (f - 1) for d, f in zip(dilation, kernel, strict=True)]
        return tuple(each // 2 for each in whole), tuple(each - each // 2 for each in whole)
    even = per_axis(0 if value == "valid" else value, len(kernel))
    return even, even


def _of_pool(given: Mapping[str, Any], axes: int) -> Window:
    kernel = per_axis(given["kernel_size"], axes)
    padding = per_axis(given.get("padding", 0), axes)
    return Window(
        kernel,
        stride=per_axis(given.get("stride") or kernel, axes),
        before=padding,
        after=padding,
        dilation=per_axis(given.get("dilation", 1), axes),
        ceil=bool(given.get("ceil_mode", False)),
    )
