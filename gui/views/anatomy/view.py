"""A layer taken apart: where every number of it comes from, with the numbers."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtGui import QHideEvent, QPalette, QResizeEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QSpinBox, QStackedLayout, QVBoxLayout, QWidget

from engine.arithmetic import Place, as_maps, axes, reached_from, softmax_of
from engine.frame import Floats, Frame
from engine.inside import Anatomy, Architecture, Form, Node
from engine.look import Part
from engine.request import Request
from gui import theme
from gui.bind import follow
from gui.session import Pointed, Session, Side
from gui.views.anatomy.end import EndPane
from gui.views.anatomy.middle import Inputs, MiddlePane
from gui.views.anatomy.words import NAMES
from gui.views.base import FrameView
from gui.views.layer_bar import LayerBar

EMPTY = "The numbers of a layer appear here as soon as there is a picture and a network."
COMPUTING = "Taking the layer apart …"

_CHANNELS = 8
"""So many of the channels that contribute most are shown by themselves, unless more are asked for."""
_SMALLEST_END, _LARGEST_END = 25 * theme.GRID, 36 * theme.GRID


class AnatomyView(FrameView):
    """Both ends of a layer, and between them the reckoning of the number that is pointed at, or was chosen.

    The pointer over the output looks at a place, a click stays there, arrow keys step on; the pointer over the input
    outlines all of the output that it reaches.
    """

    needs = frozenset({Part.ANATOMY, Part.ARCHITECTURE})

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self._given: Anatomy | None = None
        self._anatomy: Anatomy | None = None
        self._architecture: Architecture | None = None
        self._fixed = (0, 0)
        self._hovered: Place | None = None
        self._channel: int | None = None
        self._unit = 0
        self.bar = LayerBar(session, self, unit=True)
        self.softmax = self._add_softmax()
        self.channels = self._add_channels()
        self.hint = QLabel(EMPTY, self)
        self.hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.hint.setWordWrap(True)
        self.hint.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.input = EndPane("Input of the layer; arrow keys step through the output", self)
        self.middle = MiddlePane(self)
        self.output = EndPane("Output of the layer; arrow keys step through it", self)
        self._lay_out()
        self._connect()

    def _add_softmax(self) -> QCheckBox:
        box = QCheckBox("then softmax", self)
        box.setToolTip("Take apart how these logits become probabilities")
        box.setVisible(False)
        box.toggled.connect(self._show_all)
        self.bar.add_widget(box)
        return box

    def _add_channels(self) -> QSpinBox:
        box = QSpinBox(self)
        box.setPrefix("largest ")
        box.setAccessibleName("How many of the channels that contribute most are shown by themselves")
        box.setToolTip(f"{box.accessibleName()}; the others are summed up")
        box.setRange(1, _CHANNELS)
        box.setValue(_CHANNELS)
        box.setVisible(False)
        box.valueChanged.connect(self._show_all)
        self.bar.add_widget(box)
        return box

    def _lay_out(self) -> None:
        self.body = QWidget(self)
        row = QHBoxLayout(self.body)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2 * theme.GRID)
        row.addWidget(self.input)
        row.addWidget(self.middle, 1)
        row.addWidget(self.output)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.GRID, theme.GRID // 2, theme.GRID, theme.GRID // 2)
        column.setSpacing(theme.GRID // 2)
        column.addWidget(self.bar)
        self._pages = QStackedLayout()
        column.addLayout(self._pages, 1)
        self._pages.addWidget(self.hint)
        self._pages.addWidget(self.body)

    def _connect(self) -> None:
        self.output.pointed.connect(self._on_output_pointed)
        self.output.left.connect(self._on_left)
        self.output.chosen.connect(self._choose)
        self.input.pointed.connect(self._on_input_pointed)
        self.input.left.connect(self._on_left)
        self.input.chosen.connect(self._on_input_chosen)
        for each in (self.input, self.output):
            each.stepped.connect(self._step)
        self.middle.channel_chosen.connect(self._on_channel_chosen)
        self.session.side_changed.connect(self._on_side_changed)
        follow(self.session, self._on_look_changed, "look")

    # What is drawn

    def draw(self, frame: Frame) -> None:
        """Shows the layer of a frame, or the last one while a newer is computed."""
        inside = frame.inside
        self._architecture = inside.architecture or self._architecture
        if inside.anatomy is not None:
            self._take(inside.anatomy)
        elif inside.layer and Part.ANATOMY in frame.request.views:
            self._given = None
            self.hint.setText(self._why_not(inside.layer, inside.notes))
        elif self._given is None:
            self.hint.setText(EMPTY if frame.before is None else COMPUTING)
        self._show_all()

    def _take(self, anatomy: Anatomy) -> None:
        before = self._given
        is_other = before is None or (before.layer, before.clean_out.shape) != (anatomy.layer, anatomy.clean_out.shape)
        self._given = anatomy
        if is_other:
            self._channel, self._hovered = None, None
            with QSignalBlocker(self.softmax):
                self.softmax.setChecked(False)
        self._unit = self._unit_asked()
        if is_other:
            self._fixed = self._strongest()

    def _why_not(self, layer: str, notes: tuple[str, ...]) -> str:
        for note in notes:
            if note.startswith(Part.ANATOMY.as_read):
                return note
        node = self._node(layer)
        kind = f"{layer} ({node.kind})" if node is not None else layer
        *names, last = (f"{each}s" if each != "softmax" else each for each in NAMES.values())
        return f"{kind} is not taken apart. Choose another layer above: {', '.join(names)} and {last} are."

    def _show_all(self, *_changed: object) -> None:
        given = self._given
        self._pages.setCurrentWidget(self.hint if given is None else self.body)
        self.softmax.setVisible(given is not None and self._gives_logits(given))
        if given is None:
            self.channels.setVisible(False)
            return
        self._anatomy = softmax_of(given) if self.softmax.isChecked() and self._gives_logits(given) else given
        self._fit_channels()
        self._show_number()

    def _fit_channels(self) -> None:
        weight = None if self._anatomy is None else self._anatomy.weight
        count = 1 if weight is None or weight.ndim < 2 else weight.shape[1]
        if count != self.channels.maximum():
            with QSignalBlocker(self.channels):
                self.channels.setRange(1, max(1, count))
                self.channels.setSuffix(f" of {count}")
                self.channels.setValue(min(_CHANNELS, count))
        self.channels.setVisible(count > 1)

    def _show_number(self) -> None:
        """The reckoning of the place looked at, and both ends with it."""
        anatomy = self._anatomy
        if anatomy is None:
            return
        place = self._place
        self.middle.show_place(anatomy, self._inputs(anatomy), place, self._names, self.channels.value())
        channel = self._input_channel
        outs, ins = (anatomy.clean_out, anatomy.attacked_out), (anatomy.clean_in, anatomy.attacked_in)
        inputs = "all of the input" if _is_vector(ins[0]) else f"input, map {channel}"
        outputs = self._words(place)
        self.input.show_values(ins, channel, self._side, inputs)
        self.output.show_values(outs, place[0], self._side, outputs)
        self.output.map.setAccessibleDescription(f"{outputs}: {self.middle.lines.accessibleName()}")
        self._show_marks(anatomy, place, channel)

    def _show_marks(self, anatomy: Anatomy, place: Place, channel: int) -> None:
        unit, row, column = place
        vertical, horizontal = axes(anatomy)
        seen = vertical.window(row), horizontal.window(column)
        self.input.map.show_marks(*self.input.marks_of(channel, *seen))
        here = np.array([row]), np.array([column])
        self.output.map.show_marks(*self.output.marks_of(unit, *here))

    # Where it looks

    @property
    def _side(self) -> Side:
        """Which run; the clean one as long as it is the only one."""
        is_single = self._anatomy is None or self._anatomy.attacked_in is None
        return Side.CLEAN if is_single else self.session.side

    @property
    def _place(self) -> Place:
        return self._hovered or (self._unit, *self._fixed)

    @property
    def _names(self) -> tuple[str, ...]:
        frame = self.session.frame
        return () if frame is None or frame.network is None else frame.network.classes

    def _inputs(self, anatomy: Anatomy) -> Inputs:
        clean = (anatomy.clean_in, theme.CLEAN)
        if anatomy.attacked_in is None or self._side is Side.CLEAN:
            return (clean,)
        attacked = (anatomy.attacked_in, theme.ADVERSARIAL)
        return (attacked,) if self._side is Side.ATTACKED else (clean, attacked)

    @property
    def _input_channel(self) -> int:
        """The one that was chosen, where the unit sees it; else the one that contributes most."""
        shown = self.middle.channels()
        if not shown:
            return self._place[0]
        return self._channel if self._channel in shown else shown[0]

    def _unit_asked(self) -> int:
        """The unit that is looked at, as far as the layer has it."""
        frame, look = self.session.frame, self.session.request.look
        given = self._given
        if given is None:
            return 0
        unit = None if frame is None else frame.inside.unit
        if look.unit is not None and look.layer in {"", given.layer}:
            unit = look.unit
        return min(unit or 0, len(as_maps(given.clean_out)) - 1)

    def _strongest(self) -> tuple[int, int]:
        """Where the unit answers most on the clean picture."""
        if self._given is None:
            return 0, 0
        size = np.nan_to_num(np.abs(as_maps(self._given.clean_out)[self._unit]))
        row, column = np.unravel_index(int(size.argmax()), size.shape)
        return int(row), int(column)

    def _gives_logits(self, anatomy: Anatomy) -> bool:
        graph = self._architecture
        is_last = graph is not None and bool(graph.nodes) and graph.nodes[-1].name == anatomy.layer
        return is_last and anatomy.kind != "softmax" and anatomy.clean_out.size == len(self._names)

    def _node(self, layer: str) -> Node | None:
        graph = self._architecture
        return graph.nodes[graph.index[layer]] if graph is not None and layer in graph.index else None

    # What is asked

    def _on_look_changed(self, _request: Request) -> None:
        if self._given is not None and self.isVisible():
            self._unit = self._unit_asked()
            self._show_number()

    def _on_side_changed(self) -> None:
        if self.isVisible():
            self._show_number()

    def _on_output_pointed(self, unit: int, row: int, column: int) -> None:
        self._hovered = (unit, row, column)
        self._show_number()
        self._point(self._place)

    def _on_left(self) -> None:
        self._hovered = None
        self._show_number()
        self.session.point_at(None)

    def _on_input_pointed(self, channel: int, row: int, column: int) -> None:
        if self._anatomy is None:
            return
        if self._anatomy.kind == "dense" and self.output.columns:
            self.output.map.show_marks(self.output.map.whole)
            return
        rows, columns = reached_from(self._anatomy, row, column)
        unit = channel if self._is_unit_by_unit else self._unit
        self.output.map.show_marks(*self.output.marks_of(unit, rows, columns, faint=True))

    def _on_input_chosen(self, channel: int, row: int, column: int) -> None:
        """Goes to the middle of what that place reaches."""
        if self._anatomy is None:
            return
        rows, columns = reached_from(self._anatomy, row, column)
        if len(rows) and len(columns):
            unit = channel if self._is_unit_by_unit else self._unit
            self._choose(unit, int(rows[len(rows) // 2]), int(columns[len(columns) // 2]))

    def _choose(self, unit: int, row: int, column: int) -> None:
        self._fixed, self._hovered = (row, column), None
        if unit != self._unit:
            self._unit = unit
            self.session.look_at(unit=unit)
        self._show_number()
        self._point(self._place)

    def _step(self, down: int, across: int) -> None:
        """From the place that was chosen; from unit to unit where the output is a vector."""
        if self._anatomy is None:
            return
        count, height, width = as_maps(self._anatomy.clean_out).shape
        if (height, width) == (1, 1):
            wanted = self._unit + down * self.output.columns + across
            self._choose(min(max(wanted, 0), count - 1), 0, 0)
        else:
            row, column = self._fixed
            self._choose(self._unit, min(max(row + down, 0), height - 1), min(max(column + across, 0), width - 1))

    def _on_channel_chosen(self, channel: int) -> None:
        self._channel = channel
        self._show_number()

    @property
    def _is_unit_by_unit(self) -> bool:
        """Whether every unit comes from the same unit of the input alone."""
        return self._anatomy is not None and self._anatomy.kind not in {"conv", "dense"}

    def _point(self, place: Place) -> None:
        """Tells what of the picture the place sees."""
        node = None if self._given is None else self._node(self._given.layer)
        if node is None:
            return
        self.session.point_at(Pointed(f"{node.name}, {self._words(place)}", self._window(node, *place[1:])))

    def _words(self, place: Place) -> str:
        """A place of the output, as read."""
        unit, row, column = place
        if self._anatomy is None or _is_vector(self._anatomy.clean_out):
            return f"unit {unit}"
        node = self._node(self._anatomy.layer)
        if node is not None and node.form is Form.TOKENS:
            return f"unit {unit}, token {column}"
        return f"map {unit}, row {row}, column {column}"

    def _window(self, node: Node, row: int, column: int) -> tuple[float, float, float, float] | None:
        frame = self.session.frame
        if node.receptive is None or frame is None or frame.clean is None:
            return None
        height, width = frame.clean.shape[:2]
        down, across = node.receptive
        top, left = down.start + row * down.stride, across.start + column * across.stride
        return (
            max(0.0, left),
            max(0.0, top),
            min(float(width), left + across.size),
            min(float(height), top + down.size),
        )

    # As a widget

    def recolour(self) -> None:
        """Draws the maps on the new ground."""
        self._show_number()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Makes the ends as wide as the view is high, so far as it leaves room between them."""
        super().resizeEvent(event)
        taken = (
            self.bar.sizeHint().height() + self.input.title.sizeHint().height() + self.input.scale.sizeHint().height()
        )
        side = min(self.height() - taken - 2 * theme.GRID, self.width() * 9 // 40, _LARGEST_END)
        for each in (self.input, self.output):
            each.set_side(max(side, _SMALLEST_END))

    def hideEvent(self, event: QHideEvent) -> None:
        """Points at nothing any more."""
        super().hideEvent(event)
        self.session.point_at(None)


def _is_vector(values: Floats) -> bool:
    return as_maps(values).shape[1:] == (1, 1)
