"""How the perturbation is made visible: two small choices that belong to the window, not to the request."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QWidget

from engine.catalogue.attacks import Norm
from engine.catalogue.budgets import usual_epsilon
from gui.views.pane_pictures import GAINS, DeltaMode

MODES: Final = {
    DeltaMode.COLOURS: "Amplified colours",
    DeltaMode.SIGNED: "Signed map",
    DeltaMode.RED: "Red channel",
    DeltaMode.GREEN: "Green channel",
    DeltaMode.BLUE: "Blue channel",
}
_ONE_CHANNEL: Final = "One channel of δ as a signed map: blue is less, vermilion is more, light grey is no change."
_HELP: Final = {
    DeltaMode.COLOURS: "½ + gain · δ in each channel: mid-grey is no change.",
    DeltaMode.SIGNED: "The mean of the channels of δ: blue is darker, vermilion is lighter, light grey is no change.",
    DeltaMode.RED: _ONE_CHANNEL,
    DeltaMode.GREEN: _ONE_CHANNEL,
    DeltaMode.BLUE: _ONE_CHANNEL,
}


BRIGHTEST: Final = 0.2
"""By how much a perturbation of the usual size is shown lighter or darker than mid-grey, at most."""


def usual_gain(values: int) -> int:
    """The one of ``GAINS`` that shows a perturbation of the usual size well, on a picture of C·H·W ``values``."""
    usual = usual_epsilon(Norm.LINF, values)
    return max(gain for gain in GAINS if gain * usual <= BRIGHTEST + 1e-9)


class GainBox(QComboBox):
    """How much the perturbation is amplified."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Amplification of the perturbation")
        self.setToolTip("How much the perturbation is amplified to be seen; the network sees it as it is.")
        for gain in GAINS:
            self.addItem(f"×{gain}", gain)
        self.set_gain(20)

    @property
    def gain(self) -> int:
        """One of ``GAINS``."""
        return int(self.currentData())

    def set_gain(self, gain: int) -> None:
        """Chooses another of ``GAINS``."""
        self.setCurrentIndex(GAINS.index(gain))


class ModeBox(QComboBox):
    """How the perturbation is turned into colours."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("How the perturbation is shown")
        self.currentIndexChanged.connect(self._on_current_index_changed)
        self.offer(3)

    @property
    def mode(self) -> DeltaMode:
        """What is chosen."""
        return DeltaMode(self.currentData())

    def set_mode(self, mode: DeltaMode) -> None:
        """Chooses another; one that is not offered is passed over."""
        self.setCurrentIndex(max(0, self.findData(mode.value)))

    def offer(self, channels: int) -> None:
        """Offers what applies to a picture: a grey one has no channels to choose from."""
        offered = list(MODES) if channels > 1 else [DeltaMode.COLOURS, DeltaMode.SIGNED]
        if self.count() == len(offered):
            return
        chosen = self.currentData()
        was_blocked = self.blockSignals(True)
        self.clear()
        for place, mode in enumerate(offered):
            self.addItem(MODES[mode], mode.value)
            self.setItemData(place, _HELP[mode], Qt.ItemDataRole.ToolTipRole)
        self.setCurrentIndex(max(0, self.findData(chosen)))
        self.blockSignals(was_blocked)
        self._on_current_index_changed()

    def _on_current_index_changed(self) -> None:
        self.setToolTip(_HELP[self.mode])
