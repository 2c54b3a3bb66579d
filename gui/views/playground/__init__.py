"""The playground: a convolution by hand, apart from the network, to be typed, drawn, stepped and seen as a matrix."""

from __future__ import annotations

from gui.views.playground.view import PlaygroundView

__all__ = ["PlaygroundView"]
