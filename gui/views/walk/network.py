"""The gradient on its way back through the network: its size at every layer, and every factor where it is small."""

from __future__ import annotations

import math

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QHBoxLayout, QLabel, QStackedLayout, QVBoxLayout, QWidget

from engine.answers import Floats
from engine.inside import Architecture, GradientWalk
from gui import theme
from gui.controls.elided import Elided
from gui.controls.segmented import Choice, Segmented
from gui.views.legend import Entry, Legend, Swatch
from gui.views.scale_bar import say_value
from gui.views.walk.factors import FactorsPane
from gui.views.walk.layers import LayerSizes

EMPTY = (
    "The size of the gradient at each layer appears here: open a picture, choose a network and an attack. "
    "“By hand” needs none of these."
)
_MEASURES = (
    Choice("mean", "Each number", "Mean |∂E/∂y| of one number of a layer: comparable between layers of any size"),
    Choice("norm", "Whole layer", "‖∂E/∂y‖₂ of all numbers of a layer together"),
)
_FACTORS_WIDTH = 60 * theme.GRID


class NetworkPage(QWidget):
    """The lines, a caption, and the tables of factors if there are any; ``bar`` is a row of controls for the holder."""

    chosen = Signal(str)
    """A layer was chosen."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._walk: GradientWalk | None = None
        self._architecture: Architecture | None = None
        self._class = ""
        self._measure: object = "mean"
        self.hint = QLabel(EMPTY, self)
        self.hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.hint.setWordWrap(True)
        self.hint.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.caption = Elided("", self)
        self.note = QLabel("", self)
        self.note.setWordWrap(True)
        self.sizes = LayerSizes(self)
        self.sizes.chosen.connect(self._on_size_chosen)
        self.sizes.hovered.connect(self._say)
        self.factors = FactorsPane(self)
        self.factors.chosen.connect(self.chosen)
        self.factors.setFixedWidth(_FACTORS_WIDTH)
        self.measures = Segmented("What is measured of the gradient", self)
        self.measures.offer(_MEASURES)
        self.measures.show_value(self._measure)
        self.measures.chosen.connect(self._on_measure_chosen)
        self.legend = Legend(across=True, parent=self)
        self.bar = self._bar()
        self._lay_out()

    def _bar(self) -> QWidget:
        bar = QWidget(self)
        row = QHBoxLayout(bar)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2 * theme.GRID)
        row.addWidget(self.measures)
        row.addWidget(self.caption, 1)
        row.addWidget(self.legend)
        return bar

    def _lay_out(self) -> None:
        page = QWidget(self)
        left = QVBoxLayout()
        left.setSpacing(2)
        left.addWidget(self.sizes, 1)
        left.addWidget(self.note)
        columns = QHBoxLayout(page)
        columns.setContentsMargins(0, 0, 0, 0)
        columns.setSpacing(2 * theme.GRID)
        columns.addLayout(left, 1)
        columns.addWidget(self.factors)
        self._pages = QStackedLayout(self)
        self._pages.addWidget(self.hint)
        self._pages.addWidget(page)
        self._page = page
        for each in (self.measures, self.caption, self.legend, self.factors):
            each.hide()

    # What is shown

    def show_hint(self, notes: tuple[str, ...]) -> None:
        """Says why there is nothing, unless something is shown."""
        if self._walk is None:
            self.hint.setText(" ".join(notes) or EMPTY)

    def show_walk(self, walk: GradientWalk, architecture: Architecture | None, class_name: str) -> None:
        """Shows the gradients of a picture; ``class_name`` is that of its label."""
        if walk is self._walk:
            return
        self._walk, self._architecture, self._class = walk, architecture, class_name
        for each in (self.measures, self.caption, self.legend):
            each.show()
        self.factors.setVisible(bool(walk.factors))
        self.factors.show_factors(walk.factors)
        self.note.setText(walk.note)
        self.note.setVisible(bool(walk.note))
        self._show()
        self._pages.setCurrentWidget(self._page)

    def select(self, layer: str) -> None:
        """Outlines a layer."""
        layers = () if self._walk is None else self._walk.layers
        self.sizes.select(layers.index(layer) if layer in layers else None)
        self.factors.show_layer(layer)
        self._say()

    def _show(self) -> None:
        if self._walk is not None:
            clean, attacked = self._sizes(self._walk)
            self.sizes.show_sizes(self._walk.layers, clean, attacked, self._symbol)
            entries = [Entry(theme.CLEAN, "clean", Swatch.STROKE)]
            if attacked is not None:
                entries.append(Entry(theme.ADVERSARIAL, "attacked", Swatch.STROKE))
            self.legend.explain(entries)
            self._say()

    def _sizes(self, walk: GradientWalk) -> tuple[Floats, Floats | None]:
        return (walk.clean, walk.attacked) if self._measure == "norm" else (walk.mean_clean, walk.mean_attacked)

    def _on_measure_chosen(self, measure: object) -> None:
        self._measure = measure
        self._show()

    def _on_size_chosen(self, place: int) -> None:
        if self._walk is not None:
            self.chosen.emit(self._walk.layers[place])

    # What is said

    def _say(self, hovered: int = -1) -> None:
        """The caption: the layer under the pointer, or else the selected one."""
        if self._walk is None:
            return
        what = f"{self._symbol} of a layer's output y; E is the cross-entropy of {self._class}"
        place = self.sizes.selected if hovered < 0 else hovered
        said = what if place is None else self._say_layer(self._walk, place)
        self.caption.setText(said)
        self.caption.setToolTip(what if place is None else f"{said}{self._say_kind(self._walk.layers[place])}\n{what}")

    @property
    def _symbol(self) -> str:
        return "‖∂E/∂y‖₂" if self._measure == "norm" else "mean |∂E/∂y|"

    def _say_kind(self, name: str) -> str:
        graph = self._architecture
        return f" ({graph.nodes[graph.index[name]].kind})" if graph is not None and name in graph.index else ""

    def _say_layer(self, walk: GradientWalk, place: int) -> str:
        clean, attacked = self._sizes(walk)
        said = f"{walk.layers[place]}: clean {_say_size(float(clean[place]))}"
        if attacked is None:
            return said
        said += f", attacked {_say_size(float(attacked[place]))}"
        if clean[place] > 0 and attacked[place] > 0:
            said += f" (×{float(attacked[place]) / float(clean[place]):.3g})"
        return said

    def minimumSizeHint(self) -> QSize:
        """As low as the docks of the window may become."""
        return QSize(60 * theme.GRID, 12 * theme.GRID)


def _say_size(size: float) -> str:
    return "no gradient" if math.isnan(size) else say_value(size)
