"""The units of a layer: feature maps, neurons, or the numbers of a token, whatever shape they come in."""

from __future__ import annotations

import torch
from torch import Tensor

from engine.inside import Form, Node


def by_unit(value: Tensor, node: Node) -> Tensor:
    """A layer's value, (N, …), as (N, units, positions), a view where it can be.

    Args:
        value: with the units where ``Node.shape`` says.
        node: of the layer, with a form.
    """
    if node.form is Form.TOKENS:
        return value.transpose(1, 2)
    return value.flatten(2) if value.ndim > 2 else value[:, :, None]


def unit_means(value: Tensor, node: Node) -> Tensor:
    """The mean of every unit over its positions, (N, units)."""
    return by_unit(value, node).float().mean(-1)


def swap_units(value: Tensor, other: Tensor, node: Node, unit: int) -> Tensor:
    """``value`` with one unit taken from ``other``, (N, …) both."""
    mask = torch.zeros(node.units, dtype=torch.bool, device=value.device)
    mask[unit] = True
    return torch.where(_along_units(mask, value, node), other, value)


def scale_unit(value: Tensor, node: Node, unit: int | None, factor: float) -> Tensor:
    """``value`` with one unit, or all (None), multiplied."""
    if unit is None:
        return value * factor
    scale = torch.ones(node.units, dtype=value.dtype, device=value.device)
    scale[unit] = factor
    return value * _along_units(scale, value, node)


def _along_units(each: Tensor, value: Tensor, node: Node) -> Tensor:
    """(units,) so that it broadcasts over a value."""
    if node.form is Form.TOKENS:
        return each
    return each.view(1, -1, *[1] * (value.ndim - 2))
