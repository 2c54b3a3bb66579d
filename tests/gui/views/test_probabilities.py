"""The probabilities, class by class: which rows, in which order, and how a class is pinned."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QCoreApplication, QPoint, Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from engine.frame import Frame, Stage
from engine.request import Request
from gui import theme
from gui.session import Session
from gui.views.probabilities import HINT, Probabilities
from gui.views.ranking import Ranking
from gui.views.rows import Mark, along, wrapped

MakeFrame = Callable[..., Frame]
ColourAt = Callable[[QWidget, QPoint], str]


@pytest.fixture
def session() -> Session:
    return Session()


@pytest.fixture
def view(session: Session, qtbot: QtBot) -> Probabilities:
    made = Probabilities(session)
    qtbot.addWidget(made)
    made.resize(288, 420)
    made.show()
    return made


@pytest.mark.parametrize("name", ["harmonica", "microphone", "reflex camera"])
def test_a_name_too_long_for_its_line_is_broken_and_stays_whole(qtbot: QtBot, name: str) -> None:
    metrics = QFontMetrics(theme.font(theme.Type.BODY))
    width = metrics.horizontalAdvance(name) * 2 // 3
    first, second = wrapped(name, width, metrics)
    assert name in (first.removesuffix("-") + second, f"{first} {second}")
    assert all(metrics.horizontalAdvance(line) <= width for line in (first, second))


def labels(view: Probabilities) -> list[int]:
    return [row.label for row in view.bars.rows]


def click(view: Probabilities, qtbot: QtBot, place: int) -> None:
    qtbot.mouseClick(view.bars.viewport(), Qt.MouseButton.LeftButton, pos=view.bars.row_rect(place).center())


# Which rows, in which order


def test_before_a_prediction_there_is_a_hint(view: Probabilities, session: Session) -> None:
    session.show(Frame(Request(), Stage.OPENED))
    assert view.bars.rows == ()
    assert view.bars.accessibleDescription() == HINT


def test_rows_are_the_top_of_both_pictures(view: Probabilities, session: Session, make_frame: MakeFrame) -> None:
    session.show(make_frame(after={7: 0.7, 6: 0.2}))
    assert labels(view)[:5] == [0, 1, 2, 3, 4]
    assert labels(view)[5:7] == [7, 6]


def test_a_row_says_both_probabilities(view: Probabilities, session: Session, make_frame: MakeFrame) -> None:
    session.show(make_frame())
    assert str(view.bars.rows[0]) == "Egyptian cat: clean 60 %, adversarial 10 %"
    assert view.bars.accessibleDescription() == str(view.bars.rows[0])


def test_the_clean_picture_alone_has_no_second_number(
    view: Probabilities, session: Session, make_frame: MakeFrame
) -> None:
    session.show(make_frame(attacked=None, stage=Stage.PREDICTED))
    assert str(view.bars.rows[0]) == "Egyptian cat: clean 60 %"


def test_rows_of_the_clean_picture_stay_while_the_attack_changes(make_frame: MakeFrame) -> None:
    ranking = Ranking()
    weak = ranking.rows(make_frame(after={0: 0.5, 1: 0.3}), ())
    strong = ranking.rows(make_frame(after={1: 0.9, 2: 0.05}), ())
    assert weak == strong == [0, 1, 2, 3, 4]


def test_a_newcomer_keeps_its_row_and_its_place_is_taken_by_the_next(make_frame: MakeFrame) -> None:
    ranking = Ranking(count=2)
    assert ranking.rows(make_frame(after={5: 0.5, 6: 0.3}), ()) == [0, 1, 5, 6]
    assert ranking.rows(make_frame(after={6: 0.5, 5: 0.3}), ()) == [0, 1, 5, 6]
    assert ranking.rows(make_frame(after={6: 0.5, 7: 0.3}), ()) == [0, 1, 7, 6]
    assert ranking.rows(make_frame(after={6: 0.5, 1: 0.3}), ()) == [0, 1, 6]


def test_another_picture_begins_a_new_order(make_frame: MakeFrame) -> None:
    ranking = Ranking(count=2)
    ranking.rows(make_frame(after={5: 0.5, 6: 0.3}), ())
    assert ranking.rows(make_frame(Request(image="sample:another"), after={6: 0.5, 5: 0.3}), ()) == [0, 1, 6, 5]


def test_target_class_to_leave_and_pins_are_always_there(
    view: Probabilities, session: Session, make_frame: MakeFrame
) -> None:
    session.propose(pinned=(6, 5))
    session.show(make_frame(Request(away_from=7, pinned=(6, 5)), after={0: 0.9}))
    assert labels(view) == [0, 1, 2, 3, 4, 7, 6, 5]
    assert [row.mark for row in view.bars.rows[5:]] == [Mark.LEFT, Mark.PINNED, Mark.PINNED]
    session.show(make_frame(Request(target=7, pinned=(6, 5)), after={0: 0.9}))
    assert view.bars.rows[5].mark == Mark.TARGET
    assert str(view.bars.rows[5]).endswith("the target")


@pytest.mark.parametrize("count", [2, 1000])
def test_it_serves_two_classes_and_a_thousand(
    view: Probabilities, session: Session, make_frame: MakeFrame, count: int
) -> None:
    session.show(make_frame(before={0: 0.8, 1: 0.1}, after={1: 0.8, 0: 0.1}, count=count))
    assert labels(view)[:2] == [0, 1]
    assert not view.bars.grab().isNull()


def test_a_pin_of_a_class_that_this_network_lacks_is_left_out(
    view: Probabilities, session: Session, make_frame: MakeFrame
) -> None:
    session.propose(pinned=(900,))
    session.show(make_frame(Request(pinned=(900,)), before={0: 0.9}, after={1: 0.9}, count=2))
    assert labels(view) == [0, 1]


# What is drawn


def test_the_clean_bar_is_blue_and_above_the_vermilion_one(
    view: Probabilities, session: Session, make_frame: MakeFrame, colour_at: ColourAt
) -> None:
    session.show(make_frame())
    clean, adversarial = view.bars.bar_rects(0)
    assert clean.bottom() <= adversarial.top()
    assert clean.width() == pytest.approx(6 * adversarial.width(), rel=0.01)
    for bar, colour in ((clean, theme.CLEAN), (adversarial, theme.ADVERSARIAL)):
        assert colour_at(view.bars.viewport(), bar.center().toPoint()) == colour.lower()
        beyond = QPoint(round(bar.right()) + 3, round(bar.center().y()))
        assert colour_at(view.bars.viewport(), beyond) == theme.color("base").name()


def test_a_logarithmic_axis_gives_every_power_of_ten_the_same_room(
    view: Probabilities, session: Session, make_frame: MakeFrame, qtbot: QtBot
) -> None:
    session.show(make_frame(before={0: 0.9, 1: 0.09, 2: 0.009}))
    full = view.bars.bar_rects(0)[0].width() / along(0.9, False)
    view.logarithmic.setFocus()
    qtbot.keyClick(view.logarithmic, Qt.Key.Key_Space)
    widths = [view.bars.bar_rects(place)[0].width() for place in range(3)]
    assert widths[0] - widths[1] == pytest.approx(full / 3, rel=0.01)
    assert widths[1] - widths[2] == pytest.approx(full / 3, rel=0.01)


def test_the_axes_begin_and_end_where_they_say() -> None:
    assert (along(0, False), along(1, False)) == (0, 1)
    assert (along(0, True), along(0.001, True), along(1, True)) == (0, 0, 1)


def test_colours_stay_and_the_ground_turns_dark(
    view: Probabilities, session: Session, make_frame: MakeFrame, colour_at: ColourAt
) -> None:
    session.show(make_frame())
    theme.apply(theme.Scheme.DARK)
    QCoreApplication.processEvents()
    assert colour_at(view.bars.viewport(), view.bars.viewport().rect().bottomLeft()) == theme.color("base").name()
    assert colour_at(view.bars.viewport(), view.bars.bar_rects(0)[0].center().toPoint()) == theme.CLEAN.lower()


def test_a_hidden_view_draws_when_it_is_shown(view: Probabilities, session: Session, make_frame: MakeFrame) -> None:
    view.hide()
    session.show(make_frame())
    assert view.bars.rows == ()
    view.show()
    assert labels(view)[0] == 0


# Pinning


def test_a_click_pins_a_class_and_another_lets_it_go(
    view: Probabilities, session: Session, make_frame: MakeFrame, qtbot: QtBot
) -> None:
    session.show(make_frame())
    click(view, qtbot, 2)
    assert session.request.pinned == (2,)
    assert view.bars.rows[2].mark == Mark.PINNED, "the pin shows without waiting for the engine"
    click(view, qtbot, 2)
    assert session.request.pinned == ()
    session.undo()
    assert session.request.pinned == (2,), "every pin is a step of undo of its own"


@pytest.mark.parametrize("key", [Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_P])
def test_the_keyboard_pins_the_row_in_focus(
    view: Probabilities, session: Session, make_frame: MakeFrame, qtbot: QtBot, key: Qt.Key
) -> None:
    session.show(make_frame())
    view.bars.setFocus()
    qtbot.keyClick(view.bars, Qt.Key.Key_Down)
    assert view.bars.accessibleDescription().startswith("tabby")
    qtbot.keyClick(view.bars, key)
    assert session.request.pinned == (1,)


def test_the_row_in_focus_is_scrolled_into_view(
    view: Probabilities, session: Session, make_frame: MakeFrame, qtbot: QtBot
) -> None:
    view.resize(288, 200)
    session.show(make_frame(after={5: 0.4, 6: 0.3, 7: 0.2}))
    view.bars.setFocus()
    qtbot.keyClick(view.bars, Qt.Key.Key_End)
    last = view.bars.row_rect(len(view.bars.rows) - 1)
    assert last.bottom() <= view.bars.viewport().height()
    qtbot.keyClick(view.bars, Qt.Key.Key_Home)
    assert view.bars.verticalScrollBar().value() == 0


def test_a_click_beside_the_rows_pins_nothing(
    view: Probabilities, session: Session, make_frame: MakeFrame, qtbot: QtBot
) -> None:
    session.show(make_frame(before={0: 0.9}, after={1: 0.9}, count=2))
    below = QPoint(20, view.bars.viewport().height() - 4)
    for spot in (below, QPoint(20, 2)):
        qtbot.mouseClick(view.bars.viewport(), Qt.MouseButton.LeftButton, pos=spot)
    assert session.request.pinned == ()


@pytest.mark.parametrize(("typed", "found"), [("toilet tissue", 6), ("TISSUE", 6), ("class 77", 77)])
def test_a_class_is_found_by_its_name_and_pinned(
    view: Probabilities, session: Session, make_frame: MakeFrame, qtbot: QtBot, typed: str, found: int
) -> None:
    session.show(make_frame(count=1000))
    view.search.setFocus()
    qtbot.keyClicks(view.search, typed)
    qtbot.keyClick(view.search, Qt.Key.Key_Return)
    assert session.request.pinned == (found,)
    assert found in labels(view)
    assert view.bars.focused is not None
    assert view.bars.focused.label == found
    assert view.search.text() == ""


def test_a_suggestion_that_is_chosen_is_pinned_once(
    view: Probabilities, session: Session, make_frame: MakeFrame, qtbot: QtBot
) -> None:
    session.show(make_frame(count=1000))
    view.search.setFocus()
    qtbot.keyClicks(view.search, "class 77")
    popup = view.search.completer().popup()
    qtbot.waitUntil(popup.isVisible)
    qtbot.keyClick(popup, Qt.Key.Key_Down)
    qtbot.keyClick(popup, Qt.Key.Key_Down)
    qtbot.keyClick(popup, Qt.Key.Key_Return)
    assert session.request.pinned == (770,)
    qtbot.waitUntil(lambda: view.search.text() == "")


def test_two_classes_of_one_name_can_be_told_apart(
    view: Probabilities, session: Session, make_frame: MakeFrame, qtbot: QtBot
) -> None:
    frame = make_frame(count=8)
    assert frame.network is not None
    object.__setattr__(frame.network, "classes", ("crane", "maillot", "maillot", *"abcde"))
    session.show(frame)
    qtbot.keyClicks(view.search, "maillot (2)")
    qtbot.keyClick(view.search, Qt.Key.Key_Return)
    assert session.request.pinned == (2,)


def test_a_name_that_no_class_has_is_told(
    view: Probabilities, session: Session, make_frame: MakeFrame, qtbot: QtBot
) -> None:
    session.show(make_frame())
    qtbot.keyClicks(view.search, "unicorn")
    qtbot.keyClick(view.search, Qt.Key.Key_Return)
    assert session.request.pinned == ()
    assert session.message is not None
    assert "unicorn" in session.message.text
    assert view.search.text() == "unicorn", "what was typed stays to be mended"
