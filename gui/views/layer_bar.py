"""The row above every view of a layer: which layer, which unit of it, and which of the two runs."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import (
    QComboBox,
    QCompleter,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSizePolicy,
    QSpinBox,
    QToolButton,
    QWidget,
)

from engine.frame import Frame
from engine.inside import Architecture, Node
from gui import theme
from gui.bind import follow
from gui.controls.segmented import Choice, Segmented
from gui.session import Session, Side

SIDES = (
    Choice(Side.CLEAN, "Clean", "The run on the clean picture"),
    Choice(Side.ATTACKED, "Attacked", "The run on the perturbed picture"),
    Choice(Side.DIFFERENCE, "Difference", "Attacked minus clean"),
)

_COMBO_LETTERS, _COMBO_LEAST = 28, 16 * theme.GRID
"""Of the names of layers: how many letters have room, and the pixels that are left where the type is large."""


class LayerBar(QWidget):
    """Chooses a layer by its name (any part of it finds it), the one before or after, and what is shown of it.

    Args:
        session: is asked to look at what is chosen, and followed.
        parent: as usual.
        side: whether it has the switch between the clean run, the attacked one and their difference.
        unit: whether it has a box for the unit of the layer.
    """

    def __init__(
        self, session: Session, parent: QWidget | None = None, *, side: bool = True, unit: bool = False
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._architecture: Architecture | None = None
        self._nodes: tuple[Node, ...] = ()
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(theme.GRID)
        self.layers = self._add_layers()
        self.unit = self._add_unit() if unit else None
        self.sides = self._add_sides() if side else None
        self._row.addStretch(1)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        session.frame_changed.connect(self._on_frame_changed)
        follow(session, self._on_look_changed, "look")
        if session.frame is not None:
            self._on_frame_changed(session.frame)

    def add_widget(self, widget: QWidget) -> None:
        """Puts a control of the view at the right end."""
        self._row.addWidget(widget)

    # Its controls

    def _add_layers(self) -> QComboBox:
        box = QComboBox(self)
        box.setEditable(True)
        box.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        box.setMinimumContentsLength(_COMBO_LETTERS)
        box.setMinimumWidth(_COMBO_LEAST)
        box.setMaxVisibleItems(24)
        box.setAccessibleName("Layer")
        box.setToolTip("The layer that every view looks at; type a part of its name")
        self._line = QLineEdit(box)
        self._line.setPlaceholderText("No layer is known yet")
        box.setLineEdit(self._line)
        completer = QCompleter(box.model(), box)
        completer.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        box.setCompleter(completer)
        box.activated.connect(self._on_layer_activated)
        self._line.editingFinished.connect(self._on_line_left)
        box.setEnabled(False)
        self.before, self.after = self._step("◂", "The layer before", -1), self._step("▸", "The layer after", +1)
        for each in (self.before, box, self.after):
            self._row.addWidget(each)
        self.setTabOrder(self.before, box)
        self.setTabOrder(box, self.after)
        return box

    def _step(self, text: str, name: str, by: int) -> QToolButton:
        button = QToolButton(self)
        button.setText(text)
        button.setAutoRaise(True)
        button.setAccessibleName(name)
        button.setToolTip(name)
        button.clicked.connect(lambda: self._move(by))
        return button

    def _add_unit(self) -> QSpinBox:
        label = QLabel("unit", self)
        label.setForegroundRole(self.palette().ColorRole.PlaceholderText)
        box = QSpinBox(self)
        box.setAccessibleName("Unit of the layer")
        box.setToolTip("The feature map, or neuron, that is looked at")
        box.setKeyboardTracking(False)
        box.setEnabled(False)
        box.valueChanged.connect(lambda unit: self._session.look_at(unit=unit))
        label.setBuddy(box)
        self._row.addWidget(label)
        self._row.addWidget(box)
        return box

    def _add_sides(self) -> Segmented:
        sides = Segmented("Which run is shown; hold Space to see the other", self)
        sides.offer(SIDES)
        sides.chosen.connect(self._session.choose_side)
        sides.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._session.side_changed.connect(self._show_side)
        self._row.addWidget(sides)
        sides.show_value(self._session.side)
        return sides

    # What they show

    def _on_frame_changed(self, frame: Frame) -> None:
        inside = frame.inside
        if inside.architecture is not None and inside.architecture is not self._architecture:
            self._architecture = inside.architecture
            self._nodes = tuple(each for each in inside.architecture.nodes if each.form is not None)
            with QSignalBlocker(self.layers):
                self.layers.clear()
                self.layers.addItems([each.name for each in self._nodes])
            self.layers.setEnabled(bool(self._nodes))
        self._show_layer()
        self._show_unit(inside.layer, inside.unit)

    def _on_look_changed(self, _request: object) -> None:
        self._show_layer()

    def _show_side(self) -> None:
        if self.sides is not None:
            self.sides.show_value(self._session.side)

    @property
    def layer(self) -> str:
        """The selected layer: the one that was chosen, or else the engine's choice; "" while there is none."""
        frame = self._session.frame
        chosen = self._session.request.look.layer
        if any(each.name == chosen for each in self._nodes):
            return chosen
        return "" if frame is None else frame.inside.layer

    def _place(self) -> int:
        names = [each.name for each in self._nodes]
        return names.index(self.layer) if self.layer in names else -1

    def _show_layer(self) -> None:
        if self._line.hasFocus() and self._line.isModified():
            return  # a name is being typed
        place = self._place()
        if place != self.layers.currentIndex() or self.layers.currentText() != self.layer:
            with QSignalBlocker(self.layers):
                self.layers.setCurrentIndex(place)
                self.layers.setEditText(self.layer)
            self._line.setCursorPosition(0)

    def _show_unit(self, layer: str, unit: int | None) -> None:
        if self.unit is None or self._architecture is None or layer not in self._architecture.index:
            return
        count = self._architecture.nodes[self._architecture.index[layer]].units
        with QSignalBlocker(self.unit):
            self.unit.setRange(0, max(0, count - 1))
            self.unit.setSuffix(f" of {count}")
            self.unit.setEnabled(count > 1)
            if unit is not None and not self.unit.hasFocus():
                self.unit.setValue(unit)

    # What they ask

    def _on_layer_activated(self, place: int) -> None:
        if 0 <= place < len(self._nodes):
            self._line.setModified(False)
            self._session.look_at(layer=self._nodes[place].name)

    def _on_line_left(self) -> None:
        """Takes the first layer whose name contains what was typed, and forgets what no name contains."""
        typed = self._line.text().strip().casefold() if self._line.isModified() else ""
        self._line.setModified(False)
        found = next((place for place, each in enumerate(self._nodes) if typed and typed in each.name.casefold()), None)
        if found is not None:
            self._on_layer_activated(found)
        self._show_layer()

    def _move(self, by: int) -> None:
        place = min(max(self._place() + by, 0), len(self._nodes) - 1)
        if self._nodes:
            self._session.look_at(layer=self._nodes[place].name)
