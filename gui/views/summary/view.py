"""The network as a table: every layer with its shape, its parameters and its cost, and the numbers behind them."""

from __future__ import annotations

from PySide6.QtCore import QItemSelectionModel, QModelIndex, Qt, Signal
from PySide6.QtGui import QFontMetrics, QGuiApplication, QKeySequence, QPalette, QResizeEvent, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QStackedLayout,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from engine.frame import Frame
from engine.inside import Architecture
from engine.look import Part
from engine.request import Request
from engine.summary import as_csv, as_text
from gui import theme
from gui.bind import follow
from gui.controls.elided import Elided
from gui.controls.segmented import Segmented
from gui.session import Session
from gui.views.base import FrameView
from gui.views.summary.model import COLUMNS, SummaryModel, TotalsModel

_GIVING_WAY = ((0, 22 * theme.GRID), (2, 12 * theme.GRID), (1, 14 * theme.GRID))
"""Columns that may be narrower than what stands in them, and how narrow: layer, settings, kind. Formulas stay whole."""

EMPTY = "The layers of the network appear here as soon as there is a picture and a network."


class SummaryView(FrameView):
    """A table of all layers, with totals below; the selected row is the layer that every view looks at."""

    needs = frozenset({Part.ARCHITECTURE})

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.model, self.totals_model = SummaryModel(self), TotalsModel(self)
        self.hint = QLabel(EMPTY, self)
        self.hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.hint.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.search = QLineEdit(self)
        self.search.setPlaceholderText("Search name, kind, settings")
        self.search.setAccessibleName("Search the layers")
        self.search.setClearButtonEnabled(True)
        self.search.setMinimumWidth(12 * theme.GRID)
        self.search.setMaximumWidth(28 * theme.GRID)
        self.only_learnt = QCheckBox("Only layers with parameters", self)
        self.count = Elided("", self)
        self.count.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.missing = QLabel(self)
        self.missing.setWordWrap(True)
        self.copy_text = QPushButton("Copy as text", self)
        self.copy_text.setToolTip("The whole table in columns of one width (Ctrl+C)")
        self.copy_csv = QPushButton("Copy as CSV", self)
        self.copy_csv.setToolTip("The whole table for a spreadsheet")
        self.table, self.totals = _table(self.model, self), _totals(self.totals_model, self)
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setContentsMargins(0, 0, 0, 0)
        head.setSpacing(theme.GRID)
        for each, stretch in ((self.search, 1), (self.only_learnt, 0), (self.count, 1)):
            head.addWidget(each, stretch)
        self._head = head
        head.addWidget(self.copy_text)
        head.addWidget(self.copy_csv)
        self.missing.setContentsMargins(theme.GRID, 0, theme.GRID, 0)
        self._page = QWidget(self)
        rows = QVBoxLayout(self._page)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(theme.GRID // 2)
        rows.addLayout(head)
        rows.addWidget(self.missing)
        rows.addWidget(self.table, 1)
        rows.addWidget(self.totals)
        self._pages = QStackedLayout(self)
        self._pages.addWidget(self.hint)
        self._pages.addWidget(self._page)

    def lead_with(self, switch: Segmented) -> None:
        """Puts a switch at the left end of the row above the table."""
        self._head.insertWidget(0, switch)
        for each in switch.buttons:
            self.setTabOrder(each, self.search)

    def _connect(self) -> None:
        self.search.textChanged.connect(self._filter)
        self.only_learnt.toggled.connect(self._filter)
        self.copy_text.clicked.connect(self._on_copy_text_clicked)
        self.copy_csv.clicked.connect(self._on_copy_csv_clicked)
        copy = QShortcut(QKeySequence.StandardKey.Copy, self.table)
        copy.setContext(Qt.ShortcutContext.WidgetShortcut)
        copy.activated.connect(self._on_copy_text_clicked)
        self.model.modelReset.connect(self._on_model_reset)
        self.table.selectionModel().selectionChanged.connect(self._on_table_selection_changed)
        self.table.resized.connect(self._fit_columns)
        header = self.table.horizontalHeader()
        header.sectionResized.connect(self._on_header_section_resized)
        self.table.horizontalScrollBar().valueChanged.connect(self.totals.horizontalScrollBar().setValue)
        follow(self.session, self._on_look_changed, "look")

    # What is drawn

    def draw(self, frame: Frame) -> None:
        """Shows the network of a frame, or the last one."""
        graph = frame.inside.architecture
        if graph is not None and graph is not self.model.architecture:
            self._show(graph)
        elif self.model.architecture is None:
            self.hint.setText(" ".join(frame.inside.notes) or EMPTY)
        self._show_selected()

    def _show(self, graph: Architecture) -> None:
        self.model.show_architecture(graph)
        self.totals_model.show_architecture(graph)
        self.totals.setFixedHeight(self.totals.rowHeight(0) + 2)
        self.missing.setText(graph.missing)
        self.missing.setVisible(bool(graph.missing))
        self._say_count()
        self._pages.setCurrentWidget(self._page)
        self._fit_columns()

    def _fit_columns(self) -> None:
        """As wide as what stands in them; where there is not room for all, the names of the layers give way first."""
        graph = self.model.architecture
        if graph is None:
            return
        metrics = QFontMetrics(theme.font(theme.Type.BODY, tabular=True))
        bold = QFontMetrics(theme.font(theme.Type.BODY, bold=True, tabular=True))
        widths = []
        for place, column in enumerate(COLUMNS):
            texts = (self.model.longest(place), column.title)
            wanted = max(*map(metrics.horizontalAdvance, texts), bold.horizontalAdvance(column.total(graph)))
            widths.append(min(wanted + 2 * theme.GRID, column.widest))
        for place, least in _GIVING_WAY:
            lacking = sum(widths) - self.table.viewport().width()
            widths[place] -= min(max(lacking, 0), max(widths[place] - least, 0))
        for place, width in enumerate(widths):
            self.table.setColumnWidth(place, width)

    def _filter(self) -> None:
        self.model.filter(self.search.text(), only_learnt=self.only_learnt.isChecked())
        self._say_count()

    def _say_count(self) -> None:
        graph = self.model.architecture
        total, shown = 0 if graph is None else len(graph.nodes), len(self.model.nodes)
        self.count.setText(f"{total} layers and operations" if shown == total else f"{shown} of {total} shown")

    # Which layer

    @property
    def _layer(self) -> str:
        """The selected layer: the one that was chosen, or else the engine's choice."""
        frame, graph, chosen = self.session.frame, self.model.architecture, self.session.request.look.layer
        return chosen if frame is None or (graph is not None and chosen in graph.index) else frame.inside.layer

    def _show_selected(self) -> None:
        row, selection = self.model.row_of(self._layer), self.table.selectionModel()
        if row < 0:
            selection.clear()
        elif not selection.isRowSelected(row, QModelIndex()):
            flags = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
            selection.setCurrentIndex(self.model.index(row, 0), flags)
            self.table.scrollTo(self.model.index(row, 0))

    def _on_model_reset(self) -> None:
        self._show_selected()
        self.table.scrollToTop()  # of other rows, or another order, the first are looked for

    def _on_look_changed(self, _request: Request) -> None:
        self._show_selected()

    def _on_table_selection_changed(self) -> None:
        rows = self.table.selectionModel().selectedRows()
        if rows and (name := self.model.nodes[rows[0].row()].name) != self._layer:
            self.session.look_at(layer=name)

    # What is copied

    def _on_copy_text_clicked(self) -> None:
        graph = self.model.architecture
        if graph is not None:
            self._copy(as_text(graph), "as text")

    def _on_copy_csv_clicked(self) -> None:
        graph = self.model.architecture
        if graph is not None:
            self._copy(as_csv(graph), "as CSV")

    def _copy(self, text: str, how: str) -> None:
        QGuiApplication.clipboard().setText(text)
        self.session.report(f"The table of all layers is on the clipboard, {how}.")

    def _on_header_section_resized(self, section: int, _before: int, width: int) -> None:
        self.totals.setColumnWidth(section, width)


class _Table(QTableView):
    """Tells when it has another size."""

    resized = Signal()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.resized.emit()


def _table(model: SummaryModel, parent: QWidget) -> _Table:
    table = _plain_table(parent)
    table.setModel(model)
    table.setAccessibleName("Layers of the network")
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    table.setAlternatingRowColors(True)
    table.setTabKeyNavigation(False)
    header = table.horizontalHeader()
    header.setSortIndicatorClearable(True)
    header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
    table.setSortingEnabled(True)
    return table


def _totals(model: TotalsModel, parent: QWidget) -> _Table:
    table = _plain_table(parent)
    table.setModel(model)
    table.setAccessibleName("Totals of the network")
    table.horizontalHeader().hide()
    table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
    table.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    table.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    table.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
    return table


def _plain_table(parent: QWidget) -> _Table:
    table = _Table(parent)
    table.setFrameShape(QFrame.Shape.NoFrame)
    table.setShowGrid(False)
    table.setWordWrap(False)
    table.setTextElideMode(Qt.TextElideMode.ElideMiddle)
    table.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    upright = table.verticalHeader()
    upright.hide()
    upright.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
    upright.setDefaultSectionSize(table.fontMetrics().height() + theme.GRID // 2)
    table.setMinimumHeight(6 * theme.GRID)
    return table
