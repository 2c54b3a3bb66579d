"""The row that reads as the equation: three equal panes with what stands over, between and under them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget

from engine.frame import Verdict
from gui import theme
from gui.views.ink import legible
from gui.views.pane_caption import Caption
from gui.views.panes import FRAME, ImagePane

SMALLEST: Final = 17 * theme.GRID
"""Panes do not become smaller than this."""

HEADINGS: Final = ("clean x", "ε · direction", "adversarial x′")
OPERATORS: Final = "+="
OUTLINES: Final = {Verdict.FOOLED: theme.ADVERSARIAL, Verdict.HIT: theme.TARGET, Verdict.HOLDS: theme.HOLDS}
"""The colour in which a verdict frames the adversarial picture."""

OPERATOR: Final = 22
"""Room for an operator; just so little that a 224-pixel picture is shown pixel by pixel in a window of 1280."""

_NEARLY: Final = 1.15


@dataclass(frozen=True)
class Places:
    """Where everything stands: one column for each pane."""

    headings: list[QRect]
    panes: list[QRect]
    captions: list[QRect]
    operators: list[QRect]


def arrange(space: QSize, picture: QSize, heading: int, caption: int) -> Places:
    """Panes of the picture's proportions, equal, as large as ``space`` allows, and the row in the middle of it.

    A picture that would be enlarged by a hair is shown at its own size instead: no row of it is drawn twice.

    Args:
        space: of the whole row.
        picture: its size in pixels.
        heading: height of what stands over a pane.
        caption: height of what stands under it.
    """
    widest = (space.width() - 2 * OPERATOR) // 3 - 2 * FRAME
    highest = space.height() - heading - caption - 2 * FRAME
    fitted = picture.scaled(max(1, widest), max(1, highest), Qt.AspectRatioMode.KeepAspectRatio)
    if picture.width() <= fitted.width() < _NEARLY * picture.width():
        fitted = picture
    width, height = fitted.width() + 2 * FRAME, fitted.height() + 2 * FRAME
    left = (space.width() - 3 * width - 2 * OPERATOR) // 2
    top = (space.height() - heading - height - caption) // 2
    columns = [left + each * (width + OPERATOR) for each in range(3)]
    return Places(
        headings=[
            QRect(columns[0], top, width, heading),
            QRect(columns[1] - OPERATOR, top, width + 2 * OPERATOR, heading),  # beside it is room for its control
            QRect(columns[2], top, width, heading),
        ],
        panes=[QRect(each, top + heading, width, height) for each in columns],
        captions=[QRect(each, top + heading + height, width, caption) for each in columns],
        operators=[QRect(each + width, top + heading, OPERATOR, height) for each in columns[:2]],
    )


class Heading(QWidget):
    """The name of a pane, in the colour of its data, and perhaps a control behind it."""

    def __init__(self, text: str, colour: str | None, control: QWidget | None = None) -> None:
        super().__init__()
        self._colour = colour
        self._label = QLabel(text)
        self._across = across = QHBoxLayout(self)
        across.setContentsMargins(0, 0, 0, theme.GRID // 2)
        across.setSpacing(theme.GRID)
        across.addStretch(1)
        across.addWidget(self._label)
        if control is not None:
            across.addWidget(control)
        across.addStretch(1)
        self.recolour()

    @property
    def text(self) -> str:
        """What is said now."""
        return self._label.text()

    def say(self, text: str, colour: str) -> None:
        """Says something else, in another data colour."""
        if (text, colour) != (self._label.text(), self._colour):
            self._label.setText(text)
            self._colour = colour
            self.recolour()
            self._across.activate()  # at once: a held key shows the new name together with the new picture

    def recolour(self) -> None:
        """Mixes the colour of the words anew."""
        self._label.setFont(theme.font(theme.Type.TITLE))
        palette = self._label.palette()
        ink = theme.color("text") if self._colour is None else legible(self._colour)
        palette.setColor(self._label.foregroundRole(), ink)
        self._label.setPalette(palette)


class EquationRow(QWidget):
    """Keeps three panes equal and everything around them in line."""

    def __init__(self, headings: Sequence[Heading], panes: Sequence[ImagePane], captions: Sequence[Caption]) -> None:
        super().__init__()
        self._picture = QSize(1, 1)
        self._headings, self._panes, self._captions = headings, panes, captions
        self._operators = [QLabel(each) for each in OPERATORS]
        for each in (*headings, *panes, *captions, *self._operators):
            each.setParent(self)
        for each in self._operators:
            each.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.recolour()

    def set_picture(self, picture: QSize) -> None:
        """Gives the panes the proportions of a picture of that size."""
        if picture != self._picture:
            self._picture = QSize(picture)
            self._place()

    def recolour(self) -> None:
        """Takes the type of the theme."""
        large = theme.font(theme.Type.TITLE)
        large.setPointSizeF(1.6 * large.pointSizeF())
        for each in self._operators:
            each.setFont(large)

    def minimumSizeHint(self) -> QSize:
        """Room for three small panes and for what stands over them in full."""
        left, middle, right = (each.sizeHint().width() for each in self._headings)
        pane = max(SMALLEST, left, middle - 2 * OPERATOR, right)
        return QSize(3 * pane + 2 * OPERATOR, SMALLEST + self._heading_height() + self._caption_height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Puts everything in its place."""
        super().resizeEvent(event)
        self._place()

    def _place(self) -> None:
        places = arrange(self.size(), self._picture, self._heading_height(), self._caption_height())
        for widgets, boxes in (
            (self._headings, places.headings),
            (self._panes, places.panes),
            (self._captions, places.captions),
            (self._operators, places.operators),
        ):
            for widget, box in zip(widgets, boxes, strict=True):
                widget.setGeometry(box)

    def _heading_height(self) -> int:
        return max(each.sizeHint().height() for each in self._headings)

    def _caption_height(self) -> int:
        return max(each.sizeHint().height() for each in self._captions)
