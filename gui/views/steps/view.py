"""The step that led to the perturbed picture, stage by stage, each a picture with the numbers of one pixel."""

from __future__ import annotations

from typing import Final

import numpy as np
from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtGui import QHideEvent, QPalette
from PySide6.QtWidgets import QHBoxLayout, QLabel, QStackedWidget, QToolButton, QVBoxLayout, QWidget

from engine.frame import Floats, Frame
from engine.inside import AttackStep, StageKind, StepStage
from engine.look import Part
from gui import theme
from gui.controls.elided import Elided
from gui.controls.section import Caption
from gui.controls.segmented import Choice, Segmented
from gui.session import Pointed, Session
from gui.views.base import FrameView
from gui.views.pane_viewport import Viewport
from gui.views.scale_bar import ScaleBar
from gui.views.steps.cells import StageCell
from gui.views.steps.pictures import CHANNELS, MEAN, Drawn, drawn
from gui.views.steps.words import COMPUTING, EMPTY, at_pixel, below, exactly_at, explanation, heading, summary

_NAMES: Final = {MEAN: "Mean", "red": "R", "green": "G", "blue": "B"}


class StepsView(FrameView):
    """The stages of one step from left to right; they zoom and point together."""

    needs = frozenset({Part.STEP})

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self._frame: Frame | None = None
        self._step: AttackStep | None = None
        self._channel = MEAN
        self._is_pointing = False
        self._pictures: list[Drawn] = []
        self._pictured: tuple[AttackStep | None, str] = None, MEAN
        self.viewport = Viewport(self)
        self.cells: list[StageCell] = []
        self._make_parts()
        self._place()
        self.recolour()
        self._say_nothing()
        session.pointed_changed.connect(self._on_pointed_changed)

    # Its parts

    def _make_parts(self) -> None:
        self.earlier, self.later = QToolButton(self), QToolButton(self)
        for button, arrow, name, by in (
            (self.earlier, Qt.ArrowType.LeftArrow, "Earlier iterate", -1),
            (self.later, Qt.ArrowType.RightArrow, "Later iterate", 1),
        ):
            button.setArrowType(arrow)
            button.setAutoRaise(True)
            button.setAccessibleName(name)
            button.setToolTip(f"{name} (Up or Down on a picture)")
            button.clicked.connect(lambda _checked=False, by=by: self._go(by))
        self.summary = Elided("", self)
        self.channel = Segmented("Channel of the signed pictures", self)
        self.channel.offer([Choice(each, _NAMES[each], f"Signed pictures show: {each}") for each in CHANNELS])
        self.channel.show_value(MEAN)
        self.channel.chosen.connect(self._on_channel_chosen)
        self.legend = ScaleBar(self)
        self.legend.show_scale(-1, 1, signed=True, text="of the limit below each picture")
        self.note = Caption(parent=self)
        self.hint = QLabel(EMPTY, self)
        self.hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.hint.setWordWrap(True)
        self.hint.setForegroundRole(QPalette.ColorRole.PlaceholderText)

    def _place(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(theme.GRID)
        for each in (self.earlier, self.later):
            head.addWidget(each)
        head.addWidget(self.summary, 1)
        head.addWidget(self.legend)
        head.addWidget(self.channel)
        page = QWidget(self)
        self._row = QHBoxLayout()
        self._row.setSpacing(theme.GRID // 2)
        rows = QVBoxLayout(page)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(theme.GRID // 2)
        rows.addLayout(head)
        rows.addLayout(self._row, 1)
        rows.addWidget(self.note)
        self.pages = QStackedWidget(self)
        self.pages.addWidget(self.hint)
        self.pages.addWidget(page)
        around = QVBoxLayout(self)
        around.setContentsMargins(theme.GRID, theme.GRID // 2, theme.GRID, theme.GRID // 2)
        around.addWidget(self.pages)
        self._page = page

    # What is shown

    @property
    def shown(self) -> list[StageCell]:
        """The cells that hold a stage, from left to right."""
        return [] if self._step is None else self.cells[: len(self._step.stages)]

    def draw(self, frame: Frame) -> None:
        """Shows the step of a frame; while another one is computed, the last one of the same picture stays."""
        is_other = self._frame is not None and not _is_alike(frame, self._frame)
        self._frame = frame
        if frame.inside.step is not None:
            self._step = frame.inside.step
            self._show()
        elif is_other or self._step is None:
            self._step = None
            self._say_nothing()

    def _show(self) -> None:
        step, frame = self._step, self._frame
        if step is None or frame is None or frame.clean is None or frame.network is None:
            return
        if (step, self._channel) != self._pictured:  # slower parts of a frame come after the step, which stays
            self._pictured = step, self._channel
            self._show_stages(step, frame.clean)
        self.channel.setVisible(frame.clean.shape[-1] == 3)
        self._say(self.summary, summary(step, frame.network.classes))
        self.note.setText(" ".join(step.notes))
        self.note.setVisible(bool(step.notes))
        last = step.index if frame.attacked is None else frame.attacked.steps
        self.earlier.setEnabled(step.index > 0 and frame.trace is not None)
        self.later.setEnabled(step.index < last and frame.trace is not None)
        self._say_numbers()
        self.pages.setCurrentWidget(self._page)

    def _show_stages(self, step: AttackStep, clean: Floats) -> None:
        self.viewport.set_size(QSize(clean.shape[1], clean.shape[0]))
        self._have(len(step.stages))
        self._pictures = [drawn(stage, step, clean, self._channel) for stage in step.stages]
        for cell, stage, each in zip(self.cells, step.stages, self._pictures, strict=False):
            cell.show_stage(_colour_of(stage, clean), heading(stage.kind, step), each.picture)
            cell.heading.setToolTip(explanation(stage.kind, step))

    def _say_numbers(self) -> None:
        step, frame = self._step, self._frame
        if step is None or frame is None or frame.network is None:
            return
        pointed = self.session.pointed
        window = None if pointed is None else pointed.window
        pixel = _pixel_of(window, self.viewport.size)
        for cell, stage, each in zip(self.cells, step.stages, self._pictures, strict=False):
            first, second = below(stage, step, frame.network.classes, each.scale)
            cell.point(pixel, window)
            if pixel is None:
                cell.say(first, second)
            else:
                x, y = pixel.x(), pixel.y()
                cell.say(first, at_pixel(stage, each.unit, x, y), exactly_at(stage, x, y))
            cell.scale.setToolTip(each.meaning or first)

    def _say_nothing(self) -> None:
        frame = self._frame
        notes = () if frame is None or not frame.final else frame.inside.notes
        waiting = EMPTY if frame is None or frame.clean is None else COMPUTING
        self.hint.setText("\n".join(notes) or waiting)
        self.pages.setCurrentWidget(self.hint)

    def _have(self, count: int) -> None:
        """So many cells are shown."""
        while len(self.cells) < count:
            self.cells.append(self._new_cell())
        for place, cell in enumerate(self.cells):
            cell.setVisible(place < count)

    def _new_cell(self) -> StageCell:
        cell, place = StageCell(self.viewport, self._page), len(self.cells)
        cell.pane.hovered.connect(self._on_pane_hovered)
        cell.pane.left.connect(self._on_pane_left)
        cell.pane.focusLost.connect(self._on_pane_left)
        cell.pane.stepped.connect(lambda right, on: self._on_pane_stepped(place, right, on))
        self._row.addWidget(cell, 1)
        return cell

    @staticmethod
    def _say(label: Elided, text: str) -> None:
        label.setText(text)
        label.setToolTip(text)

    # What happens

    def _go(self, by: int) -> None:
        """Shows an earlier or a later iterate, in every view."""
        frame = self._frame
        if frame is None or frame.attacked is None or frame.trace is None:
            return
        wanted = min(max(frame.attacked.step + by, 0), frame.attacked.steps)
        self.session.propose(iterate=None if wanted == frame.attacked.steps else wanted)

    def _on_channel_chosen(self, channel: str) -> None:
        self._channel = channel
        self._show()

    def _on_pane_stepped(self, place: int, right: int, on: int) -> None:
        if on:
            self._go(on)
            return
        target = min(max(place + right, 0), len(self.shown) - 1)
        self.cells[target].pane.setFocus(Qt.FocusReason.TabFocusReason)

    def _on_pane_hovered(self, x: int, y: int) -> None:
        self._is_pointing = True
        self.session.point_at(Pointed(f"pixel x {x}, y {y}", (x, y, x + 1, y + 1)))

    def _on_pane_left(self) -> None:
        self._is_pointing = False
        self.session.point_at(None)

    def _on_pointed_changed(self) -> None:
        if self.isVisible():
            self._say_numbers()

    def hideEvent(self, event: QHideEvent) -> None:
        """Nothing is pointed at here any more."""
        super().hideEvent(event)
        if self._is_pointing:
            self._on_pane_left()

    def recolour(self) -> None:
        """Takes type and colours from the theme."""
        self.summary.setFont(theme.font(theme.Type.CAPTION, tabular=True))
        for each in self.cells:
            each.recolour()


def _colour_of(stage: StepStage, clean: Floats) -> str | None:
    """The data colour of a picture that is shown as it is."""
    if stage.kind not in (StageKind.START, StageKind.END):
        return None
    return theme.CLEAN if np.array_equal(stage.values, clean) else theme.ADVERSARIAL


def _is_alike(one: Frame, other: Frame) -> bool:
    """Whether two frames are of the same picture, network and attack, so that the step of one may stay a while."""
    return all(getattr(one.request, name) == getattr(other.request, name) for name in ("image", "model", "placement"))


def _pixel_of(window: tuple[float, float, float, float] | None, size: QSize) -> QPoint | None:
    """The pixel that is pointed at, where just one is."""
    if window is None:
        return None
    left, top, right, bottom = window
    if right - left != 1 or bottom - top != 1:
        return None
    pixel = QPoint(int(left), int(top))
    return pixel if 0 <= pixel.x() < size.width() and 0 <= pixel.y() < size.height() else None
