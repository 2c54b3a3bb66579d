"""PGD of 10 steps in a process of its own: ``python -m tests.benchmarks.fresh WHOSE MODEL BATCH`` measures once."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from statistics import median

from tests.benchmarks.measure import Times, timed

OURS, THEIRS = "ours", "torchattacks"
REPEATS = 5


def fresh_times(model: str, batch: int, rounds: int, tell: Callable[[str], None]) -> dict[str, list[Times]]:
    """The engine's times and torchattacks', which take turns; none of the latter where it is not installed.

    Args:
        model: of the catalogue.
        batch: how many pictures.
        rounds: how many processes each.
        tell: is given a sentence for what is left out.
    """
    found: dict[str, list[Times]] = {OURS: [], THEIRS: []}
    for _ in range(rounds):
        for whose, times in found.items():
            taken = _in_a_process(whose, model, batch)
            if taken is not None:
                times.append(taken)
    if not found[THEIRS]:
        tell(f"pgd-10 on {model}, batch {batch}, in fresh processes: torchattacks is not installed; it is left out.")
    return found


def _in_a_process(whose: str, model: str, batch: int) -> Times | None:
    command = [sys.executable, "-m", "tests.benchmarks.fresh", whose, model, str(batch)]
    done = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        if "No module named 'torchattacks'" in done.stderr:
            return None
        raise RuntimeError(done.stderr)
    return Times(**json.loads(done.stdout.splitlines()[-1]))


def main(whose: str, model: str, batch: str) -> None:
    """Measures one of the two, and prints the middle of a few runs."""
    from engine.device import set_threads, tune_process

    if whose == OURS:
        tune_process()
        set_threads(window=False)
    from tests.benchmarks.contenders import contender

    work = contender(whose, "pgd-10", model, int(batch)).work
    work()
    times = [timed(work) for _ in range(REPEATS)]
    print(json.dumps(asdict(Times(median(each.wall for each in times), median(each.cpu for each in times)))))


if __name__ == "__main__":
    main(*sys.argv[1:])
