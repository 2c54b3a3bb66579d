"""Two pictures side by side through the same layer: alike at first, and quite different in the end."""

from __future__ import annotations

from gui.views.companion.view import CompanionView

__all__ = ["CompanionView"]
