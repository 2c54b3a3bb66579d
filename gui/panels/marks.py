"""What is marked on the ε slider: where the answer changes, or how large the change is that an attack has found."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TypeVar

from engine.frame import Flip, Frame, Stage
from engine.request import Request
from engine.wording import is_within, say_epsilon, say_size
from gui import theme
from gui.panels.scale import Scale
from gui.panels.slider import Mark

Kind = TypeVar("Kind")

_IRRELEVANT = frozenset({"epsilon", "iterate", "pinned", "look", "views"})
"""Fields that neither the smallest ε which changes the answer nor what a search has found depends on."""

_COARSE = 1 / 50
"""The smallest ε is an estimate: nearer than this share of its range to a size that was found, it is the same."""


@dataclass(frozen=True)
class Search:
    """How far an attack has come that finds its own size.

    Attributes:
        found: the size of the change that it has found, None if it has not.
        is_over: whether it has ended.
        step: which step it is at, of ``steps``.
    """

    found: float | None
    is_over: bool
    step: int
    steps: int


class Known:
    """What frames have told so far, and of which request."""

    def __init__(self) -> None:
        self._flip: tuple[Request, Flip] | None = None
        self._search: tuple[Request, Search] | None = None

    def take(self, frame: Frame) -> None:
        """Takes over what a frame tells."""
        if frame.flip is not None:
            self._flip = frame.request, frame.flip
        attacked, request = frame.attacked, frame.request
        if attacked is not None and request.attack.finds and request.iterate is None:
            is_over = frame.stage >= Stage.ATTACKED
            self._search = request, Search(attacked.found, is_over, attacked.step, attacked.steps)

    def mark(self, request: Request) -> Mark | None:
        """What is to be marked for a request; None while nothing is known of it."""
        flip = _answer(self._flip, request)
        if request.attack.finds:
            search = _answer(self._search, request)
            return None if search is None else mark_of_search(search, flip, request)
        return None if flip is None else mark_of_flip(flip, request)


def mark_of_flip(flip: Flip, request: Request) -> Mark:
    """What the slider says of the smallest ε that brings about what was asked; an estimate, and it says so."""
    norm, is_targeted = request.norm, request.target is not None
    if not flip.complete:
        return Mark(f"searching for the smallest ε that {'hits the target' if is_targeted else 'changes the answer'} …")
    if flip.epsilon is None:
        limit = Scale(norm, flip.limit).name
        return Mark(f"misses the target up to {limit}" if is_targeted else f"holds up to {limit}", colour=theme.HOLDS)
    found = f"{'hits' if is_targeted else 'flips'} at about {say_epsilon(flip.epsilon, norm)}"
    return Mark(found, flip.epsilon, _colour(request))


def mark_of_search(search: Search, flip: Flip | None, request: Request) -> Mark:
    """What the slider says of an attack that finds its own size: that size, and whether ε lets the picture go there.

    Where the answer flips well before it, on the straight way there, that is said too, and not marked twice.
    """
    if not search.is_over:
        return Mark(f"searching for the smallest change: step {search.step} of {search.steps} …")
    if search.found is None:
        return Mark(f"nothing found in {search.steps} steps", colour=theme.HOLDS)
    said = f"found at {say_size(search.found, request.norm)}"
    said += ", within ε" if is_within(search.found, request.epsilon) else "; ε stops the picture before it"
    if flip is not None and flip.epsilon is not None and flip.epsilon < search.found - _COARSE * flip.limit:
        said += f" · on the way there it flips at about {say_epsilon(flip.epsilon, request.norm)}"
    return Mark(said, search.found, _colour(request))


def _colour(request: Request) -> str:
    return theme.ADVERSARIAL if request.target is None else theme.TARGET


def _answer(known: tuple[Request, Kind] | None, asked: Request) -> Kind | None:
    """What is known, if it is of the same question."""
    names = {each.name for each in fields(Request)} - _IRRELEVANT
    if known is None or any(getattr(known[0], name) != getattr(asked, name) for name in names):
        return None
    return known[1]
