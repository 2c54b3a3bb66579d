"""The backprop walk: the gradient on its way back through this network, and by hand through a tiny one."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from engine.frame import Frame
from engine.inside import Architecture
from engine.look import Part
from engine.request import Request
from gui import theme
from gui.bind import follow
from gui.controls.segmented import Choice, Segmented
from gui.session import Session
from gui.views.base import FrameView
from gui.views.walk.hand import HandPage
from gui.views.walk.network import NetworkPage

_PAGES = (
    Choice("network", "This network", "How large the gradient is at every layer, on its way back to the picture"),
    Choice("hand", "By hand", "The chain rule, number by number, through a tiny network that can be edited"),
)


class WalkView(FrameView):
    """Two pages under one row of controls."""

    needs = frozenset({Part.GRADIENTS, Part.ARCHITECTURE})

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self._architecture: Architecture | None = None
        self.network, self.hand = NetworkPage(self), HandPage(self)
        self.network.chosen.connect(lambda layer: session.look_at(layer=layer))
        self.pages = Segmented("What is walked through", self)
        self.pages.offer(_PAGES)
        self.pages.chosen.connect(self.show_page)
        self._bars, self._stack = QStackedWidget(self), QStackedWidget(self)
        for page in (self.network, self.hand):
            self._bars.addWidget(page.bar)
            self._stack.addWidget(page)
        self._bars.setFixedHeight(max(page.bar.sizeHint().height() for page in (self.network, self.hand)))
        self._lay_out()
        self.show_page("network")
        follow(session, self._on_look_changed, "look")

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(2 * theme.GRID)
        head.addWidget(self.pages)
        head.addWidget(self._bars, 1)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(theme.GRID, 2, theme.GRID, 2)
        rows.setSpacing(theme.GRID // 2)
        rows.addLayout(head)
        rows.addWidget(self._stack, 1)

    def show_page(self, name: object) -> None:
        """Turns to a page: ``"network"`` or ``"hand"``."""
        self.pages.show_value(str(name))
        page = self.hand if name == "hand" else self.network
        self._bars.setCurrentWidget(page.bar)
        self._stack.setCurrentWidget(page)
        if self.isVisible():
            self._ask()

    @property
    def wanted(self) -> frozenset[str]:
        """Nothing while a tiny network is walked through by hand."""
        return self.needs if self._stack.currentWidget() is self.network else frozenset()

    def draw(self, frame: Frame) -> None:
        """Shows the gradients of a frame, or the last ones."""
        inside = frame.inside
        self._architecture = inside.architecture or self._architecture
        if inside.gradients is None:
            self.network.show_hint(inside.notes)
            return
        label, network = inside.gradients.label, frame.network
        known = network is not None and label < len(network.classes)
        name = network.classes[label] if known and network is not None else f"class {label}"
        self.network.show_walk(inside.gradients, self._architecture, name)
        self._select()

    def _on_look_changed(self, _request: Request) -> None:
        self._select()

    def _select(self) -> None:
        frame, chosen = self.session.frame, self.session.request.look.layer
        self.network.select(chosen or ("" if frame is None else frame.inside.layer))

    def minimumSizeHint(self) -> QSize:
        """As low as the docks of the window may become."""
        return QSize(super().minimumSizeHint().width(), 20 * theme.GRID)
