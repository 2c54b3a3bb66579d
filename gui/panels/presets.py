"""An ε for every kind of picture: what is small for a photograph of an animal is nothing to a digit."""

from __future__ import annotations

from engine.catalogue.attacks import Norm
from engine.catalogue.budgets import usual_epsilon
from engine.catalogue.models import known_network, title_of
from engine.request import Request
from engine.wording import say_epsilon
from gui.panels.scale import USUAL_VALUES
from gui.session import Session


class Presets:
    """Remembers the ε that was last used for every kind of picture, in every norm.

    Kinds are photographs, small photographs and drawings, as ``usual_epsilon`` tells them apart. Step sizes need no
    memory: they are parts of ε. Every panel may have presets of its own, for all of them listen to one session.

    Args:
        session: is listened to.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._used: dict[tuple[float, Norm], float] = {}
        session.request_changed.connect(self._on_request_changed)
        self._on_request_changed(session.request)

    def _on_request_changed(self, request: Request) -> None:
        self._used[_kind(request.model), request.norm] = request.epsilon

    def epsilon(self, norm: Norm, model: str | None = None) -> float:
        """The ε last used for such pictures, or else the usual one.

        Args:
            norm: that it is measured in.
            model: the network; None is the one on the bench.
        """
        name = self._session.request.model if model is None else model
        return self._used.get((_kind(name), norm), usual_epsilon(norm, _values(name)))

    def put_on(self, model: str, **changes: object) -> None:
        """Asks for another network, with an ε that suits its pictures; one step of undo.

        Args:
            model: the network.
            changes: what else changes with it.
        """
        before = self._session.request
        if _kind(model) != _kind(before.model):
            changes["epsilon"] = self.epsilon(before.norm, model)
        self._session.choose(model=model, **changes)
        now = self._session.request
        if now.epsilon != before.epsilon:
            is_, was = (say_epsilon(each.epsilon, each.norm) for each in (now, before))
            suits, suited = title_of(model), title_of(before.model)
            self._session.report(f"ε is {is_} now, to suit {suits}; for {suited} it was {was}.")


def _kind(model: str) -> float:
    """Tells kinds of pictures apart: the usual ε in L∞."""
    return usual_epsilon(Norm.LINF, _values(model))


def _values(model: str) -> int:
    """How many numbers a network's picture is made of."""
    card = known_network(model)
    return USUAL_VALUES if card is None else card.values
