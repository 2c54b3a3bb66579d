"""The same slider for two networks: the bench's and its twin, each under its own attack on the same picture."""

from __future__ import annotations

from typing import Final

from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from engine.catalogue.models import title_of
from engine.catalogue.twins import twins_of
from engine.frame import Frame, Stage
from engine.request import Request
from engine.wording import say_epsilon
from gui import theme
from gui.bind import follow
from gui.controls.network_line import NetworkLine
from gui.session import Session
from gui.views.base import FrameView
from gui.views.models.offers import TwinOffers
from gui.views.models.side import Side, gain_for
from gui.views.pane_readout import Readout

EMPTY: Final = (
    "Choose a second network above: it is shown the same picture, and the same attack with the same ε is made on it, "
    "by itself."
)
WAITING: Final = "It is being attacked …"
LINE_WIDTH: Final = 30 * theme.GRID


class TwinView(FrameView):
    """Perturbation, perturbed picture and answers of both, with one scale; above them the line to choose the twin."""

    needs = frozenset({"twin"})

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self._shown = self._better = ""
        self.label = QLabel("Beside the bench", self)
        self.line = NetworkLine("The twin", "Choose a network …", keeps=True, parent=self)
        self.line.setFixedWidth(LINE_WIDTH)
        self.label.setBuddy(self.line)
        self.line.picked.connect(self._on_line_picked)
        self.readout = Readout(self)
        self.bench, self.twin = Side("Bench", self), Side("Twin", self)
        self.offers = TwinOffers(self)
        self.offers.picked.connect(self._on_line_picked)
        self.instead = QPushButton(self)
        self.instead.setToolTip("Built like the network on the bench, and trained in another way")
        self.instead.clicked.connect(lambda: self._on_line_picked(self._better))
        self._lay_out()
        follow(session, self._on_choice_changed, "twin", "model")

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(theme.GRID)
        head.addWidget(self.label)
        head.addWidget(self.line)
        head.addWidget(self.instead)
        head.addSpacing(theme.GRID)
        head.addWidget(self.readout, 1)
        sides = QHBoxLayout()
        sides.setSpacing(2 * theme.GRID)
        sides.addWidget(self.bench, 1)
        beside = QVBoxLayout()
        beside.addWidget(self.twin, 1)
        beside.addWidget(self.offers, 1)
        sides.addLayout(beside, 1)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(theme.GRID, theme.GRID // 2, theme.GRID, theme.GRID // 2)
        rows.setSpacing(theme.GRID // 2)
        rows.addLayout(head)
        rows.addLayout(sides, 1)

    def draw(self, frame: Frame) -> None:
        """Shows both; while the twin is still attacked, its last pictures stay."""
        twin = frame.twin
        own = None if twin is None else twin.frame
        gain = gain_for(*(each for each in (frame, own) if each is not None))
        if frame.attacked is not None:
            self.bench.show_frame(frame, gain, "on the bench")
        if twin is None or own is None:
            return
        if own.failure is not None:
            self.twin.say(str(own.failure))
        elif own.attacked is not None:
            self._shown = own.request.model
            self.twin.show_frame(own, gain, "beside it")
        self.readout.say(_say(frame, own, twin.note))

    def recolour(self) -> None:
        """Takes the colours of the theme."""
        for side in (self.bench, self.twin):
            side.scale.recolour()
            side.seen.recolour()

    def _on_choice_changed(self, request: Request) -> None:
        self.line.show_title(title_of(request.twin) if request.twin else "")
        if request.twin != self._shown or not request.twin:
            self._shown = ""
            self.twin.say(WAITING if request.twin else EMPTY)
            self.readout.say("")
        self._offer(request)

    def _offer(self, request: Request) -> None:
        """The twins of the network on the bench; beside a stranger to it, the first of them."""
        twins = twins_of(request.model)
        self.offers.show_twins(() if request.twin else twins)
        is_strange = bool(request.twin) and request.twin not in {each.name for each in twins}
        self.instead.setVisible(is_strange and bool(twins))
        if is_strange and twins:
            self._better = twins[0].name
            self.instead.setText(f"Take {twins[0].title} instead")

    def _on_line_picked(self, name: str) -> None:
        self.session.propose(twin=name)
        self.session.settle()


def _say(frame: Frame, own: Frame, note: str) -> str:
    """What both have in common, and what is to be known of the comparison."""
    if own.failure is not None:
        return ""
    request = frame.request
    is_done = own.stage >= Stage.ATTACKED
    said = f"The same attack with ε = {say_epsilon(request.epsilon, request.norm)} on each by itself"
    sizes = {each.network.size for each in (frame, own) if each.network is not None}
    if len(sizes) > 1:
        said += "; their pictures are of different sizes"
    return " · ".join(each for each in (said if is_done else f"{said}, under way", note.rstrip(".")) if each)
