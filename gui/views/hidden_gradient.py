"""What the checks for a hidden gradient came to, said where it is read while another view is open."""

from __future__ import annotations

from typing import Final

from engine.frame import Frame
from engine.inside import Lamp
from engine.request import Request

WARNINGS: Final = {
    Lamp.MASKED: "Masking warns: the gradient is hidden here, so an attack along it says little. "
    "Try Square, which needs none.",
    Lamp.DOUBTFUL: "Masking warns: the gradient may be hidden here, and an attack along it say little. "
    "Try Square, which needs none.",
}


def subject_of(request: Request) -> tuple[object, ...]:
    """What the checks depend on: neither the attack nor ε."""
    return request.image, request.placement, request.moves, request.model


class HiddenGradient:
    """Remembers what was found for as long as picture and network stay, also when nobody looks at the checks."""

    def __init__(self) -> None:
        self._subject: tuple[object, ...] = ()
        self._lamp: Lamp | None = None

    def warning(self, frame: Frame) -> str:
        """A sentence if an attack along the gradient is shown and the checks have warned of it; else nothing."""
        subject = subject_of(frame.request)
        if subject != self._subject:
            self._subject, self._lamp = subject, None
        if frame.inside.masking is not None:
            self._lamp = frame.inside.masking.lamp
        if self._lamp is None or not frame.request.attack.follows_gradient:
            return ""
        return WARNINGS.get(self._lamp, "")
