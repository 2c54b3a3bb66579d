"""How a graph is painted: frames, lines, boxes and joins, with as much writing as there is room for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPainterPath, QPen

from gui import theme
from gui.views.graph.kinds import Join, family_of
from gui.views.graph.layout import Layout, Point

STRIPE: Final = 5
"""The strip in the colour of the family."""
_PAD: Final = 5
_BAR: Final = 4
_WRITING_WIDTH: Final = 54
"""Narrower boxes are written upwards."""
_UPWARDS_WIDTH: Final = 15
"""Narrower boxes are not written on."""
CARD_WIDTH: Final = 6
"""Narrower boxes have nothing but their colour."""
_SHORT: Final = 1.5
"""Shorter lines, in pixels, run between boxes that touch."""
_CIRCLE: Final = 26.0
_MOST_CUT: Final = 8192
_BREAKS: Final = re.compile(r"(?<=×)(?=\d+×\d+$)|(?<=[. _])|(?<=[a-z0-9])(?=[A-Z])")
"""Where a name, a class or a size may be broken."""

Stripe = tuple[tuple[float, str], ...]
"""Where each colour ends, as a share of the whole, and the colour."""


@dataclass(frozen=True)
class Writing:
    """What is written on a box: lines, its name first, and something more where there is room for all of it."""

    lines: tuple[str, ...]
    extra: str = ""


def stripe_of(kinds: Sequence[str]) -> Stripe:
    """The colours of some layers in the order in which they run, neighbours of one colour as one."""
    found: list[tuple[float, str]] = []
    for place, kind in enumerate(kinds, 1):
        colour = theme.FAMILIES[family_of(kind)]
        if found and found[-1][1] == colour:
            found.pop()
        found.append((place / len(kinds), colour))
    return tuple(found)


class Ink:
    """Colours and fonts of the theme in force, and texts as they were cut to fit."""

    def __init__(self) -> None:
        self.fonts = theme.font(theme.Type.CAPTION), theme.font(theme.Type.CAPTION, bold=True)
        self.text, self.muted = theme.color("text"), theme.color("muted")
        self.line, self.base, self.accent = theme.color("line"), theme.color("base"), theme.color("accent")
        self.grounds = theme.color("alternate"), theme.color("stage")
        self._metrics = tuple(map(QFontMetricsF, self.fonts))
        self.height = self._metrics[True].height()
        self._cut: dict[tuple[str, int, bool], str] = {}
        self._broken: dict[tuple[str, int, bool], tuple[str, ...]] = {}

    def width(self, text: str, *, bold: bool = False) -> float:
        """How wide a text is."""
        return self._metrics[bold].horizontalAdvance(text)

    def cut(self, text: str, width: float, *, bold: bool = False) -> str:
        """As much of a text as fits; of names the end tells most, so the middle is left out."""
        asked = (text, int(width), bold)
        if asked not in self._cut:
            if len(self._cut) > _MOST_CUT:
                self._cut.clear()
                self._broken.clear()
            self._cut[asked] = self._metrics[bold].elidedText(text, Qt.TextElideMode.ElideMiddle, int(width))
        return self._cut[asked]

    def halves(self, text: str, width: float, *, bold: bool = False) -> tuple[str, ...]:
        """A text in two lines, if it is too wide for one and there is a place to break it; else in one."""
        asked = (text, int(width), bold)
        if asked not in self._broken:
            self._broken[asked] = (text,)
            if self.width(text, bold=bold) > width:
                places = [each.start() for each in _BREAKS.finditer(text)]
                fitting = [each for each in places if self.width(text[:each], bold=bold) <= width]
                if fitting:
                    self._broken[asked] = (text[: fitting[-1]].rstrip(), text[fitting[-1] :])
        return self._broken[asked]

    def write(self, painter: QPainter, area: QRectF, text: str, *, bold: bool = False) -> None:
        """A line of text, in ink or, if it is not bold, muted."""
        painter.setFont(self.fonts[bold])
        painter.setPen(self.text if bold else self.muted)
        painter.drawText(area, int(Qt.AlignmentFlag.AlignVCenter), self.cut(text, area.width(), bold=bold))


def paint_box(painter: QPainter, ink: Ink, box: QRectF, writing: Writing, stripe: Stripe, share: float | None) -> None:
    """A box: its stripe, what is written on it as far as there is room, and its share as a bar."""
    painter.fillRect(box, ink.base)
    _paint_stripe(painter, QRectF(box.left(), box.top(), box.width(), min(STRIPE, box.height() / 4)), stripe)
    painter.setPen(QPen(ink.line, 1))
    painter.drawRect(box)
    inside = box.adjusted(_PAD, STRIPE + 1, 1 - _PAD, -4)
    if share is not None and inside.width() > 8 and inside.height() > 2 * _BAR:
        bar = QRectF(inside.left(), inside.bottom() - _BAR + 1, inside.width() - 1, _BAR)
        painter.fillRect(bar, ink.line)
        painter.fillRect(QRectF(bar.left(), bar.top(), max(1.0, share * bar.width()), _BAR), ink.muted)
        inside.setBottom(bar.top())
    if box.width() >= _WRITING_WIDTH:
        _write(painter, ink, inside, writing)
    elif box.width() >= _UPWARDS_WIDTH and box.height() > 2 * _UPWARDS_WIDTH:
        _write_upwards(painter, ink, inside.adjusted(2 - _PAD, 0, _PAD - 2, 0), writing.lines)


def _paint_stripe(painter: QPainter, area: QRectF, stripe: Stripe) -> None:
    start = area.left()
    for end, colour in stripe:
        stop = area.left() + end * area.width()
        if stop - start >= 0.5 or end == 1:
            painter.fillRect(QRectF(start, area.top(), stop - start, area.height()), QColor(colour))
            start = stop


def _write(painter: QPainter, ink: Ink, inside: QRectF, writing: Writing) -> None:
    if inside.height() < ink.height * 0.8:
        return
    room = max(1, int((inside.height() + 2) // ink.height))
    for row, (line, is_name) in enumerate(_broken(ink, writing, inside.width(), room)):
        at = QRectF(inside.left(), inside.top() + row * ink.height, inside.width(), ink.height)
        ink.write(painter, at, line, bold=is_name)


def _broken(ink: Ink, writing: Writing, width: float, room: int) -> list[tuple[str, bool]]:
    """As many lines as there is room for, and whether each is the name; with more room, wide ones are broken in two."""
    written: list[tuple[str, bool]] = []
    lines = writing.lines if room >= len(writing.lines) else _joined(ink, writing.lines, width)
    spare = room - len(lines)
    for place, line in enumerate(lines):
        is_name = place == 0
        halves = ink.halves(line, width, bold=is_name) if spare > 0 else (line,)
        spare -= len(halves) - 1
        written += [(each, is_name) for each in halves]
    if writing.extra and spare > 0:
        written += [(each, False) for each in ink.halves(writing.extra, width)]
    return written[:room]


def _joined(ink: Ink, lines: Sequence[str], width: float) -> list[str]:
    """Lines after the first, as many side by side as fit."""
    joined = list(lines[:2])
    for line in lines[2:]:
        together = f"{joined[-1]} · {line}"
        if ink.width(together) <= width:
            joined[-1] = together
        else:
            joined.append(line)
    return joined


def _write_upwards(painter: QPainter, ink: Ink, inside: QRectF, lines: Sequence[str]) -> None:
    shown = lines[: max(1, int(inside.width() // ink.height))]
    painter.save()
    painter.translate(inside.left(), inside.bottom() - 2)
    painter.rotate(-90)
    start = (inside.width() - len(shown) * ink.height) / 2
    for row, line in enumerate(shown):
        ink.write(painter, QRectF(0, start + row * ink.height, inside.height() - 2, ink.height), line, bold=row == 0)
    painter.restore()


def paint_join(painter: QPainter, ink: Ink, area: QRectF, join: Join) -> None:
    """A circle with the sign of what is done: + for a sum, two joined for a concatenation."""
    circle = circle_in(area)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setBrush(ink.base)
    painter.setPen(QPen(ink.text, 1.2))
    painter.drawEllipse(circle)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if circle.width() >= 9:
        painter.setPen(QPen(ink.text, 1.6))
        painter.drawLines(sign_of(join, circle.center(), circle.width() * 0.28))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def circle_in(area: QRectF) -> QRectF:
    """The circle of a join; rows are far apart, so that one that is squeezed across the flow may stand out of it."""
    side = min(max(area.width(), area.height()), 2 * min(area.width(), area.height()), _CIRCLE)
    circle = QRectF(0, 0, side, side)
    circle.moveCenter(area.center())
    return circle


def sign_of(join: Join, middle: QPointF, arm: float) -> list[QLineF]:
    """The strokes of a sign, ``arm`` pixels to each side of its middle."""
    x, y = middle.x(), middle.y()
    flat = QLineF(x - arm, y, x + arm, y)
    if join is Join.SUM:
        return [flat, QLineF(x, y - arm, x, y + arm)]
    if join is Join.DIFFERENCE:
        return [flat]
    if join is Join.PRODUCT:
        arm *= 0.75
        return [QLineF(x - arm, y - arm, x + arm, y + arm), QLineF(x - arm, y + arm, x + arm, y - arm)]
    longer, apart = QLineF(x - 1.2 * arm, y, x + 1.2 * arm, y), arm / 2
    return [longer, *(QLineF(x + each, y - arm, x + each, y + arm) for each in (-apart, apart))]


class Threads:
    """The lines of a layout, painted where they can be seen."""

    def __init__(self, layout: Layout) -> None:
        self._routes = [np.array(each.points) for each in layout.routes]
        self._ends = [(each.source, each.target) for each in layout.routes]
        corners = [(*each.min(axis=0), *each.max(axis=0)) for each in self._routes]
        self._corners = np.array(corners).reshape(-1, 4)

    def paths(
        self, scales: Point, offset: Point, view: Point, *, marked: int | None, rounding: float
    ) -> tuple[QPainterPath, QPainterPath]:
        """The lines in view as one path, and those of the marked box as another."""
        plain, special = QPainterPath(), QPainterPath()
        across, down = scales
        boxes = self._corners * (across, down, across, down) + (*offset, *offset)
        left, top, right, bottom = boxes.T
        is_seen = (left < view[0]) & (right > 0) & (top < view[1]) & (bottom > 0)
        is_long = right - left + bottom - top > _SHORT
        for each in np.flatnonzero(is_seen & is_long).tolist():
            points = (self._routes[each] * scales + offset).tolist()
            _trace(special if marked in self._ends[each] else plain, points, rounding)
        return plain, special


def _trace(path: QPainterPath, points: list[list[float]], rounding: float) -> None:
    """Adds a line with rounded corners."""
    path.moveTo(*points[0])
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        if not rounding:
            path.lineTo(*corner)
            continue
        into, out = _short_of(corner, before, rounding), _short_of(corner, after, rounding)
        path.lineTo(*into)
        path.quadTo(corner[0], corner[1], *out)
    path.lineTo(*points[-1])


def _short_of(corner: list[float], other: list[float], rounding: float) -> Point:
    """A point a little before a corner, on an upright or level line."""
    across, down = other[0] - corner[0], other[1] - corner[1]
    length = abs(across) + abs(down)
    share = min(rounding, length / 2) / length if length else 0.0
    return corner[0] + across * share, corner[1] + down * share
