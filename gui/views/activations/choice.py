"""How the units of a layer are looked through: one scale for what, in which order, and which of them."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QSizePolicy, QWidget

from engine.inside import Form
from gui import theme
from gui.controls.segmented import Choice, Segmented
from gui.views.activations.units import Choose, Order, Scope, Units

SCOPES: Final = (
    Choice(Scope.MAP, "This map", "Every map has a scale of its own, the same for the clean and the attacked run"),
    Choice(Scope.LAYER, "This layer", "One scale for all maps of the layer, clean and attacked"),
)
ORDERS: Final = (
    (Order.INDEX, "By index", "As the layer numbers them"),
    (Order.MEAN, "By mean", "The strongest on the clean picture first"),
    (Order.CHANGE, "By change", "What the attack changes most first: mean |attacked − clean|"),
)
CHOICES: Final = (
    (Choose.ALL, "All", "Every unit; those that are zero everywhere in both runs are struck out"),
    (Choose.TOP_16, "16 changed most", "The 16 with the largest mean |attacked − clean|"),
    (Choose.TOP_64, "64 changed most", "The 64 with the largest mean |attacked − clean|"),
    (Choose.ALIVE, "Without dead", "Without those that are zero everywhere in both runs"),
)


class UnitChoice(QWidget):
    """The scale's scope, the order and the selection; what does not apply to a layer is absent."""

    scopeChanged = Signal()  # noqa: N815 - Qt's spelling of signals
    orderChanged = Signal()  # noqa: N815
    """Another order, or other units."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.scope = Scope.LAYER
        self.scopes = Segmented("What one scale of colours is for", self)
        self.scopes.offer(SCOPES)
        self.scopes.show_value(self.scope)
        self.scopes.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.scopes.chosen.connect(self._on_scope_chosen)
        self.orders = _combo("In which order", ORDERS, self)
        self.choices = _combo("Which are shown", CHOICES, self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.GRID)
        row.addWidget(self.scopes)
        for box in (self.orders, self.choices):
            box.activated.connect(self.orderChanged)
            row.addWidget(box)

    @property
    def order(self) -> Order:
        """In which order units are shown."""
        return Order(self.orders.currentData())  # Qt makes plain text of it

    @property
    def choice(self) -> Choose:
        """Which units are shown."""
        return Choose(self.choices.currentData())

    @property
    def is_plain(self) -> bool:
        """Whether all units are shown, as the layer numbers them."""
        return (self.order, self.choice) == (Order.INDEX, Choose.ALL)

    def offer_for(self, units: Units) -> None:
        """Shows the controls that apply to a layer: a vector has one scale, a matrix one order too."""
        self.scopes.setVisible(units.form is not Form.VECTOR and not units.is_matrix)
        for box in (self.orders, self.choices):
            box.setVisible(not units.is_matrix)

    def _on_scope_chosen(self, scope: Scope) -> None:
        self.scope = scope
        self.scopeChanged.emit()


def _combo(name: str, choices: Sequence[tuple[StrEnum, str, str]], parent: QWidget) -> QComboBox:
    box = QComboBox(parent)
    box.setAccessibleName(name)
    for place, (value, text, help_text) in enumerate(choices):
        box.addItem(text, value)
        box.setItemData(place, help_text, Qt.ItemDataRole.ToolTipRole)
    box.setToolTip(name)
    return box
