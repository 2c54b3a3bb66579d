"""The sentence over the pictures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot

from engine.catalogue.attacks import Norm, Square
from engine.frame import Frame, Stage
from engine.inside import Inside, Lamp, Masking, MaskingCheck
from engine.request import Request
from gui import theme
from gui.session import Session
from gui.views.headline import EMPTY, LOADING, Headline
from gui.views.hidden_gradient import WARNINGS
from gui.views.ink import READABLE, contrast, legible, on

MakeFrame = Callable[..., Frame]


@pytest.fixture
def session() -> Session:
    return Session()


@pytest.fixture
def headline(session: Session, qtbot: QtBot) -> Headline:
    view = Headline(session)
    qtbot.addWidget(view)
    view.resize(700, 48)
    view.show()
    return view


def colours_in(image: QImage) -> set[str]:
    return {image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())}


def test_before_anything_it_says_what_to_do(headline: Headline) -> None:
    assert headline.accessibleName() == EMPTY
    assert not headline.pill.isVisible()


def test_while_the_network_loads_it_says_so(headline: Headline, session: Session) -> None:
    session.show(Frame(Request(), Stage.OPENED))
    assert headline.accessibleName() == LOADING


def test_it_says_what_was_seen_before_and_after(headline: Headline, session: Session, make_frame: MakeFrame) -> None:
    session.show(make_frame())
    said = "TinyNet sees Egyptian cat 60 %. With ε = 2.0/255 it sees tabby 70 %."
    assert headline.accessibleName() == said
    assert headline.toolTip() == said
    assert headline.pill.text() == "● fooled"


def checked(lamp: Lamp) -> Masking:
    return Masking((MaskingCheck("Gradient that is zero", lamp),), Norm.LINF, 8 / 255, 1, 1)


def test_a_hidden_gradient_that_was_found_is_said_as_long_as_it_matters(
    headline: Headline, session: Session, make_frame: MakeFrame
) -> None:
    found = replace(make_frame(), inside=Inside(masking=checked(Lamp.MASKED)))
    session.show(found)
    assert headline.notes.text() == WARNINGS[Lamp.MASKED]
    assert headline.notes.isVisible()
    later = make_frame()  # the checks were closed: nothing more comes of them
    session.show(later)
    assert headline.notes.text() == WARNINGS[Lamp.MASKED]
    session.show(replace(later, request=later.request.with_(attack=Square())))
    assert not headline.notes.isVisible()
    session.show(replace(later, request=later.request.with_(image="other.png")))
    assert not headline.notes.isVisible()


def test_no_sign_of_a_hidden_gradient_is_no_news(headline: Headline, session: Session, make_frame: MakeFrame) -> None:
    session.show(replace(make_frame(), inside=Inside(masking=checked(Lamp.CLEAR))))
    assert not headline.notes.isVisible()


def test_class_names_have_the_colours_of_their_pictures(
    headline: Headline, session: Session, make_frame: MakeFrame
) -> None:
    session.show(make_frame())
    drawn = colours_in(headline.sentence.grab().toImage())
    assert legible(theme.CLEAN).name() in drawn
    assert legible(theme.ADVERSARIAL).name() in drawn


def test_a_target_that_was_hit_is_purple(headline: Headline, session: Session, make_frame: MakeFrame) -> None:
    session.show(make_frame(Request(target=1)))
    assert headline.pill.text() == "◆ hit the target"
    drawn = colours_in(headline.grab().toImage())
    assert QColor(theme.TARGET).name() in drawn
    assert legible(theme.TARGET).name() in drawn
    assert legible(theme.ADVERSARIAL).name() not in drawn


def test_an_answer_that_holds_is_a_hollow_pill(headline: Headline, session: Session, make_frame: MakeFrame) -> None:
    session.show(make_frame(after={0: 0.5}))
    assert headline.pill.text() == "○ holds"
    image = headline.pill.grab().toImage()
    assert image.pixelColor(6, image.height() // 2) == theme.color("window")


def test_the_verdict_goes_when_only_the_clean_answer_is_known(
    headline: Headline, session: Session, make_frame: MakeFrame
) -> None:
    session.show(make_frame())
    session.show(make_frame(attacked=None, stage=Stage.PREDICTED))
    assert headline.accessibleName() == "TinyNet sees Egyptian cat 60 %."
    assert not headline.pill.isVisible()


def test_remarks_on_the_question_stand_below(headline: Headline, session: Session, make_frame: MakeFrame) -> None:
    session.show(make_frame(notes=("The clean picture is seen as the target to begin with.",)))
    assert headline.notes.isVisible()
    session.show(make_frame())
    assert not headline.notes.isVisible()


def test_the_height_does_not_change_with_the_words(headline: Headline, session: Session, make_frame: MakeFrame) -> None:
    before = headline.sizeHint().height()
    session.show(make_frame())
    assert headline.sizeHint().height() == before


def test_names_that_are_too_long_for_two_lines_are_neither_cut_nor_elided(
    headline: Headline, session: Session, make_frame: MakeFrame
) -> None:
    headline.resize(300, 48)
    frame = make_frame()
    assert frame.network is not None
    long = "a black-and-gold garden spider that is known by many names " * 4
    session.show(replace(frame, network=replace(frame.network, classes=(long,) * 8)))
    assert headline.minimumSizeHint().height() > 100, "the view asks for the room that the words need"
    assert headline.sentence.text().count("spider") == 8


def test_a_class_name_is_never_taken_for_markup(headline: Headline, session: Session, make_frame: MakeFrame) -> None:
    frame = make_frame()
    assert frame.network is not None
    session.show(replace(frame, network=replace(frame.network, classes=("<b>&amp;", "<i>", *"cdefgh"))))
    assert "<b>&amp; 60 %" in headline.accessibleName()
    assert "<b>&amp;" in headline.sentence.text()


@pytest.mark.parametrize("scheme", [theme.Scheme.LIGHT, theme.Scheme.DARK])
@pytest.mark.parametrize("colour", [theme.CLEAN, theme.ADVERSARIAL, theme.TARGET, theme.HOLDS])
def test_every_coloured_word_can_be_read(scheme: theme.Scheme, colour: str) -> None:
    theme.apply(scheme)
    assert contrast(legible(colour), theme.color("window")) >= READABLE
    assert contrast(on(colour), QColor(colour)) >= READABLE


def test_words_are_mixed_anew_when_light_turns_dark(
    headline: Headline, session: Session, make_frame: MakeFrame
) -> None:
    session.show(make_frame())
    theme.apply(theme.Scheme.DARK)
    QCoreApplication.processEvents()
    drawn = colours_in(headline.sentence.grab().toImage())
    assert legible(theme.CLEAN).name() in drawn
    assert QColor(theme.CLEAN).name() not in drawn


def test_black_on_white_has_the_largest_contrast() -> None:
    assert contrast(QColor("black"), QColor("white")) == pytest.approx(21)
