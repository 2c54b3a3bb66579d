"""Docks whose view is made when it is first seen, and is shown only while it can be seen."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QMainWindow, QWidget
from pytestqt.qtbot import QtBot

from gui.docks import PLACES, ViewDock, offer_in_menus
from gui.session import Session

BELOW = Qt.DockWidgetArea.BottomDockWidgetArea


class Docked:
    """A window with two tabs, the second one on top."""

    def __init__(self, qtbot: QtBot) -> None:
        self.window = QMainWindow()
        session = Session()
        self.first, self.second = (ViewDock(each, self._make, session, self.window) for each in ("First", "Second"))
        self.window.addDockWidget(BELOW, self.first)
        self.window.tabifyDockWidget(self.first, self.second)
        self.second.raise_()
        self.window.resize(800, 600)
        qtbot.addWidget(self.window)
        self.window.show()
        qtbot.waitUntil(lambda: self.second.is_made and self.second.view.isVisible())

    @staticmethod
    def _make(_session: Session, parent: QWidget) -> QWidget:
        return QLabel("a view", parent)


@pytest.fixture
def docked(qtbot: QtBot) -> Docked:
    return Docked(qtbot)


def test_a_view_is_made_when_its_tab_is_first_on_top(docked: Docked, qtbot: QtBot) -> None:
    assert not docked.first.is_made
    docked.first.raise_()
    qtbot.waitUntil(lambda: docked.first.is_made and docked.first.view.isVisible())
    qtbot.waitUntil(lambda: not docked.second.view.isVisible())


def test_a_tab_that_was_behind_shows_its_view_when_it_comes_loose(docked: Docked, qtbot: QtBot) -> None:
    docked.first.setFloating(True)
    qtbot.waitUntil(lambda: docked.first.is_made and docked.first.view.isVisible())
    assert docked.second.view.isVisible()


def test_a_loose_view_that_goes_back_is_shown_if_its_tab_is_on_top(docked: Docked, qtbot: QtBot) -> None:
    docked.second.setFloating(True)
    docked.second.setFloating(False)
    docked.second.raise_()
    qtbot.waitUntil(docked.second.view.isVisible)
    docked.first.raise_()
    qtbot.waitUntil(lambda: not docked.second.view.isVisible())


def test_the_menu_brings_a_tab_that_lies_behind_forward_and_closes_one_that_is_seen(
    docked: Docked, qtbot: QtBot
) -> None:
    for dock in (docked.first, docked.second):
        offer_in_menus(dock)
    behind, on_top = docked.first.toggleViewAction(), docked.second.toggleViewAction()
    docked.second.raise_()
    docked.first.raise_()
    docked.second.raise_()
    qtbot.waitUntil(lambda: on_top.isChecked() and not behind.isChecked())
    behind.trigger()
    qtbot.waitUntil(lambda: behind.isChecked() and not on_top.isChecked())
    assert docked.first.view.isVisible()
    assert not docked.second.isHidden()
    behind.trigger()
    assert docked.first.isHidden()
    behind.trigger()
    qtbot.waitUntil(docked.first.view.isVisible)


def test_every_place_has_a_title_of_its_own_and_says_what_it_shows() -> None:
    assert len({each.title for each in PLACES}) == len(PLACES)
    assert all(each.tip and not each.tip.endswith(".") for each in PLACES)
