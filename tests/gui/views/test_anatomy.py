"""A layer taken apart: what is said of a place, what is outlined, and how one gets from place to place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from engine.arithmetic import convolve, soften, take_apart
from engine.frame import Frame
from engine.inside import Anatomy, Architecture, Form, Inside, Node, Receptive
from engine.look import Look, Part
from engine.request import Request
from engine.wording import say_percent
from gui import theme
from gui.session import Session, Side
from gui.views.anatomy.map import Mark
from gui.views.anatomy.view import COMPUTING, EMPTY, AnatomyView
from gui.views.anatomy.words import say_cell, say_number

RANDOM = np.random.default_rng(0)
LAYER = "body.conv"
NORM = Anatomy(
    "body.norm",
    "batch norm",
    np.zeros(0, np.float32),
    np.zeros(0, np.float32),
    weight=np.full(4, 2, np.float32),
    bias=np.full(4, 0.5, np.float32),
    mean=np.full(4, 0.25, np.float32),
    variance=np.full(4, 4, np.float32),
    eps=1e-5,
)


def numbers(*shape: int) -> Any:
    return RANDOM.normal(size=shape).astype(np.float32)


def convolution(ins: int = 3, size: int = 8, **changes: Any) -> Anatomy:
    """3×3, padding 1, stride 2, with all that may follow."""
    weight, bias = numbers(4, ins, 3, 3), numbers(4)
    clean, attacked = numbers(ins, size, size), numbers(ins, size, size)

    def out(x: Any) -> Any:
        return convolve(x, weight, bias, 2, 1).astype(np.float32)

    made = Anatomy(
        LAYER,
        "conv",
        clean,
        out(clean),
        attacked,
        out(attacked),
        weight=weight,
        bias=bias,
        kernel=(3, 3),
        stride=(2, 2),
        padding=(1, 1),
        norm=NORM,
        then="relu",
    )
    return replace(made, **changes)


def dense(outs: int = 8) -> Anatomy:
    weight, bias = numbers(outs, 20), numbers(outs)
    clean, attacked = np.abs(numbers(20)), np.abs(numbers(20))
    return Anatomy(
        LAYER, "dense", clean, weight @ clean + bias, attacked, weight @ attacked + bias, weight=weight, bias=bias
    )


def elementwise(kind: str, compute: Callable[[Any], Any], **changes: Any) -> Anatomy:
    clean, attacked = numbers(4, 6, 6), numbers(4, 6, 6)
    return Anatomy(LAYER, kind, clean, compute(clean), attacked, compute(attacked), **changes)


Show = Callable[..., tuple[AnatomyView, Session]]


@pytest.fixture
def show(qtbot: QtBot, make_frame: Callable[..., Frame]) -> Show:
    """A view of 1280×420 that shows an anatomy."""

    def made(anatomy: Anatomy | None, unit: int = 1, *, kind: str = "Conv2d") -> tuple[AnatomyView, Session]:
        request = Request(look=Look(layer=LAYER, unit=unit), views=frozenset({Part.ANATOMY, Part.ARCHITECTURE}))
        session = Session(request)
        view = AnatomyView(session)
        qtbot.addWidget(view)
        view.resize(1280, 420)
        view.show()
        session.show(frame_with(make_frame, request, anatomy, unit, kind))
        QApplication.processEvents()  # lays it out
        return view, session

    return made


def frame_with(
    make_frame: Callable[..., Frame], request: Request, anatomy: Anatomy | None, unit: int, kind: str = "Conv2d"
) -> Frame:
    shape = (4, 4, 4) if anatomy is None else anatomy.clean_out.shape
    seen = Receptive(3, 2, -1)
    form = Form.MAPS if len(shape) == 3 else Form.VECTOR
    node = Node(LAYER, kind, "", "", (), shape, form, receptive=(seen, seen) if form is Form.MAPS else None)
    graph = Architecture((node,), {}, 0)
    inside = Inside(layer=LAYER, unit=unit, architecture=graph, anatomy=anatomy)
    return make_frame(request, inside=inside, clean=np.zeros((8, 8, 3), np.float32))


def said(view: AnatomyView) -> dict[str, tuple[str, ...]]:
    return {line.text: line.values for line in view.middle.lines.steps.lines}


def point(view: QWidget, at: QPointF, qtbot: QtBot) -> None:
    qtbot.mouseMove(view, at.toPoint())


def test_it_asks_for_the_anatomy_only_while_it_is_seen(show: Show) -> None:
    view, session = show(convolution())
    assert {Part.ANATOMY, Part.ARCHITECTURE} <= session.request.views
    view.hide()
    assert Part.ANATOMY not in session.request.views


def test_without_a_picture_it_says_what_it_waits_for(qtbot: QtBot, make_frame: Callable[..., Frame]) -> None:
    session = Session()
    view = AnatomyView(session)
    qtbot.addWidget(view)
    view.show()
    assert view.hint.text() == EMPTY
    session.show(make_frame(session.request))
    assert view.hint.text() == COMPUTING
    assert view.hint.isVisible()


def test_a_layer_that_cannot_be_taken_apart_is_told_with_those_that_can(show: Show) -> None:
    view, _ = show(None, kind="LayerNorm")
    assert view.hint.isVisible()
    assert view.hint.text().startswith("body.conv (LayerNorm) is not taken apart.")
    assert "convolutions, dense layers, batch norms" in view.hint.text()


def test_a_place_of_a_convolution_is_added_up_to_the_output_and_through_what_follows(show: Show) -> None:
    anatomy = convolution()
    view, session = show(anatomy)
    session.choose_side(Side.CLEAN)
    view.output.map.chosen.emit(2, 3)
    taken = take_apart(anatomy, anatomy.clean_in, (1, 2, 3))
    lines = said(view)
    assert lines["sum of 3 channels"] == (say_number(taken.total),)
    assert lines["+ bias"] == (say_number(float(anatomy.bias[1])),)  # type: ignore[index]
    assert lines["= convolution"] == (say_number(float(anatomy.clean_out[1, 2, 3])),)
    assert lines["→ batch norm"] == (say_number((taken.result - 0.25) / np.sqrt(4 + 1e-5) * 2 + 0.5),)
    assert taken.after is not None
    assert lines["→ ReLU"] == (say_number(taken.after),)


def test_the_strongest_place_of_the_unit_is_shown_first(show: Show) -> None:
    anatomy = convolution()
    view, _ = show(anatomy)
    row, column = np.unravel_index(np.abs(anatomy.clean_out[1]).argmax(), (4, 4))
    assert view.output.map.marks == (Mark(row, column, row + 1, column + 1),)


def test_of_a_wide_layer_the_largest_channels_are_shown_and_the_others_summed_up(show: Show) -> None:
    anatomy = convolution(ins=40)
    view, session = show(anatomy)
    session.choose_side(Side.CLEAN)
    assert view.channels.isVisible()
    assert len(view.middle.cells.rows) == 8
    view.channels.setValue(12)
    assert len(view.middle.cells.rows) == 12
    total = sum(
        float(each.replace("−", "-")) for each in (said(view)["sum of 12 channels"] + said(view)["+ 28 other channels"])
    )
    taken = take_apart(anatomy, anatomy.clean_in, (1, *view._fixed))
    assert total == pytest.approx(taken.total, abs=1e-3)


def test_the_pointer_over_the_output_shows_that_place_and_a_click_stays_there(show: Show, qtbot: QtBot) -> None:
    view, session = show(convolution())
    view.output.map.chosen.emit(0, 0)
    fixed = said(view)
    point(view.output.map, view.output.map.center_of(3, 2), qtbot)
    assert view.input.map.marks == (Mark(5, 3, 8, 6),)  # 3×3 from twice the place less the padding
    assert said(view) != fixed
    assert session.pointed is not None
    assert session.pointed.label == "body.conv, map 1, row 3, column 2"
    assert session.pointed.window == (3, 5, 6, 8)
    point(view.output.map, QPointF(1, 1), qtbot)
    assert said(view) == fixed
    assert session.pointed is None
    qtbot.mouseClick(view.output.map, Qt.MouseButton.LeftButton, pos=view.output.map.center_of(3, 2).toPoint())
    assert view.output.map.marks == (Mark(3, 2, 4, 3),)


def test_a_window_in_the_padding_is_outlined_beyond_the_edge(show: Show) -> None:
    view, session = show(convolution())
    view.output.map.chosen.emit(0, 0)
    assert view.input.map.marks == (Mark(-1, -1, 2, 2),)
    assert session.pointed is not None
    assert session.pointed.window == (0, 0, 2, 2)  # as far as it is on the picture


def test_the_pointer_over_the_input_outlines_the_output_that_it_reaches(show: Show, qtbot: QtBot) -> None:
    view, _ = show(convolution())
    point(view.input.map, view.input.map.center_of(3, 4), qtbot)
    assert view.output.map.marks == (Mark(1, 2, 3, 3, faint=True),)
    point(view.input.map, QPointF(1, 1), qtbot)
    assert not view.output.map.marks[0].faint


def test_arrow_keys_step_through_the_output_and_stop_at_its_edge(show: Show, qtbot: QtBot) -> None:
    view, _ = show(convolution())
    view.output.map.chosen.emit(2, 2)
    qtbot.keyClick(view.output.map, Qt.Key.Key_Left)
    qtbot.keyClick(view.output.map, Qt.Key.Key_Up)
    assert view.output.map.marks == (Mark(1, 1, 2, 2),)
    qtbot.keyClick(view.output.map, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    assert view.output.map.marks == (Mark(3, 1, 4, 2),)


def test_the_difference_writes_both_runs_and_what_lies_between(show: Show) -> None:
    anatomy = convolution()
    view, session = show(anatomy)
    session.choose_side(Side.DIFFERENCE)
    clean, attacked = (take_apart(anatomy, x, (1, *view._fixed)) for x in (anatomy.clean_in, anatomy.attacked_in))
    assert view.middle.lines.steps.columns == ("clean", "attacked", "difference")
    expected = (clean.result, attacked.result, attacked.result - clean.result)
    assert said(view)["= convolution"] == tuple(say_number(each) for each in expected)
    assert view.middle.cells.rows[0].grids[0] == pytest.approx(
        (attacked.patch - clean.patch)[view.middle.channels()[0]]
    )


def test_clean_and_attacked_are_shown_on_one_scale(show: Show) -> None:
    anatomy = convolution()
    view, session = show(anatomy)
    session.choose_side(Side.CLEAN)
    clean = view.output.scale.ends
    session.choose_side(Side.ATTACKED)
    assert view.output.scale.ends == clean


def test_a_click_on_a_channel_shows_it_at_the_input(show: Show, qtbot: QtBot) -> None:
    view, _ = show(convolution(ins=40))
    row = view.middle.cells.places.grid(3, 0).center()
    qtbot.mouseClick(view.middle.cells, Qt.MouseButton.LeftButton, pos=row)
    assert view.input.title.text() == f"input, map {view.middle.channels()[3]}"


def test_the_numbers_of_a_cell_are_said_in_full_to_pointer_and_keyboard(show: Show, qtbot: QtBot) -> None:
    view, session = show(convolution())
    session.choose_side(Side.CLEAN)
    cells = view.middle.cells
    qtbot.mouseMove(cells, cells.places.place(0, 1, 2, 1).center())
    first = cells.toolTip()
    assert first.startswith(f"map {view.middle.channels()[0]}, row 2, column 1:")
    assert " · " in first
    assert " = " in first
    qtbot.keyClick(cells, Qt.Key.Key_Right)
    assert "row 2, column 2:" in cells.toolTip()
    assert cells.accessibleName() == cells.toolTip()


def test_a_unit_chosen_elsewhere_is_followed_at_once(show: Show) -> None:
    anatomy = convolution()
    view, session = show(anatomy)
    session.choose_side(Side.CLEAN)
    session.look_at(unit=3)
    place = (3, *view._fixed)
    assert said(view)["= convolution"] == (say_number(float(anatomy.clean_out[place])),)


def test_it_keeps_its_numbers_while_a_newer_frame_knows_nothing_yet(
    show: Show, make_frame: Callable[..., Frame]
) -> None:
    view, session = show(convolution())
    lines = said(view)
    session.show(make_frame(session.request))
    assert view.body.isVisible()
    assert said(view) == lines


def test_the_place_stays_while_the_attack_moves(show: Show, make_frame: Callable[..., Frame]) -> None:
    anatomy = convolution()
    view, session = show(anatomy)
    view.output.map.chosen.emit(3, 1)
    moved = replace(anatomy, attacked_in=anatomy.clean_in, attacked_out=anatomy.clean_out)
    session.show(frame_with(make_frame, session.request, moved, 1))
    assert view.output.map.marks == (Mark(3, 1, 4, 2),)
    assert said(view)["= convolution"] == (say_number(float(anatomy.clean_out[1, 3, 1])),)


def test_a_dense_layer_shows_its_inputs_times_weights_and_a_click_on_its_output_chooses_a_unit(show: Show) -> None:
    anatomy = dense()
    view, session = show(anatomy)
    session.choose_side(Side.CLEAN)
    assert said(view)["= dense layer"] == (say_number(float(anatomy.clean_out[1])),)
    view.output.map.chosen.emit(1, 2)  # three in a row
    assert session.request.look.unit == 5
    assert said(view)["= dense layer"] == (say_number(float(anatomy.clean_out[5])),)
    view._step(-1, 0)
    assert session.request.look.unit == 2


def test_an_input_of_a_dense_layer_reaches_all_of_its_output(show: Show, qtbot: QtBot) -> None:
    view, _ = show(dense())
    point(view.input.map, view.input.map.center_of(1, 1), qtbot)
    assert view.output.map.marks == (Mark(0, 0, 3, 3, faint=True),)


def test_another_network_with_a_layer_of_the_same_name_is_looked_at_anew(
    show: Show, make_frame: Callable[..., Frame]
) -> None:
    view, session = show(convolution())
    view.output.map.chosen.emit(3, 3)
    session.show(frame_with(make_frame, session.request, convolution(size=4), 1))
    assert view.body.isVisible()
    assert max(view.output.map.marks[0].bottom, view.output.map.marks[0].right) <= 2


def test_the_logits_of_the_last_layer_are_turned_into_probabilities_on_request(show: Show) -> None:
    anatomy = dense()
    view, session = show(anatomy)
    session.choose_side(Side.CLEAN)
    assert view.softmax.isVisible()
    view.softmax.setChecked(True)
    shares = soften(anatomy.clean_out).shares
    name, share = "Egyptian cat", shares[0]
    assert said(view)[name][0] == say_number(float(anatomy.clean_out[0]))
    assert said(view)[name][2] == say_percent(float(share))
    assert said(view)["sum"][2] == "100 %"
    session.choose_side(Side.DIFFERENCE)
    assert len(view.middle.lines.steps.columns) == 6


def test_a_batch_norm_is_written_out_step_by_step(show: Show) -> None:
    anatomy = elementwise("batch norm", lambda x: (x - 0.25) / np.sqrt(4 + 1e-5) * 2 + 0.5)
    anatomy = replace(anatomy, weight=NORM.weight, bias=NORM.bias, mean=NORM.mean, variance=NORM.variance, eps=NORM.eps)
    view, session = show(anatomy)
    session.choose_side(Side.CLEAN)
    place = (1, *view._fixed)
    x = float(anatomy.clean_in[place])
    lines = said(view)
    assert list(lines) == ["x", "x − μ", "÷ √(σ² + ε)", "· γ", "+ β", "= batch norm"]
    assert lines["x − μ"] == (say_number(x - 0.25),)
    assert lines["= batch norm"] == (say_number(float(anatomy.clean_out[place])),)


def test_an_activation_is_a_curve_with_a_point_for_each_run(show: Show) -> None:
    anatomy = elementwise("activation", lambda x: np.maximum(x, 0), function="relu")
    view, session = show(anatomy)
    session.choose_side(Side.DIFFERENCE)
    assert view.middle.curve.isVisible()
    place = (1, *view._fixed)
    assert anatomy.attacked_in is not None
    assert view.middle.curve.points == (
        (float(anatomy.clean_in[place]), theme.CLEAN),
        (float(anatomy.attacked_in[place]), theme.ADVERSARIAL),
    )


def test_of_a_max_pool_the_winner_is_outlined_and_padding_takes_no_part(
    show: Show, colour_at: Callable[[QWidget, QPoint], str]
) -> None:
    clean, attacked = numbers(4, 4, 4), numbers(4, 4, 4)
    out = np.zeros((4, 3, 3), np.float32)
    anatomy = Anatomy(LAYER, "max pool", clean, out, attacked, out, kernel=(2, 2), stride=(2, 2), padding=(1, 1))
    view, session = show(anatomy)
    session.choose_side(Side.CLEAN)
    view.output.map.chosen.emit(0, 1)
    row = view.middle.cells.rows[0]
    assert np.isnan(row.grids[0][0]).all()
    winner = int(clean[1, 0, 1:3].argmax())
    assert row.winners == (2 + winner,)
    assert said(view)["= max pool"] == (say_number(float(clean[1, 0, 1:3].max())),)
    at = view.middle.cells.places.place(0, 0, 1, winner).topLeft()
    assert colour_at(view.middle.cells, at) == theme.color("accent").name()


def test_it_fits_a_low_dock_in_light_and_dark_and_at_any_kind(show: Show) -> None:
    view, _ = show(convolution())
    assert view.minimumSizeHint().height() <= 180
    view.resize(1280, 210)
    theme.apply(theme.Scheme.DARK)
    QApplication.processEvents()
    assert view.middle.cells.places.has_numbers
    assert view.input.map.box.height() > 90


def test_numbers_are_said_with_a_minus_sign_and_never_as_minus_nothing() -> None:
    assert say_number(-1.25) == "−1.2500"
    assert say_number(0.0) == "0.0000"
    assert say_number(2.5e-5) == "2.50e−05"
    assert say_number(float("nan")) == "not a number"
    assert say_cell(-0.001, 12.0) == "0.0"
    assert say_cell(-1.234, 9.0) == "−1.23"
    assert say_cell(-1.234, 9.0, 2) == "−1.2"
    assert say_cell(float("nan"), 9.0) == "–"
