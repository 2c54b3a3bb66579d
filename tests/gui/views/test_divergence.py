from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from engine.frame import Frame
from engine.inside import Architecture, Divergence, Group, Inside, Node
from engine.look import Part
from gui import theme
from gui.session import Session
from gui.views.colormaps import NOT_A_NUMBER
from gui.views.divergence.axis import Axis, axis_for, say_distance, steadied
from gui.views.divergence.view import EMPTY, NOTHING_DIFFERS, DivergenceView, say_jump
from gui.views.section_names import sections

MakeFrame = Callable[..., Frame]
ColourAt = Callable[[QWidget, QPoint], str]

LAYERS = ("conv1", "layer1.conv1", "layer1.conv2", "layer2.conv1", "fc")
DISTANCES = (0.01, 0.02, 0.015, 0.08, 0.06)


def divergence_of(*distances: float, layers: tuple[str, ...] = LAYERS, jump: int | None = None) -> Divergence:
    return Divergence(layers, np.array(distances, np.float32), jump)


def graph_of(layers: tuple[str, ...]) -> Architecture:
    nodes = tuple(Node(each, "Conv2d", "", "", (), (1,), None) for each in layers)
    return Architecture(nodes, {"": Group("", "Net", None)}, 0)


class Shown:
    """A view before a session, and a way to give it numbers."""

    def __init__(self, qtbot: QtBot, make_frame: MakeFrame, size: tuple[int, int] = (900, 210)) -> None:
        self.session = Session()
        self.view = DivergenceView(self.session)
        self.strip = self.view.strip
        self._make_frame = make_frame
        qtbot.addWidget(self.view)
        self.view.resize(*size)
        self.view.show()
        self.view.resting.setInterval(10_000)

    def give(self, found: Divergence | None, layer: str = "", **more: object) -> None:
        inside = Inside(layer=layer, divergence=found, architecture=graph_of(LAYERS), **more)
        self.session.show(self._make_frame(self.session.request, inside=inside))

    def middle(self, place: int) -> QPoint:
        """A point within the bar of a layer, half-way up the strip."""
        return QPoint(round(self.strip.bar_rect(place).center().x()), self.strip.viewport().height() // 2)


@pytest.fixture
def shown(qtbot: QtBot, make_frame: MakeFrame) -> Shown:
    made = Shown(qtbot, make_frame)
    made.give(divergence_of(*DISTANCES, jump=3))
    return made


# What is shown


def test_it_asks_the_engine_for_the_divergence_while_it_is_shown(shown: Shown) -> None:
    assert {Part.DIVERGENCE, Part.ARCHITECTURE} <= shown.session.request.views
    shown.view.hide()
    assert not shown.session.request.views


def test_before_there_is_an_attack_it_says_how_to_fill_it(qtbot: QtBot, make_frame: MakeFrame) -> None:
    empty = Shown(qtbot, make_frame)
    assert empty.view.hint.isVisible()
    assert empty.view.hint.text() == EMPTY
    empty.give(None, notes=("The layers of this network cannot be watched.",))
    assert empty.view.hint.text() == "The layers of this network cannot be watched."


def test_a_frame_without_a_divergence_leaves_the_last_one_standing(shown: Shown) -> None:
    shown.give(None)
    assert shown.strip.isVisible()
    assert not shown.view.hint.isVisible()


def test_bars_are_as_high_as_their_distances(shown: Shown) -> None:
    heights = [shown.strip.bar_rect(place).height() for place in range(5)]
    assert np.array(heights) / heights[0] == pytest.approx(np.array(DISTANCES) / DISTANCES[0], rel=1e-5)
    assert shown.strip.axis.high == pytest.approx(0.08)


def test_on_a_logarithmic_axis_equal_factors_are_equal_steps(shown: Shown) -> None:
    shown.give(divergence_of(0.001, 0.01, 0.1, 0.01, 0.001))
    shown.view.logarithmic.click()
    low, middle, high = (shown.strip.bar_rect(place).height() for place in (0, 1, 2))
    assert high - middle == pytest.approx(middle - low)


def test_bars_are_vermilion_and_what_is_not_a_number_is_hatched_magenta(shown: Shown, colour_at: ColourAt) -> None:
    shown.give(divergence_of(0.08, np.nan, 0.08, 0.08, 0.08))
    assert colour_at(shown.strip.viewport(), shown.middle(0)) == theme.ADVERSARIAL.lower()
    image = shown.strip.viewport().grab(shown.strip.bar_rect(1).toAlignedRect().adjusted(2, 2, -2, -2)).toImage()
    colours = {image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())}
    assert QColor(NOT_A_NUMBER).name() in colours
    assert theme.ADVERSARIAL.lower() not in colours


