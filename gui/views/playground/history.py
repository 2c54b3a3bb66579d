"""What was tried before: undo and redo of the playground, apart from those of the bench."""

from __future__ import annotations

from typing import Generic, TypeVar

State = TypeVar("State")


class History(Generic[State]):
    """A state and how it came to be; consecutive changes by one gesture are one step."""

    def __init__(self, now: State) -> None:
        self.now = now
        self._past: list[State] = []
        self._future: list[State] = []
        self._gesture = ""

    def take(self, new: State, gesture: str = "") -> None:
        """Goes on to a new state.

        Args:
            new: the state.
            gesture: what changed it; the same as the last one, unless empty, makes one step of both.
        """
        if not gesture or gesture != self._gesture:
            self._past.append(self.now)
        self._gesture = gesture
        self._future.clear()
        self.now = new

    def settle(self) -> None:
        """Ends a gesture: the next change is a new step."""
        self._gesture = ""

    def undo(self) -> bool:
        """Takes the last step back; False where there is none."""
        return self._travel(self._past, self._future)

    def redo(self) -> bool:
        """Takes it again; False where none was taken back."""
        return self._travel(self._future, self._past)

    def _travel(self, source: list[State], other: list[State]) -> bool:
        self.settle()
        if source:
            other.append(self.now)
            self.now = source.pop()
            return True
        return False
