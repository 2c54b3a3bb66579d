"""Attacks against bare loops and against other libraries: their time over ours.

FGSM, PGD of 10 and of 40 steps, APGD, C&W, DeepFool and Square, on the default network with photographs and on a
convolutional network of 28 × 28 pixels with digits. All attack the same frozen network; the engine attacks its prepared
copy, as the application does, and says the loss and the answer of every step. All do the same work: C&W never ends a
search early, and Square's ε is so small that no picture is fooled.

* ``bare_ratio``: against the loop of ``tests.benchmarks.bare``, written by hand on the original network.
* ``library_ratio``: against the fastest library that is installed and has the attack, ``library``.
* rows with ``fresh``: PGD of 10 steps as a user runs it, in processes of their own. There the engine keeps freed
  memory, and the library does not; otherwise both run in this process, which does.

Ratios are medians over rounds in which all take turns: of wall time, or of processor time where other programs keep the
machine busy; ``clock`` says which.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import product
from statistics import median
from typing import TYPE_CHECKING

from engine.device import cores, set_threads, tune_process
from tests.benchmarks.fresh import fresh_times
from tests.benchmarks.measure import Times, timed

if TYPE_CHECKING:
    from tests.benchmarks.contenders import Contender

NAME = "attacks"
LARGE, SMALL = "efficientnet-lite0", "cnn-32-32"
BATCHES = {LARGE: (1, 8), SMALL: (1, 8, 64)}
ATTACKS = ("fgsm", "pgd-10", "pgd-40", "apgd", "cw", "deepfool", "square")
FRESH = "fresh"
SHORTEST_S = 0.02
"""What takes less is run several times for one measurement."""

BUSY = 0.25
"""A load above this share of the cores, before anything was measured, is somebody else's."""

Row = dict[str, object]


def run(arguments: list[str]) -> dict[str, object]:
    """Runs the benchmark; ``--quick`` and ``--rows`` choose how much of it."""
    parser = argparse.ArgumentParser(prog=NAME, description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="three rounds, and the largest batches left out")
    parser.add_argument("--rows", nargs="+", choices=(*ATTACKS, FRESH), default=(*ATTACKS, FRESH), metavar="NAME")
    parser.add_argument("--models", nargs="+", choices=tuple(BATCHES), default=tuple(BATCHES), metavar="NAME")
    parser.add_argument("--batches", type=int, nargs="+", help="only these of 1, 8 and 64")
    parser.add_argument("--rounds", type=int, help="how often all take turns")
    parser.add_argument("--clock", choices=("wall", "cpu"), default="cpu" if _is_busy() else "wall")
    chosen = parser.parse_args(arguments)
    tune_process()
    set_threads(window=False)
    rounds = chosen.rounds or (3 if chosen.quick else 7)
    sizes = [(model, batch) for model in chosen.models for batch in _batches(model, chosen.batches, chosen.quick)]
    rows = []
    for row in _rows(chosen.rows, sizes, rounds, chosen.clock):
        _tell(" ".join(f"{name}={value}" for name, value in row.items()))  # it takes minutes
        rows.append(row)
    return {"clock": chosen.clock, "rounds": rounds, "rows": rows}


def _rows(names: Sequence[str], sizes: Sequence[tuple[str, int]], rounds: int, clock: str) -> Iterator[Row]:
    for attack, size in product(ATTACKS, sizes):
        if attack in names:
            yield _row(attack, size, rounds, clock)
    for model, batch in sizes:
        if FRESH in names and model == LARGE:
            yield _fresh_row(batch, rounds, clock)


def _is_busy() -> bool:
    return hasattr(os, "getloadavg") and os.getloadavg()[0] > BUSY * cores()


def _batches(model: str, wanted: Sequence[int] | None, quick: bool) -> list[int]:
    known = BATCHES[model]
    return [each for each in known if each in wanted] if wanted else list(known[:-1] if quick else known)


def _row(attack: str, size: tuple[str, int], rounds: int, clock: str) -> Row:
    from tests.benchmarks.contenders import contenders

    model, batch = size
    times = dict(_taking_turns(list(contenders(attack, model, batch, _tell)), rounds))
    ratios = {name: _ratio(each, times["ours"], clock) for name, each in times.items()}
    libraries = {name: ratio for name, ratio in ratios.items() if name not in {"ours", "bare"}}
    fastest = min(libraries, key=lambda name: libraries[name], default=None)
    row = _named(attack, model, batch, fastest, libraries.get(fastest or ""), fresh=False)
    return row | {"bare_ratio": ratios["bare"], "ours_ms": 1000 * median(each.by(clock) for each in times["ours"])}


def _fresh_row(batch: int, rounds: int, clock: str) -> Row:
    times = fresh_times(LARGE, batch, rounds, _tell)
    ours, theirs = times["ours"], times["torchattacks"]
    ratio = _ratio(theirs, ours, clock) if theirs else None
    row = _named("pgd-10", LARGE, batch, "torchattacks" if theirs else None, ratio, fresh=True)
    return row | {"ours_ms": 1000 * median(each.by(clock) for each in ours)}


def _named(attack: str, model: str, batch: int, library: str | None, ratio: float | None, *, fresh: bool) -> Row:
    return {
        "attack": attack,
        "model": model,
        "batch": batch,
        "fresh": fresh,
        "bare_ratio": None,
        "library": library,
        "library_ratio": ratio,
    }


def _taking_turns(contenders: list[Contender], rounds: int) -> Iterator[tuple[str, list[Times]]]:
    """Everybody's times; each round begins with another one."""
    works = []
    for each in contenders:
        each.work()  # the first pass of a shape chooses kernels and takes memory
        once = timed(each.work).wall
        works.append(partial(_repeated, each.work, max(1, round(SHORTEST_S / once))))
    found: list[list[Times]] = [[] for _ in contenders]
    for turn in range(rounds):
        for place in range(len(works)):
            which = (place + turn) % len(works)
            found[which].append(timed(works[which]))
    for each, work, times in zip(contenders, works, found, strict=True):
        yield each.name, [one / work.args[1] for one in times]


def _repeated(work: Callable[[], object], count: int) -> None:
    for _ in range(count):
        work()


def _ratio(theirs: Sequence[Times], ours: Sequence[Times], clock: str) -> float:
    return median(one.by(clock) / other.by(clock) for one, other in zip(theirs, ours, strict=True))


def _tell(sentence: str) -> None:
    print(sentence, file=sys.stderr)
