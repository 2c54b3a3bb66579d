"""Paints what is in view of a scene: from a strip of colours, seen from afar, to boxes with all their numbers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

import numpy as np
from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from gui.views.graph.camera import Camera
from gui.views.graph.ink import CARD_WIDTH, Ink, circle_in, paint_box, paint_join
from gui.views.graph.layout import RIGHTWARDS
from gui.views.graph.scene import Scene

_HEADER_WIDTH: Final = 36
"""Narrower frames are not named."""
_FAINT: Final = 0.3
"""What does not stand out, while something does."""
_OUTLINE: Final = 2
_ROUNDING: Final = 6.0
_FAR: Final = 0.2
"""At a smaller scale, lines are drawn without refinement."""


@dataclass(frozen=True)
class Emphasis:
    """Which boxes are set off: the selected one, the one under the pointer, and those that were searched for."""

    selected: int | None = None
    hovered: int | None = None
    found: AbstractSet[int] | None = None


def paint_graph(painter: QPainter, ink: Ink, scene: Scene, camera: Camera, emphasis: Emphasis) -> None:
    """Paints frames, lines, boxes, and where in the drawing the view is."""
    _paint_frames(painter, ink, scene, camera)
    _paint_lines(painter, ink, scene, camera, emphasis.selected)
    _paint_boxes(painter, ink, scene, camera, emphasis)
    _paint_position(painter, ink, camera)


def header_of(rect: QRectF, camera: Camera, *, down: bool) -> QRectF:
    """The strip of a frame that its name is written on, as far as it is in view."""
    strip = RIGHTWARDS.header * camera.scales[0 if down else 1]
    if down:
        start = max(rect.top(), 0.0)
        return QRectF(rect.left(), start, strip, rect.bottom() - start)
    start = max(rect.left(), 0.0)
    return QRectF(start, rect.top(), rect.right() - start, strip)


def _paint_frames(painter: QPainter, ink: Ink, scene: Scene, camera: Camera) -> None:
    rects = camera.on_screen(scene.frame_rects)
    for place in camera.seen(rects).tolist():
        rect = QRectF(*rects[place].tolist())
        painter.setPen(QPen(ink.line, 1))
        painter.setBrush(ink.grounds[scene.layout.frames[place].depth % 2])
        painter.drawRect(rect)
        strip = header_of(rect, camera, down=scene.layout.down)
        _paint_header(painter, ink, strip, scene.headers(place), down=scene.layout.down)
    painter.setBrush(Qt.BrushStyle.NoBrush)


def _paint_header(painter: QPainter, ink: Ink, strip: QRectF, names: Sequence[str], *, down: bool) -> None:
    length, breadth = (strip.height(), strip.width()) if down else (strip.width(), strip.height())
    if length < _HEADER_WIDTH or breadth < 0.8 * ink.height:
        return
    fitting = (each for each in names if ink.width(f"▾ {each}") <= length - 6)
    text = f"▾ {next(fitting, names[-1])}"
    if not down:
        ink.write(painter, strip.adjusted(4, 0, -2, 0), text)
        return
    painter.save()
    painter.translate(strip.right(), strip.top())
    painter.rotate(90)
    ink.write(painter, QRectF(4, 0, length - 6, breadth), text)
    painter.restore()


def _paint_lines(painter: QPainter, ink: Ink, scene: Scene, camera: Camera, selected: int | None) -> None:
    is_near = camera.scales[1 if scene.layout.down else 0] > _FAR
    rounding = _ROUNDING if is_near else 0.0
    plain, special = scene.threads.paths(camera.scales, camera.offset, camera.view, marked=selected, rounding=rounding)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, is_near)
    painter.setPen(QPen(ink.muted, 1.2 if is_near else 1))
    painter.drawPath(plain)
    painter.setPen(QPen(ink.accent, 2))
    painter.drawPath(special)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def _paint_boxes(painter: QPainter, ink: Ink, scene: Scene, camera: Camera, emphasis: Emphasis) -> None:
    rects = camera.on_screen(scene.layout.rects)
    seen = camera.seen(rects)
    # On whole pixels, so that lines are sharp.
    corners = np.rint(np.concatenate([rects[:, :2], rects[:, :2] + rects[:, 2:]], axis=1)[seen]).tolist()
    small: defaultdict[str, list[QRectF]] = defaultdict(list)
    for box, (left, top, right, bottom) in zip(seen.tolist(), corners, strict=True):
        area = QRectF(left, top, max(right - left, 1.0), bottom - top)
        is_faint = emphasis.found is not None and box not in emphasis.found
        if min(area.width(), area.height()) < CARD_WIDTH:
            small[ink.line.name() if is_faint else scene.colour(box)].append(area)
            continue
        painter.setOpacity(_FAINT if is_faint else 1.0)
        _paint_one(painter, ink, scene, box, area)
    painter.setOpacity(1.0)
    painter.setPen(Qt.PenStyle.NoPen)
    for colour, areas in small.items():
        painter.setBrush(QColor(colour))
        painter.drawRects(areas)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for outlined, is_selected in ((emphasis.hovered, False), (emphasis.selected, True)):
        if outlined is not None and outlined < len(rects):
            area = QRectF(*np.rint(rects[outlined]).tolist())
            _paint_outline(
                painter, ink, area, is_round=scene.boxes.joins[outlined] is not None, is_selected=is_selected
            )


def _paint_one(painter: QPainter, ink: Ink, scene: Scene, box: int, area: QRectF) -> None:
    join = scene.boxes.joins[box]
    if join is not None:
        paint_join(painter, ink, area, join)
        return
    if scene.boxes.boxes[box].is_folded:
        _paint_stack(painter, ink, area)
    paint_box(painter, ink, area, scene.writing(box), scene.stripe(box), scene.share(box))


def _paint_stack(painter: QPainter, ink: Ink, area: QRectF) -> None:
    """Two more sheets behind a box, which say that there is something in it."""
    if area.width() > 12:
        painter.setPen(QPen(ink.line, 1))
        painter.drawLines(
            [
                line
                for each in (2, 4)
                for line in (
                    QLineF(area.left() + each, area.bottom() + each, area.right() + each, area.bottom() + each),
                    QLineF(area.right() + each, area.top() + each, area.right() + each, area.bottom() + each),
                )
            ]
        )


def _paint_outline(painter: QPainter, ink: Ink, area: QRectF, *, is_round: bool, is_selected: bool) -> None:
    painter.setPen(QPen(ink.accent, _OUTLINE if is_selected else 1))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if not is_round:
        painter.drawRect(area.adjusted(-1, -1, 1, 1) if is_selected else area)
        return
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.drawEllipse(circle_in(area).adjusted(-1, -1, 1, 1))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def _paint_position(painter: QPainter, ink: Ink, camera: Camera) -> None:
    """At the edges, which part of the drawing is seen."""
    width, height = camera.view
    extent = [size * scale for size, scale in zip(camera.content, camera.scales, strict=True)]
    if extent[0] > width:
        start, length = -camera.offset[0] / extent[0] * width, width * width / extent[0]
        painter.fillRect(QRectF(start, height - 3, max(length, 8), 3), ink.muted)
    if extent[1] > height:
        start, length = -camera.offset[1] / extent[1] * height, height * height / extent[1]
        painter.fillRect(QRectF(width - 3, start, 3, max(length, 8)), ink.muted)
