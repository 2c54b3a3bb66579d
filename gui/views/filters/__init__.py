"""The weights of a layer: every kernel of a convolution, every row of a dense layer."""

from __future__ import annotations

from gui.views.filters.view import FiltersView

__all__ = ["FiltersView"]
