"""Moves the picture under the network: by how much in each way, and what the answer was before."""

from __future__ import annotations

from dataclasses import fields

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QPushButton, QSpinBox, QVBoxLayout, QWidget

from engine.catalogue.moves import Moves
from engine.catalogue.options import Bounds, bounds
from engine.frame import Frame
from engine.request import Request
from engine.wording import say_answer, say_moves
from gui import theme
from gui.bind import follow
from gui.controls.measure import Measure, Range
from gui.controls.opener import Opener
from gui.controls.section import Caption
from gui.forms import labelled, turn_only_with_focus
from gui.session import Session

USUAL_SIDE = 224
"""Of the network's input, while none is known."""

_BOUNDS: dict[str, Bounds] = {each.name: bounds(each) for each in fields(Moves)}
_MEASURES = ("right", "down", "turn", "scale", "elastic", "hue", "noise")
_CHECKS = ("flip", "permute")
_HELP = (
    "Shift, turn, scale, bend, recolour, permute: move the picture under the network. "
    "To shift it, you may also drag the clean picture with Alt held (Shift and Alt where the desktop moves windows so)."
)
_EMPTY = "What comes in from outside is black in grey pictures, and the repeated border in colour."


def ranges(side: int) -> dict[str, Range]:
    """How far every measure reaches for an input whose shorter side has so many pixels."""
    shift = Range(-(side // 2), side // 2, suffix=" px", decimals=1, least=-256, most=256)
    angle = Range(-180, 180, suffix="°", decimals=1)
    return {
        "right": shift,
        "down": shift,
        "turn": angle,
        "scale": Range(0.25, 4, usual=1, is_ratio=True, suffix=" ×", decimals=2),
        "elastic": Range(0, side / 7, step=side / 280, suffix=" px", decimals=1, most=64),
        "hue": angle,
        "noise": Range(0, 0.5, step=1 / 255, unit=1 / 255, suffix="/255", decimals=1, most=1),
    }


class MovesPanel(QWidget):
    """A part of the picture's panel that opens and closes; closed, it says in a line what is done."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._side = 0
        self.content = QWidget(self)
        self.opener = Opener("Move", "Move the picture under the network", _HELP, self.content, self)
        self.said = Caption(parent=self)
        known = ranges(USUAL_SIDE)
        self.measures = {name: self._measure(name, known[name]) for name in _MEASURES}
        self.checks = {name: self._check(name) for name in _CHECKS}
        self.seed = self._seed()
        self._seed_row = labelled("Seed", self.seed)
        self.answers = Caption(parent=self.content)
        self.reset = QPushButton("Put all back", self.content)
        self.reset.clicked.connect(lambda: self._session.choose(moves=Moves()))
        self._place()
        session.frame_changed.connect(self._on_frame_changed)
        follow(session, self._on_moves_changed, "moves")
        if session.frame is not None:
            self._on_frame_changed(session.frame)

    # Parts

    def _measure(self, name: str, range_: Range) -> Measure:
        made = Measure(_BOUNDS[name].label, _BOUNDS[name].help, range_, self.content)
        made.moved.connect(lambda value: self._ask(**{name: value}))
        made.letGo.connect(self._session.settle)
        return made

    def _check(self, name: str) -> QCheckBox:
        made = QCheckBox(_BOUNDS[name].label, self.content)
        made.setToolTip(_BOUNDS[name].help)
        made.setAccessibleDescription(_BOUNDS[name].help)
        made.clicked.connect(lambda checked: self._session.choose(moves=self._moves.with_(**{name: checked})))
        return made

    def _seed(self) -> QSpinBox:
        made = QSpinBox(self.content)
        made.setRange(round(_BOUNDS["seed"].low), round(_BOUNDS["seed"].high))
        made.setToolTip(_BOUNDS["seed"].help)
        made.setKeyboardTracking(False)
        made.valueChanged.connect(lambda value: self._ask(seed=value))
        made.editingFinished.connect(self._session.settle)
        turn_only_with_focus(made)
        return made

    def _place(self) -> None:
        head = QHBoxLayout()
        head.setContentsMargins(0, 0, 0, 0)
        head.addWidget(self.opener)
        head.addWidget(self.said, 1)
        inside = QVBoxLayout(self.content)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(theme.GRID // 2)
        for measure in self.measures.values():
            inside.addWidget(measure)
        ticks = QHBoxLayout()
        ticks.setSpacing(2 * theme.GRID)
        for check in self.checks.values():
            ticks.addWidget(check)
        ticks.addStretch(1)
        inside.addLayout(ticks)
        for each in (self._seed_row, self.answers, self.reset):
            inside.addWidget(each)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(theme.GRID // 2)
        rows.addLayout(head)
        rows.addWidget(self.content)

    # What is asked is shown

    @property
    def _moves(self) -> Moves:
        return self._session.request.moves

    def _on_moves_changed(self, request: Request) -> None:
        moves = request.moves
        for name, measure in self.measures.items():
            measure.show_value(getattr(moves, name))
        for name, check in self.checks.items():
            check.setChecked(getattr(moves, name))
        with QSignalBlocker(self.seed):
            self.seed.setValue(moves.seed)
        self._seed_row.setVisible(moves.draws)
        self.reset.setVisible(moves != Moves())
        self.said.setText(say_moves(moves))
        self._say_answers(self._session.frame)

    def _on_frame_changed(self, frame: Frame) -> None:
        if frame.clean is not None:
            height, width, channels = frame.clean.shape
            self._show_side(min(height, width))
            self.measures["hue"].setVisible(channels == 3)
        self._say_answers(frame)

    def _show_side(self, side: int) -> None:
        if side != self._side:
            self._side = side
            for name, range_ in ranges(side).items():
                self.measures[name].show_range(range_)

    def _say_answers(self, frame: Frame | None) -> None:
        """What the move alone does to the answer."""
        if self._moves.is_still:
            self.answers.setText(_EMPTY)
        elif frame is not None and frame.network is not None and frame.before is not None and frame.unmoved is not None:
            names = frame.network.classes
            self.answers.setText(
                f"As it is: {say_answer(frame.unmoved, names)}. Moved: {say_answer(frame.before, names)}.".replace(
                    " %", "\N{NO-BREAK SPACE}%"
                )
            )

    # What is chosen is asked

    def _ask(self, **changes: object) -> None:
        self._session.propose(moves=self._moves.with_(**changes))
