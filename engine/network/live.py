"""The values of layers while ε is dragged: of the pictures that are compared, as fast as they can be had."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import Any, TypeVar

import torch
from torch import Tensor

from engine.device import is_out_of_memory
from engine.network.recording import RecordingError
from engine.network.watched import Watched

Made = TypeVar("Made")

MOST_PICTURES = 3
"""The clean one, the attacked one, and one more; values of all layers of a picture may take 100 MB."""


class Live:
    """Keeps the values of the last pictures that were asked about, so that several views cost one pass.

    Attributes:
        kept: what is kept of the clean picture while ε changes, by its name; freed with the picture.
    """

    def __init__(self, watched: Watched) -> None:
        self._watched = watched
        self.kept: dict[str, Any] = {}
        self._seen: list[tuple[Tensor, dict[str, Tensor]]] = []
        self._asked: Tensor | None = None
        self._points: tuple[Tensor, dict[str, Tensor]] | None = None
        self._apart: tuple[Tensor, Tensor, Tensor] | None = None

    def ask(self, x: Tensor, names: Iterable[str], clean: Tensor | None = None) -> Tensor:
        """The logits (N, K) of pixels (N, C, H, W), bit for bit those of ``Classifier.logits``.

        The values of the named nodes are kept for ``values`` where the same pass gives them; those of the picture that
        was asked about before are let go. Where none are named, and a clean picture is given, the distances from it
        are kept for ``distances``.
        """
        self._seen = [each for each in self._seen if each[0] is not self._asked]
        self._asked = x
        wanted = list(names)
        if clean is not None and not wanted:
            logits = self._measured(x, clean)
            return self._watched.classifier.logits(x) if logits is None else logits
        found = self._together(x, wanted)
        if found is None:
            return self._watched.classifier.logits(x)
        logits, values = found
        self._keep(x, values)
        return logits

    def distances(self, x: Tensor, clean: Tensor) -> Tensor:
        """‖value − clean value‖₂ of the nodes that are compared, (n,), in the order of the graph.

        Raises:
            RecordingError: the network cannot be watched, or goes another way with one of the pictures.
        """
        if self._apart is None or self._apart[0] is not x or self._apart[1] is not clean:
            self._measure(x, clean)
        assert self._apart is not None  # noqa: S101
        return self._apart[2]

    def values(self, x: Tensor, names: Iterable[str]) -> dict[str, Tensor]:
        """The values of nodes for those very pixels, (N, …) each; detached, and not to be changed.

        They are those of the original layers, to 1e-4 of the largest. There may be others among them.

        Raises:
            RecordingError: the network cannot be watched.
        """
        known = next((values for seen, values in self._seen if seen is x), {})
        missing = [each for each in names if each not in known]
        if missing:
            known = known | (self._together(x, missing) or self._by_the_original(x, missing))[1]
        self._keep(x, known)
        return known

    def once(self, name: str, key: Hashable, make: Callable[[], Made]) -> Made:
        """What was kept under a name for that key, or else is made and kept."""
        if name not in self.kept or self.kept[name][0] != key:
            self.kept[name] = (key, make())
        made: Made = self.kept[name][1]
        return made

    def _measure(self, x: Tensor, clean: Tensor) -> Tensor:
        """Keeps the distances of a picture from the clean one, and gives the answer of the network that told them."""
        apart = self._watched.apart
        if self._points is None or self._points[0] is not clean:
            self._points = (clean, apart.points(clean))
        logits, distances = apart(x, self._points[1])
        self._apart = (x, clean, distances)
        return logits

    def _measured(self, x: Tensor, clean: Tensor) -> Tensor | None:
        """The answer that comes with the distances, if it is the one that is shown."""
        return self._tried(lambda: self._measure(x, clean) if self._watched.answers_apart else None)

    def _together(self, x: Tensor, names: list[str]) -> tuple[Tensor, dict[str, Tensor]] | None:
        """Logits and values in one fast pass, if there is a way."""
        return self._tried(lambda: self._watched.quick_values(x, names))

    def _tried(self, ask: Callable[[], Made | None]) -> Made | None:
        try:
            return ask()
        except RecordingError:
            return None  # it went another way than with the picture it was recorded with
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            return None

    def _by_the_original(self, x: Tensor, names: list[str]) -> tuple[Tensor, dict[str, Tensor]]:
        with torch.no_grad():
            return self._watched.values(x, names)

    def _keep(self, x: Tensor, values: dict[str, Tensor]) -> None:
        """As the newest; the picture that was asked about least recently is forgotten."""
        self._seen = [(x, values), *(each for each in self._seen if each[0] is not x)][:MOST_PICTURES]
