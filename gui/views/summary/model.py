"""The layers of a network as a table: which columns there are, what stands in them, and which rows are shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt

from engine.inside import Architecture, Node, Receptive
from gui import theme
from gui.views.graph.words import say_shape, say_share

Index = QModelIndex | QPersistentModelIndex
_ROOT: Final = QModelIndex()
_UNKNOWN: Final = "–"
_THIN: Final = "\u2009"


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        title: its header.
        help: what it means, exactly.
        widest: in units of the screen; a longer text loses its middle, and is whole in the tooltip.
        text: what stands in it for a layer.
        key: by what it is sorted; None for its text.
        total: what stands below all of it.
        is_number: whether it is written at the right, in figures of one width.
    """

    title: str
    help: str
    widest: int
    text: Callable[[Node, Architecture], str]
    key: Callable[[Node], float] | None = None
    total: Callable[[Architecture], str] = lambda _architecture: ""
    is_number: bool = False


def say_whole(count: int) -> str:
    """A whole number in full, in groups of three: ``407 050``."""
    return f"{count:,}".replace(",", _THIN)


def say_receptive(receptive: tuple[Receptive, Receptive] | None) -> str:
    """What a position sees of the input: ``11×11, step 4``; vertical first where the two differ."""
    if receptive is None:
        return _UNKNOWN
    vertical, horizontal = receptive
    size = f"{vertical.size:g}×{horizontal.size:g}"
    if vertical.stride == horizontal.stride:
        return f"{size}, step {vertical.stride:g}"
    return f"{size}, step {vertical.stride:g}×{horizontal.stride:g}"


def _count(count: int) -> str:
    return say_whole(count) if count else _UNKNOWN


COLUMNS: Final = (
    Column("Layer", "The path of the layer within the network", 300, lambda node, _: node.name),
    Column("Kind", "The layer's class, or the operation", 160, lambda node, _: node.kind),
    Column("Settings", "The size of its kernel, its stride, padding and so on", 200, lambda node, _: node.detail),
    Column(
        "Output",
        "The shape of what it gives for one picture: channels × height × width, or how many numbers",
        120,
        lambda node, _: say_shape(node.shape) if node.shape else _UNKNOWN,
        key=lambda node: float(_product(node.shape)),
        is_number=True,
    ),
    Column(
        "(W − F + 2P)/S + 1",
        "The side of its output, with the numbers put in: W the side of its input, F that of the kernel, P the "
        "padding at each end, S the stride",
        290,
        lambda node, _: node.size_formula or _UNKNOWN,
        is_number=True,
    ),
    Column(
        "Parameters",
        "How many numbers were learnt",
        120,
        lambda node, _: _count(node.parameters),
        key=lambda node: node.parameters,
        total=lambda architecture: say_whole(architecture.parameters),
        is_number=True,
    ),
    Column(
        "(F·F·Cin + 1)·Cout",
        "How the parameters come about, with the numbers put in: F the side of the kernel, Cin and Cout the channels "
        "that go in and come out, 1 the bias",
        240,
        lambda node, _: node.parameters_formula or _UNKNOWN,
        is_number=True,
    ),
    Column(
        "Sees of the input",
        "Receptive field: how many pixels of the network's input one number of the output depends on, and by how many "
        "pixels that window moves to the next one; – is everything, or unknown",
        160,
        lambda node, _: say_receptive(node.receptive),
        key=lambda node: 0.0 if node.receptive is None else node.receptive[0].size * node.receptive[1].size,
        is_number=True,
    ),
    Column(
        "Multiply-adds",
        "How many products are added up for one picture",
        140,
        lambda node, _: _count(node.macs),
        key=lambda node: node.macs,
        total=lambda architecture: _count(architecture.macs),
        is_number=True,
    ),
    Column(
        "Share",
        "The share of the network's multiply-adds",
        80,
        lambda node, architecture: say_share(node.macs, architecture.macs) if node.macs else _UNKNOWN,
        key=lambda node: node.macs,
        total=lambda architecture: "100 %" if architecture.macs else "",
        is_number=True,
    ),
)


def _product(shape: tuple[int, ...]) -> int:
    total = 1
    for each in shape:
        total *= each
    return total if shape else 0


