"""The row above every view of a layer: it follows what is selected, and selects."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from engine.inside import Architecture, Form, Group, Inside, Node
from gui.session import Session, Side
from gui.views.layer_bar import LayerBar

from .conftest import MakeFrame

NODES = (
    Node("normalise", "Normalise", "", "", (), (3, 8, 8), Form.MAPS),
    Node("conv1", "Conv2d", "", "3×3", (0,), (4, 8, 8), Form.MAPS),
    Node("shape", "size", "", "", (1,), (2,), None),
    Node("block.conv", "Conv2d", "block", "1×1", (1,), (6, 8, 8), Form.MAPS),
    Node("fc", "Linear", "", "", (3,), (10,), Form.VECTOR),
)
GRAPH = Architecture(NODES, {"": Group("", "Net", None), "block": Group("block", "Block", "")}, 100)


@pytest.fixture
def session(make_frame: MakeFrame) -> Session:
    session = Session()
    session.show(make_frame(session.request, inside=Inside(layer="conv1", unit=2, architecture=GRAPH)))
    return session


@pytest.fixture
def bar(session: Session, qtbot: QtBot) -> LayerBar:
    bar = LayerBar(session, unit=True)
    qtbot.addWidget(bar)
    bar.show()
    return bar


def test_it_names_the_layer_that_the_engine_chose_and_offers_all_that_can_be_shown(bar: LayerBar) -> None:
    assert bar.layers.currentText() == "conv1"
    offered = [bar.layers.itemText(each) for each in range(bar.layers.count())]
    assert offered == ["normalise", "conv1", "block.conv", "fc"]


def test_typing_a_part_of_a_name_and_choosing_it_selects_the_layer(
    bar: LayerBar, session: Session, qtbot: QtBot
) -> None:
    line = bar.layers.lineEdit()
    assert line is not None
    line.setFocus()
    line.selectAll()
    qtbot.keyClicks(line, "BLOCK")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert session.request.look.layer == "block.conv"
    assert session.request.look.unit is None


def test_a_name_that_there_is_not_is_forgotten_when_the_box_is_left(
    bar: LayerBar, session: Session, qtbot: QtBot
) -> None:
    line = bar.layers.lineEdit()
    assert line is not None
    line.setFocus()
    line.selectAll()
    qtbot.keyClicks(line, "nothing")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert session.request.look.layer == ""
    assert bar.layers.currentText() == "conv1"


def test_the_arrows_go_to_the_layer_before_and_after_and_stop_at_the_ends(bar: LayerBar, session: Session) -> None:
    after, before = bar.after, bar.before
    after.click()
    assert session.request.look.layer == "block.conv"
    after.click()
    after.click()
    assert session.request.look.layer == "fc"
    for _ in range(9):
        before.click()
    assert session.request.look.layer == "normalise"


def test_a_layer_chosen_elsewhere_is_shown_at_once(bar: LayerBar, session: Session) -> None:
    session.look_at(layer="fc")
    assert bar.layers.currentText() == "fc"


def test_the_unit_is_within_what_the_layer_has_and_is_asked_for(bar: LayerBar, session: Session) -> None:
    assert bar.unit is not None
    assert (bar.unit.value(), bar.unit.maximum(), bar.unit.suffix()) == (2, 3, " of 4")
    bar.unit.setValue(3)
    assert session.request.look.unit == 3


def test_the_switch_shows_one_run_in_every_view_and_holding_a_key_the_other(session: Session, qtbot: QtBot) -> None:
    one, other = LayerBar(session), LayerBar(session)
    for each in (one, other):
        qtbot.addWidget(each)
        assert each.sides is not None
    one.sides.button(Side.CLEAN).click()  # type: ignore[union-attr]
    assert session.side is Side.CLEAN
    assert other.sides.button(Side.CLEAN).isChecked()  # type: ignore[union-attr]
    session.flip(True)
    assert session.side is Side.ATTACKED
    session.flip(False)
    assert session.side is Side.CLEAN


def test_before_a_network_is_known_nothing_can_be_chosen(qtbot: QtBot) -> None:
    bar = LayerBar(Session())
    qtbot.addWidget(bar)
    assert not bar.layers.isEnabled()
