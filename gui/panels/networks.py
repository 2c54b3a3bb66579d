"""The list of all networks, with a line to search it: which are on this machine, and what the others weigh."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import (
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    Signal,
    SignalInstance,
)
from PySide6.QtGui import QFontMetrics, QHelpEvent, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QMenu,
    QPushButton,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolTip,
    QVBoxLayout,
    QWidget,
)

from engine.catalogue.downloads import downloads
from engine.catalogue.models import NetworkCard, Source, all_networks, is_at_hand
from gui import theme
from gui.controls.section import Caption
from gui.icons import icon
from gui.panels.network_words import Heading, card_lines, describe, heading, say_parameters, say_skill, say_where

WIDTH, HEIGHT, CARD_LINES = 48 * theme.GRID, 66 * theme.GRID, 8
_CARD = Qt.ItemDataRole.UserRole
_AT_HAND = Qt.ItemDataRole.UserRole + 1
_MOVES = {Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown}

Index = QModelIndex | QPersistentModelIndex


class NetworkList(QFrame):
    """A window that closes by itself: type a part of a name, choose with the arrow keys and Enter, or the mouse."""

    picked = Signal(str)
    """The name of the network that the user chose."""
    fileWanted = Signal()  # noqa: N815 - Qt's spelling of signals
    """The user wants to open a network of their own."""
    forgetRequested = Signal(str)  # noqa: N815
    """The name of a network of the user's own that is not wanted any more."""
    clearRequested = Signal()  # noqa: N815
    """The user wants to be rid of downloaded weights."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setAccessibleName("All networks")
        self.search = self._search()
        self.list = QListWidget(self)
        self.list.setAccessibleName("Networks")
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setMouseTracking(True)
        self.list.setItemDelegate(_Row(self.list))
        self.list.setFocusProxy(self.search)
        self.list.itemClicked.connect(self._pick)
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.list.customContextMenuRequested.connect(self._on_menu_wanted)
        self._rows: list[_Listed] = []
        self._nothing = Caption("No network is called that. Empty the line to see them all.", self)
        self._nothing.hide()
        self.card = Caption(parent=self)
        self.card.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.card.setFixedHeight(CARD_LINES * self.card.fontMetrics().lineSpacing())
        self.list.currentItemChanged.connect(self._on_current_changed)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(theme.GRID, theme.GRID, theme.GRID, theme.GRID)
        rows.setSpacing(theme.GRID // 2)
        self.cache = Caption(parent=self)
        self.open_file = self._button("Open a network file…", "Your own: weights, TorchScript, torch.export or ONNX")
        self.clear = self._button("Delete…", "Delete downloaded weights")
        self.open_file.clicked.connect(lambda: self._leave(self.fileWanted))
        self.clear.clicked.connect(lambda: self._leave(self.clearRequested))
        foot = QHBoxLayout()
        foot.setSpacing(theme.GRID)
        foot.addWidget(self.open_file)
        foot.addWidget(self.cache, 1)
        foot.addWidget(self.clear)
        for each in (self.search, self._nothing, self.list, self.card):
            rows.addWidget(each)
        rows.addLayout(foot)

    def _button(self, text: str, tip: str) -> QPushButton:
        made = QPushButton(text, self)
        made.setToolTip(tip)
        made.setAccessibleName(f"{text.rstrip('…')}: {tip}")
        made.setAutoDefault(False)
        return made

    def _leave(self, signal: SignalInstance) -> None:
        """Closes the list before what comes next opens."""
        self.close()
        signal.emit()

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
        self._rows.clear()
        parts: dict[Heading, list[tuple[NetworkCard, bool]]] = {each: [] for each in Heading}
        for card in all_networks().values():
            at_hand = is_at_hand(card)
            parts[heading(card, at_hand)].append((card, at_hand))
        for part, cards in parts.items():
            if cards:
                self._add_heading(part)
            for card, at_hand in cards:
                self._add(part, card, at_hand)
                if card.name == chosen:
                    self.list.setCurrentRow(self.list.count() - 1)
        megabytes = sum(each.megabytes for each in downloads())
        self.cache.setText(f"Downloaded weights: {megabytes:.0f} MB" if megabytes else "")
        self.clear.setVisible(megabytes > 0)

    def _on_current_changed(self, item: QListWidgetItem | None) -> None:
        card = None if item is None else item.data(_CARD)
        self.card.setText("" if card is None else "\n".join(card_lines(card)))

    def _add_heading(self, part: Heading) -> None:
        item = QListWidgetItem(part.value, self.list)
        item.setFlags(Qt.ItemFlag.NoItemFlags)
        self._rows.append(_Listed(item, part, None, ""))

    def _add(self, part: Heading, card: NetworkCard, at_hand: bool) -> None:
        item = QListWidgetItem(card.title, self.list)
        item.setData(_CARD, card)
        item.setData(_AT_HAND, at_hand)
        said = f"{card.title}, {say_where(card, at_hand)}. {say_parameters(card)}. {part.value}."
        item.setData(Qt.ItemDataRole.AccessibleTextRole, said)
        self._rows.append(_Listed(item, part, card, f"{card.title} {card.family} {card.name}".casefold()))

    def _pick(self, item: QListWidgetItem) -> None:
        if item.flags() & Qt.ItemFlag.ItemIsEnabled:  # not a heading
            self.close()
            self.picked.emit(item.data(_CARD).name)

    def _shown(self) -> list[QListWidgetItem]:
        """The networks that the search has found, without the headings."""
        return [each.item for each in self._rows if each.card is not None and not each.item.isHidden()]

    def _on_search_changed(self, text: str) -> None:
        words = text.casefold().split()
        found = [each for each in self._rows if each.card is not None and all(word in each.told for word in words)]
        kept = {id(each) for each in found}
        headed = {each.part for each in found}
        for each in self._rows:
            each.item.setHidden(each.part not in headed if each.card is None else id(each) not in kept)
        shown = self._shown()
        self._nothing.setVisible(not shown)
        if shown and self.list.currentItem() not in shown:
            self.list.setCurrentItem(shown[0])
        self.list.scrollToItem(self.list.currentItem())

    def _on_enter_pressed(self) -> None:
        if self.list.currentItem() in self._shown():
            self._pick(self.list.currentItem())

    # Forgetting

    def _on_menu_wanted(self, place: QPoint) -> None:
        item = self.list.itemAt(place)
        if item is None or item.data(_CARD) is None or item.data(_CARD).source is not Source.FILE:
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        forget = menu.addAction(f"Forget {item.data(_CARD).title}")
        forget.triggered.connect(lambda: self.forget(item))
        menu.popup(self.list.viewport().mapToGlobal(place))

    def forget(self, item: QListWidgetItem) -> None:
        """Asks for a network of the user's own to be forgotten; every other stays."""
        card = item.data(_CARD)
        if card.source is Source.FILE:
            self.close()
            self.forgetRequested.emit(card.name)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keys that move go to the list while the search line is typed in; Delete in an empty line forgets."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() in _MOVES:
                self.list.event(event)
                return True
            item = self.list.currentItem()
            if event.key() == Qt.Key.Key_Delete and not self.search.text() and item in self._shown():
                self.forget(item)
                return True
        return super().eventFilter(watched, event)


