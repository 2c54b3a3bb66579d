"""Two pictures side by side: their answers, their maps with one scale, their distance, and how they are chosen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt

from engine.answers import Prediction
from engine.inside import Activations, Architecture, Companion, Form, Group, Inside, Node, Receptive
from engine.look import Part
from gui.session import Session, Side
from gui.views.companion.view import COMPARING, EMPTY, SAME, CompanionView

LAYER, OTHER = "features.0", "features.3"
CLEAN = np.full((8, 8, 3), 0.25, np.float32)


@pytest.fixture
def session():
    return Session()


@pytest.fixture
def view(qtbot, session):
    made = CompanionView(session)
    qtbot.addWidget(made)
    made.resize(1280, 300)
    made.show()
    return made


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).random(shape, np.float32)


def answer(label, count=8):
    probabilities = np.full(count, 0.01, np.float32)
    probabilities[label] = 1 - 0.01 * (count - 1)
    return Prediction(probabilities)


def second(activations, distances=(0.1, 0.8), label=1, name="this one, moved 2 left, 2 up"):
    return Companion(name, 1 - CLEAN, answer(label), activations, (LAYER, OTHER), np.array(distances, np.float32))


@pytest.fixture
def show(session, make_frame):
    field = (Receptive(3, 1, -1), Receptive(3, 1, -1))
    nodes = (
        Node(LAYER, "Conv2d", "", "", (), (6, 4, 4), Form.MAPS, receptive=field),
        Node(OTHER, "Conv2d", "", "", (0,), (6, 4, 4), Form.MAPS),
    )
    graph = Architecture(nodes, {"": Group("", "Net", None)}, 10)

    def shown(companion=None, *, layer=LAYER, form=Form.MAPS, clean=None, notes=(), sampled=None):
        clean = numbers(6, 4, 4) if clean is None else clean
        activations = Activations(layer, form, clean, clean, sampled=sampled)
        inside = Inside(layer=layer, architecture=graph, activations=activations, companion=companion, notes=notes)
        session.show(make_frame(session.request, clean=CLEAN, inside=inside))

    return shown


def test_the_view_asks_for_the_second_picture_while_it_can_be_seen(session, view):
    assert Part.COMPANION in session.request.views
    view.hide()
    assert not session.request.views


def test_without_a_picture_it_says_what_to_do(view):
    assert view.hint.isVisible()
    assert view.hint.text() == EMPTY


def test_both_pictures_are_shown_with_their_answers(view, show):
    show(second(numbers(6, 4, 4, seed=1)))
    assert [each.picture.values[0, 0, 0] for each in view.pictures] == [0.25, 0.75]
    assert [each.text() for each in view.answers] == [
        "This picture: Egyptian cat 60 %",
        "this one, moved 2 left, 2 up: tabby 93 %",
    ]
    view.resize(600, 120)
    assert [each.text() for each in view.answers] == ["Egyptian cat 60 %", "tabby 93 %"]


def test_their_maps_have_the_same_order_and_one_scale(view, show):
    companion = second(3 * numbers(6, 4, 4, seed=1))
    show(companion)
    assert [each.count for each in view.mosaics] == [6, 6]
    assert view.scale_bar.ends == ("0", f"{companion.activations.max():.3g}")


def test_a_number_is_compared_in_both_and_marked_in_both(view, show, session):
    clean, companion = numbers(6, 4, 4), second(numbers(6, 4, 4, seed=1))
    show(companion, clean=clean)
    view.mosaics[1].pointed.emit(2, 1, 0)
    wanted = f"first {clean[2, 1, 0]:.3g}, second {companion.activations[2, 1, 0]:.3g}, difference "
    assert view.readout.text.startswith(f"map 2 of 6, row 1, column 0: {wanted}")
    assert session.pointed.window is not None
    assert all(each.window_outlined is not None for each in view.pictures)
    view.mosaics[1].left.emit()
    assert session.pointed is None
    assert all(each.window_outlined is None for each in view.pictures)


def test_the_most_different_maps_can_come_first(view, show, session):
    clean = np.zeros((6, 4, 4), np.float32)
    other = clean.copy()
    other[4] = 1
    show(second(other), clean=clean)
    view.most_first.click()
    view.mosaics[0].chosen.emit(0)
    assert (session.request.look.layer, session.request.look.unit) == (LAYER, 4)
    assert [each.selected for each in view.mosaics] == [0, 0]


def test_the_distance_at_the_layer_is_said(view, show):
    show(second(numbers(6, 4, 4, seed=1)))
    assert view.readout.text == (
        f"At {LAYER} the second picture (this one, moved 2 left, 2 up) differs from the first by 10 %"
    )
    view.strip.hovered.emit(1)
    assert view.readout.text.startswith(f"At {OTHER} ")
    assert view.readout.text.endswith("80 %")


def test_a_bar_of_the_strip_chooses_its_layer(view, show, session):
    show(second(numbers(6, 4, 4, seed=1)))
    view.strip.chosen.emit(1)
    assert session.request.look.layer == OTHER


def test_two_pictures_that_are_the_same_ask_for_another(view, show):
    show(second(numbers(6, 4, 4), distances=(0, 0)))
    assert view.readout.text == SAME


def test_it_does_not_matter_which_run_is_chosen(view, show, session):
    show(second(numbers(6, 4, 4, seed=1)))
    before = view.mosaics[0].grab().toImage()
    session.choose_side(Side.DIFFERENCE)
    assert view.mosaics[0].grab().toImage() == before


def test_what_cannot_be_opened_is_told(view, show):
    show(second(numbers(6, 4, 4, seed=1)))
    show(None, notes=("“cat.png” cannot be opened: there is no such file.",))
    assert view.hint.isVisible()
    assert view.hint.text().startswith("“cat.png” cannot be opened")
    show(second(numbers(6, 4, 4, seed=1)))
    assert not view.hint.isVisible()


def test_a_frame_that_still_waits_for_it_keeps_the_last_one(view, show):
    show(second(numbers(6, 4, 4, seed=1)))
    show(None)
    assert view.mosaics[0].isVisible()


@pytest.mark.parametrize(("form", "shape"), [(Form.VECTOR, (12,)), (Form.TOKENS, (10, 5)), (Form.TOKENS, (7, 5))])
def test_layers_of_every_form_are_compared(view, show, form, shape):
    show(second(numbers(*shape, seed=1)), form=form, clean=numbers(*shape))
    view.mosaics[0].pointed.emit(0, 0, 0)
    assert "first " in view.readout.text
    assert "second " in view.readout.text


def test_the_picture_is_chosen_among_the_open_ones_and_the_samples(view, session):
    session.open_images(("/photos/dog.png", "/photos/cat.png"))
    names = [view.choice.pictures.itemText(each) for each in range(view.choice.pictures.count())]
    assert names[:2] == ["This picture", "cat.png"]
    assert "A cup of coffee" in names
    view.choice.pictures.setCurrentIndex(1)
    view.choice.pictures.activated.emit(1)
    assert session.request.look.companion == "/photos/cat.png"


def test_a_picture_of_a_session_file_is_listed_though_it_is_not_open(view, session):
    session.look_at(companion="/elsewhere/bird.png")
    assert view.choice.pictures.currentText() == "bird.png"


def test_the_shift_is_typed_and_followed(view, session, qtbot):
    view.choice.right.setValue(-2)
    view.choice.down.setValue(-2)
    assert session.request.look.shift == (-2, -2)
    session.look_at(shift=(5, 0))
    assert (view.choice.right.value(), view.choice.down.value()) == (5, 0)


def test_hiding_the_view_points_at_nothing_any_more(view, show, session):
    show(second(numbers(6, 4, 4, seed=1)))
    view.mosaics[0].pointed.emit(0, 0, 0)
    view.hide()
    assert session.pointed is None


def test_the_view_can_be_made_low_again_after_it_was_high(view, show):
    show(second(numbers(6, 4, 4, seed=1)))
    view.resize(1280, 500)
    assert view.minimumSizeHint().height() <= 180


def test_the_keyboard_reaches_both_mosaics(view, show, qtbot, session):
    show(second(numbers(6, 4, 4, seed=1)))
    view.mosaics[1].setFocus()
    qtbot.keyClick(view.mosaics[1], Qt.Key.Key_Right)
    assert session.request.look.unit == 0


def test_while_epsilon_is_dragged_nothing_is_drawn_again(view, show, monkeypatch):
    companion = second(numbers(6, 4, 4, seed=1))
    show(companion)
    drawn = []
    monkeypatch.setattr(view.mosaics[0], "show_tiles", lambda *_, **__: drawn.append(1))
    show(replace(companion))
    assert not drawn
    show(replace(companion, distances=companion.distances * 2))
    assert drawn


def test_until_the_distances_are_known_it_says_that_they_are_computed(view, show):
    show(replace(second(numbers(6, 4, 4, seed=1)), distances=None))
    assert view.readout.text == COMPARING


def test_the_unit_that_the_engine_chose_is_outlined_in_both(view, show, session, make_frame):
    show(second(numbers(6, 4, 4, seed=1)))
    inside = replace(session.frame.inside, unit=3, companion=second(numbers(6, 4, 4, seed=2)))
    session.show(make_frame(session.request, clean=CLEAN, inside=inside))
    assert [each.selected for each in view.mosaics] == [3, 3]
