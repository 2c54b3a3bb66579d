"""Two pictures side by side through the same layer: alike at first, and quite different in the end."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import numpy as np
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QHideEvent, QPalette, QResizeEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QSizePolicy, QStackedLayout, QVBoxLayout, QWidget

from engine.frame import Floats, Frame, Prediction
from engine.inside import Activations, Companion, Form, Node
from engine.look import Part
from engine.request import Request
from engine.wording import say_percent
from gui import theme
from gui.bind import follow
from gui.controls.elided import Elided
from gui.session import Pointed, Session, Side
from gui.views.activations.units import Choose, Order, Scope, Units, scale_of, sorted_units, units_of, window_of
from gui.views.activations.words import say_cell
from gui.views.base import FrameView
from gui.views.companion.choice import CompanionChoice
from gui.views.divergence.axis import axis_for, say_distance
from gui.views.divergence.strip import DivergenceStrip
from gui.views.layer_bar import LayerBar
from gui.views.mosaic import MosaicPane
from gui.views.pane_pictures import picture_of
from gui.views.pane_readout import Readout
from gui.views.pane_viewport import Viewport
from gui.views.panes import ImagePane
from gui.views.scale_bar import ScaleBar

EMPTY: Final = "Two pictures through the same layers appear here: open a picture and choose a network."
COMPUTING: Final = "Showing the second picture to the network …"
SAME: Final = "The two are the same: choose another picture, or move this one (→ and ↓)."

COMPARING: Final = "Comparing the two, layer by layer …"

THIS_ONE: Final = "this one"
"""What the engine calls the first picture where it is the second one too, not moved."""

_RUNS: Final = ("first", "second")
_MEANING: Final = "Relative distance of a layer's output: ‖second − first‖₂ / ‖first‖₂, in per cent"
_AXIS: Final = "‖second − first‖ / ‖first‖ of each layer, per cent"
_TALL: Final = 24 * theme.GRID
"""From this height on there is room for the name of the strip's axis; its tooltip tells it too."""
_STRIP_SHARE: Final = 0.32
"""Of the height, so much is the strip's."""
_SMALLEST, _LARGEST = 9 * theme.GRID, 32 * theme.GRID


