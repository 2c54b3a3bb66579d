"""A sample for every network: whoever turns from photographs to digits finds a digit on the bench."""

from __future__ import annotations

from engine.catalogue.samples import Sample, find_sample
from engine.catalogue.suiting import samples_for
from engine.request import Request
from gui.session import Session


class Companions:
    """Remembers which sample was last looked at of every shelf, to come back to it.

    Args:
        session: is listened to.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._last: dict[str, Sample] = {}
        session.request_changed.connect(self._on_request_changed)
        self._on_request_changed(session.request)

    def _on_request_changed(self, request: Request) -> None:
        sample = find_sample(request.image)
        if sample is not None:
            self._last[sample.shelf] = sample

    def sample_for(self, model: str) -> Sample | None:
        """The sample to go with a network in place of the picture on the bench.

        None if that stays: it suits the network, or it is the user's own, which is never taken away.
        """
        shown, suited = find_sample(self._session.request.image), samples_for(model)
        if shown is None or shown in suited:
            return None
        last = self._last.get(suited[0].shelf)
        return last if last in suited else suited[0]
