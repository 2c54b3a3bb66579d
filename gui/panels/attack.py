"""Chooses the attack and its options."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from PySide6.QtCore import QMargins, QModelIndex, QPersistentModelIndex, QSize, Qt
from PySide6.QtGui import QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QComboBox, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from engine.catalogue.attacks import ATTACKS, FAMILIES, Attack
from engine.request import Request
from gui import theme
from gui.bind import bind, follow
from gui.controls.section import Caption, Section
from gui.forms import OptionsForm, turn_only_with_focus
from gui.panels.presets import Presets
from gui.session import Session

if TYPE_CHECKING:
    from superqt import QLargeIntSpinBox

_NAME = Qt.ItemDataRole.UserRole
"""The name of an attack; none on the line that heads a family."""
_TITLE = Qt.ItemDataRole.UserRole + 1
"""The whole title of an attack, which its line of the open list shows."""


class AttackPanel(Section):
    """The attacks, by family and from weak to strong, and a form made from the chosen one's options."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__("Attack", parent)
        self._session = session
        self._used: dict[str, Attack] = {}
        self._presets = Presets(session)
        self.form: OptionsForm | None = None
        self.chooser = _chooser(self)
        self._summary = Caption(parent=self)
        self.add(self.chooser)
        self.add(self._summary)
        self._seed: QLargeIntSpinBox | None = None
        self._seed_row: QWidget | None = None
        self.chooser.activated.connect(self._on_chooser_activated)
        follow(session, self._on_attack_changed, "attack")
        follow(session, self._on_chance_changed, "attack", "rules")

    @property
    def seed(self) -> QLargeIntSpinBox:
        """The box for the seed, made when an attack first draws: its library takes a tenth of a second to import."""
        return self._seed or self._add_seed()

    def _add_seed(self) -> QLargeIntSpinBox:
        from gui.controls.seed import seed_box

        seed = self._seed = seed_box("Of every random choice: the same seed gives the same picture.")
        self._seed_row = self.add_row("Seed", seed)
        bind(self._session, "seed", seed, type(seed).setValue, seed.valueChanged)
        self._order_stops()
        return seed

    def _on_attack_changed(self, request: Request) -> None:
        attack = request.attack
        self._used[attack.name] = attack
        self.chooser.setCurrentIndex(self.chooser.findData(attack.name, _NAME))
        self.chooser.setToolTip(_help(type(attack)))
        self._summary.setText(attack.summary)
        self._summary.setToolTip(_help(type(attack)))
        self._show_form(attack)

    def _on_chance_changed(self, request: Request) -> None:
        """Other views of the picture are random, too."""
        attack = request.attack
        matters = attack.draws or (attack.follows_gradient and request.rules.views > 0)
        if matters and self._seed_row is None:
            self._add_seed()
        if self._seed_row is not None:
            self._seed_row.setVisible(matters)

    def _show_form(self, attack: Attack) -> None:
        """Keeps the form while it is the same attack's: the user may be typing into it."""
        if self.form is not None and type(self.form.record) is type(attack):
            self.form.show_record(attack)
            return
        if self.form is not None:
            self.body.removeWidget(self.form)
            self.form.hide()
            self.form.deleteLater()
        self.form = OptionsForm(attack, self)
        self.form.edited.connect(self._on_form_edited)
        self.form.settled.connect(self._session.settle)
        self.body.insertWidget(self.body.indexOf(self._summary) + 1, self.form)
        self.form.setVisible(bool(self.form.editors))
        self._order_stops()

    def _order_stops(self) -> None:
        """The Tab key goes from top to bottom, whatever was made last."""
        editors = [] if self.form is None else self.form.editors
        for before, after in pairwise([self.chooser, *editors, *([] if self._seed is None else [self._seed])]):
            self.setTabOrder(before, after)

    def _on_form_edited(self, attack: Attack) -> None:
        self._session.propose(attack=attack)

    def _on_chooser_activated(self, index: int) -> None:
        """Another attack keeps of the request what it can: the norm, ε and the target."""
        kind = ATTACKS[self.chooser.itemData(index, _NAME)]
        request = self._session.request
        if isinstance(request.attack, kind):
            return
        attack = self._used.get(kind.name) or kind()
        norm, epsilon = request.norm, request.epsilon
        if norm not in attack.norms:
            norm = attack.norms[0]
            epsilon = self._presets.epsilon(norm)
        target = request.target if attack.targetable else None
        self._session.choose(attack=attack, norm=norm, epsilon=epsilon, target=target, iterate=None)


class _WholeTitles(QStyledItemDelegate):
    """Shows whole titles in the open list, where the closed one has room for the name only."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        """Takes the title instead of the text."""
        super().initStyleOption(option, index)
        option.text = index.data(_TITLE) or index.data()

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        """Room between the lines."""
        return super().sizeHint(option, index).grownBy(QMargins(0, 0, theme.GRID, theme.GRID))


def _chooser(parent: QWidget) -> QComboBox:
    chooser = QComboBox(parent)
    chooser.setAccessibleName("Attack")
    chooser.setItemDelegate(_WholeTitles(chooser))
    lines = QStandardItemModel(chooser)
    for family, kinds in FAMILIES.items():
        lines.appendRow(_heading(family))
        for kind in kinds:
            lines.appendRow(_line(kind))
    chooser.setModel(lines)
    chooser.view().setMinimumWidth(chooser.view().sizeHintForColumn(0))
    turn_only_with_focus(chooser)
    return chooser


def _heading(family: str) -> QStandardItem:
    """A line that cannot be chosen; the keys pass over it."""
    line = QStandardItem(family)
    line.setFlags(Qt.ItemFlag.NoItemFlags)
    line.setFont(theme.font(theme.Type.CAPTION, bold=True))
    return line


def _line(kind: type[Attack]) -> QStandardItem:
    line = QStandardItem(short_title(kind))
    line.setData(kind.name, _NAME)
    line.setData(kind.title, _TITLE)
    line.setToolTip(_help(kind))
    return line


def short_title(attack: Attack | type[Attack]) -> str:
    """The attack's name as read: what stands before the colon of its title."""
    return attack.title.partition(":")[0]


def _help(attack: type[Attack]) -> str:
    return f"{attack.title}\n\n{attack.formula}\n\n{attack.paper}"
