"""How the norm and the aim of an attack are chosen."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from engine.catalogue.attacks import FGSM, PGD, Noise, Norm
from engine.frame import Frame, NetworkInfo, Prediction, Stage
from engine.request import Request
from gui.controls.classes import ClassChooser
from gui.panels.budget import BudgetPanel
from gui.session import Session

CLASSES = ("tench", "tabby", "Egyptian cat", "crane", "tiger cat", "crane")


def frame_of(request, probabilities=(0.0, 0.3, 0.5, 0.1, 0.1, 0.0), classes=CLASSES):
    network = NetworkInfo("lite", "Lite", tuple(classes), 1, (224, 224), "CPU")
    prediction = Prediction(np.array(probabilities, np.float32))
    return Frame(request, Stage.DONE, network=network, before=prediction)


@pytest.fixture
def session():
    return Session(Request(epsilon=3 / 255))


@pytest.fixture
def panel(qtbot, session):
    made = BudgetPanel(session)
    made.resize(260, 300)
    qtbot.addWidget(made)
    made.show()
    made.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is made)
    return made


@pytest.fixture
def known(panel, session):
    """The panel once the network has answered."""
    session.show(frame_of(session.request))
    return panel


@pytest.fixture
def requests(session):
    seen = []
    session.request_changed.connect(seen.append)
    return seen


def click(qtbot, button):
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def type_class(qtbot, chooser, text):
    chooser.entry.setFocus()
    chooser.entry.selectAll()
    qtbot.keyClicks(chooser.entry, text)


# The norm


def test_another_norm_and_an_epsilon_to_match_are_asked_for_together(qtbot, panel, session, requests):
    click(qtbot, panel.norm.button(Norm.L2))

    assert len(requests) == 1
    assert session.request.norm is Norm.L2
    assert session.request.epsilon == pytest.approx(0.8)


def test_each_norm_remembers_its_epsilon(qtbot, panel, session):
    click(qtbot, panel.norm.button(Norm.L2))
    session.propose(epsilon=2.5)
    click(qtbot, panel.norm.button(Norm.LINF))
    assert session.request.epsilon == 3 / 255
    click(qtbot, panel.norm.button(Norm.L2))
    assert session.request.epsilon == 2.5


def test_undo_brings_norm_and_epsilon_back_together(qtbot, panel, session):
    click(qtbot, panel.norm.button(Norm.L2))
    session.undo()

    assert (session.request.norm, session.request.epsilon) == (Norm.LINF, 3 / 255)
    assert panel.norm.button(Norm.LINF).isChecked()


def test_the_norm_is_chosen_with_the_arrow_keys_too(qtbot, panel, session):
    panel.norm.button(Norm.LINF).setFocus()
    qtbot.keyClick(panel.norm.button(Norm.LINF), Qt.Key.Key_Right)

    assert session.request.norm is Norm.L2


def test_only_the_norms_of_the_attack_are_offered(panel, session, monkeypatch):
    monkeypatch.setattr(PGD, "norms", (Norm.LINF,))
    session.propose(attack=PGD())

    assert panel.norm.button(Norm.LINF).isVisible()
    assert not panel.norm.button(Norm.L2).isVisible()


# The aim


def test_an_untargeted_attack_says_which_answer_it_leads_away_from(known):
    assert known.aim.button("away from").isChecked()
    assert known.away_from.entry.text() == ""
    assert known.away_from.entry.placeholderText() == "its answer: Egyptian cat"
    assert not known.target.isVisible()


def test_noise_has_no_aim(known, session):
    session.propose(attack=Noise())
    assert not any(each.isVisible() for each in (known.aim, known.away_from, known.target))
    session.propose(attack=FGSM())
    assert known.aim.isVisible()
    assert known.away_from.isVisible()


def test_towards_starts_with_the_class_that_the_network_thinks_of_next(qtbot, known, session, requests):
    click(qtbot, known.aim.button("towards"))

    assert session.request.target == CLASSES.index("tabby")
    assert len(requests) == 1
    assert known.target.entry.text() == "tabby"
    assert known.target.entry.hasFocus()


def test_towards_waits_for_a_class_while_the_network_has_not_answered(qtbot, panel, session, requests):
    click(qtbot, panel.aim.button("towards"))
    assert panel.target.isVisible()
    assert not requests

    session.show(frame_of(session.request))
    type_class(qtbot, panel.target, "tench")
    qtbot.keyClick(panel.target.entry, Qt.Key.Key_Return)
    assert session.request.target == 0


def test_the_last_target_comes_back(qtbot, known, session):
    session.propose(target=4)
    click(qtbot, known.aim.button("away from"))
    assert session.request.target is None
    click(qtbot, known.aim.button("towards"))
    assert session.request.target == 4


def test_a_last_target_that_another_network_lacks_does_not_come_back(qtbot, known, session):
    session.propose(target=4)
    click(qtbot, known.aim.button("away from"))
    session.show(frame_of(session.request, (0.2, 0.7, 0.1), ("one", "two", "three")))
    click(qtbot, known.aim.button("towards"))

    assert session.request.target == 0


def test_undo_brings_the_untargeted_attack_back(qtbot, known, session):
    click(qtbot, known.aim.button("towards"))
    session.undo()

    assert known.aim.button("away from").isChecked()
    assert known.away_from.isVisible()


def test_a_class_to_leave_is_picked_and_emptied_again(qtbot, known, session):
    type_class(qtbot, known.away_from, "tiger")
    qtbot.keyClick(known.away_from.entry, Qt.Key.Key_Return)
    assert session.request.away_from == 4
    assert known.away_from.entry.text() == "tiger cat"

    known.away_from.entry.selectAll()
    qtbot.keyClick(known.away_from.entry, Qt.Key.Key_Backspace)
    assert session.request.away_from is None


def test_the_tab_key_goes_from_top_to_bottom(qtbot, known):
    panel = known
    panel.norm.button(Norm.LINF).setFocus()
    for following in (panel.aim.button("away from"), panel.away_from.entry):
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        assert following.hasFocus()


# The chooser of classes


@pytest.fixture
def chooser(qtbot):
    made = ClassChooser(optional=False)
    made.set_classes(CLASSES)
    qtbot.addWidget(made)
    made.show()
    made.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is made)
    return made


@pytest.fixture
def picked(chooser):
    seen = []
    chooser.picked.connect(seen.append)
    return seen


def test_any_part_of_a_name_in_any_case_finds_it_and_enter_takes_the_first(qtbot, chooser, picked):
    type_class(qtbot, chooser, "CAT")
    qtbot.keyClick(chooser.entry, Qt.Key.Key_Return)

    assert picked == [CLASSES.index("Egyptian cat")]
    assert chooser.entry.text() == "Egyptian cat"


def test_a_whole_name_wins_over_a_name_that_contains_it(chooser):
    chooser.set_classes(("wildcat", "cat"))
    assert chooser.first_match("cat") == 1


def test_the_list_of_matches_is_walked_with_the_arrow_keys(qtbot, chooser, picked):
    type_class(qtbot, chooser, "cat")
    popup = chooser.entry.completer().popup()
    qtbot.waitUntil(popup.isVisible)
    assert [popup.model().index(row, 0).data() for row in range(popup.model().rowCount())] == [
        "Egyptian cat",
        "tiger cat",
    ]
    qtbot.keyClick(popup, Qt.Key.Key_Down)
    qtbot.keyClick(popup, Qt.Key.Key_Down)
    qtbot.keyClick(popup, Qt.Key.Key_Return)

    assert picked == [CLASSES.index("tiger cat")]


def test_a_match_is_picked_with_the_mouse(qtbot, chooser, picked):
    type_class(qtbot, chooser, "ta")
    popup = chooser.entry.completer().popup()
    qtbot.waitUntil(popup.isVisible)
    place = popup.visualRect(popup.model().index(0, 0)).center()
    qtbot.mouseClick(popup.viewport(), Qt.MouseButton.LeftButton, pos=place)

    assert picked == [CLASSES.index("tabby")]


def test_a_name_that_no_class_has_is_told_until_escape_brings_the_last_one_back(qtbot, chooser, picked):
    chooser.show_label(1)
    type_class(qtbot, chooser, "zebra")
    qtbot.keyClick(chooser.entry, Qt.Key.Key_Return)
    assert not picked
    assert "“zebra”" in chooser.entry.complaint
    assert "“zebra”" in chooser.entry.toolTip()

    qtbot.keyClick(chooser.entry, Qt.Key.Key_Escape)
    assert chooser.entry.text() == "tabby"
    assert chooser.entry.complaint == ""


def test_half_a_name_picks_nothing_when_the_line_is_left(qtbot, chooser, picked):
    chooser.show_label(1)
    type_class(qtbot, chooser, "cat")
    chooser.entry.completer().popup().hide()
    chooser.entry.clearFocus()

    assert not picked
    assert chooser.entry.text() == "tabby"


def test_classes_of_one_name_are_told_apart(chooser):
    assert chooser.first_match("crane (class 5)") == 5
    assert chooser.first_match("crane") == 3


def test_a_class_that_the_network_lacks_is_shown_by_its_number(chooser):
    chooser.show_label(900)
    assert chooser.entry.text() == "class 900"


def test_without_a_network_the_line_says_that_it_is_loading(qtbot):
    chooser = ClassChooser(optional=False)
    qtbot.addWidget(chooser)
    type_class(qtbot, chooser, "cat")
    qtbot.keyClick(chooser.entry, Qt.Key.Key_Return)

    assert "still loading" in chooser.entry.complaint
