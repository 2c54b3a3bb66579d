"""The causal check: bars that fill in, a sentence, edits made by hand, and the answers with them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from engine.answers import Prediction
from engine.frame import Frame
from engine.inside import Causes, Inside
from engine.look import Edit, Intervention, Part
from engine.request import Request
from gui import theme
from gui.session import Session
from gui.views.causes import CausesView
from gui.views.causes.view import round_up
from gui.views.causes.words import (
    COMPUTING,
    EMPTY,
    MEANING,
    NO_EDITS,
    alone,
    most_telling,
    say_edit,
    say_share,
    say_verdict,
)

from .architectures import chain, dense, residual

MakeFrame = Callable[..., Frame]
ColourAt = Callable[[QWidget, QPoint], str]

GRAPH = residual()
LAYERS = tuple(each.name for each in GRAPH.nodes)
BRANCH = "layer.0.conv1"


def found(restored: float = 0.92, **changes: object) -> Causes:
    """Every layer restores everything, but one branch."""
    up, down = (np.ones(len(LAYERS), np.float32) for _ in range(2))
    up[LAYERS.index(BRANCH)], down[LAYERS.index(BRANCH)] = restored, 0.5
    return replace(Causes(layers=LAYERS, restored=up, implanted=down, done=11, total=11), **changes)


def prediction(**probabilities: float) -> Prediction:
    values = np.full(8, 0.001, np.float32)
    for name, value in probabilities.items():
        values[int(name.removeprefix("class_"))] = value
    return Prediction(values)


class Shown:
    """A view before a session, and a way to give it numbers."""

    def __init__(self, qtbot: QtBot, make_frame: MakeFrame) -> None:
        self.session = Session(Request(epsilon=4 / 255))
        self.view = CausesView(self.session)
        self.edits = self.view.edits
        self._make_frame = make_frame
        qtbot.addWidget(self.view)
        self.view.resize(1280, 210)
        self.view.show()

    def give(self, causes: Causes | None, *, layer: str = BRANCH, unit: int | None = 3, **more: object) -> None:
        inside = Inside(layer=layer, unit=unit, architecture=GRAPH, causes=causes, **more)
        self.session.show(self._make_frame(self.session.request, inside=inside))

    def bar(self, layer: str, *, below: bool = False) -> QPoint:
        """The middle of a layer's bar."""
        return self.view.layers.bar_rect(LAYERS.index(layer), below=below).center().toPoint()


@pytest.fixture
def shown(qtbot: QtBot, make_frame: MakeFrame) -> Shown:
    return Shown(qtbot, make_frame)


def is_like(one: str, other: str) -> bool:
    return QColor(one) == QColor(other)


def test_before_there_is_a_picture_it_says_what_to_do(shown: Shown) -> None:
    assert shown.view.hint.text() == EMPTY
    assert {Part.CAUSES, Part.ARCHITECTURE} <= shown.session.request.views


def test_while_it_computes_it_does_not_ask_for_what_is_there(shown: Shown, make_frame: MakeFrame) -> None:
    shown.session.show(make_frame(shown.session.request))
    assert shown.view.hint.text() == COMPUTING


# Bars and sentences


def test_the_sentence_says_what_the_selected_layer_restores_and_loses(shown: Shown) -> None:
    shown.give(found())
    assert shown.view.sentence.text() == (
        "layer.0.conv1: its clean values restore 92 % of the lost margin, its attacked values lose 50 %."
    )


def test_the_sentence_speaks_of_the_layer_under_the_pointer(shown: Shown) -> None:
    shown.give(found())
    shown.view.layers.hovered.emit(LAYERS.index("fc"))
    assert "No way leads around fc" in shown.view.sentence.text()
    shown.view.layers.hovered.emit(-1)
    assert BRANCH in shown.view.sentence.text()


def test_a_layer_that_carries_everything_in_any_case_names_the_one_that_tells_most(shown: Shown) -> None:
    shown.give(found(), layer="fc")
    assert "it carries the whole attack in any case" in shown.view.sentence.text()
    assert "Of the others most: layer.0.relu, 100 %" in shown.view.sentence.text()
    assert MEANING in shown.view.sentence.toolTip()


def test_what_tells_most_is_the_largest_known_share_that_a_way_leads_around() -> None:
    shares = np.array([1.0, 0.2, math.nan, 0.4], np.float32)
    some = Causes(layers=("a", "b", "c", "d"), restored=shares, implanted=shares)
    assert most_telling(some, (True, False, False, False)) == 3
    assert most_telling(some, (True, False, False, True)) == 1
    assert most_telling(some, (True, True, True, True)) is None


