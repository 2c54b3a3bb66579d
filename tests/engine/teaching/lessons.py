"""Small folders of pictures that can be told apart, for the tests."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

KINDS = ("dark", "light", "striped")


def folders(root: Path, count: int = 8, kinds: tuple[str, ...] = KINDS, size: int = 28) -> list[str]:
    """A folder of pictures for each kind, always the same ones."""
    rng = np.random.default_rng(0)
    for kind in kinds:
        (root / kind).mkdir(parents=True)
        for number in range(count):
            values = rng.integers(80 if kind == "light" else 0, 160 if kind == "dark" else 256, (size, size, 3))
            if kind == "striped":
                values[::2] = 0
            Image.fromarray(values.astype(np.uint8)).save(root / kind / f"{number}.png")
    return [str(root / kind) for kind in kinds]