@dataclass(frozen=True)
class _Listed:
    """A row of the list: a network, or a heading where ``card`` is None; ``told`` is what is searched."""

    item: QListWidgetItem
    part: Heading
    card: NetworkCard | None
    told: str


class _Row(QStyledItemDelegate):
    """A network's title and size; on the right whether it is here, or what it weighs. Or a heading."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        title, caption = (
            QFontMetrics(theme.font(kind)).lineSpacing() for kind in (theme.Type.BODY, theme.Type.CAPTION)
        )
        self._size = QSize(WIDTH // 2, title + caption + theme.GRID)
        self._heading_size = QSize(WIDTH // 2, caption + 2 * theme.GRID)

    def sizeHint(self, _option: QStyleOptionViewItem, index: Index) -> QSize:
        """Two lines; a heading is one, with room above."""
        return self._heading_size if index.data(_CARD) is None else self._size

    def helpEvent(self, event: QHelpEvent, view: QAbstractItemView, option: QStyleOptionViewItem, index: Index) -> bool:
        """What the card says, worded only when it is asked for: there may be thousands."""
        if event.type() != QEvent.Type.ToolTip or index.data(_CARD) is None:
            return super().helpEvent(event, view, option, index)
        QToolTip.showText(event.globalPos(), describe(index.data(_CARD)), view)
        return True

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draws the row."""
        card, at_hand = index.data(_CARD), index.data(_AT_HAND)
        if card is None:
            self._paint_heading(painter, option, index.data())
            return
        is_current = bool(option.state & QStyle.StateFlag.State_Selected)
        is_under_mouse = bool(option.state & QStyle.StateFlag.State_MouseOver)
        painter.save()
        if is_current or is_under_mouse:
            painter.fillRect(option.rect, theme.color("accent" if is_current else "alternate"))
        inside = option.rect.adjusted(theme.GRID, theme.GRID // 2, -theme.GRID, -theme.GRID // 2)
        strong, weak = ("on_accent", "on_accent") if is_current else ("text", "muted")
        painter.setFont(theme.font(theme.Type.BODY))
        painter.setPen(theme.color(strong))
        where = say_where(card, at_hand)
        room = inside.width() - QFontMetrics(theme.font(theme.Type.CAPTION)).horizontalAdvance(where) - theme.GRID
        title = painter.fontMetrics().elidedText(card.title, Qt.TextElideMode.ElideRight, room)
        painter.drawText(inside, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, title)
        painter.setFont(theme.font(theme.Type.CAPTION))
        painter.setPen(theme.color(weak))
        below = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom
        told = f"{say_parameters(card)} · {say_skill(card)}"
        told = painter.fontMetrics().elidedText(told, Qt.TextElideMode.ElideRight, inside.width())
        painter.drawText(inside, below, told)
        beside = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop
        painter.drawText(inside, beside, where)
        painter.restore()

    def _paint_heading(self, painter: QPainter, option: QStyleOptionViewItem, text: str) -> None:
        painter.save()
        painter.setFont(theme.font(theme.Type.CAPTION, bold=True))
        painter.setPen(theme.color("muted"))
        inside = option.rect.adjusted(theme.GRID, 0, -theme.GRID, -theme.GRID // 2)
        shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, inside.width())
        painter.drawText(inside, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom, shown)
        painter.restore()
