"""The causal check: bars of layers and units, the edits, and the answers with them."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QPalette, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QLabel, QSizePolicy, QStackedLayout, QVBoxLayout, QWidget

from engine.frame import Frame
from engine.inside import Architecture, Causes
from engine.look import Part
from engine.request import Request
from gui import theme
from gui.bind import follow
from gui.controls.elided import Elided
from gui.session import Session
from gui.views.base import FrameView
from gui.views.causes.answers import Answer, AnswerTable
from gui.views.causes.bars import ShareBars, paled
from gui.views.causes.edits import EditPanel
from gui.views.causes.words import (
    COMPUTING,
    EMPTY,
    IMPLANTED,
    LOOKING,
    MEANING,
    NO_EDITS,
    RESTORED,
    alone,
    most_telling,
    say_layer,
    say_progress,
    say_resting,
    say_unit,
    say_verdict,
)
from gui.views.layer_bar import LayerBar
from gui.views.legend import Entry, Legend

_HIGH = 31 * theme.GRID
"""From this height on the edits have room above the answers."""
_UNITS, _UNITS_BESIDE = 21 * theme.GRID, 13 * theme.GRID
_RIGHT, _ANSWERS_BESIDE, _EDITS_BESIDE = 37 * theme.GRID, 35 * theme.GRID, 22 * theme.GRID
"""How wide the columns are; the bars of the layers take all that is left."""


class CausesView(FrameView):
    """Bars of layers, bars of the selected layer's units, the edits, and the answers with them."""

    needs = frozenset({Part.CAUSES, Part.ARCHITECTURE})

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self._causes = Causes()
        self._layer = ""
        self._alone: tuple[bool, ...] = ()
        self._telling: int | None = None
        self._graph: Architecture | None = None
        self.bar = LayerBar(session, self, side=False, unit=True)
        self.hint = QLabel(EMPTY, self)
        self.hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.hint.setWordWrap(True)
        self.hint.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.sentence = Elided(LOOKING, self)
        self.sentence.setToolTip(MEANING)
        self.verdict = QLabel(self)
        self.verdict.setWordWrap(True)
        self.legend = Legend(across=True, parent=self)
        self.legend.explain(
            [
                Entry(theme.HOLDS, "% of margin restored by clean"),
                Entry(theme.ADVERSARIAL, "lost by attacked"),
                Entry(paled(theme.HOLDS), "no way around it"),
            ]
        )
        self.legend.setToolTip(f"Green: {RESTORED}.\nVermilion: {IMPLANTED}.\n{MEANING}")
        self.progress = QLabel(self)
        self.progress.setFont(theme.font(theme.Type.CAPTION, tabular=True))
        self.layers = ShareBars("Share of the margin that each layer restores", is_mirrored=True, parent=self)
        self.layers.setToolTip(f"Above the line: {RESTORED}.\nBelow: {IMPLANTED}.")
        self.layers.chosen.connect(self._on_layers_chosen)
        self.layers.hovered.connect(self._say_layer)
        self.unit_title = _caption(self)
        self.units = ShareBars("Share of the margin that each unit restores", is_mirrored=False, parent=self)
        self.units.chosen.connect(self._on_units_chosen)
        self.units.hovered.connect(self._say_unit)
        self.edits = EditPanel(session, self)
        self.answers = AnswerTable(self)
        self._order = np.zeros(0, np.int64)
        self._lay_out()
        follow(session, self._on_look_changed, "look")

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(2 * theme.GRID)
        head.addWidget(self.sentence, 1)
        head.addWidget(self.progress)
        left = _column(self.legend, self.layers)
        self._middle = QWidget(self)
        self._middle.setLayout(_column(self.unit_title, self.units))
        self._right = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        self._right.setSpacing(theme.GRID)
        self._right.addWidget(self.edits)
        self._answers = QWidget(self)
        self._answers.setLayout(_column(self.verdict, self.answers))
        self._right.addWidget(self._answers, 1)
        columns = QHBoxLayout()
        columns.setContentsMargins(0, 0, 0, 0)
        columns.setSpacing(2 * theme.GRID)
        columns.addLayout(left, 1)
        columns.addWidget(self._middle)
        columns.addLayout(self._right)
        self._page = QWidget(self)
        page = QVBoxLayout(self._page)
        page.setContentsMargins(0, 0, 0, 0)
        page.setSpacing(theme.GRID // 2)
        page.addLayout(head)
        page.addLayout(columns, 1)
        self._pages = QStackedLayout()
        self._pages.addWidget(self.hint)
        self._pages.addWidget(self._page)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(theme.GRID, theme.GRID // 2, theme.GRID, theme.GRID // 2)
        rows.setSpacing(theme.GRID // 2)
        rows.addWidget(self.bar)
        rows.addLayout(self._pages, 1)
        self.bar.add_widget(self.edits.bar)
        last: QWidget = self.bar.unit or self.bar.after
        for each in (*self.edits.where.buttons, *self.edits.adders.values()):  # as the eye follows them
            self.setTabOrder(last, each)
            last = each
        self._arrange()

    def _arrange(self) -> None:
        """Edits stand above the answers, or beside them where the view is low."""
        is_high = self.height() >= _HIGH
        has_edits = bool(self.session.request.look.edits)
        self._right.setDirection(QBoxLayout.Direction.TopToBottom if is_high else QBoxLayout.Direction.LeftToRight)
        self._middle.setFixedWidth(_UNITS if is_high or not has_edits else _UNITS_BESIDE)
        self._answers.setFixedWidth(_RIGHT if is_high or not has_edits else _ANSWERS_BESIDE)
        self.edits.setFixedWidth(_RIGHT if is_high else _EDITS_BESIDE)
        policy = QSizePolicy.Policy.Maximum if is_high else QSizePolicy.Policy.Preferred
        self.edits.setSizePolicy(QSizePolicy.Policy.Fixed, policy)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Takes the better arrangement."""
        super().resizeEvent(event)
        self._arrange()

    # What is drawn

    def draw(self, frame: Frame) -> None:
        """Shows what a frame has, and keeps the last bars where it has none yet."""
        inside = frame.inside
        if inside.causes is None or frame.network is None or frame.before is None:
            if inside.notes or not self._layer:
                self.hint.setText(" ".join(inside.notes) or (EMPTY if frame.clean is None else COMPUTING))
                self._pages.setCurrentWidget(self.hint)
            return
        if inside.architecture is not None and inside.architecture is not self._graph:
            self._graph, self._causes = inside.architecture, Causes()
        self._layer = inside.layer
        self.edits.show_place(inside.layer, inside.unit)
        found = inside.causes
        if found.layers or found.note:
            self._causes = found
            self._alone = alone(self._graph, found.layers)
        self._show_layers()
        self._show_units()
        self._show_answers(frame, found)
        self._pages.setCurrentWidget(self._page)

    def _show_layers(self) -> None:
        found = self._causes
        progress = found.done / max(found.total, 1)
        none = np.zeros(0, np.float32)
        up = none if found.restored is None or found.note else found.restored
        self._telling = most_telling(found, self._alone) if len(up) else None
        self.layers.show_shares(
            up,
            found.implanted if len(up) else None,
            pale=self._alone,
            progress=progress,
            layers=found.layers if len(up) else (),
            told=self._telling,
        )
        self.progress.setText(say_progress(found) if found.layers else "")
        self._show_selected()
        self._say_layer()

    def _show_units(self) -> None:
        """The units of the selected layer, those that restore most first."""
        found = self._causes
        if found.units is None or found.unit_restored is None or found.unit_layer != self._layer:
            self._order = np.zeros(0, np.int64)
            self.units.show_shares(np.zeros(0, np.float32))
            self.unit_title.setText("" if found.note else "Units: after the layers")
            return
        self._order = np.argsort(-np.nan_to_num(found.unit_restored, nan=-np.inf), kind="stable")
        shares = found.unit_restored[self._order]
        self.units.show_shares(shares, limit=round_up(float(np.nanmax(shares, initial=0.0))))
        first = int(found.units[self._order[0]])
        self.unit_title.setText(f"Units alone; most: {first}")
        self.unit_title.setToolTip(
            f"Share of the margin that one unit of {found.unit_layer} restores when its clean activation is put back.\n"
            f"The {len(shares)} units that the attack changed most, those that restore most first"
        )
        self._show_selected_unit()

    def _show_answers(self, frame: Frame, found: Causes) -> None:
        assert frame.network is not None  # noqa: S101 - the caller has seen to it
        assert frame.before is not None  # noqa: S101
        names, before = frame.network.classes, frame.before
        answers = [Answer("clean", theme.CLEAN, False, before)]
        after = None if frame.attacked is None else frame.attacked.prediction
        if after is not None:
            answers.append(Answer("attacked", theme.ADVERSARIAL, False, after))
        if found.edited_clean is not None:
            answers.append(Answer("clean\nedited", theme.CLEAN, True, found.edited_clean))
        if found.edited_attacked is not None:
            answers.append(Answer("attacked\nedited", theme.ADVERSARIAL, True, found.edited_attacked))
        self.answers.show_answers(answers, names)
        edits = frame.request.look.edits
        if after is not None and found.edited_attacked is not None:
            self.verdict.setText(say_verdict(before, after, found.edited_attacked, names))
        else:
            self.verdict.setText(say_resting(edits) if edits else NO_EDITS)

    # What is selected

    def _show_selected(self) -> None:
        chosen = self.session.request.look.layer
        layer = chosen if chosen in self._causes.layers else self._layer
        place = self._causes.layers.index(layer) if layer in self._causes.layers else None
        self.layers.select(place, "" if place is None else self._sentence_of(place))

    def _show_selected_unit(self) -> None:
        frame, units = self.session.frame, self._causes.units
        unit = None if frame is None else frame.inside.unit
        places = [] if units is None else np.flatnonzero(units[self._order] == unit).tolist()
        self.units.select(places[0] if places else None)

    def _on_look_changed(self, _request: Request) -> None:
        self._arrange()
        self._show_selected()
        self._say_layer()

    def _sentence_of(self, place: int) -> str:
        is_alone = place < len(self._alone) and self._alone[place]
        return say_layer(self._causes, place, is_alone=is_alone, telling=self._telling)

    def _say_layer(self, hovered: int = -1) -> None:
        """The sentence: of the layer under the pointer, or else of the selected one."""
        place = self.layers.selected if hovered < 0 else hovered
        if self._causes.note:
            self._say(self._causes.note)
        elif place is None or self._causes.restored is None:
            self._say(LOOKING)
        else:
            self._say(self._sentence_of(place))

    def _say(self, sentence: str) -> None:
        self.sentence.setText(sentence)
        self.sentence.setToolTip(f"{sentence}\n\n{MEANING}")

    def _say_unit(self, hovered: int) -> None:
        found = self._causes
        if hovered < 0 or found.units is None or found.unit_restored is None or hovered >= len(self._order):
            self._say_layer()
            return
        place = int(self._order[hovered])
        self._say(say_unit(found, int(found.units[place]), float(found.unit_restored[place])))

    # What is asked

    def _on_layers_chosen(self, place: int) -> None:
        self.session.look_at(layer=self._causes.layers[place])

    def _on_units_chosen(self, place: int) -> None:
        if self._causes.units is not None:
            self.session.look_at(layer=self._causes.unit_layer, unit=int(self._causes.units[self._order[place]]))


def round_up(share: float) -> float:
    """The end of an axis that holds a share: 1, 2 or 5 times a power of ten, 0.01 at least and 1 at most."""
    return next(each for each in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0) if share <= each or each == 1.0)


def _caption(parent: QWidget) -> Elided:
    label = Elided("", parent)
    label.setFont(theme.font(theme.Type.CAPTION))
    return label


def _column(head: QWidget, body: QWidget) -> QVBoxLayout:
    column = QVBoxLayout()
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(theme.GRID // 2)
    column.addWidget(head)
    column.addWidget(body, 1)
    return column
