"""One of two networks side by side: its perturbation, the picture that it makes, and what the network sees in both."""

from __future__ import annotations

from typing import Final

import numpy as np
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QVBoxLayout, QWidget

from engine.frame import Attacked, Frame, NetworkInfo
from engine.wording import say_answer, say_verdict
from gui import theme
from gui.controls.elided import Elided
from gui.controls.section import Caption
from gui.views.causes.answers import Answer, AnswerTable
from gui.views.pane_caption import Caption as Scale
from gui.views.pane_caption import say_scale
from gui.views.pane_pictures import GAINS, DeltaMode, clipped_share, limit_of, perturbation, picture_of
from gui.views.pane_readout import say_norms
from gui.views.pane_row import OUTLINES
from gui.views.pane_viewport import Viewport
from gui.views.panes import ImagePane

TABLE: Final = QSize(30 * theme.GRID, 14 * theme.GRID)
"""The least that the table of answers can be read in."""
SMALLEST: Final = 6 * theme.GRID
"""The side of a picture, at least."""


class Side(QWidget):
    """A heading, two pictures with a line each, and a table of answers; or a sentence in their place.

    Args:
        who: ``"Bench"`` or ``"Twin"``, for a screen reader.
        parent: as usual.
    """

    def __init__(self, who: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.viewport = Viewport(self)
        self.heading = Elided("", self)
        self.heading.setFont(theme.font(theme.Type.BODY, bold=True))
        self.delta = ImagePane(self.viewport, f"{who}: perturbation")
        self.attacked = ImagePane(self.viewport, f"{who}: perturbed picture")
        self.scale = Scale(self)
        self.seen = Scale(self)
        self.table = AnswerTable(self)
        self.table.setAccessibleName(f"{who}: probabilities, clean and attacked")
        self.hint = Caption("", self)
        self.hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._pictures = QWidget(self)
        self._lay_out()
        self.say("")

    def _lay_out(self) -> None:
        photos = QHBoxLayout()
        photos.setSpacing(theme.GRID)
        for pane, below in ((self.delta, self.scale), (self.attacked, self.seen)):
            column = QVBoxLayout()
            column.setSpacing(2)
            column.addWidget(pane)
            column.addWidget(below)
            column.addStretch(1)
            photos.addLayout(column)
        photos.addStretch(1)
        self._parts = QBoxLayout(QBoxLayout.Direction.LeftToRight, self._pictures)
        self._parts.setContentsMargins(0, 0, 0, 0)
        self._parts.setSpacing(theme.GRID)
        self._parts.addLayout(photos)
        self._parts.addWidget(self.table, 1)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(2)
        rows.addWidget(self.heading)
        rows.addWidget(self._pictures, 1)
        rows.addWidget(self.hint, 1)

    def minimumSizeHint(self) -> QSize:
        """What the smallest pictures take, whatever size they have now: the two sides share the width evenly."""
        return QSize(TABLE.width(), SMALLEST + self._lines)

    @property
    def _lines(self) -> int:
        """How high the lines above and below the pictures are."""
        return self.heading.sizeHint().height() + self.scale.sizeHint().height() + theme.GRID

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Puts the table beside the pictures or below them, wherever they get larger; they stay square."""
        super().resizeEvent(event)
        height, width = self.height() - self._lines, self.width() - 2 * theme.GRID
        beside = min(height, (width - TABLE.width()) // 2)
        above = min(height - TABLE.height(), width // 2)
        directions = QBoxLayout.Direction
        self._parts.setDirection(directions.LeftToRight if beside >= above else directions.TopToBottom)
        for pane in (self.delta, self.attacked):
            pane.setFixedSize(QSize(1, 1) * max(beside, above, SMALLEST))

    def say(self, text: str) -> None:
        """Says why there is nothing to see, or what to do."""
        self.hint.setText(text)
        self.hint.setVisible(True)
        self._pictures.setVisible(False)
        self.heading.setText("")

    def show_frame(self, frame: Frame, gain: int, what: str) -> None:
        """Shows what became of the picture.

        Args:
            frame: of that network, with a perturbed picture.
            gain: how much the perturbation is amplified, the same on both sides.
            what: what stands behind the network's name, such as "on the bench".
        """
        network, clean, attacked = frame.network, frame.clean, frame.attacked
        if network is None or clean is None or attacked is None:
            return
        self.hint.setVisible(False)
        self._pictures.setVisible(True)
        self.heading.setText(f"{network.title}, {what}")
        self.viewport.set_size(QSize(clean.shape[1], clean.shape[0]))
        delta = attacked.image - clean
        self.delta.show_picture(perturbation(delta, DeltaMode.COLOURS, gain))
        self.delta.setAccessibleDescription(say_norms(attacked))
        self.delta.setToolTip(say_norms(attacked))
        self.attacked.show_picture(picture_of(attacked.image))
        self.attacked.set_outline(OUTLINES[attacked.verdict])
        self._say_scale(gain, clipped_share(delta, gain))
        self._say_seen(frame, network, attacked)

    def _say_scale(self, gain: int, clipped: float) -> None:
        said = say_scale(gain, clipped)
        self.scale.say(said, exactly=f"The perturbation: ½ + {gain} · δ in each channel, {said} from end to end")

    def _say_seen(self, frame: Frame, network: NetworkInfo, attacked: Attacked) -> None:
        said = say_verdict(attacked.verdict)
        if attacked.step < attacked.steps:
            said = f"{said}, step {attacked.step} of {attacked.steps}"
        answer = say_answer(attacked.prediction, network.classes)
        self.seen.say(said, exactly=f"{network.title} sees {answer}: {said}")
        self.attacked.setAccessibleDescription(f"{network.title} sees {answer}: {said}")
        if frame.before is not None:
            answers = (
                Answer("clean", theme.CLEAN, False, frame.before),
                Answer("attacked", theme.ADVERSARIAL, False, attacked.prediction),
            )
            self.table.show_answers(answers, network.classes)


def gain_for(*frames: Frame) -> int:
    """The largest amplification at which no perturbation takes more than half of the scale, or the smallest."""
    largest = max((_largest(each) for each in frames), default=0.0)
    fitting = [each for each in GAINS if limit_of(each) >= 2 * largest]
    return max(fitting, default=GAINS[0])


def _largest(frame: Frame) -> float:
    if frame.attacked is None or frame.clean is None:
        return 0.0
    return float(np.abs(frame.attacked.image - frame.clean).max())
