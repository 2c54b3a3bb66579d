from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QMouseEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from engine.frame import Frame
from engine.inside import Architecture, Factors, GradientWalk, Group, Inside, Node
from engine.look import Part
from engine.toy import PRESETS, Example, is_solved
from gui import theme
from gui.session import Session
from gui.views.scale_bar import say_value
from gui.views.walk import WalkView
from gui.views.walk.axis import axis_for
from gui.views.walk.hand import HandPage
from gui.views.walk.lesson import Lesson, Number
from gui.views.walk.network import EMPTY
from gui.views.walk.numbers import read
from gui.views.walk.stops import LOSS, edge, neuron, stops_of

MakeFrame = Callable[..., Frame]
ColourAt = Callable[[QWidget, QPoint], str]

LAYERS = ("conv1", "layer1.conv1", "layer1.conv2", "layer2.conv1", "fc")
CLEAN = (0.001, 0.002, 0.01, 0.05, 0.5)
ATTACKED = (0.01, 0.02, 0.1, 0.5, 5.0)


def floats(*numbers: float) -> np.ndarray:
    return np.array(numbers, np.float32)


def walk_of(clean=CLEAN, attacked=ATTACKED, **changes) -> GradientWalk:
    many = None if attacked is None else floats(*attacked)
    given = {"clean": floats(*clean), "attacked": many, "mean_clean": floats(*clean) / 10}
    given["mean_attacked"] = None if many is None else many / 10
    return GradientWalk(**{"label": 0, "layers": LAYERS, **given, **changes})


def factors_of(layer: str, activation: str = "sigmoid") -> Factors:
    """Of a preset: two neurons that take two numbers each."""
    found = PRESETS[0].toy.backward((0.0, 1.0), (1.0,))[0]
    numbers = {
        name: getattr(found, name) for name in Factors.__dataclass_fields__ if name not in {"layer", "activation"}
    }
    if not activation:
        numbers |= {"d_outputs": floats(), "d_local": floats()}
    return Factors(layer=layer, activation=activation, **numbers)


class Shown:
    """A view before a session, and a way to give it numbers."""

    def __init__(self, qtbot: QtBot, make_frame: MakeFrame) -> None:
        self.session = Session()
        self.view = WalkView(self.session)
        self.page, self.sizes = self.view.network, self.view.network.sizes
        self._make_frame = make_frame
        qtbot.addWidget(self.view)
        self.view.resize(1280, 210)
        self.view.show()

    def give(self, walk: GradientWalk | None, layer: str = "", **more: object) -> None:
        nodes = tuple(Node(each, "Conv2d", "", "", (), (1,), None) for each in LAYERS)
        graph = Architecture(nodes, {"": Group("", "Net", None)}, 0)
        inside = Inside(layer=layer, gradients=walk, architecture=graph, **more)
        self.session.show(self._make_frame(self.session.request, inside=inside))

    def at(self, place: int, size: float) -> QPoint:
        return self.sizes.point(place, size).toPoint()


@pytest.fixture
def shown(qtbot: QtBot, make_frame: MakeFrame) -> Shown:
    made = Shown(qtbot, make_frame)
    made.give(walk_of())
    return made


@pytest.fixture
def hand(shown: Shown) -> HandPage:
    shown.view.show_page("hand")
    return shown.view.hand


def hover(widget: QWidget, at: QPoint) -> None:
    """Moves the pointer there, also where the screen of the tests ends before."""
    place, none = QPointF(at), Qt.MouseButton.NoButton
    event = QMouseEvent(QEvent.Type.MouseMove, place, widget.mapToGlobal(place), none, none, Qt.KeyboardModifier(0))
    QApplication.sendEvent(widget, event)


def choose(hand: HandPage, title: str) -> None:
    place = [each.title for each in PRESETS].index(title)
    hand.preset.setCurrentIndex(place)
    hand.preset.activated.emit(place)


