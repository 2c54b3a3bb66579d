"""The network as a graph: which layers there are, what each gives to which, and what they cost."""

from __future__ import annotations

from gui.views.graph.view import GraphView

__all__ = ["GraphView"]
