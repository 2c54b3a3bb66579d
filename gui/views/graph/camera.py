"""Which part of a drawing is seen, and how large: zoom and pan, without Qt."""

from __future__ import annotations

from typing import Final

import numpy as np

from gui.views.graph.layout import Point, Rects

MARGIN: Final = 10.0
"""Pixels that stay free around the drawing."""
FULL: Final = 1.0
"""What fits the view at its full size is not enlarged to fill it."""
CLOSEST: Final = 4.0


class Camera:
    """Maps a drawing, from (0, 0) to ``content``, to a view of ``view`` pixels.

    A network is long and a view is not, so that the two axes are scaled apart: across the flow, the drawing is never
    smaller than what fits the view. From near, both axes have the scale of the zoom.
    """

    def __init__(self) -> None:
        self.content: Point = (1.0, 1.0)
        self.view: Point = (1.0, 1.0)
        self.offset: Point = (0.0, 0.0)
        self.is_fitted = True
        self._zoom = FULL
        self._along = 0
        """The axis of the flow: 0 to the right, 1 down."""

    @property
    def scales(self) -> Point:
        """Pixels a unit of the drawing, to the right and down."""
        fit = self._fit(1 - self._along)
        across = fit if self.is_fitted else max(fit, self._zoom)
        return (across, self._zoom) if self._along else (self._zoom, across)

    def _fit(self, axis: int) -> float:
        """The scale at which all of an axis is seen."""
        return min(FULL, max(1.0, self.view[axis] - 2 * MARGIN) / max(self.content[axis], 1.0))

    def look(self, content: Point, view: Point, *, down: bool) -> None:
        """The drawing or the view has another size; what was fitted is fitted again."""
        self.content, self.view, self._along = content, view, int(down)
        least = self._fit(self._along)
        self._zoom = least if self.is_fitted else max(self._zoom, least)
        self._settle(self.offset)

    def fit(self) -> None:
        """Shows everything."""
        self.is_fitted = True
        self._zoom = self._fit(self._along)
        self._settle((0.0, 0.0))

    def zoom_by(self, factor: float, at: Point) -> None:
        """Comes nearer or goes away; the point of the drawing below ``at``, in pixels, stays there."""
        inside, least = self.inside(at), self._fit(self._along)
        self._zoom = min(max(self._zoom * factor, least), CLOSEST)
        self.is_fitted = self._zoom <= least
        self.place(inside, at)

    def come_near(self, least: float, at: Point) -> None:
        """Stretches the flow, from a point of the view, to at least that scale."""
        if self._zoom < least:
            self.zoom_by(least / self._zoom, at)

    def pan(self, by: Point) -> None:
        """Moves the drawing by so many pixels."""
        self._settle((self.offset[0] + by[0], self.offset[1] + by[1]))

    def place(self, inside: Point, at: Point) -> None:
        """Moves a point of the drawing to a point of the view, as far as the drawing's ends allow."""
        across, down = self.scales
        self._settle((at[0] - inside[0] * across, at[1] - inside[1] * down))

    def show(self, rect: tuple[float, float, float, float]) -> None:
        """Moves as little as it takes to see a rectangle of the drawing, or its beginning if it is too large."""
        moved = []
        for axis in (0, 1):
            scale, view = self.scales[axis], self.view[axis]
            room = min(60.0, view / 8)
            start = rect[axis] * scale + self.offset[axis] - room
            end = start + rect[axis + 2] * scale + 2 * room
            moved.append(-start if start < 0 or end - start > view else min(view - end, 0.0))
        self.pan((moved[0], moved[1]))

    def inside(self, at: Point) -> Point:
        """The point of the drawing below a point of the view."""
        across, down = self.scales
        return (at[0] - self.offset[0]) / across, (at[1] - self.offset[1]) / down

    def on_screen(self, rects: Rects) -> Rects:
        """Rectangles of the drawing in pixels of the view."""
        across, down = self.scales
        moved: Rects = rects * (across, down, across, down) + (*self.offset, 0.0, 0.0)
        return moved

    def seen(self, rects: Rects) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
        """Which of some rectangles in pixels of the view lie in it, at least in part."""
        left, top, width, height = rects.T
        return np.flatnonzero((left < self.view[0]) & (left + width > 0) & (top < self.view[1]) & (top + height > 0))

    def _settle(self, offset: Point) -> None:
        """What is smaller than the view stands in its middle; what is larger leaves no room beyond its ends."""
        settled = []
        for axis in (0, 1):
            size, view = self.content[axis] * self.scales[axis], self.view[axis]
            if size + 2 * MARGIN <= view + 0.5:
                settled.append((view - size) / 2)
            else:
                settled.append(min(max(offset[axis], view - size - MARGIN), MARGIN))
        self.offset = (settled[0], settled[1])
