"""The equation that made these pictures famous: clean x + ε · direction = adversarial x′."""

from __future__ import annotations

from typing import Final

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QSize, Qt
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from engine.frame import Floats, Frame
from engine.masks import fitted, read_mask
from engine.request import Request
from gui import theme
from gui.bind import follow
from gui.controls.keys import keeps
from gui.session import Message, Session
from gui.views.base import FrameView
from gui.views.pane_caption import Caption, colour_bar, say_scale
from gui.views.pane_catching_up import CatchingUp
from gui.views.pane_controls import GainBox, ModeBox, usual_gain
from gui.views.pane_pictures import DeltaMode, Picture, clipped_share, perturbation, picture_of
from gui.views.pane_readout import Readout, say_clipped, say_norms, say_pixel
from gui.views.pane_row import HEADINGS, OUTLINES, EquationRow, Heading
from gui.views.pane_veil import Veil, swatch
from gui.views.pane_viewport import Viewport
from gui.views.panes import FRAME, ImagePane

EMPTY: Final = "Drop a picture here, or choose one from the gallery."
LOADING: Final = f"Loading the network …\n\n{EMPTY}"
PERTURBING: Final = "Perturbing …"

_ADVERSARIAL: Final = (HEADINGS[2], theme.ADVERSARIAL)
_FLIPPED: Final = (f"{HEADINGS[0]} (flipped)", theme.CLEAN)
_FLIP_KEYS: Final = (Qt.Key.Key_F, Qt.Key.Key_Space)
_SCALE_HELP: Final = "The colours reach this change of a value, down and up; what lies beyond is clipped."


