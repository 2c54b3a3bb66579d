from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from engine.frame import Frame
from engine.inside import Architecture, Group, Inside, Node, Receptive
from engine.look import Part
from engine.summary import as_csv, as_text
from gui.session import Session
from gui.views.summary.model import COLUMNS, say_receptive, say_whole
from gui.views.summary.view import EMPTY, SummaryView

MakeFrame = Callable[..., Frame]

PLACES = {each.title: place for place, each in enumerate(COLUMNS)}
SIZE, LEARNT = "(W − F + 2P)/S + 1", "(F·F·Cin + 1)·Cout"


def conv(name: str, count: int, side: int, macs: int) -> Node:
    seen = Receptive(11, 4, -2)
    return Node(
        name,
        "Conv2d",
        "",
        "3×3, stride 2, padding 1",
        (),
        (64, side, side),
        None,
        parameters=count,
        parameters_formula=f"(3·3·3 + 1)·64 = {say_whole(count)}",
        size_formula=f"(224 − 3 + 2·1)/2 + 1 = {side}",
        macs=macs,
        macs_formula="3·3·3·64·112·112",
        receptive=(seen, seen),
    )


GRAPH = Architecture(
    (
        conv("conv1", 1792, 112, 300),
        Node("relu", "ReLU", "", "", (0,), (64, 112, 112), None),
        conv("layer1.conv1", 36_928, 56, 600),
        Node("fc", "Linear", "", "64 to 10", (2,), (10,), None, parameters=650, macs=100),
    ),
    {"": Group("", "Net", None)},
    parameters=39_370,
)


