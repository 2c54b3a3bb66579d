"""The ε slider: a groove with figures below it and, above it, a mark where the answer changes."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QAbstractSlider, QSizePolicy, QWidget

from gui import theme
from gui.panels.scale import Scale

_HANDLE = 8.0
_GROOVE = 4.0
_BAND = 28.0
"""Radius of the handle; height of the groove, and of the band between the two rows of text."""


@dataclass(frozen=True)
class Mark:
    """Something to read above the groove.

    Attributes:
        text: what it says.
        epsilon: where it points to, and leads when it is clicked; None if nowhere.
        colour: of the line or the dot; None for no more than the text.
        is_error: says that something is wrong.
    """

    text: str
    epsilon: float | None = None
    colour: str | None = None
    is_error: bool = False


class EpsilonSlider(QAbstractSlider):
    """Shows an ε on a scale; moving it tells where to, and leaves it to others to show the new ε.

    To assistive technology it is a slider that counts steps.
    """

    moved = Signal(float)
    """The user asks for this ε."""
    letGo = Signal()  # noqa: N815 - Qt's spelling of signals
    """A movement is complete, or another one begins."""

    def __init__(self, scale: Scale, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scale, self._epsilon = scale, 0.0
        self._mark: Mark | None = None
        self._grip: float | None = None
        self._turned = 0
        self.setOrientation(Qt.Orientation.Horizontal)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFont(theme.font(theme.Type.CAPTION, tabular=True))
        self.valueChanged.connect(self._on_value_changed)
        self.show_scale(scale)

    # What is shown

    @property
    def scale(self) -> Scale:
        """The range in force."""
        return self._scale

    @property
    def epsilon(self) -> float:
        """The ε that is shown."""
        return self._epsilon

    @property
    def mark(self) -> Mark | None:
        """What is said above the groove."""
        return self._mark

    @property
    def is_held(self) -> bool:
        """Whether the mouse holds the handle."""
        return self._grip is not None

    def show_scale(self, scale: Scale) -> None:
        """Takes another range."""
        self._scale = scale
        with QSignalBlocker(self):
            self.setRange(0, round(scale.limit / scale.step))
            self.setPageStep(round(scale.page / scale.step))
        self.show_epsilon(self._epsilon)

    def show_epsilon(self, epsilon: float) -> None:
        """Moves the handle, without telling of it."""
        self._epsilon = epsilon
        with QSignalBlocker(self):
            self.setValue(round(epsilon / self._scale.step))
        self.update()

    def show_mark(self, mark: Mark | None) -> None:
        """Says something above the groove."""
        if mark != self._mark:
            self._mark = mark
            self.update()

    # Places, in the widget's pixels

    def sizeHint(self) -> QSize:
        """Two rows of text with the band between them; as wide as there is room."""
        return QSize(480, round(_BAND) + 2 * self.fontMetrics().height())

    def minimumSizeHint(self) -> QSize:
        """Wide enough to be dragged with some precision."""
        return QSize(160, self.sizeHint().height())

    def x_of(self, epsilon: float) -> float:
        """Where an ε lies."""
        left, right = self._ends()
        return left + (right - left) * self._scale.share(epsilon)

    def _epsilon_at(self, x: float) -> float:
        left, right = self._ends()
        return self._scale.snap(self._scale.limit * (x - left) / max(right - left, 1))

    def _ends(self) -> tuple[float, float]:
        """The ends of the groove: the outermost figures are centred under them and must not be cut."""
        margin = max(_HANDLE + 3, self.fontMetrics().horizontalAdvance(self._scale.name) / 2 + 1)
        return margin, self.width() - margin

    @property
    def _middle(self) -> float:
        return self.fontMetrics().height() + _BAND / 2

    def handle_rect(self) -> QRectF:
        """The handle."""
        centre = QPointF(self.x_of(self._epsilon), self._middle)
        return QRectF(centre.x() - _HANDLE, centre.y() - _HANDLE, 2 * _HANDLE, 2 * _HANDLE)

    def mark_rect(self) -> QRectF:
        """The text above the groove, beside its line; empty if there is none."""
        if self._mark is None:
            return QRectF()
        metrics = self.fontMetrics()
        wide = min(metrics.horizontalAdvance(self._mark.text) + 2.0, self.width())
        wide += 2 * theme.GRID if self._is_dotted() else 0
        x = self.width() - wide
        if self._is_lined() and self._mark.epsilon is not None:
            line = self.x_of(self._mark.epsilon)
            x = line + 5 if line + 5 + wide <= self.width() else max(line - 5 - wide, 0.0)
        return QRectF(x, 0, wide, metrics.height())

    def _is_lined(self) -> bool:
        mark = self._mark
        return mark is not None and mark.epsilon is not None and mark.epsilon <= self._scale.limit

    def _is_dotted(self) -> bool:
        return self._mark is not None and self._mark.colour is not None and not self._is_lined()

    def _is_on_mark(self, point: QPointF) -> bool:
        if self._mark is None or self._mark.epsilon is None:
            return False
        on_line = self._is_lined() and abs(point.x() - self.x_of(self._mark.epsilon)) <= 3
        return on_line or self.mark_rect().contains(point)

    # How it is moved

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Takes the handle, jumps to the mark, or brings the handle here and takes it."""
        if event.button() != Qt.MouseButton.LeftButton:
            event.ignore()
            return
        self.letGo.emit()  # what was done with the keys before is complete
        point = event.position()
        if self.handle_rect().contains(point):
            self._grip = point.x() - self.x_of(self._epsilon)
        elif self._is_on_mark(point):
            self._jump_to_mark()
        else:
            self._grip = 0.0
            self.moved.emit(self._epsilon_at(point.x()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drags the handle."""
        if self._grip is not None:
            self.moved.emit(self._epsilon_at(event.position().x() - self._grip))
        pointing = self._grip is None and self._is_on_mark(event.position())
        self.setCursor(Qt.CursorShape.PointingHandCursor if pointing else Qt.CursorShape.ArrowCursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Lets the handle go."""
        if event.button() == Qt.MouseButton.LeftButton and self._grip is not None:
            self._grip = None
            self.letGo.emit()
            self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows move by a step, with Shift by ten, page keys too; Home and End to the ends; Enter to the mark."""
        key = Qt.Key(event.key())
        far = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if key in _STEPS:
            self._step(_STEPS[key], pages=far)
        elif key in _PAGES:
            self._step(_PAGES[key], pages=True)
        elif key in {Qt.Key.Key_Home, Qt.Key.Key_End}:
            self.moved.emit(0.0 if key == Qt.Key.Key_Home else self._scale.limit)
        elif key in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self._jump_to_mark()
        else:
            event.ignore()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """A notch is a step, with Shift ten; the small turns of a touchpad add up."""
        turned = event.angleDelta().y() or event.angleDelta().x()
        self._turned += turned
        notches = int(self._turned / 120)
        self._turned -= 120 * notches
        if notches:
            self._step(notches, pages=bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
        event.accept()

    def _step(self, count: int, *, pages: bool) -> None:
        self.moved.emit(self._scale.stepped(self._epsilon, count, pages=pages))

    def _jump_to_mark(self) -> None:
        if self._mark is not None and self._mark.epsilon is not None:
            self.moved.emit(self._mark.epsilon)
            self.letGo.emit()

    def _on_value_changed(self, steps: int) -> None:
        """Only assistive technology sets the number of steps."""
        self.moved.emit(self._scale.snap(steps * self._scale.step))

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Draws the ring of the focus."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Takes the ring away; what was done with the keys is complete."""
        super().focusOutEvent(event)
        self.letGo.emit()
        self.update()

    # How it looks

    def paintEvent(self, _event: QPaintEvent) -> None:
        """From the back to the front: groove, figures, mark, handle."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_groove(painter)
        self._paint_figures(painter)
        self._paint_mark(painter)
        self._paint_handle(painter)

    def _paint_groove(self, painter: QPainter) -> None:
        left, right = self._ends()
        top = self._middle - _GROOVE / 2
        painter.setPen(Qt.PenStyle.NoPen)
        for end, token in ((right, "line"), (self.x_of(self._epsilon), "accent")):
            painter.setBrush(theme.color(token))
            painter.drawRoundedRect(QRectF(left, top, end - left, _GROOVE), _GROOVE / 2, _GROOVE / 2)

    def _paint_figures(self, painter: QPainter) -> None:
        high = self.fontMetrics().height()
        for epsilon, text in self._scale.figures():
            x = self.x_of(epsilon)
            painter.setPen(QPen(theme.color("line"), 1.5))
            painter.drawLine(QPointF(x, self._middle + 6), QPointF(x, self._middle + 10))
            painter.setPen(theme.color("muted"))
            painter.drawText(QRectF(x - 50, high + _BAND, 100, high), Qt.AlignmentFlag.AlignCenter, text)

    def _paint_mark(self, painter: QPainter) -> None:
        mark = self._mark
        if mark is None:
            return
        place = self.mark_rect()
        if mark.colour is not None and self._is_lined() and mark.epsilon is not None:
            pen = QPen(QColor(mark.colour), 2)
            pen.setDashPattern([1.5, 1.5])
            painter.setPen(pen)
            x = round(self.x_of(mark.epsilon))  # between whole pixels, so that its two are sharp
            painter.drawLine(QPointF(x, 2), QPointF(x, self._middle + 10))
        elif mark.colour is not None:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(mark.colour))
            painter.drawEllipse(QPointF(place.left() + 4, place.center().y() + 0.5), 4, 4)
            place.setLeft(place.left() + 2 * theme.GRID - 4)
        painter.setPen(theme.color("error" if mark.is_error else "text" if mark.colour else "muted"))
        said = self.fontMetrics().elidedText(mark.text, Qt.TextElideMode.ElideRight, round(place.width()) + 1)
        painter.drawText(place, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, said)

    def _paint_handle(self, painter: QPainter) -> None:
        place = self.handle_rect()
        accent = theme.color("accent")
        if self.hasFocus():
            ring = QColor(accent)
            ring.setAlphaF(0.35)
            painter.setPen(QPen(ring, 3))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(place.adjusted(-1.5, -1.5, 1.5, 1.5))
        painter.setPen(QPen(accent, 2))
        painter.setBrush(accent if self._grip is not None else theme.color("button"))
        painter.drawEllipse(place.adjusted(1, 1, -1, -1))


_STEPS = {Qt.Key.Key_Left: -1, Qt.Key.Key_Down: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Up: 1}
_PAGES = {Qt.Key.Key_PageDown: -1, Qt.Key.Key_PageUp: 1}