class EquationView(FrameView):
    """Three linked panes, what they are called, their scales, and the numbers of the pixel that is pointed at."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self._shown: Frame | None = None
        self._clean: Picture | None = None
        self._adversarial: Picture | None = None
        self._clipped = 0.0
        self._marked: QPoint | None = None
        self._is_flipped = False
        self._make_panes()
        self._make_controls()
        self._place()
        self._catching_up = CatchingUp(session, self)
        follow(session, self._on_mask_changed, "mask")
        session.message_changed.connect(self._on_message_changed)
        session.side_changed.connect(self._on_side_changed)
        session.pointed_changed.connect(self._on_pointed_changed)
        self._show_nothing(LOADING)

    # Parts

    def _make_panes(self) -> None:
        self.viewport = Viewport(self)
        self.clean_pane = ImagePane(self.viewport, "Clean picture x")
        self.delta_pane = ImagePane(self.viewport, "Perturbation δ, amplified")
        self.adversarial_pane = ImagePane(self.viewport, "Adversarial picture x′")
        self._panes = (self.clean_pane, self.delta_pane, self.adversarial_pane)
        self._captions = (Caption(), Caption(), Caption())
        for pane in self._panes:
            pane.hovered.connect(self._on_pane_hovered)
            pane.left.connect(self._on_pane_left)
            pane.focusLost.connect(self._on_pane_focus_lost)

    def _make_controls(self) -> None:
        self.gain_box = GainBox()
        self.mode_box = ModeBox()
        self.gain_box.currentIndexChanged.connect(self._on_box_changed)
        self.mode_box.currentIndexChanged.connect(self._on_box_changed)
        self.readout = Readout()

    def _place(self) -> None:
        clean, delta, adversarial = HEADINGS
        self.headings = (
            Heading(clean, theme.CLEAN),
            Heading(delta, None, self.gain_box),
            Heading(adversarial, theme.ADVERSARIAL),
        )
        self._row = EquationRow(self.headings, self._panes, self._captions)
        below = QHBoxLayout()
        below.setContentsMargins(FRAME, 0, FRAME, 0)
        below.setSpacing(2 * theme.GRID)
        below.addWidget(self.readout, 1)
        below.addWidget(self.mode_box)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, theme.GRID // 2, 0, 0)
        rows.setSpacing(theme.GRID // 2)
        rows.addWidget(self._row, 1)
        rows.addLayout(below)
        for first, second in zip(
            (self.clean_pane, self.gain_box, self.delta_pane, self.adversarial_pane),
            (self.gain_box, self.delta_pane, self.adversarial_pane, self.mode_box),
            strict=True,
        ):
            QWidget.setTabOrder(first, second)

    # What is chosen

    @property
    def mode(self) -> DeltaMode:
        """How the perturbation is made visible."""
        return self.mode_box.mode

    @property
    def gain(self) -> int:
        """How much it is amplified."""
        return self.gain_box.gain

    def set_mode(self, mode: DeltaMode) -> None:
        """Shows the perturbation in another way; one that does not apply to a grey picture is passed over."""
        self.mode_box.set_mode(mode)

    def set_gain(self, gain: int) -> None:
        """Amplifies by another of ``GAINS``."""
        self.gain_box.set_gain(gain)

    def fit(self) -> None:
        """Shows the whole pictures."""
        self.viewport.fit()

    @property
    def is_flipped(self) -> bool:
        """Whether the clean picture stands in the adversarial one's place."""
        return self._is_flipped

    def set_flipped(self, flipped: bool) -> None:
        """Shows the clean picture in the adversarial one's place, or the adversarial one again; so does every view."""
        self.session.flip(flipped)

    # What is shown

    def draw(self, frame: Frame) -> None:
        """Shows what the frame has; pictures that still belong to it stay."""
        shown = self._shown
        if frame.clean is None:
            if shown is None or not _is_same_photo(frame, shown):
                self._show_nothing(LOADING)
            return
        if frame.attacked is None and shown is not None and _is_same_clean(frame.clean, shown):
            return
        self._shown = frame
        if shown is None or frame.clean is not shown.clean:
            self._set_size(frame.clean)
            self._clean = picture_of(frame.clean)
            self.clean_pane.show_picture(self._clean)
        if shown is None or frame.attacked is None or frame.attacked is not shown.attacked:
            self._adversarial = None if frame.attacked is None else picture_of(frame.attacked.image)
            self._show_adversarial()
            self._show_delta()
        self._say()

    def _set_size(self, clean: Floats) -> None:
        height, width, channels = clean.shape
        size = QSize(width, height)
        if size != self.viewport.size:
            self._on_pane_left()
            self.set_gain(usual_gain(clean.size))
        self.viewport.set_size(size)
        self._row.set_picture(size)
        self.mode_box.offer(channels)
        self._captions[2].say(f"{width} × {height}", exactly=_say_size(width, height))
        self._show_veil()

    def _show_veil(self) -> None:
        """Veils what the attack may not change of the clean picture; under it stands what the veil means."""
        mask = self.session.request.mask
        width, height = self.viewport.size.width(), self.viewport.size.height()
        veil = Veil(fitted(read_mask(mask), (height, width))) if mask else None
        self.clean_pane.show_veil(veil)
        if veil is None:
            self._captions[0].say(f"{width} × {height}", exactly=_say_size(width, height))
        else:
            exactly = f"Under the veil the attack {veil.say()} of the picture. {_say_size(width, height)}"
            self._captions[0].say(veil.say(), swatch(), exactly=exactly)

    def _show_adversarial(self) -> None:
        flipped = self._is_flipped and self._clean is not None
        picture = self._clean if flipped else self._adversarial
        attacked = None if self._shown is None else self._shown.attacked
        if picture is None:
            self.adversarial_pane.say(PERTURBING if self._clean is not None else "")
        else:
            self.adversarial_pane.show_picture(picture)
        self.adversarial_pane.set_outline(None if flipped or attacked is None else OUTLINES[attacked.verdict])
        self.headings[2].say(*(_FLIPPED if flipped else _ADVERSARIAL))

    def _show_delta(self) -> None:
        delta = self._delta()
        if delta is None:
            self.delta_pane.say(PERTURBING if self._clean is not None else "")
            self._captions[1].say("")
            return
        picture = perturbation(delta, self.mode, self.gain)
        self._clipped = clipped_share(picture.values, self.gain)
        self.delta_pane.show_picture(picture)
        scale = say_scale(self.gain, self._clipped)
        self._captions[1].say(scale, colour_bar(self.mode), exactly=f"{scale}. {_SCALE_HELP}")

    def _delta(self) -> Floats | None:
        """δ = x′ − x of what is shown."""
        if self._shown is None or self._shown.attacked is None or self._shown.clean is None:
            return None
        delta: Floats = self._shown.attacked.image - self._shown.clean
        return delta

    def _say(self) -> None:
        """The numbers of the pixel that is pointed at, or the size of the perturbation."""
        shown = self._shown
        attacked = None if shown is None else shown.attacked
        if shown is not None and shown.clean is not None and self._marked is not None:
            self.readout.say(say_pixel(self._marked, shown.clean, None if attacked is None else attacked.image))
        elif shown is not None and attacked is not None:
            parts = say_norms(attacked, shown.request.norm), say_clipped(self._clipped, self.gain)
            self.readout.say(" · ".join(filter(None, parts)))
        else:
            self.readout.say("")

    def _show_nothing(self, text: str) -> None:
        self._shown = self._clean = self._adversarial = None
        self._show_adversarial()
        self._show_delta()
        self.clean_pane.say(text)
        for caption in self._captions:
            caption.say("")
        self._on_pane_left()

    # What happens

    def _on_mask_changed(self, _request: Request) -> None:
        if self._clean is not None:
            self._show_veil()

    def _on_box_changed(self) -> None:
        self._show_delta()
        self._say()

    def _on_pane_hovered(self, x: int, y: int) -> None:
        self._mark(QPoint(x, y))

    def _on_pane_left(self) -> None:
        self._mark(None)

    def _mark(self, pixel: QPoint | None) -> None:
        self._marked = pixel
        for pane in self._panes:
            pane.mark(pixel)
        self._say()

    def _on_pane_focus_lost(self) -> None:
        self.set_flipped(False)
        if not any(each.underMouse() for each in self._panes):
            self._on_pane_left()

    def _on_side_changed(self) -> None:
        """Only a flip changes the equation: both pictures stand in it, whichever run is chosen."""
        if self.session.is_flipped != self._is_flipped:
            self._is_flipped = self.session.is_flipped
            self._show_adversarial()

    def _on_pointed_changed(self) -> None:
        """Outlines what a unit inside the network sees of the pictures."""
        pointed = self.session.pointed
        for pane in self._panes:
            pane.outline_window(None if pointed is None else pointed.window)

    def _on_message_changed(self, message: Message | None) -> None:
        """What failed is not being loaded any more."""
        if self._shown is None and message is not None and message.is_error:
            self.clean_pane.say(EMPTY)

    def recolour(self) -> None:
        """Takes the colours and type of the theme."""
        for each in (*self.headings, *self._captions, self._row):
            each.recolour()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keeps the line at the top edge."""
        super().resizeEvent(event)
        self._catching_up.setGeometry(0, 0, self.width(), self._catching_up.height())

    def event(self, event: QEvent) -> bool:
        """Keeps the flip keys from being taken for shortcuts, and ends a flip with the window's focus."""
        if event.type() == QEvent.Type.WindowDeactivate:
            self.set_flipped(False)
        return keeps(event, self._flips) or super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Flips while F or Space is held."""
        if not self._flips(event):
            super().keyPressEvent(event)
        elif not event.isAutoRepeat():
            self.set_flipped(True)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """Flips back."""
        if not self._flips(event):
            super().keyReleaseEvent(event)
        elif not event.isAutoRepeat():
            self.set_flipped(False)

    def _flips(self, event: QKeyEvent) -> bool:
        plain = event.modifiers() == Qt.KeyboardModifier.NoModifier
        return plain and event.key() in _FLIP_KEYS and any(each.hasFocus() for each in self._panes)


def _say_size(width: int, height: int) -> str:
    return f"{width} × {height} pixels, as the network sees them."


def _is_same_photo(frame: Frame, shown: Frame) -> bool:
    return frame.photo is not None and shown.photo is not None and frame.photo.pixels is shown.photo.pixels


def _is_same_clean(clean: Floats, shown: Frame) -> bool:
    return shown.clean is not None and (clean is shown.clean or np.array_equal(clean, shown.clean))
