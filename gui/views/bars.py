"""Rows of two bars each, drawn in one go: what the network thinks of the clean picture and of the perturbed one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetrics,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QToolTip, QWidget

from engine.wording import say_percent
from gui import theme
from gui.views.ink import legible
from gui.views.rows import MARGIN, MARK, SAID, TICKS, Columns, Mark, Row, along, paint_mark, wrapped

_KEYS: Final = {Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_P}


class Bars(QAbstractScrollArea):
    """A list of rows; click one, or press Space on it, to pin its class."""

    pinToggled = Signal(int)  # noqa: N815 - Qt's spelling of signals

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: tuple[Row, ...] = ()
        self._focused = 0
        self._hovered = -1
        self._logarithmic = False
        self._hint = ""
        self._wrapped: dict[tuple[str, int], tuple[str, ...]] = {}
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Probabilities of the classes")
        self.viewport().setMouseTracking(True)
        self.recolour()

    # What is shown

    @property
    def rows(self) -> tuple[Row, ...]:
        """What is shown now, from top to bottom."""
        return self._rows

    @property
    def focused(self) -> Row | None:
        """The row that the keyboard speaks to."""
        return self._rows[self._focused] if self._rows else None

    def show_rows(self, rows: Sequence[Row], hint: str = "") -> None:
        """Shows these rows, or in their absence a hint."""
        self._rows, self._hint = tuple(rows), hint
        self._focused = max(0, min(self._focused, len(rows) - 1))
        self._arrange()

    def set_logarithmic(self, logarithmic: bool) -> None:
        """Chooses the axis: 0 to 100 %, or 0.1 to 100 % by powers of ten."""
        self._logarithmic = logarithmic
        self.viewport().update()

    def reveal(self, label: int) -> None:
        """Moves the focus to a class's row and scrolls it into view."""
        for place, row in enumerate(self._rows):
            if row.label == label:
                self._focus_on(place)

    def row_rect(self, place: int) -> QRect:
        """Where a row stands, in the viewport's pixels."""
        top = self._header() + place * self._pitch() - self.verticalScrollBar().value()
        return QRect(0, top, self.viewport().width(), self._pitch())

    def bar_rects(self, place: int) -> tuple[QRectF, QRectF]:
        """Where a row's clean and adversarial bar stand, in the viewport's pixels."""
        row, box = self._rows[place], self.row_rect(place)
        left, length = self._columns.bars, self._columns.length
        height, middle = self._figures.height(), box.center().y() + 1
        thick = max(6, height - 6)

        def bar(probability: float, top: float) -> QRectF:
            share = along(probability, self._logarithmic)
            return QRectF(left, top + (height - thick) / 2, share * length, thick)

        return bar(row.clean, middle - height), bar(row.adversarial or 0.0, middle)

    # Measures

    def recolour(self) -> None:
        """Takes fonts from the theme and measures them."""
        self._name_font = theme.font(theme.Type.BODY)
        self._figure_font = theme.font(theme.Type.CAPTION, tabular=True)
        self._names = QFontMetrics(self._name_font)
        self._wrapped.clear()
        self._figures = QFontMetrics(self._figure_font)
        self._arrange()

    def _pitch(self) -> int:
        return 2 * max(self._figures.height(), self._names.height()) + theme.GRID // 2

    def _header(self) -> int:
        return self._figures.height() + theme.GRID // 2

    def _arrange(self) -> None:
        self._columns = Columns.within(self.viewport().width(), self._figures)
        page = self.viewport().height() - self._header()
        bar = self.verticalScrollBar()
        bar.setRange(0, max(0, len(self._rows) * self._pitch() - page))
        bar.setPageStep(max(1, page))
        bar.setSingleStep(self._pitch())
        self.setAccessibleDescription(str(self.focused or self._hint))
        self.viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Shares the new width."""
        super().resizeEvent(event)
        self._wrapped.clear()
        self._arrange()

    def sizeHint(self) -> QSize:
        """Room for as many rows as there commonly are."""
        return QSize(280, self._header() + 9 * self._pitch())

    def minimumSizeHint(self) -> QSize:
        """Room for three rows."""
        return QSize(200, self._header() + 3 * self._pitch())

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws what can be seen."""
        painter = QPainter(self.viewport())
        painter.setClipRect(event.rect())
        if not self._rows:
            self._paint_hint(painter)
            return
        self._paint_grid(painter)
        area = self.viewport().rect().adjusted(0, self._header(), 0, 0)
        painter.setClipRect(area & event.rect())
        for place in range(len(self._rows)):
            if self.row_rect(place).intersects(area):
                self._paint_row(painter, place)

    def _paint_hint(self, painter: QPainter) -> None:
        painter.setPen(theme.color("muted"))
        box = self.viewport().rect().adjusted(2 * MARGIN, MARGIN, -2 * MARGIN, -MARGIN)
        painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap), self._hint)

    def _paint_grid(self, painter: QPainter) -> None:
        left, length = self._columns.bars, self._columns.length
        painter.setFont(self._figure_font)
        for value, said in TICKS[self._logarithmic]:
            x = left + round(along(value, self._logarithmic) * length)
            width = self._figures.horizontalAdvance(said.removesuffix(" %"))
            painter.setPen(theme.color("muted"))
            painter.drawText(x - width // 2, self._figures.ascent() + 2, said)
            painter.setPen(theme.color("line"))
            painter.drawLine(x, self._header(), x, self.viewport().height())

    def _paint_row(self, painter: QPainter, place: int) -> None:
        row, box = self._rows[place], self.row_rect(place)
        if place == self._hovered:
            shade = theme.color("text")
            shade.setAlpha(16)
            painter.fillRect(box, shade)
        clean, adversarial = self.bar_rects(place)
        painter.fillRect(clean, QColor(theme.CLEAN))
        painter.fillRect(adversarial, QColor(theme.ADVERSARIAL))
        painter.setFont(self._figure_font)
        painter.setPen(theme.color("text"))
        self._paint_number(painter, row.clean, clean)
        if row.adversarial is not None:
            self._paint_number(painter, row.adversarial, adversarial)
        self._paint_name(painter, row, box)
        if place == self._focused and self.hasFocus():
            painter.setPen(QPen(theme.color("accent"), 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(box).adjusted(2, 1, -2, -1), 4, 4)

    def _paint_number(self, painter: QPainter, probability: float, beside: QRectF) -> None:
        """A percentage with its decimal point in line with the others'."""
        said = say_percent(probability)
        whole = said.removesuffix(" %").partition(".")[0]
        base = round(beside.center().y() - self._figures.height() / 2) + self._figures.ascent()
        point = self._columns.point
        painter.drawText(point - self._figures.horizontalAdvance(whole), base, whole)
        painter.drawText(point, base, said.removeprefix(whole))

    def _paint_name(self, painter: QPainter, row: Row, box: QRect) -> None:
        left = self._columns.name
        for mark in SAID:
            if mark in row.mark:
                paint_mark(painter, mark, QPointF(left + 4, box.center().y() + 0.5))
                left += MARK
        painter.setFont(self._name_font)
        painter.setPen(legible(theme.TARGET) if Mark.TARGET in row.mark else theme.color("text"))
        height = self._names.height()
        lines = self._lines(row.name, self._columns.bars - MARGIN - left)
        top = box.center().y() + 1 - len(lines) * height // 2
        for number, line in enumerate(lines):
            painter.drawText(left, top + number * height + self._names.ascent(), line)

    def _lines(self, name: str, width: int) -> tuple[str, ...]:
        if (name, width) not in self._wrapped:
            self._wrapped[name, width] = wrapped(name, width, self._names)
        return self._wrapped[name, width]

    # Mouse and keyboard

    def _place_at(self, point: QPoint) -> int:
        if point.y() < self._header():
            return -1
        place = (point.y() - self._header() + self.verticalScrollBar().value()) // self._pitch()
        return place if place < len(self._rows) else -1

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Marks the row under the pointer."""
        self._hover(self._place_at(event.position().toPoint()))

    def viewportEvent(self, event: QEvent) -> bool:
        """Forgets the row when the pointer leaves; tells a row in full."""
        if event.type() == QEvent.Type.Leave:
            self._hover(-1)
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            place = self._place_at(event.pos())
            QToolTip.showText(event.globalPos(), _tip(self._rows[place]) if place >= 0 else "", self.viewport())
            return True
        return super().viewportEvent(event)

    def _hover(self, place: int) -> None:
        if place != self._hovered:
            self._hovered = place
            shape = Qt.CursorShape.PointingHandCursor if place >= 0 else Qt.CursorShape.ArrowCursor
            self.viewport().setCursor(shape)
            self.viewport().update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Pins the class that was clicked, or lets it go."""
        place = self._place_at(event.position().toPoint())
        if place >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self._focus_on(place)
            self.pinToggled.emit(self._rows[place].label)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows move the focus; Space, Enter or P pins the class."""
        key, last = event.key(), len(self._rows) - 1
        places = {
            Qt.Key.Key_Up: self._focused - 1,
            Qt.Key.Key_Down: self._focused + 1,
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: last,
        }
        if not self._rows or (key not in places and key not in _KEYS):
            super().keyPressEvent(event)
        elif key in _KEYS:
            self.pinToggled.emit(self._rows[self._focused].label)
        else:
            self._focus_on(max(0, min(places[Qt.Key(key)], last)))

    def _focus_on(self, place: int) -> None:
        self._focused = place
        bar, pitch = self.verticalScrollBar(), self._pitch()
        bar.setValue(min(bar.value(), place * pitch))
        bar.setValue(max(bar.value(), (place + 1) * pitch - bar.pageStep()))
        self.setAccessibleDescription(str(self.focused))
        self.viewport().update()


def _tip(row: Row) -> str:
    return f"{row}\nClick to {'let go of' if Mark.PINNED in row.mark else 'pin'} this class."
