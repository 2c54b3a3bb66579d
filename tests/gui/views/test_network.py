"""The graph, the table, or both: one switch, in the row of what is shown."""

from __future__ import annotations

from itertools import pairwise

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from engine.inside import Inside
from gui.session import Session
from gui.views.network import WIDE, NetworkView, Shown

from .architectures import chain
from .conftest import MakeFrame


@pytest.fixture
def view(qtbot: QtBot, make_frame: MakeFrame) -> NetworkView:
    session = Session()
    made = NetworkView(session)
    qtbot.addWidget(made)
    made.resize(1020, 160)
    made.show()
    session.show(make_frame(session.request, inside=Inside(architecture=chain(5))))
    return made


def choose(view: NetworkView, shown: Shown, qtbot: QtBot) -> None:
    qtbot.mouseClick(view.choice.button(shown), Qt.MouseButton.LeftButton)


def test_the_graph_comes_first_and_the_table_is_a_click_away(view: NetworkView, qtbot: QtBot) -> None:
    assert view.graph.isVisible()
    assert not view.table.isVisible()
    choose(view, Shown.TABLE, qtbot)
    assert view.table.isVisible()
    assert not view.graph.isVisible()


@pytest.mark.parametrize("shown", Shown)
def test_the_switch_can_be_seen_and_keeps_the_keyboard_whatever_is_shown(
    view: NetworkView, qtbot: QtBot, shown: Shown
) -> None:
    choose(view, Shown.BOTH, qtbot)
    choose(view, shown, qtbot)
    assert view.choice.isVisible()
    assert view.choice.button(shown).isChecked()
    assert view.choice.isAncestorOf(view.focusWidget())


def test_a_wide_window_shows_both(view: NetworkView) -> None:
    view.resize(WIDE, 300)
    assert view.graph.isVisible()
    assert view.table.isVisible()


def test_beside_the_table_nothing_of_the_row_lies_on_another(view: NetworkView, qtbot: QtBot) -> None:
    choose(view, Shown.BOTH, qtbot)
    table = view.table
    row = [table.search, table.only_learnt, table.count, table.copy_text, table.copy_csv]
    qtbot.waitUntil(lambda: all(one.geometry().right() < other.geometry().left() for one, other in pairwise(row)))
    assert row[-1].geometry().right() < table.width()
    assert not view.graph.totals.isVisible()


def test_the_tab_key_goes_from_the_switch_along_the_row_into_the_graph(view: NetworkView, qtbot: QtBot) -> None:
    view.choice.button(Shown.GRAPH).setFocus()
    reached = []
    for _ in range(5):
        qtbot.keyClick(view.focusWidget(), Qt.Key.Key_Tab)
        reached.append(view.focusWidget())
    assert reached[0] is view.graph.search
    assert reached[-1] is view.graph.canvas
