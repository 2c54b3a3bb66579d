"""The status bar: figures, a message that stays until it is read, and long work."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import pytest
from PySide6.QtCore import QCoreApplication, Qt
from pytestqt.qtbot import QtBot

from engine.frame import Frame, NetworkInfo, Stage
from engine.request import Request
from engine.tasks import State, Task
from gui import theme
from gui.session import Session
from gui.statusbar import StatusBar, say_count, say_duration

LONG = "Could not open cat.png: the file ends after 812 of 24 511 bytes. The previous image stays. " * 3


@pytest.fixture
def session() -> Session:
    return Session()


@pytest.fixture
def bar(session: Session, qtbot: QtBot) -> Iterator[StatusBar]:
    theme.apply(theme.Scheme.LIGHT)
    made = StatusBar(session)
    qtbot.addWidget(made)
    made.resize(800, 28)
    made.show()
    yield made
    theme.apply(theme.Scheme.LIGHT)


def frame(parameters: int = 4_652_008) -> Frame:
    network = NetworkInfo("lite0", "EfficientNet-Lite0", ("cat", "dog"), parameters, (224, 224), "CPU")
    return Frame(Request(), Stage.PREDICTED, network=network)


# Figures


def test_it_says_where_and_how_fast_the_network_runs(bar: StatusBar, session: Session) -> None:
    assert bar.figures.text() == ""
    session.show(frame())
    bar.set_statistics(31.2, 32.4)
    assert bar.figures.text() == "CPU · 4.7 M parameters · 31 ms · 32 fps"


def test_it_says_no_speed_while_nothing_moves(bar: StatusBar, session: Session) -> None:
    session.show(frame())
    bar.set_statistics(31, 0)
    assert bar.figures.text() == "CPU · 4.7 M parameters · 31 ms"


@pytest.mark.parametrize(
    ("count", "said"), [(512, "512"), (860_000, "860 k"), (1_235_496, "1.2 M"), (138_357_544, "138 M")]
)
def test_large_numbers_are_short(count: int, said: str) -> None:
    assert say_count(count) == said


@pytest.mark.parametrize(("milliseconds", "said"), [(0.4, "0 ms"), (31.4, "31 ms"), (999.7, "1.0 s"), (2400, "2.4 s")])
def test_times_have_the_unit_that_fits(milliseconds: float, said: str) -> None:
    assert say_duration(milliseconds) == said


# The message


def test_a_message_stays_until_its_cross_is_clicked(bar: StatusBar, session: Session, qtbot: QtBot) -> None:
    assert not bar.message.dismiss.isVisible()
    session.report("Saved cat.png", is_error=True)
    assert bar.message.text.text() == "Saved cat.png"
    session.show(frame())
    assert bar.message.text.isVisible()
    qtbot.mouseClick(bar.message.dismiss, Qt.MouseButton.LeftButton)
    assert session.message is None
    assert not bar.message.text.isVisible()


def test_escape_dismisses_a_message(bar: StatusBar, session: Session, qtbot: QtBot) -> None:
    session.report("No class is called “unicorn”.")
    bar.activateWindow()
    qtbot.waitUntil(bar.isActiveWindow)
    qtbot.keyClick(bar, Qt.Key.Key_Escape)
    assert session.message is None


def test_an_error_looks_and_sounds_different(bar: StatusBar, session: Session) -> None:
    session.report("Saved cat.png")
    assert bar.message.text.accessibleName() == "Saved cat.png"
    assert _inks(bar)[0] == theme.color("text").name()
    session.report("Could not save cat.png", is_error=True)
    assert bar.message.text.accessibleName() == "Error: Could not save cat.png"
    assert _inks(bar)[0] == theme.color("error").name()


def test_an_error_keeps_its_colour_in_the_dark(bar: StatusBar, session: Session) -> None:
    session.report("Could not save cat.png", is_error=True)
    theme.apply(theme.Scheme.DARK)
    QCoreApplication.processEvents()
    assert _inks(bar)[0] == theme.color("error").name()


def test_a_long_message_is_elided_and_can_be_read_in_full(bar: StatusBar, session: Session) -> None:
    width = bar.minimumSizeHint().width()
    session.report(LONG, is_error=True)
    QCoreApplication.processEvents()
    assert bar.minimumSizeHint().width() < width + 200, "a message never makes the window wider"
    assert bar.message.toolTip() == LONG
    assert LONG in bar.message.text.accessibleName()
    assert bar.message.dismiss.geometry().right() <= bar.message.width()


def test_a_message_longer_than_a_line_is_drawn_on_two_and_moves_nothing(bar: StatusBar, session: Session) -> None:
    def lines() -> int:
        picture = bar.message.text.grab().toImage()
        ink = [
            any(picture.pixelColor(x, y) != picture.pixelColor(0, 0) for x in range(picture.width()))
            for y in range(picture.height())
        ]
        return sum(here and not before for before, here in pairwise([False, *ink]))

    heights = [bar.sizeHint().height()]
    for said, expected in (("x" * 20, 1), ("xx " * 60, 2), ("xx " * 500, 2)):
        session.report(said)
        QCoreApplication.processEvents()
        assert lines() == expected
        heights.append(bar.sizeHint().height())
    assert len(set(heights)) == 1


def test_a_message_from_before_the_bar_is_shown(session: Session, qtbot: QtBot) -> None:
    session.report("The session file is damaged", is_error=True)
    bar = StatusBar(session)
    qtbot.addWidget(bar)
    assert bar.message.text.text() == "The session file is damaged"


def _inks(bar: StatusBar) -> list[str]:
    """The colours of the message's words, the commonest first after the ground."""
    image = bar.message.text.grab().toImage()
    counts: dict[str, int] = {}
    for x in range(image.width()):
        for y in range(image.height()):
            name = image.pixelColor(x, y).name()
            counts[name] = counts.get(name, 0) + 1
    return sorted(counts, key=lambda name: -counts[name])[1:]


# Long work


def test_a_task_shows_how_far_it_is_and_goes_when_it_is_over(bar: StatusBar) -> None:
    bar.show_task(Task(1, "Downloading ResNet-50", State.RUNNING, 0, None))
    assert bar.task.isVisible()
    assert bar.task.bar.maximum() == 0, "nobody knows how much there is"
    bar.show_task(Task(1, "Downloading ResNet-50", State.RUNNING, 5e9, 2e10))
    assert bar.task.title.text() == "Downloading ResNet-50"
    assert bar.task.bar.value() / bar.task.bar.maximum() == pytest.approx(0.25)
    bar.show_task(Task(1, "Downloading ResNet-50", State.DONE, 2e10, 2e10))
    assert not bar.task.isVisible()


def test_a_task_can_be_cancelled(bar: StatusBar, qtbot: QtBot) -> None:
    bar.show_task(Task(7, "Downloading ResNet-50", State.RUNNING))
    with qtbot.waitSignal(bar.cancelRequested) as asked:
        qtbot.mouseClick(bar.task.cancel, Qt.MouseButton.LeftButton)
    assert asked.args == [7]


def test_of_several_tasks_the_first_is_shown_and_the_others_are_counted(bar: StatusBar) -> None:
    bar.show_task(Task(1, "Downloading ResNet-50", State.RUNNING, 1, 2))
    bar.show_task(Task(2, "Saving cat.png", State.WAITING))
    assert bar.task.title.text() == "Downloading ResNet-50 (and 1 more)"
    bar.show_task(Task(1, "Downloading ResNet-50", State.CANCELLED))
    assert bar.task.title.text() == "Saving cat.png"
