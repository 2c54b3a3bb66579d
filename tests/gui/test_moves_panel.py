"""The picture is moved under the network with sliders, boxes and buttons, by mouse and by keyboard."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from engine.catalogue.moves import Moves
from engine.frame import Frame, NetworkInfo, Prediction, Stage
from engine.images import move
from engine.request import Request
from gui.panels.dragging import Dragging
from gui.panels.moves import MovesPanel
from gui.session import Session
from gui.views.pane_pictures import picture_of

ALT = Qt.KeyboardModifier.AltModifier


@pytest.fixture
def session() -> Session:
    return Session(Request())


@pytest.fixture
def panel(qtbot: QtBot, session: Session) -> MovesPanel:
    made = MovesPanel(session)
    qtbot.addWidget(made)
    made.resize(236, 460)
    made.show()
    qtbot.mouseClick(made.opener, Qt.MouseButton.LeftButton)
    made.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is made)
    return made


def frame(session: Session, shape: tuple[int, int, int] = (28, 28, 1)) -> Frame:
    network = NetworkInfo("lenet-5", "LeNet-5", tuple("0123456789"), 1, shape[:2], "CPU")
    return Frame(session.request, Stage.PREDICTED, network=network, clean=np.zeros(shape, np.float32))


def sure_of(label: int, probability: float) -> Prediction:
    probabilities = np.full(10, (1 - probability) / 9, np.float32)
    probabilities[label] = probability
    return Prediction(probabilities)


def test_the_part_is_closed_at_first_and_opens_by_mouse_and_by_key(qtbot: QtBot, session: Session) -> None:
    made = MovesPanel(session)
    qtbot.addWidget(made)
    made.show()
    assert not made.content.isVisible()
    qtbot.mouseClick(made.opener, Qt.MouseButton.LeftButton)
    assert made.content.isVisible()
    qtbot.keyClick(made.opener, Qt.Key.Key_Space)
    assert not made.content.isVisible()


def test_the_arrow_keys_on_the_slider_move_the_picture_pixel_by_pixel(
    panel: MovesPanel, session: Session, qtbot: QtBot
) -> None:
    slider = panel.measures["right"].slider
    slider.setFocus()
    for _ in range(2):
        qtbot.keyClick(slider, Qt.Key.Key_Left)
    assert session.request.moves == Moves(right=-2)


def test_a_drag_of_the_slider_moves_live_and_is_one_step_of_undo(
    panel: MovesPanel, session: Session, qtbot: QtBot
) -> None:
    seen = []
    session.request_changed.connect(lambda request: seen.append(request.moves.turn))
    slider = panel.measures["turn"].slider
    slider.setSliderDown(True)
    for degrees in (5, 10, 15):
        slider.setValue(degrees)
    slider.setSliderDown(False)
    assert seen == [5, 10, 15]
    slider.setSliderDown(True)
    slider.setValue(20)
    slider.setSliderDown(False)
    session.undo()
    assert session.request.moves == Moves(turn=15)
    session.undo()
    assert session.request.moves == Moves()
    assert panel.measures["turn"].slider.value() == 0


def test_two_measures_moved_with_the_keys_are_two_steps_of_undo(
    panel: MovesPanel, session: Session, qtbot: QtBot
) -> None:
    for name in ("right", "down"):
        panel.measures[name].slider.setFocus()
        qtbot.keyClick(panel.measures[name].slider, Qt.Key.Key_Right)
    assert session.request.moves == Moves(right=1, down=1)
    session.undo()
    assert session.request.moves == Moves(right=1)


def test_a_value_is_typed_beyond_the_slider(panel: MovesPanel, session: Session, qtbot: QtBot) -> None:
    box = panel.measures["noise"].box
    box.setFocus()
    box.selectAll()
    qtbot.keyClicks(box, "200")
    qtbot.keyClick(box, Qt.Key.Key_Return)
    assert session.request.moves.noise == pytest.approx(200 / 255)


def test_a_measure_is_put_back_by_its_button_which_is_there_only_then(
    panel: MovesPanel, session: Session, qtbot: QtBot
) -> None:
    measure = panel.measures["scale"]
    assert not measure.reset.isVisible()
    session.propose(moves=Moves(scale=2, right=3))
    assert measure.reset.isVisible()
    qtbot.mouseClick(measure.reset, Qt.MouseButton.LeftButton)
    assert session.request.moves == Moves(right=3)


def test_all_of_it_is_put_back_at_once_and_that_can_be_undone(
    panel: MovesPanel, session: Session, qtbot: QtBot
) -> None:
    moved = Moves(right=3, flip=True, permute=True, seed=4)
    session.propose(moves=moved)
    qtbot.mouseClick(panel.reset, Qt.MouseButton.LeftButton)
    assert session.request.moves == Moves()
    assert not panel.reset.isVisible()
    session.undo()
    assert session.request.moves == moved


def test_the_size_doubles_with_every_twenty_stops(panel: MovesPanel, session: Session) -> None:
    slider = panel.measures["scale"].slider
    slider.setValue(slider.value() + 20)
    assert session.request.moves.scale == pytest.approx(2)
    slider.setValue(slider.value() - 20)
    assert session.request.moves.is_still


def test_pixels_are_permuted_and_mirrored_by_a_tick(panel: MovesPanel, session: Session, qtbot: QtBot) -> None:
    panel.checks["permute"].setFocus()
    qtbot.keyClick(panel.checks["permute"], Qt.Key.Key_Space)
    qtbot.keyClick(panel.checks["flip"], Qt.Key.Key_Space)
    assert session.request.moves == Moves(permute=True, flip=True)
    session.undo()
    assert session.request.moves == Moves(permute=True)
    assert not panel.checks["flip"].isChecked()


def test_the_seed_is_there_only_where_something_is_drawn(panel: MovesPanel, session: Session, qtbot: QtBot) -> None:
    assert not panel.seed.isVisible()
    session.propose(moves=Moves(right=2))
    assert not panel.seed.isVisible()
    session.propose(moves=Moves(noise=0.1))
    assert panel.seed.isVisible()
    panel.seed.setFocus()
    panel.seed.selectAll()
    qtbot.keyClicks(panel.seed, "7")
    qtbot.keyClick(panel.seed, Qt.Key.Key_Return)
    assert session.request.moves == Moves(noise=0.1, seed=7)


def test_hues_are_absent_for_a_grey_network_and_shifts_reach_as_far_as_its_picture(
    panel: MovesPanel, session: Session
) -> None:
    session.show(frame(session))
    assert not panel.measures["hue"].isVisible()
    assert panel.measures["right"].slider.maximum() == 14
    session.show(frame(session, (224, 200, 3)))
    assert panel.measures["hue"].isVisible()
    assert panel.measures["right"].slider.maximum() == 100


def test_the_panel_says_how_the_move_alone_changes_the_answer(panel: MovesPanel, session: Session) -> None:
    assert "black in grey pictures" in panel.answers.text()
    session.propose(moves=Moves(right=-2, down=-2))
    session.show(replace(frame(session), before=sure_of(2, 0.61), unmoved=sure_of(7, 0.992)))
    assert panel.answers.text().replace("\u00a0", " ") == "As it is: 7, 99.2 %. Moved: 2, 61 %."


def test_closed_it_still_says_what_is_done(panel: MovesPanel, session: Session, qtbot: QtBot) -> None:
    qtbot.mouseClick(panel.opener, Qt.MouseButton.LeftButton)
    session.propose(moves=Moves(right=-2, down=-2.5, turn=10, permute=True))
    assert panel.said.text() == "2 px left, 2.5 px up, turned 10°, pixels permuted"
    assert panel.said.isVisible()


def test_every_control_has_a_name_and_says_what_it_does(panel: MovesPanel) -> None:
    for measure in panel.measures.values():
        for each in (measure.slider, measure.box, measure.reset):
            assert each.accessibleName()
            assert each.toolTip()
            assert each.focusPolicy() & Qt.FocusPolicy.TabFocus


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("moves", [Moves(right=-2, down=-2), Moves(flip=True), Moves(turn=5, permute=True)])
def test_a_moved_picture_is_shown_pixel_by_pixel_whatever_was_done(moves: Moves, channels: int) -> None:
    levels = np.random.default_rng(0).integers(0, 256, (20, 24, channels))
    moved = move((levels / 255).astype(np.float32), moves)
    for picture in (moved, np.asfortranarray(moved)):
        shown = picture_of(picture).image
        colour = shown.pixelColor(7, 3)
        assert [colour.red(), colour.green(), colour.blue()] == [
            round(255 * float(each)) for each in np.resize(moved[3, 7], 3)
        ]


@pytest.mark.parametrize("held", [ALT, ALT | Qt.KeyboardModifier.ShiftModifier], ids=["alt", "shift and alt"])
def test_a_drag_with_alt_shifts_the_picture_by_its_own_pixels_and_is_one_step_of_undo(
    qtbot: QtBot, session: Session, held: Qt.KeyboardModifier
) -> None:
    pane = QWidget()
    qtbot.addWidget(pane)
    pane.resize(200, 200)
    pane.show()
    Dragging(session, pane, lambda: 4.0)
    session.propose(moves=Moves(down=1, flip=True))
    qtbot.mousePress(pane, Qt.MouseButton.LeftButton, held, QPoint(100, 100))
    for x in (90, 80):
        qtbot.mouseMove(pane, QPoint(x, 117))
    qtbot.mouseRelease(pane, Qt.MouseButton.LeftButton, held, QPoint(80, 117))
    assert session.request.moves == Moves(right=-5, down=5, flip=True)
    qtbot.mouseMove(pane, QPoint(10, 10))
    assert session.request.moves == Moves(right=-5, down=5, flip=True)
    session.undo()
    assert session.request.moves == Moves(down=1, flip=True)


def test_a_drag_without_alt_is_left_to_the_picture(qtbot: QtBot, session: Session) -> None:
    pane = QWidget()
    qtbot.addWidget(pane)
    pane.show()
    Dragging(session, pane, lambda: 4.0)
    qtbot.mousePress(pane, Qt.MouseButton.LeftButton, pos=QPoint(10, 10))
    qtbot.mouseMove(pane, QPoint(50, 50))
    qtbot.mouseRelease(pane, Qt.MouseButton.LeftButton, pos=QPoint(50, 50))
    assert session.request.moves.is_still
