from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from engine.frame import Frame
from engine.inside import Architecture, Filters, Form, Group, Inside, Node
from engine.look import Part
from gui.session import Session
from gui.views.colormaps import NOT_A_NUMBER
from gui.views.filters.kernels import Kernels, Order, Scale, Show, sees_colours
from gui.views.filters.view import EMPTY, FiltersView
from gui.views.filters.words import input_channel, say_number

from .conftest import NAMES

MakeFrame = Callable[..., Frame]
ColourAt = Callable[[QWidget, QPoint], str]


def graph() -> Architecture:
    """Normalise, two convolutions with a rectifier between them, a dense layer."""
    kinds = (
        ("normalise", "Normalise", (3, 8, 8), 0),
        ("conv1", "Conv2d", (4, 6, 6), 112),
        ("relu", "ReLU", (4, 6, 6), 0),
        ("conv2", "Conv2d", (5, 4, 4), 140),
        ("fc", "Linear", (6,), 486),
    )
    nodes = tuple(
        Node(
            name,
            kind,
            "",
            "",
            (place - 1,) if place else (),
            shape,
            Form.MAPS if len(shape) == 3 else Form.VECTOR,
            count,
        )
        for place, (name, kind, shape, count) in enumerate(kinds)
    )
    return Architecture(nodes, {"": Group("", "Net", None)}, 738)


GRAPH = graph()


