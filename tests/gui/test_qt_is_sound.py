"""A guard against releases of PySide6 that kill the interpreter."""

from __future__ import annotations

import sys

from PySide6.QtWidgets import QApplication


def test_qt_gives_back_the_references_to_none_that_it_takes(qapp: QApplication) -> None:
    """PySide6 6.12.0 on Python 3.10 and 3.11 loses one a call; at zero, ``none_dealloc`` ends the process."""
    qapp.processEvents()
    before = sys.getrefcount(None)
    for _ in range(500):
        qapp.processEvents()
    assert sys.getrefcount(None) > before - 250
