"""The list of all networks, with a line to search it: which are on this machine, and what the others weigh."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QSize, Qt, Signal, SignalInstance
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QMenu,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from engine.catalogue.downloads import Download, downloads
from engine.catalogue.models import NetworkCard, Source, all_networks, is_at_hand
from gui import theme
from gui.controls.section import Caption
from gui.icons import icon
from gui.panels.network_row import CARD, WHERE, NetworkRow
from gui.panels.network_search import Listed, search
from gui.panels.network_words import Heading, card_lines, heading, say_megabytes, say_parameters, say_where

WIDTH, HEIGHT, CARD_LINES = 56 * theme.GRID, 74 * theme.GRID, 11
_MOVES = {Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown}
_NOTHING = "No network fits. Try a family (ResNet), data (MNIST) or a class (frog); empty the line to see them all."


class NetworkList(QFrame):
    """A window that closes by itself: type what is known of it, choose with the arrow keys and Enter, or the mouse."""

    picked = Signal(str)
    """The name of the network that the user chose."""
    fileWanted = Signal()  # noqa: N815 - Qt's spelling of signals
    """The user wants to open a network of their own."""
    forgetRequested = Signal(str)  # noqa: N815
    """The name of a network of the user's own that is not wanted any more."""
    deleteRequested = Signal(str)  # noqa: N815
    """The name of a network whose downloaded weights are not wanted any more."""
    clearRequested = Signal()  # noqa: N815
    """The user wants to be rid of downloaded weights."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setAccessibleName("All networks")
        self._rows: list[Listed] = []
        self._chosen: QListWidgetItem | None = None
        self._downloads: dict[str, Download] = {}
        self.search = self._search_line()
        self.list = self._list()
        self._nothing = Caption(_NOTHING, self)
        self._nothing.hide()
        self.card = Caption(parent=self)
        self.card.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.card.setFixedHeight(CARD_LINES * self.card.fontMetrics().lineSpacing())
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
        rows = QVBoxLayout(self)
        rows.setContentsMargins(theme.GRID, theme.GRID, theme.GRID, theme.GRID)
        rows.setSpacing(theme.GRID // 2)
        for each in (self.search, self._nothing, self.list, self.card):
            rows.addWidget(each)
        rows.addLayout(foot)

    def _search_line(self) -> QLineEdit:
        made = QLineEdit(self)
        made.setPlaceholderText("Search by name, data or class")
        made.setAccessibleName("Search all networks by name, data or class")
        made.setClearButtonEnabled(True)
        made.addAction(icon("search"), QLineEdit.ActionPosition.LeadingPosition)
        made.textChanged.connect(self._on_search_changed)
        made.returnPressed.connect(self._on_enter_pressed)
        made.installEventFilter(self)
        return made

    def _list(self) -> QListWidget:
        made = QListWidget(self)
        made.setAccessibleName("Networks")
        made.setFrameShape(QFrame.Shape.NoFrame)
        made.setMouseTracking(True)
        made.setItemDelegate(NetworkRow(made))
        made.setFocusProxy(self.search)
        made.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        made.itemClicked.connect(self._pick)
        made.customContextMenuRequested.connect(self._on_menu_wanted)
        made.currentItemChanged.connect(self._show_card)
        return made

    def _button(self, text: str, tip: str) -> QPushButton:
        made = QPushButton(text, self)
        made.setToolTip(tip)
        made.setAccessibleName(f"{text.rstrip('…')}: {tip}")
        made.setAutoDefault(False)
        return made

    def open_below(self, widget: QWidget, chosen: str, typed: str = "") -> None:
        """Shows the list under a widget, on its screen, with the chosen network marked, or what ``typed`` finds."""
        self._fill(chosen)
        self.search.clear()
        self.search.setText(typed)
        free = widget.screen().availableGeometry()
        place = QRect(widget.mapToGlobal(QPoint(0, widget.height())), QSize(WIDTH, HEIGHT).boundedTo(free.size()))
        place.moveRight(min(place.right(), free.right()))
        place.moveBottom(min(place.bottom(), free.bottom()))
        self.setGeometry(place)
        self.show()
        self.search.setFocus()

    def _leave(self, signal: SignalInstance, *told: str) -> None:
        """Closes the list before what comes next opens."""
        self.close()
        signal.emit(*told)

    # The rows

    def _fill(self, chosen: str) -> None:
        self.list.clear()
        self._rows.clear()
        self._chosen = None
        self._downloads = {each.name: each for each in downloads()}
        parts: dict[Heading, list[tuple[NetworkCard, bool]]] = {each: [] for each in Heading}
        for card in all_networks().values():
            at_hand = is_at_hand(card)
            parts[heading(card, at_hand)].append((card, at_hand))
        for part, cards in parts.items():
            if cards:
                self._add_heading(part)
            for card, at_hand in cards:
                item = self._add(part, card, at_hand)
                if card.name == chosen:
                    self._chosen = item
        if self._chosen is not None:
            self.list.setCurrentItem(self._chosen)
        taken = sum(each.megabytes for each in self._downloads.values())
        self.cache.setText(f"Downloaded weights: {say_megabytes(taken)}" if taken else "")
        self.clear.setVisible(taken > 0)

    def _megabytes(self, name: str) -> float:
        """What the downloaded weights of a network take on the disk, in millions of bytes."""
        return self._downloads[name].megabytes if name in self._downloads else 0.0

    def _add_heading(self, part: Heading) -> None:
        item = QListWidgetItem(part.value, self.list)
        item.setFlags(Qt.ItemFlag.NoItemFlags)
        self._rows.append(Listed(item, part))

    def _add(self, part: Heading, card: NetworkCard, at_hand: bool) -> QListWidgetItem:
        where = say_where(card, at_hand, self._megabytes(card.name))
        item = QListWidgetItem(card.title, self.list)
        item.setData(CARD, card)
        item.setData(WHERE, where)
        said = f"{card.title}, {where}. {say_parameters(card)}. {part.value}."
        item.setData(Qt.ItemDataRole.AccessibleTextRole, said)
        self._rows.append(Listed(item, part, card, at_hand))
        return item

    def _show_card(self, item: QListWidgetItem | None) -> None:
        card = None if item is None else item.data(CARD)
        lines = () if card is None else card_lines(card)
        unwanted = "" if card is None else self._unwanted(card)
        self.card.setText("\n".join([*lines, *([f"Delete key or right click: {unwanted}."] if unwanted else [])]))

    # Choosing

    def _pick(self, item: QListWidgetItem) -> None:
        if item.flags() & Qt.ItemFlag.ItemIsEnabled:  # not a heading
            self._leave(self.picked, item.data(CARD).name)

    def _shown(self) -> list[QListWidgetItem]:
        """The networks that the search has found, without the headings."""
        return [each.item for each in self._rows if each.card is not None and not each.item.isHidden()]

    def _on_search_changed(self, text: str) -> None:
        found = search(text, self._rows)
        kept = {id(each) for each in found}
        headed = {each.part for each in found}
        for each in self._rows:
            each.item.setHidden(each.part not in headed if each.card is None else id(each) not in kept)
        self._nothing.setVisible(not found)
        if found:
            self.list.setCurrentItem(self._chosen if self._chosen is not None and not text else found[0].item)
        self._show_card(self.list.currentItem() if found else None)
        self.list.scrollToItem(self.list.currentItem())

    def _on_enter_pressed(self) -> None:
        if self.list.currentItem() in self._shown():
            self._pick(self.list.currentItem())

    # Being rid of one

    def _unwanted(self, card: NetworkCard) -> str:
        """What may be done with a network that is not wanted any more, in words; empty for those that stay."""
        if card.source is Source.FILE:
            return f"forget {card.title}"
        if card.name in self._downloads:
            return f"delete the weights of {card.title} ({say_megabytes(self._megabytes(card.name))})"
        return ""

    def _on_menu_wanted(self, place: QPoint) -> None:
        item = self.list.itemAt(place)
        if item is None or item.data(CARD) is None:
            return
        text = self._unwanted(item.data(CARD))
        if not text:
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(f"{text[0].upper()}{text[1:]}").triggered.connect(lambda: self.be_rid_of(item))
        menu.popup(self.list.viewport().mapToGlobal(place))

    def be_rid_of(self, item: QListWidgetItem) -> None:
        """Asks for a network of the user's own to be forgotten, or for downloaded weights to be deleted."""
        card = item.data(CARD)
        if card.source is Source.FILE:
            self._leave(self.forgetRequested, card.name)
        elif card.name in self._downloads:
            self._leave(self.deleteRequested, card.name)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keys that move go to the list while the search line is typed in; Delete at the line's end is the list's."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() in _MOVES:
                self.list.event(event)
                return True
            if event.key() == Qt.Key.Key_Delete and self._has_nothing_to_delete():
                item = self.list.currentItem()
                if item in self._shown():
                    self.be_rid_of(item)
                return True
        return super().eventFilter(watched, event)

    def _has_nothing_to_delete(self) -> bool:
        """Whether the Delete key would do nothing in the search line."""
        return self.search.cursorPosition() == len(self.search.text()) and not self.search.hasSelectedText()
