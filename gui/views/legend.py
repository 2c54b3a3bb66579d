"""What the colours mean: a swatch and a name for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QHelpEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from gui import theme

_SWATCH = 12
_GAP = theme.GRID // 2


class Swatch(Enum):
    """How a colour is used: a bar, a curve, or a dashed line."""

    AREA = Qt.PenStyle.NoPen
    STROKE = Qt.PenStyle.SolidLine
    DASHES = Qt.PenStyle.DashLine


@dataclass(frozen=True)
class Entry:
    """One colour (``#RRGGBB``, or a token of the theme) and what it stands for."""

    colour: str
    text: str
    swatch: Swatch = Swatch.AREA


class Legend(QWidget):
    """Entries side by side, or one below the other; a long name loses its middle and has a tooltip."""

    def __init__(self, *, across: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._across = across
        self._entries: tuple[Entry, ...] = ()
        self.setFont(theme.font(theme.Type.CAPTION))
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    @property
    def entries(self) -> tuple[Entry, ...]:
        """What is explained now."""
        return self._entries

    def explain(self, entries: Sequence[Entry]) -> None:
        """Shows these entries."""
        if self._entries == tuple(entries):
            return
        self._entries = tuple(entries)
        self.setAccessibleName("Legend: " + ", ".join(each.text for each in entries))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Room for every name in full when side by side."""
        metrics = QFontMetrics(self.font())
        widths = [metrics.horizontalAdvance(each.text) + _SWATCH + 3 * _GAP for each in self._entries] or [0]
        if self._across:
            return QSize(sum(widths), metrics.height() + 2)
        return QSize(max(widths), (metrics.height() + _GAP) * len(self._entries))

    def _boxes(self) -> list[QRectF]:
        metrics = QFontMetrics(self.font())
        height, left, boxes = metrics.height(), 0, []
        for row, each in enumerate(self._entries):
            if self._across:
                width = metrics.horizontalAdvance(each.text) + _SWATCH + 3 * _GAP
                boxes.append(QRectF(left, (self.height() - height) / 2, width, height))
                left += width
            else:
                boxes.append(QRectF(0, row * (height + _GAP), self.width(), height))
        return boxes

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws the swatches and names."""
        painter = QPainter(self)
        painter.setClipRect(event.rect())
        painter.setFont(self.font())
        metrics = painter.fontMetrics()
        for entry, box in zip(self._entries, self._boxes(), strict=True):
            _paint_swatch(painter, entry, QPointF(box.left(), round(box.center().y())))
            words = box.adjusted(_SWATCH + _GAP, 0, 0, 0)
            painter.setPen(theme.color("text"))
            text = metrics.elidedText(entry.text, Qt.TextElideMode.ElideMiddle, int(words.width()))
            painter.drawText(words, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft), text)

    def event(self, event: QEvent) -> bool:
        """Tells an elided name in full."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            at = event.pos().toPointF()
            found = [e.text for e, box in zip(self._entries, self._boxes(), strict=True) if box.contains(at)]
            QToolTip.showText(event.globalPos(), "".join(found), self)
            return True
        return super().event(event)


def _paint_swatch(painter: QPainter, entry: Entry, left: QPointF) -> None:
    colour = QColor(entry.colour) if entry.colour.startswith("#") else theme.color(entry.colour)
    if entry.swatch is Swatch.AREA:
        painter.fillRect(QRectF(left.x(), left.y() - 4, _SWATCH, 8), colour)
    else:
        painter.setPen(QPen(colour, 2 if entry.swatch is Swatch.STROKE else 1, entry.swatch.value))
        painter.drawLine(left, left + QPointF(_SWATCH, 0))
