"""Which layer carries the attack: every layer put back to clean in turn, and edits to try by hand."""

from __future__ import annotations

from gui.views.causes.view import CausesView

__all__ = ["CausesView"]
