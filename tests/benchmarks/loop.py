"""PGD through the engine against a bare loop written by hand, on the default network, batches of 1 and 8.

The bare loop does the least there is: parameters frozen, evaluation mode, per step one forward pass and one gradient,
nothing said in between. The engine says loss and answer of every step, judges the last iterate with one more forward
pass, and may be left at any step. Ratios are the bare loop's time over the engine's, medians over rounds in which all
three take turns:

* ``same_network_ratio``: both attack the original layers, so that only the loop is compared;
* ``ratio``: the engine attacks the prepared copy, as the application does.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from statistics import median

from engine.device import set_threads, tune_process

NAME = "loop"
EPSILON = 4 / 255
STEP_SIZE = 0.25


def run(arguments: list[str]) -> dict[str, object]:
    """Runs the benchmark; ``--steps``, ``--rounds`` and ``--batches`` change its size."""
    parser = argparse.ArgumentParser(prog=NAME, description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 8])
    chosen = parser.parse_args(arguments)
    tune_process()
    set_threads(window=False)
    rows = [_row(batch, chosen.steps, chosen.rounds) for batch in chosen.batches]
    return {
        "ratio": min(row["ratio"] for row in rows),
        "same_network_ratio": min(row["same_network_ratio"] for row in rows),
        "steps": chosen.steps,
        "rounds": chosen.rounds,
        "rows": rows,
    }


def _row(batch: int, steps: int, rounds: int) -> dict[str, float]:
    runs = _contenders(batch)
    for each in runs.values():  # the first pass of a shape chooses kernels and takes memory
        each(2)
    times: dict[str, list[float]] = {name: [] for name in runs}
    names = list(runs)
    for turn in range(rounds):
        first = turn % len(names)
        for name in names[first:] + names[:first]:
            times[name].append(_seconds(runs[name], steps))
    return {
        "batch": batch,
        "bare_ms": 1000 * median(times["bare"]),
        "engine_ms": 1000 * median(times["engine"]),
        "engine_same_network_ms": 1000 * median(times["same network"]),
        "ratio": _ratio(times["bare"], times["engine"]),
        "same_network_ratio": _ratio(times["bare"], times["same network"]),
    }


def _contenders(batch: int) -> dict[str, Callable[[int], None]]:
    """The three attacks, each as a function of the number of steps."""
    import torch
    from torch import Tensor
    from torch.nn import functional

    from engine import attacks
    from engine.catalogue.attacks import PGD, Norm
    from engine.models import load_model

    classifier = load_model("efficientnet-lite0", "cpu")
    x = torch.rand(batch, 3, *classifier.size, generator=torch.Generator().manual_seed(0))
    labels = classifier.logits(x).argmax(1)

    def bare(steps: int) -> None:
        low, high = (x - EPSILON).clamp(min=0), (x + EPSILON).clamp(max=1)
        moved = x
        for _ in range(steps):
            leaf = moved.detach().requires_grad_()
            loss = functional.cross_entropy(classifier.module(leaf), labels, reduction="sum")
            (gradient,) = torch.autograd.grad(loss, leaf)
            moved = torch.clamp(leaf.detach() + STEP_SIZE * EPSILON * gradient.sign(), low, high)

    def through_the_engine(model: Callable[[Tensor], Tensor]) -> Callable[[int], None]:
        problem = attacks.Problem(model, x, labels, False, Norm.LINF, EPSILON, (0,) * batch)

        def attack(steps: int) -> None:
            for _ in attacks.run(PGD(steps=steps, step_size=STEP_SIZE, random_start=False), problem):
                pass

        return attack

    return {
        "bare": bare,
        "engine": through_the_engine(classifier.prepared),
        "same network": through_the_engine(classifier.module),
    }


def _seconds(work: Callable[[int], None], steps: int) -> float:
    began = time.perf_counter()
    work(steps)
    return time.perf_counter() - began


def _ratio(bare: list[float], engine: list[float]) -> float:
    return median(one / other for one, other in zip(bare, engine, strict=True))
