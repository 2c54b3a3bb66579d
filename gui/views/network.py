"""The whole network at a glance: its graph, the table of its layers, or both beside each other."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QSplitter, QVBoxLayout, QWidget

from gui import theme
from gui.controls.segmented import Choice, Segmented
from gui.session import Session
from gui.views.graph import GraphView
from gui.views.summary import SummaryView

WIDE: Final = 1500
"""In pixels: from here on there is room for both."""


class Shown(StrEnum):
    """What of the two is shown."""

    GRAPH = "graph"
    TABLE = "table"
    BOTH = "both"


_CHOICES = (
    Choice(Shown.GRAPH, "Graph", "How the layers follow each other"),
    Choice(Shown.TABLE, "Table", "Every layer with its size, parameters and multiply-adds, and how they come about"),
    Choice(Shown.BOTH, "Both", "The graph and the table beside each other"),
)


class NetworkView(QWidget):
    """The graph or the table; both where the window is wide, or when both are chosen."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._chosen: Shown | None = None
        self._shown: Shown | None = None
        self.choice = Segmented("What is shown of the network", self)
        self.choice.offer(_CHOICES)
        self.choice.chosen.connect(self._on_choice_chosen)
        self.choice.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._splitter = QSplitter(Qt.Orientation.Horizontal, self)
        self._splitter.setChildrenCollapsible(False)
        self.graph = GraphView(session, self._splitter)
        self.table = SummaryView(session, self._splitter)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(theme.GRID // 2, theme.GRID // 2, theme.GRID // 2, 0)
        rows.setSpacing(theme.GRID // 2)
        rows.addWidget(self._splitter, 1)
        self._show()

    def _show(self) -> None:
        shown = self._chosen or (Shown.BOTH if self.width() >= WIDE else Shown.GRAPH)
        if shown is self._shown:
            return
        self._shown = shown
        home = self.table if shown is Shown.TABLE else self.graph
        home.show()
        self._place_choice(home, shown)  # before the other is hidden, and the keyboard goes elsewhere
        self.graph.setVisible(shown is not Shown.TABLE)
        self.table.setVisible(shown is not Shown.GRAPH)

    def _place_choice(self, home: GraphView | SummaryView, shown: Shown) -> None:
        """The switch stands in the row of what is shown: a row of its own would take a fifth of a low dock."""
        had_focus = self.choice.isAncestorOf(self.focusWidget())
        home.lead_with(self.choice)
        self.choice.show()  # a widget that is placed elsewhere is hidden at first
        self.choice.show_value(shown)
        if had_focus:
            self.choice.button(shown).setFocus()

    def _on_choice_chosen(self, shown: Shown) -> None:
        self._chosen = shown
        self._show()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Shows both as soon as there is room, unless one was chosen."""
        super().resizeEvent(event)
        self._show()
