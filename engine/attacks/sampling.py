"""Pictures read off at other places than their pixels."""

from __future__ import annotations

import torch
from torch import Tensor


def sampled(x: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """The picture at the given places, bilinear between its pixels; beyond its edge it goes on as it ends there.

    At whole places it gives the pixels exactly, and it can be differentiated by the picture and by the places.

    Args:
        x: (N, C, H, W).
        rows: (N, h, w) in pixels, 0 the middle of the first row.
        columns: (N, h, w) likewise.

    Returns:
        (N, C, h, w).
    """
    height, width = x.shape[2:]
    rows, columns = rows.clamp(0, height - 1), columns.clamp(0, width - 1)
    top, left = rows.detach().floor(), columns.detach().floor()
    down, right = (rows - top)[:, None], (columns - left)[:, None]

    def corner(row: Tensor, column: Tensor) -> Tensor:
        places = (row.long().clamp(max=height - 1) * width + column.long().clamp(max=width - 1)).flatten(1)
        chosen = x.flatten(2).gather(2, places[:, None].expand(-1, x.shape[1], -1))
        return chosen.view(*x.shape[:2], *rows.shape[1:])

    upper = corner(top, left) * (1 - right) + corner(top, left + 1) * right
    lower = corner(top + 1, left) * (1 - right) + corner(top + 1, left + 1) * right
    return (upper * (1 - down) + lower * down).clamp(0, 1)


def pixel_places(like: Tensor) -> tuple[Tensor, Tensor]:
    """The rows and the columns of the pixels of (…, H, W), each (1, H, W)."""
    height, width = like.shape[-2:]
    rows = torch.arange(height, dtype=like.dtype, device=like.device)
    columns = torch.arange(width, dtype=like.dtype, device=like.device)
    return rows[None, :, None].expand(1, -1, width), columns[None, None].expand(1, height, -1)
