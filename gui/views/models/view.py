"""A row of networks that look at the bench's pictures: which of them does the attack carry over to?"""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from engine.catalogue.joining import Joining
from engine.catalogue.models import known_network, title_of
from engine.frame import Frame
from engine.request import Request, RequestError
from gui import theme
from gui.bind import follow
from gui.controls.network_line import NetworkLine
from gui.controls.section import Caption
from gui.controls.segmented import Choice, Segmented
from gui.session import Session
from gui.views.base import FrameView
from gui.views.models.card import ScoreCard
from gui.views.models.words import say_row
from gui.views.pane_readout import Readout

EMPTY: Final = (
    "Add a network above: it is shown the pictures of the bench, and its lamp tells whether the attack, "
    "made without it, fools it too."
)
LINE_WIDTH: Final = 30 * theme.GRID
_NAMES: Final = {Joining.LOGITS: "logits", Joining.PROBABILITIES: "probabilities", Joining.LOSS: "losses"}


class ModelsView(FrameView):
    """Lamps from left to right, the bench's network first; above them a line to add one, and how they are joined."""

    needs = frozenset({"scores"})

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.cards: list[ScoreCard] = []
        self.line = NetworkLine("Add a network", "Add a network …", keeps=False, parent=self)
        self.line.setFixedWidth(LINE_WIDTH)
        self.line.picked.connect(self._on_line_picked)
        self.joining = self._joining()
        self.joining_label = QLabel("Average their", self)
        self.readout = Readout(self)
        self.hint = Caption(EMPTY, self)
        self.hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._lay_out()
        follow(session, self._on_choice_changed, "model", "others", "together", "joining")

    def _joining(self) -> Segmented:
        made = Segmented("What is averaged over the networks that the attack is crafted on", self)
        made.offer([Choice(each, _NAMES[each], each.tip) for each in Joining])
        made.chosen.connect(self._on_joining_chosen)
        return made

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(theme.GRID)
        for each in (self.line, self.joining_label, self.joining):
            head.addWidget(each)
        head.addSpacing(theme.GRID)
        head.addWidget(self.readout, 1)
        self._row = QWidget(self)
        self._places = QHBoxLayout(self._row)
        self._places.setContentsMargins(0, 0, 0, 0)
        self._places.setSpacing(theme.GRID)
        self._places.addWidget(self.hint, 100)
        self._places.addStretch(1)  # where there is no hint, the cards stand on the left
        self._area = QScrollArea(self)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # it follows the focus of what it holds
        self._area.setWidgetResizable(True)
        self._area.setWidget(self._row)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(theme.GRID, theme.GRID // 2, theme.GRID, theme.GRID // 2)
        rows.setSpacing(theme.GRID // 2)
        rows.addLayout(head)
        rows.addWidget(self._area, 1)

    # What is chosen

    def _on_choice_changed(self, request: Request) -> None:
        names = (request.model, *request.beside)
        if [each.name for each in self.cards] != list(names):
            self._make_cards(names)
        bench = known_network(request.model)
        for each in self.cards:
            each.show_choice(known_network(each.name), bench, is_crafted_on=each.name in request.together)
        is_joined = any(each in request.together for each in request.beside)
        self.joining.setVisible(is_joined)
        self.joining_label.setVisible(is_joined)
        with QSignalBlocker(self.joining):
            self.joining.show_value(request.joining)
        self.hint.setVisible(not request.beside)

    def _make_cards(self, names: tuple[str, ...]) -> None:
        """A card for every network, those that stay are kept."""
        kept = {(each.name, each.on_bench): each for each in self.cards}
        wanted = [(name, place == 0) for place, name in enumerate(names)]
        self.cards = [kept.pop(each) if each in kept else self._card(each[0], on_bench=each[1]) for each in wanted]
        for gone in kept.values():
            self._places.removeWidget(gone)
            gone.hide()
            gone.deleteLater()
        for place, each in enumerate(self.cards):
            self._places.insertWidget(place, each, 100)
            if place:
                self.setTabOrder(self.cards[place - 1].remove, each.craft)
            self.setTabOrder(each.craft, each.remove)
        if self.session.frame is not None:
            self._show_scores(self.session.frame)

    def _card(self, name: str, *, on_bench: bool) -> ScoreCard:
        made = ScoreCard(name, title_of(name), on_bench=on_bench, parent=self._row)
        made.removeRequested.connect(self._on_card_remove_requested)
        made.craftToggled.connect(self._on_card_craft_toggled)
        return made

    # What is shown

    def draw(self, frame: Frame) -> None:
        """Shows the newest scores; while an attack is under way, the last ones stay."""
        self._show_scores(frame)

    def _show_scores(self, frame: Frame) -> None:
        if not frame.scores:
            return
        scores = {each.name: each for each in frame.scores}
        for each in self.cards:
            each.show_score(scores.get(each.name))
        self.readout.say(say_row(frame.scores))

    def recolour(self) -> None:
        """Takes the colours of the theme."""
        for each in self.cards:
            each.recolour()

    # What happens

    def _on_line_picked(self, name: str) -> None:
        request = self.session.request
        if name in (request.model, *request.beside):
            self.session.report(f"{title_of(name)} is there already.")
        else:
            self._propose(others=(*request.others, name))

    def _on_card_remove_requested(self, name: str) -> None:
        request = self.session.request
        self._propose(others=_without(request.others, name), together=_without(request.together, name))
        self.line.setFocus()

    def _on_card_craft_toggled(self, name: str, is_on: bool) -> None:
        request = self.session.request
        left = _without(request.together, name)
        others = request.others if name in request.others else (*request.others, name)
        self._propose(others=others, together=(*left, name) if is_on else left)

    def _on_joining_chosen(self, joining: Joining) -> None:
        self._propose(joining=joining)

    def _propose(self, **changes: object) -> None:
        try:
            self.session.propose(**changes)
        except RequestError as error:
            self.session.report(str(error), is_error=True)
        self.session.settle()


def _without(names: tuple[str, ...], name: str) -> tuple[str, ...]:
    return tuple(each for each in names if each != name)