def test_the_share_that_tells_most_is_written_at_its_bar(shown: Shown, colour_at: ColourAt) -> None:
    almost = np.zeros(len(LAYERS), np.float32)
    almost[LAYERS.index(BRANCH)] = 0.5
    shown.give(found(restored=0.5), layer="fc")
    plain = shown.view.layers.grab().toImage()
    shown.view.layers.show_shares(almost, almost, told=LAYERS.index(BRANCH))
    told = shown.view.layers.grab().toImage()
    shown.view.layers.show_shares(almost, almost)
    assert plain != told != shown.view.layers.grab().toImage()


def test_bars_have_the_colour_and_the_length_of_what_they_tell(shown: Shown, colour_at: ColourAt) -> None:
    shown.give(found(), layer="fc")
    bars = shown.view.layers
    assert is_like(colour_at(bars, shown.bar(BRANCH)), theme.HOLDS)
    assert is_like(colour_at(bars, shown.bar(BRANCH, below=True)), theme.ADVERSARIAL)
    place = LAYERS.index(BRANCH)
    up, down = bars.bar_rect(place), bars.bar_rect(place, below=True)
    assert up.height() / down.height() == pytest.approx(0.92 / 0.5, rel=1e-3)
    assert up.bottom() == pytest.approx(down.top())


def test_a_layer_that_nothing_leads_past_is_pale(shown: Shown, colour_at: ColourAt) -> None:
    shown.give(found(), layer="fc")
    assert not is_like(colour_at(shown.view.layers, shown.bar("layer.0.add")), theme.HOLDS)


@pytest.mark.parametrize(("share", "length"), [(-0.5, 0.0), (0.0, 0.0), (1.0, 1.0), (1.7, 1.0)])
def test_a_share_beyond_the_axis_is_cut_off(shown: Shown, share: float, length: float) -> None:
    shown.give(found(share))
    bars = shown.view.layers
    whole = bars.bar_rect(LAYERS.index("fc")).height()
    assert bars.bar_rect(LAYERS.index(BRANCH)).height() == pytest.approx(length * whole)


def test_what_is_not_known_yet_has_no_bar_and_a_line_tells_how_far_it_is(shown: Shown, colour_at: ColourAt) -> None:
    half = found(math.nan, done=5)
    shown.give(half)
    assert shown.view.layers.bar_rect(LAYERS.index(BRANCH)).height() == 0
    assert shown.view.sentence.text() == "layer.0.conv1 has not been tried yet."
    assert shown.view.progress.text() == "tried 5 of 11"
    shown.give(found())
    assert not shown.view.progress.text()


def test_a_layer_that_gave_no_number_is_told_in_the_end(shown: Shown) -> None:
    shown.give(found(math.nan))
    assert shown.view.sentence.text() == "layer.0.conv1 cannot be exchanged."


def test_nothing_lost_is_said_in_the_place_of_bars(shown: Shown) -> None:
    shown.give(Causes(note="Nothing was lost."))
    assert shown.view.sentence.text() == "Nothing was lost."
    assert shown.view.layers.count == 0


def test_bars_stay_while_the_next_frame_has_only_answers(shown: Shown) -> None:
    shown.give(found())
    shown.give(Causes())
    assert shown.view.layers.count == len(LAYERS)
    shown.give(None)
    assert shown.view.layers.isVisible()


def test_clicking_a_bar_selects_its_layer(shown: Shown, qtbot: QtBot) -> None:
    shown.give(found())
    qtbot.mouseClick(shown.view.layers, Qt.MouseButton.LeftButton, pos=shown.bar("layer.1.add"))
    assert shown.session.request.look.layer == "layer.1.add"
    assert shown.view.layers.selected == LAYERS.index("layer.1.add")


def test_bars_are_reached_with_the_keyboard(shown: Shown, qtbot: QtBot) -> None:
    shown.give(found())
    qtbot.keyClick(shown.view.layers, Qt.Key.Key_Right)
    assert shown.session.request.look.layer == LAYERS[LAYERS.index(BRANCH) + 1]
    qtbot.keyClick(shown.view.layers, Qt.Key.Key_End)
    assert shown.session.request.look.layer == LAYERS[-1]
    assert "fc" in shown.view.layers.accessibleDescription()


def test_places_beside_the_bars_are_none(shown: Shown) -> None:
    shown.give(found())
    assert shown.view.layers.place_at(QPointF(1, 20)) == -1


