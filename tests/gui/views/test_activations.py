"""The units of a layer: folded, sorted, scaled, named; and how the window shows them."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QWidget

from engine.inside import Activations, Architecture, Form, Group, Inside, Node, Receptive
from engine.look import Part
from gui.session import Session, Side
from gui.views.activations.close import MOST_PINS
from gui.views.activations.units import (
    Choose,
    Order,
    Scope,
    dead,
    extra_tokens,
    scale_of,
    sorted_units,
    units_of,
    values_of,
    window_of,
)
from gui.views.activations.view import ActivationsView
from gui.views.activations.words import COMPUTING, EMPTY, say_cell, say_layer
from gui.views.colormaps import SEQUENTIAL

LAYER, FLAT, NOTHING = "layer1.conv", "fc", "shape"


def numbers(*shape, seed=0, signed=False):
    made = np.random.default_rng(seed).random(shape, np.float32)
    return made - 0.5 if signed else made


def maps(count=6, side=4, **how):
    clean = numbers(count, side, side, **how)
    return Activations(LAYER, Form.MAPS, clean, clean + numbers(count, side, side, seed=1) / 10)


def units(activations, count=0):
    return units_of(activations, count)


# Folded


@pytest.mark.parametrize(("tokens", "extra"), [(196, 0), (197, 1), (4, 0), (5, 1), (198, None), (3, None), (2, None)])
def test_tokens_make_a_grid_if_they_are_a_square_with_one_more_at_most(tokens, extra):
    assert extra_tokens(tokens) == extra


def test_tokens_are_folded_row_by_row_and_the_first_is_set_aside():
    clean = numbers(10, 7)
    found = units(Activations("blocks.0", Form.TOKENS, clean))
    assert found.clean.shape == (7, 3, 3)
    assert found.clean[5, 1, 2] == clean[1 + 1 * 3 + 2, 5]
    assert (found.aside_clean == clean[0]).all()
    assert not found.is_matrix


def test_tokens_without_a_square_are_one_matrix_of_all_units():
    found = units(Activations("blocks.0", Form.TOKENS, numbers(7, 12)))
    assert found.is_matrix
    assert found.clean.shape == (1, 7, 12)
    assert say_layer(found, np.arange(1)) == "7 tokens (rows) of 12 units (columns), no square of patches"


def test_a_unit_of_a_sampled_layer_keeps_its_number():
    found = units(Activations(LAYER, Form.MAPS, numbers(3, 2, 2), sampled=np.array([0, 5, 10])), count=12)
    assert found.place_of(10) == 2
    assert found.place_of(4) is None
    assert say_cell(found, 1, 0, 1).startswith("map 5 of 12, row 0, column 1: clean ")


# Sorted


def test_units_are_sorted_by_mean_and_by_change():
    clean = np.stack([np.full((2, 2), each, np.float32) for each in (1, 3, 2)])
    attacked = clean + np.array([5, 0, -6], np.float32)[:, None, None]
    found = units(Activations(LAYER, Form.MAPS, clean, attacked))
    assert sorted_units(found, Order.INDEX, Choose.ALL).tolist() == [0, 1, 2]
    assert sorted_units(found, Order.MEAN, Choose.ALL).tolist() == [1, 2, 0]
    assert sorted_units(found, Order.CHANGE, Choose.ALL).tolist() == [2, 0, 1]


def test_the_most_changed_are_shown_in_any_order():
    clean = np.zeros((40, 2, 2), np.float32)
    attacked = clean + np.arange(40, dtype=np.float32)[:, None, None]
    found = units(Activations(LAYER, Form.MAPS, clean, attacked))
    assert sorted_units(found, Order.INDEX, Choose.TOP_16).tolist() == list(range(24, 40))
    assert sorted_units(found, Order.CHANGE, Choose.TOP_16).tolist() == list(range(39, 23, -1))


def test_a_unit_is_dead_only_if_it_is_zero_in_both_runs():
    clean, attacked = np.zeros((3, 2, 2), np.float32), np.zeros((3, 2, 2), np.float32)
    clean[0, 0, 0], attacked[1, 1, 1] = 1, 1
    found = units(Activations(LAYER, Form.MAPS, clean, attacked))
    assert dead(found).tolist() == [False, False, True]
    assert sorted_units(found, Order.INDEX, Choose.ALIVE).tolist() == [0, 1]


def test_a_unit_that_is_not_a_number_is_sorted_last():
    clean = np.stack([np.full((2, 2), each, np.float32) for each in (np.nan, 1, 2)])
    found = units(Activations(LAYER, Form.MAPS, clean))
    assert sorted_units(found, Order.MEAN, Choose.ALL).tolist() == [2, 1, 0]


# Scaled


def test_clean_and_attacked_share_one_scale():
    found = units(maps())
    clean, attacked = (scale_of(found, each, Scope.LAYER) for each in (Side.CLEAN, Side.ATTACKED))
    assert clean.ends(0) == attacked.ends(0) == (0.0, float(max(found.clean.max(), found.attacked.max())))
    assert not clean.signed


def test_a_layer_that_is_negative_in_one_run_alone_has_zero_in_the_middle():
    clean = numbers(2, 2, 2)
    attacked = clean.copy()
    attacked[0, 0, 0] = -7
    scale = scale_of(units(Activations(LAYER, Form.MAPS, clean, attacked)), Side.CLEAN, Scope.LAYER)
    assert scale.signed
    assert scale.ends(0) == (-7.0, 7.0)


def test_the_difference_has_a_scale_of_its_own_around_zero():
    found = units(maps())
    low, high = scale_of(found, Side.DIFFERENCE, Scope.LAYER).ends(0)
    assert high == -low == pytest.approx(np.abs(found.attacked - found.clean).max())
    assert np.array_equal(values_of(found, Side.DIFFERENCE), found.attacked - found.clean)


def test_every_map_may_have_its_own_scale_and_it_is_the_same_in_both_runs():
    found = units(maps())
    scale = scale_of(found, Side.CLEAN, Scope.MAP)
    assert scale.ends(3)[1] == max(found.clean[3].max(), found.attacked[3].max())
    assert scale.taken(np.array([3])).ends(0) == scale.ends(3)


def test_what_is_not_finite_does_not_stretch_the_scale():
    clean = numbers(2, 2, 2)
    clean[0, 0, 0], clean[1, 0, 0] = np.nan, np.inf
    scale = scale_of(units(Activations(LAYER, Form.MAPS, clean)), Side.CLEAN, Scope.LAYER)
    assert scale.ends(0)[1] == clean[np.isfinite(clean)].max()
    assert scale.missing


# What a position sees


def test_a_position_sees_its_receptive_field_as_far_as_there_is_a_picture():
    node = Node(LAYER, "Conv2d", "", "", (), (6, 4, 4), Form.MAPS, receptive=(Receptive(7, 2, -3), Receptive(5, 2, -2)))
    assert window_of(node, 0, 3, (8, 8)) == (4.0, 0.0, 8.0, 4.0)


def test_a_position_that_sees_everything_outlines_nothing():
    assert window_of(Node(LAYER, "Conv2d", "", "", (), (6, 4, 4), Form.MAPS), 0, 0, (8, 8)) is None


# In the window


@pytest.fixture
def session():
    return Session()


@pytest.fixture
def view(qtbot, session):
    made = ActivationsView(session)
    qtbot.addWidget(made)
    made.resize(1280, 300)
    made.show()
    return made


def architecture(last=FLAT, count=8):
    receptive = (Receptive(3, 1, -1), Receptive(3, 1, -1))
    nodes = (
        Node(LAYER, "Conv2d", "", "", (), (6, 4, 4), Form.MAPS, receptive=receptive),
        Node(NOTHING, "size", "", "", (), (2, 3, 4, 5), None),
        Node(last, "Linear", "", "", (0,), (count,), Form.VECTOR),
    )
    return Architecture(nodes, {"": Group("", "Net", None)}, 10)


@pytest.fixture
def show(session, make_frame):
    """Shows a frame whose selected layer gives these activations."""

    def shown(activations, *, layer=None, unit=None, notes=()):
        layer = layer or (activations.layer if activations is not None else LAYER)
        inside = Inside(layer=layer, unit=unit, architecture=architecture(), activations=activations, notes=notes)
        session.show(make_frame(session.request, inside=inside))

    return shown


def test_the_view_asks_for_the_activations_while_it_can_be_seen(session, view):
    assert session.request.views >= {Part.ACTIVATIONS, Part.ARCHITECTURE}
    view.hide()
    assert not session.request.views


def test_without_a_picture_it_says_what_to_do(view):
    assert view.hint.text() == EMPTY
    assert view.pages.currentWidget() is view.hint


def test_while_a_layer_is_computed_it_says_so(view, show):
    show(None)
    assert view.hint.text() == COMPUTING


def test_a_layer_without_a_picture_says_so(view, show, session):
    show(maps())
    session.look_at(layer=NOTHING)
    show(None, layer=NOTHING)
    assert view.pages.currentWidget() is view.hint
    assert "2 × 3 × 4 × 5" in view.hint.text()


def test_what_could_not_be_watched_is_told(view, show):
    show(None, notes=("The layers of this network cannot be watched.",))
    assert view.hint.text() == "The layers of this network cannot be watched."


def test_the_last_maps_stay_while_newer_ones_are_computed(view, show):
    show(maps())
    show(None)
    assert view.mosaic.isVisible()
    assert view.mosaic.count == 6


def test_a_layer_that_cannot_be_watched_does_not_keep_the_maps_of_the_last(view, show):
    show(maps())
    show(None, layer=FLAT, notes=("There is no memory for the activations of fc.",))
    assert view.pages.currentWidget() is view.hint
    assert view.hint.text() == "There is no memory for the activations of fc."


def test_the_enlarged_map_grows_with_the_view(view, show, session, qtbot):
    session.look_at(layer=LAYER, unit=2)
    show(maps())
    for height in (150, 400):
        view.resize(1020, height)
        pane = view.close_ups.large.pane
        qtbot.waitUntil(lambda pane=pane: pane.grid.width >= min(pane.width(), pane.height()) - 1)
        assert pane.height() > height / 2


def test_the_chosen_unit_of_a_vector_is_in_view(view, show, session):
    values = numbers(1000)
    session.look_at(layer=FLAT, unit=700)
    show(Activations(FLAT, Form.VECTOR, values, values), layer=FLAT, unit=700)
    assert view.vector.viewport().rect().contains(view.vector.rect_of(700))


def test_one_switch_shows_clean_attacked_and_difference(view, show, session):
    activations = maps()
    show(activations)
    pictures = {}
    for side in Side:
        session.choose_side(side)
        pictures[side] = view.mosaic.grab().toImage()
    assert pictures[Side.CLEAN] != pictures[Side.ATTACKED] != pictures[Side.DIFFERENCE]
    session.choose_side(Side.ATTACKED)
    session.flip(True)
    assert view.mosaic.grab().toImage() == pictures[Side.CLEAN]
    session.flip(False)
    assert view.mosaic.grab().toImage() == pictures[Side.ATTACKED]


def test_the_scale_is_the_same_for_clean_and_attacked_and_written_beside(view, show, session):
    show(maps())
    ends = view.scale_bar.ends
    session.choose_side(Side.CLEAN)
    assert view.scale_bar.ends == ends
    session.choose_side(Side.DIFFERENCE)
    low, high = view.scale_bar.ends
    assert low == f"−{high}"
    assert "attacked − clean" in view.scale_bar.accessibleName()


def test_the_largest_number_of_the_layer_has_the_last_colour(view, show, session, colour_at):
    clean = np.zeros((6, 4, 4), np.float32)
    clean[2] = 3.0
    show(Activations(LAYER, Form.MAPS, clean, clean))
    pane = view.mosaic
    middle = pane.rect_of(2).center() - QPoint(1, 1)
    assert colour_at(pane, middle) != colour_at(pane, pane.rect_of(1).center())
    session.choose_side(Side.CLEAN)
    view.resize(500, 180)
    assert f"#{int(SEQUENTIAL[255]) & 0xFFFFFF:06x}" in {
        pane.grab().toImage().pixelColor(x, y).name() for x in range(0, pane.width(), 3) for y in range(0, 40, 3)
    }


def test_the_number_under_the_pointer_is_read_out_and_its_field_outlined(view, show, session):
    activations = maps()
    show(activations)
    view.mosaic.pointed.emit(2, 1, 3)
    assert view.readout.text.startswith("map 2 of 6, row 1, column 3: clean ")
    assert f"{activations.clean[2, 1, 3]:.3g}" in view.readout.text
    assert session.pointed.label == f"{LAYER}, map 2 of 6, row 1, column 3"
    view.mosaic.left.emit()
    assert session.pointed is None
    assert view.readout.text.startswith("6 maps of 4 × 4")


def test_the_outlined_field_comes_from_the_graph(view, show, session, make_frame):
    show(maps())
    view.mosaic.pointed.emit(0, 1, 1)
    assert session.pointed.window == (0.0, 0.0, 2.0, 2.0)  # 3×3 around (1, 1), in a picture of 2×2


def test_hiding_the_view_points_at_nothing_any_more(view, show, session):
    show(maps())
    view.mosaic.pointed.emit(0, 0, 0)
    view.hide()
    assert session.pointed is None


def test_a_click_chooses_the_unit_and_enlarges_it(view, show, session, qtbot):
    show(maps())
    assert not view.close_ups.large.isVisible()
    qtbot.mouseClick(view.mosaic.viewport(), Qt.MouseButton.LeftButton, pos=view.mosaic.rect_of(4).center())
    assert (session.request.look.layer, session.request.look.unit) == (LAYER, 4)
    assert view.close_ups.large.isVisible()
    assert view.close_ups.large.name.text() == "map 4"


def test_a_sorted_map_is_chosen_by_its_number(view, show, session):
    clean = np.stack([np.full((4, 4), each, np.float32) for each in range(6)])
    show(Activations(LAYER, Form.MAPS, clean, clean))
    choose(view.choice.orders, "By mean")
    view.mosaic.chosen.emit(0)
    assert session.request.look.unit == 5
    assert view.mosaic.selected == 0


def test_the_unit_that_the_engine_chose_is_enlarged(view, show):
    show(maps(), unit=3)
    assert view.close_ups.large.name.text() == "map 3"
    assert view.mosaic.selected == 3


def test_units_are_pinned_to_compare_and_taken_away_again(view, show, session):
    show(maps())
    for unit in range(MOST_PINS):
        session.look_at(unit=unit, layer=LAYER)
        view.close_ups.large.button.click()
    session.look_at(unit=5)
    assert [each.name.text() for each in view.close_ups.pinned] == [f"map {each}" for each in range(MOST_PINS)]
    assert not view.close_ups.large.button.isVisible()
    view.close_ups.pinned[1].button.click()
    assert view.close_ups.pins == [0, 2, 3]
    assert view.close_ups.large.button.isVisible()


def test_an_enlarged_map_is_read_out_like_the_small_one(view, show):
    show(maps(), unit=3)
    view.close_ups.large.pane.pointed.emit(0, 2, 1)
    assert view.readout.text.startswith("map 3 of 6, row 2, column 1: ")


def test_dead_maps_can_be_hidden_and_are_counted(view, show):
    clean = numbers(6, 4, 4)
    clean[1:3] = 0
    show(Activations(LAYER, Form.MAPS, clean, clean))
    assert "2 dead" in view.readout.text
    choose(view.choice.choices, "Without dead")
    assert view.mosaic.count == 4
    assert view.readout.text.startswith("4 of 6 maps")


def test_maps_keep_their_places_while_epsilon_is_dragged_and_are_sorted_when_it_rests(view, show, qtbot):
    clean = np.zeros((6, 4, 4), np.float32)
    first, second = clean.copy(), clean.copy()
    first[4], second[1] = 1, 2
    show(Activations(LAYER, Form.MAPS, clean, first))
    choose(view.choice.orders, "By change")
    view.mosaic.pointed.emit(0, 0, 0)
    assert view.readout.text.startswith("map 4 ")
    show(Activations(LAYER, Form.MAPS, clean, second))
    view.mosaic.pointed.emit(0, 0, 0)
    assert view.readout.text.startswith("map 4 ")

    def is_sorted():
        view.mosaic.pointed.emit(0, 0, 0)
        return view.readout.text.startswith("map 1 ")

    qtbot.waitUntil(is_sorted)


def test_without_an_attack_the_clean_maps_are_shown(view, show, session):
    session.choose_side(Side.DIFFERENCE)
    show(Activations(LAYER, Form.MAPS, numbers(6, 4, 4)))
    assert view.mosaic.count == 6
    assert view.scale_bar.accessibleName().endswith("this layer")


def test_the_last_layer_names_its_units_by_their_classes(view, show):
    show(Activations(FLAT, Form.VECTOR, numbers(8, signed=True), numbers(8, seed=1, signed=True)))
    assert view.vector.isVisible()
    assert not view.choice.scopes.isVisible()
    view.vector.pointed.emit(1)
    assert view.readout.text.startswith("unit 1 of 8 (tabby): clean ")
    assert [each.text for each in view.legend.entries] == ["clean", "attacked"]


def test_a_unit_of_a_vector_is_chosen_with_the_keys(view, show, session, qtbot):
    show(Activations(FLAT, Form.VECTOR, numbers(8)))
    session.look_at(layer=FLAT, unit=2)
    view.vector.setFocus()
    qtbot.keyClick(view.vector, Qt.Key.Key_Right)
    assert session.request.look.unit == 3


def test_home_and_end_choose_the_first_and_the_last_unit_of_a_vector(view, show, session, qtbot):
    show(Activations(FLAT, Form.VECTOR, numbers(8), None), layer=FLAT)
    for key, unit in ((Qt.Key.Key_End, 7), (Qt.Key.Key_Home, 0)):
        qtbot.keyClick(view.vector, key)
        assert session.request.look.unit == unit


def test_tokens_are_shown_as_patches_with_the_first_token_read_out(view, show):
    show(Activations("blocks.0", Form.TOKENS, numbers(10, 7), numbers(10, 7, seed=1)))
    assert view.mosaic.count == 7
    assert "7 units over 3 × 3 patches; the first token belongs to no patch" in view.readout.text
    view.mosaic.pointed.emit(5, 1, 2)
    assert "first token: clean" in view.readout.text


def test_a_matrix_of_tokens_is_chosen_by_its_columns(view, show, session):
    show(Activations("blocks.0", Form.TOKENS, numbers(7, 12), numbers(7, 12, seed=1)))
    assert not view.choice.orders.isVisible()
    view.mosaic.pointed.emit(0, 3, 9)
    assert view.readout.text.startswith("unit 9 of 12, token 3: ")
    view.mosaic.chosen.emit(0)
    assert session.request.look.unit == 9


def test_notes_are_shown_and_what_is_no_number_is_explained(view, show):
    clean = numbers(6, 4, 4)
    clean[0, 0, 0] = np.nan
    show(Activations(LAYER, Form.MAPS, clean, clean, note="1 value is not a number"))
    assert view.note.text() == "1 value is not a number"
    assert view.scale_bar.has_missing
    view.mosaic.pointed.emit(0, 0, 0)
    assert "clean not a number, attacked not a number, difference not a number" in view.readout.text


def test_every_control_has_a_name(view, show):
    show(maps(), unit=1)
    focusable = [
        each
        for each in view.findChildren(QWidget)
        if each.isVisible() and each.focusPolicy() & Qt.FocusPolicy.TabFocus and each.focusProxy() is None
    ]
    unnamed = [each for each in focusable if not (each.accessibleName() or getattr(each, "text", str)())]
    assert not [each for each in unnamed if each.parentWidget() not in focusable]


def test_a_hidden_view_draws_nothing(view, show):
    view.hide()
    show(maps())
    assert view.mosaic.count == 0
    view.show()
    assert view.mosaic.count == 6


def choose(box, text):
    """As the mouse does."""
    box.setCurrentIndex(box.findText(text))
    box.activated.emit(box.currentIndex())
