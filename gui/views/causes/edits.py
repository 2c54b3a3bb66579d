"""What is done to layers in the causal check: edits are added at the selected layer, listed, changed and removed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from PySide6.QtCore import QSignalBlocker, QSize, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QPushButton,
    QSizePolicy,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from engine.look import Edit, Intervention
from engine.request import Request
from gui import theme
from gui.bind import follow
from gui.controls.segmented import Choice, Segmented
from gui.forms import turn_only_with_focus
from gui.session import Session
from gui.views.causes.words import say_edit, say_factor

_STEPS: Final = 20
"""Of the slider, in 1."""
_FARTHEST: Final = 2
_WHOLE: Final = Choice("layer", "Whole layer", "All of the selected layer")
_UNIT: Final = Choice("unit", "One unit", "Only the selected unit of the layer")
_KINDS: Final = {
    Intervention.RESTORE: ("Put clean back", "In the attacked run, put the clean activation back"),
    Intervention.IMPLANT: ("Put attacked in", "In the clean run, put the attacked activation in"),
    Intervention.SCALE: ("Mute", "In both runs, multiply by a factor, at first 0; the slider below changes it"),
}


class EditPanel(QWidget):
    """Lists the edits of the request and takes them out; ``bar`` is a row of controls that add some, for the holder."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._layer = ""
        self._unit: int | None = None
        self.bar = QWidget(self)
        self.where = Segmented("What is edited: the whole layer, or one unit of it", self.bar)
        self.where.offer((_WHOLE, _UNIT))
        self.where.show_value(_WHOLE.value)
        self.where.chosen.connect(self.where.show_value)
        self.adders = {kind: self._make_adder(kind) for kind in _KINDS}
        self.list = _EditList(self._remove_current, self)
        self.list.currentRowChanged.connect(self._on_list_current_row_changed)
        self.slider = self._make_slider()
        self.factor = QLabel(self)
        self.factor.setFont(theme.font(theme.Type.CAPTION, tabular=True))
        self.remove = self._button("Remove", "Takes the chosen edit back (Delete)", self._remove_current)
        self.clear = self._button("Clear", "Takes all edits back", self._clear)
        self._lay_out()
        follow(session, self._on_look_changed, "look")

    # Its parts

    def _make_adder(self, kind: Intervention) -> QPushButton:
        text, help_text = _KINDS[kind]
        return self._button(text, help_text, lambda: self._add(kind))

    def _button(self, text: str, help_text: str, clicked: Callable[[], None]) -> QPushButton:
        button = QPushButton(text, self)
        button.setToolTip(help_text)
        button.setAccessibleDescription(help_text)
        button.clicked.connect(lambda _checked: clicked())
        button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        button.setMinimumWidth(button.fontMetrics().horizontalAdvance(text) + 2 * theme.GRID)
        return button

    def _make_slider(self) -> QSlider:
        slider = QSlider(Qt.Orientation.Horizontal, self)
        slider.setRange(-_FARTHEST * _STEPS, _FARTHEST * _STEPS)
        slider.setPageStep(_STEPS // 2)
        slider.setAccessibleName("Factor of the chosen edit, −2 to 2")
        slider.setToolTip("What the activation is multiplied by, −2 to 2; 0 mutes, 1 leaves as it is")
        slider.valueChanged.connect(self._on_slider_changed)
        turn_only_with_focus(slider)
        return slider

    def _lay_out(self) -> None:
        self.bar.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        row = _row(self.where, *self.adders.values())
        row.setContentsMargins(0, 0, 0, 0)
        self.bar.setLayout(row)
        for each in self.adders.values():
            each.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._factors = QWidget(self)
        factors = _row(self.slider, self.factor)
        factors.setContentsMargins(0, 0, 0, 0)
        self._factors.setLayout(factors)
        self._below = QWidget(self)
        below = _row(self.remove, self.clear)
        below.setContentsMargins(0, 0, 0, 0)
        self._below.setLayout(below)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(theme.GRID // 2)
        rows.addWidget(self.list, 1)
        rows.addWidget(self._factors)
        rows.addWidget(self._below)

    # What it shows

    def show_place(self, layer: str, unit: int | None) -> None:
        """Edits are added here from now on."""
        self._layer, self._unit = layer, unit
        button: QAbstractButton = self.where.button(_UNIT.value)
        button.setText(f"Unit {unit}" if unit is not None else _UNIT.text)
        self.where.offer((_WHOLE, _UNIT) if unit is not None else (_WHOLE,))
        if unit is None:
            self.where.show_value(_WHOLE.value)
        for each in self.adders.values():
            each.setEnabled(bool(layer))

    @property
    def edits(self) -> tuple[Edit, ...]:
        """Those of the request."""
        return self._session.request.look.edits

    @property
    def current(self) -> Edit | None:
        """The edit that is chosen in the list."""
        row = self.list.currentRow()
        return self.edits[row] if 0 <= row < len(self.edits) else None

    def _on_look_changed(self, request: Request) -> None:
        edits = request.look.edits
        with QSignalBlocker(self.list):
            row = self.list.currentRow()
            texts = [say_edit(each) for each in edits]
            if self.list.count() != len(texts):
                self.list.clear()
                self.list.addItems(texts)
                self.list.setCurrentRow(min(max(row, 0), len(texts) - 1))
            for place, text in enumerate(texts):
                self.list.item(place).setText(text)
                self.list.item(place).setToolTip(text)
        self.setVisible(bool(edits))
        self._show_factor()

    def _show_factor(self) -> None:
        edit = self.current
        is_scaled = edit is not None and edit.kind is Intervention.SCALE
        self._factors.setVisible(is_scaled)
        if edit is not None and is_scaled:
            self.factor.setText(say_factor(edit.factor))
            if not self.slider.isSliderDown():
                with QSignalBlocker(self.slider):
                    self.slider.setValue(round(edit.factor * _STEPS))

    def _on_list_current_row_changed(self, _row: int) -> None:
        self._show_factor()

    # What it asks

    def _add(self, kind: Intervention) -> None:
        unit = self._unit if self.where.button(_UNIT.value).isChecked() else None
        wanted = Edit(self._layer, unit, kind)
        same = [(each.layer, each.unit, each.kind) for each in self.edits]
        target = (wanted.layer, wanted.unit, wanted.kind)
        if target not in same:
            self._propose((*self.edits, wanted))
            same.append(target)
        self.list.setCurrentRow(same.index(target))

    def _on_slider_changed(self, value: int) -> None:
        row, edit = self.list.currentRow(), self.current
        if edit is not None and edit.kind is Intervention.SCALE:
            changed = replace(edit, factor=value / _STEPS)
            self._propose((*self.edits[:row], changed, *self.edits[row + 1 :]))

    def _remove_current(self) -> None:
        row = self.list.currentRow()
        if self.current is not None:
            self._propose((*self.edits[:row], *self.edits[row + 1 :]))

    def _clear(self) -> None:
        self._propose(())

    def _propose(self, edits: tuple[Edit, ...]) -> None:
        self._session.look_at(edits=edits)


class _EditList(QListWidget):
    """Edits in their order; Delete removes the chosen one."""

    def __init__(self, remove: Callable[[], None], parent: QWidget) -> None:
        super().__init__(parent)
        self._remove = remove
        self.setAccessibleName("Edits in force, in their order")
        self.setFont(theme.font(theme.Type.CAPTION))
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setUniformItemSizes(True)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Delete and Backspace remove."""
        if event.key() in {Qt.Key.Key_Delete, Qt.Key.Key_Backspace}:
            self._remove()
        else:
            super().keyPressEvent(event)

    def minimumSizeHint(self) -> QSize:
        """One row."""
        return QSize(10 * theme.GRID, 3 * theme.GRID)

    def sizeHint(self) -> QSize:
        """Some rows."""
        return QSize(30 * theme.GRID, 8 * theme.GRID)


def _row(*widgets: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(theme.GRID // 2)
    for each in widgets:
        row.addWidget(each)
    return row