def test_what_is_not_a_number_is_said_in_words(shown: Shown) -> None:
    shown.give(divergence_of(0.08, np.nan, 0.08, 0.08, 0.08), layer="layer1.conv1")
    assert "layer1.conv1 (Conv2d): the distance is not a number (hatched)" in shown.view.caption.text()
    assert shown.view.caption.text().endswith("hatched: 1 of 5 not a number")


def test_all_layers_of_a_middling_network_fit_and_those_of_a_huge_one_scroll(shown: Shown) -> None:
    names = tuple(f"layer{each}" for each in range(300))
    shown.give(divergence_of(*np.linspace(0.1, 1, 300), layers=names))
    assert shown.strip.horizontalScrollBar().maximum() == 0
    names = tuple(f"layer{each}" for each in range(1000))
    shown.give(divergence_of(*np.linspace(0.1, 1, 1000), layers=names), layer="layer900")
    assert shown.strip.horizontalScrollBar().maximum() > 0
    box = shown.strip.viewport().rect().toRectF()
    assert box.contains(shown.strip.bar_rect(900).center()), "the selected layer is scrolled to"


def test_it_is_of_use_at_ninety_pixels(qtbot: QtBot, make_frame: MakeFrame) -> None:
    low = Shown(qtbot, make_frame, (900, 90))
    low.give(divergence_of(*DISTANCES, jump=3))
    assert low.view.height() == 90
    assert low.strip.bar_rect(3).height() > 40


# The jump


def test_the_jump_is_marked_and_said(shown: Shown) -> None:
    assert shown.strip.marked == 3
    assert shown.view.caption.text().startswith("▾ jumps ×4 at layer2.conv1")


def test_a_jump_from_nothing_has_no_factor() -> None:
    assert say_jump(divergence_of(0, 0, 0.1, 0.1, 0.1, jump=2)) == "▾ begins at layer1.conv2"


def test_the_factor_of_a_jump_is_over_all_that_came_before() -> None:
    assert say_jump(divergence_of(0.04, np.nan, 0.01, 0.08, 0.06, jump=3)) == "▾ jumps ×2 at layer2.conv1"


def test_what_is_rounded_off_is_no_distance(shown: Shown) -> None:
    shown.give(divergence_of(0, 0, 0, 5e-6, 1e-5, jump=3), layer="layer1.conv1")
    assert shown.strip.marked is None
    assert NOTHING_DIFFERS in shown.view.caption.text()
    assert shown.strip.bar_rect(4).height() < 3


def test_the_distances_of_another_network_do_not_stay_when_there_are_none_of_this_one(
    shown: Shown, make_frame: MakeFrame
) -> None:
    inside = Inside(architecture=graph_of(("other",)), notes=("The layers of this network cannot be watched.",))
    shown.session.show(make_frame(shown.session.request, inside=inside))
    assert shown.view.hint.isVisible()
    assert shown.view.hint.text() == "The layers of this network cannot be watched."


def test_at_epsilon_zero_it_says_that_nothing_differs() -> None:
    assert say_jump(divergence_of(0, 0, 0, 0, 0)) == NOTHING_DIFFERS


def test_no_jump_is_not_spoken_of_and_a_hair_s_breadth_is_none() -> None:
    assert say_jump(divergence_of(0.3, 0.2, 0.1, 0.1, 0.1)) == ""
    assert say_jump(divergence_of(0.3, 0.301, 0.1, 0.1, 0.1, jump=1)) == ""


# Which layer


def test_a_click_on_a_bar_goes_to_its_layer(shown: Shown, qtbot: QtBot) -> None:
    qtbot.mouseClick(shown.strip.viewport(), Qt.MouseButton.LeftButton, pos=shown.middle(2))
    assert shown.session.request.look.layer == "layer1.conv2"
    assert shown.strip.selected == 2


