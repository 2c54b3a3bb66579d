"""The row that reads as the equation: what it shows when, and how it is looked through."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, QRect, QSize, Qt
from PySide6.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QVBoxLayout, QWidget

from engine.catalogue.attacks import FMN, Norm
from engine.frame import Attacked, Photo, Prediction, Stage, Verdict, Window
from gui import theme
from gui.session import Pointed, Session, Side
from gui.views.equation import EMPTY, LOADING, PERTURBING, EquationView
from gui.views.ink import READABLE, contrast
from gui.views.pane_pictures import DeltaMode
from gui.views.pane_row import SMALLEST, arrange
from gui.views.panes import FRAME

SIDE = 8
PHOTO = Photo(np.zeros((4, 4, 3), np.uint8), "cat.png", Window(0, 0, 4, 4))


def picture(seed: int = 0, side: int = SIDE, channels: int = 3) -> np.ndarray:
    """Pixels of a file, none so near the ends that a perturbation would be cut off."""
    levels = np.random.default_rng(seed).integers(20, 236, (side, side, channels))
    return (levels / 255).astype(np.float32)


def attacked(clean: np.ndarray, delta: object = 2, verdict: Verdict = Verdict.FOOLED) -> Attacked:
    """``clean`` and ``delta`` 255ths."""
    image = (clean + np.asarray(delta, np.float32) / 255).astype(np.float32)
    difference = image - clean
    answer = Prediction(np.array([0.2, 0.8], np.float32))
    l2 = float(np.sqrt((difference**2).sum()))
    return Attacked(image, answer, verdict, float(np.abs(difference).max()), l2, 1, 1)


@pytest.fixture
def session():
    return Session()


@pytest.fixture
def view(qtbot, session):
    made = EquationView(session)
    qtbot.addWidget(made)
    made.resize(1040, 420)
    made.show()
    return made


@pytest.fixture
def show(session, make_frame):
    """Shows a frame of a clean picture and perhaps an attacked one."""

    def shown(clean=None, after=None, **changes):
        frame = make_frame(session.request, clean=clean, attacked=after, photo=PHOTO, **changes)
        session.show(frame)
        return frame

    return shown


def pixel_in(pane, x, y, corner=0.2):
    """The place in a pane that shows a whole square picture, of a point near the corner of a pixel."""
    scale = (pane.width() - 2 * FRAME) / pane.picture.image.width()
    return QPoint(round(FRAME + (x + corner) * scale), round(FRAME + (y + corner) * scale))


def point(pane, x, y):
    """Moves the pointer to a pixel; a move that the screen's edge or its last place cannot swallow."""
    place = pixel_in(pane, x, y).toPointF()
    button, none = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier
    event = QMouseEvent(QEvent.Type.MouseMove, place, pane.mapToGlobal(place), button, button, none)
    QApplication.sendEvent(pane, event)


def grab(widget):
    """As it looks on a screen of single density."""
    image = QImage(widget.size(), QImage.Format.Format_RGB32)
    widget.render(image)
    return image


def colour_at(pane, x, y):
    return QColor(grab(pane).pixel(pixel_in(pane, x, y)))


def levels(colour):
    return colour.red(), colour.green(), colour.blue()


