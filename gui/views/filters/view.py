"""The weights of a layer: every kernel of a convolution, every row of a dense layer."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QStackedLayout, QVBoxLayout, QWidget

from engine.frame import Floats, Frame
from engine.inside import Architecture, Filters
from engine.look import Part
from engine.request import Request
from gui import theme
from gui.bind import follow
from gui.controls.elided import Elided
from gui.session import Session
from gui.views.base import FrameView
from gui.views.colormaps import Packed, packed_of
from gui.views.filters.controls import FilterControls
from gui.views.filters.detail import FilterDetail
from gui.views.filters.kernels import MOST_NUMBERS, Kernels, Order, Show, sees_colours
from gui.views.filters.matrix import MatrixPane
from gui.views.filters.words import COLOURS_HELP, say_colours, say_filter, say_layer, say_number, say_scale
from gui.views.layer_bar import LayerBar
from gui.views.mosaic import MosaicPane
from gui.views.mosaic_tiles import coloured
from gui.views.scale_bar import ScaleBar

EMPTY = "The filters of a layer appear here as soon as there is a picture and a network."


class FiltersView(FrameView):
    """All filters of the selected layer, the chosen one enlarged; a click chooses the unit in every view."""

    needs = frozenset({Part.FILTERS, Part.ACTIVATIONS, Part.ARCHITECTURE})

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self._kernels: Kernels | None = None
        self._graph: Architecture | None = None
        self._units: NDArray[np.int64] = np.zeros(0, np.int64)
        self.bar = LayerBar(session, self, side=False, unit=True)
        self.controls = FilterControls(self)
        self.hint = QLabel(EMPTY, self)
        self.hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.hint.setWordWrap(True)
        self.hint.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.mosaic, self.matrix = MosaicPane(self), MatrixPane(self)
        self.mosaic.setAccessibleName("Filters of the layer")
        self.matrix.setAccessibleName("Weights of the layer")
        self.scale, self.colours = ScaleBar(self), Elided("", self)
        self.colours.setFont(theme.font(theme.Type.CAPTION, tabular=True))
        self.colours.setToolTip(COLOURS_HELP)
        self.colours.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)  # a legend is read whole
        self.readout = Elided("", self)
        self.readout.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.readout.setFont(theme.font(theme.Type.CAPTION, tabular=True))
        self.detail = FilterDetail(self)
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        for each in (self.controls.shows, self.controls.channel, self.controls.orders):
            self.bar.add_widget(each)
        foot = QHBoxLayout()
        foot.setSpacing(theme.GRID)
        foot.addWidget(self.controls.scales)
        foot.addWidget(self.scale)
        foot.addWidget(self.colours)
        foot.addWidget(self.readout, 1)
        self._panes = QStackedLayout()
        self._panes.addWidget(self.mosaic)
        self._panes.addWidget(self.matrix)
        across = QHBoxLayout()
        across.setSpacing(2 * theme.GRID)
        across.addLayout(self._panes, 1)
        across.addWidget(self.detail)
        self._page = QWidget(self)
        page = QVBoxLayout(self._page)
        page.setContentsMargins(0, 0, 0, 0)
        page.setSpacing(theme.GRID // 2)
        page.addLayout(across, 1)
        page.addLayout(foot)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(theme.GRID, theme.GRID // 2, theme.GRID, theme.GRID // 2)
        rows.setSpacing(theme.GRID // 2)
        rows.addWidget(self.bar)
        self._pages = QStackedLayout()
        self._pages.addWidget(self.hint)
        self._pages.addWidget(self._page)
        rows.addLayout(self._pages, 1)
        self._show_page(self.hint)

    def _connect(self) -> None:
        self.controls.changed.connect(self._redraw)
        self.mosaic.pointed.connect(self._on_mosaic_pointed)
        self.mosaic.left.connect(self._say_layer)
        self.mosaic.chosen.connect(self._on_pane_chosen)
        self.matrix.pointed.connect(self._on_matrix_pointed)
        self.matrix.left.connect(self._say_layer)
        self.matrix.chosen.connect(self._on_pane_chosen)
        follow(self.session, self._on_look_changed, "look")

    def _show_page(self, page: QWidget) -> None:
        self._pages.setCurrentWidget(page)
        if page is self.hint:
            for each in (self.controls.shows, self.controls.channel, self.controls.orders):
                each.hide()

    # What is drawn

    def draw(self, frame: Frame) -> None:
        """Shows the filters of a frame, or the last ones while they are still those of the selected layer."""
        inside = frame.inside
        self._graph = inside.architecture or self._graph
        if inside.filters is not None:
            self._take(inside.filters, frame)
        elif inside.layer and (self._kernels is None or inside.layer != self._kernels.filters.layer):
            self._kernels = None
            self.hint.setText(" ".join(inside.notes) or self._say_none(inside.layer))
            self._show_page(self.hint)

    def _say_none(self, layer: str) -> str:
        graph = self._graph
        kind = "" if graph is None or layer not in graph.index else f" ({graph.nodes[graph.index[layer]].kind})"
        return (
            f"{layer}{kind} has no filters: it does not multiply its input by weights that can be shown as such. "
            "Choose a convolution or a dense layer above."
        )

    def _take(self, filters: Filters, frame: Frame) -> None:
        kernels = self._kernels
        if kernels is None or kernels.filters.weights is not filters.weights or kernels.filters.layer != filters.layer:
            channels = 0 if frame.clean is None else frame.clean.shape[-1]
            self._kernels = Kernels(filters, sees_colours=sees_colours(filters, self._graph, channels))
            self.controls.offer(self._kernels)
            self.controls.orders.show()
            self._redraw()
            self._show_page(self._page)
            return
        kernels.filters = filters  # the same weights, with newer numbers on how they answer
        self.controls.offer_orders(kernels)
        if self.controls.order in {Order.STRENGTH, Order.CHANGE} and not self.session.is_catching_up:
            self._redraw()  # not while ε is dragged: what is looked at would jump about
        else:
            self._show_selected()

    def _redraw(self) -> None:
        kernels = self._kernels
        if kernels is None:
            return
        show = self.controls.show_what
        reach = kernels.reach(self.controls.scale, show)
        order = kernels.ordered(self.controls.order)
        if kernels.maps is None:
            self._units = order
            self.matrix.show_rows(kernels.rows, order, reach, self._selected)
            self._panes.setCurrentWidget(self.matrix)
        else:
            numbers = int(np.prod(kernels.maps.shape[2:])) * (3 if show is Show.COLOUR else 1)
            self._units = order[: max(1, MOST_NUMBERS // numbers)]
            self._draw_tiles(kernels, show, reach[self._units])
            self._panes.setCurrentWidget(self.mosaic)
        self._show_selected()
        self._say_layer()

    def _draw_tiles(self, kernels: Kernels, show: Show | None, limits: Floats) -> None:
        if show is Show.COLOUR:
            self.mosaic.show_tiles(kernels.pictures(self._units, limits), selected=self._selected)
            return
        signed = show is not Show.NORM
        tiles = kernels.tiles(show or Show.CHANNEL, self.controls.channel.value(), self._units)
        low = -limits if signed else np.zeros_like(limits)
        self.mosaic.show_tiles(tiles, low, limits, signed=signed, selected=self._selected)

    # The chosen filter

    @property
    def unit(self) -> int:
        """The filter that is enlarged: the chosen one, or the engine's choice."""
        kernels, frame, look = self._kernels, self.session.frame, self.session.request.look
        if kernels is None:
            return 0
        chosen = look.unit if look.layer in {"", kernels.filters.layer} else None
        if chosen is None and frame is not None and frame.inside.layer == kernels.filters.layer:
            chosen = frame.inside.unit
        return min(chosen or 0, kernels.count - 1)

    @property
    def _selected(self) -> int | None:
        """Where the enlarged filter stands among the drawn ones."""
        places = np.flatnonzero(self._units == self.unit)
        return int(places[0]) if len(places) else None

    def _on_look_changed(self, _request: Request) -> None:
        self._show_selected()

    def _show_selected(self) -> None:
        kernels = self._kernels
        if kernels is None:
            return
        pane = self.matrix if kernels.maps is None else self.mosaic
        if pane.selected != self._selected:
            pane.select(self._selected)
        self._show_detail(kernels)
        self._show_scale(kernels)

    def _show_detail(self, kernels: Kernels) -> None:
        show, channel, unit = self.controls.show_what, self.controls.channel.value(), self.unit
        is_dense = kernels.filters.weights.ndim == 2
        title = f"{'Unit' if is_dense else 'Filter'} {unit} of {kernels.count}{self._meaning(unit)}"
        lines = say_filter(kernels, show, channel, unit)
        if show is None:
            self.detail.show_filter(title, lines)
            return
        units = np.array([unit])
        limit = kernels.reach(self.controls.scale, show)[units]
        if show is Show.COLOUR:
            picture = _packed(kernels.pictures(units, limit)[0])
            self.detail.show_filter(title, lines, picture, kernels.stacked(unit))
            return
        numbers = kernels.tiles(show, channel, units)
        signed = show is Show.CHANNEL
        colours = coloured(numbers, -limit if signed else 0 * limit, limit, signed=signed)
        self.detail.show_filter(title, lines, colours[0], numbers[0])

    def _meaning(self, unit: int) -> str:
        """The class that a unit of the last layer stands for, as it is added to its number."""
        kernels, graph, frame = self._kernels, self._graph, self.session.frame
        if kernels is None or graph is None or frame is None or frame.network is None:
            return ""
        classes = frame.network.classes
        is_last = graph.nodes[-1].name == kernels.filters.layer and len(classes) == kernels.count
        return f" ({classes[unit]})" if is_last else ""

    def _show_scale(self, kernels: Kernels) -> None:
        show, scale, unit = self.controls.show_what, self.controls.scale, self.unit
        limit = float(kernels.reach(scale, show)[unit])
        in_colour = show is Show.COLOUR
        self.scale.setVisible(not in_colour)
        self.colours.setVisible(in_colour)
        if in_colour:
            self.colours.setText(say_colours(limit, scale, unit))
            return
        signed = show is not Show.NORM
        text = say_scale(kernels, scale, show, unit)
        self.scale.show_scale(-limit if signed else 0.0, limit, signed=signed, text=text, missing=kernels.has_missing)

    # What is pointed at and chosen

    def _say_layer(self) -> None:
        if self._kernels is not None:
            self.readout.setText(say_layer(self._kernels, len(self._units)))

    def _on_mosaic_pointed(self, tile: int, row: int, column: int) -> None:
        self._say_number(tile, (row, column))

    def _on_matrix_pointed(self, row: int, column: int) -> None:
        self._say_number(row, (0, column))

    def _say_number(self, tile: int, place: tuple[int, int]) -> None:
        if self._kernels is not None and tile < len(self._units):
            show, channel = self.controls.show_what, self.controls.channel.value()
            unit = int(self._units[tile])
            said = say_number(self._kernels, show, channel, unit, place)
            self.readout.setText(said.replace(f"unit {unit}", f"unit {unit}{self._meaning(unit)}", 1))

    def _on_pane_chosen(self, tile: int) -> None:
        if self._kernels is not None:
            self.session.look_at(layer=self._kernels.filters.layer, unit=int(self._units[tile]))


def _packed(picture: NDArray[np.uint8]) -> Packed:
    red, green, blue = np.moveaxis(picture.astype(np.uint32), -1, 0)
    return packed_of(red, green, blue)