class SummaryModel(QAbstractTableModel):
    """One row a layer, in the order in which they run, or sorted by a column; some may be filtered out."""

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self._architecture: Architecture | None = None
        self._nodes: list[Node] = []
        self._text = ""
        self._only_learnt = False
        self._column, self._order = -1, Qt.SortOrder.AscendingOrder

    # Which rows

    @property
    def architecture(self) -> Architecture | None:
        """The network that is shown."""
        return self._architecture

    @property
    def nodes(self) -> list[Node]:
        """The layers that are shown, from top to bottom."""
        return self._nodes

    def show_architecture(self, architecture: Architecture) -> None:
        """Shows another network."""
        self._architecture = architecture
        self._arrange()

    def filter(self, text: str, *, only_learnt: bool) -> None:
        """Shows the layers whose name, kind or settings contain every word of ``text``, and perhaps only the learnt."""
        self._text, self._only_learnt = text, only_learnt
        self._arrange()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sorts by a column; −1 is the order in which the layers run."""
        self._column, self._order = column, order
        self._arrange()

    def longest(self, column: int) -> str:
        """The longest of the texts in a column."""
        graph, text = self._architecture, COLUMNS[column].text
        return "" if graph is None else max((text(each, graph) for each in graph.nodes), key=len, default="")

    def row_of(self, layer: str) -> int:
        """Where a layer stands; −1 if it is not shown."""
        return next((row for row, each in enumerate(self._nodes) if each.name == layer), -1)

    def _arrange(self) -> None:
        self.beginResetModel()
        graph = self._architecture
        self._nodes = [] if graph is None else [each for each in graph.nodes if self._is_shown(each)]
        if 0 <= self._column < len(COLUMNS):
            self._nodes.sort(key=self._key, reverse=self._order == Qt.SortOrder.DescendingOrder)
        self.endResetModel()

    def _is_shown(self, node: Node) -> bool:
        said = f"{node.name} {node.kind} {node.detail}".lower()
        is_wanted = all(word in said for word in self._text.lower().split())
        return is_wanted and (node.parameters > 0 or not self._only_learnt)

    def _key(self, node: Node) -> Any:
        column = COLUMNS[self._column]
        assert self._architecture is not None  # noqa: S101 - without a network there are no rows to sort
        return column.text(node, self._architecture).lower() if column.key is None else column.key(node)

    # What Qt asks

    def rowCount(self, parent: Index = _ROOT) -> int:
        """How many layers are shown."""
        return 0 if parent.isValid() else len(self._nodes)

    def columnCount(self, parent: Index = _ROOT) -> int:
        """How many columns there are."""
        return 0 if parent.isValid() else len(COLUMNS)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """What stands in a cell, and how."""
        graph = self._architecture
        if not index.isValid() or graph is None:
            return None
        column, node = COLUMNS[index.column()], self._nodes[index.row()]
        if role in {Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole}:
            text = column.text(node, graph)
            if role == Qt.ItemDataRole.ToolTipRole and column.title == "Multiply-adds":
                return node.macs_formula or text
            return text
        return _look(column, role)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """What a column is called, and what that means."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        column = COLUMNS[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.title
        return column.help if role == Qt.ItemDataRole.ToolTipRole else _look(column, role)


class TotalsModel(QAbstractTableModel):
    """The one row below the table."""

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self._texts = [""] * len(COLUMNS)

    def show_architecture(self, architecture: Architecture) -> None:
        """Shows the totals of a network; shared parameters count once."""
        self.beginResetModel()
        self._texts = [each.total(architecture) for each in COLUMNS]
        self._texts[0] = f"Total of {len(architecture.nodes)}"
        self.endResetModel()

    def rowCount(self, parent: Index = _ROOT) -> int:
        """One."""
        return 0 if parent.isValid() else 1

    def columnCount(self, parent: Index = _ROOT) -> int:
        """Those of the table above."""
        return 0 if parent.isValid() else len(COLUMNS)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """What stands in a cell, and how."""
        if not index.isValid():
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._texts[index.column()]
        if role == Qt.ItemDataRole.FontRole:
            return theme.font(theme.Type.BODY, bold=True, tabular=True)
        return _look(COLUMNS[index.column()], role)


def _look(column: Column, role: int) -> Any:
    if role == Qt.ItemDataRole.TextAlignmentRole:
        side = Qt.AlignmentFlag.AlignRight if column.is_number else Qt.AlignmentFlag.AlignLeft
        return int(side | Qt.AlignmentFlag.AlignVCenter)
    if role == Qt.ItemDataRole.FontRole:
        return theme.font(theme.Type.BODY, tabular=True)
    return None
