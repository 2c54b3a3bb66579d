"""What can be chosen of how filters are drawn: what of them, in which order, and how far the colours reach."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QObject, QSignalBlocker, Signal
from PySide6.QtWidgets import QComboBox, QSizePolicy, QSpinBox, QWidget

from gui.controls.segmented import Choice, Segmented
from gui.views.filters.kernels import Kernels, Order, Scale, Show

_SHOWS: Final = {
    Show.COLOUR: "In colour",
    Show.NORM: "Norm over input channels",
    Show.CHANNEL: "One input channel",
}
_ORDERS: Final = {
    Order.NUMBER: "By number",
    Order.NORM: "By norm ‖w‖",
    Order.STRENGTH: "By activation",
    Order.CHANGE: "By change under attack",
}
_SCALES: Final = (
    Choice(Scale.FILTER, "This filter", "Every filter has a scale of its own: the form is seen, not the size"),
    Choice(Scale.LAYER, "This layer", "All filters of the layer on one scale: large and small ones can be told apart"),
    Choice(Scale.NETWORK, "Whole network", "One scale for all layers of this kind, to compare one with another"),
)


class FilterControls(QObject):
    """Holds the choices; its widgets are placed by the view. What does not apply to a layer is absent."""

    changed = Signal()
    """Something else is to be drawn."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.shows, self.orders = QComboBox(parent), QComboBox(parent)
        self.shows.setAccessibleName("What is drawn of every filter")
        self.orders.setAccessibleName("Order of the filters")
        self.orders.setToolTip("Large ones first. Activation and change are means over the map of the open picture")
        self.channel = QSpinBox(parent)
        self.channel.setAccessibleName("Input channel")
        self.channel.setToolTip("The channel of the input, counted from 0 within the group that a filter sees")
        self.scales = Segmented("How far the colours reach", parent)
        self.scales.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.scales.offer(_SCALES)
        self._scale = Scale.LAYER
        self.scales.show_value(self._scale)
        self.scales.chosen.connect(self._on_scale_chosen)
        self.shows.currentIndexChanged.connect(self._on_shows_changed)
        self.orders.currentIndexChanged.connect(self.changed)
        self.channel.valueChanged.connect(self.changed)

    # What is chosen

    @property
    def show_what(self) -> Show | None:
        """What is drawn of every filter; None of rows of numbers."""
        found = self.shows.currentData()
        return None if found is None else Show(found)

    @property
    def order(self) -> Order:
        """What the filters are sorted by."""
        return Order(self.orders.currentData() or Order.NUMBER)

    @property
    def scale(self) -> Scale:
        """How far the colours reach; a norm is compared within its layer at most."""
        is_too_wide = self._scale is Scale.NETWORK and self.show_what is Show.NORM
        return Scale.LAYER if is_too_wide else self._scale

    # What can be chosen

    def offer(self, kernels: Kernels) -> None:
        """Offers what applies to a layer; what was chosen before stays chosen where it can."""
        _fill(self.shows, {each: _SHOWS[each] for each in kernels.shows})
        self.shows.setVisible(len(kernels.shows) > 1)
        channels = 1 if kernels.maps is None else kernels.maps.shape[1]
        with QSignalBlocker(self.channel):
            self.channel.setRange(0, channels - 1)
            self.channel.setSuffix(f" of {channels}")
        self.offer_orders(kernels)
        self._follow_show()

    def offer_orders(self, kernels: Kernels) -> None:
        """Offers the orders that can be had by now."""
        _fill(self.orders, {each: _ORDERS[each] for each in kernels.orders})

    def _follow_show(self) -> None:
        """What is drawn decides what else can be chosen."""
        show = self.show_what
        self.channel.setVisible(show is Show.CHANNEL and self.channel.maximum() > 0)
        self.scales.offer(_SCALES[:2] if show is Show.NORM else _SCALES)
        self.scales.show_value(self.scale)

    def _on_shows_changed(self) -> None:
        self._follow_show()
        self.changed.emit()

    def _on_scale_chosen(self, scale: Scale) -> None:
        self._scale = scale
        self.changed.emit()


def _fill(box: QComboBox, entries: dict[Show, str] | dict[Order, str]) -> None:
    """Puts other entries into a box, without telling of it."""
    if [box.itemText(each) for each in range(box.count())] == list(entries.values()):
        return
    chosen = box.currentData()
    with QSignalBlocker(box):
        box.clear()
        for value, text in entries.items():
            box.addItem(text, value)
        box.setCurrentIndex(max(box.findData(chosen), 0))