# Units


def with_units() -> Causes:
    units, shares = np.array([4, 7, 3]), np.array([0.01, 0.3, -0.1], np.float32)
    return found(unit_layer=BRANCH, units=units, unit_restored=shares)


def test_units_that_restore_most_come_first(shown: Shown, qtbot: QtBot) -> None:
    shown.give(with_units())
    assert "most: 7" in shown.view.unit_title.text()
    assert shown.view.units.selected == 2  # unit 3 is selected
    qtbot.mouseClick(shown.view.units, Qt.MouseButton.LeftButton, pos=shown.view.units.bar_rect(0).center().toPoint())
    assert (shown.session.request.look.layer, shown.session.request.look.unit) == (BRANCH, 7)


def test_the_sentence_speaks_of_the_unit_under_the_pointer(shown: Shown) -> None:
    shown.give(with_units())
    shown.view.units.hovered.emit(0)
    assert "Unit 7 of layer.0.conv1: its clean values alone restore 30 %" in shown.view.sentence.text()


def test_units_of_another_layer_are_not_shown(shown: Shown) -> None:
    shown.give(with_units(), layer="fc")
    assert shown.view.units.count == 0


@pytest.mark.parametrize(("share", "end"), [(0.0, 0.01), (0.013, 0.02), (0.2, 0.2), (0.3, 0.5), (1.4, 1.0)])
def test_the_axis_of_units_ends_at_a_round_number(share: float, end: float) -> None:
    assert round_up(share) == end


# Edits


def test_without_edits_it_says_how_to_make_one(shown: Shown) -> None:
    shown.give(found())
    assert shown.view.verdict.text() == NO_EDITS
    assert all(each.isVisible() for each in shown.edits.adders.values())
    assert not shown.edits.remove.isVisible()


@pytest.mark.parametrize("kind", list(Intervention))
def test_an_edit_is_added_at_the_selected_layer(shown: Shown, qtbot: QtBot, kind: Intervention) -> None:
    shown.give(found())
    qtbot.mouseClick(shown.edits.adders[kind], Qt.MouseButton.LeftButton)
    assert shown.session.request.look.edits == (Edit(BRANCH, None, kind),)
    assert shown.edits.slider.isVisible() == (kind is Intervention.SCALE)


def test_an_edit_is_added_at_the_selected_unit(shown: Shown, qtbot: QtBot) -> None:
    shown.give(found())
    button = shown.edits.where.button("unit")
    assert button.text() == "Unit 3"
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(shown.edits.adders[Intervention.SCALE], Qt.MouseButton.LeftButton)
    assert shown.session.request.look.edits == (Edit(BRANCH, 3, Intervention.SCALE, 0.0),)


def test_a_layer_without_units_offers_only_the_whole(shown: Shown) -> None:
    shown.give(found(), unit=None)
    assert not shown.edits.where.button("unit").isVisible()


def test_the_same_edit_is_not_made_twice(shown: Shown, qtbot: QtBot) -> None:
    shown.give(found())
    for _ in range(2):
        qtbot.mouseClick(shown.edits.adders[Intervention.RESTORE], Qt.MouseButton.LeftButton)
    assert len(shown.session.request.look.edits) == 1


def test_the_slider_scales_the_chosen_edit(shown: Shown, qtbot: QtBot) -> None:
    shown.give(found())
    qtbot.mouseClick(shown.edits.adders[Intervention.SCALE], Qt.MouseButton.LeftButton)
    assert (shown.edits.slider.minimum(), shown.edits.slider.maximum()) == (-40, 40)
    shown.edits.slider.setValue(-30)
    assert shown.session.request.look.edits == (Edit(BRANCH, None, Intervention.SCALE, -1.5),)
    assert shown.edits.factor.text() == "× −1.50"


def test_edits_are_removed_one_at_a_time_or_all_at_once(shown: Shown, qtbot: QtBot) -> None:
    shown.give(found())
    first, second, third = (Edit(each, None, Intervention.RESTORE) for each in LAYERS[:3])
    shown.session.look_at(edits=(first, second, third))
    shown.edits.list.setCurrentRow(1)
    qtbot.keyClick(shown.edits.list, Qt.Key.Key_Delete)
    assert shown.session.request.look.edits == (first, third)
    qtbot.mouseClick(shown.edits.remove, Qt.MouseButton.LeftButton)
    assert shown.session.request.look.edits == (first,)
    qtbot.mouseClick(shown.edits.clear, Qt.MouseButton.LeftButton)
    assert shown.session.request.look.edits == ()
    assert not shown.edits.isVisible()