def test_arrow_keys_go_from_layer_to_layer_and_stop_at_the_ends(shown: Shown, qtbot: QtBot) -> None:
    for key, layer in (
        (Qt.Key.Key_Right, "conv1"),
        (Qt.Key.Key_Right, "layer1.conv1"),
        (Qt.Key.Key_End, "fc"),
        (Qt.Key.Key_Right, "fc"),
        (Qt.Key.Key_Left, "layer2.conv1"),
        (Qt.Key.Key_PageUp, "conv1"),
    ):
        qtbot.keyClick(shown.strip, key)
        assert shown.session.request.look.layer == layer


def test_a_layer_that_is_chosen_elsewhere_is_outlined(shown: Shown) -> None:
    shown.session.look_at(layer="fc")
    assert shown.strip.selected == 4
    assert "fc (Conv2d) differs by 6 %" in shown.view.caption.text()
    assert shown.strip.accessibleDescription() == "fc: 6 %"


def test_until_the_user_chooses_the_engine_s_choice_is_outlined(shown: Shown) -> None:
    shown.give(divergence_of(*DISTANCES), layer="layer1.conv1")
    assert shown.strip.selected == 1


def test_the_pointer_asks_for_a_layer_s_number(shown: Shown, qtbot: QtBot) -> None:
    qtbot.mouseMove(shown.strip.viewport(), shown.middle(3))
    assert shown.view.caption.text() == "layer2.conv1 (Conv2d) differs by 8 %"
    qtbot.mouseMove(shown.strip.viewport(), QPoint(2, 40))
    assert shown.view.caption.text().startswith("▾ jumps")
    assert shown.strip.place_at(QPointF(2, 40)) == -1


# The axis


def test_the_axis_grows_at_once_and_shrinks_at_rest(shown: Shown, qtbot: QtBot) -> None:
    shown.give(divergence_of(0.5, 0.7, 0.5, 0.5, 0.5))
    assert shown.strip.axis.high == pytest.approx(0.8)
    shown.view.resting.setInterval(1)
    shown.view.resting.stop()
    shown.give(divergence_of(0.2, 0.2, 0.2, 0.2, 0.2))
    assert shown.strip.axis.high == pytest.approx(0.8), "while frames come the axis keeps still"
    qtbot.waitUntil(lambda: shown.strip.axis.high == pytest.approx(0.2))


def test_an_axis_that_is_ten_times_too_long_is_made_anew() -> None:
    long = Axis(0.0, 0.8, logarithmic=False)
    assert steadied(long, Axis(0.0, 0.1, logarithmic=False)) == long
    assert steadied(long, Axis(0.0, 0.06, logarithmic=False)).high == 0.06


def test_a_logarithmic_axis_keeps_what_it_showed_in_both_directions() -> None:
    kept = steadied(Axis(0.01, 0.1, logarithmic=True), Axis(0.001, 0.01, logarithmic=True))
    assert (kept.low, kept.high) == (0.001, 0.1)


def test_a_logarithmic_axis_is_four_decades_deep_at_most() -> None:
    axis = axis_for(np.array([1e-9, 0.5], np.float32), logarithmic=True)
    assert (axis.low, axis.high) == pytest.approx((1e-4, 1))
    assert axis.height_of(1e-9) == 0
    assert axis.ticks == pytest.approx((1e-4, 1e-3, 1e-2, 1e-1, 1))


@pytest.mark.parametrize("logarithmic", [False, True])
def test_where_nothing_can_be_measured_there_is_an_axis_all_the_same(logarithmic: bool) -> None:
    axis = axis_for(np.array([np.nan, 0], np.float32), logarithmic=logarithmic)
    assert axis.high > axis.low
    assert axis.height_of(0.0) == 0


@pytest.mark.parametrize(
    ("distance", "said"),
    [(0.34, "34 %"), (1.234, "123 %"), (0.0123, "1.2 %"), (0, "0 %"), (1e-9, "< 0.001 %"), (np.nan, "not a number")],
)
def test_distances_are_said_in_per_cent_of_the_clean_activations(distance: float, said: str) -> None:
    assert say_distance(distance) == said


def test_names_below_the_bars_are_those_of_the_largest_modules() -> None:
    assert list(sections(LAYERS)) == [("conv1", 0, 1), ("layer1", 1, 3), ("layer2", 3, 4), ("fc", 4, 5)]
    vgg = ("features.0", "features.1", "features.1.add", "classifier.0")
    assert list(sections(vgg)) == [("features.0", 0, 1), ("features.1", 1, 3), ("classifier", 3, 4)]
