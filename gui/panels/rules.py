"""What the attack may do beside its budget: where, in which channels, on which grid, over which views."""

from __future__ import annotations

from dataclasses import fields, replace

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from engine.catalogue.attacks import Attack
from engine.catalogue.options import Bounds, bounds
from engine.catalogue.rules import Rules
from engine.frame import Frame
from engine.request import Request
from gui import theme
from gui.bind import follow
from gui.controls.measure import Measure, Range
from gui.controls.opener import Opener
from gui.controls.section import Caption
from gui.forms import OptionsForm, labelled, turn_only_with_focus
from gui.panels.areas import (
    EVERYWHERE,
    NAMES,
    PAINTED,
    USUAL_SIZE,
    area_called,
    area_of,
    mask_of,
    name_of,
    say_area,
    size_of,
)
from gui.session import Session

_BOUNDS: dict[str, Bounds] = {each.name: bounds(each) for each in fields(Rules)}
_CHANNELS = ("red", "green", "blue")
_OF_VIEWS = ("crop", "jpeg")
_HELP = "What the attack may do beside its budget: where it may act, in which channels, on which grid, in which views."
_WHERE_HELP = "Where the attack may act; the rest of the picture stays as it is."
_PAINT_HELP = (
    "Paint on the clean picture where the attack may act: the left button paints, the right one or Shift takes back. "
    "By keyboard: Shift and an arrow key point at a pixel, Enter paints there, Delete takes back, Escape ends."
)


