"""The network as a table: every layer with its shape, its parameters and its cost, and the numbers behind them."""

from __future__ import annotations

from gui.views.summary.view import SummaryView

__all__ = ["SummaryView"]
