"""What benchmarks have in common: middles and tails, memory, and a line about the machine."""

from __future__ import annotations

import os
import platform
import resource
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from statistics import median


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which that share (0 to 1) of the values lies: the nearest one, nothing in between."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def seconds(work: Callable[[], object]) -> float:
    """How long some work takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


@dataclass(frozen=True)
class Times:
    """How long some work took, in seconds.

    Attributes:
        wall: by the clock on the wall.
        cpu: of all threads of this process together; what others do on the machine matters less.
    """

    wall: float
    cpu: float

    def by(self, clock: str) -> float:
        """The one of them: ``"wall"`` or ``"cpu"``."""
        return self.wall if clock == "wall" else self.cpu

    def __truediv__(self, count: int) -> Times:
        return Times(self.wall / count, self.cpu / count)


def timed(work: Callable[[], object]) -> Times:
    """How long some work takes, by both clocks."""
    began = time.process_time()
    wall = seconds(work)
    return Times(wall, time.process_time() - began)


def medians(rows: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The middle of every figure over the rounds."""
    return {name: median(row[name] for row in rows) for name in rows[0]}


def resident_mb() -> float:
    """Memory of this process now, in MB (10⁶ bytes); the largest so far where the system does not tell."""
    statm = Path("/proc/self/statm")
    if statm.exists():
        return int(statm.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    unit = 1 if platform.system() == "Darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def machine() -> dict[str, object]:
    """Where the figures come from."""
    return {
        "system": platform.platform(terse=True),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "torch": version("torch"),
        "qt": version("PySide6-Essentials"),
        "load": round(os.getloadavg()[0], 1),
    }
