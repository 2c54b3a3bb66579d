"""The few dialogs: preferences, the keys, what Foolscope is."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import version
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QMessageBox,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from engine.frame import Frame
from engine.wording import say_percent, say_verdict
from gui.actions import ACTIONS
from gui.theme import GRID, Scheme

if TYPE_CHECKING:
    from engine.saving import Saved

DEVICES = {
    "auto": "The fastest there is",
    "cuda": "Graphics card (CUDA)",
    "mps": "Graphics of a Mac (MPS)",
    "cpu": "Processor (CPU)",
}
_MESSAGE_WIDTH = 40 * GRID
"""In pixels: by itself a message box is as narrow as its title allows."""
SCHEMES = {Scheme.SYSTEM: "Like the system", Scheme.LIGHT: "Light", Scheme.DARK: "Dark"}


class Preferences(QDialog):
    """Which chrome, and on what the network runs."""

    def __init__(self, scheme: str, device: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Settings")
        self._scheme = _choice({each.value: text for each, text in SCHEMES.items()}, scheme, "Appearance")
        self._device = _choice(DEVICES, device, "Device")
        form = QFormLayout()
        form.setSpacing(GRID)
        form.addRow("&Appearance", self._scheme)
        form.addRow("&Network runs on", self._device)
        hint = QLabel("A device that is not there is replaced by the processor; the status bar says which is used.")
        hint.setWordWrap(True)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        rows.setSpacing(2 * GRID)
        rows.addLayout(form)
        rows.addWidget(hint)
        rows.addWidget(buttons)

    @property
    def scheme(self) -> str:
        """The chosen appearance, a value of ``Scheme``."""
        return str(self._scheme.currentData())

    @property
    def device(self) -> str:
        """The chosen device, as ``Request.device``."""
        return str(self._device.currentData())


def _choice(options: dict[str, str], chosen: str, name: str) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(name)
    for value, text in options.items():
        box.addItem(text, value)
    box.setCurrentIndex(max(0, box.findData(chosen)))
    return box


class Keys(QDialog):
    """Every action with its key."""

    def __init__(self, actions: Iterable[QAction], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keys")
        rows = [(each.text().replace("&", ""), _keys_of(each)) for each in actions]
        rows = [each for each in rows if each[1]] + [
            *((each.text.replace("&", ""), f"{each.held} (hold)") for each in ACTIONS if each.held),
            ("ε: a tenth, a whole 255th, the ends", "← →, PgUp PgDn, Home End"),
            ("Pictures: zoom, move, fit", "wheel or + −, drag or arrows, 0"),
        ]
        table = QTableWidget(len(rows), 2, self)
        table.setHorizontalHeaderLabels(["What", "Key"])
        table.verticalHeader().hide()
        table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        table.setShowGrid(False)
        table.setAlternatingRowColors(True)
        for row, texts in enumerate(rows):
            for column, text in enumerate(texts):
                table.setItem(row, column, QTableWidgetItem(text))
        table.resizeColumnsToContents()
        table.horizontalHeader().setStretchLastSection(True)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(table)
        layout.addWidget(buttons)
        self.resize(60 * GRID, 70 * GRID)


def _keys_of(action: QAction) -> str:
    return ", ".join(each.toString(each.SequenceFormat.NativeText) for each in action.shortcuts())


def show_saved(parent: QWidget, frame: Frame, saved: Saved) -> None:
    """What the network makes of the file that was just saved."""
    assert frame.network is not None  # noqa: S101 - a saved picture was seen by a network
    assert frame.attacked is not None  # noqa: S101
    after = saved.prediction
    answer = f"{frame.network.classes[after.label]} {say_percent(after.probabilities[after.label])}"
    same = saved.verdict is frame.attacked.verdict
    box = QMessageBox(parent)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setWindowTitle("Saved")
    box.setStyleSheet(f"QLabel {{ min-width: {_MESSAGE_WIDTH}px; }}")
    box.setText(f"<b>{saved.path.name}: {say_verdict(saved.verdict)}</b>")
    box.setInformativeText(
        f"The file was read back and shown to {frame.network.title}, which sees {answer}. "
        + (
            "Rounding to 8 bits did not change the verdict."
            if same
            else f"As numbers it was “{frame.attacked.verdict}”: rounding to 8 bits undid that. A larger ε survives."
        )
    )
    box.open()


def show_about(parent: QWidget) -> None:
    """What Foolscope is, and whose work it rests on."""
    box = QMessageBox(parent)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setWindowTitle("About Foolscope")
    box.setStyleSheet(f"QLabel {{ min-width: {_MESSAGE_WIDTH}px; }}")
    box.setText(f"<b>Foolscope {version('foolscope')}</b>")
    box.setInformativeText(
        "See what a small change of an image does to a neural network. Everything happens on this machine: "
        "no picture and no number leaves it.\n\n"
        "Foolscope, and the small networks in the box, which it has trained on MNIST, Fashion-MNIST and CIFAR-10: MIT. "
        "EfficientNet-Lite0: Apache-2.0. SqueezeNet 1.1 by way of ndf: MIT. Sample pictures: see the gallery. The "
        "licence of every file that ships with it is told in assets/README.md."
    )
    box.open()
