"""What an attack may do beside its budget, chosen in the window."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from engine.catalogue.attacks import BIM, FGSM, CarliniWagner, Norm, Square
from engine.catalogue.rules import Rules
from engine.frame import Frame, Stage
from engine.masks import read_mask, write_mask
from engine.request import Request
from gui.panels.areas import NAMES, area_called, name_of
from gui.panels.attack import AttackPanel
from gui.panels.rules import RulesPanel, say_rules
from gui.session import Session


@pytest.fixture
def session() -> Session:
    return Session(Request(attack=BIM()))


@pytest.fixture
def panel(qtbot: QtBot, session: Session) -> RulesPanel:
    made = RulesPanel(session)
    qtbot.addWidget(made)
    made.resize(236, 400)
    made.show()
    qtbot.mouseClick(made.opener, Qt.MouseButton.LeftButton)
    made.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is made)
    return made


def show_picture(session: Session, shape: tuple[int, int, int]) -> None:
    session.show(Frame(session.request, Stage.PREDICTED, clean=np.zeros(shape, np.float32)))


def shown_options(panel: RulesPanel) -> set[str]:
    return {each.name for each in fields(Rules) if panel.form.editor(each.name).isVisible()}


def test_closed_it_says_in_a_line_what_is_set(qtbot: QtBot, session: Session) -> None:
    made = RulesPanel(session)
    qtbot.addWidget(made)
    made.show()
    assert not made.content.isVisible()
    assert made.said.text() == ""
    session.propose(mask=write_mask(area_called("left half", (8, 8))), rules=Rules(green=False, eight_bit=True))
    assert made.said.text() == "left half · red and blue · 8-bit"
    session.propose(mask="", rules=Rules(stop_early=True, views=4, jpeg=True))
    assert made.said.text() == "stops at success · 4 other views, JPEG"


def test_what_does_not_apply_is_neither_said_nor_shown() -> None:
    rules = Rules(red=False, stop_early=True, views=4)
    assert say_rules(rules, "", Square(), 1) == "stops at success"
    assert say_rules(rules, "", FGSM(), 3) == "green and blue · 4 other views"


@pytest.mark.parametrize(
    ("attack", "norm", "shown"),
    [
        (BIM(), Norm.LINF, {"eight_bit", "stop_early", "views"}),
        (FGSM(), Norm.LINF, {"eight_bit", "views"}),
        (CarliniWagner(), Norm.L2, {"eight_bit", "views"}),
        (Square(), Norm.LINF, {"eight_bit", "stop_early"}),
    ],
    ids=lambda each: getattr(each, "name", ""),
)
def test_only_the_options_that_mean_something_for_the_attack_are_there(
    panel: RulesPanel, session: Session, attack: BIM, norm: Norm, shown: set[str]
) -> None:
    session.propose(attack=attack, norm=norm)
    assert shown_options(panel) == shown


def test_what_views_are_like_is_asked_once_there_are_some(panel: RulesPanel, session: Session, qtbot: QtBot) -> None:
    views = panel.form.editor("views")
    views.setFocus()
    qtbot.keyClick(views, Qt.Key.Key_Up)
    assert session.request.rules == Rules(views=1)
    assert {"crop", "jpeg"} <= shown_options(panel)


def test_other_views_are_random_so_the_attacks_panel_asks_for_the_seed(qtbot: QtBot, session: Session) -> None:
    attack = AttackPanel(session)
    qtbot.addWidget(attack)
    attack.show()
    assert not attack.seed.isVisible()
    session.propose(rules=Rules(views=2))
    assert attack.seed.isVisible()
    session.propose(attack=Square(steps=5), rules=Rules())
    session.propose(attack=BIM(), rules=Rules(views=2))
    assert attack.seed.isVisible()


def test_a_channel_is_frozen_by_a_tick_and_a_grey_picture_has_none(
    panel: RulesPanel, session: Session, qtbot: QtBot
) -> None:
    show_picture(session, (8, 8, 3))
    panel.checks["green"].setFocus()
    qtbot.keyClick(panel.checks["green"], Qt.Key.Key_Space)
    assert session.request.rules == Rules(green=False)
    assert panel.said.text() == "red and blue"
    session.undo()
    assert panel.checks["green"].isChecked()
    show_picture(session, (8, 8, 1))
    assert not panel.checks["green"].isVisible()


def test_an_area_is_chosen_by_name_with_the_keyboard_and_undone_at_once(
    panel: RulesPanel, session: Session, qtbot: QtBot
) -> None:
    show_picture(session, (6, 9, 3))
    panel.where.setFocus()
    qtbot.keyClick(panel.where, Qt.Key.Key_Down)
    area = read_mask(session.request.mask)
    assert area.shape == (6, 9)
    assert area[:, :4].all()
    assert not area[:, 4:].any()
    qtbot.mouseClick(panel.invert, Qt.MouseButton.LeftButton)
    assert (read_mask(session.request.mask) == ~area).all()
    assert panel.where.currentText() == "Right half"
    qtbot.mouseClick(panel.clear, Qt.MouseButton.LeftButton)
    assert session.request.mask == ""
    assert not panel.clear.isVisible()
    for _ in range(3):
        session.undo()
    assert session.request == Request(attack=BIM())
    assert not session.can_undo


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size", [(28, 28), (224, 224), (7, 12)])
def test_every_area_with_a_name_is_known_by_it_again(name: str, size: tuple[int, int]) -> None:
    area = area_called(name, size)
    assert area.any()
    assert not area.all()
    assert name_of(write_mask(area)) == name


def test_to_choose_painted_takes_the_brush(panel: RulesPanel, session: Session, qtbot: QtBot) -> None:
    told: list[bool] = []
    panel.paintToggled.connect(told.append)
    assert not panel.brush.isVisible()
    panel.where.setCurrentIndex(panel.where.findData("painted"))
    panel.where.activated.emit(panel.where.currentIndex())
    assert told == [True]
    assert panel.brush.isVisible()
    assert session.request.mask == ""
    assert panel.where.currentText() == "Everywhere", "nothing is painted yet"


def test_the_brush_suits_the_picture(panel: RulesPanel, session: Session) -> None:
    widths: list[float] = []
    panel.brushChanged.connect(widths.append)
    show_picture(session, (224, 224, 3))
    show_picture(session, (28, 28, 1))
    panel.brush.slider.setValue(5)
    assert widths == [22, 2, 5]
    show_picture(session, (224, 224, 3))
    show_picture(session, (28, 28, 1))
    assert widths[3:] == [40, 5], "as wide beside the picture as was chosen"
    show_picture(session, (8, 8, 1))
    assert widths[-1] == 1


def test_every_control_has_a_name_and_is_reached_with_the_keyboard(panel: RulesPanel) -> None:
    controls: list[QWidget] = [panel.opener, panel.where, panel.paint, *panel.checks.values(), *panel.form.editors]
    for each in controls:
        assert each.accessibleName() or each.text()  # type: ignore[attr-defined]
        assert each.focusPolicy() & Qt.FocusPolicy.TabFocus
