"""Chooses how the perturbation is measured, and which class it leads away from or towards."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from engine.catalogue.attacks import Norm
from engine.frame import Frame
from engine.request import Request
from engine.wording import NORM_NAMES
from gui.bind import follow
from gui.controls.classes import ClassChooser
from gui.controls.section import Section
from gui.controls.segmented import Choice, Segmented
from gui.panels.presets import Presets
from gui.panels.scale import NORM_HELP
from gui.session import Session

_NORMS = {each: Choice(each, NORM_NAMES[each], NORM_HELP[each]) for each in Norm}
_AWAY, _TOWARDS = "away from", "towards"
_AIMS = (
    Choice(_AWAY, "Away from", "Untargeted: any other class will do."),
    Choice(_TOWARDS, "Towards", "Targeted: only one class will do; it takes a larger ε."),
)


class BudgetPanel(Section):
    """The norm, and the aim of the attack."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__("Budget", parent)
        self._session = session
        self._presets = Presets(session)
        self._last_target: int | None = None
        self.norm = Segmented("Norm", self)
        self.norm.offer(list(_NORMS.values()))
        self.norm.setToolTip("How the size of the perturbation is measured.")
        self.add_row("Norm", self.norm)  # before the others are made: the Tab key follows the eye
        self.aim = Segmented("Aim of the attack", self)
        self.aim.offer(_AIMS)
        self.away_from = ClassChooser(optional=True, parent=self)
        self.away_from.entry.setAccessibleName("Class that the attack leads away from")
        self.target = ClassChooser(optional=False, parent=self)
        self.target.entry.setAccessibleName("Class that the attack leads towards")
        self.target.entry.setPlaceholderText("type a class")
        for widget in (self.aim, self.away_from, self.target):
            self.add(widget)
        self.norm.chosen.connect(self._on_norm_chosen)
        self.aim.chosen.connect(self._on_aim_chosen)
        self.away_from.picked.connect(self._on_away_from_picked)
        self.target.picked.connect(self._on_target_picked)
        session.frame_changed.connect(self._on_frame_changed)
        self._show_answer(None)
        if session.frame is not None:
            self._on_frame_changed(session.frame)
        follow(session, self._on_norm_changed, "attack", "norm")
        follow(session, self._on_aim_changed, "attack", "away_from", "target")

    # What is asked is shown

    def _on_norm_changed(self, request: Request) -> None:
        self.norm.offer([_NORMS[each] for each in request.attack.norms])
        self.norm.show_value(request.norm)

    def _on_aim_changed(self, request: Request) -> None:
        self._last_target = request.target if request.target is not None else self._last_target
        self.away_from.show_label(request.away_from)
        self.target.show_label(request.target)
        self.aim.setVisible(request.attack.targetable)
        self._show_aim(_AWAY if request.target is None else _TOWARDS)

    def _show_aim(self, aim: str) -> None:
        aims = self._session.request.attack.targetable
        self.aim.show_value(aim)
        self.away_from.setVisible(aims and aim == _AWAY)
        self.target.setVisible(aims and aim == _TOWARDS)

    def _on_frame_changed(self, frame: Frame) -> None:
        if frame.network is None:
            return
        self.away_from.set_classes(frame.network.classes)
        self.target.set_classes(frame.network.classes)
        self._show_answer(None if frame.before is None else frame.network.classes[frame.before.label])

    def _show_answer(self, name: str | None) -> None:
        """What the empty line means."""
        said = "the network's answer" if name is None else f"its answer: {name}"
        if said != self.away_from.entry.placeholderText():
            self.away_from.entry.setPlaceholderText(said)

    # What is chosen is asked

    def _on_norm_chosen(self, norm: Norm) -> None:
        """The norms' units are not comparable, so each norm has its own ε."""
        self._session.choose(norm=norm, epsilon=self._presets.epsilon(norm))

    def _on_aim_chosen(self, aim: str) -> None:
        if aim == _AWAY:
            self._session.choose(target=None)
            self._show_aim(_AWAY)
            return
        target = self._last_target if self.target.knows(self._last_target) else self._runner_up()
        if target is not None:
            self._session.choose(target=target)
        self._show_aim(_TOWARDS)
        self.target.setFocus()
        self.target.entry.selectAll()

    def _runner_up(self) -> int | None:
        """The class that the network thinks of next, where its answer is known."""
        frame = self._session.frame
        return None if frame is None or frame.before is None else frame.before.top(2)[-1]

    def _on_away_from_picked(self, label: int | None) -> None:
        self._session.choose(away_from=label)

    def _on_target_picked(self, label: int) -> None:
        self._session.choose(target=label)
