"""How far the attacked run is from the clean one at every layer, live with ε, and where that jumps."""

from __future__ import annotations

from gui.views.divergence.view import DivergenceView

__all__ = ["DivergenceView"]
