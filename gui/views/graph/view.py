"""The network as a graph: which layers there are, what each gives to which, and what they cost."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QPalette, QResizeEvent, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QStackedLayout, QToolButton, QVBoxLayout, QWidget

from engine.frame import Frame
from engine.inside import Architecture
from engine.look import Part
from engine.request import Request
from gui import theme
from gui.bind import follow
from gui.controls.elided import Elided
from gui.controls.segmented import Segmented
from gui.icons import icon
from gui.session import Session
from gui.views.base import FrameView
from gui.views.graph.canvas import GraphCanvas
from gui.views.graph.kinds import legend_of, signs_of
from gui.views.graph.words import say_totals
from gui.views.legend import Legend

EMPTY: Final = "The network appears here as soon as there is a picture and a network."
COMPUTING: Final = "Following a picture through the network …"
BOXES: Final = "stack: a group, Enter opens it"
BARE: Final = "Nothing of this network's layers can be shown."

_ROOMY: Final = 90 * theme.GRID
"""Width from which on there is room for the totals, and for what boxes and bars say."""
_SEARCH_WIDTHS: Final = (12 * theme.GRID, 26 * theme.GRID)


class GraphView(FrameView):
    """The graph, a search in it, and the totals; the layer that is selected here is selected in every view."""

    needs = frozenset({Part.ARCHITECTURE})

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.setAccessibleName("Architecture of the network")
        self._architecture: Architecture | None = None
        self._layer = ""
        self.canvas = GraphCanvas(self)
        self.canvas.chosen.connect(self._on_canvas_chosen)
        self.canvas.laid_out.connect(self._explain)
        self.hint = self._label(EMPTY)
        self.hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.missing = self._label("")
        self.missing.hide()
        self.legend = Legend(across=True, parent=self)
        self.bars = Elided("", self)
        self.bars.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.bars.setFont(theme.font(theme.Type.CAPTION))
        self.bars.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._fill()
        follow(session, self._on_look_changed, "look")

    def _fill(self) -> None:
        below = QHBoxLayout()
        below.addWidget(self.legend)
        below.addWidget(self.bars, 1)
        shown = QWidget(self)
        column = QVBoxLayout(shown)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GRID // 2)
        column.addLayout(self._toolbar())
        column.addWidget(self.missing)
        column.addWidget(self.canvas, 1)
        column.addLayout(below)
        self._pages = QStackedLayout(self)
        self._pages.addWidget(self.hint)
        self._pages.addWidget(shown)

    def _label(self, text: str) -> QLabel:
        label = QLabel(text, self)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setWordWrap(True)
        label.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        return label

    def _toolbar(self) -> QHBoxLayout:
        self.search = self._search_field()
        self.found = self._label("")
        self.found.setWordWrap(False)
        self.totals = Elided("", self)
        self.totals.setAlignment(Qt.AlignmentFlag.AlignRight)
        fit = self._button("Fit", "Shows the whole network (0)", self.canvas.fit)
        fit.setIcon(icon("fit"))
        fit.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        row = QHBoxLayout()
        row.setSpacing(theme.GRID)
        opened = self._button("Open all", "Opens every group of layers", self.canvas.open_all)
        folded = self._button("Fold all", "Folds every group of layers into one box", self.canvas.fold_all)
        row.addWidget(self.search, 1)
        row.addWidget(self.found)
        for each in (opened, folded, fit):
            row.addWidget(each)
        row.addWidget(self.totals, 1)
        for before, after in pairwise((self.search, opened, folded, fit, self.canvas)):
            self.setTabOrder(before, after)
        self._tools = row
        return row

    def lead_with(self, switch: Segmented) -> None:
        """Puts a switch at the left end of the row above the graph."""
        self._tools.insertWidget(0, switch)
        for each in switch.buttons:
            self.setTabOrder(each, self.search)

    def _search_field(self) -> QLineEdit:
        field = QLineEdit(self)
        field.setPlaceholderText("Find a layer: name or kind")
        field.setClearButtonEnabled(True)
        least, most = _SEARCH_WIDTHS
        field.setMinimumWidth(least)
        field.setMaximumWidth(most)
        field.setAccessibleName("Find a layer by a part of its name or kind")
        field.setToolTip("Enter goes to the next one (Ctrl+F)")
        field.textChanged.connect(self._on_search_changed)
        field.returnPressed.connect(self._on_search_entered)
        find = QShortcut(QKeySequence(QKeySequence.StandardKey.Find), self)
        find.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        find.activated.connect(self._on_find_activated)
        return field

    def _button(self, text: str, tip: str, pressed: Callable[[], None]) -> QToolButton:
        button = QToolButton(self)
        button.setText(text)
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        button.clicked.connect(pressed)
        return button

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leaves out, beside a table, what would be too short to be read; the tooltips have it."""
        super().resizeEvent(event)
        for each in (self.totals, self.bars):
            each.setVisible(self.width() >= _ROOMY)

    # What is drawn

    def draw(self, frame: Frame) -> None:
        """Shows the network of a frame, or the last one until there is one; marks the selected layer."""
        architecture = frame.inside.architecture
        if architecture is not None and architecture is not self._architecture:
            self._show_architecture(architecture)
        if self._architecture is None:
            self.hint.setText(EMPTY if frame.before is None else COMPUTING)
        elif not self._architecture.nodes:
            self.hint.setText(self._architecture.missing or BARE)
        is_there = self._architecture is not None and bool(self._architecture.nodes)
        self._pages.setCurrentIndex(1 if is_there else 0)
        self._select(self.session.request.look.layer or frame.inside.layer, reveal=False)

    def _show_architecture(self, architecture: Architecture) -> None:
        self._architecture = architecture
        self.missing.setText(architecture.missing)
        self.missing.setVisible(bool(architecture.missing))
        self.totals.setText(say_totals(architecture))
        self.legend.explain(legend_of(architecture.nodes))
        self.canvas.show_architecture(architecture)
        self._on_search_changed(self.search.text())

    def _explain(self) -> None:
        """What boxes, bars and signs say; what the bars stand for depends on what is folded."""
        scene = self.canvas.scene
        largest = scene.largest_share
        said = [
            BOXES,
            f"bar and %: share of the multiply-adds, longest {largest}" if largest else "",
            signs_of(scene.architecture.nodes),
        ]
        text = "; ".join(filter(None, said))
        self.bars.setText(text)
        self.bars.setToolTip(text)

    def _select(self, layer: str, *, reveal: bool) -> None:
        if layer != self._layer:
            self._layer = layer
            self.canvas.select(layer, reveal=reveal)

    def _on_look_changed(self, request: Request) -> None:
        """Another view chose a layer: the graph goes there."""
        if request.look.layer:
            self._select(request.look.layer, reveal=True)

    # What is asked

    def _on_canvas_chosen(self, layer: str) -> None:
        self._layer = layer
        self.session.look_at(layer=layer)

    def _on_find_activated(self) -> None:
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    def _on_search_changed(self, text: str) -> None:
        hits = self._hits(text)
        self.canvas.mark(hits if text.strip() else None)
        self.found.setText("" if not text.strip() else f"{len(hits)} found" if hits else "nothing found")

    def _on_search_entered(self) -> None:
        """Goes to the next layer that was found, after the last one to the first."""
        hits = self._hits(self.search.text())
        if not hits:
            return
        place = (hits.index(self._layer) + 1) % len(hits) if self._layer in hits else 0
        self.found.setText(f"{place + 1} of {len(hits)}")
        self.session.look_at(layer=hits[place])
        self._select(hits[place], reveal=True)

    def _hits(self, text: str) -> list[str]:
        """The layers whose name or kind contains a text, in the order in which they run."""
        sought = text.strip().lower()
        nodes = self._architecture.nodes if self._architecture is not None and sought else ()
        return [each.name for each in nodes if sought in each.name.lower() or sought in each.kind.lower()]
