"""Some units of a layer seen large: the chosen one, and those that are pinned beside it to be compared."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QSize, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from gui import theme
from gui.session import Side
from gui.views.activations.units import Scale, Units, values_of
from gui.views.mosaic import MosaicPane

MOST_PINS: Final = 4

_HEADER: Final = 3 * theme.GRID
_SMALLEST, _LARGEST = 12 * theme.GRID, 40 * theme.GRID


class CloseUp(QWidget):
    """One unit, its name, and a button that pins it or takes it away."""

    pointed = Signal(int, int)
    """Row and column that the pointer is at."""
    left = Signal()
    pressed = Signal()
    """The button was."""

    def __init__(self, parent: QWidget | None = None, *, pinned: bool = False) -> None:
        super().__init__(parent)
        self.name = QLabel(self)
        self.name.setFont(theme.font(theme.Type.CAPTION, tabular=True))
        self.name.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.button = QToolButton(self)
        self.button.setText("Remove" if pinned else "Pin")
        self.button.setFont(theme.font(theme.Type.CAPTION))
        self.button.setToolTip("Take it away" if pinned else f"Keep it here to compare, up to {MOST_PINS}")
        self.button.clicked.connect(self.pressed)
        self.pane = MosaicPane(self)
        self.pane.pointed.connect(lambda _tile, row, column: self.pointed.emit(row, column))
        self.pane.left.connect(self.left)
        header = QHBoxLayout()
        header.setContentsMargins(0, 0, 0, 0)
        header.addWidget(self.name, 1)
        header.addWidget(self.button)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addLayout(header)
        rows.addWidget(self.pane, 1)

    def show_unit(self, units: Units, place: int, side: Side, scale: Scale) -> None:
        """Draws the unit at a place, by its own part of the layer's scale."""
        name = f"{units.noun} {units.numbers[place]}"
        self.name.setText(name)
        self.button.setAccessibleName(f"{self.button.text()} {name}")
        self.pane.setAccessibleName(f"{units.layer}, {name}, enlarged")
        low, high = scale.ends(place)
        self.pane.show_tiles(values_of(units, side)[place : place + 1], low, high, signed=scale.signed)


class CloseUps(QWidget):
    """The chosen unit and the pinned ones in a row; as wide as they need to be square."""

    pointed = Signal(int, int, int)
    """Place among the units, row and column."""
    left = Signal()
    pinsChanged = Signal()  # noqa: N815 - Qt's spelling of signals

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._units: Units | None = None
        self._chosen: int | None = None
        self._pins: dict[str, list[int]] = {}
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(theme.GRID)
        self.large = self._add(pinned=False)
        self.large.pressed.connect(self._on_large_pressed)
        self.pinned: list[CloseUp] = []
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)

    def _add(self, *, pinned: bool) -> CloseUp:
        made = CloseUp(self, pinned=pinned)
        made.pointed.connect(lambda row, column: self._on_pane_pointed(made, row, column))
        made.left.connect(self.left)
        self._row.addWidget(made)
        return made

    @property
    def pins(self) -> list[int]:
        """Numbers of the units of this layer that are pinned."""
        return [] if self._units is None else self._pins.setdefault(self._units.layer, [])

    def show_units(self, units: Units, chosen: int | None, side: Side, scale: Scale) -> None:
        """Draws the chosen unit (a number of the layer's) and those that are pinned in this layer."""
        self._units, self._chosen = units, chosen
        pins = [each for each in self.pins if units.place_of(each) is not None]
        while len(self.pinned) > len(pins):
            gone = self.pinned.pop()
            gone.hide()
            gone.deleteLater()
        while len(self.pinned) < len(pins):
            self._add_pinned()
        place = units.place_of(chosen)
        self.large.setVisible(place is not None)
        if place is not None:
            self.large.show_unit(units, place, side, scale)
        self.large.button.setVisible(chosen not in pins and len(pins) < MOST_PINS)
        for pane, number in zip(self.pinned, pins, strict=True):
            pane.show_unit(units, units.place_of(number) or 0, side, scale)
        self._fit()

    def _add_pinned(self) -> None:
        made = self._add(pinned=True)
        made.pressed.connect(lambda: self._on_pinned_pressed(made))
        made.show()
        self.pinned.append(made)

    # What happens

    def _on_large_pressed(self) -> None:
        if self._chosen is not None and self._chosen not in self.pins:
            self.pins.append(self._chosen)
            self.pinsChanged.emit()

    def _on_pinned_pressed(self, pane: CloseUp) -> None:
        del self.pins[self.pinned.index(pane)]
        self.pinsChanged.emit()

    def _on_pane_pointed(self, pane: CloseUp, row: int, column: int) -> None:
        if self._units is None:
            return
        number = self._chosen if pane is self.large else self.pins[self.pinned.index(pane)]
        place = self._units.place_of(number)
        if place is not None:
            self.pointed.emit(place, row, column)

    # Its size

    def _fit(self) -> None:
        """Square, as far as the row leaves room for the mosaic beside it."""
        count = len(self.pinned) + (not self.large.isHidden())
        side = min(max(self.height() - _HEADER, _SMALLEST), _LARGEST)
        parent = self.parentWidget()
        if count and parent is not None:
            side = min(side, max(_SMALLEST, int(0.6 * parent.width()) // count - theme.GRID))
        self.setFixedWidth(count * (side + theme.GRID))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keeps the panes square."""
        super().resizeEvent(event)
        if event.oldSize().height() != event.size().height():
            QTimer.singleShot(0, self, self._fit)  # a layout that is at work does not take up another width

    def minimumSizeHint(self) -> QSize:
        """As low as may be."""
        return QSize(0, _SMALLEST)
