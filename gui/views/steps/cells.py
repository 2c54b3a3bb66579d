"""One stage of a step: its heading, its picture, and two lines of numbers below."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPalette, QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from gui import theme
from gui.controls.elided import Elided
from gui.views.ink import legible
from gui.views.pane_pictures import Picture
from gui.views.pane_viewport import Viewport
from gui.views.panes import ImagePane

_SMALLEST: Final = 6 * theme.GRID
_STEPS: Final = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}


class StagePane(ImagePane):
    """A pane whose arrow keys go from stage to stage and from iterate to iterate while all of the picture is seen."""

    stepped = Signal(int, int)
    """By how many stages to the right, and by how many iterates on."""

    def __init__(self, viewport: Viewport, parent: QWidget | None = None) -> None:
        super().__init__(viewport, "Stage", parent)
        self._view = viewport
        self.setMinimumSize(_SMALLEST, _SMALLEST)
        self.setAccessibleDescription(
            "Left and right go from stage to stage, up and down from iterate to iterate. Shift and an arrow key point "
            "at a pixel, + and − zoom."
        )

    def _handler_of(self, event: QKeyEvent) -> Callable[[], None] | None:
        plain = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier == Qt.KeyboardModifier.NoModifier
        step = _STEPS.get(Qt.Key(event.key())) if plain and self._view.zoom == 1 else None
        if step is None:
            return super()._handler_of(event)
        return lambda: self.stepped.emit(*step)


class StageCell(QWidget):
    """A stage and what is said of it."""

    def __init__(self, viewport: Viewport, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._colour: str | None = None
        self.heading = Elided("", self)
        self.pane = StagePane(viewport, self)
        self.scale = Elided("", self)
        self.numbers = Elided("", self)
        self.digits = QLabel(self)
        self.digits.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addWidget(self.heading)
        rows.addWidget(self.pane, 1)
        rows.addWidget(self.scale)
        rows.addWidget(self.numbers)
        rows.addWidget(self.digits)
        rows.addStretch(0)
        for each in (self.heading, self.scale, self.numbers, self.digits):
            each.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.recolour()

    def show_stage(self, colour: str | None, heading: str, picture: Picture) -> None:
        """Shows another stage.

        Args:
            colour: of its data, for the heading; None where it has none.
            heading: what stands above it.
            picture: what is drawn.
        """
        if colour != self._colour:
            self._colour = colour
            self.recolour()
        self.heading.setText(heading)
        self.pane.setAccessibleName(heading)
        self.pane.show_picture(picture)

    def say(self, scale: str, numbers: str, exactly: str = "") -> None:
        """Says what stands below: the scale, and the numbers; ``exactly`` is for whoever wants all digits."""
        self.scale.setText(scale)
        self.numbers.setText(numbers)
        self.numbers.setToolTip(exactly or numbers)
        self.digits.setText(exactly)

    def point(self, pixel: QPoint | None, window: tuple[float, float, float, float] | None) -> None:
        """Outlines a pixel, or a part of the picture, or nothing."""
        self.pane.mark(pixel)
        self.pane.outline_window(None if pixel is not None else window)

    def recolour(self) -> None:
        """Takes type and ink from the theme."""
        self.heading.setFont(theme.font(theme.Type.CAPTION, bold=True))
        for each in (self.scale, self.numbers, self.digits):
            each.setFont(theme.font(theme.Type.CAPTION, tabular=True))
        palette = self.heading.palette()
        palette.setColor(QPalette.ColorRole.WindowText, legible(self._colour) if self._colour else theme.color("text"))
        self.heading.setPalette(palette)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """A picture is no higher than wide; where that leaves room, all digits of the pixel stand below."""
        super().resizeEvent(event)
        self.pane.setMaximumHeight(max(self.width(), _SMALLEST))
        line = self.digits.fontMetrics().lineSpacing()
        self.digits.setVisible(self.height() > self.width() + 6 * line)
        self.digits.setMinimumHeight(3 * line)
