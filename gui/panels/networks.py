"""The list of all networks, with a line to search it: which are on this machine, and what the others weigh."""

from __future__ import annotations

from textwrap import fill

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from engine.catalogue.models import NETWORKS, NetworkCard, is_at_hand
from gui import theme
from gui.controls.section import Caption
from gui.icons import icon

WIDTH, HEIGHT = 44 * theme.GRID, 52 * theme.GRID
_CARD = Qt.ItemDataRole.UserRole
_AT_HAND = Qt.ItemDataRole.UserRole + 1
_MOVES = {Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown}

Index = QModelIndex | QPersistentModelIndex


def say_parameters(card: NetworkCard) -> str:
    """How large a network is."""
    return f"{card.parameters / 1e6:.1f} M parameters"


def say_input(card: NetworkCard) -> str:
    """What a network sees."""
    return f"{card.size[1]} × {card.size[0]} pixels"


def describe(card: NetworkCard) -> str:
    """Everything of the card that a reader may want to know before choosing."""
    return (
        f"{fill(card.note, 72)}\n"
        f"{say_parameters(card)}, trained on {card.data}. Top-1 accuracy as published: {card.top1}.\n"
        f"Licence of the weights: {card.licence}."
    )


class NetworkList(QFrame):
    """A window that closes by itself: type a part of a name, choose with the arrow keys and Enter, or the mouse."""

    picked = Signal(str)
    """The name of the network that the user chose."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setAccessibleName("All networks")
        self.search = self._search()
        self.list = QListWidget(self)
        self.list.setAccessibleName("Networks")
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setUniformItemSizes(True)
        self.list.setMouseTracking(True)
        self.list.setItemDelegate(_Row(self.list))
        self.list.setFocusProxy(self.search)
        self.list.itemClicked.connect(self._pick)
        self._nothing = Caption("No network is called that. Empty the line to see them all.", self)
        self._nothing.hide()
        rows = QVBoxLayout(self)
        rows.setContentsMargins(theme.GRID, theme.GRID, theme.GRID, theme.GRID)
        rows.setSpacing(theme.GRID // 2)
        for each in (self.search, self._nothing, self.list):
            rows.addWidget(each)

    def _search(self) -> QLineEdit:
        made = QLineEdit(self)
        made.setPlaceholderText("Search all networks")
        made.setAccessibleName("Search all networks")
        made.setClearButtonEnabled(True)
        made.addAction(icon("search"), QLineEdit.ActionPosition.LeadingPosition)
        made.textChanged.connect(self._on_search_changed)
        made.returnPressed.connect(self._on_enter_pressed)
        made.installEventFilter(self)
        return made

    def open_below(self, widget: QWidget, chosen: str) -> None:
        """Shows the list under a widget, on its screen, with the chosen network marked."""
        self._fill(chosen)
        self.search.clear()
        free = widget.screen().availableGeometry()
        place = QRect(widget.mapToGlobal(QPoint(0, widget.height())), QSize(WIDTH, HEIGHT).boundedTo(free.size()))
        place.moveRight(min(place.right(), free.right()))
        place.moveBottom(min(place.bottom(), free.bottom()))
        self.setGeometry(place)
        self.show()
        self.search.setFocus()

    def _fill(self, chosen: str) -> None:
        self.list.clear()
        for at_hand, card in sorted(
            ((is_at_hand(card), card) for card in NETWORKS.values()), key=lambda each: -each[0]
        ):
            item = QListWidgetItem(card.title, self.list)
            item.setData(_CARD, card.name)
            item.setData(_AT_HAND, at_hand)
            item.setToolTip(describe(card))
            said = "on this machine" if at_hand else f"to be downloaded, {card.megabytes:.0f} MB"
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{card.title}, {said}. {say_parameters(card)}.")
            if card.name == chosen:
                self.list.setCurrentItem(item)

    def _pick(self, item: QListWidgetItem) -> None:
        self.close()
        self.picked.emit(item.data(_CARD))

    def _items(self) -> list[QListWidgetItem]:
        return [self.list.item(row) for row in range(self.list.count())]

    def _shown(self) -> list[QListWidgetItem]:
        return [each for each in self._items() if not each.isHidden()]

    def _on_search_changed(self, text: str) -> None:
        words = text.casefold().split()
        for item in self._items():
            card = NETWORKS[item.data(_CARD)]
            told = f"{card.title} {card.family} {card.name}".casefold()
            item.setHidden(not all(word in told for word in words))
        shown = self._shown()
        self._nothing.setVisible(not shown)
        if shown and self.list.currentItem() not in shown:
            self.list.setCurrentItem(shown[0])
        self.list.scrollToItem(self.list.currentItem())

    def _on_enter_pressed(self) -> None:
        if self.list.currentItem() in self._shown():
            self._pick(self.list.currentItem())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keys that move go to the list while the search line is typed in."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and event.key() in _MOVES:
            self.list.event(event)
            return True
        return super().eventFilter(watched, event)


class _Row(QStyledItemDelegate):
    """A network's title and size; on the right whether it is here, or what it weighs."""

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        """Two lines."""
        lines = [QFontMetrics(theme.font(kind)).lineSpacing() for kind in (theme.Type.BODY, theme.Type.CAPTION)]
        return QSize(WIDTH // 2, sum(lines) + theme.GRID)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draws the row."""
        card, at_hand = NETWORKS[index.data(_CARD)], index.data(_AT_HAND)
        is_current = bool(option.state & QStyle.StateFlag.State_Selected)
        is_under_mouse = bool(option.state & QStyle.StateFlag.State_MouseOver)
        painter.save()
        if is_current or is_under_mouse:
            painter.fillRect(option.rect, theme.color("accent" if is_current else "alternate"))
        inside = option.rect.adjusted(theme.GRID, theme.GRID // 2, -theme.GRID, -theme.GRID // 2)
        strong, weak = ("on_accent", "on_accent") if is_current else ("text", "muted")
        painter.setFont(theme.font(theme.Type.BODY))
        painter.setPen(theme.color(strong))
        painter.drawText(inside, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, card.title)
        painter.setFont(theme.font(theme.Type.CAPTION))
        painter.setPen(theme.color(weak))
        below = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom
        painter.drawText(inside, below, f"{say_parameters(card)} · top-1 {card.top1}")
        where = "on this machine" if at_hand else f"{card.megabytes:.0f} MB to download"
        painter.drawText(inside, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop, where)
        painter.restore()