# This network


def test_it_asks_the_engine_for_the_gradients_while_it_is_shown(shown: Shown) -> None:
    assert {Part.GRADIENTS, Part.ARCHITECTURE} <= shown.session.request.views
    shown.view.hide()
    assert not shown.session.request.views


def test_before_there_is_a_picture_it_says_how_to_fill_it(qtbot: QtBot, make_frame: MakeFrame) -> None:
    empty = Shown(qtbot, make_frame)
    assert empty.page.hint.isVisible()
    assert empty.page.hint.text() == EMPTY
    assert not empty.page.measures.isVisible()
    empty.give(None, notes=("The layers cannot be watched.",))
    assert empty.page.hint.text() == "The layers cannot be watched."


def test_a_frame_without_gradients_leaves_the_last_ones_standing(shown: Shown) -> None:
    shown.give(None)
    assert shown.sizes.isVisible()
    assert not shown.page.hint.isVisible()


def test_clean_is_blue_and_attacked_vermilion_on_one_axis(shown: Shown, colour_at: ColourAt) -> None:
    assert shown.sizes.axis == axis_for(floats(*CLEAN) / 10, floats(*ATTACKED) / 10)
    assert colour_at(shown.sizes, shown.at(1, 0.0002)) == theme.CLEAN.lower()
    assert colour_at(shown.sizes, shown.at(1, 0.002)) == theme.ADVERSARIAL.lower()


def test_until_the_attacked_picture_is_known_only_the_clean_line_is_explained(shown: Shown) -> None:
    shown.give(walk_of(attacked=None))
    assert [each.text for each in shown.page.legend.entries] == ["clean"]
    shown.give(walk_of())
    assert [each.text for each in shown.page.legend.entries] == ["clean", "attacked"]


def test_the_whole_layer_or_one_number_of_it_is_measured(shown: Shown, qtbot: QtBot) -> None:
    assert shown.sizes.axis.first == -4
    qtbot.mouseClick(shown.page.measures.button("norm"), Qt.MouseButton.LeftButton)
    assert shown.sizes.axis.first == -3
    assert "‖∂E/∂y‖₂" in shown.page.caption.text()


def test_the_caption_says_whose_loss_it_is_and_the_pointer_reads_a_layer(shown: Shown) -> None:
    assert "Egyptian cat" in shown.page.caption.text()
    hover(shown.sizes, shown.at(3, 0.01))
    assert shown.page.caption.text() == "layer2.conv1: clean 0.005, attacked 0.05 (×10)"
    assert "(Conv2d)" in shown.page.caption.toolTip()
    shown.sizes.leaveEvent(None)
    assert "Egyptian cat" in shown.page.caption.text()


def test_a_click_or_the_arrow_keys_select_the_layer_for_every_view(shown: Shown, qtbot: QtBot) -> None:
    qtbot.mouseClick(shown.sizes, Qt.MouseButton.LeftButton, pos=shown.at(2, 0.01))
    assert shown.session.request.look.layer == "layer1.conv2"
    qtbot.keyClick(shown.sizes, Qt.Key.Key_Right)
    assert shown.session.request.look.layer == "layer2.conv1"
    qtbot.keyClick(shown.sizes, Qt.Key.Key_Home)
    assert shown.session.request.look.layer == "conv1"


def test_the_layer_that_another_view_selects_is_outlined(shown: Shown) -> None:
    shown.session.look_at(layer="fc")
    assert shown.sizes.selected == 4
    assert "fc: " in shown.sizes.accessibleDescription()
    shown.session.look_at(layer="unknown")
    assert shown.sizes.selected is None


def test_the_note_stands_below_the_lines_and_goes_with_its_reason(shown: Shown) -> None:
    assert not shown.page.note.isVisible()
    shown.give(walk_of(note="The gradient has all but vanished."))
    assert shown.page.note.isVisible()
    assert shown.page.note.text() == "The gradient has all but vanished."


