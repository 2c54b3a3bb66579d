"""The playground's kernel, and how it is moved over the input."""

from __future__ import annotations

from typing import Final

import numpy as np
from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QSpinBox, QVBoxLayout, QWidget

from engine.catalogue.kernels import KERNELS
from engine.frame import Floats
from engine.playground import MOST_KERNEL, Convolution, Mode, Padding, normalised, resized
from gui import theme
from gui.controls.segmented import Choice, Segmented
from gui.views.playground.input import SizeBoxes

OWN: Final = "Own numbers"
"""What the menu says of a kernel that is none of it."""

_MODES: Final = (
    Choice(Mode.CROSS_CORRELATION, "Cross-correlation", "Lay the kernel on as it is"),
    Choice(Mode.CONVOLUTION, "Convolution", "Turn the kernel by 180° first"),
)
_PADDINGS: Final = (
    Choice(Padding.VALID, "Valid", "No padding: the kernel stays inside the input"),
    Choice(Padding.SAME, "Same", "Zeros around the input, so that without stride the output is as large"),
    Choice(Padding.FULL, "Full", "Zeros around the input, so that every overlap with the kernel counts"),
)


class KernelBar(QWidget):
    """Chooses a kernel from the menu, its size, and whether it is normalised."""

    proposed = Signal(object)
    """The kernel (F, G); answer with ``show_kernel``."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._kernel = np.array(KERNELS[0].rows, np.float32)
        self.menu = QComboBox(self)
        self.menu.setAccessibleName("Kernel")
        self.menu.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.menu.setMinimumContentsLength(14)
        self.menu.setMinimumWidth(11 * theme.GRID)
        self.menu.activated.connect(self._on_menu_activated)
        for each in KERNELS:
            self.menu.addItem(each.title, each.name)
        self.size_boxes = SizeBoxes("kernel", MOST_KERNEL, self)
        self.size_boxes.edited.connect(self._on_size_edited)
        self.normalise = QPushButton("Normalise", self)
        self.normalise.setToolTip(
            "Divide the kernel by its sum, so that even areas keep their brightness; "
            "where the sum is 0, by the sum of the sizes, so that the output keeps the range of the input"
        )
        self.normalise.clicked.connect(self._on_normalise_clicked)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(theme.GRID)
        for widget in (self.menu, self.size_boxes, self.normalise):
            widget.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
            line.addWidget(widget)

    def show_kernel(self, kernel: Floats) -> None:
        """Shows the kernel that is in force; one that is not of the menu adds a line to it."""
        self._kernel = kernel
        self.size_boxes.show_size(kernel)
        names = [place for place, each in enumerate(KERNELS) if np.array_equal(np.array(each.rows, np.float32), kernel)]
        with QSignalBlocker(self.menu):
            if self.menu.count() > len(KERNELS):
                self.menu.removeItem(len(KERNELS))
            if not names:
                self.menu.addItem(OWN, "")
            self.menu.setCurrentIndex(names[0] if names else len(KERNELS))
        self.menu.setToolTip(KERNELS[names[0]].summary if names else "A kernel of your own")

    def _on_menu_activated(self, place: int) -> None:
        if place < len(KERNELS):
            self.proposed.emit(np.array(KERNELS[place].rows, np.float32))

    def _on_size_edited(self, rows: int, columns: int) -> None:
        self.proposed.emit(resized(self._kernel, rows, columns))

    def _on_normalise_clicked(self) -> None:
        self.proposed.emit(normalised(self._kernel))


class Settings(QWidget):
    """Stride, dilation, padding, and which of the two operations."""

    proposed = Signal(object)
    """Fields of ``Convolution`` and their new values; answer with ``show_settings``."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.stride = self._box("stride", "By how many cells the kernel moves on")
        self.dilation = self._box("dilation", "From one cell of the kernel to the next on the input; 1 leaves no gaps")
        self.padding = self._segments("padding", "What is laid around the input", _PADDINGS)
        self.mode = self._segments("mode", "Which of the two operations", _MODES)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(theme.GRID // 2)
        rows.addStretch(1)
        rows.addLayout(self._line(self._label("Stride", self.stride), self.stride))
        rows.addLayout(self._line(self._label("Dilation", self.dilation), self.dilation))
        rows.addWidget(self.padding)
        rows.addWidget(self.mode)
        rows.addStretch(1)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)

    def _box(self, field: str, tip: str) -> QSpinBox:
        box = QSpinBox(self)
        box.setRange(1, MOST_KERNEL)
        box.setAccessibleName(field.capitalize())
        box.setToolTip(f"{tip}. From 1 to {MOST_KERNEL}.")
        box.valueChanged.connect(lambda value: self.proposed.emit({field: value}))
        return box

    def _segments(self, field: str, name: str, choices: tuple[Choice, ...]) -> Segmented:
        segments = Segmented(name, self)
        segments.offer(choices)
        segments.chosen.connect(lambda value: self.proposed.emit({field: value}))
        segments.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        return segments

    def _label(self, text: str, box: QSpinBox) -> QLabel:
        label = QLabel(text, self)
        label.setBuddy(box)
        label.setToolTip(box.toolTip())
        return label

    def _line(self, *widgets: QWidget) -> QHBoxLayout:
        line = QHBoxLayout()
        line.setSpacing(theme.GRID)
        for each in widgets:
            line.addWidget(each)
        return line

    def show_settings(self, convolution: Convolution) -> None:
        """Shows what is in force, without telling of it."""
        for box, value in ((self.stride, convolution.stride), (self.dilation, convolution.dilation)):
            with QSignalBlocker(box):
                box.setValue(value)
        self.padding.show_value(convolution.padding)
        self.mode.show_value(convolution.mode)
