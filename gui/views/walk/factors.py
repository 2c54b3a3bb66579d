"""The factors of the chain rule at a dense layer of the network itself, where it is small enough to be read."""

from __future__ import annotations

from typing import Final

import numpy as np
from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QHeaderView, QTableView, QVBoxLayout, QWidget

from engine.inside import Factors
from gui import theme
from gui.controls.segmented import Choice, Segmented
from gui.views.walk.table import Column, FactorsModel

_PAGES: Final = (
    Choice("neurons", "Neurons", "z, y and the slopes ∂E/∂y · ∂y/∂z = ∂E/∂z of every neuron"),
    Choice("weights", "Weights", "∂E/∂z · ∂z/∂w = ∂E/∂w of every weight"),
    Choice("inputs", "Inputs", "What comes in, and ∂E by it: the sum of ∂E/∂z · w over all neurons"),
)


class FactorsPane(QWidget):
    """A menu of layers, and the numbers of one: of its neurons, its weights or its inputs."""

    chosen = Signal(str)
    """The name of a layer that was chosen in the menu."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._factors: tuple[Factors, ...] = ()
        self.layers = QComboBox(self)
        self.layers.setAccessibleName("Dense layer")
        self.layers.setToolTip("The dense layer whose factors are shown, for the clean picture")
        self.layers.currentIndexChanged.connect(self._show)
        self.layers.textActivated.connect(self.chosen)
        self.pages = Segmented("Which factors are shown", self)
        self.pages.offer(_PAGES)
        self.pages.chosen.connect(self._on_page_chosen)
        self.pages.show_value("neurons")
        self._page: object = "neurons"
        self.table = QTableView(self)
        self.table.setFont(theme.font(theme.Type.CAPTION, tabular=True))
        self.table.setAccessibleName("Factors of the chain rule, for the clean picture")
        self.table.setTabKeyNavigation(False)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setMinimumSectionSize(self.table.fontMetrics().height() + 4)
        self.table.verticalHeader().setDefaultSectionSize(self.table.fontMetrics().height() + 4)
        self.table.horizontalHeader().setFont(theme.font(theme.Type.CAPTION))
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.model = FactorsModel(self)
        self.table.setModel(self.model)
        head = QHBoxLayout()
        head.setSpacing(theme.GRID)
        head.addWidget(self.layers, 1)
        head.addWidget(self.pages)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(theme.GRID // 2)
        rows.addLayout(head)
        rows.addWidget(self.table, 1)

    def show_factors(self, factors: tuple[Factors, ...]) -> None:
        """Shows the layers of a network, from the first to the last; the last one is where the way back begins."""
        names = [each.layer for each in factors]
        kept = self.layers.currentText()
        self._factors = factors
        with QSignalBlocker(self.layers):
            self.layers.clear()
            self.layers.addItems(names)
            self.layers.setCurrentIndex(names.index(kept) if kept in names else len(names) - 1)
        self._show()

    def show_layer(self, name: str) -> None:
        """Shows that layer, if it is one of them."""
        place = self.layers.findText(name)
        if place >= 0:
            self.layers.setCurrentIndex(place)

    def _on_page_chosen(self, page: object) -> None:
        self._page = page
        self._show()

    def _show(self) -> None:
        place = self.layers.currentIndex()
        columns = columns_of(self._factors[place], str(self._page)) if 0 <= place < len(self._factors) else ()
        self.model.show_columns(columns)


def columns_of(found: Factors, page: str) -> tuple[Column, ...]:
    """The columns of a page: ``"neurons"``, ``"weights"`` or ``"inputs"``."""
    return {"neurons": _neurons, "weights": _weights, "inputs": _inputs}[page](found)


def _neurons(found: Factors) -> tuple[Column, ...]:
    whole = [
        Column("neuron", "Of this layer", [str(each + 1) for each in range(len(found.pre))]),
        Column("b", "The bias", found.bias),
        Column("z", "The sum z = Σ w · a + b", found.pre),
    ]
    if len(found.d_local):
        whole += [
            Column("y", f"The output y = {found.activation}(z)", found.outputs),
            Column("∂E/∂y", "How the loss changes with the output", found.d_outputs),
            Column("∂y/∂z", f"The slope of {found.activation} at z", found.d_local),
        ]
    product = "∂E/∂z = ∂E/∂y · ∂y/∂z; where softmax follows, p − t"
    return (*whole, Column("∂E/∂z", product, found.d_pre))


def _weights(found: Factors) -> tuple[Column, ...]:
    cells = list(np.ndindex(found.weight.shape))
    return (
        Column("from → to", "From input to neuron", [f"{column + 1} → {row + 1}" for row, column in cells]),
        Column("w", "The weight", found.weight.ravel()),
        Column("∂E/∂z", "Of the neuron that it leads to", np.repeat(found.d_pre, len(found.inputs))),
        Column("∂z/∂w", "The input a that it multiplies", np.tile(found.inputs, len(found.pre))),
        Column("∂E/∂w", "∂E/∂w = ∂E/∂z · ∂z/∂w", found.d_weight.ravel()),
    )


def _inputs(found: Factors) -> tuple[Column, ...]:
    return (
        Column("input", "What the layer takes", [str(each + 1) for each in range(len(found.inputs))]),
        Column("a", "Its value", found.inputs),
        Column("∂E/∂a", "∂E/∂a = Σ ∂E/∂z · w, over all neurons", found.d_inputs),
    )
