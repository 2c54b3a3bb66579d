"""The ε curve: which classes it shows, and a cursor that is the ε of the whole window."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QPoint, QPointF, Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from engine.catalogue.attacks import Norm
from engine.frame import Curve, Flip, Frame, Stage
from engine.request import Request
from gui import theme
from gui.session import Session
from gui.views.curve import COMPUTING, EMPTY, CurveView
from gui.views.curve_plot import strongest_other

MakeFrame = Callable[..., Frame]
ColourAt = Callable[[QWidget, QPoint], str]

LIMIT = 16 / 255


def make_curve(limit: float = LIMIT, count: int = 5, classes: int = 8) -> Curve:
    """Class 0 falls in a straight line, class 2 rises, class 3 a little, the others stay at 1 %."""
    share = np.linspace(0, 1, count, dtype=np.float32)
    probabilities = np.full((count, classes), 0.01, np.float32)
    probabilities[:, 0] = 0.8 - 0.7 * share
    if classes > 3:
        probabilities[:, 2] = 0.6 * share
        probabilities[:, 3] = 0.3 * share
    return Curve(share * np.float32(limit), probabilities, complete=True)


@pytest.fixture
def session() -> Session:
    return Session(Request(epsilon=2 / 255))


@pytest.fixture
def view(session: Session, qtbot: QtBot) -> CurveView:
    made = CurveView(session)
    qtbot.addWidget(made)
    made.resize(800, 170)
    made.show()
    return made


@pytest.fixture
def shown(view: CurveView, session: Session, make_frame: MakeFrame) -> CurveView:
    flip = Flip(4 / 255, LIMIT, complete=True)
    session.show(make_frame(session.request, curve=make_curve(), flip=flip))
    QCoreApplication.processEvents()
    return view


def spot(view: CurveView, x: float, y: float = 50.0) -> QPoint:
    """Where a point of the plot stands, in the pixels of the plot widget."""
    plot = view.plot.plot
    return plot.canvas.mapFromScene(plot.box.mapViewToScene(QPointF(x, y)))


# What is shown


def test_without_a_picture_it_says_what_will_be_here(view: CurveView) -> None:
    assert view.hint.text() == EMPTY


def test_until_the_first_points_it_says_that_they_are_coming(
    view: CurveView, session: Session, make_frame: MakeFrame
) -> None:
    session.show(make_frame(session.request))
    assert view.hint.isVisible()
    assert view.hint.text() == COMPUTING


def test_one_point_alone_is_not_yet_a_curve(view: CurveView, session: Session, make_frame: MakeFrame) -> None:
    session.show(make_frame(session.request, curve=make_curve(count=1)))
    assert view.hint.text() == COMPUTING
    assert view.hint.isVisible()


def test_the_legend_names_clean_class_and_strongest_other(shown: CurveView) -> None:
    assert [(each.colour, each.text) for each in shown.plot.legend.entries] == [
        (theme.CLEAN, "Egyptian cat"),
        (theme.ADVERSARIAL, "tiger cat"),
        ("muted", "flips at about 4.0/255"),
    ]


def test_a_target_has_its_own_curve(view: CurveView, session: Session, make_frame: MakeFrame) -> None:
    session.propose(target=3)
    flip = Flip(4 / 255, LIMIT, complete=True)
    session.show(make_frame(session.request, curve=make_curve(), flip=flip))
    named = {each.colour: each.text for each in view.plot.legend.entries}
    assert named == {
        theme.CLEAN: "Egyptian cat",
        theme.TARGET: "lynx",
        theme.ADVERSARIAL: "tiger cat",
        "muted": "hits at about 4.0/255",
    }
    x, y = view.plot.curves[theme.TARGET].getData()
    assert x[-1] == pytest.approx(16)
    assert y[-1] == pytest.approx(30)


def test_the_strongest_other_of_two_classes_is_the_other_one() -> None:
    curve = make_curve(classes=2)
    assert strongest_other(curve, 0, None) == 1
    assert strongest_other(curve, 0, 1) is None


def test_curves_have_the_colours_of_what_they_show(shown: CurveView, colour_at: ColourAt) -> None:
    crossed = {
        colour_at(shown.plot.plot.canvas, spot(shown, x, 45.0) + QPoint(0, dy)) for x in (8, 12) for dy in range(-3, 4)
    }
    assert {theme.CLEAN.lower(), theme.ADVERSARIAL.lower()} <= crossed


def test_l2_has_its_own_unit_and_range(view: CurveView, session: Session, make_frame: MakeFrame) -> None:
    session.propose(norm=Norm.L2, epsilon=1.5)
    session.show(make_frame(session.request, curve=make_curve(limit=4.0), flip=Flip(0.75, 4.0, complete=True)))
    assert view.plot.plot.axes["bottom"].labelText == "ε (pixel units, L2)"
    assert view.plot.cursor_line.value() == pytest.approx(1.5)
    assert view.plot.flip.value() == pytest.approx(0.75)
    assert view.plot.legend.entries[-1].text == "flips at about 0.75"


def test_a_search_that_found_nothing_says_how_far_it_went(
    view: CurveView, session: Session, make_frame: MakeFrame
) -> None:
    session.show(make_frame(session.request, curve=make_curve(), flip=Flip(None, LIMIT, complete=False)))
    assert "looking" in view.plot.legend.entries[-1].text
    session.show(make_frame(session.request, curve=make_curve(), flip=Flip(None, LIMIT, complete=True)))
    assert view.plot.legend.entries[-1].text == "no flip up to 16.0/255"
    assert not view.plot.flip.isVisible()


def test_the_curve_stays_while_only_epsilon_moves(shown: CurveView, session: Session, make_frame: MakeFrame) -> None:
    session.propose(epsilon=3 / 255)
    session.show(make_frame(session.request, stage=Stage.ATTACKED, final=False))
    assert shown.plot.isVisible()
    assert shown.plot.flip.isVisible()


def test_the_curve_of_another_question_is_not_left_standing(
    shown: CurveView, session: Session, make_frame: MakeFrame
) -> None:
    session.propose(image="sample:another")
    session.show(make_frame(session.request, stage=Stage.ATTACKED, final=False))
    assert shown.hint.isVisible()
    assert shown.hint.text() == COMPUTING


def test_it_turns_dark_with_the_theme(shown: CurveView, colour_at: ColourAt) -> None:
    theme.apply(theme.Scheme.DARK)
    QCoreApplication.processEvents()
    assert colour_at(shown.plot.plot.canvas, QPoint(1, 1)) == theme.color("base").name()


# The cursor, both ways


def test_the_cursor_follows_the_request(shown: CurveView, session: Session, qtbot: QtBot) -> None:
    session.propose(epsilon=7 / 255)
    qtbot.waitUntil(lambda: shown.plot.cursor_line.value() == pytest.approx(7))
    assert shown.accessibleDescription() == "ε = 7.0/255"


def test_dragging_in_the_plot_proposes_epsilon_and_is_one_step_of_undo(
    shown: CurveView, session: Session, qtbot: QtBot
) -> None:
    plot, asked = shown.plot.plot, []
    session.request_changed.connect(lambda request: asked.append(request.epsilon * 255))
    qtbot.mousePress(plot, Qt.MouseButton.LeftButton, pos=spot(shown, 2))
    for x in (5, 9, 11):
        qtbot.mouseMove(plot, spot(shown, x))
    qtbot.mouseRelease(plot, Qt.MouseButton.LeftButton, pos=spot(shown, 11))
    assert asked == pytest.approx([2, 5, 9, 11], abs=0.05), "one proposal a move: nothing feeds back"
    qtbot.waitUntil(lambda: shown.plot.cursor_line.value() == pytest.approx(11, abs=0.05))
    qtbot.mouseClick(plot, Qt.MouseButton.LeftButton, pos=spot(shown, 14))
    session.undo()
    assert session.request.epsilon * 255 == pytest.approx(11, abs=0.05)
    session.undo()
    assert session.request.epsilon * 255 == pytest.approx(2)


def test_dragging_beyond_the_axes_stops_at_their_ends(shown: CurveView, session: Session, qtbot: QtBot) -> None:
    plot = shown.plot.plot
    qtbot.mousePress(plot, Qt.MouseButton.LeftButton, pos=spot(shown, 2))
    qtbot.mouseMove(plot, QPoint(plot.width() + 50, 40))
    assert session.request.epsilon == pytest.approx(LIMIT)
    qtbot.mouseMove(plot, QPoint(-50, 40))
    assert session.request.epsilon == 0
    qtbot.mouseRelease(plot, Qt.MouseButton.LeftButton, pos=QPoint(0, 40))


def test_moving_the_pointer_without_a_button_changes_nothing(shown: CurveView, session: Session, qtbot: QtBot) -> None:
    before = session.request
    qtbot.mouseMove(shown.plot.plot, spot(shown, 9))
    qtbot.mouseClick(shown.plot.plot, Qt.MouseButton.RightButton, pos=spot(shown, 9))
    assert session.request == before


@pytest.mark.parametrize(
    ("key", "epsilon"),
    [
        (Qt.Key.Key_Right, 3),
        (Qt.Key.Key_Left, 1),
        (Qt.Key.Key_PageUp, 12),
        (Qt.Key.Key_PageDown, 0),
        (Qt.Key.Key_Home, 0),
        (Qt.Key.Key_End, 16),
    ],
)
def test_keys_move_epsilon(shown: CurveView, session: Session, qtbot: QtBot, key: Qt.Key, epsilon: float) -> None:
    qtbot.keyClick(shown, key)
    assert session.request.epsilon * 255 == pytest.approx(epsilon)
    session.undo()
    assert session.request.epsilon * 255 == pytest.approx(2)


def test_while_the_curve_is_of_another_norm_there_is_no_cursor(
    shown: CurveView, session: Session, qtbot: QtBot
) -> None:
    session.propose(norm=Norm.L2, epsilon=1.0)
    qtbot.waitUntil(lambda: not shown.plot.cursor_line.isVisible())
    qtbot.mouseClick(shown.plot.plot, Qt.MouseButton.LeftButton, pos=spot(shown, 9))
    assert session.request.epsilon == 1.0


def test_the_focus_can_be_seen(shown: CurveView, qtbot: QtBot, colour_at: ColourAt) -> None:
    shown.activateWindow()
    shown.setFocus()
    qtbot.waitUntil(shown.hasFocus)
    assert colour_at(shown, QPoint(0, 40)) == theme.color("accent").name()
    shown.clearFocus()
    assert colour_at(shown, QPoint(0, 40)) == theme.color("window").name()


# It is computed only while it can be seen


def test_it_asks_for_its_curve_only_while_it_is_shown(view: CurveView, session: Session) -> None:
    assert session.request.views == {"curve"}
    view.hide()
    assert session.request.views == frozenset()
    assert not session.can_undo, "to look at a curve is no step of undo"


def test_it_asks_again_when_an_opened_session_does_not(view: CurveView, session: Session, qtbot: QtBot) -> None:
    heard: list[Request] = []
    session.request_changed.connect(heard.append)
    session.open(replace(session.request, seed=3, views=frozenset()))
    qtbot.waitUntil(lambda: "curve" in session.request.views)
    assert session.request.seed == 3
    assert heard[-1] == session.request
    assert view.isVisible()