def wheel(pane, position, notches):
    event = QWheelEvent(
        QPointF(position),
        QPointF(pane.mapToGlobal(position)),
        QPoint(0, 0),
        QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(pane, event)


# The three pictures


def test_clean_plus_perturbation_is_adversarial_in_what_is_seen(view, show):
    clean = picture(side=32)
    delta = np.zeros((32, 32, 3))
    delta[4, 20] = [2, -2, 0]
    show(clean, attacked(clean, delta))
    view.set_gain(20)
    assert levels(colour_at(view.clean_pane, 20, 4)) == tuple(np.rint(clean[4, 20] * 255))
    assert levels(colour_at(view.delta_pane, 20, 4)) == (168, 88, 128)
    assert levels(colour_at(view.delta_pane, 19, 4)) == (128, 128, 128)
    assert levels(colour_at(view.adversarial_pane, 20, 4)) == tuple(np.rint(clean[4, 20] * 255) + np.array([2, -2, 0]))


def test_a_newer_frame_changes_the_pictures(view, show):
    clean = picture(side=32)
    show(clean, attacked(clean, 1))
    before = colour_at(view.delta_pane, 3, 3)
    show(clean, attacked(clean, -1))
    assert before.lightness() > 128 > colour_at(view.delta_pane, 3, 3).lightness()


@pytest.mark.parametrize(
    ("verdict", "colour"),
    [(Verdict.FOOLED, theme.ADVERSARIAL), (Verdict.HIT, theme.TARGET), (Verdict.HOLDS, theme.HOLDS)],
)
def test_the_verdict_frames_the_adversarial_picture(view, show, verdict, colour):
    clean = picture()
    show(clean, attacked(clean, 2, verdict))
    seen = grab(view.adversarial_pane)
    assert QColor(seen.pixel(FRAME - 1, seen.height() // 2)) == QColor(colour)
    seen = grab(view.clean_pane)
    assert QColor(seen.pixel(FRAME - 1, seen.height() // 2)) == theme.color("window")


def test_a_frame_that_comes_while_hidden_is_drawn_when_shown(view, show):
    view.hide()
    clean = picture()
    show(clean, attacked(clean))
    assert view.clean_pane.picture is None
    view.show()
    assert np.array_equal(view.clean_pane.picture.values, clean)


# Before and between


def test_before_anything_is_known_it_says_what_to_do(view):
    assert view.clean_pane.text == LOADING
    assert EMPTY in LOADING
    assert view.readout.text == ""


def test_what_failed_is_not_said_to_be_loading(view, session):
    session.report("Could not open cat.png: it is empty.", is_error=True)
    assert view.clean_pane.text == EMPTY


def test_a_new_picture_is_being_perturbed_until_it_is(view, show):
    clean, other = picture(0), picture(1)
    show(clean, attacked(clean))
    show(other, stage=Stage.PREDICTED)
    assert np.array_equal(view.clean_pane.picture.values, other)
    assert (view.delta_pane.text, view.adversarial_pane.text) == (PERTURBING, PERTURBING)
    show(other, attacked(other))
    assert np.array_equal(view.adversarial_pane.picture.values, attacked(other).image)


def test_the_last_pictures_stay_while_the_same_picture_is_perturbed_anew(view, show):
    clean = picture()
    show(clean, attacked(clean))
    kept = view.delta_pane.picture
    show(clean.copy(), stage=Stage.PREDICTED)
    assert view.delta_pane.picture is kept
    assert view.adversarial_pane.picture is not None
    assert view.readout.text.startswith("‖δ‖∞ = 2.0/255")


def test_the_row_stays_while_another_network_is_loaded_and_goes_with_another_photograph(view, show):
    clean = picture()
    show(clean, attacked(clean))
    show(None, stage=Stage.OPENED)
    assert view.clean_pane.picture is not None
    view.session.show(replace(view.session.frame, photo=replace(PHOTO, pixels=PHOTO.pixels.copy())))
    assert view.clean_pane.text == LOADING
    assert view.adversarial_pane.picture is None


def test_a_line_tells_after_a_moment_that_the_row_is_catching_up(qtbot, view, session, show):
    line = view._catching_up
    clean = picture()
    show(clean, attacked(clean))
    assert line.isHidden()
    session.propose(epsilon=4 / 255)
    assert line.isHidden()
    qtbot.waitUntil(line.isVisible)
    assert line.geometry() == QRect(0, 0, view.width(), 3)
    assert line.accessibleName() == "Catching up"
    show(clean, attacked(clean, 4))
    assert line.isHidden()


# Looking closer


def test_zooming_one_picture_zooms_all(view, show):
    clean = picture(side=32)
    show(clean, attacked(clean))
    pointer = pixel_in(view.delta_pane, 24, 8, 0.5)
    wheel(view.delta_pane, pointer, 4)
    assert view.clean_pane.pixel_at(QPointF(pointer)) == QPoint(24, 8)
    assert view.clean_pane.pixel_at(QPointF(FRAME + 1, FRAME + 1)) != QPoint(0, 0)
    view.fit()
    assert view.adversarial_pane.pixel_at(QPointF(FRAME + 1, FRAME + 1)) == QPoint(0, 0)


class Paints(QObject):
    """Notes which widgets are painted."""

    def __init__(self, *widgets):
        super().__init__()
        self.painted = set()
        for each in widgets:
            each.installEventFilter(self)

    def eventFilter(self, widget, event):  # noqa: N802 - Qt's spelling
        if event.type() == QEvent.Type.Paint:
            self.painted.add(widget)
        return False


def test_zooming_one_picture_repaints_all(qtbot, view, show):
    clean = picture(side=32)
    show(clean, attacked(clean))
    panes = {view.clean_pane, view.delta_pane, view.adversarial_pane}
    paints = Paints(*panes)
    qtbot.waitUntil(lambda: paints.painted == panes)
    paints.painted.clear()
    qtbot.keyClick(view.clean_pane, Qt.Key.Key_Plus)
    qtbot.waitUntil(lambda: paints.painted == panes)


def test_the_zoom_stays_for_pictures_of_one_size_and_a_new_size_is_shown_whole(view, show):
    show(picture(0, 32))
    view.viewport.zoom_by(3)
    show(picture(1, 32))
    assert view.viewport.zoom == 3
    show(picture(2, 16))
    assert view.viewport.zoom == 1


def test_the_size_that_epsilon_bounds_is_said_first(view, show, session):
    clean = picture()
    after = replace(attacked(clean, 2), l0=64, l1=1.5)
    for norm, said in ((Norm.L0, "64 pixels changed · ‖δ‖∞"), (Norm.L1, "‖δ‖₁ = 1.5 · ‖δ‖∞"), (Norm.L2, "‖δ‖∞")):
        session.propose(attack=FMN(), norm=norm)
        show(clean, after)
        assert view.readout.text.startswith(said)


def test_the_pixel_under_the_pointer_is_read_out_and_outlined_everywhere(view, show):
    clean = picture()
    clean[2, 5] = np.array([143, 120, 98], np.float32) / 255
    delta = np.zeros((SIDE, SIDE, 3))
    delta[2, 5] = [2, -2, 0]
    show(clean, attacked(clean, delta))
    assert view.readout.text == "‖δ‖∞ = 2.0/255 · ‖δ‖₂ = 0.0111"
    point(view.adversarial_pane, 5, 2)
    assert view.readout.text == "x 5, y 2 · clean 143, 120, 98 · δ +2.0, −2.0, 0.0 · x′ 145, 118, 98"
    assert view.clean_pane.marked == view.delta_pane.marked == view.adversarial_pane.marked == QPoint(5, 2)
    QApplication.sendEvent(view.adversarial_pane, QEvent(QEvent.Type.Leave))
    assert view.readout.text.startswith("‖δ‖∞")
    assert view.clean_pane.marked is None


def test_the_read_out_follows_the_perturbation_while_the_pointer_rests(view, show):
    clean = picture()
    show(clean, attacked(clean, 2))
    point(view.clean_pane, 1, 1)
    show(clean, attacked(clean, 3.5))
    assert "δ +3.5, +3.5, +3.5" in view.readout.text


def test_the_read_out_tells_the_clean_numbers_before_there_are_others(view, show):
    clean = np.full((SIDE, SIDE, 1), 51 / 255, np.float32)
    show(clean)
    point(view.clean_pane, 1, 1)
    assert view.readout.text == "x 1, y 1 · clean 51"


# Making it visible


def test_the_perturbation_is_amplified_by_the_keyboard_and_clipping_is_said(qtbot, view, show):
    clean = picture(side=32)
    delta = np.zeros((32, 32, 3))
    delta[:8] = 4
    show(clean, attacked(clean, delta))
    view.set_gain(20)
    assert "clipped" not in view.readout.text
    qtbot.keyClick(view.gain_box, Qt.Key.Key_Down)
    assert view.gain == 50
    assert view._captions[1].text == "± 2.6/255 · 25 % clipped"
    assert view.readout.text.endswith("clipped at ×50: 25 % of values")
    assert levels(colour_at(view.delta_pane, 3, 3)) == (255, 255, 255)


@pytest.mark.parametrize(("side", "channels", "gain"), [(224, 3, 20), (32, 3, 5), (28, 1, 1)])
def test_another_kind_of_picture_is_amplified_as_its_usual_budget_needs(view, show, side, channels, gain):
    clean = picture(side=side, channels=channels)
    show(clean, attacked(clean, 1))
    assert view.gain == gain


def test_the_amplification_that_was_chosen_stays_for_the_next_picture_of_that_size(view, show):
    show(picture(side=32), attacked(picture(side=32), 1))
    view.set_gain(50)
    show(1 - picture(side=32), attacked(1 - picture(side=32), 1))
    assert view.gain == 50


def test_a_signed_map_is_chosen_and_shown_in_the_next_frames(view, show):
    clean = picture(side=32)
    show(clean, attacked(clean, 3))
    view.set_mode(DeltaMode.SIGNED)
    assert view.mode is DeltaMode.SIGNED
    up = colour_at(view.delta_pane, 3, 3)
    show(clean, attacked(clean, -3))
    down = colour_at(view.delta_pane, 3, 3)
    assert up.red() > up.blue()
    assert down.blue() > down.red()


def test_a_grey_picture_has_no_channels_to_choose_from(view, show):
    show(picture())
    view.set_mode(DeltaMode.GREEN)
    grey = picture(channels=1)
    show(grey, attacked(grey))
    assert view.mode is DeltaMode.COLOURS
    assert view.mode_box.count() == 2
    assert view.delta_pane.picture.values.shape == (SIDE, SIDE, 1)
    show(picture(1))
    assert view.mode_box.count() == 5


# Flipping


def focus(qtbot, view):
    with qtbot.waitActive(view):
        view.activateWindow()
    view.clean_pane.setFocus()
    assert view.clean_pane.hasFocus()


@pytest.mark.parametrize("key", [Qt.Key.Key_F, Qt.Key.Key_Space])
def test_holding_a_key_flips_and_letting_go_flips_back(qtbot, view, show, key):
    clean = picture()
    show(clean, attacked(clean))
    focus(qtbot, view)
    qtbot.keyPress(view.clean_pane, key)
    assert np.array_equal(view.adversarial_pane.picture.values, clean)
    assert view.headings[2].text == "clean x (flipped)"
    for kind in (QEvent.Type.KeyRelease, QEvent.Type.KeyPress):  # a held key sends both, again and again
        again = QKeyEvent(kind, key, Qt.KeyboardModifier.NoModifier, "", True)
        QApplication.sendEvent(view.clean_pane, again)
        assert view.is_flipped
    qtbot.keyRelease(view.clean_pane, key)
    assert np.array_equal(view.adversarial_pane.picture.values, attacked(clean).image)
    assert view.headings[2].text == "adversarial x′"


def test_a_flip_ends_with_the_focus(qtbot, session, make_frame):
    window = QWidget()
    qtbot.addWidget(window)
    view, field = EquationView(session), QLineEdit()
    rows = QVBoxLayout(window)
    rows.addWidget(view)
    rows.addWidget(field)
    window.show()
    clean = picture()
    session.show(make_frame(clean=clean, attacked=attacked(clean)))
    focus(qtbot, view)
    qtbot.keyPress(view.clean_pane, Qt.Key.Key_F)
    assert view.is_flipped
    field.setFocus()
    assert not view.is_flipped


def test_a_flip_ends_when_the_window_is_left(view, show):
    clean = picture()
    show(clean, attacked(clean))
    view.set_flipped(True)
    QApplication.sendEvent(view, QEvent(QEvent.Type.WindowDeactivate))
    assert not view.is_flipped


def test_frames_that_come_during_a_flip_are_seen_after_it(view, show):
    clean = picture()
    show(clean, attacked(clean))
    view.set_flipped(True)
    show(clean, attacked(clean, 5))
    assert np.array_equal(view.adversarial_pane.picture.values, clean)
    view.set_flipped(False)
    assert np.array_equal(view.adversarial_pane.picture.values, attacked(clean, 5).image)


# Places


@pytest.mark.parametrize("space", [(700, 330), (1280, 360), (400, 900), (1900, 1100)])
@pytest.mark.parametrize("shape", [(224, 224), (300, 200), (1, 5)])
def test_panes_are_equal_in_proportion_and_as_large_as_the_room_allows(space, shape):
    places = arrange(QSize(*space), QSize(*shape), heading=30, caption=20)
    inner = {(box.width() - 2 * FRAME, box.height() - 2 * FRAME) for box in places.panes}
    [(width, height)] = inner
    assert abs(width / shape[0] - height / shape[1]) * max(shape) <= 1.5 * max(shape) / min(shape)
    whole = QRect(QPoint(0, 0), QSize(*space))
    assert all(whole.contains(box) for box in [*places.headings, *places.panes, *places.captions])
    left, right = places.panes[0].left(), whole.right() - places.panes[2].right()
    above, below = places.headings[0].top(), whole.bottom() - places.captions[0].bottom()
    assert min(left, above) <= 2, "it fills the room one way or the other"
    assert abs(left - right) <= 2
    assert abs(above - below) <= 2


def test_a_picture_that_nearly_fits_is_shown_pixel_by_pixel():
    places = arrange(QSize(760, 400), QSize(224, 224), heading=30, caption=20)
    assert {box.width() - 2 * FRAME for box in places.panes} == {224}


def test_operators_stand_in_the_middle_between_the_panes():
    places = arrange(QSize(700, 330), QSize(224, 224), heading=30, caption=20)
    for operator, before, after in zip(places.operators, places.panes, places.panes[1:], strict=False):
        assert before.right() < operator.left() <= operator.right() < after.left() + 1
        assert abs(operator.center().y() - before.center().y()) <= 1


@pytest.mark.parametrize("flipped", [False, True])
def test_at_its_smallest_every_heading_is_still_read_in_full(qtbot, view, show, flipped):
    show(picture())
    view.set_flipped(flipped)
    view.resize(view.minimumSizeHint())
    qtbot.waitUntil(lambda: view.width() == view.minimumSizeHint().width())
    assert view.clean_pane.width() >= SMALLEST
    for heading in view.headings:
        assert heading.width() >= heading.sizeHint().width()
    assert view.rect().contains(view.mode_box.geometry())


def test_every_control_can_be_reached_by_the_keyboard_and_has_a_name(view):
    for widget in (view.clean_pane, view.gain_box, view.delta_pane, view.adversarial_pane, view.mode_box):
        assert widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        assert widget.accessibleName()


def test_headings_can_be_read_in_light_and_in_dark(qtbot, view):
    for scheme in (theme.Scheme.DARK, theme.Scheme.LIGHT):
        theme.apply(scheme)
        qtbot.waitUntil(lambda: view.palette().window().color() == theme.color("window"))
        for heading in view.headings:
            ink = heading.findChild(QLabel).palette().windowText().color()
            assert contrast(ink, theme.color("window")) >= READABLE


def test_one_flip_of_the_session_flips_the_equation(view, show, session):
    clean = picture()
    show(clean, attacked(clean))
    session.flip(True)
    assert view.is_flipped
    assert view.adversarial_pane.picture is view.clean_pane.picture
    session.flip(False)
    assert view.adversarial_pane.picture is not view.clean_pane.picture


def test_a_flip_of_the_equation_flips_every_view(view, session):
    view.set_flipped(True)
    assert session.is_flipped
    view.set_flipped(False)
    assert not session.is_flipped


@pytest.mark.parametrize("side", list(Side))
def test_the_chosen_run_leaves_the_equation_as_it_is(view, show, session, side):
    clean = picture()
    show(clean, attacked(clean))
    session.choose_side(side)
    assert not view.is_flipped
    assert view.adversarial_pane.picture is not view.clean_pane.picture


def test_what_a_unit_sees_is_outlined_on_all_three_pictures(view, show, session):
    clean = picture()
    show(clean, attacked(clean))
    session.point_at(Pointed("conv1, map 3, row 0, column 0", (1.0, 2.0, 4.0, 6.0)))
    panes = (view.clean_pane, view.delta_pane, view.adversarial_pane)
    assert [each.window_outlined.getCoords() for each in panes] == [(1.0, 2.0, 4.0, 6.0)] * 3
    session.point_at(Pointed("fc, unit 3", None))
    assert [each.window_outlined for each in panes] == [None] * 3


def test_the_outline_is_drawn_around_the_pixels_it_names(view, show, session, colour_at):
    clean = picture()
    show(clean, attacked(clean))
    pane = view.clean_pane
    edge, inside = pixel_in(pane, 2, 4, corner=0.0), pixel_in(pane, 2, 4, corner=0.5)
    before = colour_at(pane, inside)
    session.point_at(Pointed("conv1, map 3", (2.0, 2.0, 6.0, 6.0)))
    assert colour_at(pane, edge) == "#000000"
    assert colour_at(pane, inside) == before
