"""One step, taken apart: stages from left to right, the numbers of one pixel through all of them, and the keys."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from engine.answers import Prediction
from engine.catalogue.attacks import BIM, Norm
from engine.frame import Frame, Trace
from engine.inside import AttackStep, Inside, StageKind, StepStage
from engine.look import Part
from engine.request import Request
from gui import theme
from gui.session import Pointed, Session
from gui.views.colormaps import DIVERGING, ZERO
from gui.views.steps import StepsView
from gui.views.steps.pictures import drawn, one_channel
from gui.views.steps.words import COMPUTING, EMPTY, Unit, exactly_at, say_limit

MakeFrame = Callable[..., Frame]
ColourAt = Callable[[QWidget, QPoint], str]

SIDE = 8
EPSILON, ALPHA = 8 / 255, 2 / 255
CLEAN = np.full((SIDE, SIDE, 3), 100 / 255, np.float32)
SIGNS = np.ones((SIDE, SIDE, 3), np.float32)
SIGNS[:, : SIDE // 2] = -1

PLAIN = (
    StageKind.START,
    StageKind.GRADIENT,
    StageKind.DIRECTION,
    StageKind.CHANGE,
    StageKind.MOVED,
    StageKind.BALL,
    StageKind.BOX,
    StageKind.END,
)


def values_of(kind: StageKind) -> np.ndarray:
    moved = (CLEAN + np.float32(ALPHA) * SIGNS).astype(np.float32)
    signed = {StageKind.GRADIENT: 0.003 * SIGNS, StageKind.DIRECTION: SIGNS, StageKind.CHANGE: ALPHA * SIGNS}
    if kind in signed:
        return signed[kind].astype(np.float32)
    return CLEAN if kind is StageKind.START else moved


def step_of(kinds: tuple[StageKind, ...] = PLAIN, **changes: object) -> AttackStep:
    odd = Prediction(np.array([0.6, *[0.4 / 7] * 7], np.float32))
    then = Prediction(np.array([0.1, 0.83, *[0.01] * 6], np.float32))
    stages = tuple(StepStage(each, values_of(each)) for each in kinds)
    made = AttackStep(3, 4, stages, Norm.LINF, ALPHA, EPSILON, 0, False, (0.5, 2.25), (odd, then))
    return replace(made, **changes)  # type: ignore[arg-type]


@pytest.fixture
def session() -> Session:
    return Session(Request(attack=BIM(steps=10), epsilon=EPSILON, iterate=4))


@pytest.fixture
def view(qtbot: QtBot, session: Session) -> StepsView:
    made = StepsView(session)
    qtbot.addWidget(made)
    made.resize(1020, 170)
    made.show()
    return made


@pytest.fixture
def framed(make_frame: MakeFrame, session: Session) -> Callable[..., Frame]:
    def make(step: AttackStep | None = None, **changes: object) -> Frame:
        frame = make_frame(session.request, clean=CLEAN, inside=Inside(step=step))
        assert frame.attacked is not None
        empty = np.zeros(11, np.float32)
        frame = replace(frame, attacked=replace(frame.attacked, step=4, steps=10), trace=Trace(*[empty] * 4))
        return replace(frame, **changes)  # type: ignore[arg-type]

    return make


def headings(view: StepsView) -> list[str]:
    return [each.heading.text() for each in view.shown]


# What is shown


def test_it_says_what_to_do_before_there_is_a_picture_and_asks_for_the_step_while_it_is_seen(
    view: StepsView, session: Session, framed: Callable[..., Frame]
) -> None:
    assert view.hint.text() == EMPTY
    assert Part.STEP in session.request.views
    session.show(framed(None))
    assert view.hint.text() == COMPUTING
    view.hide()
    assert Part.STEP not in session.request.views


def test_the_stages_stand_in_their_order_from_start_to_result(
    view: StepsView, session: Session, framed: Callable[..., Frame]
) -> None:
    session.show(framed(step_of()))
    assert headings(view) == [
        "Start x₃",
        "Gradient ∂J/∂x",
        "Direction sign g",
        "α · direction",
        "Added to x₃",
        "Within ε",
        "Within [0, 1]",
        "Result x₄",
    ]
    assert all(each.isVisible() and each.pane.picture is not None for each in view.shown)
    assert view.summary.text() == ("Step 3 → 4 · J 0.5 → 2.25, cross-entropy of Egyptian cat, to leave · α = 2.0/255")


def test_start_and_result_tell_answer_and_loss_and_the_others_their_scale(
    view: StepsView, session: Session, framed: Callable[..., Frame]
) -> None:
    session.show(framed(step_of()))
    start, gradient, direction, change, moved, *_, end = view.shown
    assert (start.scale.text(), start.numbers.text()) == ("Egyptian cat, 60 %", "J = 0.5")
    assert (end.scale.text(), end.numbers.text()) == ("tabby, 83 %", "J = 2.25")
    assert gradient.scale.text() == "± 3.0 · 10⁻³"
    assert "99 %" in gradient.scale.toolTip()
    assert (direction.scale.text(), change.scale.text(), moved.scale.text()) == ("± 1", "± 2.0/255", "± 8.0/255")


def test_a_stage_that_clips_tells_how_much_it_changed(
    view: StepsView, session: Session, framed: Callable[..., Frame]
) -> None:
    stages = list(step_of().stages)
    stages[5], stages[6] = replace(stages[5], changed=0.25), replace(stages[6], changed=0.0)
    session.show(framed(step_of(stages=tuple(stages))))
    assert view.shown[5].numbers.text() == "25 % changed"
    assert view.shown[6].numbers.text() == "nothing changed"


def test_less_is_blue_and_more_is_vermilion_and_no_change_is_grey(framed: Callable[..., Frame]) -> None:
    step = step_of()
    ball = step.stage(StageKind.DIRECTION)
    start = step.stage(StageKind.MOVED)
    assert ball is not None
    assert start is not None
    packed = drawn(ball, step, CLEAN, "mean").picture.packed
    assert (packed[0, 0], packed[0, -1]) == (DIVERGING[1], DIVERGING[255])
    still = replace(start, values=CLEAN)
    assert set(drawn(still, step, CLEAN, "mean").picture.packed.ravel().tolist()) == {int(DIVERGING[ZERO])}


def test_one_channel_can_be_looked_at_alone(
    view: StepsView, session: Session, framed: Callable[..., Frame], qtbot: QtBot
) -> None:
    session.show(framed(step_of()))
    before = view.shown[1].pane.picture
    qtbot.mouseClick(view.channel.button("green"), Qt.MouseButton.LeftButton)
    assert view.shown[1].pane.picture is not before
    values = np.arange(SIDE * SIDE * 3, dtype=np.float32).reshape(SIDE, SIDE, 3)
    assert np.array_equal(one_channel(values, "green"), values[..., 1])
    assert np.allclose(one_channel(values, "mean"), values.mean(-1))


def test_a_grey_picture_has_no_channels_to_choose_from(
    view: StepsView, session: Session, framed: Callable[..., Frame]
) -> None:
    grey = tuple(replace(each, values=each.values[..., :1].copy()) for each in step_of().stages)
    session.show(framed(step_of(stages=grey), clean=CLEAN[..., :1].copy()))
    assert not view.channel.isVisible()


def test_what_does_not_apply_is_absent_and_a_sentence_says_why(
    view: StepsView, session: Session, framed: Callable[..., Frame]
) -> None:
    session.show(framed(step_of()))
    few = (StageKind.START, StageKind.CHANGE, StageKind.END)
    session.show(framed(step_of(few, length=float("nan"), notes=("It asks for no gradient.",))))
    assert headings(view) == ["Start x₃", "Change", "Result x₄"]
    assert [each.isVisible() for each in view.cells] == [True] * 3 + [False] * 5
    assert view.note.text() == "It asks for no gradient."
    assert view.note.isVisible()


def test_towards_a_target_the_gradient_has_its_sign_turned_round(
    view: StepsView, session: Session, framed: Callable[..., Frame]
) -> None:
    session.show(framed(step_of(targeted=True)))
    assert headings(view)[1] == "Gradient −∂J/∂x"
    assert "to reach" in view.summary.text()


# One pixel


def test_a_pixel_is_followed_through_all_stages(
    view: StepsView, session: Session, framed: Callable[..., Frame]
) -> None:
    session.show(framed(step_of()))
    view.shown[0].pane.hovered.emit(6, 2)
    assert [each.numbers.text() for each in view.shown] == [
        "100.0 100.0 100.0",
        "+3.0 +3.0 +3.0",
        "+1 +1 +1",
        "+2.0 +2.0 +2.0",
        *["102.0 102.0 102.0"] * 4,
    ]
    assert all(each.pane.marked == QPoint(6, 2) for each in view.shown)
    view.shown[0].pane.left.emit()
    assert view.shown[0].numbers.text() == "J = 0.5"


def test_the_pixel_is_pointed_at_in_other_views_and_theirs_is_here(
    view: StepsView, session: Session, framed: Callable[..., Frame]
) -> None:
    session.show(framed(step_of()))
    view.shown[2].pane.hovered.emit(1, 5)
    assert session.pointed is not None
    assert session.pointed.window == (1, 5, 2, 6)
    session.point_at(Pointed("elsewhere", (4, 4, 5, 5)))
    assert view.shown[0].pane.marked == QPoint(4, 4)
    session.point_at(Pointed("a receptive field", (0, 0, 4, 4)))
    assert view.shown[0].pane.marked is None
    assert view.shown[0].pane.window_outlined is not None


def test_a_view_that_is_hidden_points_at_nothing(
    view: StepsView, session: Session, framed: Callable[..., Frame]
) -> None:
    session.show(framed(step_of()))
    view.shown[0].pane.hovered.emit(1, 1)
    view.hide()
    assert session.pointed is None


def test_where_there_is_room_all_digits_stand_below(
    view: StepsView, session: Session, framed: Callable[..., Frame], qtbot: QtBot
) -> None:
    session.show(framed(step_of()))
    view.shown[0].pane.hovered.emit(6, 2)
    assert not view.shown[0].digits.isVisible()
    view.resize(1020, 340)
    qtbot.waitUntil(view.shown[0].digits.isVisible)
    assert view.shown[0].digits.text().splitlines()[0] == "R +0.3921569"
    assert exactly_at(step_of().stages[1], 0, 0).splitlines() == ["R −0.0030000", "G −0.0030000", "B −0.0030000"]


@pytest.mark.parametrize(
    ("kind", "limit", "said"),
    [
        (StageKind.GRADIENT, 3.1e-5, "± 3.1 · 10⁻⁵"),
        (StageKind.GRADIENT, 12.34, "± 12.3"),
        (StageKind.GRADIENT, 4567.0, "± 4.6 · 10³"),
        (StageKind.CHANGE, 0.001, "± 0.26/255"),
        (StageKind.BALL, 8 / 255, "± 8.0/255"),
        (StageKind.DIRECTION, 1.0, "± 1"),
        (StageKind.DIRECTION, 0.0057, "± 5.7 · 10⁻³"),
    ],
)
def test_a_limit_has_a_unit_that_suits_it(kind: StageKind, limit: float, said: str) -> None:
    assert say_limit(limit, Unit.of(kind, limit)) == said


# Keys and buttons


def test_left_and_right_go_from_stage_to_stage_and_up_and_down_from_iterate_to_iterate(
    view: StepsView, session: Session, framed: Callable[..., Frame], qtbot: QtBot
) -> None:
    session.show(framed(step_of()))
    view.activateWindow()
    first, second = view.shown[0].pane, view.shown[1].pane
    first.setFocus()
    qtbot.keyClick(first, Qt.Key.Key_Right)
    assert view.focusWidget() is second
    qtbot.keyClick(second, Qt.Key.Key_Left)
    assert view.focusWidget() is first
    qtbot.keyClick(first, Qt.Key.Key_Up)
    assert session.request.iterate == 3
    qtbot.keyClick(first, Qt.Key.Key_Down)
    assert session.request.iterate == 5


def test_the_buttons_go_to_the_iterates_beside_and_the_newest_is_none_in_particular(
    view: StepsView, session: Session, framed: Callable[..., Frame], qtbot: QtBot
) -> None:
    frame = framed(step_of())
    assert frame.attacked is not None
    session.show(replace(frame, attacked=replace(frame.attacked, step=9)))
    qtbot.mouseClick(view.earlier, Qt.MouseButton.LeftButton)
    assert session.request.iterate == 8
    qtbot.mouseClick(view.later, Qt.MouseButton.LeftButton)
    assert session.request.iterate is None


def test_an_attack_of_one_step_has_no_iterates_to_go_to(
    view: StepsView, session: Session, framed: Callable[..., Frame]
) -> None:
    session.show(framed(step_of(start=0, index=1), trace=None))
    assert not view.earlier.isEnabled()
    assert not view.later.isEnabled()


def test_arrow_keys_move_the_picture_once_it_is_enlarged(
    view: StepsView, session: Session, framed: Callable[..., Frame], qtbot: QtBot
) -> None:
    session.show(framed(step_of()))
    pane = view.shown[0].pane
    pane.setFocus()
    view.viewport.zoom_by(2)
    before = view.viewport.centre
    qtbot.keyClick(pane, Qt.Key.Key_Right)
    assert view.viewport.centre.x() > before.x()


def test_a_missing_step_keeps_the_last_one_of_the_same_picture_and_no_other(
    view: StepsView, session: Session, framed: Callable[..., Frame]
) -> None:
    session.show(framed(step_of()))
    session.show(framed(None))
    assert view.shown
    session.propose(image="sample:chelsea")
    session.show(framed(None, request=session.request))
    assert view.hint.isVisible()


def test_everything_can_be_told_by_a_reader_and_follows_the_theme(
    view: StepsView, session: Session, framed: Callable[..., Frame]
) -> None:
    session.show(framed(step_of()))
    assert [each.pane.accessibleName() for each in view.shown] == headings(view)
    assert all(each.accessibleName() for each in (view.earlier, view.later, view.channel, view.legend))
    light = view.shown[1].heading.palette()
    theme.apply(theme.Scheme.DARK)
    view.recolour()
    assert view.shown[1].heading.palette() != light
