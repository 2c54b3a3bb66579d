"""Which pixels the answer rests on: in the clean picture, in the perturbed one, and how they differ."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtGui import QPalette, QResizeEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from engine.catalogue.saliency import SALIENCIES, Saliency
from engine.frame import Floats, Frame
from engine.inside import SaliencyMaps
from engine.look import Part
from engine.request import Request
from gui import theme
from gui.bind import follow
from gui.controls.section import Caption
from gui.session import Session
from gui.views.base import FrameView
from gui.views.layer_bar import LayerBar
from gui.views.pane_readout import Readout
from gui.views.saliency.controls import SaliencyControls
from gui.views.saliency.panes import SaliencyPanes
from gui.views.saliency.pictures import PERCENTILE, bare, limit_of, overlay
from gui.views.scale_bar import ScaleBar

EMPTY: Final = "Open a picture and choose a network: which pixels its answer rests on appears here."
COMPUTING: Final = "Asking which pixels the answer rests on …"
STOPPED: Final = "Stopped. Press “Go on” to ask which pixels the answer rests on."

_TALL: Final = 34 * theme.GRID

_PIECES: Final = {
    "smoothgrad": "noisy copies",
    "integrated-gradients": "steps on the way from black",
    "occlusion": "squares",
}
"""What a slow way of attribution counts."""

_SLOPES: Final = ("gradient", "smoothgrad", "guided-backprop")
"""Ways whose values are slopes of a logit; those of all others are logits."""


class SaliencyView(FrameView):
    """Attribution maps over the photo, all on one scale; slow ones grow while one looks, and can be stopped."""

    needs = frozenset({Part.SALIENCY, Part.ARCHITECTURE})

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self._maps: SaliencyMaps | None = None
        self._frame: Frame | None = None
        self._subject: tuple[object, ...] = ()
        self._asked: tuple[object, ...] = ()
        self._is_stopped = False
        self._make_parts()
        self._place()
        self._show()
        follow(session, self._on_look_changed, "look")

    # Its parts

    def _make_parts(self) -> None:
        self.controls = SaliencyControls(self.session, self)
        self.controls.drawingChanged.connect(self._show)
        self.bar = LayerBar(self.session, self, side=False)
        self.panes = SaliencyPanes(self)
        self.panes.pointed.connect(self._on_panes_pointed)
        self.hint = QLabel(EMPTY, self)
        self.hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.hint.setWordWrap(True)
        self.hint.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.scale = ScaleBar(self)
        self.difference_scale = ScaleBar(self)
        self.readout = Readout(self)
        self.note, self.summary, self.count = (Caption(parent=self) for _ in range(3))
        self.note.hide()
        self.summary.hide()
        self.summary.setMinimumHeight(1)  # it is the first to give way
        self.count.setWordWrap(False)
        self.progress = QProgressBar(self)
        self.progress.setTextVisible(False)
        self.progress.setFixedHeight(theme.GRID)
        self.progress.setAccessibleName("How far the maps have come")
        self.stop = QPushButton("Stop", self)
        self.stop.setToolTip("Leaves the maps as they are; nothing is computed for this view until it goes on.")
        self.stop.clicked.connect(self._on_stop_clicked)
        for each in (self.stop, self.progress, self.count):
            policy = each.sizePolicy()
            policy.setRetainSizeWhenHidden(True)  # short work comes and goes while ε is dragged
            each.setSizePolicy(policy)
            each.hide()

    def _place(self) -> None:
        self.pages = QStackedWidget(self)
        self.pages.addWidget(self.hint)
        self.pages.addWidget(self.panes)
        below = QHBoxLayout()
        below.setSpacing(2 * theme.GRID)
        for each in (self.scale, self.difference_scale):
            below.addWidget(each)
        below.addWidget(self.readout, 1)
        work = QHBoxLayout()
        work.setSpacing(theme.GRID)
        work.addWidget(self.progress, 1)
        work.addWidget(self.count)
        work.addWidget(self.stop)
        left = QVBoxLayout()
        left.setSpacing(2)
        left.addWidget(self.controls, 1)
        left.addWidget(self.summary)
        left.addLayout(work)
        rows = QVBoxLayout()
        rows.setSpacing(theme.GRID // 2)
        rows.addWidget(self.bar)
        rows.addWidget(self.pages, 1)
        rows.addWidget(self.note)
        rows.addLayout(below)
        across = QHBoxLayout(self)
        across.setContentsMargins(theme.GRID, theme.GRID // 2, theme.GRID, theme.GRID // 2)
        across.setSpacing(2 * theme.GRID)
        across.addLayout(left)
        across.addLayout(rows, 1)

    # What is asked

    @property
    def wanted(self) -> frozenset[str]:
        """The maps only while they are not stopped."""
        return self.needs - {Part.SALIENCY} if self._is_stopped else self.needs

    def _on_look_changed(self, request: Request) -> None:
        self.bar.setVisible(request.look.saliency.by_layer)
        asked = request.look.saliency, request.look.saliency_label
        if asked != self._asked:
            self._asked = asked
            if self._is_stopped:
                QTimer.singleShot(0, self, self._go_on)  # who asks anew wants to see it; not within this signal

    def _on_stop_clicked(self) -> None:
        self._go_on(stopped=not self._is_stopped)

    def _go_on(self, *, stopped: bool = False) -> None:
        self._is_stopped = stopped
        self._show_progress()
        self._ask()

    # What is taken from a frame

    def draw(self, frame: Frame) -> None:
        """Shows the maps of a frame; while newer ones are computed, the last ones stay."""
        subject = frame.request.image, frame.request.placement, frame.request.model
        if subject != self._subject:
            self._subject, self._maps = subject, None
        self._frame = frame
        if frame.network is not None:
            self.controls.classes.set_classes(frame.network.classes)
        if frame.inside.saliency is not None:
            self._maps = _joined(self._maps, frame.inside.saliency)
        self._show()

    def _show(self) -> None:
        frame, maps = self._frame, self._maps
        if frame is None or frame.clean is None or maps is None or (maps.clean is None and maps.attacked is None):
            self._show_nothing()
        else:
            self._show_maps(frame, frame.clean, maps)
        self._show_progress()

    def _show_nothing(self) -> None:
        self.hint.setText(self._why_nothing())
        self.note.hide()
        self.pages.setCurrentWidget(self.hint)
        self.scale.clear()
        self.difference_scale.hide()

    def _why_nothing(self) -> str:
        if self._frame is None or self._frame.clean is None:
            return EMPTY
        if self._maps is not None and self._maps.note:
            return self._maps.note
        if self._maps is None and self._frame.final and self._frame.inside.notes:
            return "\n".join(self._frame.inside.notes)
        return STOPPED if self._is_stopped else COMPUTING

    # What is drawn

    def _show_maps(self, frame: Frame, photo: Floats, maps: SaliencyMaps) -> None:
        method = SALIENCIES[maps.method]
        signed = self.controls.shows_signs(method)
        limit = limit_of(maps.clean, maps.attacked)
        clean, attacked = (_sized(each, signed=signed) for each in (maps.clean, maps.attacked))
        difference = None if clean is None or attacked is None else attacked - clean
        moved = photo if frame.attacked is None else frame.attacked.image
        self.panes.set_size(*photo.shape[:2])
        texts = _texts(frame, maps, signed=signed or not method.signed)
        self._show_map(0, photo, clean, limit, signed, texts[0])
        self._show_map(1, moved, attacked, limit, signed, texts[1])
        self._show_map(2, photo, difference, limit, True, texts[2])
        unit = "logits per unit of x" if maps.method in _SLOPES else "logits"
        self._show_scales(limit, unit, signed=signed, missing=self._is_missing(maps))
        self.note.setText(maps.note)
        self.note.setVisible(bool(maps.note))
        self.pages.setCurrentWidget(self.panes)

    def _show_map(
        self, place: int, photo: Floats, values: Floats | None, limit: float, signed: bool, text: str
    ) -> None:
        if values is None or values.shape != photo.shape[:2]:
            self.panes.show_map(place, bare(photo), None, text)
            return
        opacity, complete = self.controls.share, not self._is_running
        picture = overlay(photo, values, limit, signed=signed, opacity=opacity, complete=complete)
        self.panes.show_map(place, picture, values, text)

    def _is_missing(self, maps: SaliencyMaps) -> bool:
        """Whether something in finished maps is not a number."""
        known = [each for each in (maps.clean, maps.attacked) if each is not None]
        return not self._is_running and any(bool(np.isnan(each).any()) for each in known)

    def _show_scales(self, limit: float, unit: str, *, signed: bool, missing: bool) -> None:
        self.scale.show_scale(
            -limit if signed else 0.0,
            limit,
            signed=signed,
            text=f"{unit}; ends at the {PERCENTILE}th percentile",
            missing=missing,
        )
        self.difference_scale.setVisible(not signed)
        self.difference_scale.show_scale(-limit, limit, signed=True, text="difference")

    # What is said

    @property
    def _is_running(self) -> bool:
        return self._maps is not None and self._maps.done < self._maps.total

    def _show_progress(self) -> None:
        maps, running = self._maps, self._is_running
        for each in (self.progress, self.count):
            each.setVisible(running)
        self.stop.setVisible(running or self._is_stopped)
        self.stop.setText("Go on" if self._is_stopped else "Stop")
        if maps is not None:
            self.progress.setRange(0, maps.total)
            self.progress.setValue(maps.done)
            self.count.setText(f"{maps.done} of {maps.total}")
            self.count.setToolTip(self._say(SALIENCIES[maps.method]))
            self.summary.setText(SALIENCIES[maps.method].summary)
        self.readout.say("")

    def _say(self, method: type[Saliency]) -> str:
        maps = self._maps
        if maps is None or not self._is_running:
            return ""
        how_far = f"{method.title}: {maps.done} of {maps.total} {_PIECES.get(method.name, 'passes')}"
        return f"{how_far}, stopped" if self._is_stopped else how_far

    def _on_panes_pointed(self, pixel: QPoint | None) -> None:
        if pixel is None:
            self._show_progress()
        else:
            self.readout.say(f"x {pixel.x()}, y {pixel.y()}")

    def resizeEvent(self, event: QResizeEvent) -> None:
        """What the way of attribution does is said where there is room for it; the chooser tells it too."""
        super().resizeEvent(event)
        self.summary.setVisible(self.height() >= _TALL)

    def recolour(self) -> None:
        """Takes new colours from the theme."""
        self.panes.recolour()


def _joined(old: SaliencyMaps | None, new: SaliencyMaps) -> SaliencyMaps:
    """The newer maps; what they lack is taken from the older ones while the question is the same.

    Maps that have not begun leave the older ones, whatever they are of, with the newer progress.
    """
    if old is None or new.done >= new.total:
        return new
    if new.clean is None and new.attacked is None:
        return replace(old, done=new.done, total=new.total, note="")
    is_same = (old.method, old.layer) == (new.method, new.layer)
    clean = old.clean if new.clean is None and is_same and old.labels[0] == new.labels[0] else new.clean
    attacked = old.attacked if new.attacked is None and is_same else new.attacked
    return replace(new, clean=clean, attacked=attacked)


def _sized(values: Floats | None, *, signed: bool) -> Floats | None:
    return values if values is None or signed else abs(values)


def _texts(frame: Frame, maps: SaliencyMaps, *, signed: bool) -> tuple[str, str, str]:
    """What stands above the panes."""
    classes = () if frame.network is None else frame.network.classes
    names = [classes[each] if each < len(classes) else f"class {each}" for each in maps.labels]
    difference = "Attacked − clean" if signed else "|attacked| − |clean|"
    if maps.labels[0] != maps.labels[1]:
        difference += " · two classes"
    return f"Clean · {names[0]}", f"Attacked · {names[1]}", difference
