"""What the model's panel shows of a download: the question before it, and how far it has come."""

from __future__ import annotations

from urllib.parse import urlsplit

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QToolButton, QVBoxLayout, QWidget

from engine.catalogue.downloads import megabytes_arrived
from engine.catalogue.models import NetworkCard, Source
from gui import theme
from gui.controls.section import Caption
from gui.icons import icon
from gui.panels.network_words import say_arrived, say_megabytes


class Question(QWidget):
    """Asks whether the weights of a network may be downloaded."""

    agreed = Signal(str)
    """The name of the network."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._name = ""
        self.text = Caption(parent=self)
        self.download = QPushButton(icon("download"), "Download", self)
        self.cancel = QPushButton("Cancel", self)
        self.download.clicked.connect(self._on_download_clicked)
        self.cancel.clicked.connect(self.hide)
        buttons = QHBoxLayout()
        buttons.setSpacing(theme.GRID)
        buttons.addWidget(self.download, 1)
        buttons.addWidget(self.cancel)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, theme.GRID // 2, 0, 0)
        rows.setSpacing(theme.GRID // 2)
        rows.addWidget(self.text)
        rows.addLayout(buttons)
        self.hide()

    def ask(self, card: NetworkCard, *, takes_keyboard: bool = True) -> None:
        """Shows the question; Download has the keyboard, unless the user is busy elsewhere."""
        self._name = card.name
        host = urlsplit(card.url).hostname
        if host:
            said = f"{_say_missing(card)} Download {'what is left' if megabytes_arrived(card) else 'them'} from {host}?"
        elif card.source is Source.FILE:
            said = f"{card.title}'s file is no longer at {card.file}. Put it back, or open it from where it is now."
        else:
            said = f"{card.title}'s weights are missing: installing Foolscope again brings them back."
        self.text.setText(said)
        self.download.setVisible(bool(host))
        self.setAccessibleName(said)
        self.show()
        if takes_keyboard:
            (self.download if host else self.cancel).setFocus(Qt.FocusReason.PopupFocusReason)

    def _on_download_clicked(self) -> None:
        self.hide()
        self.agreed.emit(self._name)


class Download(QWidget):
    """How far the weights of a network have come, and a button to stop them."""

    def __init__(self, card: NetworkCard, parent: QWidget) -> None:
        super().__init__(parent)
        self._card = card
        self._is_stopping = False
        self._text = Caption(parent=self)
        self.bar = QProgressBar(self)
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(theme.GRID)
        self.bar.setAccessibleName(f"Download of {card.title}")
        self.cancel = QToolButton(self)
        self.cancel.setIcon(icon("cancel"))
        self.cancel.setAutoRaise(True)
        self.cancel.setToolTip(f"Stop the download of {card.title}")
        self.cancel.setAccessibleName(self.cancel.toolTip())
        self.cancel.clicked.connect(self._on_cancel_clicked)
        left = QVBoxLayout()
        left.setSpacing(2)
        left.addWidget(self._text)
        left.addWidget(self.bar)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, theme.GRID // 2, 0, 0)
        row.setSpacing(theme.GRID // 2)
        row.addLayout(left, 1)
        row.addWidget(self.cancel)

    @property
    def said(self) -> str:
        """How far, in words."""
        return self._text.text()

    def show_progress(self, done: float, total: float | None, detail: str = "") -> None:
        """Shows ``done`` of ``total``, and what it is at if that is more than downloading."""
        fraction = min(1.0, max(0.0, done / total)) if total else 0.0
        self.bar.setValue(round(1000 * fraction))
        self._text.setText(
            f"{self._card.title}: {'stopping' if self._is_stopping else self._say(fraction, total, detail)}"
        )

    def _say(self, fraction: float, total: float | None, detail: str) -> str:
        if not total:
            return "waiting to begin"
        whole = self._card.megabytes
        return detail or say_arrived(fraction * whole, whole)

    def _on_cancel_clicked(self) -> None:
        """A server that has fallen silent is left some seconds later: until then, this says that it was heard."""
        self._is_stopping = True
        self.cancel.setEnabled(False)
        self._text.setText(f"{self._card.title}: stopping")


def _say_missing(card: NetworkCard) -> str:
    """What of a network's weights is not on this machine."""
    arrived = megabytes_arrived(card)
    if arrived:
        return f"{card.title}'s weights are here in part: {say_arrived(arrived, card.megabytes)}."
    return f"{card.title}'s weights ({say_megabytes(card.megabytes)}) are not on this machine."