def test_gaps_and_zeros_are_told_apart(shown: Shown, colour_at: ColourAt) -> None:
    shown.give(walk_of(clean=(0.01, np.nan, 0.0, 0.05, 0.5), attacked=None))
    foot = shown.at(2, 0.0) - QPoint(0, 6)
    assert colour_at(shown.sizes, foot) == theme.color("base").name()  # an open triangle
    edge_of_it = {colour_at(shown.sizes, foot - QPoint(0, each)) for each in range(5)}
    assert any(QColor(each).blue() > QColor(each).red() + 40 for each in edge_of_it)
    shown.sizes.hovered.emit(1)
    assert "clean no gradient" in shown.page.caption.text()
    shown.sizes.hovered.emit(2)
    assert ": clean 0" in shown.page.caption.text()


def test_a_thousand_layers_are_drawn_and_none_at_all_too(shown: Shown) -> None:
    names = tuple(f"layer{each}" for each in range(1000))
    ones = tuple(np.linspace(0.1, 1, 1000))
    shown.give(walk_of(ones, ones, layers=names))
    assert shown.sizes.place_at(shown.sizes.point(700, 0.1)) == 700
    shown.view.grab()
    shown.give(walk_of((), (), layers=()))
    shown.view.grab()


def test_the_axis_ends_at_powers_of_ten_and_its_numbers_can_be_read() -> None:
    axis = axis_for(floats(3e-20, 0.5))
    assert (axis.first, axis.last) == (-20, 0)
    assert len(axis.ticks) <= 7
    assert axis.height_of(1e-10) == pytest.approx(0.5)
    assert axis.height_of(0.0) == 0.0
    assert axis_for(floats(np.nan, 0.0)).ticks == (-1, 0)


# Its factors, where it is small


def test_without_factors_there_is_no_table(shown: Shown) -> None:
    assert not shown.page.factors.isVisible()


def test_the_factors_of_the_selected_layer_can_be_read(shown: Shown, qtbot: QtBot) -> None:
    shown.give(walk_of(factors=(factors_of("conv1"), factors_of("fc", ""))))
    pane = shown.page.factors
    assert pane.isVisible()
    assert pane.layers.currentText() == "fc"
    assert headings(pane.table) == ["neuron", "b", "z", "∂E/∂z"]
    shown.session.look_at(layer="conv1")
    assert pane.layers.currentText() == "conv1"
    assert headings(pane.table) == ["neuron", "b", "z", "y", "∂E/∂y", "∂y/∂z", "∂E/∂z"]
    found = factors_of("conv1")
    assert texts(pane.table, 0)[1:] == [
        say_value(float(each[0]))
        for each in (found.bias, found.pre, found.outputs, found.d_outputs, found.d_local, found.d_pre)
    ]
    qtbot.mouseClick(pane.pages.button("weights"), Qt.MouseButton.LeftButton)
    assert texts(pane.table, 1) == [
        "2 → 1", *(say_value(float(each)) for each in (found.weight[0, 1], found.d_pre[0], found.inputs[1],
                                                       found.d_weight[0, 1]))
    ]  # fmt: skip
    qtbot.mouseClick(pane.pages.button("inputs"), Qt.MouseButton.LeftButton)
    assert texts(pane.table, 1)[2] == say_value(float(found.d_inputs[1]))


def headings(table) -> list[str]:
    model = table.model()
    return [model.headerData(each, Qt.Orientation.Horizontal) for each in range(model.columnCount())]


def texts(table, row: int) -> list[str]:
    model = table.model()
    return [model.data(model.index(row, each)) for each in range(model.columnCount())]


def test_a_layer_chosen_beside_the_table_is_selected_for_every_view(shown: Shown) -> None:
    shown.give(walk_of(factors=(factors_of("conv1"), factors_of("fc", ""))))
    shown.page.factors.layers.textActivated.emit("conv1")
    assert shown.session.request.look.layer == "conv1"
    assert shown.page.factors.layers.currentText() == "conv1"


