"""How an attack and its options are chosen."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from engine.catalogue.attacks import ATTACKS, BIM, DIFGSM, FAMILIES, FGSM, PGD, RFGSM, Noise, Norm
from engine.request import Request
from gui.panels.attack import AttackPanel, short_title
from gui.session import Session


@pytest.fixture
def session():
    return Session(Request())


@pytest.fixture
def panel(qtbot, session):
    made = AttackPanel(session)
    made.resize(260, 300)
    qtbot.addWidget(made)
    made.show()
    made.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is made)
    return made


@pytest.fixture
def requests(session):
    seen = []
    session.request_changed.connect(seen.append)
    return seen


def choose(qtbot, panel, name):
    """Steps through the list with the keyboard, as without a mouse."""
    panel.chooser.setFocus()
    there = panel.chooser.findText(short_title(ATTACKS[name]))
    while panel.chooser.currentIndex() != there:
        down = there > panel.chooser.currentIndex()
        qtbot.keyClick(panel.chooser, Qt.Key.Key_Down if down else Qt.Key.Key_Up)


def test_the_attacks_stand_by_family_and_from_weak_to_strong_under_short_names(panel):
    names = [panel.chooser.itemText(index) for index in range(panel.chooser.count())]
    known = [name for name in names if name in {"Random noise", "FGSM", "BIM", "PGD"}]
    assert known == ["Random noise", "FGSM", "BIM", "PGD"]
    assert len(set(names)) == len(ATTACKS) + len(FAMILIES)
    assert names[names.index("FGSM") - 2] == "One step within ε"
    assert panel.chooser.currentText() == "FGSM"
    assert "Goodfellow" in panel.chooser.toolTip()
    assert "sign ∇ₓJ" in panel.chooser.toolTip()


def test_the_heading_of_a_family_cannot_be_chosen(qtbot, panel, session):
    choose(qtbot, panel, "rfgsm")  # the last of its family
    qtbot.keyClick(panel.chooser, Qt.Key.Key_Down)
    assert session.request.attack == BIM()
    assert panel.chooser.currentText() == "BIM"


def test_choosing_an_attack_is_one_request_and_one_step_of_undo(qtbot, panel, session, requests):
    choose(qtbot, panel, "rfgsm")

    assert session.request.attack == RFGSM()
    assert len(requests) == 1
    session.undo()
    assert session.request.attack == FGSM()
    assert panel.chooser.currentText() == "FGSM"


def test_an_attack_without_options_has_no_form(qtbot, panel):
    assert not panel.form.isVisible()
    choose(qtbot, panel, "bim")
    assert panel.form.isVisible()


def test_an_option_that_is_edited_changes_the_attack_and_keeps_the_keyboard(qtbot, panel, session, requests):
    choose(qtbot, panel, "bim")
    requests.clear()
    steps = panel.form.editor("steps")
    steps.setFocus()
    steps.selectAll()
    qtbot.keyClicks(steps, "100")
    qtbot.keyClick(steps, Qt.Key.Key_Return)

    assert session.request.attack == BIM(steps=100)
    assert len(requests) == 1
    assert steps.hasFocus()


def test_stepping_an_option_is_one_step_of_undo(qtbot, panel, session):
    choose(qtbot, panel, "bim")
    steps = panel.form.editor("steps")
    steps.setFocus()
    for _ in range(3):
        qtbot.keyClick(steps, Qt.Key.Key_Up)
    panel.chooser.setFocus()
    assert session.request.attack == BIM(steps=13)

    session.undo()
    assert session.request.attack == BIM()
    assert panel.form.editor("steps").value() == 10


def test_the_options_of_an_attack_come_back_with_it(qtbot, panel, session):
    session.propose(attack=BIM(steps=33))
    choose(qtbot, panel, "pgd")
    choose(qtbot, panel, "bim")

    assert session.request.attack == BIM(steps=33)


def test_another_attack_keeps_norm_epsilon_and_target_and_shows_its_last_iterate(qtbot, panel, session):
    session.propose(attack=BIM(), norm=Norm.L2, epsilon=1.5, target=7, iterate=3)
    choose(qtbot, panel, "pgd")

    asked = session.request
    assert (asked.norm, asked.epsilon, asked.target, asked.iterate) == (Norm.L2, 1.5, 7, None)


def test_noise_cannot_be_aimed_so_the_target_goes(qtbot, panel, session):
    session.propose(target=7)
    choose(qtbot, panel, "noise")

    assert session.request.attack == Noise()
    assert session.request.target is None


def test_an_attack_that_lacks_the_norm_takes_its_own_and_an_epsilon_to_match(qtbot, panel, session, monkeypatch):
    monkeypatch.setattr(BIM, "norms", (Norm.L2,))
    choose(qtbot, panel, "bim")

    assert session.request.norm is Norm.L2
    assert session.request.epsilon == pytest.approx(0.8)


def test_the_seed_is_asked_for_only_where_it_matters(qtbot, panel, session):
    assert not panel.seed.isVisible()
    session.propose(attack=Noise())
    assert panel.seed.isVisible()
    session.propose(attack=PGD(random_start=True))
    assert panel.seed.isVisible()
    qtbot.keyClick(panel.form.editor("random_start"), Qt.Key.Key_Space)
    assert session.request.attack == PGD(random_start=False)
    assert not panel.seed.isVisible()


def test_the_seed_appears_without_taking_the_focus(qtbot, panel, session):
    panel.chooser.setFocus()
    session.propose(attack=Noise())
    assert panel.seed.isVisible()
    assert panel.chooser.hasFocus()


def test_the_tab_key_goes_from_top_to_bottom(qtbot, panel, session):
    session.propose(attack=BIM())
    session.propose(attack=PGD())
    panel.chooser.setFocus()
    for following in (*panel.form.editors, panel.seed):
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        assert following.hasFocus()


def test_any_seed_of_a_session_can_be_shown_and_typed(qtbot, panel, session):
    session.propose(attack=Noise(), seed=2**62)
    assert panel.seed.value() == 2**62

    panel.seed.setFocus()
    panel.seed.selectAll()
    qtbot.keyClicks(panel.seed, "-12x3")
    qtbot.keyClick(panel.seed, Qt.Key.Key_Return)
    assert session.request.seed == 123


def test_an_emptied_seed_keeps_the_last_one(qtbot, panel, session):
    session.propose(attack=Noise(), seed=5)
    panel.seed.setFocus()
    panel.seed.selectAll()
    qtbot.keyClick(panel.seed, Qt.Key.Key_Delete)
    panel.chooser.setFocus()

    assert session.request.seed == 5
    assert panel.seed.text() == "5"


def test_an_option_between_zero_and_one_shows_its_zero_and_takes_a_share(qtbot, panel, session):
    session.propose(attack=DIFGSM())
    momentum = panel.form.editor("decay")
    assert momentum.text() == "0"
    momentum.setFocus()
    momentum.selectAll()
    qtbot.keyClicks(momentum, "0.35")
    qtbot.keyClick(momentum, Qt.Key.Key_Return)
    assert session.request.attack == DIFGSM(decay=0.35)
