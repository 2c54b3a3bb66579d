"""Tabs whose names are drawn whole."""

from __future__ import annotations

from PySide6.QtWidgets import QProxyStyle, QStyle, QStyleOption, QTabBar, QWidget


class LevelTabs(QProxyStyle):
    """Fusion, but for the names of the tabs behind: it moves them down and then cuts off what hangs below a line.

    Args:
        bar: gets the style, and keeps it.
    """

    def __init__(self, bar: QTabBar) -> None:
        super().__init__("Fusion")
        self.setParent(bar)
        bar.setStyle(self)

    def pixelMetric(
        self, metric: QStyle.PixelMetric, option: QStyleOption | None = None, widget: QWidget | None = None
    ) -> int:
        """All names stand at one height."""
        if metric is QStyle.PixelMetric.PM_TabBarTabShiftVertical:
            return 0
        return super().pixelMetric(metric, option, widget)
