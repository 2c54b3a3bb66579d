"""scipy's L-BFGS-B turned round: it does not ask for values but gives points, and is told what they are like."""

from __future__ import annotations

from queue import SimpleQueue
from threading import Thread

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]

LEAST_GAIN = 1e-9
"""It ends where a step lowers the value by less than this share of it."""


class Optimiser:
    """Looks for the lowest point in [0, 1]ⁿ of a function that whoever holds it computes.

    scipy calls a function and returns at the end, and so it has a thread of its own; that does nothing while ``point``
    is not waiting for it. ``close`` ends it.

    Args:
        start: (n,) where it begins.
    """

    def __init__(self, start: Doubles) -> None:
        self._start = start
        self._points: SimpleQueue[Doubles | BaseException | None] = SimpleQueue()
        self._answers: SimpleQueue[tuple[float, Doubles] | None] = SimpleQueue()
        self._has_ended = False
        # A daemon, so that a search that nobody has closed does not keep the program from ending.
        self._thread = Thread(target=self._work, name="l-bfgs", daemon=True)
        self._thread.start()

    def point(self) -> Doubles | None:
        """The next point to be told about, (n,); None where the lowest was found."""
        if self._has_ended:
            return None
        point = self._points.get()
        self._has_ended = not isinstance(point, np.ndarray)
        if isinstance(point, BaseException):
            raise point
        return point

    def tell(self, value: float, gradient: Doubles) -> None:
        """What the function is at the last point: its value and its gradient, (n,)."""
        self._answers.put((value, gradient))

    def close(self) -> None:
        """Ends it, wherever it is."""
        self._answers.put(None)
        self._thread.join()

    def _work(self) -> None:
        from scipy.optimize import Bounds, minimize

        options = {"ftol": LEAST_GAIN, "gtol": 0.0, "maxiter": 10**9, "maxfun": 10**9}
        try:
            minimize(self._ask, self._start, jac=True, method="L-BFGS-B", bounds=Bounds(0, 1), options=options)
        except _ClosedError:
            return
        except Exception as error:
            self._points.put(error)
        else:
            self._points.put(None)

    def _ask(self, point: Doubles) -> tuple[float, Doubles]:
        self._points.put(point.copy())
        told = self._answers.get()
        if told is None:
            raise _ClosedError
        return told


class _ClosedError(Exception):
    """Nobody wants to know any more."""