def test_another_attack_leaves_the_table_where_it_is_scrolled_to(shown: Shown, qtbot: QtBot) -> None:
    shown.give(walk_of(factors=(factors_of("conv1"),)))
    qtbot.mouseClick(shown.page.factors.pages.button("weights"), Qt.MouseButton.LeftButton)
    shown.page.factors.table.setCurrentIndex(shown.page.factors.model.index(3, 2))
    shown.give(walk_of(factors=(factors_of("conv1"),)))
    assert shown.page.factors.table.currentIndex().row() == 3


# By hand: the walk


def test_while_a_tiny_network_is_walked_through_the_engine_is_asked_for_nothing(shown: Shown) -> None:
    shown.view.show_page("hand")
    assert not shown.session.request.views
    shown.view.show_page("network")
    assert Part.GRADIENTS in shown.session.request.views


@pytest.mark.parametrize("preset", PRESETS, ids=lambda each: each.title)
def test_the_walk_goes_forward_then_to_the_loss_then_back_to_the_inputs(preset) -> None:
    stops = stops_of(preset.toy, preset.examples[0].x, preset.examples[0].target)
    depth = len(preset.toy.layers)
    kinds = [each.title.partition(",")[0] for each in stops]
    assert kinds == sorted(kinds, key=["Forward", "The loss", "Backward"].index)
    assert kinds.count("Forward") == depth + 1
    assert [each.known for each in stops[: depth + 1]] == list(range(depth + 1))
    assert stops[depth + 1].lit == {LOSS}
    assert "∂E/∂x" in stops[-1].lines[0]
    assert all(each.sentence.endswith((".", "?")) and each.lines and each.lit for each in stops)


def test_every_factor_is_said_with_its_numbers() -> None:
    preset = next(each for each in PRESETS if each.title == "Wrong and sure, cross-entropy")
    stops = stops_of(preset.toy, (0.0,), (0.0,))  # z = 2, y = 0.881
    said = {each.rule: each.lines for each in stops}
    assert said["∂E/∂y = (y − t) / (y · (1 − y))"] == ("∂E/∂y⁽¹⁾ = (0.881 − 0) / (0.881 · 0.119) = 8.39",)
    assert said["∂y/∂z = y · (1 − y)"] == ("∂y⁽¹⁾/∂z⁽¹⁾ = 0.881 · 0.119 = 0.105",)
    assert said["∂E/∂z = ∂E/∂y · ∂y/∂z"] == ("∂E/∂z⁽¹⁾ = 8.39 · 0.105 = 0.881",)
    assert said["∂z/∂w = a,   ∂z/∂b = 1"] == ("∂z⁽¹⁾/∂w⁽¹⁾ = x = 0",)
    assert said["∂E/∂w = ∂E/∂z · a,   ∂E/∂b = ∂E/∂z"] == ("∂E/∂w⁽¹⁾ = 0.881 · 0 = 0", "∂E/∂b⁽¹⁾ = 0.881")
    assert said["∂z/∂a = w,   ∂E/∂a = Σ ∂E/∂z · w"] == ("∂E/∂x = 0.881 · 4 = 3.52",)


def test_the_part_in_question_is_lit_and_its_number_written_at_it() -> None:
    preset = PRESETS[0]
    stops = stops_of(preset.toy, (0.0, 1.0), (1.0,))
    slope = next(each for each in stops if each.rule.startswith("∂E/∂w"))
    assert slope.lit == {edge(2, 0, 0), edge(2, 0, 1)}
    found = preset.toy.backward((0.0, 1.0), (1.0,))[1]
    assert slope.texts[edge(2, 0, 1)] == say_value(float(found.d_weight[0, 1]))
    assert slope.texts[neuron(2, 0)] == f"∂E/∂z {say_value(float(found.d_pre[0]))}"


