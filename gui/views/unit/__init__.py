"""One unit of a layer: its activation against ε, what excites it among the pictures, and an image grown for it."""

from __future__ import annotations

from gui.views.unit.view import UnitView

__all__ = ["UnitView"]
