"""One step of the attack, taken apart: from the picture it starts at to the one that is answered anew."""

from __future__ import annotations

from gui.views.steps.view import StepsView

__all__ = ["StepsView"]
