"""The trace of an iterative attack, and the scrubber that shows any iterate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QPoint, QPointF, Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from engine.catalogue.attacks import BIM, Norm, Square
from engine.frame import Frame, Stage, Trace
from engine.request import Request
from gui import theme
from gui.session import Pace, Session
from gui.views.trace import ONE_STEP, QUERIES, WAITING, TraceView
from gui.views.trace import STEPS as STEPS_AXIS

MakeFrame = Callable[..., Frame]
Run = Callable[..., None]
ColourAt = Callable[[QWidget, QPoint], str]

STEPS = 10


def make_trace(known: int) -> Trace:
    """Iterates 0 to ``known``: the loss rises, the margin falls through zero, the size grows to the budget."""
    k = np.arange(known + 1, dtype=np.float32)
    return Trace(1 + k, 2 - k, np.minimum(k / 4, 2).astype(np.float32) / 255, k / 10)


@pytest.fixture
def session() -> Session:
    return Session(Request(attack=BIM()))


@pytest.fixture
def view(session: Session, qtbot: QtBot) -> TraceView:
    made = TraceView(session)
    qtbot.addWidget(made)
    made.resize(900, 190)
    made.show()
    return made


@pytest.fixture
def run(session: Session, make_frame: MakeFrame) -> Run:
    """Shows the frame of an attack that has come to iterate ``known``, as the session asks for it."""

    def show(known: int = STEPS) -> None:
        asked = session.request.iterate
        step = known if asked is None else min(asked, known)
        frame = make_frame(session.request, trace=make_trace(known))
        assert frame.attacked is not None
        stage = Stage.ATTACKED if known == STEPS else Stage.ATTACKING
        session.show(replace(frame, stage=stage, attacked=replace(frame.attacked, step=step, steps=STEPS)))
        QCoreApplication.processEvents()

    return show


def spot(view: TraceView, step: float, y: float) -> QPoint:
    plot = view.plots.loss
    return plot.canvas.mapFromScene(plot.box.mapViewToScene(QPointF(step, y)))


def test_an_attack_of_one_step_has_no_trace_and_says_what_to_choose(
    view: TraceView, session: Session, make_frame: MakeFrame
) -> None:
    session.show(make_frame(Request()))
    assert view.hint.isVisible()
    assert view.hint.text() == ONE_STEP


def test_an_iterative_attack_that_has_not_begun_says_so(
    view: TraceView, session: Session, make_frame: MakeFrame
) -> None:
    session.show(make_frame(session.request, attacked=None, stage=Stage.PREDICTED))
    assert view.hint.text() == WAITING


def test_loss_margin_and_size_stand_over_the_steps(view: TraceView, run: Run) -> None:
    run()
    curves = [curve.getData() for curve in view.plots.curves]
    for x, _ in curves:
        assert list(x) == list(range(STEPS + 1))
    assert [float(y[4]) for _, y in curves] == pytest.approx([5, -2, 1])
    names = [plot.axes["left"].labelText for plot in view.plots.plots]
    assert names == ["loss (nats)", "margin (logits)", "max |δ| (1/255)"]
    assert view.plots.zero.value() == 0
    assert view.plots.budget.value() == pytest.approx(2)


def test_the_size_has_the_unit_of_the_norm(view: TraceView, session: Session, run: Run) -> None:
    session.propose(norm=Norm.L2, epsilon=1.0)
    run()
    assert view.plots.length.axes["left"].labelText == "‖δ‖₂ (pixel units)"
    assert float(view.plots.curves[2].getData()[1][5]) == pytest.approx(0.5)


@pytest.mark.parametrize(("target", "said"), [(None, "fooled below 0"), (3, "target wins above 0")])
def test_the_line_of_zero_says_which_side_the_attack_wants(
    view: TraceView, session: Session, run: Run, target: int | None, said: str
) -> None:
    session.propose(target=target)
    run()
    assert view.plots.zero_label.format == said


def test_the_scrubber_follows_an_attack_that_runs(view: TraceView, run: Run) -> None:
    run(3)
    assert (view.scrubber.value(), view.scrubber.maximum()) == (3, 3)
    assert view.step.text() == "step 3 of 10"
    run(10)
    assert (view.scrubber.value(), view.scrubber.maximum()) == (10, 10)


def test_keys_of_the_scrubber_show_any_iterate(view: TraceView, session: Session, run: Run, qtbot: QtBot) -> None:
    run()
    view.scrubber.setFocus()
    qtbot.keyClick(view.scrubber, Qt.Key.Key_Left)
    assert session.request.iterate == 9
    run()
    assert view.step.text() == "step 9 of 10"
    assert [cursor.value() for cursor in view.plots.cursors] == [9, 9, 9]
    qtbot.keyClick(view.scrubber, Qt.Key.Key_Home)
    assert session.request.iterate == 0
    run()
    assert view.step.text() == "start of 10 steps"
    qtbot.keyClick(view.scrubber, Qt.Key.Key_End)
    assert session.request.iterate is None, "the last iterate stays the last when the attack takes more steps"
    assert not session.can_undo, "to look at an iterate is no step of undo"


def test_a_click_in_a_plot_shows_that_iterate(view: TraceView, session: Session, run: Run, qtbot: QtBot) -> None:
    run()
    qtbot.mouseClick(view.plots.loss, Qt.MouseButton.LeftButton, pos=spot(view, 4.2, 5))
    assert session.request.iterate == 4
    assert view.scrubber.value() == 4


def test_how_often_the_network_was_asked_stands_beside_the_step(
    view: TraceView, session: Session, make_frame: MakeFrame, run: Run
) -> None:
    run()
    assert session.frame is not None
    asked = replace(make_trace(STEPS), queries=np.arange(STEPS + 1) * 1200 + 1)
    session.show(replace(session.frame, trace=asked))
    assert view.step.text() == "step 10 of 10 · 12\N{NARROW NO-BREAK SPACE}001 queries"
    assert not view.axis.isVisible(), "queries are what attacks without gradient are measured by"


def test_an_attack_without_gradient_may_stand_over_its_queries(
    view: TraceView, session: Session, run: Run, qtbot: QtBot
) -> None:
    session.propose(attack=Square(steps=STEPS))
    run()
    assert session.frame is not None
    session.show(replace(session.frame, trace=replace(make_trace(STEPS), queries=np.arange(STEPS + 1) * 3 + 1)))
    view.axis.button(QUERIES).click()
    plots = view.plots
    assert [plot.axes["bottom"].labelText for plot in plots.plots] == ["queries"] * 3
    assert [list(curve.getData()[0][:3]) for curve in plots.curves] == [[1, 4, 7]] * 3
    assert plots.cursors[0].value() == 31
    qtbot.mouseClick(plots.loss, Qt.MouseButton.LeftButton, pos=spot(view, 13.4, 5))
    assert session.request.iterate == 4
    view.axis.button(STEPS_AXIS).click()
    assert plots.margin.axes["bottom"].labelText == "step"


def test_small_values_keep_their_size_when_axes_are_inked_anew(view: TraceView, run: Run) -> None:
    run()
    view.plots.length.set_ranges((0, 10), (-0.9, 0))
    for scheme in (theme.Scheme.DARK, theme.Scheme.LIGHT):
        theme.apply(scheme)
        QCoreApplication.processEvents()
    assert view.plots.length.axes["left"].autoSIPrefixScale == 1


def test_the_speed_of_attacks_is_chosen_here_and_follows_the_keys(
    view: TraceView, session: Session, run: Run, qtbot: QtBot
) -> None:
    run()
    assert view.pace.currentText() == "Full speed"
    view.pace.setFocus()
    qtbot.keyClick(view.pace, Qt.Key.Key_Down)
    assert session.pace is Pace.TEN
    session.set_pace(Pace.ONE)
    assert view.pace.currentText() == "1 step a second"


def test_the_steps_are_played_once_more_from_the_start_to_the_end(
    view: TraceView, session: Session, run: Run, qtbot: QtBot
) -> None:
    run(3)
    session.set_pace(Pace.TWO)
    qtbot.mouseClick(view.play, Qt.MouseButton.LeftButton)
    assert session.request.iterate == 0
    assert view._next.interval() == 500
    session.set_pace(Pace.TEN)
    assert view._next.interval() == 100
    shown = []
    while view.play.isChecked():
        view._next.timeout.emit()
        shown.append(session.request.iterate)
    assert shown == [1, 2, None]
    assert not view._next.isActive()


def test_playing_ends_with_the_button_and_with_the_view(
    view: TraceView, session: Session, run: Run, qtbot: QtBot
) -> None:
    run()
    session.propose(iterate=4)
    for end in (view.play.click, view.hide):
        qtbot.mouseClick(view.play, Qt.MouseButton.LeftButton)
        assert session.request.iterate == 4, "it goes on where it is"
        end()
        assert not view._next.isActive()


def test_drawing_frames_asks_for_nothing(view: TraceView, session: Session, run: Run) -> None:
    session.propose(iterate=6)
    heard: list[Request] = []
    session.request_changed.connect(heard.append)
    for known in (2, 5, 8, 10):
        run(known)
    assert heard == []
    assert view.scrubber.value() == 6


def test_the_scrubber_follows_the_request(view: TraceView, session: Session, run: Run) -> None:
    run()
    session.propose(iterate=2)
    assert view.scrubber.value() == 2
    session.propose(iterate=None)
    assert view.scrubber.value() == 10


def test_values_that_are_not_numbers_leave_the_plot_standing(
    view: TraceView, session: Session, make_frame: MakeFrame, run: Run
) -> None:
    run()
    frame = session.frame
    assert frame is not None
    broken = Trace(*(np.full(3, np.nan, np.float32) for _ in range(4)))
    session.show(replace(frame, trace=broken))
    assert not view.plots.loss.grab().isNull()


def test_curves_are_vermilion_in_light_and_dark(view: TraceView, run: Run, colour_at: ColourAt) -> None:
    run()
    for scheme in (theme.Scheme.LIGHT, theme.Scheme.DARK):
        theme.apply(scheme)
        QCoreApplication.processEvents()
        around = [spot(view, 5, 6) + QPoint(x, y) for x in (-1, 0, 1) for y in (-1, 0, 1)]
        assert theme.ADVERSARIAL.lower() in {colour_at(view.plots.loss.canvas, each) for each in around}
        assert colour_at(view.plots.loss.canvas, QPoint(1, 1)) == theme.color("base").name()