class Shown:
    """A view before a session that has seen a network."""

    def __init__(self, qtbot: QtBot, make_frame: MakeFrame) -> None:
        self.session = Session()
        self.view = SummaryView(self.session)
        self._make_frame = make_frame
        qtbot.addWidget(self.view)
        self.view.resize(1280, 210)
        self.view.show()

    def give(self, graph: Architecture | None = GRAPH, layer: str = "conv1", **more: object) -> None:
        inside = Inside(layer=layer, architecture=graph, **more)
        self.session.show(self._make_frame(self.session.request, inside=inside))

    def cell(self, row: int, title: str, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        return self.view.model.index(row, PLACES[title]).data(role)

    def total(self, title: str) -> object:
        return self.view.totals_model.index(0, PLACES[title]).data()

    @property
    def names(self) -> list[str]:
        return [each.name for each in self.view.model.nodes]

    @property
    def selected(self) -> list[str]:
        return [self.names[each.row()] for each in self.view.table.selectionModel().selectedRows()]


@pytest.fixture
def shown(qtbot: QtBot, make_frame: MakeFrame) -> Shown:
    made = Shown(qtbot, make_frame)
    made.give()
    return made


# What stands in it


def test_it_asks_for_the_architecture_while_it_is_shown(shown: Shown) -> None:
    assert Part.ARCHITECTURE in shown.session.request.views
    shown.view.hide()
    assert not shown.session.request.views


def test_without_a_network_it_says_what_will_be_here(qtbot: QtBot, make_frame: MakeFrame) -> None:
    empty = Shown(qtbot, make_frame)
    assert empty.view.hint.isVisible()
    assert empty.view.hint.text() == EMPTY


def test_every_layer_has_its_formulas_with_the_numbers_put_in(shown: Shown) -> None:
    assert shown.cell(0, "Output") == "64×112×112"
    assert shown.cell(0, SIZE) == "(224 − 3 + 2·1)/2 + 1 = 112"
    assert shown.cell(0, LEARNT) == f"(3·3·3 + 1)·64 = {say_whole(1792)}"
    assert shown.cell(0, "Parameters") == "1\u2009792"
    assert shown.cell(0, "Sees of the input") == "11×11, step 4"
    assert shown.cell(2, "Share") == "60 %"


def test_what_a_layer_does_not_have_is_a_dash(shown: Shown) -> None:
    for title in (SIZE, "Parameters", LEARNT, "Sees of the input", "Multiply-adds", "Share"):
        assert shown.cell(1, title) == "–", title


def test_totals_stand_below(shown: Shown) -> None:
    assert shown.total("Parameters") == "39\u2009370"
    assert shown.total("Multiply-adds") == "1\u2009000"
    assert shown.total("Share") == "100 %"
    assert shown.view.totals.isVisible()
    assert shown.view.totals.y() > shown.view.table.y()


def test_numbers_are_written_at_the_right_in_figures_of_one_width(shown: Shown) -> None:
    assert shown.cell(0, "Parameters", Qt.ItemDataRole.TextAlignmentRole) & int(Qt.AlignmentFlag.AlignRight)
    assert shown.cell(0, "Layer", Qt.ItemDataRole.TextAlignmentRole) & int(Qt.AlignmentFlag.AlignLeft)


def test_totals_keep_below_their_columns_when_these_are_dragged(shown: Shown) -> None:
    shown.view.table.setColumnWidth(2, 333)
    assert shown.view.totals.columnWidth(2) == 333
    shown.view.table.setColumnWidth(0, 1200)
    shown.view.table.horizontalScrollBar().setValue(250)
    assert shown.view.totals.columnViewportPosition(5) == shown.view.table.columnViewportPosition(5)


def test_columns_are_as_wide_as_what_stands_in_them_and_fit_the_smallest_window(shown: Shown) -> None:
    table = shown.view.table
    assert table.horizontalScrollBar().maximum() == 0
    for title in (SIZE, LEARNT, "Multiply-adds"):
        assert table.columnWidth(PLACES[title]) > table.fontMetrics().horizontalAdvance(str(shown.cell(2, title)))


def test_where_there_is_no_room_for_all_the_names_of_the_layers_give_way(shown: Shown) -> None:
    deep = Architecture(tuple(conv(f"{'block.' * 30}{each}", 1, 1, 1) for each in range(3)), GRAPH.groups, 3)
    shown.give(deep)
    assert shown.view.table.columnWidth(0) == 300
    shown.view.resize(1000, 210)
    assert shown.view.table.columnWidth(0) == 176
    assert shown.cell(0, "Layer", Qt.ItemDataRole.ToolTipRole) == deep.nodes[0].name


def test_cells_and_headers_tell_all_when_pointed_at(shown: Shown) -> None:
    assert shown.cell(0, "Multiply-adds", Qt.ItemDataRole.ToolTipRole) == "3·3·3·64·112·112"
    header = shown.view.model.headerData(PLACES[SIZE], Qt.Orientation.Horizontal, Qt.ItemDataRole.ToolTipRole)
    assert "P the padding" in header


def test_what_is_missing_of_a_network_is_said(shown: Shown) -> None:
    assert not shown.view.missing.isVisible()
    shown.give(Architecture(GRAPH.nodes, GRAPH.groups, 1, missing="Its graph is unknown."))
    assert shown.view.missing.isVisible()
    assert shown.view.missing.text() == "Its graph is unknown."


@pytest.mark.parametrize(
    ("vertical", "horizontal", "said"),
    [((3, 1), (3, 1), "3×3, step 1"), ((7, 2), (9, 2), "7×9, step 2"), ((3, 1), (5, 2), "3×5, step 1×2")],
)
def test_a_receptive_field_is_vertical_by_horizontal(
    vertical: tuple[float, float], horizontal: tuple[float, float], said: str
) -> None:
    assert say_receptive((Receptive(*vertical, 0), Receptive(*horizontal, 0))) == said


# Which layer


def test_selecting_a_row_makes_every_view_look_at_that_layer(shown: Shown, qtbot: QtBot) -> None:
    rect = shown.view.table.visualRect(shown.view.model.index(2, 0))
    qtbot.mouseClick(shown.view.table.viewport(), Qt.MouseButton.LeftButton, pos=rect.center())
    assert shown.session.request.look.layer == "layer1.conv1"
    qtbot.keyClick(shown.view.table, Qt.Key.Key_Down)
    assert shown.session.request.look.layer == "fc"
    assert not shown.session.can_undo


def test_a_layer_that_is_chosen_elsewhere_is_selected(shown: Shown) -> None:
    shown.session.look_at(layer="fc")
    assert shown.selected == ["fc"]


def test_the_engine_s_choice_is_selected_but_not_made_the_user_s(shown: Shown) -> None:
    assert shown.selected == ["conv1"]
    assert shown.session.request.look.layer == ""


def test_a_selected_layer_that_is_filtered_out_stays_the_selected_one(shown: Shown) -> None:
    shown.session.look_at(layer="relu")
    shown.view.only_learnt.click()
    assert shown.selected == []
    shown.view.table.setFocus()
    assert shown.session.request.look.layer == "relu"
    shown.view.only_learnt.click()
    assert shown.selected == ["relu"]


# Which rows


def test_only_layers_with_parameters_can_be_shown(shown: Shown) -> None:
    assert shown.view.count.text() == "4 layers and operations"
    shown.view.only_learnt.click()
    assert shown.names == ["conv1", "layer1.conv1", "fc"]
    assert shown.view.count.text() == "3 of 4 shown"


def test_every_word_that_is_searched_is_found_in_name_kind_or_settings(shown: Shown, qtbot: QtBot) -> None:
    qtbot.keyClicks(shown.view.search, "LAYER1 conv2d")
    assert shown.names == ["layer1.conv1"]
    shown.view.search.setText("64 to")
    assert shown.names == ["fc"]
    shown.view.search.clear()
    assert len(shown.names) == 4


def test_a_click_on_a_header_sorts_and_a_third_brings_the_order_of_the_run_back(shown: Shown, qtbot: QtBot) -> None:
    header = shown.view.table.horizontalHeader()
    where = QPoint(header.sectionViewportPosition(PLACES["Parameters"]) + 20, header.height() // 2)
    orders = []
    for _ in range(3):
        qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=where)
        orders.append(shown.names)
    by_count = ["relu", "fc", "conv1", "layer1.conv1"]
    assert orders == [by_count, by_count[::-1], ["conv1", "relu", "layer1.conv1", "fc"]]
    assert shown.selected == ["conv1"]


# What is copied


def test_the_table_is_copied_as_text_and_as_csv(shown: Shown) -> None:
    shown.view.copy_text.click()
    assert QGuiApplication.clipboard().text() == as_text(GRAPH)
    shown.view.copy_csv.click()
    assert QGuiApplication.clipboard().text().splitlines() == as_csv(GRAPH).splitlines()
    assert shown.session.message is not None
    assert "clipboard" in shown.session.message.text


def test_ctrl_c_in_the_table_copies_it_as_text(shown: Shown, qtbot: QtBot) -> None:
    QGuiApplication.clipboard().clear()
    shown.view.activateWindow()
    shown.view.table.setFocus()
    qtbot.waitUntil(shown.view.table.hasFocus)
    qtbot.keyClick(shown.view.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == as_text(GRAPH)
