"""Kernels that are worth trying by hand; plain rows of numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

Rows = tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Kernel:
    """One of them, as a cross-correlation lays it on.

    Attributes:
        name: as sessions of the playground call it.
        title: as the menu shows it.
        summary: what it does to a picture, a sentence.
        rows: its numbers, from top to bottom.
    """

    name: str
    title: str
    summary: str
    rows: Rows


def _scaled(rows: Rows, by: float) -> Rows:
    return tuple(tuple(each / by for each in row) for row in rows)


_BINOMIAL_3: Final = ((1.0, 2.0, 1.0), (2.0, 4.0, 2.0), (1.0, 2.0, 1.0))
_BINOMIAL_5: Final = tuple(tuple(float(a * b) for b in (1, 4, 6, 4, 1)) for a in (1, 4, 6, 4, 1))

KERNELS: Final = (
    Kernel("small", "1 2; 3 4", "Four numbers that are easy to follow.", ((1, 2), (3, 4))),
    Kernel("identity", "Identity", "Leaves the picture as it is.", ((0, 0, 0), (0, 1, 0), (0, 0, 0))),
    Kernel(
        "sobel_x",
        "Edges → (Sobel x)",
        "Positive where the picture grows lighter to the right, negative where darker.",
        ((-1, 0, 1), (-2, 0, 2), (-1, 0, 1)),
    ),
    Kernel(
        "sobel_y",
        "Edges ↓ (Sobel y)",
        "Positive where the picture grows lighter downwards, negative where darker.",
        ((-1, -2, -1), (0, 0, 0), (1, 2, 1)),
    ),
    Kernel(
        "laplacian",
        "Edges (Laplacian)",
        "Large where a pixel differs from its four neighbours, whichever way the edge runs.",
        ((0, 1, 0), (1, -4, 1), (0, 1, 0)),
    ),
    Kernel("box", "Blur (box 3×3)", "The mean of nine neighbours.", _scaled(((1, 1, 1),) * 3, 9)),
    Kernel("gauss_3", "Blur (Gauss 3×3)", "A mean in which nearer pixels count more.", _scaled(_BINOMIAL_3, 16)),
    Kernel("gauss_5", "Blur (Gauss 5×5)", "The same, wider: a stronger blur.", _scaled(_BINOMIAL_5, 256)),
    Kernel(
        "sharpen",
        "Sharpen",
        "The picture plus what sets a pixel off from its neighbours.",
        ((0, -1, 0), (-1, 5, -1), (0, -1, 0)),
    ),
    Kernel(
        "emboss",
        "Emboss",
        "The picture as a relief that is lit from the upper left.",
        ((-2, -1, 0), (-1, 1, 1), (0, 1, 2)),
    ),
)
"""In the order of the menu."""
