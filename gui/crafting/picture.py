"""What is being crafted, drawn as large as there is room."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from engine.crafting.growing import Grown
from engine.frame import Floats
from gui import theme
from gui.views.pane_pictures import DeltaMode, Picture, limit_of, perturbation, picture_of


class CraftPicture(QWidget):
    """A perturbation, amplified until its largest value is at the end of the scale, a patch, or a picture as it is.

    Pixels stay squares when they are enlarged. A patch is a disc, and drawn as one.
    """

    def __init__(self, name: str, advice: str, *, round_: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._advice = advice
        self._round = round_
        self._picture: Picture | None = None
        self.scale = ""
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:
        """A square to look at."""
        return QSize(40 * theme.GRID, 40 * theme.GRID)

    def minimumSizeHint(self) -> QSize:
        """Small, but still to be seen."""
        return QSize(20 * theme.GRID, 20 * theme.GRID)

    def show_grown(self, grown: Grown | None) -> None:
        """Draws what there is so far, or says what to do while there is nothing."""
        if grown is None:
            self._picture, self.scale = None, ""
        elif grown.is_change:
            self._show_change(grown.values)
        else:
            self._picture, self.scale = picture_of(grown.values), ""
        self.update()

    def _show_change(self, values: Floats) -> None:
        largest = float(abs(values).max())
        gain = 0.5 / largest if largest > 0 else 1.0
        self._picture = perturbation(values, DeltaMode.COLOURS, gain)
        self.scale = f"Grey is no change; black and white are ∓{255 * limit_of(gain):.1f}/255." if largest > 0 else ""

    def paintEvent(self, _event: QPaintEvent) -> None:
        """The picture in the middle, or the advice."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.color("stage"))
        if self._picture is None:
            painter.setPen(theme.color("muted"))
            room = self.rect().adjusted(2 * theme.GRID, theme.GRID, -2 * theme.GRID, -theme.GRID)
            painter.drawText(room, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self._advice)
            return
        image = self._picture.image
        size = image.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
        place = QRect(0, 0, size.width(), size.height())
        place.moveCenter(self.rect().center())
        reduces = size.width() < image.width()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, reduces)
        if self._round:
            disc = QPainterPath()
            disc.addEllipse(place)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setClipPath(disc)
        painter.drawImage(place, image)
