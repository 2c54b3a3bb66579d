"""What all plots have in common: one look, taken from the theme, and a pointer that says where it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QMouseEvent, QPen
from PySide6.QtWidgets import QVBoxLayout, QWidget

from engine.frame import Floats
from gui import theme

pg.setConfigOptions(antialias=True)


_CELLS = {"left": (1, 0), "bottom": (2, 1), "top": (0, 1), "right": (1, 2)}
"""Row and column of every axis around the box."""

_GRID = 50
"""How strong the grid is, of 255."""


class Plot(QWidget):
    """Axes with names and units, fixed ranges, and no menus: the mouse only points.

    Colours are given as ``#RRGGBB`` (data) or as a token of the theme (chrome), so that they can be taken anew.
    """

    pointed = Signal(float)
    """The pointer is held at this x, in data units."""
    released = Signal()

    def __init__(self, x: str, y: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._names = {"bottom": x, "left": y}
        self._inked: list[Callable[[], None]] = []
        self.canvas = pg.GraphicsView(self)
        self.canvas.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.canvas.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.box = pg.ViewBox(enableMenu=False, enableMouse=False)
        self.axes = {side: pg.AxisItem(side, linkView=self.box) for side in _CELLS}
        self._set_out()
        places = QVBoxLayout(self)
        places.setContentsMargins(0, 0, 0, 0)
        places.addWidget(self.canvas)
        self.setCursor(Qt.CursorShape.SizeHorCursor)
        self._ink_axes()

    def _set_out(self) -> None:
        """Lays a box and four axes out by hand: pyqtgraph's PlotItem brings seven menus with it."""
        table = pg.GraphicsLayout()
        table.layout.setContentsMargins(4, 8, 16, 2)
        table.layout.setSpacing(0)
        table.addItem(self.box, 1, 1)
        for side, (row, column) in _CELLS.items():
            self.axes[side].enableAutoSIPrefix(False)  # before it has a name: later it would still scale its numbers
            table.addItem(self.axes[side], row, column)
        # The grid hangs on the far axes: an axis with a grid hides the numbers at its ends.
        for side in ("top", "right"):
            self.axes[side].setStyle(showValues=False, tickLength=0, maxTickLevel=0)
            self.axes[side].setGrid(_GRID)
            self.axes[side].setZValue(-1)
        self.canvas.setCentralItem(table)

    # Ranges and names

    def name_axes(self, x: str, y: str) -> None:
        """Changes what the axes are called."""
        if self._names != {"bottom": x, "left": y}:
            self._names = {"bottom": x, "left": y}
            self._ink_axes()

    def set_ranges(self, x: tuple[float, float], y: tuple[float, float]) -> None:
        """Fixes what can be seen, each from the smallest to the largest value."""
        self.box.setXRange(*x, padding=0.01)
        self.box.setYRange(*y, padding=0.04)

    # What is drawn

    def add_curve(self, colour: str) -> Any:
        """A curve with a dot at every computed point; ``show_points`` fills it."""
        curve = pg.PlotDataItem(symbol="o", symbolSize=4, symbolPen=None)
        self.box.addItem(curve)

        def ink() -> None:
            curve.setPen(self._pen(colour, 1.5))
            curve.setSymbolBrush(_colour(colour))

        self._keep(ink)
        return curve

    def add_line(self, colour: str, *, width: float = 1, dashed: bool = False, upright: bool = True) -> Any:
        """A straight line across the whole plot: upright at an x, or level at a y."""
        line = pg.InfiniteLine(angle=90 if upright else 0, movable=False)
        self.box.addItem(line, ignoreBounds=True)
        style = Qt.PenStyle.DashLine if dashed else Qt.PenStyle.SolidLine
        self._keep(lambda: line.setPen(self._pen(colour, width, style)))
        return line

    def add_label(self, line: Any, colour: str) -> Any:
        """Words at the left end of a level line, above it (``lean`` puts them below)."""
        label = pg.InfLineLabel(line, position=0.02)
        lean(label, above=True)

        def ink() -> None:
            label.setFont(theme.font(theme.Type.CAPTION))
            label.setColor(_colour(colour))

        self._keep(ink)
        return label

    # Colours

    def recolour(self) -> None:
        """Takes colours, fonts and pen widths anew."""
        self._ink_axes()
        for ink in self._inked:
            ink()

    def changeEvent(self, event: QEvent) -> None:
        """Follows a change of the palette."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.recolour()

    def event(self, event: QEvent) -> bool:
        """Follows the window to a screen of another density: pens are as wide there."""
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self.recolour()
        return super().event(event)

    def _keep(self, ink: Callable[[], None]) -> None:
        self._inked.append(ink)
        ink()

    def _pen(self, colour: str, width: float, style: Qt.PenStyle = Qt.PenStyle.SolidLine) -> QPen:
        """A pen as wide on every screen: pyqtgraph counts device pixels."""
        pen: QPen = pg.mkPen(_colour(colour), width=width * self.devicePixelRatioF(), style=style)
        return pen

    def _ink_axes(self) -> None:
        self.canvas.setBackground(theme.color("base"))
        font = theme.font(theme.Type.CAPTION)
        for side, name in self._names.items():
            axis = self.axes[side]
            axis.setStyle(
                tickFont=font,
                tickTextOffset=4,
                tickTextHeight=QFontMetrics(font).height(),
                tickLength=-4,
                maxTickLevel=0,
                hideOverlappingLabels=False,
            )
            axis.setPen(self._pen("line", 1))
            axis.setTextPen(theme.color("muted"))
            axis.label.setFont(font)
            axis.setLabel(name, color=theme.color("muted").name())
        self.axes["bottom"].setHeight(2 * QFontMetrics(font).height() + theme.GRID)
        for side in ("top", "right"):
            self.axes[side].setPen(self._pen("line", 1))
            self.axes[side].setTickPen(self._pen("muted", 1))

    # The pointer

    def _point(self, event: QMouseEvent) -> None:
        at = self.canvas.mapFrom(self, event.position().toPoint())
        self.pointed.emit(float(self.box.mapSceneToView(QPointF(self.canvas.mapToScene(at))).x()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Points."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._point(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Points while the button is held."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._point(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Ends the gesture."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.released.emit()


def show_points(curve: Any, x: Floats, y: Floats) -> None:
    """Fills a curve of ``Plot.add_curve``; both of shape (n,). What is no finite number is left out."""
    known = np.isfinite(y)
    curve.setData(x[known], y[known])


def lean(label: Any, *, above: bool) -> None:
    """Puts the label of a level line above or below it."""
    label.anchors = [(0, 1), (0, 1)] if above else [(0, 0), (0, 0)]
    label.updatePosition()


def _colour(name: str) -> QColor:
    return QColor(name) if name.startswith("#") else theme.color(name)
