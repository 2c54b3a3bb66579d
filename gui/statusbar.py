"""The status bar: where and how fast the network runs, long work under way, and a message until it is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeySequence, QPainter, QPaintEvent, QPalette, QPen, QShortcut
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QLabel, QProgressBar, QSizePolicy, QStatusBar, QWidget

from engine.frame import Frame, NetworkInfo
from gui import theme
from gui.session import Message, Session

if TYPE_CHECKING:
    from engine.tasks import Task

_TWO_LINES = 1.9
"""Of the width of a line: the first of two ends between words, before it is full."""
_STEPS = 1000
"""Of a progress bar: a task counts in bytes, which may be more than a progress bar can count."""


class StatusBar(QStatusBar):
    """Figures at the left; tasks and the message at the right."""

    cancelRequested = Signal(object)  # noqa: N815 - Qt's spelling of signals
    """The ``id`` of a task that the user does not want any more."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._network: NetworkInfo | None = None
        self._latency_ms = self._fps = 0.0
        self.setSizeGripEnabled(False)
        self.figures = QLabel(self)
        self.figures.setContentsMargins(theme.GRID, 0, 0, 0)
        self.figures.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.figures.setAccessibleName("Device, size of the network, latency and frames a second")
        self.task = TaskMeter(self)
        self.task.cancelRequested.connect(self.cancelRequested)
        self.message = MessageArea(session, self)
        self.addWidget(self.figures)
        self.addWidget(self.message, 1)
        self.addPermanentWidget(self.task)
        session.frame_changed.connect(self._on_frame_changed)
        self._recolour()

    def set_statistics(self, latency_ms: float, fps: float) -> None:
        """Says how long the last frame took, in milliseconds, and how many come in a second (0: it stands still)."""
        self._latency_ms, self._fps = latency_ms, fps
        self._say_figures()

    def show_task(self, task: Task) -> None:
        """Shows how far long work has come; hides it when it is over."""
        self.task.show_task(task)

    def _on_frame_changed(self, frame: Frame) -> None:
        if frame.network is not None and frame.network is not self._network:
            self._network = frame.network
            self._say_figures()

    def _say_figures(self) -> None:
        parts = []
        if self._network is not None:
            parts += [self._network.device, f"{say_count(self._network.parameters)} parameters"]
        if self._latency_ms > 0:
            parts.append(say_duration(self._latency_ms))
        if round(self._fps) > 0:
            parts.append(f"{self._fps:.0f} fps")
        self.figures.setText(" · ".join(parts))

    def changeEvent(self, event: QEvent) -> None:
        """Follows a change of the palette."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._recolour()

    def _recolour(self) -> None:
        small = theme.font(theme.Type.CAPTION, tabular=True)
        self.figures.setFont(small)
        self.message.setMinimumHeight(
            2 * QFontMetrics(small).lineSpacing()
        )  # always, so that no message moves the pictures
        self.message.recolour()
        self.task.recolour()


class MessageArea(QWidget):
    """What the session says, until it is read: the cross or Escape takes it away, or the next message does."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._is_error = False
        self.icon = Sign(self)
        self.text = MessageText(self)
        self.dismiss = Cross("Dismiss this message (Esc)", self)
        self.dismiss.clicked.connect(session.dismiss)
        self._escape = QShortcut(QKeySequence(Qt.Key.Key_Escape), self, session.dismiss)
        places = QHBoxLayout(self)
        places.setContentsMargins(2 * theme.GRID, 0, 0, 0)
        places.setSpacing(theme.GRID // 2)
        places.addWidget(self.icon)
        places.addWidget(self.text, 1)
        places.addWidget(self.dismiss)
        session.message_changed.connect(self._on_message_changed)
        self._on_message_changed(session.message)

    def _on_message_changed(self, message: Message | None) -> None:
        for part in (self.icon, self.text, self.dismiss):
            part.setVisible(message is not None)
        self._escape.setEnabled(message is not None)
        text = "" if message is None else message.text
        self._is_error = message is not None and message.is_error
        role = QPalette.ColorRole.BrightText if self._is_error else QPalette.ColorRole.WindowText
        self.text.setForegroundRole(role)
        self.text.setText(" ".join(text.split()))
        self.setToolTip(text)
        self.text.setAccessibleName(("Error: " if self._is_error else "") + text)
        self.recolour()

    def recolour(self) -> None:
        """Takes fonts and colours from the theme: an error has its own."""
        self.text.update()
        self.icon.mean(is_error=self._is_error)
        self.dismiss.update()


class MessageText(QLabel):
    """A message on one line, or on two smaller ones where it is longer; what is longer still loses its end."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws as much of it as there is room for."""
        painter = QPainter(self)
        painter.setClipRect(event.rect())
        painter.setFont(theme.font(theme.Type.BODY))
        if painter.fontMetrics().horizontalAdvance(self.text()) > self.width():
            painter.setFont(theme.font(theme.Type.CAPTION))
        room = round(_TWO_LINES * self.width())
        text = painter.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, room)
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter.value | Qt.TextFlag.TextWordWrap.value, text)