class RulesPanel(QWidget):
    """A part of the bench that opens and closes; closed, it says in a line what is set."""

    paintToggled = Signal(bool)  # noqa: N815 - Qt's spelling of signals
    """The user takes the brush, or lays it down."""
    brushChanged = Signal(float)  # noqa: N815
    """How wide the brush is to be, in pixels of the network's input."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._channels = 3
        self._side = 0
        self._share: float | None = None
        self.content = QWidget(self)
        self.opener = Opener("Rules", "Rules of the attack", _HELP, self.content, self)
        self.said = Caption(parent=self)
        self.where = self._where()
        self.paint = self._button("Paint", _PAINT_HELP)
        self.paint.setCheckable(True)
        self.invert = self._button("Invert", "Let the attack act just where it may not act now.")
        self.clear = self._button("Clear", "Let the attack act everywhere again.")
        self.brush = Measure(
            "Brush", "How wide the brush is, in the picture's pixels.", brush_range(min(USUAL_SIZE)), self.content
        )
        self.checks = {name: self._check(name) for name in _CHANNELS}
        self.form = OptionsForm(session.request.rules, self.content)
        self._place()
        self._connect()
        self.brush.hide()
        follow(session, self._on_rules_changed, "rules", "mask", "attack")
        if session.frame is not None:
            self._on_frame_changed(session.frame)

    # Parts

    def _where(self) -> QComboBox:
        made = QComboBox(self.content)
        for name in (EVERYWHERE, *NAMES, PAINTED):
            made.addItem(name.capitalize(), name)
        made.setToolTip(_WHERE_HELP)
        turn_only_with_focus(made)
        return made

    def _button(self, text: str, help_: str) -> QPushButton:
        made = QPushButton(text, self.content)
        made.setMinimumWidth(made.fontMetrics().horizontalAdvance(text) + 2 * theme.GRID)
        made.setToolTip(help_)
        made.setAccessibleDescription(help_)
        return made

    def _check(self, name: str) -> QCheckBox:
        made = QCheckBox(_BOUNDS[name].label, self.content)
        made.setToolTip(_BOUNDS[name].help)
        made.setAccessibleDescription(_BOUNDS[name].help)
        made.clicked.connect(lambda checked: self._session.choose(rules=replace(self._rules, **{name: checked})))
        return made

    def _place(self) -> None:
        inside = QVBoxLayout(self.content)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(theme.GRID // 2)
        inside.addWidget(labelled("Where", self.where))
        inside.addWidget(_across(self.paint, self.invert, self.clear))
        inside.addWidget(self.brush)
        self._ticks = _across(*self.checks.values())
        inside.addWidget(self._ticks)
        inside.addWidget(self.form)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(theme.GRID // 2)
        head = QHBoxLayout()
        head.setContentsMargins(0, 0, 0, 0)
        head.addWidget(self.opener)
        head.addWidget(self.said, 1)
        rows.addLayout(head)
        rows.addWidget(self.content)

    def _connect(self) -> None:
        self.where.activated.connect(self._on_where_activated)
        self.paint.toggled.connect(self._on_paint_toggled)
        self.invert.clicked.connect(self.turn_over)
        self.clear.clicked.connect(self.allow_everywhere)
        self.brush.moved.connect(self._on_brush_moved)
        self.form.edited.connect(lambda rules: self._session.propose(rules=rules))
        self.form.settled.connect(self._session.settle)
        self._session.frame_changed.connect(self._on_frame_changed)

    # What is asked is shown

    @property
    def _rules(self) -> Rules:
        return self._session.request.rules

    def _on_rules_changed(self, request: Request) -> None:
        rules, attack = request.rules, request.attack
        self.form.show_record(rules)
        self.form.show_only(applicable(rules, attack))
        for name, check in self.checks.items():
            check.setChecked(getattr(rules, name))
        with QSignalBlocker(self.where):
            self.where.setCurrentIndex(self.where.findData(name_of(request.mask)))
        for each in (self.invert, self.clear):
            each.setVisible(bool(request.mask))
        self._say()

    def _on_frame_changed(self, frame: Frame) -> None:
        if frame.clean is None:
            return
        height, width, channels = frame.clean.shape
        if min(height, width) != self._side:
            self._side = min(height, width)
            self._suit_brush()
        if channels != self._channels:
            self._channels = channels
            self._ticks.setVisible(channels == len(_CHANNELS))
            self._say()

    def _suit_brush(self) -> None:
        """A brush that the user chose keeps its part of the picture; until then it is the usual one."""
        range_ = brush_range(self._side)
        self.brush.show_range(range_)
        self._show_brush(range_.usual if self._share is None else max(1, round(self._share * self._side)))

    def _say(self) -> None:
        request = self._session.request
        self.said.setText(say_rules(request.rules, request.mask, request.attack, self._channels))

    def show_painting(self, on: bool) -> None:
        """Shows whether the brush is in hand."""
        self.paint.setChecked(on)

    # What is chosen is asked

    def _on_where_activated(self, index: int) -> None:
        name = self.where.itemData(index)
        if name == EVERYWHERE:
            self.allow_everywhere()
        elif name == PAINTED:
            self.paint.setChecked(True)
            self._on_rules_changed(self._session.request)  # nothing is painted yet
        else:
            self._session.choose(mask=mask_of(area_called(name, size_of(self._session.frame))))

    def _on_paint_toggled(self, on: bool) -> None:
        self.brush.setVisible(on)
        if on:
            self.opener.setChecked(True)
        self.paintToggled.emit(on)

    def _on_brush_moved(self, width: float) -> None:
        self._share = width / self._side if self._side else None
        self._show_brush(width)

    def _show_brush(self, width: float) -> None:
        self.brush.show_value(width)
        self.brushChanged.emit(width)

    def toggle_painting(self) -> None:
        """Takes the brush, or lays it down."""
        self.paint.setChecked(not self.paint.isChecked())

    def turn_over(self) -> None:
        """The attack may act just where it may not now; where it may act everywhere, nothing changes."""
        request = self._session.request
        if request.mask:
            self._session.choose(mask=mask_of(~area_of(request, size_of(self._session.frame))))

    def allow_everywhere(self) -> None:
        """The attack may act everywhere again."""
        self._session.choose(mask="")


def brush_range(side: int) -> Range:
    """How wide a brush may be on a picture whose shorter side has so many pixels; at first a tenth of it."""
    return Range(1, max(2, side // 2), usual=max(1, side // 10), suffix=" px", most=max(2, side))


def applicable(rules: Rules, attack: Attack) -> frozenset[str]:
    """The options of the form that mean something for an attack."""
    names = {"eight_bit"}
    if not attack.scales and not attack.finds and attack.last_index > 1:
        names.add("stop_early")
    if attack.follows_gradient:
        names |= {"views", *_OF_VIEWS} if rules.views else {"views"}
    return frozenset(names)


def say_rules(rules: Rules, mask: str, attack: Attack, channels: int) -> str:
    """What is set, in a few words: ``left half · red and green · 8-bit``; empty if nothing is.

    Args:
        rules: as chosen.
        mask: where the attack may act.
        attack: what does not apply to it is not said.
        channels: of the picture.
    """
    applies = applicable(rules, attack)
    allowed = [name for name in _CHANNELS if getattr(rules, name)]
    said = {
        say_area(mask): bool(mask),
        " and ".join(allowed) or "no channel": channels == len(_CHANNELS) and len(allowed) < channels,
        "8-bit": rules.eight_bit,
        "stops at success": rules.stop_early and "stop_early" in applies,
        f"{rules.views} other views{', JPEG' if rules.jpeg else ''}": rules.views > 0 and "views" in applies,
    }
    return " · ".join(text for text, is_set in said.items() if is_set)


def _across(*widgets: QWidget) -> QWidget:
    made = QWidget()
    row = QHBoxLayout(made)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(theme.GRID)
    for each in widgets:
        row.addWidget(each)
    row.addStretch(1)
    return made
