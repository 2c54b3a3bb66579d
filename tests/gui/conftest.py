"""Guards for what a test of the window leaves behind: windows and Qt's own threads."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QThread
from PySide6.QtWidgets import QApplication, QWidget
from shiboken6 import isValid

_QTHREADS: list[QThread] = []
"""Those that were started from Python during this test."""


@pytest.fixture(autouse=True, scope="session")
def watch_qthreads() -> Iterator[None]:
    """Notes every QThread that is started; to look for them among all objects takes a tenth of a second a test."""
    start = QThread.start

    def noted_start(self: QThread, *arguments: Any) -> None:
        _QTHREADS.append(self)
        start(self, *arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(QThread, "start", noted_start)
        yield


@pytest.fixture(autouse=True)
def nothing_of_qt_is_left(no_thread_left: None) -> Iterator[None]:
    """A window that a test opened is gone after it, and no QThread runs on."""
    before = _windows()
    _QTHREADS.clear()
    yield
    running = [each for each in _QTHREADS if isValid(each) and each.isRunning()]
    _QTHREADS.clear()
    assert not running, f"QThreads were left running: {running}"
    left = _left_since(before)
    assert not left, f"windows were left behind: {left}; give them a parent, or hand them to qtbot.addWidget"


def _windows() -> list[QWidget]:
    return QApplication.topLevelWidgets() if QApplication.instance() else []


def _left_since(before: list[QWidget]) -> list[str]:
    """Windows that were not there before, once all that was to be deleted has been."""
    for let_go in (_delete_what_was_to_be, gc.collect, _delete_what_was_to_be):
        if not _new(before):
            return []
        let_go()
    return _new(before)


def _new(before: list[QWidget]) -> list[str]:
    names = [_name(each) for each in _windows() if each not in before]
    return [each for each in names if not each.startswith("QTipLabel")]  # Qt keeps one for all tool tips


def _name(window: QWidget) -> str:
    return f"{window.metaObject().className()} {window.windowTitle() or window.objectName()}".strip()


def _delete_what_was_to_be() -> None:
    """What was asked to be deleted later; it goes before what only cycles of references keep, which takes longer."""
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    QCoreApplication.processEvents()
