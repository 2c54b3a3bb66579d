"""Looking inside: what it costs while ε is dragged, to capture every layer, to draw maps and graphs, and in memory.

live_ratio: frames a second with the activations of one layer open beside the bench, over those without; each drag
    with them over the mean of the one before and the one after, so that a machine that slows down or speeds up does
    not count. live_ratio_spread is the middle half of these.
divergence_ratio: the engine's time for a frame with the divergence of all layers, over that for one without.
capture_ratio: the values of all layers of ResNet-50, each in memory of its own, over its bare forward pass.
mosaic_ms: 512 maps of 14×14 and 64 of 112×112, from float arrays to painted; the slower of the two.
graph_s: a network of 1000 nodes, from its modules to the painted graph with every group open.
growth_percent: memory over 10 000 moves of the slider with every view open.
Ratios are medians of rounds that take turns.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from statistics import median
from typing import TYPE_CHECKING

from tests.benchmarks.drag import one_round, threads
from tests.benchmarks.driving import is_answered, live_for, opened_window, wait_until
from tests.benchmarks.measure import percentile, seconds
from tests.benchmarks.memory import settled_mb, use

if TYPE_CHECKING:
    from torch import nn

    from engine.frame import Frame
    from engine.models.classifier import Classifier
    from gui.window import Window

NAME = "inside"
WANTED_AT_LEAST = {"live_ratio": 0.8}
WANTED_AT_MOST = {
    "divergence_ratio": 1.4,
    "capture_ratio": 1.15,
    "mosaic_ms": 4.0,
    "growth_percent": 2.0,
    "graph_s": 1.0,
}

MOSAICS = {"512 of 14×14": (512, 14, 14), "64 of 112×112": (64, 112, 112)}
SIZE = (1280, 420)
"""Of the widgets, in pixels."""

NODES = 1000

WARM_UP = 6
"""Frames: the fourth time that a network is asked, it is traced."""


def run(arguments: list[str]) -> dict[str, object]:
    """Runs the benchmark, or some of its parts."""
    parser = argparse.ArgumentParser(prog=NAME, description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=[*WANTED_AT_LEAST, *WANTED_AT_MOST], help="the figures to take")
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--seconds", type=float, default=3.0, help="of every drag")
    parser.add_argument("--moves", type=int, default=10_000, help="of the slider, for growth_percent")
    chosen = parser.parse_args(arguments)
    parts: dict[str, Callable[[Window], dict[str, object]]] = {
        "live_ratio": lambda window: live(window, chosen.rounds, chosen.seconds),
        "divergence_ratio": lambda _window: divergence(10 * chosen.rounds),
        "capture_ratio": lambda _window: capture(3 * chosen.rounds),
        "mosaic_ms": lambda _window: mosaics(20 * chosen.rounds),
        "graph_s": lambda _window: graph(chosen.rounds),
        "growth_percent": lambda window: growth(window, chosen.moves),
    }
    figures: dict[str, object] = {}
    with opened_window() as window:
        for name, measure in parts.items():
            if chosen.only is None or name in chosen.only:
                figures |= measure(window)
        figures["threads"] = threads()
    return {**figures, "wanted": WANTED_AT_LEAST | WANTED_AT_MOST, "missed": missed(figures)}


def missed(figures: dict[str, object]) -> list[str]:
    """The figures that are not as they are wanted."""
    low = [name for name, limit in WANTED_AT_LEAST.items() if name in figures and figures[name] < limit]  # type: ignore[operator]
    high = [name for name, limit in WANTED_AT_MOST.items() if name in figures and figures[name] > limit]  # type: ignore[operator]
    return low + high


# While ε is dragged


def live(window: Window, rounds: int, duration_s: float) -> dict[str, object]:
    """Frames a second with and without the activations, by turns; beside the curve, so that nothing is hidden."""
    for opened in (False, True):
        frames_per_second(window, duration_s, opened=opened)  # the first drag traces the network and fills caches
    rates = [frames_per_second(window, duration_s, opened=turn % 2 == 1) for turn in range(2 * rounds + 1)]
    ratios = over_neighbours(rates)
    return {
        "live_ratio": median(ratios),
        "live_ratio_spread": [percentile(ratios, 0.25), percentile(ratios, 0.75)],
        "frames_per_second": median(rates[1::2]),
        "frames_per_second_without": median(rates[::2]),
    }


def over_neighbours(rates: Sequence[float]) -> list[float]:
    """Every second number over the mean of those before and after it."""
    triples = zip(rates[:-2:2], rates[1:-1:2], rates[2::2], strict=True)
    return [2 * between / (before + after) for before, between, after in triples]


def frames_per_second(window: Window, duration_s: float, *, opened: bool) -> float:
    """Of one drag."""
    with activations_beside(window, opened=opened):
        return one_round(window, lambda: 1.0, duration_s, 120)["frames_per_second"]


@contextmanager
def activations_beside(window: Window, *, opened: bool) -> Iterator[None]:
    """The activations of the first convolution, clean and attacked, beside the ε curve."""
    from PySide6.QtCore import Qt

    dock = window.inside_docks["Activations"]
    if opened:
        window.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, dock, Qt.Orientation.Horizontal)
        dock.show()
    live_for(0.1)
    wait_until(lambda: is_answered(window))
    shown = window.session.frame.inside.activations
    if opened and (shown is None or shown.attacked is None or not dock.view.isVisible()):
        raise RuntimeError("the activations are not shown")
    try:
        yield
    finally:
        wait_until(lambda: is_answered(window))
        dock.hide()
        live_for(0.1)


def divergence(rounds: int) -> dict[str, object]:
    """The same moves of ε with and without, by turns, in the engine alone."""
    from engine.job import Job
    from engine.look import Part
    from engine.request import Request

    job = Job()
    views = {"plain": frozenset[str](), "open": frozenset({Part.DIVERGENCE, Part.ARCHITECTURE})}
    times: dict[str, list[float]] = {name: [] for name in views}
    for turn in range(rounds + WARM_UP):
        for name, parts in views.items():
            request = Request(epsilon=(1 + turn) / 255 / 8, views=parts)
            took = seconds(lambda request=request: first_complete(job.run(request), request.views))
            times[name].append(1000 * took)
    settled = {name: each[WARM_UP:] for name, each in times.items()}
    return {
        "divergence_ratio": median(one / other for one, other in zip(settled["open"], settled["plain"], strict=True)),
        "divergence_ms": median(settled["open"]),
        "divergence_ms_without": median(settled["plain"]),
        "divergence_first_ms": max(times["open"][:WARM_UP]),
    }


def first_complete(frames: Iterator[Frame], parts: Collection[str]) -> Frame:
    """The first frame that answers the move, with the distances if they are asked for."""
    return next(each for each in frames if each.attacked and (not parts or each.inside.divergence))


# Every layer once


def capture(rounds: int) -> dict[str, object]:
    """The values of all layers of ResNet-50 over its bare forward pass, by turns, without gradients."""
    import torch
    from torchvision.models import resnet50

    from engine.network.watched import Watched

    torch.manual_seed(0)
    classifier = classifier_of(resnet50(), 1000, 224)
    watched = Watched(classifier)
    x = torch.rand(1, 3, 224, 224, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        for _ in range(6):  # the fourth time, the network is traced
            watched.values(x)
            classifier.module(x)
        bare, captured = [], []
        for _ in range(rounds):
            bare.append(seconds(lambda: classifier.module(x)))
            captured.append(seconds(lambda: watched.values(x)))
        values = watched.values(x)[1]
    return {
        "capture_ratio": median(captured) / median(bare),
        "bare_forward_ms": 1000 * median(bare),
        "captured_nodes": len(values),
        "captured_mb": sum(each.nbytes for each in values.values()) / 1e6,
    }


def classifier_of(network: nn.Module, classes: int, side: int) -> Classifier:
    """A network of pictures in colour, with nothing learnt."""
    from engine.images import Recipe
    from engine.models.classifier import Classifier

    return Classifier(
        network,
        name="untrained",
        title="An untrained network",
        classes=[str(each) for each in range(classes)],
        recipe=Recipe(resize=side, size=(side, side)),
        mean=(0.5, 0.5, 0.5),
        std=(0.25, 0.25, 0.25),
    )


# Drawing


def mosaics(rounds: int) -> dict[str, object]:
    """From float arrays, new ones every time, to the painted mosaic; the median of each kind, and the slower one."""
    import numpy as np

    from gui.views.mosaic import MosaicPane

    pane = MosaicPane()
    pane.resize(*SIZE)
    pane.show()
    live_for(0.2)  # a widget is painted only once the window system has exposed it
    chance = np.random.default_rng(0)
    rows = []
    for name, shape in MOSAICS.items():
        arrays = [chance.standard_normal(shape, np.float32) for _ in range(4)]

        def draw(turn: int, arrays: list[np.ndarray] = arrays) -> None:
            tiles = arrays[turn % len(arrays)]
            pane.show_tiles(tiles, tiles.min((1, 2)), tiles.max((1, 2)))
            pane.viewport().repaint()

        times = [1000 * seconds(lambda turn=turn: draw(turn)) for turn in range(rounds)]
        rows.append({"maps": name, "ms": median(times)})
    pane.deleteLater()
    return {"mosaic_ms": max(row["ms"] for row in rows), "mosaics": rows}


def graph(rounds: int) -> dict[str, object]:
    """From the modules of a network of 1000 nodes to the painted graph: recorded, laid out, every group open."""
    from dataclasses import replace

    from engine.frame import Frame, Stage
    from engine.inside import Inside
    from engine.network.watched import Watched
    from engine.request import Request
    from gui.session import Session
    from gui.views.graph import GraphView

    classifier = classifier_of(thousand_nodes(), 10, 8)
    times, nodes = [], 0

    def once() -> None:
        nonlocal nodes
        architecture = Watched(classifier).architecture
        nodes = len(architecture.nodes)
        view = GraphView(Session(Request()))
        view.resize(*SIZE)
        view.draw(replace(Frame(Request(), Stage.DONE), inside=Inside(architecture=architecture)))
        view.canvas.open_all()
        view.show()
        view.canvas.grab()  # paints at once, also before the window system has exposed it
        view.deleteLater()

    for _ in range(rounds):
        times.append(seconds(once))
        live_for(0.05)
    return {"graph_s": median(times), "graph_nodes": nodes}


def thousand_nodes() -> nn.Module:
    """Residual blocks of five nodes each, in stages of ten."""
    from torch import Tensor, nn

    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.one, self.two = nn.Conv2d(4, 4, 3, padding=1), nn.Conv2d(4, 4, 3, padding=1)
            self.norm, self.relu = nn.BatchNorm2d(4), nn.ReLU()

        def forward(self, x: Tensor) -> Tensor:
            return x + self.two(self.relu(self.norm(self.one(x))))

    stages = [nn.Sequential(*(Block() for _ in range(10))) for _ in range(NODES // 50)]
    ends = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 10))
    return nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), *stages, ends)


# Memory


def growth(window: Window, moves: int) -> dict[str, object]:
    """What the process holds more after many moves, with every view in a window of its own, so that all are seen."""
    docks = [window.curve_dock, window.trace_dock, *window.inside_docks.values()]
    for dock in docks:
        dock.setFloating(True)
        dock.show()
    live_for(0.5)
    hidden = [dock.windowTitle() for dock in docks if not dock.view.isVisible()]
    if hidden:
        raise RuntimeError(f"not open: {', '.join(hidden)}")
    use(window, moves=max(800, moves // 10))  # the slow views take their memory first
    before = settled_mb(window)
    use(window, moves=moves)
    after = settled_mb(window)
    return {"growth_percent": 100 * (after - before) / before, "before_mb": before, "after_mb": after}