def test_buttons_slider_and_keys_go_from_stop_to_stop(hand: HandPage, qtbot: QtBot) -> None:
    story = hand.story
    assert not story.before.isEnabled()
    assert story.title.text() == "Forward, the inputs"
    qtbot.mouseClick(story.after, Qt.MouseButton.LeftButton)
    assert story.title.text() == "Forward, layer 1 of 2"
    qtbot.keyClick(story.slider, Qt.Key.Key_Right)
    qtbot.keyClick(story.slider, Qt.Key.Key_Right)
    assert story.title.text() == "The loss"
    qtbot.keyClick(story.slider, Qt.Key.Key_End)
    assert not story.after.isEnabled()
    assert story.count.text() == "15 of 15"
    assert story.rule.text() in hand.lesson.stop.rule


def test_the_drawing_says_what_is_not_known_yet_and_is_read_aloud(hand: HandPage, colour_at: ColourAt) -> None:
    hand.story.slider.setValue(1)
    assert "Forward, layer 1" in hand.graph.accessibleDescription()
    centre, radius = hand.graph.centre(1, 0), hand.graph.centre(1, 0) - hand.graph.line(2, 0, 0).p1()
    rim = (centre - QPoint(round(np.hypot(radius.x(), radius.y())), 0)).toPoint()
    assert colour_at(hand.graph, rim) == theme.color("accent").name()


# By hand: what can be changed


def test_a_weight_that_is_typed_over_changes_every_number_at_once(hand: HandPage) -> None:
    before = hand.lesson.error
    hand.numbers.item(0, 1).setText("−2,5")
    assert hand.lesson.toy.layers[0].weight[0, 0] == -2.5
    choose_example(hand, 3)
    assert hand.lesson.error != before
    assert "1 · 1" not in hand.lesson.stops[1].lines[0]
    assert hand.story.lines.text() == "\n".join(hand.lesson.stop.lines)
    assert hand.lesson.stops[1].lines[0].startswith("z⁽¹⁾₁ = (−2.5) · 1 + (−0.6) · 1 + 0.1 = −3")


def choose_example(hand: HandPage, place: int) -> None:
    hand.example.choice.setCurrentIndex(place)
    hand.example.choice.activated.emit(place)


@pytest.mark.parametrize("typed", ["", "abc", "nan", "inf", "1e9", "1 2"])
def test_what_is_no_number_is_put_back_and_said(hand: HandPage, typed: str) -> None:
    toy = hand.lesson.toy
    hand.numbers.item(2, 1).setText(typed)
    assert hand.lesson.toy is toy
    assert hand.numbers.item(2, 1).text() == "0.1"
    assert "b⁽¹⁾₁ stays as it is" in hand.said.text()


def test_numbers_may_be_typed_as_people_write_them() -> None:
    assert [read(each) for each in ("1,5", "−2", " -3e-1 ", "1000")] == [1.5, -2.0, -0.3, 1000.0]


def test_a_click_on_a_line_begins_to_edit_its_weight(hand: HandPage, qtbot: QtBot) -> None:
    middle = hand.graph.line(2, 0, 1).pointAt(0.6).toPoint()
    qtbot.mouseClick(hand.graph, Qt.MouseButton.LeftButton, pos=middle)
    assert hand.numbers.currentRow() == hand.lesson.numbers.index(Number(1, 0, 1))
    assert hand.numbers.state() == hand.numbers.State.EditingState


def test_inputs_and_target_can_be_chosen_or_typed(hand: HandPage) -> None:
    choose_example(hand, 3)
    assert hand.lesson.example == Example((1.0, 1.0), (0.0,))
    hand.example.inputs[0].setValue(0.5)
    assert hand.lesson.example.x == (0.5, 1.0)
    assert hand.example.choice.currentIndex() == -1
    hand.example.target.setValue(1.0)
    assert hand.lesson.example.target == (1.0,)


