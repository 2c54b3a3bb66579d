"""One network of the row: its lamp, its answers, and what can be done with it."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import (
    QCheckBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from engine.catalogue.models import NetworkCard
from engine.frame import Score
from gui import theme
from gui.controls.elided import Elided
from gui.controls.section import Caption
from gui.icons import icon
from gui.views.ink import legible
from gui.views.models.lamp import Lamp
from gui.views.models.words import COLOURS, explain_standing, say_answers, say_score, say_standing

NARROWEST, WIDEST = 30 * theme.GRID, 42 * theme.GRID
"""A card; the widest shows the longest titles of the box whole."""

WAITING = "Waiting for its answer …"


class ScoreCard(QFrame):
    """Shows a ``Score``; one that is not on the bench can be taken away, and perhaps crafted on.

    Args:
        name: of the network, as typed.
        title: as read.
        on_bench: whether it is the one on the bench.
        parent: as usual.
    """

    removeRequested = Signal(str)  # noqa: N815 - Qt's spelling of signals
    """The name of a network that shall look no more."""
    craftToggled = Signal(str, bool)  # noqa: N815
    """The name of a network, and whether the attack shall be crafted on it too."""

    def __init__(self, name: str, title: str, *, on_bench: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name = name
        self.on_bench = on_bench
        self._score: Score | None = None
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setMinimumWidth(NARROWEST)
        self.setMaximumWidth(WIDEST)
        self.lamp = Lamp(self)
        self.title = Elided(title, self)
        self.title.setFont(theme.font(theme.Type.BODY, bold=True))
        self.standing = QLabel(self)
        self.clean, self.attacked = self._answer(), self._answer()
        self.note = _Note(WAITING, self)
        self.note.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.role = Caption("on the bench", self)
        self.role.setWordWrap(False)
        self.role.setVisible(on_bench)
        self.craft = QCheckBox("Craft on it", self)
        self.craft.setFont(theme.font(theme.Type.CAPTION))
        self.craft.setAccessibleName(f"Craft the attack on {title} too")
        self.craft.setToolTip("The attack follows this network as well: what fools both is likelier to fool others")
        self.craft.toggled.connect(lambda is_on: self.craftToggled.emit(self.name, is_on))
        self.remove = self._remove_button(title)
        self._lay_out()
        self.show_score(None)

    def _answer(self) -> Elided:
        made = Elided("", self)
        made.setFont(theme.font(theme.Type.CAPTION, tabular=True))
        return made

    def _remove_button(self, title: str) -> QToolButton:
        made = QToolButton(self)
        made.setIcon(icon("cancel"))
        made.setAutoRaise(True)
        made.setToolTip(f"Take {title} away")
        made.setAccessibleName(f"Take {title} away")
        policy = made.sizePolicy()
        policy.setRetainSizeWhenHidden(True)  # so that all titles stand at one height
        made.setSizePolicy(policy)
        made.setVisible(not self.on_bench)
        made.clicked.connect(lambda: self.removeRequested.emit(self.name))
        return made

    def _lay_out(self) -> None:
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(theme.GRID // 2)
        grid.setVerticalSpacing(2)
        grid.setColumnStretch(1, 1)
        grid.addWidget(self.lamp, 0, 0)
        grid.addWidget(self.title, 0, 1)
        grid.addWidget(self.remove, 0, 2)
        state = QHBoxLayout()
        state.addWidget(self.standing)
        state.addStretch(1)
        state.addWidget(self.role)
        state.addWidget(self.craft)
        grid.addLayout(state, 1, 1, 1, 2)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(theme.GRID, theme.GRID // 2, theme.GRID // 2, theme.GRID // 2)
        rows.setSpacing(2)
        rows.addLayout(grid)
        rows.addWidget(self.clean)
        rows.addWidget(self.attacked)
        rows.addWidget(self.note, 1)
        rows.addStretch(0)

    # What it shows

    def show_choice(self, card: NetworkCard | None, bench: NetworkCard | None, *, is_crafted_on: bool) -> None:
        """Whether the attack can be crafted on it, and is."""
        fits = card is not None and bench is not None and _go_together(card, bench)
        self.craft.setVisible(not self.on_bench and (fits or is_crafted_on))
        blocked = self.craft.blockSignals(True)
        self.craft.setChecked(is_crafted_on)
        self.craft.blockSignals(blocked)

    def show_score(self, score: Score | None) -> None:
        """Shows how the network stands, or that nobody knows yet."""
        self._score = score
        is_known = score is not None and score.standing is not None
        for each in (self.standing, self.clean, self.attacked):
            each.setVisible(is_known)
        self.note.setVisible(not is_known)
        self.lamp.show_score(score)
        if score is None:
            self.note.setText(WAITING)
            self.setAccessibleName(f"{self.title.text()}: {WAITING}")
            return
        before, after = say_answers(score)
        self.note.setText(score.note)
        self.note.setToolTip("" if is_known else score.note)
        self.standing.setText(say_standing(score))
        self.clean.setText(f"clean: {before}")
        self.attacked.setText(f"attacked: {after}")
        self.setAccessibleName(say_score(score))
        self.setToolTip(f"{say_score(score)}\n{explain_standing(score)}")
        self.recolour()

    def recolour(self) -> None:
        """Writes in colours that can be read on the ground that is in force."""
        _write(self.clean, theme.CLEAN)
        _write(self.attacked, theme.ADVERSARIAL)
        if self._score is not None and self._score.standing is not None:
            _write(self.standing, COLOURS[self._score.standing])


class _Note(Caption):
    """As much of a sentence as there is room for; the tooltip tells all of it."""

    def hasHeightForWidth(self) -> bool:
        """Asks for no height of its own."""
        return False

    def minimumSizeHint(self) -> QSize:
        """As small as may be."""
        return QSize(0, 0)

    def sizeHint(self) -> QSize:
        """One line."""
        return QSize(0, self.fontMetrics().height())


def _go_together(card: NetworkCard, bench: NetworkCard) -> bool:
    return card.classes == bench.classes and card.recipe.channels == bench.recipe.channels


def _write(label: QLabel, colour: str) -> None:
    wanted = legible(colour)
    palette = label.palette()
    if palette.color(QPalette.ColorRole.WindowText) != wanted:
        palette.setColor(QPalette.ColorRole.WindowText, wanted)
        label.setPalette(palette)
