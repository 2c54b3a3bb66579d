"""What is opened in a column that scrolls comes into sight."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from gui.controls.opener import Opener


def column(qtbot: QtBot, height: int) -> tuple[QScrollArea, Opener, QFrame]:
    """A button at the end of a column that is longer than its window, and what it opens."""
    area = QScrollArea()
    qtbot.addWidget(area)
    inside = QWidget()
    rows = QVBoxLayout(inside)
    above, content = QWidget(inside), QFrame(inside)
    above.setFixedHeight(400)
    content.setFixedHeight(height)
    opener = Opener("More", "More of it", "Opens more.", content, inside)
    for each in (above, opener, content):
        rows.addWidget(each)
    area.setWidgetResizable(True)
    area.setWidget(inside)
    area.resize(200, 300)
    area.show()
    area.verticalScrollBar().setValue(area.verticalScrollBar().maximum())
    return area, opener, content


def seen_of(widget: QWidget) -> int:
    """How many rows of a widget are in sight."""
    return widget.visibleRegion().boundingRect().height()


def test_what_is_opened_at_the_end_of_the_column_is_scrolled_into_sight(qtbot: QtBot) -> None:
    _area, opener, content = column(qtbot, 120)
    assert not content.isVisible()
    qtbot.mouseClick(opener, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: seen_of(content) == 120)


def test_where_the_part_is_longer_than_the_window_its_button_stays_in_sight(qtbot: QtBot) -> None:
    area, opener, content = column(qtbot, 900)
    qtbot.mouseClick(opener, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: area.verticalScrollBar().maximum() > 900)
    qtbot.waitUntil(lambda: seen_of(content) > 100)
    assert seen_of(opener) == opener.height()


def test_what_is_closed_again_goes_and_leaves_the_column_where_it_is(qtbot: QtBot) -> None:
    _area, opener, content = column(qtbot, 120)
    opener.click()
    opener.click()
    assert not content.isVisible()
    assert opener.arrowType() == Qt.ArrowType.RightArrow