def test_a_target_that_cannot_be_is_refused_and_the_last_one_stays(hand: HandPage) -> None:
    asked = hand.lesson.example
    hand.example.target.setValue(3.0)
    assert hand.lesson.example == asked
    assert hand.example.target.value() == asked.target[0]
    assert "between 0 and 1" in hand.said.text()


def test_boxes_that_a_network_does_not_take_are_not_there(hand: HandPage) -> None:
    choose(hand, "A chain of three states")
    assert [each.isVisible() for each in hand.example.inputs] == [True, False]
    choose(hand, "Three classes, softmax")
    assert [each.isVisible() for each in hand.example.inputs] == [True, True]
    assert not hand.example.target.isVisible()


def test_one_step_goes_down_the_slope_by_the_rate(hand: HandPage, qtbot: QtBot) -> None:
    before, slope = hand.lesson.toy.layers[1].bias[0], hand.lesson.factors[1].d_pre[0]
    qtbot.mouseClick(hand.step, Qt.MouseButton.LeftButton)
    assert hand.lesson.toy.layers[1].bias[0] == pytest.approx(before - hand.rate.value() * slope)
    assert hand.said.text().startswith("One step: E was 0.73 and is ")


def test_training_learns_xor_and_reset_forgets_it(hand: HandPage, qtbot: QtBot) -> None:
    qtbot.mouseClick(hand.train, Qt.MouseButton.LeftButton)
    assert is_solved(hand.lesson.toy, hand.lesson.preset.examples)
    assert hand.said.text().startswith("Learnt after ")
    qtbot.mouseClick(hand.train, Qt.MouseButton.LeftButton)
    assert hand.said.text().startswith("Nothing to learn")
    qtbot.mouseClick(hand.reset, Qt.MouseButton.LeftButton)
    assert hand.lesson.toy is PRESETS[0].toy


def test_a_straight_model_says_that_it_has_not_learnt_xor(hand: HandPage, qtbot: QtBot) -> None:
    choose(hand, "XOR, the best straight model")
    qtbot.mouseClick(hand.train, Qt.MouseButton.LeftButton)
    assert hand.said.text() == "Not learnt after 2000 steps: mean E is still 0.125."


def test_a_rate_that_is_too_large_is_said_and_nothing_is_lost(hand: HandPage, qtbot: QtBot) -> None:
    choose(hand, "XOR, the best straight model")
    hand.example.inputs[0].setValue(100.0)
    hand.rate.setValue(100.0)
    for _ in range(8):
        qtbot.mouseClick(hand.step, Qt.MouseButton.LeftButton)
    assert "Choose a smaller rate" in hand.said.text()
    assert all(np.isfinite(each.weight).all() for each in hand.lesson.toy.layers)


@pytest.mark.parametrize("preset", PRESETS, ids=lambda each: each.title)
def test_every_preset_is_told_and_drawn_at_every_stop_in_light_and_dark(hand: HandPage, preset) -> None:
    choose(hand, preset.title)
    assert hand.said.text() == preset.story
    for scheme in (theme.Scheme.LIGHT, theme.Scheme.DARK):
        theme.apply(scheme)
        for place in range(len(hand.lesson.stops)):
            hand.story.slider.setValue(place)
            hand.graph.grab()


def test_a_place_beyond_the_walk_is_its_end() -> None:
    lesson = Lesson.of(PRESETS[0])
    assert lesson.with_(place=99).place == len(lesson.stops) - 1
    assert lesson.with_(place=-1).place == 0


def test_it_stays_useful_in_a_low_dock(shown: Shown) -> None:
    assert shown.view.minimumSizeHint().height() <= 180
    assert shown.view.minimumSizeHint().width() <= 1000
    shown.view.show_page("hand")
    assert shown.view.hand.story.lines.parent().height() >= 3 * shown.view.fontMetrics().height()
