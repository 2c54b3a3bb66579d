"""The twins of the network on the bench, each to be chosen by one click."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from engine.catalogue.models import NetworkCard
from gui import theme
from gui.controls.section import Caption

HEADING = "Built like the one on the bench, trained in another way:"


class TwinOffers(QWidget):
    """A button for every twin; it is not there where there is none."""

    picked = Signal(str)
    """The name of the network that the user chose."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.buttons: list[QPushButton] = []
        heading = Caption(HEADING, self)
        heading.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._rows = QVBoxLayout(self)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setSpacing(theme.GRID // 2)
        self._rows.addWidget(heading)
        self._rows.addStretch(1)
        self.hide()

    def show_twins(self, cards: Sequence[NetworkCard]) -> None:
        """Offers these, the first one on top."""
        for gone in self.buttons:
            self._rows.removeWidget(gone)
            gone.deleteLater()
        self.buttons = [self._button(each) for each in cards]
        for place, each in enumerate(self.buttons, 1):
            self._rows.insertWidget(place, each, 0, Qt.AlignmentFlag.AlignHCenter)
        self.setVisible(bool(cards))

    def _button(self, card: NetworkCard) -> QPushButton:
        made = QPushButton(card.title, self)
        made.setToolTip(card.note)
        made.setAccessibleName(f"Put {card.title} beside the bench")
        made.clicked.connect(lambda: self.picked.emit(card.name))
        return made