class TaskMeter(QWidget):
    """One task that runs beside the live view: what it does, how far it is, and a cross to cancel it."""

    cancelRequested = Signal(object)  # noqa: N815 - Qt's spelling of signals

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._running: dict[object, Task] = {}
        self.title = QLabel(self)
        self.bar = QProgressBar(self)
        self.bar.setFixedWidth(15 * theme.GRID)
        self.bar.setFixedHeight(theme.GRID)
        self.bar.setTextVisible(False)
        self.cancel = Cross("Cancel", self)
        self.cancel.clicked.connect(self._on_cancel_clicked)
        places = QHBoxLayout(self)
        places.setContentsMargins(theme.GRID, 0, theme.GRID, 0)
        places.setSpacing(theme.GRID)
        for part in (self.title, self.bar, self.cancel):
            places.addWidget(part)
        self.hide()

    def show_task(self, task: Task) -> None:
        """Shows the task that has run longest among those that are not over."""
        if task.is_over:
            self._running.pop(task.id, None)
        else:
            self._running[task.id] = task
        self.setVisible(bool(self._running))
        if self._running:
            self._show(next(iter(self._running.values())), len(self._running) - 1)

    def _show(self, task: Task, others: int) -> None:
        self.title.setText(task.title + (f" (and {others} more)" if others else ""))
        self.setToolTip(f"{task.title}\n{task.detail}".strip())
        self.cancel.setToolTip(f"Cancel: {task.title}")
        self.cancel.setAccessibleName(f"Cancel: {task.title}")
        self.bar.setAccessibleName(task.title)
        self.bar.setRange(0, 0 if task.fraction is None else _STEPS)
        if task.fraction is not None:
            self.bar.setValue(round(task.fraction * _STEPS))

    def _on_cancel_clicked(self) -> None:
        self.cancelRequested.emit(next(iter(self._running)))

    def recolour(self) -> None:
        """Takes fonts from the theme."""
        self.title.setFont(theme.font(theme.Type.CAPTION))


class Sign(QWidget):
    """A disc with an exclamation mark for an error, a ring with an i for anything else."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._is_error = False
        self.setFixedSize(2 * theme.GRID, 2 * theme.GRID)

    def mean(self, *, is_error: bool) -> None:
        """Chooses the sign."""
        self._is_error = is_error
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws the sign with one stroke width, like the icons."""
        painter = QPainter(self)
        painter.setClipRect(event.rect())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ink = theme.color("error" if self._is_error else "muted")
        painter.setPen(QPen(ink, 1.5))
        if self._is_error:
            painter.setBrush(ink)
        painter.drawEllipse(QRectF(1.5, 1.5, 13, 13))
        painter.setPen(QPen(theme.color("window") if self._is_error else ink, 1.75, c=Qt.PenCapStyle.RoundCap))
        stroke, dot = ((4.5, 8.5), 11.5) if self._is_error else ((7.5, 11.5), 4.5)
        painter.drawLine(QPointF(8, stroke[0]), QPointF(8, stroke[1]))
        painter.drawPoint(QPointF(8, dot))


class Cross(QAbstractButton):
    """A small button with a cross, to dismiss or to cancel."""

    def __init__(self, meaning: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setToolTip(meaning)
        self.setAccessibleName(meaning)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFixedSize(self.sizeHint())

    def sizeHint(self) -> QSize:
        """Large enough to be hit."""
        return QSize(20, 20)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws the cross, on a shade while it is pointed at or has the focus."""
        painter = QPainter(self)
        painter.setClipRect(event.rect())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.underMouse() or self.hasFocus():
            painter.setPen(QPen(theme.color("accent"), 1.5) if self.hasFocus() else Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("line"))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 4, 4)
        painter.setPen(QPen(theme.color("text"), 1.5, c=Qt.PenCapStyle.RoundCap))
        painter.drawLine(QPointF(6.5, 6.5), QPointF(13.5, 13.5))
        painter.drawLine(QPointF(13.5, 6.5), QPointF(6.5, 13.5))


def say_count(count: int) -> str:
    """A large number as read: ``4.7 M``, ``860 k``, ``512``."""
    for size, unit in ((1_000_000_000, "G"), (1_000_000, "M"), (1_000, "k")):
        if count >= size:
            value = count / size
            return f"{value:.1f} {unit}" if value < 100 else f"{value:.0f} {unit}"
    return str(count)


def say_duration(milliseconds: float) -> str:
    """A time as read: ``31 ms``, ``1.4 s``."""
    return f"{milliseconds:.0f} ms" if milliseconds < 999.5 else f"{milliseconds / 1000:.1f} s"
