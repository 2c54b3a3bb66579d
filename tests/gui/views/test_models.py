"""A row of networks with lamps, and two networks side by side."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

import gui.controls.network_line
from engine.answers import Prediction
from engine.catalogue.joining import Joining
from engine.catalogue.models import NETWORKS
from engine.errors import Failure
from engine.frame import Attacked, Frame, Score, Stage, Standing, Twin, Verdict
from engine.request import Request
from gui import theme
from gui.session import Session
from gui.views.models import ModelsView, TwinView
from gui.views.models.card import WAITING, ScoreCard
from gui.views.models.side import gain_for

MakeFrame = Callable[..., Frame]
BENCH, OTHER, FAR, GREY = "efficientnet-lite0", "squeezenet1.1", "resnet18", "lenet-5"
NAMES = ("tripod", "harmonica", "violin")


@pytest.fixture
def session() -> Session:
    return Session()


@pytest.fixture
def view(qtbot: QtBot, session: Session) -> ModelsView:
    made = ModelsView(session)
    qtbot.addWidget(made)
    made.resize(1020, 180)
    made.show()
    return made


@pytest.fixture
def twin(qtbot: QtBot, session: Session) -> TwinView:
    made = TwinView(session)
    qtbot.addWidget(made)
    made.resize(1020, 180)
    made.show()
    return made


def prediction(*probabilities: float) -> Prediction:
    return Prediction(np.array(probabilities, np.float32))


def score(name: str, standing: Standing | None = Standing.HOLDS, **given: Any) -> Score:
    answers = {
        Standing.HOLDS: prediction(0.8, 0.1, 0.1),
        Standing.WAVERS: prediction(0.4, 0.3, 0.3),
        Standing.CHANGED: prediction(0.2, 0.7, 0.1),
    }
    title = NETWORKS[name].title
    if standing is None:
        return Score(name, title, **given)
    return Score(name, title, NAMES, prediction(0.9, 0.05, 0.05), answers[standing], standing, **given)


def card_of(view: ModelsView, name: str) -> ScoreCard:
    [found] = [each for each in view.cards if each.name == name]
    return found


def add(view: ModelsView, qtbot: QtBot, text: str) -> None:
    view.line.setFocus()
    view.line.entry.setFocus()
    qtbot.waitUntil(view.line.entry.hasFocus)
    view.line.entry.setText(text)
    qtbot.keyClick(view.line.entry, Qt.Key.Key_Return)


# The row


def test_scores_are_asked_for_while_the_row_can_be_seen(session: Session, view: ModelsView) -> None:
    assert "scores" in session.request.views
    view.hide()
    assert "scores" not in session.request.views


def test_the_bench_stands_first_and_an_empty_row_says_what_to_do(view: ModelsView) -> None:
    assert [each.name for each in view.cards] == [BENCH]
    assert view.hint.isVisible()
    assert not view.cards[0].remove.isVisible()
    assert not view.cards[0].craft.isVisible()


def test_a_network_is_added_by_typing_a_part_of_its_name_and_taken_away_by_its_cross(
    view: ModelsView, session: Session, qtbot: QtBot
) -> None:
    add(view, qtbot, "squeeze")
    assert session.request.others == (OTHER,)
    assert view.line.entry.text() == ""
    assert not view.hint.isVisible()
    assert card_of(view, OTHER).note.text() == WAITING
    qtbot.mouseClick(card_of(view, OTHER).remove, Qt.MouseButton.LeftButton)
    assert session.request.others == ()
    assert [each.name for each in view.cards] == [BENCH]
    session.undo()
    assert session.request.others == (OTHER,)


def test_a_network_that_is_not_on_this_machine_is_not_added_and_it_is_said_where_to_get_it(
    view: ModelsView, session: Session, qtbot: QtBot
) -> None:
    add(view, qtbot, "resnet-18")
    assert session.request.others == ()
    assert "choose it under Model" in view.line.entry.complaint
    add(view, qtbot, "no such network")
    assert "No network is called" in view.line.entry.complaint


def test_a_network_that_is_there_already_is_not_added_again(view: ModelsView, session: Session, qtbot: QtBot) -> None:
    add(view, qtbot, BENCH)
    assert session.request.others == ()
    assert session.message is not None
    assert "there already" in session.message.text


def test_more_networks_than_go_together_are_refused_with_a_sentence(
    view: ModelsView, session: Session, qtbot: QtBot
) -> None:
    others = tuple(name for name in NETWORKS if name not in {BENCH, OTHER})[:8]
    session.propose(others=others)
    add(view, qtbot, OTHER)
    assert session.request.others == others
    assert session.message is not None
    assert "at most 8" in session.message.text


@pytest.mark.parametrize(
    ("standing", "is_hit", "said"),
    [
        (Standing.HOLDS, False, "holds"),
        (Standing.WAVERS, False, "wavers"),
        (Standing.CHANGED, False, "changed"),
        (Standing.CHANGED, True, "hit the target"),
    ],
)
def test_a_lamp_has_a_word_beside_it_and_both_answers_below(
    view: ModelsView, session: Session, make_frame: MakeFrame, standing: Standing, is_hit: bool, said: str
) -> None:
    session.propose(others=(OTHER,))
    session.show(make_frame(session.request, scores=(score(BENCH), score(OTHER, standing, is_hit=is_hit))))
    card = card_of(view, OTHER)
    assert card.standing.text() == said
    assert card.clean.text() == "clean: tripod, 90 %"
    assert card.attacked.text().startswith("attacked: ")
    assert card.accessibleName().startswith(f"SqueezeNet 1.1 {said}: clean tripod, 90 %; attacked")


def test_lamps_differ_in_shape_too(
    view: ModelsView,
    session: Session,
    make_frame: MakeFrame,
    colour_at: Callable[[QWidget, QPoint], str],
) -> None:
    session.propose(others=(OTHER,))
    lamp = card_of(view, OTHER).lamp
    left, middle, right = QPoint(5, 8), QPoint(8, 8), QPoint(11, 8)
    seen = []
    for standing in Standing:
        session.show(make_frame(session.request, scores=(score(BENCH), score(OTHER, standing))))
        seen.append([colour_at(lamp, each) for each in (left, middle, right)])
    holds, wavers, changed = seen
    ground = holds[1]
    assert holds == [ground] * 3
    assert wavers[0] == theme.DOUBTFUL.lower()
    assert wavers[2] == ground
    assert changed == [theme.ADVERSARIAL.lower()] * 3


def test_a_changed_answer_tells_where_the_clean_one_has_gone_and_how_it_was_asked(
    view: ModelsView, session: Session, make_frame: MakeFrame
) -> None:
    session.propose(others=(OTHER,))
    changed = score(OTHER, Standing.CHANGED, note="The bench's picture is scaled.")
    session.show(make_frame(session.request, scores=(score(BENCH), changed)))
    assert "place 2 of 3" in card_of(view, OTHER).toolTip()
    assert "scaled" in card_of(view, OTHER).toolTip()


def test_a_network_that_cannot_look_says_why_and_the_count_leaves_it_out(
    view: ModelsView, session: Session, make_frame: MakeFrame
) -> None:
    session.propose(others=(OTHER, FAR, GREY))
    scores = (
        score(BENCH),
        score(OTHER, Standing.CHANGED),
        score(FAR),
        score(GREY, None, note="It takes grey pictures."),
    )
    session.show(make_frame(session.request, scores=scores))
    grey = card_of(view, GREY)
    assert not grey.note.isHidden()
    assert grey.note.text() == grey.note.toolTip() == "It takes grey pictures."
    assert grey.standing.isHidden()
    assert view.readout.text == "The attack changes 1 of 2 others"


def test_only_networks_of_the_same_classes_can_be_crafted_on(view: ModelsView, session: Session) -> None:
    session.propose(others=(OTHER, GREY, "frog-or-ship"))
    assert [each.name for each in view.cards if not each.craft.isHidden()] == [OTHER]


def test_to_craft_on_a_network_too_is_a_step_of_undo_and_asks_what_is_averaged(
    view: ModelsView, session: Session, qtbot: QtBot
) -> None:
    session.propose(others=(OTHER,))
    assert not view.joining.isVisible()
    card_of(view, OTHER).craft.setFocus()
    qtbot.keyClick(card_of(view, OTHER).craft, Qt.Key.Key_Space)
    assert session.request.together == (OTHER,)
    assert view.joining.isVisible()
    view.joining.chosen.emit(Joining.LOSS)
    assert session.request.joining is Joining.LOSS
    session.undo()
    session.undo()
    assert session.request.together == ()
    assert not card_of(view, OTHER).craft.isChecked()
    assert not view.joining.isVisible()


def test_a_network_that_is_taken_away_is_crafted_on_no_more(view: ModelsView, session: Session, qtbot: QtBot) -> None:
    session.propose(others=(OTHER,), together=(OTHER,))
    assert card_of(view, OTHER).craft.isChecked()
    qtbot.mouseClick(card_of(view, OTHER).remove, Qt.MouseButton.LeftButton)
    assert session.request.others == session.request.together == ()


def test_the_last_lamps_stay_while_a_newer_frame_has_none(
    view: ModelsView, session: Session, make_frame: MakeFrame
) -> None:
    session.propose(others=(OTHER,))
    session.show(make_frame(session.request, scores=(score(BENCH), score(OTHER, Standing.CHANGED))))
    session.show(make_frame(session.request, stage=Stage.ATTACKING))
    assert card_of(view, OTHER).standing.text() == "changed"


def test_cards_that_stay_are_kept_when_the_bench_changes(view: ModelsView, session: Session) -> None:
    session.propose(others=(OTHER, GREY))
    grey = card_of(view, GREY)
    session.propose(model=OTHER)
    assert [each.name for each in view.cards] == [OTHER, GREY]
    assert card_of(view, GREY) is grey
    assert view.cards[0].on_bench


def test_words_stay_legible_in_the_dark(
    view: ModelsView, session: Session, make_frame: MakeFrame, qtbot: QtBot
) -> None:
    session.propose(others=(OTHER,))
    session.show(make_frame(session.request, scores=(score(BENCH), score(OTHER))))
    before = card_of(view, OTHER).clean.palette().windowText().color()
    theme.apply(theme.Scheme.DARK)
    qtbot.waitUntil(lambda: card_of(view, OTHER).clean.palette().windowText().color() != before)


# Side by side


def twin_frame(make_frame: MakeFrame, request: Request, **changes: Any) -> Frame:
    own = make_frame(request.with_(model=request.twin, twin=""))
    assert own.network is not None
    return replace(own, network=replace(own.network, name=request.twin, title="Twin"), **changes)


def attacked(frame: Frame, by: float, outcome: Verdict = Verdict.FOOLED, **changes: Any) -> Attacked:
    assert frame.clean is not None
    assert frame.attacked is not None
    image = frame.clean + np.float32(by)
    return replace(frame.attacked, image=image, verdict=outcome, **changes)


def test_nothing_is_asked_of_a_twin_that_nobody_sees(twin: TwinView, session: Session) -> None:
    assert "twin" in session.request.views
    twin.hide()
    assert "twin" not in session.request.views


def test_without_a_twin_it_is_said_what_to_do_and_one_is_chosen_by_its_name(
    twin: TwinView, session: Session, qtbot: QtBot
) -> None:
    assert "Choose a second network" in twin.twin.hint.text()
    twin.line.entry.setFocus()
    qtbot.waitUntil(twin.line.entry.hasFocus)
    twin.line.entry.setText("squeeze")
    qtbot.keyClick(twin.line.entry, Qt.Key.Key_Return)
    assert session.request.twin == OTHER
    assert twin.line.entry.text() == "SqueezeNet 1.1"
    assert "attacked" in twin.twin.hint.text()
    twin.line.entry.selectAll()
    qtbot.keyClick(twin.line.entry, Qt.Key.Key_Delete)
    assert session.request.twin == ""


def test_both_sides_show_their_own_pictures_with_one_scale(
    twin: TwinView, session: Session, make_frame: MakeFrame
) -> None:
    session.propose(twin=OTHER)
    frame = make_frame(session.request)
    own = twin_frame(make_frame, session.request)
    own = replace(own, attacked=attacked(own, 0.02, Verdict.HOLDS))
    session.show(replace(frame, attacked=attacked(frame, 0.04), twin=Twin(own, "It knows other classes.")))
    assert [side.heading.text() for side in (twin.bench, twin.twin)] == ["TinyNet, on the bench", "Twin, beside it"]
    pictures = [side.attacked.picture for side in (twin.bench, twin.twin)]
    assert [round(float(each.values[0, 0, 0]), 3) for each in pictures if each] == [0.04, 0.02]
    assert twin.bench.scale.text == twin.twin.scale.text == "± 25.5/255"
    assert [side.seen.text for side in (twin.bench, twin.twin)] == ["● fooled", "○ holds"]
    assert twin.twin.table.accessibleDescription()
    assert "The same attack with ε = 2.0/255" in twin.readout.text
    assert "other classes" in twin.readout.text


def test_a_twin_that_fails_says_why_and_the_bench_stands(
    twin: TwinView, session: Session, make_frame: MakeFrame
) -> None:
    session.propose(twin=OTHER)
    own = Frame(session.request, Stage.OPENED, failure=Failure("It failed", "no weights", "Download it."))
    session.show(make_frame(session.request, twin=Twin(own)))
    assert twin.twin.hint.text() == "It failed: no weights. Download it."
    assert twin.bench.attacked.isVisible()


def test_a_twin_under_way_tells_its_step_and_the_last_picture_stays_when_it_begins_anew(
    twin: TwinView, session: Session, make_frame: MakeFrame
) -> None:
    session.propose(twin=OTHER)
    own = twin_frame(make_frame, session.request, stage=Stage.ATTACKING)
    own = replace(own, attacked=attacked(own, 0.01, step=3, steps=10))
    session.show(make_frame(session.request, twin=Twin(own)))
    assert twin.twin.seen.text == "● fooled, step 3 of 10"
    assert "under way" in twin.readout.text
    session.show(make_frame(session.request))
    assert twin.twin.attacked.isVisible()


def test_pictures_stay_square_and_grow_with_the_view(
    twin: TwinView, session: Session, make_frame: MakeFrame, qtbot: QtBot
) -> None:
    session.show(make_frame(session.request))
    sides = []
    for height in (180, 260, 420):
        twin.resize(1020, height)
        qtbot.waitUntil(lambda: twin.bench.delta.width() == twin.bench.delta.height())
        sides.append(twin.bench.delta.width())
        assert twin.bench.table.width() >= twin.bench.table.minimumSizeHint().width()
    assert sides == sorted(set(sides))


def test_both_sides_are_equally_wide_also_when_the_twin_comes_later(
    twin: TwinView, session: Session, make_frame: MakeFrame, qtbot: QtBot
) -> None:
    twin.resize(1020, 260)
    session.show(make_frame(session.request))
    qtbot.waitUntil(lambda: twin.bench.delta.isVisible() and twin.bench.width() == twin.twin.width())
    session.propose(twin=OTHER)
    session.show(make_frame(session.request, twin=Twin(twin_frame(make_frame, session.request))))
    qtbot.waitUntil(twin.twin.delta.isVisible)
    assert abs(twin.bench.width() - twin.twin.width()) <= 1
    assert twin.bench.delta.width() == pytest.approx(twin.twin.delta.width(), abs=1)
    for side in (twin.bench, twin.twin):
        right_of = side.attacked.mapTo(side, QPoint(side.attacked.width(), 0)).x()
        assert side.table.mapTo(side, QPoint(0, 0)).x() >= right_of, "no picture lies under the table"


def test_the_twins_of_the_network_on_the_bench_are_one_click_away(
    twin: TwinView, session: Session, qtbot: QtBot
) -> None:
    assert not twin.offers.isVisible(), "EfficientNet has none"
    session.propose(model="cnn-32-32")
    offered = {each.text(): each for each in twin.offers.buttons}
    assert "Robust network on digits" in offered
    qtbot.mouseClick(offered["Robust network on digits"], Qt.MouseButton.LeftButton)
    assert session.request.twin == "robust-mnist"
    assert not twin.offers.isVisible()
    session.undo()
    assert twin.offers.isVisible()
    session.propose(twin="robust-mnist", model="lenet-5-fashion")
    assert twin.instead.text() == "Take Robust LeNet-5 on garments instead", "that beside it is a stranger to this one"
    qtbot.mouseClick(twin.instead, Qt.MouseButton.LeftButton)
    assert session.request.twin == "robust-fashion"
    assert not twin.instead.isVisible()
    session.propose(model="robust-mnist", twin="")
    assert "Convolutional network on digits" in [each.text() for each in twin.offers.buttons]


def test_a_perturbation_takes_at_most_half_of_its_scale(make_frame: MakeFrame) -> None:
    frame = make_frame()
    for largest, gain in ((1 / 255, 50), (8 / 255, 5), (0.2, 1), (1.0, 1), (0.0, 100)):
        assert gain_for(replace(frame, attacked=attacked(frame, largest))) == gain


def test_networks_that_came_onto_this_machine_are_offered_when_the_line_is_entered_again(
    view: ModelsView, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    titles = view.line._model.stringList
    view.line.entry.setFocus()
    qtbot.waitUntil(lambda: bool(titles()))
    assert NETWORKS[FAR].title not in titles()
    view.line.entry.clearFocus()
    monkeypatch.setattr(gui.controls.network_line, "is_at_hand", lambda _card: True)
    view.line.entry.setFocus()
    qtbot.waitUntil(lambda: NETWORKS[FAR].title in titles())
