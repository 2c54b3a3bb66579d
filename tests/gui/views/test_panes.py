"""One pane: what it draws, how it is zoomed and moved, and the numbers in its pixels."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QSize, Qt
from PySide6.QtGui import QColor, QImage, QKeyEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from gui import theme
from gui.views.colormaps import DIVERGING, ZERO, diverging, oklab
from gui.views.ink import READABLE, contrast
from gui.views.pane_numbers import _ink, numbers_in, say_difference
from gui.views.pane_pictures import DeltaMode, clipped_share, limit_of, perturbation, picture_of
from gui.views.pane_viewport import Viewport
from gui.views.panes import FRAME, ImagePane

SIDE = 16
RNG = np.random.default_rng(7)
NOISE = RNG.integers(0, 256, (SIDE, SIDE, 3)).astype(np.float32) / 255


def show(qtbot: QtBot, image: np.ndarray, scale: float = 10) -> ImagePane:
    """A pane on the screen in which a pixel of the picture is ``scale`` wide."""
    viewport = Viewport()
    pane = ImagePane(viewport, "a picture")
    viewport.setParent(pane)
    qtbot.addWidget(pane)
    height, width = image.shape[:2]
    viewport.set_size(QSize(width, height))
    pane.show_picture(picture_of(image.astype(np.float32)))
    pane.resize(round(width * scale) + 2 * FRAME, round(height * scale) + 2 * FRAME)
    pane.show()
    return pane


def at(pane: ImagePane, x: float, y: float) -> QPointF:
    """The place in the pane of a point of the picture."""
    space = pane.contentsRect().toRectF().adjusted(FRAME, FRAME, -FRAME, -FRAME)
    return pane._viewport.place_in(space).topLeft() + QPointF(x, y) * pane._viewport.scale_in(space)


def grab(widget: QWidget, ratio: int = 1) -> QImage:
    image = QImage(widget.size() * ratio, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    widget.render(image)
    return image


def levels(colour: QColor) -> tuple[int, int, int]:
    return colour.red(), colour.green(), colour.blue()


def wheel(pane: ImagePane, position: QPointF, notches: float) -> None:
    event = QWheelEvent(
        position,
        pane.mapToGlobal(position),
        QPoint(0, 0),
        QPoint(0, round(120 * notches)),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(pane, event)


# What is drawn


def test_an_enlarged_pixel_is_a_square_of_exactly_its_colour(qtbot):
    pane = show(qtbot, NOISE)
    seen = grab(pane)
    for y, x in np.ndindex(SIDE, SIDE):
        for corner in (QPoint(1, 1), QPoint(8, 8)):
            place = QPoint(FRAME + 10 * x, FRAME + 10 * y) + corner
            assert levels(seen.pixelColor(place)) == tuple(np.rint(NOISE[y, x] * 255).astype(int))


def test_an_enlarged_pixel_is_a_square_of_exactly_its_colour_on_a_screen_of_twice_the_density(qtbot):
    pane = show(qtbot, NOISE, 5)
    seen = grab(pane, ratio=2)
    for y, x in np.ndindex(SIDE, SIDE):
        place = QPoint(2 * FRAME + 10 * x + 5, 2 * FRAME + 10 * y + 5)
        assert levels(seen.pixelColor(place)) == tuple(np.rint(NOISE[y, x] * 255).astype(int))


def test_a_reduced_picture_counts_every_pixel(qtbot):
    stripes = np.zeros((64, 64, 3))
    stripes[:, ::2] = 1
    seen = grab(show(qtbot, stripes, 0.25))
    middle = [seen.pixelColor(FRAME + x, FRAME + 8).red() for x in range(2, 14)]
    assert all(abs(each - 128) <= 4 for each in middle), "one column in four would be all black or all white"


def test_beside_the_picture_is_the_stage(qtbot):
    pane = show(qtbot, NOISE)
    pane.resize(400, pane.height())
    assert grab(pane).pixelColor(FRAME + 2, 80) == theme.color("stage")


def test_a_grey_picture_is_grey(qtbot):
    grey = np.linspace(0, 1, 16).reshape(4, 4, 1)
    seen = grab(show(qtbot, grey))
    assert levels(seen.pixelColor(FRAME + 35, FRAME + 5)) == (51, 51, 51)
    assert levels(seen.pixelColor(FRAME + 35, FRAME + 35)) == (255, 255, 255)


def test_words_stand_in_place_of_a_missing_picture(qtbot):
    pane = show(qtbot, NOISE)
    pane.say("Perturbing …")
    assert pane.text == "Perturbing …"
    assert pane.picture is None
    dark = [grab(pane).pixelColor(x, y).lightness() for x in range(20, 150) for y in range(80, 90)]
    assert min(dark) < theme.color("stage").lightness() - 50


def test_a_verdict_frames_the_picture_without_touching_it(qtbot):
    pane = show(qtbot, NOISE)
    pane.set_outline(theme.ADVERSARIAL)
    seen = grab(pane)
    assert seen.pixelColor(FRAME - 1, 80) == QColor(theme.ADVERSARIAL)
    assert levels(seen.pixelColor(FRAME, FRAME)) == tuple(np.rint(NOISE[0, 0] * 255).astype(int))


def test_a_pane_lets_drops_through_to_the_window(qtbot):
    assert not show(qtbot, NOISE).acceptDrops()


# The pointer


def test_the_wheel_zooms_around_the_pointer(qtbot):
    pane = show(qtbot, NOISE)
    pointer = QPointF(40, 70)
    before = pane.pixel_at(pointer)
    wheel(pane, pointer, 2)
    assert pane._viewport.zoom == pytest.approx(1.25**2)
    assert pane.pixel_at(pointer) == before
    wheel(pane, pointer, -9)
    assert pane._viewport.zoom == 1


def test_zoom_ends_where_a_few_pixels_are_left(qtbot):
    pane = show(qtbot, NOISE)
    wheel(pane, QPointF(40, 70), 50)
    assert pane._viewport.zoom == SIDE / 4


def test_dragging_takes_the_picture_along(qtbot):
    pane = show(qtbot, NOISE)
    pane._viewport.zoom_by(4)
    grabbed = pane.pixel_at(QPointF(80, 80))
    qtbot.mousePress(pane, Qt.MouseButton.LeftButton, pos=QPoint(80, 80))
    qtbot.mouseMove(pane, QPoint(100, 60))
    assert pane.pixel_at(QPointF(100, 60)) == grabbed
    qtbot.mouseRelease(pane, Qt.MouseButton.LeftButton, pos=QPoint(100, 60))
    qtbot.mouseMove(pane, QPoint(20, 20))
    assert pane.pixel_at(QPointF(100, 60)) == grabbed


def test_dragging_stops_at_the_edge_of_the_picture(qtbot):
    pane = show(qtbot, NOISE)
    pane._viewport.zoom_by(2)
    qtbot.mousePress(pane, Qt.MouseButton.LeftButton, pos=QPoint(10, 10))
    qtbot.mouseMove(pane, QPoint(160, 160))
    qtbot.mouseRelease(pane, Qt.MouseButton.LeftButton, pos=QPoint(160, 160))
    assert pane.pixel_at(QPointF(FRAME + 1, FRAME + 1)) == QPoint(0, 0)


def test_a_double_click_shows_all_again(qtbot):
    pane = show(qtbot, NOISE)
    pane._viewport.zoom_by(4, QPointF(2, 2))
    qtbot.mouseDClick(pane, Qt.MouseButton.LeftButton, pos=QPoint(30, 30))
    assert pane._viewport.zoom == 1
    assert pane._viewport.centre == QPointF(8, 8)


def test_the_pixel_under_the_pointer_is_told_and_so_is_its_leaving(qtbot):
    pane = show(qtbot, NOISE)
    with qtbot.waitSignal(pane.hovered) as told:
        qtbot.mouseMove(pane, at(pane, 3.5, 12.5).toPoint())
    assert told.args == [3, 12]
    with qtbot.waitSignal(pane.left):
        QApplication.sendEvent(pane, QEvent(QEvent.Type.Leave))
    with qtbot.waitSignal(pane.left):
        qtbot.mouseMove(pane, QPoint(1, 1))


def test_the_marked_pixel_is_outlined_in_black_and_white(qtbot):
    pane = show(qtbot, np.full((SIDE, SIDE, 3), 0.5))
    pane.mark(QPoint(5, 5))
    seen = grab(pane)
    around = {seen.pixelColor(FRAME + 55, FRAME + 50 + each).lightness() for each in range(-3, 4)}
    assert {0, 255} <= around
    assert levels(seen.pixelColor(FRAME + 55, FRAME + 55)) == (128, 128, 128)


# The keyboard


def test_keys_zoom_move_and_fit(qtbot):
    pane = show(qtbot, NOISE)
    viewport = pane._viewport
    qtbot.keyClick(pane, Qt.Key.Key_Plus)
    qtbot.keyClick(pane, Qt.Key.Key_Equal)
    assert viewport.zoom == pytest.approx(1.25**2)
    qtbot.keyClick(pane, Qt.Key.Key_Right)
    assert viewport.centre.x() > 8
    qtbot.keyClick(pane, Qt.Key.Key_Minus)
    assert viewport.zoom == pytest.approx(1.25)
    qtbot.keyClick(pane, Qt.Key.Key_0)
    assert (viewport.zoom, viewport.centre) == (1, QPointF(8, 8))


def test_shift_and_arrows_point_at_pixels_and_bring_them_into_view(qtbot):
    pane = show(qtbot, NOISE)
    pane.hovered.connect(lambda x, y: pane.mark(QPoint(x, y)))
    pane._viewport.zoom_by(4)
    for _ in range(9):
        qtbot.keyClick(pane, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    assert pane.marked == QPoint(0, 8)
    assert pane.pixel_at(at(pane, 0.5, 8.5)) == QPoint(0, 8)
    with qtbot.waitSignal(pane.left):
        qtbot.keyClick(pane, Qt.Key.Key_Escape)


def test_keys_of_a_pane_are_kept_from_shortcuts_and_others_are_not(qtbot):
    pane = show(qtbot, NOISE)
    kept = QKeyEvent(QEvent.Type.ShortcutOverride, Qt.Key.Key_Plus, Qt.KeyboardModifier.NoModifier)
    other = QKeyEvent(QEvent.Type.ShortcutOverride, Qt.Key.Key_0, Qt.KeyboardModifier.ControlModifier)
    for event in (kept, other):
        event.ignore()
        QApplication.sendEvent(pane, event)
    assert kept.isAccepted()
    assert not other.isAccepted()


def test_the_focus_is_drawn_for_the_keyboard_and_not_for_the_mouse(qtbot):
    pane = show(qtbot, NOISE)
    with qtbot.waitActive(pane):
        pane.activateWindow()
    pane.setFocus(Qt.FocusReason.MouseFocusReason)
    assert grab(pane).pixelColor(0, 80) == theme.color("window")
    pane.clearFocus()
    pane.setFocus(Qt.FocusReason.TabFocusReason)
    assert grab(pane).pixelColor(0, 80) == theme.color("accent")


# Numbers in the pixels


def test_the_numbers_of_a_pixel_are_its_channels_in_255ths():
    picture = picture_of(np.array([[[0, 0.5, 1]], [[12 / 255, 13.4 / 255, 13.6 / 255]]], np.float32))
    assert list(numbers_in(picture, QRect(0, 0, 1, 2))) == [(0, 0, ["0", "128", "255"]), (0, 1, ["12", "13", "14"])]


def test_only_the_pixels_in_view_have_numbers():
    picture = picture_of(NOISE)
    places = [(x, y) for x, y, _ in numbers_in(picture, QRect(3, 5, 2, 2))]
    assert places == [(3, 5), (4, 5), (3, 6), (4, 6)]


@pytest.mark.parametrize(
    ("value", "said"), [(2, "+2"), (-2.00001, "−2"), (1.26, "+1.3"), (-0.04, "0"), (0, "0"), (-0.96, "−1")]
)
def test_a_difference_is_said_with_its_sign_and_as_short_as_it_can_be(value, said):
    assert say_difference(value) == said


def test_numbers_appear_only_when_a_pixel_is_large_enough(qtbot):
    pane = show(qtbot, np.full((SIDE, SIDE, 3), 0.5), 10)

    def colours() -> int:
        seen = grab(pane)
        return len({seen.pixel(x, y) for x in range(FRAME, 150) for y in range(FRAME, 150)})

    pane._viewport.zoom_by(2.7)
    assert colours() == 1
    pane._viewport.zoom_by(1.1)
    assert colours() > 10


@pytest.mark.parametrize("channel", [None, 0, 1, 2])
def test_numbers_can_be_read_on_every_shade(channel):
    for shade in range(64):
        ground = QColor.fromRgbF(shade / 63, shade / 63, shade / 63)
        assert contrast(_ink(channel, shade), ground) >= READABLE


# Perturbations made visible


def test_no_change_is_mid_grey_and_change_is_amplified_around_it():
    delta = np.zeros((1, 3, 3), np.float32)
    delta[0, 1], delta[0, 2] = 2 / 255, [-2 / 255, 0, 100 / 255]
    picture = perturbation(delta, DeltaMode.COLOURS, 20)
    assert [levels(QColor(picture.image.pixel(x, 0))) for x in range(3)] == [
        (128, 128, 128),
        (168, 168, 168),
        (88, 128, 255),
    ]


def test_a_signed_map_is_the_mean_of_the_channels_and_symmetric():
    delta = np.zeros((1, 3, 3), np.float32)
    delta[0, 0], delta[0, 2] = [3 / 255, 0, 3 / 255], [-3 / 255, 0, -3 / 255]
    picture = perturbation(delta, DeltaMode.SIGNED, 20)
    up, zero, down = (int(np.flatnonzero(picture.packed[0, x] == DIVERGING)[0]) for x in range(3))
    assert zero == ZERO
    assert up - ZERO == ZERO - down == round(127 * (2 / 255) / limit_of(20))
    assert picture.values[0, :, 0] * 255 == pytest.approx([2, 0, -2], abs=1e-4)


@pytest.mark.parametrize(("mode", "channel"), [(DeltaMode.RED, 0), (DeltaMode.GREEN, 1), (DeltaMode.BLUE, 2)])
def test_one_channel_can_be_looked_at_alone(mode, channel):
    delta = (NOISE - 0.5) / 100
    picture = perturbation(delta, mode, 50)
    assert np.array_equal(picture.values[..., 0], delta[..., channel])
    assert np.array_equal(picture.packed, diverging(delta[..., channel], limit_of(50)))


def test_the_clipped_share_counts_what_lies_beyond_the_scale():
    values = np.array([0, 0.005, 0.02, -0.03], np.float32)
    assert clipped_share(values, 50) == 0.5
    assert clipped_share(values, 100) == 0.5, "what just reaches the end is not clipped"
    assert clipped_share(values, 1) == 0


# Colour maps


def lightness_of(colours: np.ndarray) -> np.ndarray:
    rgb = np.stack([colours >> 16 & 255, colours >> 8 & 255, colours & 255], axis=-1) / 255
    return oklab(rgb)[:, 0]


def test_the_diverging_map_is_lightest_at_zero_and_equally_light_on_both_sides():
    light = lightness_of(DIVERGING)
    assert light.argmax() == ZERO
    assert np.abs(light[ZERO + 1 :] - light[ZERO - 1 : 0 : -1]).max() < 0.03
    assert QColor(int(DIVERGING[ZERO])).saturation() == 0


def test_the_diverging_map_has_the_colours_of_the_data():
    below, above = QColor(int(DIVERGING[60])), QColor(int(DIVERGING[196]))
    assert abs(below.hue() - QColor(theme.CLEAN).hue()) < 15
    assert abs(above.hue() - QColor(theme.ADVERSARIAL).hue()) < 15


def test_the_scale_tells_how_wide_a_pixel_of_the_picture_is_shown(qtbot):
    pane = show(qtbot, NOISE, scale=10)
    assert pane.scale == pytest.approx(10)
    pane._viewport.zoom_by(2, QPointF(SIDE / 2, SIDE / 2))
    assert pane.scale == pytest.approx(20)
