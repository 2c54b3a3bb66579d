"""Chooses the attack and its options."""

from __future__ import annotations

from itertools import pairwise

from PySide6.QtCore import QMargins, QModelIndex, QPersistentModelIndex, QRegularExpression, QSize, Qt
from PySide6.QtGui import QRegularExpressionValidator
from PySide6.QtWidgets import QComboBox, QStyledItemDelegate, QStyleOptionViewItem, QWidget
from superqt import QLargeIntSpinBox

from engine.catalogue.attacks import ATTACKS, Attack
from engine.request import Request
from gui import theme
from gui.bind import bind, follow
from gui.controls.section import Caption, Section
from gui.forms import OptionsForm, turn_only_with_focus
from gui.panels.presets import Presets
from gui.session import Session

_TITLE = Qt.ItemDataRole.UserRole
"""The whole title of an attack, which its line of the open list shows."""


class AttackPanel(Section):
    """The attacks from weak to strong, and a form made from the chosen one's options."""

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
        self.seed = _seed(self)
        self._seed_row = self.add_row("Seed", self.seed)
        self.chooser.activated.connect(self._on_chooser_activated)
        bind(session, "seed", self.seed, QLargeIntSpinBox.setValue, self.seed.valueChanged)
        follow(session, self._on_attack_changed, "attack")
        follow(session, self._on_chance_changed, "attack", "rules")

    def _on_attack_changed(self, request: Request) -> None:
        attack = request.attack
        self._used[attack.name] = attack
        self.chooser.setCurrentIndex(self.chooser.findText(short_title(attack)))
        self.chooser.setToolTip(_help(type(attack)))
        self._summary.setText(attack.summary)
        self._summary.setToolTip(_help(type(attack)))
        self._show_form(attack)

    def _on_chance_changed(self, request: Request) -> None:
        """Other views of the picture are random, too."""
        attack = request.attack
        self._seed_row.setVisible(attack.draws or (attack.follows_gradient and request.rules.views > 0))

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
        self.body.insertWidget(self.body.indexOf(self._seed_row), self.form)
        self.form.setVisible(bool(self.form.editors))
        stops = [self.chooser, *self.form.editors, self.seed]
        for before, after in pairwise(stops):
            self.setTabOrder(before, after)

    def _on_form_edited(self, attack: Attack) -> None:
        self._session.propose(attack=attack)

    def _on_chooser_activated(self, index: int) -> None:
        """Another attack keeps of the request what it can: the norm, ε and the target."""
        kind = list(ATTACKS.values())[index]
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
        option.text = index.data(_TITLE)

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        """Room between the lines."""
        return super().sizeHint(option, index).grownBy(QMargins(0, 0, theme.GRID, theme.GRID))


def _chooser(parent: QWidget) -> QComboBox:
    chooser = QComboBox(parent)
    chooser.setAccessibleName("Attack")
    chooser.setItemDelegate(_WholeTitles(chooser))
    for index, kind in enumerate(ATTACKS.values()):
        chooser.addItem(short_title(kind))
        chooser.setItemData(index, kind.title, _TITLE)
        chooser.setItemData(index, _help(kind), Qt.ItemDataRole.ToolTipRole)
    chooser.view().setMinimumWidth(chooser.view().sizeHintForColumn(0))
    turn_only_with_focus(chooser)
    return chooser


def _seed(parent: QWidget) -> QLargeIntSpinBox:
    seed = QLargeIntSpinBox(parent)
    seed.setRange(0, 2**63 - 1)  # type: ignore[no-untyped-call]
    seed.setKeyboardTracking(False)
    # The box's own validator lets a lone "-" and figures such as "²" pass, and then fails to read them.
    seed.lineEdit().setValidator(QRegularExpressionValidator(QRegularExpression("[0-9]{0,19}"), seed))
    seed.setToolTip("Of every random choice: the same seed gives the same picture.")
    turn_only_with_focus(seed)
    return seed


def short_title(attack: Attack | type[Attack]) -> str:
    """The attack's name as read: what stands before the colon of its title."""
    return attack.title.partition(":")[0]


def _help(attack: type[Attack]) -> str:
    return f"{attack.title}\n\n{attack.formula}\n\n{attack.paper}"