def test_edits_of_an_opened_session_are_listed(shown: Shown) -> None:
    shown.session.look_at(edits=(Edit("fc", 2, Intervention.SCALE, 0.5), Edit("conv1", None, Intervention.IMPLANT)))
    texts = [shown.edits.list.item(row).text() for row in range(shown.edits.list.count())]
    assert texts == ["× 0.50: unit 2 of fc", "attacked put in: conv1"]


def test_edits_are_no_step_of_undo(shown: Shown, qtbot: QtBot) -> None:
    shown.give(found())
    qtbot.mouseClick(shown.edits.adders[Intervention.RESTORE], Qt.MouseButton.LeftButton)
    assert not shown.session.can_undo


def test_what_adds_edits_follows_the_choice_of_the_unit_for_the_keyboard_too(shown: Shown, qtbot: QtBot) -> None:
    shown.give(found())
    unit = shown.view.bar.unit
    assert unit is not None
    unit.setFocus()
    reached = []
    for _ in range(4):
        qtbot.keyClick(shown.view.focusWidget(), Qt.Key.Key_Tab)
        reached.append(shown.view.focusWidget())
    assert reached == [shown.edits.where.button("layer"), *shown.edits.adders.values()]


# Answers


def test_the_verdict_says_what_the_attacked_picture_is_seen_as_with_the_edits(shown: Shown) -> None:
    shown.give(found(edited_clean=prediction(class_0=0.8), edited_attacked=prediction(class_0=0.41)))
    assert shown.view.verdict.text() == "With the edits the attacked picture is seen as Egyptian cat 41 % again."
    said = shown.view.answers.accessibleDescription()
    assert "Egyptian cat: clean 60 %, attacked 10 %, clean edited 80 %, attacked edited 41 %" in said


def test_an_answer_that_stays_is_still_the_answer() -> None:
    before, after = prediction(class_0=0.9), prediction(class_1=0.8)
    names = ("tabby", "lynx", "crane")
    assert "still seen as lynx 70 %" in say_verdict(before, after, prediction(class_1=0.7), names)
    assert say_verdict(before, after, prediction(class_2=0.7), names).endswith("seen as crane 70 %.")


def test_without_edits_there_are_two_answers(shown: Shown) -> None:
    shown.give(found())
    assert shown.view.verdict.text() == NO_EDITS
    assert "edited" not in shown.view.answers.accessibleDescription()


def test_edits_that_this_network_has_no_layer_for_are_said_to_rest(shown: Shown) -> None:
    shown.session.look_at(edits=(Edit("another.conv", None, Intervention.RESTORE),))
    shown.give(found())
    assert "lacks what is edited (another.conv)" in shown.view.verdict.text()
    assert shown.edits.isVisible()


def test_the_classes_that_win_somewhere_come_first(shown: Shown) -> None:
    shown.give(found(edited_clean=prediction(class_7=0.8), edited_attacked=prediction(class_6=0.41)))
    assert shown.view.answers.labels[:4] == [0, 1, 7, 6]


# Words and graphs


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (0.924, "92 %"),
        (1.0, "100 %"),
        (0.0312, "3.1 %"),
        (-0.041, "−4.1 %"),
        (0.0, "0 %"),
        (-1e-6, "0 %"),
        (math.nan, "not a number"),
    ],
)
def test_a_share_as_read(share: float, said: str) -> None:
    assert say_share(share) == said


def test_a_muted_unit_as_read() -> None:
    assert say_edit(Edit("conv1", 3)) == "muted: unit 3 of conv1"


def test_of_a_chain_every_layer_stands_alone() -> None:
    graph = chain(4)
    assert alone(graph, [each.name for each in graph.nodes]) == (True,) * 4


def test_of_a_residual_network_the_branches_do_not_stand_alone() -> None:
    free = dict(zip(LAYERS, alone(GRAPH, LAYERS), strict=True))
    assert [name for name, is_free in free.items() if is_free] == ["conv1", "layer.0.add", "layer.1.add", "fc"]


def test_of_a_dense_block_only_the_ends_stand_alone() -> None:
    graph = dense(3)
    names = [each.name for each in graph.nodes]
    free = dict(zip(names, alone(graph, names), strict=True))
    assert [name for name, is_free in free.items() if is_free] == ["stem", "block.cat"]


def test_it_is_small_enough_for_a_dock(shown: Shown) -> None:
    assert shown.view.minimumSizeHint().height() <= 180
