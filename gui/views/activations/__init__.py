"""What the units of a layer answer to the clean picture and to the attacked one, all at once and each by itself."""

from __future__ import annotations

from gui.views.activations.view import ActivationsView

__all__ = ["ActivationsView"]
