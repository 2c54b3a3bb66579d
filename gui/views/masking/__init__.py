"""The lamp for hidden gradients: what was checked, what came of it, and why."""

from __future__ import annotations

from gui.views.masking.view import MaskingView

__all__ = ["MaskingView"]
