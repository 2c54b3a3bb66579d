"""What is drawn of a layer's weights: which numbers, in which order, and how far the colours reach."""

from __future__ import annotations

from enum import StrEnum
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.frame import Floats, Pixels
from engine.inside import Architecture, Filters

MOST_NUMBERS: Final = 16_000_000
"""No more are drawn at once; of a layer with more, the first filters are."""

_GREY: Final = 127.5
_MAGENTA: Final = (255, 0, 255)


class Show(StrEnum):
    """What is drawn of every filter."""

    COLOUR = "colour"
    """The weights of red, green and blue as one picture."""
    CHANNEL = "channel"
    """The weights of one input channel."""
    NORM = "norm"
    """‖w‖ over the input channels, position by position."""


class Scale(StrEnum):
    """How far the colours reach."""

    FILTER = "filter"
    LAYER = "layer"
    NETWORK = "network"


class Order(StrEnum):
    """What the filters are sorted by; all but the first from large to small."""

    NUMBER = "number"
    NORM = "norm"
    STRENGTH = "strength"
    CHANGE = "change"


class Kernels:
    """The weights of one layer, ready to be drawn; what takes time is computed once.

    Attributes:
        filters: the weights.
        sees_colours: whether the three input channels are red, green and blue.
    """

    def __init__(self, filters: Filters, *, sees_colours: bool) -> None:
        self.filters = filters
        self.sees_colours = sees_colours

    @property
    def count(self) -> int:
        """How many filters there are."""
        return len(self.filters.weights)

    @cached_property
    def rows(self) -> Floats:
        """Every filter as one row, (N, M)."""
        return self.filters.weights.reshape(self.count, -1)

    @cached_property
    def maps(self) -> Floats | None:
        """Every filter as small pictures, (N, C, H, W); None where it is a mere row of numbers."""
        weights, picture = self.filters.weights, self.filters.picture
        if weights.ndim == 2:
            return None if picture is None else weights.reshape(-1, *picture)
        return None if weights.shape[2:] == (1, 1) else weights

    @cached_property
    def norms(self) -> Floats:
        """(N,) ‖w‖₂ of every filter."""
        norms: Floats = np.sqrt(np.einsum("nm,nm->n", self.rows, self.rows))
        return norms

    @cached_property
    def limits(self) -> Floats:
        """(N,) max |w| of every filter; what is not a finite number counts for nothing."""
        limits: Floats = np.maximum(self.rows.max(1), -self.rows.min(1))
        for bad in np.flatnonzero(~np.isfinite(limits)):
            row = self.rows[bad]
            limits[bad] = np.abs(row[np.isfinite(row)]).max(initial=0)
        return limits

    @cached_property
    def has_missing(self) -> bool:
        """Whether a weight is not a number."""
        return bool(np.isnan(self.norms).any())

    @cached_property
    def position_norms(self) -> Floats:
        """(N, H, W) ‖w‖₂ over the input channels."""
        assert self.maps is not None  # noqa: S101 - rows have no positions
        norms: Floats = np.sqrt(np.einsum("nchw,nchw->nhw", self.maps, self.maps))
        return norms

    # What can be chosen

    @property
    def shows(self) -> tuple[Show, ...]:
        """What can be drawn of it, best first."""
        if self.maps is None:
            return ()
        channels = self.maps.shape[1]
        if channels == 1:
            return (Show.CHANNEL,)
        return (Show.COLOUR,) * self.sees_colours + (Show.NORM, Show.CHANNEL)

    @property
    def orders(self) -> tuple[Order, ...]:
        """What it can be sorted by."""
        known = {Order.STRENGTH: self.filters.strength, Order.CHANGE: self.filters.change}
        return tuple(each for each in Order if each not in known or known[each] is not None)

    def ordered(self, order: Order) -> NDArray[np.int64]:
        """The filters in that order, (N,); what is not a number comes last."""
        by = {Order.NORM: self.norms, Order.STRENGTH: self.filters.strength, Order.CHANGE: self.filters.change}
        values = by.get(order)
        return np.arange(self.count) if values is None else np.argsort(-values, kind="stable")

    # What is drawn

    def tiles(self, show: Show, channel: int, units: NDArray[np.int64]) -> Floats:
        """(n, H, W) numbers of some filters; not for ``Show.COLOUR``."""
        assert self.maps is not None  # noqa: S101 - rows are drawn as a matrix
        if show is Show.NORM:
            return self.position_norms[units]
        tiles: Floats = self.maps[units, channel]
        return tiles

    def pictures(self, units: NDArray[np.int64], limits: Floats) -> Pixels:
        """(n, H, W, 3) colours of some filters: 0 is mid-grey, each channel reaches its end at ± the limit, (n,)."""
        assert self.maps is not None  # noqa: S101 - rows are drawn as a matrix
        reach = np.maximum(limits, np.finfo(np.float32).tiny).reshape(-1, 1, 1, 1)
        shades = np.moveaxis(self.maps[units], 1, -1) / reach
        missing = np.isnan(shades).any(-1)
        pictures: Pixels = np.rint(np.clip(np.nan_to_num(shades), -1, 1) * _GREY + _GREY).astype(np.uint8)
        pictures[missing] = _MAGENTA
        return pictures

    def stacked(self, unit: int) -> Floats:
        """(C·H, W) weights of one filter: at every position those of all channels, one below the other."""
        assert self.maps is not None  # noqa: S101 - rows have no positions
        stacked: Floats = self.maps[unit].transpose(1, 0, 2).reshape(-1, self.maps.shape[3])
        return stacked

    def reach(self, scale: Scale, show: Show | None) -> Floats:
        """(N,) how far the colours of every filter reach; all alike but for ``Scale.FILTER``."""
        if scale is Scale.NETWORK:
            return np.full(self.count, self.filters.network_limit, np.float32)
        limits = self.limits
        if show is Show.NORM:
            limits = np.nan_to_num(self.position_norms).max((1, 2))
        return limits if scale is Scale.FILTER else np.full(self.count, limits.max(initial=0), np.float32)


def sees_colours(filters: Filters, graph: Architecture | None, channels: int) -> bool:
    """Whether the input channels of a layer are red, green and blue: nothing before it has learnt anything.

    Args:
        filters: of the layer.
        graph: the network.
        channels: of the network's input.
    """
    if channels != 3:
        return False
    if filters.picture is not None:
        return filters.picture[0] == 3
    if filters.weights.ndim != 4 or filters.weights.shape[1] != 3 or filters.groups != 1:
        return False
    return graph is not None and filters.layer in graph.index and not _learnt_before(graph, filters.layer)


def _learnt_before(graph: Architecture, layer: str) -> bool:
    waiting, seen = list(graph.nodes[graph.index[layer]].inputs), set[int]()
    while waiting:
        place = waiting.pop()
        if place not in seen:
            seen.add(place)
            waiting += graph.nodes[place].inputs
    return any(graph.nodes[each].parameters for each in seen)
