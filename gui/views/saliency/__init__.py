"""Which pixels the answer rests on: in the clean picture, in the perturbed one, and how they differ."""

from __future__ import annotations

from gui.views.saliency.view import SaliencyView

__all__ = ["SaliencyView"]