class CompanionView(FrameView):
    """Both pictures with their answers, their feature maps with one scale, and their distance layer by layer."""

    needs = frozenset({Part.COMPANION, Part.ACTIVATIONS, Part.ARCHITECTURE})

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self._companion: Companion | None = None
        self._units: Units | None = None
        self._node: Node | None = None
        self._order = np.arange(0)
        self._pointed: tuple[int, int, int] | None = None
        self._make_controls()
        self._make_panes()
        self._place()
        session.pointed_changed.connect(self._on_pointed_changed)
        follow(session, self._on_look_changed, "look")

    # Parts

    def _make_controls(self) -> None:
        self.bar = LayerBar(self.session, self, side=False)
        self.choice = CompanionChoice(self.session, self)
        self.most_first = QCheckBox("&Most different first", self)
        self.most_first.setToolTip("Sorts the maps of both by mean |second − first|")
        self.most_first.toggled.connect(self._on_most_first_toggled)
        self.bar.add_widget(self.most_first)
        self.bar.add_widget(self.choice)
        self.readout = Readout()
        self.scale_bar = ScaleBar(self)

    def _make_panes(self) -> None:
        self.hint = QLabel(EMPTY, self)
        self.hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.hint.setWordWrap(True)
        self.hint.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.viewport = Viewport(self)
        self.pictures = (ImagePane(self.viewport, "First picture"), ImagePane(self.viewport, "Second picture"))
        self.answers = (_Answer(self), _Answer(self))
        self.mosaics = (MosaicPane(self), MosaicPane(self))
        for pane, which in zip(self.mosaics, _RUNS, strict=True):
            pane.setAccessibleName(f"Feature maps of the {which} picture")
            pane.pointed.connect(self._on_mosaic_pointed)
            pane.left.connect(self._on_mosaic_left)
            pane.chosen.connect(self._on_mosaic_chosen)
        self.mosaics[0].verticalScrollBar().valueChanged.connect(self.mosaics[1].verticalScrollBar().setValue)
        self.mosaics[1].verticalScrollBar().valueChanged.connect(self.mosaics[0].verticalScrollBar().setValue)
        self.strip = DivergenceStrip(self, colour=theme.OTHER)
        self.strip.setAccessibleName("Distance between the two pictures, layer by layer")
        self.strip.setToolTip(_MEANING)
        self.strip_name = QLabel(_AXIS, self)
        self.strip_name.setFont(theme.font(theme.Type.CAPTION))
        self.strip_name.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.strip.chosen.connect(self._on_strip_chosen)
        self.strip.hovered.connect(self._say)

    def _place(self) -> None:
        page = QWidget(self)
        self._page = page
        across = QHBoxLayout(page)
        across.setContentsMargins(0, 0, 0, 0)
        across.setSpacing(2 * theme.GRID)
        self._photos = QWidget(page)
        beside = QHBoxLayout(self._photos)
        beside.setContentsMargins(0, 0, 0, 0)
        beside.setSpacing(theme.GRID)
        for pane, answer in zip(self.pictures, self.answers, strict=True):
            column = QVBoxLayout()
            column.setSpacing(2)
            column.addWidget(pane, 1)
            column.addWidget(answer)
            beside.addLayout(column, 1)
        across.addWidget(self._photos)
        across.addLayout(self._maps_and_strip(), 1)
        body = QWidget(self)
        self._pages = QStackedLayout(body)
        self._pages.addWidget(self.hint)
        self._pages.addWidget(page)
        below = QHBoxLayout()
        below.setSpacing(2 * theme.GRID)
        below.addWidget(self.readout, 1)
        below.addWidget(self.scale_bar)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(theme.GRID, theme.GRID // 2, theme.GRID, theme.GRID // 2)
        rows.setSpacing(theme.GRID // 2)
        rows.addWidget(self.bar)
        rows.addWidget(body, 1)
        rows.addLayout(below)
        self._body = body
        keys = (self.bar.after, self.most_first, self.choice.pictures, self.choice.right, self.choice.down)
        for before, after in pairwise((*keys, *self.pictures, *self.mosaics, self.strip)):
            self.setTabOrder(before, after)

    def _maps_and_strip(self) -> QVBoxLayout:
        maps = QHBoxLayout()
        maps.setSpacing(2 * theme.GRID)
        for pane in self.mosaics:
            maps.addWidget(pane, 1)
        rows = QVBoxLayout()
        rows.setSpacing(theme.GRID // 2)
        rows.addLayout(maps, 1)
        rows.addWidget(self.strip_name)
        rows.addWidget(self.strip)
        return rows

    # What is taken from a frame

    def draw(self, frame: Frame) -> None:
        """Shows both pictures in the layer of a frame; nothing of it moves with ε."""
        inside = frame.inside
        companion, activations = inside.companion, inside.activations
        if companion is None or activations is None or frame.clean is None or frame.before is None:
            self._say_why(frame)
            return
        if inside.architecture is not None and activations.layer in inside.architecture.index:
            self._node = inside.architecture.nodes[inside.architecture.index[activations.layer]]
        if not self._shows(companion, activations) and companion.activations.shape == activations.clean.shape:
            self._companion = companion
            self._show_photos(frame.clean, frame.before, frame.network.classes if frame.network else ())
            self._take(activations)
            self._show()
        self._pages.setCurrentWidget(self._page)

    def _shows(self, companion: Companion, activations: Activations) -> bool:
        """Whether all of it is drawn already: while ε is dragged, none of it changes."""
        shown, units = self._companion, self._units
        is_same = shown is not None and units is not None and units.layer == activations.layer
        if not is_same or shown is None:
            return False
        return shown.activations is companion.activations and shown.distances is companion.distances

    def _say_why(self, frame: Frame) -> None:
        """Why there is nothing, or nothing new: a picture that cannot be opened leaves the last one and says so."""
        if frame.inside.notes and Part.COMPANION in frame.request.views:
            self._companion = None
            self.hint.setText(" ".join(frame.inside.notes))
            self._pages.setCurrentWidget(self.hint)
        elif self._companion is None:
            self.hint.setText(EMPTY if frame.before is None else COMPUTING)

    def _take(self, activations: Activations) -> None:
        assert self._companion is not None  # noqa: S101 - the caller has seen to it
        both = Activations(
            activations.layer,
            activations.form,
            activations.clean,
            self._companion.activations,
            activations.sampled,
        )
        self._units = units_of(both, 0 if self._node is None else self._node.units)
        self._sort()

    def _sort(self) -> None:
        if self._units is not None:
            order = Order.CHANGE if self.most_first.isChecked() else Order.INDEX
            self._order = sorted_units(self._units, order, Choose.ALL)

    # What is drawn

    def _show_photos(self, clean: Floats, before: Prediction, classes: tuple[str, ...]) -> None:
        assert self._companion is not None  # noqa: S101 - the caller has seen to it
        self.viewport.set_size(QSize(clean.shape[1], clean.shape[0]))
        shown = (
            (clean, "This picture", before),
            (self._companion.image, self._companion.name, self._companion.prediction),
        )
        for pane, label, (image, name, answer) in zip(self.pictures, self.answers, shown, strict=True):
            pane.show_picture(picture_of(image))
            said = classes[answer.label] if answer.label < len(classes) else f"class {answer.label}"
            text = f"{said} {say_percent(float(answer.probabilities[answer.label]))}"
            label.say(text, f"{name}: {text}")
            pane.setAccessibleDescription(f"{name}, seen as {text}")

    def _show(self) -> None:
        units, found = self._units, self._companion
        if units is None or found is None:
            return
        scale = scale_of(units, Side.ATTACKED, Scope.LAYER)
        low, high = scale.ends(0)
        selected = self._tile_of(units)
        for pane, values in zip(self.mosaics, (units.clean, units.attacked), strict=True):
            if values is not None:
                tiles = values[self._order] if self.most_first.isChecked() else values
                pane.show_tiles(tiles, low, high, signed=scale.signed, selected=selected)
        self.scale_bar.show_scale(low, high, signed=scale.signed, text="this layer, both", missing=scale.missing)
        if found.distances is not None:
            self.strip.show_bars(found.layers, found.distances, axis_for(found.distances, logarithmic=False), None)
            self.strip.select(found.layers.index(units.layer) if units.layer in found.layers else None)
        self._say()

    def _tile_of(self, units: Units) -> int | None:
        frame, look = self.session.frame, self.session.request.look
        unit = look.unit if look.layer in {"", units.layer} else None
        if unit is None and frame is not None and frame.inside.layer == units.layer:
            unit = frame.inside.unit
        place = units.place_of(unit)
        if place is None or units.is_matrix:
            return None
        found = np.flatnonzero(self._order == place)
        return int(found[0]) if len(found) else None

    def _say(self, hovered: int = -1) -> None:
        units, found = self._units, self._companion
        if units is None or found is None:
            return
        if self._pointed is not None:
            tile, row, column = self._pointed
            self.readout.say(say_cell(units, int(self._order[tile]), row, column, runs=_RUNS))
        elif self._is_twice_the_same(found):
            self.readout.say(SAME)
        elif found.distances is None:
            self.readout.say(COMPARING)
        else:
            layer = found.layers[hovered] if hovered >= 0 else units.layer
            self.readout.say(self._say_distance(found, layer))

    def _is_twice_the_same(self, found: Companion) -> bool:
        return found.name == THIS_ONE or (found.distances is not None and not found.distances.any())

    def _say_distance(self, found: Companion, layer: str) -> str:
        if found.distances is None or layer not in found.layers:
            return ""
        apart = float(found.distances[found.layers.index(layer)])
        if not np.isfinite(apart):
            return f"At {layer} the distance of the two is not known, or not a number (hatched)"
        distance = say_distance(apart)
        return f"At {layer} the second picture ({found.name}) differs from the first by {distance}"

    # What happens

    def _on_mosaic_pointed(self, tile: int, row: int, column: int) -> None:
        self._pointed = (tile, row, column)
        for pane in self.mosaics:
            pane.mark(self._pointed)
        self._say()
        frame, units, node = self.session.frame, self._units, self._node
        if frame is None or frame.network is None or units is None or node is None:
            return
        window = window_of(node, row, column, frame.network.size) if units.form is Form.MAPS else None
        label = f"{units.layer}, {say_cell(units, int(self._order[tile]), row, column).partition(':')[0]}"
        self.session.point_at(Pointed(label, window))

    def _on_mosaic_left(self) -> None:
        self._pointed = None
        for pane in self.mosaics:
            pane.mark(None)
        self._say()
        self.session.point_at(None)

    def _on_mosaic_chosen(self, tile: int) -> None:
        units = self._units
        if units is None:
            return
        place = int(self._order[tile])
        if units.is_matrix:
            place = 0 if self._pointed is None else self._pointed[2]
        self.session.look_at(layer=units.layer, unit=int(units.numbers[place]))

    def _on_strip_chosen(self, place: int) -> None:
        if self._companion is not None:
            self.session.look_at(layer=self._companion.layers[place])

    def _on_most_first_toggled(self) -> None:
        self._sort()
        self._show()

    def _on_look_changed(self, _request: Request) -> None:
        units = self._units
        if units is not None:
            for pane in self.mosaics:
                pane.select(self._tile_of(units))

    def _on_pointed_changed(self) -> None:
        pointed = self.session.pointed
        for pane in self.pictures:
            pane.outline_window(None if pointed is None else pointed.window)

    def hideEvent(self, event: QHideEvent) -> None:
        """Points at nothing any more."""
        super().hideEvent(event)
        if self._pointed is not None:
            self._on_mosaic_left()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keeps the pictures square and the strip a third of what is left."""
        super().resizeEvent(event)
        height = self._body.height()
        self.strip_name.setVisible(height >= _TALL)
        side = min(max(height - self.answers[0].sizeHint().height(), _SMALLEST), _LARGEST)
        self._photos.setFixedWidth(2 * side + theme.GRID)
        self.strip.setMaximumHeight(max(int(_STRIP_SHARE * height), self.strip.minimumSizeHint().height()))


class _Answer(Elided):
    """What the network sees in a picture; with the picture's name where there is room for both."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__("", parent)
        self._texts = ("", "")
        self.setFont(theme.font(theme.Type.CAPTION, tabular=True))
        self.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def say(self, answer: str, named: str) -> None:
        """Says the answer, or the answer with the picture's name before it."""
        self._texts = answer, named
        self.setToolTip(named)
        self._choose()

    def _choose(self) -> None:
        answer, named = self._texts
        self.setText(named if self.fontMetrics().horizontalAdvance(named) <= self.width() else answer)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Says more, or less."""
        super().resizeEvent(event)
        self._choose()
