"""Icons: our own drawings of one stroke width, painted in the colours of the chrome that is in force.

They are drawn afresh whenever they are shown, so they are sharp on every screen and follow light and dark by
themselves.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from PySide6.QtCore import QByteArray, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QIconEngine, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from gui import theme


def icon(name: str) -> QIcon:
    """The icon called ``name``: a file of ``assets/icons``, without its ``.svg``.

    Raises:
        FileNotFoundError: there is no such icon.
    """
    _drawing(name)
    return QIcon(_Engine(name))


@cache
def _drawing(name: str) -> bytes:
    return files("assets").joinpath("icons", f"{name}.svg").read_bytes()


def _ink(mode: QIcon.Mode, state: QIcon.State) -> str:
    """The colour of an icon in a mode (what the mouse and the window do to it) and a state (whether it is checked)."""
    if mode is QIcon.Mode.Disabled:
        return _between(theme.color("muted"), theme.color("window")).name()
    if mode is QIcon.Mode.Selected:
        return theme.color("on_accent").name()
    is_lit = mode is QIcon.Mode.Active or state is QIcon.State.On
    return theme.color("accent" if is_lit else "text").name()


def _between(one: QColor, other: QColor) -> QColor:
    return QColor((one.red() + other.red()) // 2, (one.green() + other.green()) // 2, (one.blue() + other.blue()) // 2)


class _Engine(QIconEngine):
    """Paints one drawing, its ``currentColor`` replaced."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        """Draws into the largest square in the middle of ``rect``."""
        drawing = _drawing(self._name).replace(b"currentColor", _ink(mode, state).encode())
        side = min(rect.width(), rect.height())
        square = QRectF(0, 0, side, side)
        square.moveCenter(QRectF(rect).center())
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        QSvgRenderer(QByteArray(drawing)).render(painter, square)
        painter.restore()

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        """The icon in ``size`` pixels of the screen."""
        made = QPixmap(size)
        made.fill(Qt.GlobalColor.transparent)
        painter = QPainter(made)
        self.paint(painter, QRect(QPoint(0, 0), size), mode, state)
        painter.end()
        return made

    def clone(self) -> QIconEngine:
        """Another of the same, for Qt."""
        return _Engine(self._name)
