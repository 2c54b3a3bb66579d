"""A number that is dragged, typed, or put back to its usual value: a slider, a box and a button in one row."""

from __future__ import annotations

import math
from dataclasses import dataclass

from PySide6.QtCore import QLocale, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QDoubleSpinBox, QHBoxLayout, QLabel, QSlider, QToolButton, QWidget

from gui import theme
from gui.forms import turn_only_with_focus
from gui.icons import icon

LABEL_WIDTH, BOX_WIDTH = 5 * theme.GRID, 9 * theme.GRID
STOPS_OF_A_DOUBLING = 20
"""Of a slider whose steps are ratios."""


@dataclass(frozen=True)
class Range:
    """What a measure may be.

    Attributes:
        low: the slider's left end; ``high`` its right one.
        step: of the slider and of the arrow keys; ignored where ``is_ratio``.
        usual: the value that the button brings back.
        is_ratio: whether equal ways of the slider multiply, rather than add.
        unit: by which the value is divided to be shown.
        suffix: stands behind the shown number.
        decimals: of the shown number.
        least: the smallest value that can be typed; ``most`` the largest. Both default to the slider's ends.
    """

    low: float
    high: float
    step: float = 1.0
    usual: float = 0.0
    is_ratio: bool = False
    unit: float = 1.0
    suffix: str = ""
    decimals: int = 0
    least: float | None = None
    most: float | None = None

    def stop(self, value: float) -> int:
        """The slider's stop that is nearest."""
        return round(math.log2(value) * STOPS_OF_A_DOUBLING) if self.is_ratio else round(value / self.step)

    def value(self, stop: int) -> float:
        """The value at a stop; on the way there and back, the usual one is met exactly."""
        return 2 ** (stop / STOPS_OF_A_DOUBLING) if self.is_ratio else stop * self.step


class Measure(QWidget):
    """One number with its name; tells where the user moves it, and leaves it to others to show the new value."""

    moved = Signal(float)
    """The user asks for this value."""
    letGo = Signal()  # noqa: N815 - Qt's spelling of signals
    """A movement is complete."""

    def __init__(self, label: str, help_: str, range_: Range, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._label, self._value = label, range_.usual
        self.slider = _Slider(self)
        self.box = _Box(self)
        self.reset = QToolButton(self)
        self._prepare(help_)
        self.show_range(range_)
        self._place(label, help_)
        self.slider.valueChanged.connect(self._on_slider_changed)
        self.slider.letGo.connect(self.letGo)
        self.box.valueChanged.connect(self._on_box_changed)
        self.box.editingFinished.connect(self.letGo)
        self.reset.clicked.connect(self._on_reset_clicked)

    def _prepare(self, help_: str) -> None:
        for each in (self.slider, self.box):
            each.setToolTip(help_)
            each.setAccessibleDescription(help_)
        self.slider.setAccessibleName(f"{self._label}, slider")
        self.box.setAccessibleName(self._label)
        self.box.setLocale(QLocale.c())
        self.box.setKeyboardTracking(False)
        self.box.setButtonSymbols(QDoubleSpinBox.ButtonSymbols.NoButtons)
        self.box.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.box.setFixedWidth(BOX_WIDTH)
        self.box.setFont(theme.font(theme.Type.BODY, tabular=True))
        self.reset.setIcon(icon("reset"))
        self.reset.setAutoRaise(True)
        self.reset.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        said = f"Put “{self._label}” back"
        self.reset.setToolTip(said)
        self.reset.setAccessibleName(said)
        turn_only_with_focus(self.slider)
        turn_only_with_focus(self.box)

    def _place(self, label: str, help_: str) -> None:
        name = QLabel(label, self)
        name.setToolTip(help_)
        name.setMinimumWidth(LABEL_WIDTH)
        name.setBuddy(self.box)
        keep = self.reset.sizePolicy()
        keep.setRetainSizeWhenHidden(True)
        self.reset.setSizePolicy(keep)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.GRID // 2)
        row.addWidget(name)
        row.addWidget(self.slider, 1)
        row.addWidget(self.box)
        row.addWidget(self.reset)

    @property
    def range(self) -> Range:
        """The range in force."""
        return self._range

    def show_range(self, range_: Range) -> None:
        """Takes another range."""
        self._range = range_
        least, most = range_.least, range_.most
        with QSignalBlocker(self.slider), QSignalBlocker(self.box):
            self.slider.setRange(range_.stop(range_.low), range_.stop(range_.high))
            self.slider.setPageStep(max(1, (self.slider.maximum() - self.slider.minimum()) // 20))
            self.box.setDecimals(range_.decimals)
            self.box.setSuffix(range_.suffix)
            self.box.setSingleStep((0.05 if range_.is_ratio else range_.step) / range_.unit)
            self.box.setRange(
                (range_.low if least is None else least) / range_.unit,
                (range_.high if most is None else most) / range_.unit,
            )
        self.show_value(self._value)

    def show_value(self, value: float) -> None:
        """Shows a value, without telling of it."""
        self._value = value
        with QSignalBlocker(self.slider), QSignalBlocker(self.box):
            self.slider.setValue(self._range.stop(value))
            self.box.setValue(value / self._range.unit)
        self.reset.setVisible(value != self._range.usual)

    def _on_slider_changed(self, stop: int) -> None:
        self.moved.emit(self._range.value(stop))

    def _on_box_changed(self, shown: float) -> None:
        self.moved.emit(shown * self._range.unit)

    def _on_reset_clicked(self) -> None:
        had_focus = self.reset.hasFocus()
        self.letGo.emit()
        self.moved.emit(self._range.usual)
        self.letGo.emit()
        if had_focus:
            self.slider.setFocus()


class _Slider(QSlider):
    """Tells when it is let go, by the mouse or by the focus."""

    letGo = Signal()  # noqa: N815

    def __init__(self, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.sliderPressed.connect(self.letGo)  # what was done with the keys before is complete
        self.sliderReleased.connect(self.letGo)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Ends what was done with the keys."""
        super().focusOutEvent(event)
        self.letGo.emit()


class _Box(QDoubleSpinBox):
    def textFromValue(self, value: float) -> str:
        """Without idle zeros, and with a real minus."""
        return f"{value:.{self.decimals()}f}".rstrip("0").rstrip(".") if self.decimals() else f"{value:.0f}"
