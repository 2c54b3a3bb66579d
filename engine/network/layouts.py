"""Where the channels of a value are: (N, C, H, W) or (N, H, W, C), (N, T, C) or (N, C, T).

A tensor does not say it, but what a network does with it does. A convolution, a pool and a batch norm take channels
first; a dense layer and a layer norm over one axis take them last; element by element, nothing moves. A value that
nothing is known of has its channels first if it has four axes, and last if it has three, as most have.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from torch import Tensor

if TYPE_CHECKING:
    from engine.network.recording import Call, Source

_FIRST, _LAST = False, True
_USUAL: Final = {3: _LAST, 4: _FIRST}
"""Where channels are if nothing is known, by the number of axes."""

_AXES: Final = {"1d": 3, "2d": 4, "3d": 5}
"""How many axes the kinds have that work along so many; one less without a batch, which is another matter."""
_TAKE_FIRST: Final = ("conv", "max_pool", "avg_pool", "adaptive_", "lp_pool", "batch_norm", "instance_norm", "pixel_")
_MIX: Final = frozenset({"matmul", "bmm", "einsum", "scaled_dot_product_attention", "multi_head_attention_forward"})
"""Neither take their channels from a certain axis nor leave every axis in its place."""
_MOVE: Final = frozenset(
    {"permute", "transpose", "swapaxes", "swapdims", "movedim", "moveaxis", "reshape", "view", "unflatten", "T", "mT"}
)
_SWAPS: Final = frozenset({"transpose", "swapaxes", "swapdims"})


def moved_axes(calls: Sequence[Call]) -> frozenset[int]:
    """The calls whose output, of three or four axes, has its channels where most have not."""
    dims = {each.index: len(each.shapes[0]) for each in calls}
    known: dict[int, bool] = {}
    neighbours: defaultdict[int, list[tuple[int, bool]]] = defaultdict(list)
    for call in calls:
        for index, where in _evidence(call, dims):
            known.setdefault(index, where)
        for source, turned in _relations(call, dims):
            neighbours[call.index].append((source, turned))
            neighbours[source].append((call.index, turned))
    _spread(known, neighbours)
    return frozenset(each for each, where in known.items() if where != _USUAL.get(dims.get(each, 0), where))


def to_usual(value: Tensor) -> Tensor:
    """(N, H, W, C) to (N, C, H, W), and (N, C, T) to (N, T, C); a view."""
    return value.movedim(-1, 1) if value.ndim == 4 else value.movedim(1, -1)


def to_moved(value: Tensor) -> Tensor:
    """The inverse."""
    return value.movedim(1, -1) if value.ndim == 4 else value.movedim(-1, 1)


def permutation(call: Call, ndim: int) -> tuple[int, ...] | None:
    """Which axis of the input each axis of the output is, for calls that permute; None for all others.

    Args:
        call: any.
        ndim: how many axes its input has.
    """
    told = _whole_numbers((*call.arguments[1:], *call.keywords.values()))
    if call.kind == "permute" and len(told) == ndim:
        return tuple(each % ndim for each in told)
    if call.kind in _SWAPS and len(told) == 2:
        axes = list(range(ndim))
        one, other = (each % ndim for each in told)
        axes[one], axes[other] = axes[other], axes[one]
        return tuple(axes)
    return None


def _evidence(call: Call, dims: dict[int, int]) -> Iterator[tuple[int, bool]]:
    """What a call says by itself about its input and its output."""
    where = _taken(call)
    if where is not None:
        yield call.index, where
        yield call.sources[0].call, where
        return
    order = permutation(call, dims.get(call.sources[0].call, 4))
    if order == (0, 2, 3, 1):
        yield call.sources[0].call, _FIRST
        yield call.index, _LAST
    elif order == (0, 3, 1, 2):
        yield call.sources[0].call, _LAST
        yield call.index, _FIRST


def _taken(call: Call) -> bool | None:
    """Where a call takes its channels from, and puts them; None for one that does not care."""
    if call.kind.startswith(_TAKE_FIRST):
        return _FIRST if len(call.shapes[0]) == _AXES.get(call.kind[-2:], len(call.shapes[0])) else None
    if call.kind == "linear":
        return _LAST
    if call.kind == "layer_norm":
        over = _whole_numbers((*call.arguments[1:2], *call.keywords.values()))
        return _LAST if len(over) == 1 else None
    return None


def _relations(call: Call, dims: dict[int, int]) -> Iterator[tuple[int, bool]]:
    """The inputs whose channels are where the output's are, and whether they are at the other end instead."""
    if call.kind in _MIX:
        return
    ndim = dims[call.index]
    for source in _first_outputs(call.sources):
        before = dims.get(source.call, 4)
        if call.kind not in _MOVE:
            same = before == ndim or (call.kind == "flatten" and (before, ndim) == (4, 3))
            if same and ndim in _USUAL:
                yield source.call, False
        elif permutation(call, before) == (0, 2, 1):
            yield source.call, True


def _first_outputs(sources: Iterable[Source]) -> Iterator[Source]:
    return (each for each in sources if each.call >= 0)


def _spread(known: dict[int, bool], neighbours: dict[int, list[tuple[int, bool]]]) -> None:
    """From those known to those related to them, in place."""
    waiting = deque(known)
    while waiting:
        one = waiting.popleft()
        for other, turned in neighbours.get(one, ()):
            if other not in known:
                known[other] = known[one] != turned
                waiting.append(other)


def _whole_numbers(values: Iterable[object]) -> list[int]:
    """All whole numbers among arguments, also those in lists."""
    found: list[int] = []
    for each in values:
        if isinstance(each, tuple | list):
            found += _whole_numbers(each)
        elif isinstance(each, int) and not isinstance(each, bool):
            found.append(each)
    return found