def weights_of(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


FIRST = Filters("conv1", weights_of(4, 3, 3, 3), 1, 9.0)
SECOND = Filters("conv2", weights_of(5, 4, 3, 3), 1, 9.0)
DENSE = Filters("fc", weights_of(6, 80), 1, 4.0)


class Shown:
    """A view before a session, and a way to give it filters."""

    def __init__(self, qtbot: QtBot, make_frame: MakeFrame) -> None:
        self.session = Session()
        self.view = FiltersView(self.session)
        self.mosaic, self.matrix, self.controls = self.view.mosaic, self.view.matrix, self.view.controls
        self._make_frame = make_frame
        qtbot.addWidget(self.view)
        self.view.resize(1280, 300)
        self.view.show()

    def give(self, filters: Filters | None, unit: int | None = 0, layer: str = "", **more: object) -> None:
        layer = layer or ("" if filters is None else filters.layer)
        inside = Inside(layer=layer, unit=unit, architecture=GRAPH, filters=filters)
        clean = np.zeros((8, 8, 3), np.float32)
        self.session.show(self._make_frame(self.session.request, clean=clean, inside=inside, **more))

    def choose(self, show: Show) -> None:
        self.controls.shows.setCurrentIndex(self.controls.shows.findData(show))

    def sort(self, order: Order) -> None:
        self.controls.orders.setCurrentIndex(self.controls.orders.findData(order))

    def tile(self, place: int) -> QPoint:
        return self.mosaic.rect_of(place).center()

    @property
    def offered(self) -> list[Order]:
        return [Order(self.controls.orders.itemData(each)) for each in range(self.controls.orders.count())]


@pytest.fixture
def shown(qtbot: QtBot, make_frame: MakeFrame) -> Shown:
    return Shown(qtbot, make_frame)


# What is shown


def test_it_asks_for_weights_and_for_the_activations_they_are_sorted_by(shown: Shown) -> None:
    assert {Part.FILTERS, Part.ACTIVATIONS, Part.ARCHITECTURE} == shown.session.request.views


def test_without_a_network_it_says_what_will_be_here(shown: Shown) -> None:
    assert shown.view.hint.isVisible()
    assert shown.view.hint.text() == EMPTY


def test_a_layer_without_filters_is_said_to_have_none_and_another_can_be_chosen(shown: Shown) -> None:
    shown.give(FIRST)
    shown.give(None, layer="relu")
    assert shown.view.hint.isVisible()
    assert shown.view.hint.text().startswith("relu (ReLU) has no filters")
    assert shown.view.bar.isVisible()
    assert not shown.controls.orders.isVisible()
    shown.give(SECOND)
    assert shown.mosaic.isVisible()
    assert shown.controls.orders.isVisible()


def test_a_frame_without_filters_of_the_same_layer_leaves_them_standing(shown: Shown) -> None:
    shown.give(FIRST)
    shown.give(None, layer="conv1")
    assert shown.mosaic.isVisible()


def test_the_first_layer_is_seen_in_colour_and_zero_is_mid_grey(shown: Shown, colour_at: ColourAt) -> None:
    weights = np.zeros((2, 3, 1, 2), np.float32)
    weights[1, 0, 0, 0], weights[1, 2, 0, 0] = 0.5, -0.5  # red at its limit, no blue
    shown.give(Filters("conv1", weights, 1, 1.0))
    assert shown.controls.show_what is Show.COLOUR
    box = shown.mosaic.rect_of(1)
    quarter = QPoint(box.left() + box.width() // 4, box.center().y())
    assert colour_at(shown.mosaic.viewport(), shown.tile(0)) == "#808080"
    assert colour_at(shown.mosaic.viewport(), quarter) == "#ff8000"
    assert shown.view.colours.text() == "0 is mid-grey, ±0.5 the ends (the whole layer)"
    assert not shown.view.scale.isVisible()


def test_later_layers_are_seen_as_norms_or_by_input_channel(shown: Shown) -> None:
    shown.give(SECOND)
    assert shown.controls.show_what is Show.NORM
    assert not shown.controls.channel.isVisible()
    assert shown.view.scale.ends is not None
    assert shown.view.scale.ends[0] == "0"
    shown.choose(Show.CHANNEL)
    assert shown.controls.channel.isVisible()
    assert shown.controls.channel.maximum() == 3
    assert shown.view.scale.ends[0].startswith("−")


def test_three_channels_in_the_middle_of_a_network_are_no_colours() -> None:
    middle = Filters("conv2", weights_of(5, 3, 3, 3), 1, 1.0)
    assert sees_colours(replace(middle, layer="conv1"), GRAPH, 3)
    assert not sees_colours(middle, GRAPH, 3)
    assert not sees_colours(replace(middle, layer="conv1"), GRAPH, 1)
    assert not sees_colours(replace(middle, layer="conv1"), None, 3)


def test_a_depthwise_kernel_has_one_channel_and_needs_no_choice(shown: Shown) -> None:
    shown.give(Filters("conv2", weights_of(5, 1, 3, 3), 5, 1.0))
    assert shown.controls.show_what is Show.CHANNEL
    assert not shown.controls.shows.isVisible()
    assert not shown.controls.channel.isVisible()


def test_a_dense_layer_is_a_matrix_and_one_on_the_picture_is_pictures(shown: Shown) -> None:
    shown.give(DENSE)
    assert shown.matrix.isVisible()
    assert not shown.controls.shows.isVisible()
    shown.give(Filters("fc", weights_of(10, 192), 1, 1.0, picture=(3, 8, 8)))
    assert shown.mosaic.isVisible()
    assert shown.mosaic.count == 10
    assert shown.controls.show_what is Show.COLOUR


def test_a_convolution_of_single_pixels_is_a_matrix(shown: Shown) -> None:
    shown.give(Filters("conv2", weights_of(6, 4, 1, 1), 1, 1.0))
    assert shown.matrix.isVisible()


def test_a_weight_that_is_not_a_number_is_magenta_and_explained(shown: Shown, colour_at: ColourAt) -> None:
    weights = weights_of(5, 4, 3, 3)
    weights[2, 1, 1, 1] = np.nan
    shown.give(Filters("conv2", weights, 1, 1.0))
    assert shown.view.scale.has_missing
    assert colour_at(shown.mosaic.viewport(), shown.tile(2) + QPoint(12, 12)) == QColor(NOT_A_NUMBER).name()
    shown.give(Filters("conv1", weights[:, :3], 1, 1.0))
    assert colour_at(shown.mosaic.viewport(), shown.tile(2) + QPoint(12, 12)) == QColor(NOT_A_NUMBER).name()


# The scale


def test_the_scale_is_that_of_the_filter_the_layer_or_the_network() -> None:
    kernels = Kernels(SECOND, sees_colours=False)
    largest = np.abs(SECOND.weights).max((1, 2, 3))
    np.testing.assert_allclose(kernels.reach(Scale.FILTER, Show.CHANNEL), largest)
    np.testing.assert_allclose(kernels.reach(Scale.LAYER, Show.CHANNEL), largest.max())
    np.testing.assert_allclose(kernels.reach(Scale.NETWORK, Show.CHANNEL), 9)
    norms = np.sqrt((SECOND.weights**2).sum(1))
    np.testing.assert_allclose(kernels.reach(Scale.FILTER, Show.NORM), norms.max((1, 2)), rtol=1e-6)


def test_the_limit_is_written_beside_and_follows_the_chosen_filter(shown: Shown, qtbot: QtBot) -> None:
    shown.give(SECOND)
    shown.choose(Show.CHANNEL)
    qtbot.mouseClick(shown.controls.scales.button(Scale.NETWORK), Qt.MouseButton.LeftButton)
    assert shown.view.scale.ends == ("−9", "9")
    qtbot.mouseClick(shown.controls.scales.button(Scale.FILTER), Qt.MouseButton.LeftButton)
    for unit in (1, 4):
        shown.session.look_at(unit=unit)
        assert shown.view.scale.ends[1] == f"{np.abs(SECOND.weights[unit]).max():.3g}"


def test_norms_of_different_layers_are_not_put_on_one_scale(shown: Shown, qtbot: QtBot) -> None:
    shown.give(SECOND)
    assert not shown.controls.scales.button(Scale.NETWORK).isVisible()
    shown.choose(Show.CHANNEL)
    qtbot.mouseClick(shown.controls.scales.button(Scale.NETWORK), Qt.MouseButton.LeftButton)
    shown.choose(Show.NORM)
    assert shown.controls.scale is Scale.LAYER
    assert shown.controls.scales.button(Scale.LAYER).isChecked()
    shown.choose(Show.CHANNEL)
    assert shown.controls.scale is Scale.NETWORK


# The order


def test_filters_are_sorted_from_large_to_small_and_what_is_unknown_comes_last() -> None:
    active = replace(SECOND, strength=np.array([1, 5, np.nan, 2, 5], np.float32))
    kernels = Kernels(active, sees_colours=False)
    assert kernels.ordered(Order.STRENGTH).tolist() == [1, 4, 3, 0, 2]
    assert kernels.ordered(Order.NUMBER).tolist() == [0, 1, 2, 3, 4]
    norms = np.sqrt((SECOND.weights**2).sum((1, 2, 3)))
    assert kernels.ordered(Order.NORM).tolist() == np.argsort(-norms).tolist()


def test_only_the_orders_that_are_known_are_offered(shown: Shown) -> None:
    shown.give(SECOND)
    assert shown.offered == [Order.NUMBER, Order.NORM]
    shown.give(replace(SECOND, strength=np.ones(5, np.float32), change=np.ones(5, np.float32)))
    assert shown.offered == list(Order)


def test_a_click_chooses_the_filter_that_stands_there(shown: Shown, qtbot: QtBot) -> None:
    shown.give(replace(SECOND, strength=np.array([1, 2, 3, 4, 5], np.float32)))
    shown.sort(Order.STRENGTH)
    qtbot.mouseClick(shown.mosaic.viewport(), Qt.MouseButton.LeftButton, pos=shown.tile(1))
    assert (shown.session.request.look.layer, shown.session.request.look.unit) == ("conv2", 3)
    assert shown.mosaic.selected == 1
    qtbot.keyClick(shown.mosaic, Qt.Key.Key_Right)
    assert shown.session.request.look.unit == 2
    assert shown.view.detail.title == "Filter 2 of 5"


def test_the_order_rests_while_epsilon_is_dragged(shown: Shown) -> None:
    shown.give(replace(SECOND, change=np.array([1, 2, 3, 4, 5], np.float32)))
    shown.sort(Order.CHANGE)
    assert shown.mosaic.selected == 4
    changed = replace(SECOND, change=np.array([9, 2, 3, 4, 5], np.float32))
    asked = shown.session.request
    shown.session.propose(epsilon=0.05)
    shown.session.show(replace(shown.session.frame, request=asked, inside=Inside("conv2", 0, GRAPH, filters=changed)))
    assert shown.mosaic.selected == 4, "the frame is older than what is asked"
    shown.give(changed)
    assert shown.mosaic.selected == 0


# The chosen filter


def test_the_engine_s_choice_is_enlarged_until_the_user_chooses(shown: Shown) -> None:
    shown.give(SECOND, unit=3)
    assert shown.view.detail.title == "Filter 3 of 5"
    assert shown.session.request.look.unit is None
    shown.session.look_at(unit=1)
    assert shown.view.detail.title == "Filter 1 of 5"


def test_norm_largest_weight_and_activity_are_said(shown: Shown) -> None:
    shown.give(replace(SECOND, strength=np.full(5, 0.25, np.float32), change=np.full(5, 0.125, np.float32)), unit=2)
    kernel = SECOND.weights[2]
    assert f"‖w‖ {np.linalg.norm(kernel):.3g}" in shown.view.detail.lines
    assert f"largest |w| {np.abs(kernel).max():.3g}" in shown.view.detail.lines
    assert "mean |activation| 0.25" in shown.view.detail.lines
    assert "mean |change| 0.125" in shown.view.detail.lines


def test_red_green_and_blue_stand_below_each_other_in_every_cell() -> None:
    stacked = Kernels(FIRST, sees_colours=True).stacked(1)
    assert stacked.shape == (9, 3)
    np.testing.assert_array_equal(stacked[3:6, 2], FIRST.weights[1, :, 1, 2])


def test_of_a_row_of_numbers_the_largest_weights_are_named(shown: Shown) -> None:
    weights = np.zeros((2, 6), np.float32)
    weights[0] = [0, -3, 0.5, 2, 0, 0]
    shown.give(Filters("fc", weights, 1, 3.0))
    named = [each.strip() for each in shown.view.detail.lines if each.startswith("  ")]
    assert named[:3] == ["input 1: −3", "input 3: 2", "input 2: 0.5"]


def test_the_pointer_reads_a_number(shown: Shown, qtbot: QtBot) -> None:
    shown.give(FIRST)
    qtbot.mouseMove(shown.mosaic.viewport(), shown.tile(1))
    red, green, blue = FIRST.weights[1, :, 1, 1]
    said = f"filter 1, row 1, column 1: red {red:.3g}, green {green:.3g}, blue {blue:.3g}".replace("-", "−")
    assert shown.view.readout.text() == said


def test_numbers_are_said_for_what_is_drawn() -> None:
    kernels = Kernels(SECOND, sees_colours=False)
    one, norm = SECOND.weights[4, 2, 0, 1], np.linalg.norm(SECOND.weights[4, :, 0, 1])
    assert say_number(kernels, Show.CHANNEL, 2, 4, (0, 1)).endswith(f"column 1: {one:.3g}".replace("-", "−"))
    assert say_number(kernels, Show.NORM, 0, 4, (0, 1)).endswith(f"‖w‖ {norm:.3g}")


def test_a_filter_of_a_grouped_convolution_sees_the_channels_of_its_group() -> None:
    grouped = Kernels(Filters("conv2", weights_of(6, 2, 3, 3), 3, 1.0), sees_colours=False)
    assert [input_channel(grouped, unit, 1) for unit in range(6)] == [1, 1, 3, 3, 5, 5]


# The matrix


def test_a_row_of_the_matrix_is_chosen_by_click_and_key(shown: Shown, qtbot: QtBot) -> None:
    shown.give(DENSE)
    where = shown.matrix.row_rect(2).center().toPoint()
    qtbot.mouseClick(shown.matrix.viewport(), Qt.MouseButton.LeftButton, pos=where)
    assert shown.session.request.look.unit == 2
    qtbot.keyClick(shown.matrix, Qt.Key.Key_Down)
    assert shown.session.request.look.unit == 3
    qtbot.keyClick(shown.matrix, Qt.Key.Key_End)
    assert shown.session.request.look.unit == 5
    qtbot.keyClick(shown.matrix, Qt.Key.Key_Down)
    assert shown.session.request.look.unit == 5


def test_the_pointer_reads_a_number_of_the_matrix(shown: Shown, qtbot: QtBot) -> None:
    shown.give(DENSE)
    box = shown.matrix.row_rect(4)
    across = box.width() / 80
    qtbot.mouseMove(shown.matrix.viewport(), QPoint(round(across * 7.5), round(box.center().y())))
    assert shown.view.readout.text() == f"unit 4, input 7: {DENSE.weights[4, 7]:.3g}".replace("-", "−")
    qtbot.mouseMove(shown.matrix.viewport(), QPoint(5, shown.matrix.viewport().height() - 1))
    assert shown.view.readout.text() == "6 units of 80 weights"


def test_the_chosen_row_is_in_view_when_the_layer_comes_and_when_the_view_is_resized(shown: Shown) -> None:
    shown.give(Filters("fc", weights_of(900, 80), 1, 4.0), unit=700)
    for height in (300, 160):
        shown.view.resize(1020, height)
        row = shown.matrix.row_rect(700)
        assert row.top() >= 0
        assert row.bottom() <= shown.matrix.viewport().height()


def test_a_unit_of_the_last_layer_is_called_by_its_class(shown: Shown) -> None:
    last = GRAPH.nodes[-1].name
    shown.give(Filters(last, weights_of(len(NAMES), 80), 1, 4.0), unit=1)
    assert shown.view.detail.title == f"Unit 1 of {len(NAMES)} ({NAMES[1]})"
    shown.matrix.pointed.emit(2, 3)
    assert shown.view.readout.text().startswith(f"unit 2 ({NAMES[2]}), input 3: ")


def test_the_legend_is_read_whole_in_a_narrow_window(shown: Shown) -> None:
    shown.view.resize(1020, 160)
    shown.give(FIRST)
    legend = shown.view.colours
    assert legend.fontMetrics().horizontalAdvance(legend.text()) <= legend.width()


def test_a_matrix_has_the_colours_of_its_weights(shown: Shown, colour_at: ColourAt) -> None:
    weights = np.array([[0, 1], [-1, np.nan]], np.float32)
    shown.give(Filters("fc", weights, 1, 1.0), unit=None)
    viewport = shown.matrix.viewport()
    colours = [
        [QColor(colour_at(viewport, QPoint(12 + 24 * column, 12 + 24 * row))) for column in (0, 1)] for row in (0, 1)
    ]
    assert colours[0][1].red() > colours[0][1].blue(), "above zero vermilion"
    assert colours[1][0].blue() > colours[1][0].red(), "below zero blue"
    assert abs(colours[0][0].red() - colours[0][0].blue()) < 8, "zero grey"
    assert colours[1][1] == QColor(NOT_A_NUMBER)


def test_many_rows_scroll_to_the_chosen_one(shown: Shown) -> None:
    shown.give(Filters("fc", weights_of(1000, 30), 1, 1.0))
    shown.session.look_at(layer="fc", unit=900)
    assert shown.matrix.viewport().rect().contains(shown.matrix.row_rect(900).center().toPoint())


def test_a_layer_with_too_many_weights_to_draw_shows_the_first(shown: Shown, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gui.views.filters.view.MOST_NUMBERS", 18)
    shown.give(SECOND)
    assert shown.mosaic.count == 2
    assert shown.view.readout.text() == "5 filters of 4×3×3 weights; there is room for the first 2"
