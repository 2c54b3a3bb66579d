"""The one observable state of the window: what is asked, what is shown, what is selected.

Data goes one way: panels ``propose`` changes, the bridge carries the request to the engine and brings frames back
through ``show``, views draw the frame. No Qt here, so all of it is tested without an application.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import Enum, StrEnum
from typing import Any

from psygnal import Signal

from engine.errors import Failure
from engine.frame import Frame, Stage
from engine.request import Request


class Side(StrEnum):
    """Which of the two runs every view shows."""

    CLEAN = "clean"
    ATTACKED = "attacked"
    DIFFERENCE = "difference"
    """Attacked minus clean."""


@dataclass(frozen=True)
class Pointed:
    """What the pointer is over, inside the network, and what it sees of the picture.

    Attributes:
        label: as read: ``layer1.0.conv1, map 12, row 3, column 5``.
        window: left, top, right, bottom in pixels of the network's input; None where everything is seen.
    """

    label: str
    window: tuple[float, float, float, float] | None


UNRECORDED = frozenset({"iterate", "look", "views", "device"})
"""Fields that are looked through, not chosen: a change of these alone is no step of undo."""


class Pace(Enum):
    """How many steps of an attack are shown a second, at most; so that each can be spoken of."""

    FULL = None
    TEN = 10
    FOUR = 4
    TWO = 2
    ONE = 1

    @property
    def seconds(self) -> float:
        """From one step to the next, at least."""
        return 0.0 if self.value is None else 1 / self.value

    @property
    def title(self) -> str:
        """As read."""
        return {None: "full speed", 1: "1 step a second"}.get(self.value, f"{self.value} steps a second")

    @property
    def slower(self) -> Pace:
        """The next slower one; the slowest is that itself."""
        return list(Pace)[min(list(Pace).index(self) + 1, len(Pace) - 1)]

    @property
    def faster(self) -> Pace:
        """The next faster one; full speed is that itself."""
        return list(Pace)[max(list(Pace).index(self) - 1, 0)]


@dataclass(frozen=True)
class Message:
    """Something to be read in the status bar; an error stays until it is read."""

    text: str
    is_error: bool = False


class Session:
    """What is asked (``request``), what is shown (``frame``), and how it came to be (undo, redo)."""

    request_changed = Signal(Request)
    frame_changed = Signal(Frame)
    history_changed = Signal()
    message_changed = Signal(object)
    busy_changed = Signal(bool)
    images_changed = Signal()
    failed = Signal(Frame)
    side_changed = Signal()
    pointed_changed = Signal()
    pace_changed = Signal()

    def __init__(self, request: Request | None = None) -> None:
        self._request = request or Request()
        self._frame: Frame | None = None
        self._good: Frame | None = None
        self._undo: list[Request] = []
        self._redo: list[Request] = []
        self._gesture: frozenset[str] = frozenset()
        self._message: Message | None = None
        self._images: tuple[str, ...] = ()
        self._side = Side.ATTACKED
        self._is_flipped = False
        self._pointed: Pointed | None = None
        self._pace = Pace.FULL
        self._needs: dict[int, frozenset[str]] = {}

    # What is asked

    @property
    def request(self) -> Request:
        """What the controls say now."""
        return self._request

    def propose(self, **changes: Any) -> None:
        """Changes some fields of the request.

        Consecutive proposals of the same fields are one gesture, and one step of undo, until ``settle``.

        Raises:
            RequestError: the changes do not fit together; nothing is changed.
        """
        changed = self._request.with_(**changes)
        if changed == self._request:
            return
        names = frozenset(changes)
        if not _differences(changed, self._request) <= UNRECORDED:
            if names != self._gesture:
                self._undo.append(self._request)
                self._gesture = names
            self._redo.clear()
        self._set_request(changed)
        self.history_changed.emit()

    def settle(self) -> None:
        """Ends a gesture (a slider let go, a field left): the next proposal is a new step of undo.

        A gesture that ended where it began (there and back again) leaves no step.
        """
        if self._gesture and self._undo and _differences(self._undo[-1], self._request) <= UNRECORDED:
            self._undo.pop()
            self.history_changed.emit()
        self._gesture = frozenset()

    def choose(self, **changes: Any) -> None:
        """Proposes changes that are complete: one choice, one step of undo.

        Raises:
            RequestError: the changes do not fit together; nothing is changed.
        """
        self.settle()
        self.propose(**changes)
        self.settle()

    def look_at(self, **changes: Any) -> None:
        """Changes some fields of ``request.look``; another layer leaves its unit to the engine."""
        if changes.get("layer", self._request.look.layer) != self._request.look.layer:
            changes = {"unit": None} | changes
        self.propose(look=self._request.look.with_(**changes))

    def need(self, who: int, parts: frozenset[str]) -> None:
        """Has the engine compute what someone needs from now on; nothing is withdrawn that another one needs.

        Args:
            who: tells those who need something apart.
            parts: names of ``Request.views``; none if nothing is needed any more.
        """
        before = frozenset[str]().union(*self._needs.values())
        self._needs[who] = parts
        if not parts:
            del self._needs[who]
        needed = frozenset[str]().union(*self._needs.values())
        self.propose(views=(self._request.views - before) | needed)

    def open(self, request: Request) -> None:
        """Replaces the whole request (a session file was opened)."""
        self.propose(**{each.name: getattr(request, each.name) for each in fields(request)})
        self.settle()

    def _set_request(self, request: Request) -> None:
        self._request = request
        self.busy_changed.emit(self.is_catching_up)
        self.request_changed.emit(request)

    def ask_again(self) -> None:
        """Asks for the same once more: what it failed for may be there now."""
        self._set_request(self._request)

    # Undo and redo

    @property
    def can_undo(self) -> bool:
        """Whether there is a choice to take back."""
        return bool(self._undo)

    @property
    def can_redo(self) -> bool:
        """Whether a choice was taken back."""
        return bool(self._redo)

    def undo(self) -> None:
        """Takes the last choice back."""
        self._travel(self._undo, self._redo)

    def redo(self) -> None:
        """Makes the choice again that was taken back."""
        self._travel(self._redo, self._undo)

    def _travel(self, source: list[Request], other: list[Request]) -> None:
        self.settle()
        if not source:
            return
        other.append(self._request)
        self._set_request(self._looked_at(source.pop()))
        self.history_changed.emit()

    # What is shown

    @property
    def frame(self) -> Frame | None:
        """The newest frame without a failure; what every view draws."""
        return self._frame

    @property
    def is_catching_up(self) -> bool:
        """Whether what is shown is older than what the controls say."""
        shown = self._frame
        return shown is None or shown.request != self._request or shown.stage < Stage.ATTACKED

    def show(self, frame: Frame) -> None:
        """Takes a frame from the engine. A failure keeps the last good state and takes the blamed field back."""
        if frame.failure is not None:
            self._take_back(frame.failure, frame.request)
            self.failed.emit(frame)
            return
        self._frame = frame
        if frame.stage >= Stage.ATTACKED:
            self._good = frame
        self.busy_changed.emit(self.is_catching_up)
        self.frame_changed.emit(frame)

    def _take_back(self, failure: Failure, request: Request) -> None:
        self.report(str(failure), is_error=True)
        good = self._good
        if good is not None and self._frame is not good:  # a first frame of what failed later is no good state
            self._frame = good
            self.frame_changed.emit(good)
        if good is not None and self._can_take_back(failure.field, request, good.request):
            self.settle()
            self._set_request(self._without(failure.field, good.request))
            self.history_changed.emit()
        self.busy_changed.emit(self.is_catching_up)

    def _can_take_back(self, blamed: str, request: Request, good: Request) -> bool:
        """Whether the blamed value still stands, and is not the one that worked before (a file may have vanished)."""
        if not blamed:
            return False
        value = getattr(request, blamed)
        return bool(getattr(self._request, blamed) == value != getattr(good, blamed))

    def _without(self, blamed: str, good: Request) -> Request:
        """The request before the blamed value came in, which leaves the history too; views and device stay."""
        if blamed in UNRECORDED:
            return self._request.with_(**{blamed: getattr(good, blamed)})
        bad = getattr(self._request, blamed)
        while self._undo and getattr(self._undo[-1], blamed) == bad:
            self._undo.pop()
        came_from_good = bool(self._undo) and getattr(self._undo[-1], blamed) == getattr(good, blamed)
        before = self._undo.pop() if came_from_good else good
        if self._redo and _differences(self._redo[-1], before) <= UNRECORDED:
            self._redo.pop()
        return self._looked_at(before)

    def _looked_at(self, request: Request) -> Request:
        """That request, with the open views and the device of now."""
        return request.with_(views=self._request.views, device=self._request.device)

    # Which side of it

    @property
    def side(self) -> Side:
        """Which run is shown now; the other one while flipped."""
        if not self._is_flipped:
            return self._side
        return Side.ATTACKED if self._side is Side.CLEAN else Side.CLEAN

    @property
    def chosen_side(self) -> Side:
        """Which run is shown while nothing is flipped."""
        return self._side

    def choose_side(self, side: Side) -> None:
        """Shows that run in every view."""
        self._change_side(side, self._is_flipped)

    @property
    def is_flipped(self) -> bool:
        """Whether the clean run is shown in the place of the attacked one, for as long as a key is held."""
        return self._is_flipped

    def flip(self, flipped: bool) -> None:
        """Shows the other run, or the chosen one again."""
        self._change_side(self._side, flipped)

    def _change_side(self, side: Side, flipped: bool) -> None:
        if (side, flipped) != (self._side, self._is_flipped):
            self._side, self._is_flipped = side, flipped
            self.side_changed.emit()

    @property
    def pointed(self) -> Pointed | None:
        """What the pointer is over inside the network; its window is outlined on the pictures."""
        return self._pointed

    def point_at(self, pointed: Pointed | None) -> None:
        """The pointer is over something, or over nothing any more."""
        if pointed != self._pointed:
            self._pointed = pointed
            self.pointed_changed.emit()

    # How fast

    @property
    def pace(self) -> Pace:
        """How fast an attack of many steps goes."""
        return self._pace

    def set_pace(self, pace: Pace) -> None:
        """Lets attacks go faster or slower, the one under way included."""
        if pace is not self._pace:
            self._pace = pace
            self.pace_changed.emit()

    # What is said

    @property
    def message(self) -> Message | None:
        """What the status bar says."""
        return self._message

    def report(self, text: str, *, is_error: bool = False) -> None:
        """Says something in the status bar."""
        self._message = Message(text, is_error)
        self.message_changed.emit(self._message)

    def dismiss(self) -> None:
        """The message was read."""
        self._message = None
        self.message_changed.emit(None)

    # The pictures at hand

    @property
    def images(self) -> tuple[str, ...]:
        """The pictures that were opened together, as ``Request.image`` names them."""
        return self._images

    def open_images(self, images: tuple[str, ...]) -> None:
        """Lays several pictures out and shows the first."""
        self._images = tuple(dict.fromkeys(images))
        self.images_changed.emit()
        if self._images:
            self.propose(image=self._images[0])
            self.settle()


def _differences(one: Request, other: Request) -> frozenset[str]:
    """The names of the fields in which two requests differ."""
    names = (each.name for each in fields(one))
    return frozenset(name for name in names if getattr(one, name) != getattr(other, name))
