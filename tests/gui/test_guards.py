"""What the guards of these tests let pass, and what not."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest
import shiboken6
from PySide6.QtCore import QThread
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from . import conftest


@pytest.fixture
def before(qtbot: QtBot) -> list[QWidget]:
    """The windows there are before a test opens its own."""
    return conftest._windows()


@pytest.fixture
def forgotten(before: list[QWidget]) -> Iterator[QWidget]:
    """A window that nobody closes until the test is over."""
    made = QWidget()
    made.setWindowTitle("forgotten")
    yield made
    shiboken6.delete(made)


def test_a_window_that_is_still_held_is_named(before: list[QWidget], forgotten: QWidget) -> None:
    assert conftest._left_since(before) == ["QWidget forgotten"]


def test_a_window_that_is_to_be_deleted_later_is_not_left(before: list[QWidget]) -> None:
    window = QWidget()
    window.deleteLater()
    assert conftest._left_since(before) == []
    assert not shiboken6.isValid(window)


def test_a_window_that_only_a_cycle_holds_is_not_left(before: list[QWidget]) -> None:
    window = QWidget()
    window.itself = window
    del window
    assert conftest._left_since(before) == []


def test_windows_that_were_there_before_do_not_count(forgotten: QWidget) -> None:
    assert conftest._left_since(conftest._windows()) == []


def test_every_thread_of_qt_that_is_started_is_known(qtbot: QtBot) -> None:
    thread = QThread()
    thread.start()
    assert thread in conftest._QTHREADS
    thread.quit()
    assert thread.wait(10_000)


def test_what_was_loaded_before_a_module_is_not_looked_through_again() -> None:
    assert gc.get_freeze_count() > len(gc.get_objects())
