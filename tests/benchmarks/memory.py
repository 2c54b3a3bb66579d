"""What is left of memory after long use: 10 000 moves of the slider, 200 pictures, 20 changes of the network.

The warm-up does a little of all of it, so that both networks and the largest picture have been in memory once. Growth
is what the process holds more afterwards, in per cent.
"""

from __future__ import annotations

import argparse
import gc
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from engine.frame import Stage
from tests.benchmarks.driving import is_answered, live_for, opened_window, wait_until
from tests.benchmarks.measure import resident_mb

if TYPE_CHECKING:
    from gui.window import Window

NAME = "memory"
NETWORKS = ("squeezenet1.1", "efficientnet-lite0")
SIDES = (64, 224, 500, 1024)
WANTED_PERCENT = 2.0


def run(arguments: list[str]) -> dict[str, object]:
    """Runs the benchmark."""
    parser = argparse.ArgumentParser(prog=NAME, description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--moves", type=int, default=10_000)
    parser.add_argument("--images", type=int, default=200)
    parser.add_argument("--models", type=int, default=20)
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder, opened_window() as window:
        pictures = make_pictures(Path(folder), chosen.images)
        for _ in range(2):
            use(window, pictures[: 3 * len(SIDES)], moves=500, models=4)
        held = {"warm-up": settled_mb(window)}
        for phase, use_of in (
            ("moves", {"moves": chosen.moves}),
            ("pictures", {"pictures": pictures}),
            ("networks", {"models": chosen.models}),
        ):
            use(window, **use_of)
            held[phase] = settled_mb(window)
    before, after = held["warm-up"], held["networks"]
    return {
        "growth_percent": 100 * (after - before) / before,
        "before_mb": before,
        "after_mb": after,
        "wanted": {"growth_percent": WANTED_PERCENT},
        "phases": [{"after": phase, "resident_mb": megabytes} for phase, megabytes in held.items()],
    }


def use(window: Window, pictures: tuple[str, ...] = (), moves: int = 0, models: int = 0) -> None:
    """Moves the slider, opens every picture, changes the network back and forth."""
    for move in range(moves):
        window.session.propose(epsilon=(move % 997 + 1) / 997 * 16 / 255)
        live_for(0.002)
        if move % 100 == 99:
            window.session.settle()
    for picture in pictures:
        window.session.open_images((picture,))
        wait_until(lambda: is_answered(window, Stage.ATTACKED))
    for change in range(models):
        window.session.propose(model=NETWORKS[change % len(NETWORKS)])
        window.session.settle()
        wait_until(lambda: is_answered(window, Stage.ATTACKED))


def settled_mb(window: Window) -> float:
    """Memory once nothing is going on and nothing waits to be collected."""
    wait_until(lambda: is_answered(window))
    gc.collect()
    live_for(0.5)
    return resident_mb()


def make_pictures(folder: Path, count: int) -> tuple[str, ...]:
    """Pictures of several sizes, no two alike."""
    import numpy as np
    from PIL import Image

    chance = np.random.default_rng(0)
    paths = []
    for number in range(count):
        side = SIDES[number % len(SIDES)]
        coarse = chance.integers(0, 256, (8, 8, 3), np.uint8)
        path = folder / f"{number:03}.png"
        Image.fromarray(coarse).resize((side, side), Image.Resampling.BICUBIC).save(path)
        paths.append(str(path))
    return tuple(paths)
