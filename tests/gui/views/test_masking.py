"""The lamp for hidden gradients: what its checks say, and how they fill in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from engine.catalogue.attacks import Norm
from engine.frame import Frame
from engine.inside import Inside, Lamp, Masking, MaskingCheck
from engine.look import Part
from gui import theme
from gui.session import Session
from gui.views.masking import MaskingView
from gui.views.masking.lamp import WORDS, LampLight, colour_of
from gui.views.masking.rows import WAITING
from gui.views.masking.view import COMPUTING, EMPTY, SAID, STOPPED

MakeFrame = Callable[..., Frame]
ColourAt = Callable[[QWidget, QPoint], str]

CLEAR = MaskingCheck("Saturated loss", Lamp.CLEAR, "loss 0.93", "The loss has its slope.", "arXiv:1902.06705")
MASKED = MaskingCheck("Gradient that is zero", Lamp.MASKED, "100 %", "Nothing to follow.", "arXiv:1802.00420")
WAITS = MaskingCheck("Without a bound", paper="arXiv:1802.00420")


def found(*checks: MaskingCheck, done: int = 10) -> Masking:
    return Masking(checks, Norm.LINF, 8 / 255, done, 10)


@pytest.fixture
def session() -> Session:
    return Session()


@pytest.fixture
def view(qtbot: QtBot, session: Session) -> MaskingView:
    made = MaskingView(session)
    qtbot.addWidget(made)
    made.resize(1020, 180)
    made.show()
    return made


def framed(make_frame: MakeFrame, session: Session, masking: Masking | None) -> Frame:
    clean = np.zeros((8, 8, 3), np.float32)
    return make_frame(session.request, clean=clean, inside=Inside(masking=masking))


def test_it_says_what_to_do_before_there_is_a_picture_and_works_only_while_it_is_seen(
    view: MaskingView, session: Session, make_frame: MakeFrame
) -> None:
    assert view.hint.text() == EMPTY
    session.show(framed(make_frame, session, None))
    assert view.hint.text() == COMPUTING
    assert Part.MASKING in session.request.views
    view.hide()
    assert Part.MASKING not in session.request.views


def test_every_check_has_a_lamp_a_word_its_numbers_and_a_reason(
    view: MaskingView, session: Session, make_frame: MakeFrame
) -> None:
    session.show(framed(make_frame, session, found(CLEAR, MASKED)))
    first, second = view.rows.rows
    assert (first.light.lamp, second.light.lamp) == (Lamp.CLEAR, Lamp.MASKED)
    assert (first.word.text(), second.word.text()) == ("No sign", "Masked")
    assert (first.value.text(), first.reason.text()) == (CLEAR.value, CLEAR.reason)
    assert "arXiv:1802.00420" in second.title.toolTip()
    assert all(each.isVisible() for each in (first.light, first.word, first.title, first.value, first.reason))


@pytest.mark.parametrize(
    ("checks", "lamp"),
    [
        ((CLEAR,), Lamp.CLEAR),
        ((CLEAR, replace(MASKED, lamp=Lamp.DOUBTFUL)), Lamp.DOUBTFUL),
        ((CLEAR, MASKED), Lamp.MASKED),
    ],
)
def test_the_great_lamp_is_the_worst_and_says_what_follows(
    view: MaskingView, session: Session, make_frame: MakeFrame, checks: tuple[MaskingCheck, ...], lamp: Lamp
) -> None:
    session.show(framed(make_frame, session, found(*checks)))
    assert view.lamp.lamp is lamp
    assert (view.verdict.text(), view.meaning.text()) == SAID[lamp]
    assert "8.0/255" in view.budget.text()


def test_checks_that_are_not_made_yet_say_so_and_the_great_lamp_waits(
    view: MaskingView, session: Session, make_frame: MakeFrame
) -> None:
    session.show(framed(make_frame, session, found(CLEAR, WAITS, done=4)))
    assert view.lamp.lamp is None
    assert view.rows.rows[1].value.text() == WAITING
    assert view.progress.isVisible()
    assert (view.progress.value(), view.progress.maximum()) == (4, 10)
    session.show(framed(make_frame, session, found(CLEAR, CLEAR)))
    assert not view.progress.isVisible()
    assert not view.stop.isVisible()


def test_it_can_be_stopped_and_goes_on(
    view: MaskingView, session: Session, make_frame: MakeFrame, qtbot: QtBot
) -> None:
    session.show(framed(make_frame, session, found(CLEAR, WAITS, done=4)))
    qtbot.mouseClick(view.stop, Qt.MouseButton.LeftButton)
    assert Part.MASKING not in session.request.views
    assert view.stop.text() == "Go on"
    assert view.rows.rows[0].value.text() == CLEAR.value
    qtbot.mouseClick(view.stop, Qt.MouseButton.LeftButton)
    assert Part.MASKING in session.request.views


def test_another_picture_puts_the_lamps_out_and_a_dragged_epsilon_does_not(
    view: MaskingView, session: Session, make_frame: MakeFrame, qtbot: QtBot
) -> None:
    session.show(framed(make_frame, session, found(CLEAR, done=4)))
    session.propose(epsilon=5 / 255)
    session.show(framed(make_frame, session, None))
    assert view.rows.isVisible()
    qtbot.mouseClick(view.stop, Qt.MouseButton.LeftButton)
    session.propose(image="sample:chelsea")
    session.show(framed(make_frame, session, None))
    assert view.hint.text() == STOPPED
    assert view.again.isVisible()
    qtbot.mouseClick(view.again, Qt.MouseButton.LeftButton)
    assert Part.MASKING in session.request.views


def test_several_open_pictures_are_looked_at_too(view: MaskingView, session: Session, qtbot: QtBot) -> None:
    session.open_images(("sample:chelsea", "sample:coffee"))
    qtbot.waitUntil(lambda: session.request.look.gallery == session.images)


def test_lamps_differ_in_colour_in_shape_and_in_words(qtbot: QtBot, colour_at: ColourAt) -> None:
    light = LampLight(size=32)
    qtbot.addWidget(light)
    light.resize(32, 32)
    corners, middles = set(), set()
    for lamp in (*Lamp, None):
        light.show_lamp(lamp)
        assert light.accessibleName() == WORDS[lamp]
        middles.add(colour_at(light, QPoint(16, 16)))
        corners.add((colour_at(light, QPoint(4, 4)), colour_at(light, QPoint(4, 27))))
    assert len(middles) == 4
    assert len(corners) == 4 - 1  # neither disc nor ring reaches the corners
    assert colour_of(Lamp.CLEAR).name().upper() == theme.HOLDS
