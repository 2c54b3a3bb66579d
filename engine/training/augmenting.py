"""Variations of a batch of pictures while a network learns, all of them on the batch at once."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from engine.training.recipe import Variation


def vary(x: Tensor, how: Variation) -> Tensor:
    """Pictures (N, C, H, W) in [0, 1] varied at random, from torch's own random state; the same shape and range."""
    if how.flip:
        x = torch.where(_draw(x, 1) < 0.5, x.flip(3), x)
    if how.shift:
        x = _shifted(x, how.shift)
    if how.turn or how.scale or how.bend:
        x = _deformed(x, how)
    if how.hue:
        x = x * (1 + how.hue * (2 * _draw(x, x.shape[1]) - 1))
    if how.noise:
        x = x + how.noise * torch.randn_like(x)
    return x.clamp(0, 1)


def _draw(x: Tensor, channels: int) -> Tensor:
    """Numbers in [0, 1), (N, channels, 1, 1)."""
    return torch.rand(len(x), channels, 1, 1, device=x.device)


def _shifted(x: Tensor, most: int) -> Tensor:
    """Every picture moved by whole pixels, by cutting it out of a larger one."""
    count, channels, height, width = x.shape
    padded = functional.pad(x, (most,) * 4)
    top, left = torch.randint(2 * most + 1, (2, count, 1), device=x.device)
    rows = top + torch.arange(height, device=x.device)
    columns = left + torch.arange(width, device=x.device)
    index = torch.arange(count, device=x.device)[:, None, None]
    cut = padded.permute(0, 2, 3, 1)[index, rows[:, :, None], columns[:, None, :]]
    return cut.permute(0, 3, 1, 2).reshape(count, channels, height, width)


def _deformed(x: Tensor, how: Variation) -> Tensor:
    """Every picture turned, scaled and bent, by one interpolation."""
    angle = math.radians(how.turn) * (2 * _draw(x, 1) - 1).flatten()
    scale = 1 + how.scale * (2 * _draw(x, 1) - 1).flatten()
    zero = torch.zeros_like(angle)
    rows = [torch.stack(row, 1) for row in ((angle.cos(), -angle.sin(), zero), (angle.sin(), angle.cos(), zero))]
    grid = functional.affine_grid(torch.stack(rows, 1) / scale[:, None, None], list(x.shape), align_corners=False)
    if how.bend:
        grid = grid + _field(x, how.bend)
    return functional.grid_sample(x, grid, padding_mode="reflection", align_corners=False)


def _field(x: Tensor, size: float) -> Tensor:
    """Smooth random displacements (N, H, W, 2), as shares of half the picture; white noise on a coarse grid."""
    coarse = torch.randn(len(x), 2, 5, 5, device=x.device)
    smooth = functional.interpolate(coarse, size=list(x.shape[2:]), mode="bicubic", align_corners=True)
    return smooth.permute(0, 2, 3, 1) * (2 * size / x.shape[3])
