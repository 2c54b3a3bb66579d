"""Convolution as networks mean it: the kernel is laid over every window, without being flipped."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]
Pair = int | tuple[int, int]
"""One number for both axes, or vertical and horizontal."""

_NUMPY_MODES: Final[dict[str, Any]] = {
    "zeros": "constant",
    "reflect": "reflect",
    "replicate": "edge",
    "circular": "wrap",
}


def convolve(
    x: NDArray[Any],
    weight: NDArray[Any],
    bias: NDArray[Any] | None = None,
    stride: Pair = 1,
    padding: Pair = 0,
    dilation: Pair = 1,
    groups: int = 1,
    padding_mode: str = "zeros",
) -> Doubles:
    """Cross-correlation of an input with kernels, computed in float64.

    Args:
        x: (C, H, W).
        weight: (C_out, C / groups, F, F).
        bias: (C_out,), or None for none.
        stride: how far apart the windows begin, on both axes, or vertically and horizontally.
        padding: rows and columns put around the input, likewise.
        dilation: how far apart the places of a window are, likewise.
        groups: into how many the channels are parted; each sees its own alone.
        padding_mode: ``zeros``, ``reflect``, ``replicate`` or ``circular``.

    Returns:
        (C_out, H', W') float64.

    Raises:
        ValueError: the shapes do not fit together, or the kernel is larger than the padded input; says which.
    """
    (down, across), (apart_down, apart_across) = as_pair(stride), as_pair(dilation)
    _check(x, weight, groups)
    padded = pad(np.asarray(x, np.float64), as_pair(padding), padding_mode)
    spans = (apart_down * (weight.shape[2] - 1) + 1, apart_across * (weight.shape[3] - 1) + 1)
    if spans[0] > padded.shape[1] or spans[1] > padded.shape[2]:
        raise ValueError(
            f"a kernel that spans {spans[0]}×{spans[1]} does not fit on {padded.shape[1]}×{padded.shape[2]}"
        )
    windows = np.lib.stride_tricks.sliding_window_view(padded, spans, (1, 2))
    windows = windows[:, ::down, ::across, ::apart_down, ::apart_across]
    parted = windows.reshape(groups, -1, *windows.shape[1:])
    kernels = np.asarray(weight, np.float64).reshape(groups, -1, *weight.shape[1:])
    found: Doubles = np.einsum("gchwij,gocij->gohw", parted, kernels, optimize=True)
    found = found.reshape(-1, *found.shape[2:])
    return found if bias is None else found + np.asarray(bias, np.float64)[:, None, None]


def as_pair(value: Pair) -> tuple[int, int]:
    """Vertical and horizontal."""
    return (value, value) if isinstance(value, int) else value


def pad(x: Doubles, padding: tuple[int, int], mode: str) -> Doubles:
    """(C, H, W) with ``padding`` rows above and below, and columns left and right.

    Raises:
        ValueError: there is no such mode, or it needs a larger input.
    """
    if mode not in _NUMPY_MODES:
        raise ValueError(f"there is no padding {mode!r}; there are {', '.join(_NUMPY_MODES)}")
    down, across = padding
    padded: Doubles = np.pad(x, ((0, 0), (down, down), (across, across)), _NUMPY_MODES[mode])
    return padded


def _check(x: NDArray[Any], weight: NDArray[Any], groups: int) -> None:
    if x.ndim != 3 or weight.ndim != 4:
        raise ValueError(f"the input must be (C, H, W) and the kernels (C_out, C, F, F), not {x.shape}, {weight.shape}")
    if x.shape[0] != weight.shape[1] * groups or weight.shape[0] % groups:
        raise ValueError(f"kernels {weight.shape} in {groups} groups do not fit {x.shape[0]} channels")
