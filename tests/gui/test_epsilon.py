"""How ε is moved, typed and marked."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QWheelEvent
from PySide6.QtWidgets import QApplication

from engine.catalogue.attacks import BIM, DeepFool, Norm
from engine.catalogue.budgets import usual_epsilon
from engine.frame import Attacked, Flip, Frame, Prediction, Stage, Verdict
from engine.request import Request
from gui import theme
from gui.panels.epsilon import EpsilonControl
from gui.panels.scale import Scale, scale_for, scales
from gui.session import Session

PHOTO = 3 * 224 * 224


@pytest.fixture
def session():
    return Session(Request(image="sample:chelsea", epsilon=4 / 255))


@pytest.fixture
def control(qtbot, session):
    made = EpsilonControl(session)
    made.resize(700, made.sizeHint().height())
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


def asked(session):
    """The ε of the request, in 255ths."""
    return pytest.approx(session.request.epsilon * 255)


def at(control, epsilon):
    slider = control.slider
    return QPoint(round(slider.x_of(epsilon)), round(slider.handle_rect().center().y()))


def turn_wheel(widget, degrees, modifiers=Qt.KeyboardModifier.NoModifier):
    middle = QPointF(widget.rect().center())
    places = (middle, widget.mapToGlobal(middle), QPoint(), QPoint(0, degrees))
    event = QWheelEvent(*places, Qt.MouseButton.NoButton, modifiers, Qt.ScrollPhase.NoScrollPhase, False)
    QApplication.sendEvent(widget, event)


def type_epsilon(qtbot, control, text, key=Qt.Key.Key_Return):
    control.entry.setFocus()
    control.entry.selectAll()
    qtbot.keyClicks(control.entry, text)
    qtbot.keyClick(control.entry, key)


def show_flip(session, epsilon, *, complete=True, limit=16 / 255, **changes):
    session.show(Frame(session.request.with_(**changes), Stage.DONE, flip=Flip(epsilon, limit, complete)))


# Moving


def test_the_control_starts_with_what_is_asked_and_asks_nothing(control, session, requests):
    assert control.entry.text() == "4.0/255"
    assert control.slider.epsilon == 4 / 255
    assert not requests


def test_a_drag_asks_with_every_move_and_is_one_step_of_undo(qtbot, control, session, requests):
    qtbot.mousePress(control.slider, Qt.MouseButton.LeftButton, pos=at(control, 4 / 255))
    for goal in (5, 6, 7, 8):
        qtbot.mouseMove(control.slider, at(control, goal / 255))
    qtbot.mouseRelease(control.slider, Qt.MouseButton.LeftButton, pos=at(control, 8 / 255))

    assert len(requests) == 4
    assert asked(session) == pytest.approx(8, abs=0.05)
    assert control.entry.text() == "8.0/255"
    session.undo()
    assert asked(session) == 4
    assert not session.can_undo


def test_a_drag_that_rests_in_between_stays_one_step_of_undo(qtbot, control, session):
    qtbot.keyClick(control.slider, Qt.Key.Key_Right)
    qtbot.mousePress(control.slider, Qt.MouseButton.LeftButton, pos=at(control, 4.1 / 255))
    qtbot.mouseMove(control.slider, at(control, 6 / 255))
    assert not control._pause.isActive()
    qtbot.mouseMove(control.slider, at(control, 8 / 255))
    qtbot.mouseRelease(control.slider, Qt.MouseButton.LeftButton)

    session.undo()
    assert asked(session) == 4.1
    session.undo()
    assert asked(session) == 4


def test_two_drags_are_two_steps_of_undo(qtbot, control, session):
    for start, goal in ((4, 8), (8, 12)):
        qtbot.mousePress(control.slider, Qt.MouseButton.LeftButton, pos=at(control, start / 255))
        qtbot.mouseMove(control.slider, at(control, goal / 255))
        qtbot.mouseRelease(control.slider, Qt.MouseButton.LeftButton, pos=at(control, goal / 255))

    session.undo()
    assert asked(session) == pytest.approx(8, abs=0.05)


def test_a_handle_that_is_taken_beside_its_middle_does_not_jump(qtbot, control, session, requests):
    qtbot.mousePress(control.slider, Qt.MouseButton.LeftButton, pos=at(control, 4 / 255) + QPoint(5, 3))
    assert not requests
    qtbot.mouseRelease(control.slider, Qt.MouseButton.LeftButton)


def test_a_press_on_the_groove_brings_the_handle_there(qtbot, control, session):
    qtbot.mouseClick(control.slider, Qt.MouseButton.LeftButton, pos=at(control, 12 / 255))
    assert asked(session) == pytest.approx(12, abs=0.05)


def test_a_drag_beyond_the_ends_stops_there(qtbot, control, session):
    qtbot.mousePress(control.slider, Qt.MouseButton.LeftButton, pos=at(control, 4 / 255))
    qtbot.mouseMove(control.slider, QPoint(5000, 20))
    assert asked(session) == 16
    qtbot.mouseMove(control.slider, QPoint(-5000, 20))
    assert asked(session) == 0
    qtbot.mouseRelease(control.slider, Qt.MouseButton.LeftButton)


@pytest.mark.parametrize(
    ("key", "modifier", "goal"),
    [
        (Qt.Key.Key_Right, Qt.KeyboardModifier.NoModifier, 4.1),
        (Qt.Key.Key_Left, Qt.KeyboardModifier.NoModifier, 3.9),
        (Qt.Key.Key_Up, Qt.KeyboardModifier.ShiftModifier, 5),
        (Qt.Key.Key_PageUp, Qt.KeyboardModifier.NoModifier, 5),
        (Qt.Key.Key_PageDown, Qt.KeyboardModifier.NoModifier, 3),
        (Qt.Key.Key_Home, Qt.KeyboardModifier.NoModifier, 0),
        (Qt.Key.Key_End, Qt.KeyboardModifier.NoModifier, 16),
    ],
)
def test_keys_move_the_handle(qtbot, control, session, requests, key, modifier, goal):
    qtbot.keyClick(control.slider, key, modifier)

    assert asked(session) == goal
    assert len(requests) == 1


def test_keys_pressed_in_a_row_are_one_step_of_undo_until_the_slider_is_left(qtbot, control, session):
    control.slider.setFocus()
    for _ in range(3):
        qtbot.keyClick(control.slider, Qt.Key.Key_Right)
    control.entry.setFocus()
    control.slider.setFocus()
    qtbot.keyClick(control.slider, Qt.Key.Key_Right)

    session.undo()
    assert asked(session) == 4.3
    session.undo()
    assert asked(session) == 4


def test_a_pause_ends_a_row_of_keys(qtbot, control, session, monkeypatch):
    settled = []
    monkeypatch.setattr(session, "settle", lambda: settled.append(True))
    control._pause.timeout.disconnect()
    control._pause.timeout.connect(session.settle)
    control._pause.setInterval(0)
    qtbot.keyClick(control.slider, Qt.Key.Key_Right)

    qtbot.waitUntil(lambda: bool(settled))


def test_the_wheel_moves_by_steps_and_small_turns_add_up(control, session):
    turn_wheel(control.slider, 120)
    assert asked(session) == 4.1
    turn_wheel(control.slider, -240)
    assert asked(session) == 3.9
    for _ in range(4):
        turn_wheel(control.slider, 30)
    assert asked(session) == 4
    turn_wheel(control.slider, 120, Qt.KeyboardModifier.ShiftModifier)
    assert asked(session) == 5


def test_from_between_two_steps_an_arrow_leads_to_the_nearer_one():
    scale = Scale(Norm.LINF, 16 / 255)
    assert scale.stepped(4.03 / 255, 1) * 255 == pytest.approx(4.1)
    assert scale.stepped(4.03 / 255, -1) * 255 == pytest.approx(4.0)
    assert scale.stepped(0.0, -1) == 0.0
    assert scale.stepped(16 / 255, 1) == 16 / 255


def test_assistive_technology_hears_and_sets_steps(control, session):
    assert control.slider.accessibleName() == "ε, the size of the perturbation"
    assert control.slider.accessibleDescription() == "4.0/255"
    assert (control.slider.value(), control.slider.maximum()) == (40, 160)
    control.slider.setValue(80)
    assert asked(session) == 8


# Typing


@pytest.mark.parametrize("text", ["8/255", "0.03137254901960784", "8", "8,0"])
def test_the_box_takes_every_way_of_writing_an_epsilon(qtbot, control, session, requests, text):
    type_epsilon(qtbot, control, text)

    assert asked(session) == 8
    assert control.entry.text() == "8.0/255"
    assert len(requests) == 1


def test_a_box_that_is_confirmed_unchanged_keeps_the_exact_epsilon(qtbot, control, session):
    session.propose(epsilon=0.4297 / 255)
    control.entry.setFocus()
    qtbot.keyClick(control.entry, Qt.Key.Key_Return)

    assert session.request.epsilon == 0.4297 / 255


def test_a_typed_epsilon_counts_when_the_box_is_left(qtbot, control, session):
    control.entry.setFocus()
    control.entry.selectAll()
    qtbot.keyClicks(control.entry, "6")
    control.slider.setFocus()

    assert asked(session) == 6


def test_a_bad_text_is_outlined_and_explained_until_escape_brings_the_last_epsilon_back(qtbot, control, session):
    type_epsilon(qtbot, control, "many")
    assert asked(session) == 4
    assert "“many”" in control.entry.toolTip()
    assert control.slider.mark.is_error
    assert "“many”" in control.slider.mark.text
    edge = control.entry.grab().toImage().pixelColor(control.entry.width() // 2, 0)
    assert edge == theme.color("error")

    qtbot.keyClick(control.entry, Qt.Key.Key_Escape)
    assert control.entry.text() == "4.0/255"
    assert control.slider.mark is None


def test_a_bad_text_makes_way_when_the_box_is_left(qtbot, control, session, requests):
    type_epsilon(qtbot, control, "4/0")
    control.slider.setFocus()

    assert control.entry.text() == "4.0/255"
    assert not requests


def test_the_range_grows_for_a_larger_epsilon_up_to_the_whole_range_of_a_pixel(qtbot, control, session):
    type_epsilon(qtbot, control, "40")
    assert control.slider.scale.name == "64/255"
    type_epsilon(qtbot, control, "255/255")
    assert control.slider.scale.name == "255/255"
    type_epsilon(qtbot, control, "300/255")
    assert asked(session) == 255
    assert "at most 255/255" in control.entry.complaint


# Ranges and norms


def test_a_narrower_range_is_chosen_from_the_menu_and_takes_epsilon_along(control, session):
    session.propose(epsilon=12 / 255)
    session.settle()
    ranges = {action.text(): action for action in control.range_button.menu().actions()}
    assert list(ranges) == ["0 – 2/255", "0 – 8/255", "0 – 16/255", "0 – 64/255", "0 – 255/255"]
    assert ranges["0 – 16/255"].isChecked()

    ranges["0 – 8/255"].trigger()

    assert asked(session) == 8
    assert control.range_button.text() == "0 – 8/255"
    session.undo()
    assert asked(session) == 12
    assert control.slider.scale.name == "16/255"


def test_each_norm_has_its_own_range_unit_and_steps(qtbot, control, session):
    session.propose(norm=Norm.L2, epsilon=0.8)

    assert control.slider.scale.name == "6"
    assert control.entry.text() == "0.8"
    qtbot.keyClick(control.slider, Qt.Key.Key_Right)
    assert session.request.epsilon == pytest.approx(0.82)
    type_epsilon(qtbot, control, "9.5")
    assert session.request.epsilon == 9.5
    assert control.slider.scale.name == "20"
    session.propose(norm=Norm.LINF, epsilon=2 / 255)
    assert control.slider.scale.name == "16/255"


def test_an_epsilon_that_no_picture_bears_is_refused(qtbot, control, session):
    session.propose(norm=Norm.L2, epsilon=0.8)
    type_epsilon(qtbot, control, "5000")

    assert session.request.epsilon == 0.8
    assert "1000" in control.entry.complaint


def test_the_range_suits_small_drawings(control, session):
    digit = np.zeros((28, 28, 1), np.float32)
    session.show(Frame(session.request, Stage.OPENED))
    assert control.slider.scale.name == "16/255"
    session.show(Frame(session.request, Stage.PREDICTED, clean=digit))
    assert control.slider.scale.name == "80/255"


@pytest.mark.parametrize("norm", [Norm.LINF, Norm.L2])
@pytest.mark.parametrize("values", [784, 3072, PHOTO])
def test_every_range_has_figures_from_nothing_to_its_end(norm, values):
    assert 0 < usual_epsilon(norm, values) < scale_for(0, norm, values).limit
    for scale in scales(norm, values):
        places = [epsilon for epsilon, _ in scale.figures()]
        assert places == sorted(places)
        assert (places[0], places[-1]) == (0, scale.limit)
        assert 40 <= scale.limit / scale.step <= 2560 or scale.name == "2/255"


# The mark


def test_the_smallest_epsilon_that_flips_is_marked_where_it_lies(control, session):
    show_flip(session, 10 / 255)

    mark = control.slider.mark
    assert mark.text == "flips at about 10.0/255"
    assert "flips at about" in control.slider.accessibleDescription()
    picture = control.slider.grab().toImage()
    x = round(at(control, 10 / 255).x() * picture.devicePixelRatio())
    column = [picture.pixelColor(x, y) for y in range(picture.height() // 2)]
    assert QColor(theme.ADVERSARIAL) in column


def test_a_click_on_the_mark_goes_exactly_there_in_one_step_of_undo(qtbot, control, session):
    show_flip(session, 10.0321 / 255)
    qtbot.mouseClick(control.slider, Qt.MouseButton.LeftButton, pos=control.slider.mark_rect().center().toPoint())
    assert session.request.epsilon == 10.0321 / 255

    session.undo()
    assert asked(session) == 4


def test_enter_goes_to_the_mark(qtbot, control, session):
    qtbot.keyClick(control.slider, Qt.Key.Key_Return)
    assert asked(session) == 4
    show_flip(session, 1.5 / 255)
    qtbot.keyClick(control.slider, Qt.Key.Key_Return)
    assert asked(session) == 1.5


def test_a_mark_beyond_the_range_is_still_told_and_reached(qtbot, control, session):
    session.propose(epsilon=1 / 255)
    control.range_button.menu().actions()[0].trigger()
    show_flip(session, 10 / 255)
    assert control.slider.rect().contains(control.slider.mark_rect().toRect())
    qtbot.mouseClick(control.slider, Qt.MouseButton.LeftButton, pos=control.slider.mark_rect().center().toPoint())

    assert asked(session) == 10
    assert control.slider.scale.name == "16/255"


def test_a_network_that_holds_is_said_to_hold(control, session):
    show_flip(session, None)
    assert control.slider.mark.text == "holds up to 16/255"
    assert control.slider.mark.colour == theme.HOLDS


def test_under_a_target_the_mark_tells_where_the_target_is_hit(control, session):
    session.propose(target=3)
    show_flip(session, 10 / 255)
    assert control.slider.mark.text == "hits at about 10.0/255"
    assert control.slider.mark.colour == theme.TARGET
    show_flip(session, None)
    assert control.slider.mark.text == "misses the target up to 16/255"


def test_a_search_that_still_runs_is_said_to_run(control, session):
    show_flip(session, 0.5 / 255, complete=False)
    assert control.slider.mark.text.startswith("searching")
    assert control.slider.mark.epsilon is None


@pytest.mark.parametrize("epsilon", [0.1, 8.0, 15.9])
def test_the_text_of_a_mark_is_never_cut(control, session, epsilon):
    show_flip(session, epsilon / 255)
    assert control.slider.rect().contains(control.slider.mark_rect().toRect())


def test_the_mark_stays_while_epsilon_moves_and_frames_come_without_it(control, session):
    show_flip(session, 1 / 255)
    session.propose(epsilon=9 / 255, pinned=(3,))
    session.show(Frame(session.request, Stage.ATTACKED))

    assert control.slider.mark.text == "flips at about 1.0/255"


def test_the_mark_goes_with_what_it_was_found_for(control, session):
    show_flip(session, 1 / 255)
    session.propose(attack=BIM())
    assert control.slider.mark is None
    session.undo()
    assert control.slider.mark.text == "flips at about 1.0/255"
    session.propose(norm=Norm.L2, epsilon=1.0)
    assert control.slider.mark is None


def test_a_late_frame_of_another_question_marks_nothing(control, session):
    show_flip(session, 1 / 255, image="sample:rocket")
    assert control.slider.mark is None


def test_a_control_that_is_made_late_shows_what_is_known(qtbot, session):
    show_flip(session, 1 / 255)
    late = EpsilonControl(session)
    qtbot.addWidget(late)

    assert late.slider.mark.text == "flips at about 1.0/255"


# What an attack has found by itself


def show_found(session, found, *, stage=Stage.ATTACKED, step=50, flip=None, **changes):
    request = session.request.with_(**changes)
    image = np.zeros((2, 2, 3), np.float32)
    prediction = Prediction(np.array([0.4, 0.6], np.float32))
    attacked = Attacked(image, prediction, Verdict.FOOLED, 0.0, 0.0, step, 50, found=found)
    session.show(Frame(request, stage, attacked=attacked, flip=flip))


@pytest.fixture
def searching(control, session):
    session.propose(attack=DeepFool())
    return control


def test_a_size_that_was_found_is_marked_and_followed_by_what_epsilon_does_to_it(searching, session):
    show_found(session, 0.31 / 255)
    mark = searching.slider.mark
    assert (mark.text, mark.epsilon) == ("found at 0.31/255, within ε", 0.31 / 255)
    session.propose(epsilon=0.3 / 255)
    assert searching.slider.mark.text == "found at 0.31/255; ε stops the picture before it"
    session.propose(pinned=(1,), iterate=3)
    show_found(session, None, step=3)
    assert searching.slider.mark.text.startswith("found at 0.31/255"), "looking back at a step changes nothing"


def test_a_size_that_was_found_is_not_marked_twice_but_an_earlier_flip_is_told(searching, session):
    show_found(session, 3 / 255, flip=Flip(2.9 / 255, 16 / 255, True))
    assert searching.slider.mark.text == "found at 3.0/255, within ε"
    show_found(session, 3 / 255, flip=Flip(1.2 / 255, 16 / 255, True))
    assert searching.slider.mark.text == "found at 3.0/255, within ε · on the way there it flips at about 1.2/255"
    assert searching.slider.mark.epsilon == 3 / 255


def test_a_search_says_how_far_it_is_and_that_it_has_found_nothing(searching, session):
    show_found(session, 2 / 255, stage=Stage.ATTACKING, step=12)
    assert searching.slider.mark.text == "searching for the smallest change: step 12 of 50 …"
    assert searching.slider.mark.epsilon is None
    show_found(session, None)
    assert searching.slider.mark.text == "nothing found in 50 steps"
    session.propose(attack=DeepFool(steps=3))
    assert searching.slider.mark is None


def test_enter_goes_to_the_size_that_was_found(qtbot, searching, session):
    show_found(session, 3 / 255)
    qtbot.keyClick(searching.slider, Qt.Key.Key_Return)
    assert asked(session) == 3
