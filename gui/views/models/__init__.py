"""Several networks at once: a row of them that look at the bench's pictures, and a twin that is attacked by itself."""

from __future__ import annotations

from gui.views.models.twin import TwinView
from gui.views.models.view import ModelsView

__all__ = ["ModelsView", "TwinView"]
