"""One row of the probabilities: what it says, and where its parts stand."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntFlag
from typing import Final

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPen

from engine.wording import say_percent
from gui import theme
from gui.views.ink import legible

LOWEST: Final = 1e-3
"""Where the logarithmic axis begins: 0.1 %."""

TICKS: Final = {
    False: ((0.0, "0"), (0.5, "50"), (1.0, "100 %")),
    True: ((1e-3, "0.1"), (1e-2, "1"), (1e-1, "10"), (1.0, "100 %")),
}
"""Marks of the axis, linear and logarithmic: probability and what is written."""

MARGIN: Final = theme.GRID
SHORTEST: Final = 3
"""Letters of a word before or after a break."""
MARK: Final = 13
"""Width of the sign before a name that says why the class is kept."""


class Mark(IntFlag):
    """Why a class is kept in view."""

    NONE = 0
    TARGET = 1
    LEFT = 2
    PINNED = 4


SAID: Final = {
    Mark.TARGET: "the target",
    Mark.LEFT: "the class to move away from",
    Mark.PINNED: "pinned",
}


@dataclass(frozen=True)
class Row:
    """One class: its number and name, its probability before and (if known) after, and why it is kept."""

    label: int
    name: str
    clean: float
    adversarial: float | None = None
    mark: Mark = Mark.NONE

    def __str__(self) -> str:
        parts = [f"{self.name}: clean {say_percent(self.clean)}"]
        if self.adversarial is not None:
            parts.append(f"adversarial {say_percent(self.adversarial)}")
        return ", ".join(parts + [said for mark, said in SAID.items() if mark in self.mark])


@dataclass(frozen=True)
class Columns:
    """Where names, bars and numbers stand, in pixels from the left.

    Attributes:
        name: left end of the names.
        bars: left end of the bars; ``length`` that of a bar of 100 %.
        point: where every number has its decimal point.
    """

    name: int
    bars: int
    length: int
    point: int

    @classmethod
    def within(cls, width: int, figures: QFontMetrics) -> Columns:
        """Shares a width: the numbers take what they need, names and bars halve what is left."""
        point = width - MARGIN - figures.horizontalAdvance(".9 %")
        end = point - figures.horizontalAdvance("> 99") - MARGIN
        bars = MARGIN + (end - MARGIN) // 2
        return cls(MARGIN, bars, max(1, end - bars), point)


def along(probability: float, logarithmic: bool) -> float:
    """How far along the axis a probability lies, 0 to 1."""
    if not logarithmic:
        return min(max(probability, 0.0), 1.0)
    return 1 - math.log(min(max(probability, LOWEST), 1.0)) / math.log(LOWEST)


def wrapped(name: str, width: int, metrics: QFontMetrics) -> tuple[str, ...]:
    """A name in one line or two, broken between words or, if need be, within one; the rest loses its middle."""
    if metrics.horizontalAdvance(name) <= width:
        return (name,)
    middle = Qt.TextElideMode.ElideMiddle
    for cut in reversed([place for place, letter in enumerate(name) if letter in " -"]):
        head = name[: cut + 1].rstrip()
        if metrics.horizontalAdvance(head) <= width:
            return head, metrics.elidedText(name[cut + 1 :], middle, width)
    for cut in range(len(name) - SHORTEST, SHORTEST - 1, -1):
        head = f"{name[:cut]}-"
        if metrics.horizontalAdvance(head) <= width:
            return head, metrics.elidedText(name[cut:], middle, width)
    return (metrics.elidedText(name, middle, width),)


def paint_mark(painter: QPainter, mark: Mark, at: QPointF) -> None:
    """A diamond for the target, an arrow out for the class to leave, a pin for a pinned one."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(at)
    if mark is Mark.TARGET:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.TARGET))
        painter.drawPolygon([QPointF(0, -5), QPointF(5, 0), QPointF(0, 5), QPointF(-5, 0)])
    elif mark is Mark.LEFT:
        painter.setPen(QPen(legible(theme.CLEAN), 1.5))
        painter.drawPolyline([QPointF(-4, 4), QPointF(4, -4)])
        painter.drawPolyline([QPointF(-1, -4), QPointF(4, -4), QPointF(4, 1)])
    else:
        painter.setPen(QPen(theme.color("muted"), 1.5))
        painter.drawLine(QPointF(0, 1), QPointF(0, 6))
        painter.setBrush(theme.color("muted"))
        painter.drawEllipse(QPointF(0, -2), 3, 3)
    painter.restore()
