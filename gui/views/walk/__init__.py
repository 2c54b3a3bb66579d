"""The gradient on its way back: through this network, layer by layer, and through a tiny one by hand."""

from gui.views.walk.view import WalkView

__all__ = ["WalkView"]
