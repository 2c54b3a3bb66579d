"""A form made from the fields of a frozen dataclass that were declared with ``option``."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import Field, fields, replace
from typing import Any

from PySide6.QtCore import QEvent, QLocale, QObject, QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from engine.catalogue.options import Bounds, Offers, bounds, offers_of
from gui import theme

LABEL_WIDTH = 11 * theme.GRID
"""Labels of all panels end at one line, so that their controls stand in one column."""


class OptionsForm(QWidget):
    """Shows a record's options and offers a new record whenever one of them is edited."""

    edited = Signal(object)
    """The new record; never one that its bounds forbid."""
    settled = Signal()
    """An option was left, or a box ticked: one choice is complete."""

    def __init__(self, record: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._record = record
        self._editors: dict[str, Editor] = {}
        self._rows: dict[str, QWidget] = {}
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(theme.GRID // 2)
        for each in fields(record):
            editor = _EDITORS[type(each.default)](each, self)
            row = editor if isinstance(editor, QCheckBox) else labelled(bounds(each).label, editor)
            rows.addWidget(row)
            self._rows[each.name] = row
            self._editors[each.name] = editor
        self.show_record(record)

    @property
    def record(self) -> Any:
        """What the form says now."""
        return self._record

    def editor(self, name: str) -> Editor:
        """The widget of an option."""
        return self._editors[name]

    @property
    def editors(self) -> list[Editor]:
        """The widgets of all options, from top to bottom."""
        return list(self._editors.values())

    def show_record(self, record: Any) -> None:
        """Shows another record of the same class, without telling of it."""
        self._record = record
        for name, editor in self._editors.items():
            with QSignalBlocker(editor):
                if isinstance(editor, QCheckBox):
                    editor.setChecked(getattr(record, name))
                else:
                    editor.setValue(getattr(record, name))

    def show_only(self, names: Collection[str]) -> None:
        """Leaves out the options that do not apply."""
        for name, row in self._rows.items():
            row.setVisible(name in names)

    def take(self, name: str, value: object) -> None:
        """An editor holds a new value; the other options stay exactly as they are, even where shown rounded."""
        self._record = replace(self._record, **{name: value})
        self.edited.emit(self._record)


class NameBox(QComboBox):
    """One of the things that are kept elsewhere; what there is, is looked up whenever the list opens."""

    def __init__(self, offers: Offers, parent: QWidget) -> None:
        super().__init__(parent)
        self._offers = offers
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(8)

    def setValue(self, name: str) -> None:
        """Shows a name as chosen, even one of something that is gone."""
        offered = {"": NEWEST, **self._offers()}
        self.clear()
        for each, title in ({name: f"{name} (gone)"} | offered if name not in offered else offered).items():
            self.addItem(title, each)
        self.setCurrentIndex(self.findData(name))

    def showPopup(self) -> None:
        """Opens the list, with what has been made meanwhile."""
        self.setValue(self.currentData())
        self.view().setMinimumWidth(self.view().sizeHintForColumn(0))
        super().showPopup()


NEWEST = "the newest that fits"
"""What stands where nothing is chosen of what is kept."""

Editor = QSpinBox | QDoubleSpinBox | QCheckBox | NameBox


def _whole(of: Field[Any], form: OptionsForm) -> QSpinBox:
    spin = QSpinBox(form)
    spin.setRange(math.ceil(bounds(of).low), math.floor(bounds(of).high))
    _prepare(spin, bounds(of), form)
    spin.valueChanged.connect(lambda value: form.take(of.name, value))
    return spin


class _RealSpinBox(QDoubleSpinBox):
    def textFromValue(self, value: float) -> str:
        """Without idle zeros: 0.25, where three decimals are possible."""
        return f"{value:.{self.decimals()}f}".rstrip("0").rstrip(".")


def _real(of: Field[Any], form: OptionsForm) -> QDoubleSpinBox:
    limits, usual = bounds(of), float(of.default)  # type: ignore[arg-type]
    spin = _RealSpinBox(form)
    # Two at least: between 0 and 1 there is more to choose than the ends, and a 0 is told from an idle zero.
    spin.setDecimals(max(2, _decimals(limits.low), _decimals(usual)))
    spin.setRange(limits.low, limits.high)
    _prepare(spin, limits, form)
    spin.valueChanged.connect(lambda value: form.take(of.name, value))
    return spin


def _prepare(spin: QSpinBox | QDoubleSpinBox, limits: Bounds, form: OptionsForm) -> None:
    """What every box for a number has: steps in proportion, and no attack for each digit that is typed."""
    spin.setLocale(QLocale.c())
    spin.setStepType(QAbstractSpinBox.StepType.AdaptiveDecimalStepType)
    spin.setKeyboardTracking(False)
    spin.setSuffix(f" × {limits.unit}" if limits.unit else "")
    spin.setToolTip(f"{limits.help} From {limits.low:g} to {limits.high:g}.")
    spin.setAccessibleDescription(limits.help)
    spin.editingFinished.connect(form.settled)
    turn_only_with_focus(spin)


def _yes_or_no(of: Field[Any], form: OptionsForm) -> QCheckBox:
    limits = bounds(of)
    box = QCheckBox(limits.label, form)
    box.setToolTip(limits.help)
    box.setAccessibleDescription(limits.help)

    def on_box_toggled(value: bool) -> None:
        form.take(of.name, value)
        form.settled.emit()

    box.toggled.connect(on_box_toggled)
    return box


def _name(of: Field[Any], form: OptionsForm) -> NameBox:
    box = NameBox(offers_of(of), form)
    box.setToolTip(bounds(of).help)
    box.setAccessibleDescription(bounds(of).help)
    turn_only_with_focus(box)

    def on_box_activated(index: int) -> None:
        form.take(of.name, box.itemData(index))
        form.settled.emit()

    box.activated.connect(on_box_activated)
    return box


_EDITORS: Mapping[type, Callable[[Field[Any], OptionsForm], Editor]] = {
    int: _whole,
    float: _real,
    bool: _yes_or_no,
    str: _name,
}


def _decimals(value: float) -> int:
    """How many decimals a number is written with, at most six."""
    return len(f"{value:.6f}".rstrip("0").partition(".")[2])


def labelled(label: str, control: QWidget) -> QWidget:
    """A row of a label and its control; ``&`` before a letter of the label makes the key that goes there."""
    row = QWidget()
    row.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
    line = QHBoxLayout(row)
    line.setContentsMargins(0, 0, 0, 0)
    line.setSpacing(theme.GRID)
    name = QLabel(label, row)
    name.setMinimumWidth(LABEL_WIDTH)
    name.setBuddy(control)
    name.setToolTip(control.toolTip())
    if not control.accessibleName():
        control.setAccessibleName(label.replace("&", ""))
    line.addWidget(name)
    line.addWidget(control, 1)
    return row


def turn_only_with_focus(widget: QWidget) -> None:
    """Lets the wheel scroll the panel, unless the widget is being used: else a passing wheel would change values."""
    widget.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    widget.installEventFilter(_WheelGuard(widget))


class _WheelGuard(QObject):
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Hands the wheel on to the panel behind an unused widget."""
        if event.type() == QEvent.Type.Wheel and isinstance(watched, QWidget) and not watched.hasFocus():
            event.ignore()
            return True
        return False
