"""What the units of a layer answer to the clean picture and to the attacked one, all at once and each by itself."""

from __future__ import annotations

from typing import Final

import numpy as np
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QHideEvent, QPalette
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from engine.frame import Frame
from engine.inside import Activations, Form, Node
from engine.look import Part
from engine.request import Request
from gui import theme
from gui.bind import follow
from gui.session import Pointed, Session, Side
from gui.views.activations.choice import UnitChoice
from gui.views.activations.close import CloseUps
from gui.views.activations.units import (
    Places,
    Scale,
    Scope,
    Units,
    dead,
    scale_of,
    sorted_units,
    units_of,
    values_of,
    window_of,
)
from gui.views.activations.vector import Shown, VectorPane, legend_of, names_of
from gui.views.activations.words import say_bars, say_cell, say_layer, say_nothing, say_scale
from gui.views.base import FrameView
from gui.views.layer_bar import LayerBar
from gui.views.legend import Legend
from gui.views.mosaic import MosaicPane
from gui.views.pane_readout import Readout
from gui.views.scale_bar import ScaleBar

_RESORTING_MS: Final = 300
"""While ε is dragged maps keep their places; they are sorted anew when it rests."""


class ActivationsView(FrameView):
    """The feature maps of the selected layer as one mosaic: clean, attacked, or their difference."""

    needs = frozenset({Part.ACTIVATIONS, Part.ARCHITECTURE})

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self._activations: Activations | None = None
        self._units: Units | None = None
        self._node: Node | None = None
        self._names: list[str] | None = None
        self._order: Places = np.arange(0)
        self._dead = np.zeros(0, np.bool_)
        self._scale: Scale | None = None
        self._pointed: tuple[int, int, int] | None = None
        self._make_controls()
        self._make_panes()
        self._place()
        self._resorting = QTimer(self, singleShot=True, interval=_RESORTING_MS)
        self._resorting.timeout.connect(self._on_order_changed)
        session.side_changed.connect(self._show)
        follow(session, self._on_look_changed, "look")

    # Parts

    def _make_controls(self) -> None:
        self.bar = LayerBar(self.session, self)
        self.choice = UnitChoice(self)
        self.choice.scopeChanged.connect(self._show)
        self.choice.orderChanged.connect(self._on_order_changed)
        self.bar.add_widget(self.choice)
        self.readout = Readout()
        self.legend = Legend(across=True, parent=self)
        self.scale_bar = ScaleBar(self)
        self.note = QLabel(self)
        self.note.setTextFormat(Qt.TextFormat.PlainText)
        self.note.setFont(theme.font(theme.Type.CAPTION))
        self.note.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.note.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def _make_panes(self) -> None:
        self.hint = QLabel(say_nothing(None, self.session.request), self)
        self.hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.hint.setWordWrap(True)
        self.hint.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.mosaic = MosaicPane(self)
        self.mosaic.setAccessibleName("Feature maps")
        self.mosaic.pointed.connect(self._on_mosaic_pointed)
        self.mosaic.left.connect(self._on_pane_left)
        self.mosaic.chosen.connect(self._on_mosaic_chosen)
        self.close_ups = CloseUps(self)
        self.close_ups.pointed.connect(self._on_cell_pointed)
        self.close_ups.left.connect(self._on_pane_left)
        self.close_ups.pinsChanged.connect(self._show)
        self.vector = VectorPane(self)
        self.vector.pointed.connect(self._on_vector_pointed)
        self.vector.left.connect(self._on_pane_left)
        self.vector.chosen.connect(self._on_place_chosen)

    def _place(self) -> None:
        self._maps = QWidget(self)
        beside = QHBoxLayout(self._maps)
        beside.setContentsMargins(0, 0, 0, 0)
        beside.setSpacing(2 * theme.GRID)
        beside.addWidget(self.mosaic, 1)
        beside.addWidget(self.close_ups)
        self.pages = QStackedWidget(self)
        for page in (self.hint, self._maps, self.vector):
            self.pages.addWidget(page)
        below = QHBoxLayout()
        below.setSpacing(2 * theme.GRID)
        below.addWidget(self.readout, 1)
        below.addWidget(self.legend)
        below.addWidget(self.scale_bar)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(theme.GRID, theme.GRID // 2, theme.GRID, theme.GRID // 2)
        rows.setSpacing(theme.GRID // 2)
        rows.addWidget(self.bar)
        rows.addWidget(self.pages, 1)
        rows.addLayout(below)
        rows.addWidget(self.note)
        self._show_nothing(None)

    # What is taken from a frame

    def draw(self, frame: Frame) -> None:
        """Shows the layer of a frame; while its values are still computed, the last ones stay."""
        inside = frame.inside
        if inside.architecture is not None and inside.layer in inside.architecture.index:
            self._node = inside.architecture.nodes[inside.architecture.index[inside.layer]]
        if inside.activations is not None:
            self._take(inside.activations, frame)
            self._show()
        elif not self._may_stay(frame):
            self._show_nothing(frame)

    def _may_stay(self, frame: Frame) -> bool:
        """Whether the last values are still worth a look: not those of a layer left for one that has none."""
        if self._activations is None or (self._node is not None and self._node.form is None):
            return False
        return not frame.inside.notes or frame.inside.layer in {"", self._activations.layer}

    def _take(self, activations: Activations, frame: Frame) -> None:
        before, self._activations = self._units, activations
        node = self._node if self._node is not None and self._node.name == activations.layer else None
        self._units = units = units_of(activations, 0 if node is None else node.units)
        if before is None or _kind(before) != _kind(units):
            self._pointed = None
            self._names = _names(units, frame)
            self._sort()
        elif not self.choice.is_plain:
            self._resorting.start()

    def _sort(self) -> None:
        if self._units is None:
            return
        self._order = sorted_units(self._units, self.choice.order, self.choice.choice)
        self._dead = dead(self._units)

    # What is drawn

    @property
    def side(self) -> Side:
        """Which run is shown: the clean one as long as there is no other."""
        has_both = self._units is not None and self._units.attacked is not None
        return self.session.side if has_both else Side.CLEAN

    @property
    def chosen_unit(self) -> int | None:
        """The unit that is chosen in this layer, or that the engine chose."""
        frame, look = self.session.frame, self.session.request.look
        if self._units is None or (look.layer and look.layer != self._units.layer):
            return None
        if look.unit is not None:
            return look.unit
        return frame.inside.unit if frame is not None and frame.inside.layer == self._units.layer else None

    def _show(self) -> None:
        units = self._units
        if units is None or not self.isVisible():
            return
        self.choice.offer_for(units)
        is_vector = units.form is Form.VECTOR
        scope = Scope.LAYER if is_vector or units.is_matrix else self.choice.scope
        self._scale = scale_of(units, self.side, scope)
        if is_vector:
            self._show_vector(units, self._scale)
        else:
            self._show_maps(units, self._scale)
        self._say()

    def _show_maps(self, units: Units, scale: Scale) -> None:
        order, values, taken = self._order, values_of(units, self.side), scale.taken(self._order)
        selected, before = self._tile_of(units.place_of(self.chosen_unit)), self.mosaic.selected
        self.mosaic.show_tiles(
            values if self.choice.is_plain or units.is_matrix else values[order],
            taken.low,
            taken.high,
            signed=scale.signed,
            selected=selected,
            dead=None if units.is_matrix else self._dead[order],
        )
        if selected is not None and selected != before:
            self.mosaic.reveal(selected)
        self.close_ups.setVisible(not units.is_matrix)
        if not units.is_matrix:
            self.close_ups.show_units(units, self.chosen_unit, self.side, scale)
        self.pages.setCurrentWidget(self._maps)

    def _show_vector(self, units: Units, scale: Scale) -> None:
        low, high = scale.ends(0)
        shown = Shown(units, self._order, self._names or [], self.side, low, high)
        self.vector.show_units(shown, units.place_of(self.chosen_unit))
        self.pages.setCurrentWidget(self.vector)

    def _tile_of(self, place: int | None) -> int | None:
        if place is None or self._units is None or self._units.is_matrix:
            return None
        found = np.flatnonzero(self._order == place)
        return int(found[0]) if len(found) else None

    def _say(self) -> None:
        units, scale = self._units, self._scale
        if units is None or scale is None or self._activations is None:
            return
        is_vector = units.form is Form.VECTOR
        if self._pointed is not None:
            self.readout.say(say_cell(units, *self._pointed, self._names))
        else:
            said = say_layer(units, self._order, int(self._dead.sum()))
            self.readout.say(f"{said} · {say_bars(*scale.ends(0))}" if is_vector else said)
        self.legend.setVisible(is_vector)
        self.legend.explain(legend_of(self.side, has_both=units.attacked is not None))
        self.scale_bar.setVisible(not is_vector)
        self._explain(units, scale)
        self.note.setText(self._activations.note)
        self.note.setToolTip(self._activations.note)
        self.note.setVisible(bool(self._activations.note))

    def _explain(self, units: Units, scale: Scale) -> None:
        """Says what the colours stand for: those of the map that is pointed at, where each has its own."""
        place = self._pointed[0] if self._pointed is not None else units.place_of(self.chosen_unit) or 0
        low, high = scale.ends(place)
        of = "this layer" if isinstance(scale.high, float) else f"{units.noun} {units.numbers[place]}"
        text = say_scale(of, self.side, has_both=units.attacked is not None)
        self.scale_bar.show_scale(low, high, signed=scale.signed, text=text, missing=scale.missing)

    def _show_nothing(self, frame: Frame | None) -> None:
        self._activations = self._units = None
        self.hint.setText(say_nothing(frame, self.session.request, self._node))
        self.pages.setCurrentWidget(self.hint)
        self.readout.say("")
        for each in (self.note, self.legend, self.scale_bar):
            each.hide()

    # What happens

    def _on_order_changed(self) -> None:
        self._sort()
        self._show()

    def _on_look_changed(self, _request: Request) -> None:
        self._show()

    def _on_mosaic_pointed(self, tile: int, row: int, column: int) -> None:
        self._on_cell_pointed(int(self._order[tile]), row, column)

    def _on_vector_pointed(self, place: int) -> None:
        self._on_cell_pointed(place, 0, 0)

    def _on_mosaic_chosen(self, tile: int) -> None:
        if self._units is not None and self._units.is_matrix:
            self._on_place_chosen(0 if self._pointed is None else self._pointed[2])
        else:
            self._on_place_chosen(int(self._order[tile]))

    def _on_place_chosen(self, place: int) -> None:
        if self._units is not None:
            self.session.look_at(layer=self._units.layer, unit=int(self._units.numbers[place]))

    def _on_cell_pointed(self, place: int, row: int, column: int) -> None:
        self._pointed = (place, row, column)
        self._say()
        if self._units is not None:
            label = f"{self._units.layer}, {say_cell(self._units, place, row, column).partition(':')[0]}"
            self.session.point_at(Pointed(label, self._window(row, column)))

    def _window(self, row: int, column: int) -> tuple[float, float, float, float] | None:
        """What a position of the layer sees of the picture; None where that is not known, or all of it."""
        frame, node, units = self.session.frame, self._node, self._units
        if frame is None or frame.network is None or node is None or units is None:
            return None
        if units.form is not Form.MAPS or units.layer != node.name:
            return None
        return window_of(node, row, column, frame.network.size)

    def _on_pane_left(self) -> None:
        self._pointed = None
        self._say()
        self.session.point_at(None)

    def hideEvent(self, event: QHideEvent) -> None:
        """Points at nothing any more."""
        super().hideEvent(event)
        if self._pointed is not None:
            self._on_pane_left()


def _kind(units: Units) -> tuple[object, ...]:
    """What must be the same for maps to keep their places."""
    return units.layer, units.form, units.clean.shape, units.attacked is None


def _names(units: Units, frame: Frame) -> list[str] | None:
    """What the units of a vector are called."""
    if units.form is not Form.VECTOR:
        return None
    architecture = frame.inside.architecture
    is_last = architecture is not None and architecture.nodes[-1].name == units.layer
    return names_of(units, frame.network.classes if is_last and frame.network is not None else ())
