"""How a network stands in the list of all: two lines, drawn."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QFontMetrics, QHelpEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolTip,
    QWidget,
)

from gui import theme
from gui.panels.network_words import describe, say_parameters, say_skill

CARD = Qt.ItemDataRole.UserRole
"""Of an item: the network's card; None makes it a heading."""
WHERE = Qt.ItemDataRole.UserRole + 1
"""Of an item: where the weights are, in words."""

_NARROWEST = 24 * theme.GRID
_TOP_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop
_TOP_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop
_BOTTOM_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom

Index = QModelIndex | QPersistentModelIndex


class NetworkRow(QStyledItemDelegate):
    """A network's title and size; on the right whether it is here, or what it weighs. Or a heading."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        title, caption = (
            QFontMetrics(theme.font(kind)).lineSpacing() for kind in (theme.Type.BODY, theme.Type.CAPTION)
        )
        self._size = QSize(_NARROWEST, title + caption + theme.GRID)
        self._heading_size = QSize(_NARROWEST, caption + 2 * theme.GRID)

    def sizeHint(self, _option: QStyleOptionViewItem, index: Index) -> QSize:
        """Two lines; a heading is one, with room above."""
        return self._heading_size if index.data(CARD) is None else self._size

    def helpEvent(self, event: QHelpEvent, view: QAbstractItemView, option: QStyleOptionViewItem, index: Index) -> bool:
        """What the card says, worded only when it is asked for: there may be thousands."""
        if event.type() != QEvent.Type.ToolTip or index.data(CARD) is None:
            return super().helpEvent(event, view, option, index)
        QToolTip.showText(event.globalPos(), describe(index.data(CARD)), view)
        return True

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draws the row."""
        painter.save()
        if index.data(CARD) is None:
            _paint_heading(painter, option.rect, index.data())
        else:
            _paint_network(painter, option, index)
        painter.restore()


def _paint_heading(painter: QPainter, row: QRect, text: str) -> None:
    painter.setFont(theme.font(theme.Type.CAPTION, bold=True))
    painter.setPen(theme.color("muted"))
    _write(painter, row.adjusted(theme.GRID, 0, -theme.GRID, -theme.GRID // 2), _BOTTOM_LEFT, text)


def _paint_network(painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
    card, where = index.data(CARD), index.data(WHERE)
    is_current = bool(option.state & QStyle.StateFlag.State_Selected)
    if is_current or option.state & QStyle.StateFlag.State_MouseOver:
        painter.fillRect(option.rect, theme.color("accent" if is_current else "alternate"))
    inside = option.rect.adjusted(theme.GRID, theme.GRID // 2, -theme.GRID, -theme.GRID // 2)
    painter.setFont(theme.font(theme.Type.CAPTION))
    painter.setPen(theme.color("on_accent" if is_current else "muted"))
    beside = painter.fontMetrics().horizontalAdvance(where) + theme.GRID
    _write(painter, inside, _TOP_RIGHT, where)
    _write(painter, inside, _BOTTOM_LEFT, f"{say_parameters(card)} · {say_skill(card)}")
    painter.setFont(theme.font(theme.Type.BODY))
    painter.setPen(theme.color("on_accent" if is_current else "text"))
    _write(painter, inside.adjusted(0, 0, -beside, 0), _TOP_LEFT, card.title)


def _write(painter: QPainter, place: QRect, alignment: Qt.AlignmentFlag, text: str) -> None:
    """Draws one line, cut where its place ends."""
    shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, place.width())
    painter.drawText(place, alignment, shown)
