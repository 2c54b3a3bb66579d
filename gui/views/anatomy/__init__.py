"""A layer taken apart: where every number of it comes from, with the numbers."""

from __future__ import annotations

from gui.views.anatomy.view import AnatomyView

__all__ = ["AnatomyView"]
