"""Drawing on the pad with a real mouse: every stroke is a picture, a prediction and a step of undo."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

import gui.panels.draw
from engine.catalogue.classes import class_names
from engine.catalogue.models import NETWORKS, NetworkCard
from engine.frame import Frame, NetworkInfo, Photo, Prediction, Stage
from engine.frame import Window as PictureWindow
from engine.images import Drawing, Form, is_drawn
from engine.request import Request
from gui.__main__ import build
from gui.panels.canvas import Canvas
from gui.panels.draw import DrawPanel
from gui.panels.image import ImagePanel
from gui.session import Session
from gui.settings import Store
from gui.window import Window

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
DIGITS = replace(
    NETWORKS["efficientnet-lite0"], name="digits", title="Digits", size=(28, 28), resize=28, mean=(0.0,), std=(1.0,)
)

GARMENTS = replace(DIGITS, name="garments", title="Garments", names=class_names("fashion-mnist"))


@pytest.fixture
def networks(monkeypatch: pytest.MonkeyPatch) -> dict[str, NetworkCard]:
    """Those that the pad knows of: one for photographs, and one for drawings."""
    known = {"efficientnet-lite0": NETWORKS["efficientnet-lite0"], "digits": DIGITS, "garments": GARMENTS}
    monkeypatch.setattr(gui.panels.draw, "all_networks", lambda: known)
    monkeypatch.setattr(gui.panels.draw, "known_network", known.get)
    return known


@pytest.fixture
def session() -> Session:
    return Session(Request(model="digits"))


@pytest.fixture
def panel(qtbot: QtBot, session: Session, networks: dict[str, NetworkCard]) -> DrawPanel:
    made = DrawPanel(session)
    qtbot.addWidget(made)
    made.resize(900, 320)
    made.show()
    made.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is made)
    return made


def at(canvas: Canvas, x: float, y: float) -> QPoint:
    """Pixels of ink as pixels of the widget."""
    place = canvas.place()
    return QPoint(round(place.left() + x * place.width() / 280), round(place.top() + y * place.height() / 280))


def draw(qtbot: QtBot, canvas: Canvas, *points: tuple[float, float], button: Qt.MouseButton = LEFT) -> None:
    """A stroke through those places."""
    first, *others = (at(canvas, *each) for each in points)
    qtbot.mousePress(canvas, button, pos=first)
    for each in others:
        qtbot.mouseMove(canvas, each)
    qtbot.mouseRelease(canvas, button, pos=others[-1] if others else first)


def drawn(session: Session) -> Drawing:
    return Drawing.read(session.request.image)


def answered(session: Session, label: int = 7) -> Frame:
    network = NetworkInfo("digits", "Digits", tuple("0123456789"), 1, (28, 28), "CPU")
    probabilities = np.full(10, 0.01, np.float32)
    probabilities[label] = 0.91
    clean = np.random.default_rng(0).random((28, 28, 1), np.float32)
    return Frame(session.request, Stage.PREDICTED, network=network, clean=clean, before=Prediction(probabilities))


def test_a_stroke_with_the_mouse_is_the_picture_on_the_bench(panel: DrawPanel, session: Session, qtbot: QtBot) -> None:
    draw(qtbot, panel.canvas, (60, 140), (220, 140))
    ink = drawn(session).ink
    assert ink[140, 60:220].min() == 255
    assert ink[100].max() == 0
    assert 20 <= np.count_nonzero(ink[:, 140] > 127) <= 24, "as wide as the pencil"


def test_the_answer_is_asked_for_while_the_pencil_moves_and_the_stroke_is_one_step_of_undo(
    panel: DrawPanel, session: Session, qtbot: QtBot
) -> None:
    before, seen = session.request, []
    session.request_changed.connect(lambda request: seen.append(request.image))
    draw(qtbot, panel.canvas, (60, 60), (120, 60), (220, 60))
    assert len(set(seen)) == 3
    draw(qtbot, panel.canvas, (220, 60), (140, 240))
    session.undo()
    np.testing.assert_array_equal(panel.canvas.ink, drawn(session).ink)
    assert panel.canvas.ink[200:].max() == 0
    session.undo()
    assert session.request == before
    assert not panel.canvas.ink.any()
    session.redo()
    assert panel.canvas.ink.any()


def test_no_place_where_the_mouse_has_been_is_left_out_of_a_stroke(
    panel: DrawPanel, qtbot: QtBot, request: pytest.FixtureRequest
) -> None:
    bundled = Qt.ApplicationAttribute.AA_CompressHighFrequencyEvents
    request.addfinalizer(partial(QApplication.setAttribute, bundled, QApplication.testAttribute(bundled)))
    QApplication.setAttribute(bundled, True)
    qtbot.mousePress(panel.canvas, LEFT, pos=at(panel.canvas, 60, 60))
    assert not QApplication.testAttribute(bundled)
    qtbot.mousePress(panel.canvas, RIGHT, pos=at(panel.canvas, 60, 60))
    qtbot.mouseRelease(panel.canvas, LEFT, pos=at(panel.canvas, 60, 60))
    assert QApplication.testAttribute(bundled), "as it was"


def test_a_click_leaves_a_dot_and_the_right_button_rubs_it_out(
    panel: DrawPanel, session: Session, qtbot: QtBot
) -> None:
    draw(qtbot, panel.canvas, (100, 100))
    assert drawn(session).ink[100, 100] == 255
    draw(qtbot, panel.canvas, (80, 100), (120, 100), button=RIGHT)
    assert not drawn(session).ink.any()


def test_a_broader_pencil_is_chosen_with_the_keys(panel: DrawPanel, session: Session, qtbot: QtBot) -> None:
    panel.pencil.setFocus()
    qtbot.keyClick(panel.pencil, Qt.Key.Key_End)
    assert "8.0 of the pad's 28 pixels" in panel.width_said.text()
    draw(qtbot, panel.canvas, (140, 140))
    assert np.count_nonzero(drawn(session).ink[140] > 127) == pytest.approx(80, abs=2)


def test_the_pad_is_cleared_by_its_button_or_delete_and_that_can_be_undone(
    panel: DrawPanel, session: Session, qtbot: QtBot
) -> None:
    draw(qtbot, panel.canvas, (60, 60), (200, 200))
    stroke = session.request.image
    qtbot.mouseClick(panel.clear, LEFT)
    assert not drawn(session).ink.any()
    session.undo()
    assert session.request.image == stroke
    qtbot.keyClick(panel.canvas, Qt.Key.Key_Delete)
    assert not panel.canvas.ink.any()


def test_an_empty_pad_beside_a_photograph_is_not_put_in_its_place(
    panel: DrawPanel, session: Session, qtbot: QtBot
) -> None:
    before = session.request
    qtbot.mouseClick(panel.clear, LEFT)
    qtbot.keyClick(panel.framed, Qt.Key.Key_Space)
    assert session.request == before


def test_centring_is_switched_off_to_see_what_it_did(panel: DrawPanel, session: Session, qtbot: QtBot) -> None:
    draw(qtbot, panel.canvas, (30, 30), (60, 80))
    assert drawn(session).pixels.shape == (28, 28)
    qtbot.keyClick(panel.framed, Qt.Key.Key_Space)
    whole = drawn(session)
    assert whole.form is Form.WHOLE
    assert whole.pixels[120:].max() == 0
    session.undo()
    assert panel.framed.isChecked()


def test_for_a_network_of_garments_the_drawing_reaches_from_edge_to_edge_and_the_box_says_so(
    panel: DrawPanel, session: Session, qtbot: QtBot
) -> None:
    assert "MNIST's digits" in panel.framed.text()
    session.propose(model="garments")
    assert "Fashion-MNIST's garments" in panel.framed.text()
    draw(qtbot, panel.canvas, (100, 120), (180, 120), (180, 160))
    assert drawn(session).form is Form.GARMENT
    assert np.ptp(np.nonzero(drawn(session).pixels)[1]) == 27
    qtbot.keyClick(panel.framed, Qt.Key.Key_Space)
    assert drawn(session).form is Form.WHOLE
    qtbot.keyClick(panel.framed, Qt.Key.Key_Space)
    assert drawn(session).form is Form.GARMENT


def test_the_box_names_the_form_that_a_drawing_of_a_session_file_has_until_it_is_drawn_on(
    panel: DrawPanel, session: Session, qtbot: QtBot
) -> None:
    session.propose(model="garments", image=Drawing(np.eye(280, dtype=np.uint8) * 255, Form.DIGIT).image)
    assert "MNIST's digits" in panel.framed.text()
    draw(qtbot, panel.canvas, (100, 120))
    assert drawn(session).form is Form.GARMENT
    assert "Fashion-MNIST's garments" in panel.framed.text()


def test_an_outline_of_a_garment_is_filled_in_by_a_button_that_digits_do_not_have(
    panel: DrawPanel, session: Session, qtbot: QtBot
) -> None:
    draw(qtbot, panel.canvas, (60, 60), (220, 60), (220, 220), (60, 220), (60, 60))
    outline = drawn(session)
    assert not panel.fill.isVisible()
    session.propose(model="garments")
    qtbot.mouseClick(panel.fill, LEFT)
    assert drawn(session).ink[60:220, 60:220].min() == 255
    assert panel.canvas.ink[140, 140] == 255
    session.undo()
    np.testing.assert_array_equal(drawn(session).ink, outline.ink)


def test_the_pad_is_drawn_on_with_the_keys_alone(panel: DrawPanel, session: Session, qtbot: QtBot) -> None:
    canvas, key = panel.canvas, Qt.Key
    canvas.setFocus()
    before = session.request
    qtbot.keyClick(canvas, key.Key_Left)
    assert session.request == before, "the pencil is led without drawing"
    qtbot.keyPress(canvas, key.Key_Shift)
    for _ in range(5):
        qtbot.keyPress(canvas, key.Key_Up, Qt.KeyboardModifier.ShiftModifier)
    qtbot.keyRelease(canvas, key.Key_Shift)
    line = drawn(session).ink
    assert line[90:140, 130].min() == 255, "five of the pad's 28 pixels upwards"
    qtbot.keyClick(canvas, key.Key_Down, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyRelease(canvas, key.Key_Control)
    assert drawn(session).ink[90:95, 130].max() == 0, "rubbed out"
    session.undo()
    np.testing.assert_array_equal(drawn(session).ink, line)
    session.undo()
    assert session.request == before, "the line was one step"
    qtbot.keyClick(canvas, key.Key_Return)
    assert np.count_nonzero(drawn(session).ink > 127) == pytest.approx(np.pi * 11**2, rel=0.1), "a dot"


def test_the_focus_follows_the_eye(panel: DrawPanel, session: Session, qtbot: QtBot) -> None:
    session.propose(model="garments")
    panel.canvas.setFocus()
    for each in (panel.framed, panel.pencil, panel.clear, panel.fill):
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        assert each.hasFocus()


def test_the_keys_lead_the_pencil_no_farther_than_the_edge_and_a_ring_shows_where_it_is(
    panel: DrawPanel, qtbot: QtBot
) -> None:
    canvas = panel.canvas
    canvas.setFocus()
    plain = canvas.grab().toImage()
    for _ in range(20):
        qtbot.keyClick(canvas, Qt.Key.Key_Right)
    assert canvas.marked is not None
    assert (canvas.marked.x(), canvas.marked.y()) == (280, 140)
    assert canvas.grab().toImage() != plain
    draw(qtbot, canvas, (60, 60))
    assert canvas.marked is None, "the mouse has it"


def test_beside_the_drawing_stands_what_the_network_sees_and_its_answer(
    panel: DrawPanel, session: Session, qtbot: QtBot
) -> None:
    draw(qtbot, panel.canvas, (60, 60), (200, 60))
    frame = answered(session)
    session.show(frame)
    assert frame.clean is not None
    image = panel.seen.image
    assert (image.width(), image.height()) == (28, 28)
    assert image.pixelColor(3, 5).red() == round(float(frame.clean[5, 3, 0]) * 255)
    assert panel.answer.text() == "Digits sees 7, 91 %."


def test_another_picture_empties_the_pad_and_what_was_seen(panel: DrawPanel, session: Session, qtbot: QtBot) -> None:
    draw(qtbot, panel.canvas, (60, 60), (200, 60))
    session.show(answered(session))
    session.propose(image="sample:coffee")
    assert panel.answer.text() == "Nothing drawn yet."
    assert not panel.canvas.ink.any()
    assert panel.seen.image.isNull()
    session.show(answered(session))
    assert panel.seen.image.isNull(), "a photograph is shown elsewhere"


def test_a_network_of_photographs_leads_to_the_offer_of_one_for_drawings(
    panel: DrawPanel, session: Session, qtbot: QtBot
) -> None:
    assert not panel.advice.isVisible()
    session.propose(model="efficientnet-lite0")
    assert "EfficientNet-Lite0 has learnt from ImageNet-1K" in panel.advice.text()
    assert panel.advice.isVisible()
    panel.networks.setFocus()
    with qtbot.waitSignal(panel.networkWanted) as wanted:
        qtbot.keyClick(panel.networks, Qt.Key.Key_Down)
    assert wanted.args == ["digits"]


def test_without_a_network_for_drawings_the_pad_says_so_and_still_draws(
    panel: DrawPanel, session: Session, qtbot: QtBot, networks: dict[str, NetworkCard]
) -> None:
    del networks["digits"], networks["garments"]
    session.propose(model="efficientnet-lite0")
    assert "No network for drawings is at hand" in panel.advice.text()
    assert not panel.networks.isVisible()
    draw(qtbot, panel.canvas, (60, 60), (200, 60))
    assert is_drawn(session.request.image)


def test_a_damaged_drawing_of_a_session_file_leaves_the_pad_empty(panel: DrawPanel, session: Session) -> None:
    session.propose(image="drawn:centred:nonsense")
    assert not panel.canvas.ink.any()


def test_what_is_shown_is_white_ink_on_black_and_a_hint_on_an_empty_pad(panel: DrawPanel, qtbot: QtBot) -> None:
    canvas = panel.canvas
    hinted = canvas.grab().toImage()
    draw(qtbot, canvas, (40, 40), (240, 40))
    image = canvas.grab().toImage()
    assert image.pixelColor(at(canvas, 140, 40)).lightness() == 255
    assert image.pixelColor(at(canvas, 140, 200)).lightness() == 0
    assert hinted != image


def test_while_the_pencil_moves_the_facts_of_the_picture_stand_still(session: Session, qtbot: QtBot) -> None:
    image_panel = ImagePanel(session)
    qtbot.addWidget(image_panel)
    ink = np.zeros((280, 280), np.uint8)
    session.propose(image=Drawing(ink).image)
    photo = Photo(np.zeros((28, 28, 3), np.uint8), "drawing", PictureWindow(0, 0, 28, 28))
    session.show(Frame(session.request, Stage.OPENED, photo=photo))
    ink[50:90, 50:90] = 255
    session.propose(image=Drawing(ink).image)
    assert image_panel.facts.text() == "28 × 28 pixels"


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path) -> Iterator[Window]:
    made = build(Request(), Store.load(tmp_path / "settings.json"))
    qtbot.addWidget(made)
    yield made
    made.close()


def test_the_pad_is_opened_from_the_window_and_drawing_names_the_picture(window: Window, qtbot: QtBot) -> None:
    assert window.draw_dock.isHidden()
    window.action["draw"].trigger()
    assert not window.draw_dock.isHidden()
    panel = window.draw_dock.view
    assert isinstance(panel, DrawPanel)
    assert panel.focusProxy() is panel.canvas
    panel.resize(900, 320)
    draw(qtbot, panel.canvas, (60, 60), (200, 60))
    assert is_drawn(window.session.request.image)
    assert window.image_panel.name.text() == "Drawing"
    assert len(window.image_panel.name.toolTip()) < 100


def test_a_drawing_follows_the_network_from_digits_to_garments_in_one_step_of_undo(window: Window) -> None:
    session, image = window.session, Drawing(np.eye(280, dtype=np.uint8) * 255).image
    session.choose(model="cnn-32-32", image=image)
    window.model_panel.choose("lenet-5-fashion")
    assert drawn(session).form is Form.GARMENT
    session.undo()
    assert (session.request.model, session.request.image) == ("cnn-32-32", image)
