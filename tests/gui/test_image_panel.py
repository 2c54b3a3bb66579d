"""The picture's panel: what is opened, what the network sees of it, and the way from one of several to the next."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QColor, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from engine.errors import Failure
from engine.frame import Frame, Photo, Stage, Window
from engine.request import Placement, Request
from gui import theme
from gui.panels import pasted
from gui.panels.image import ImagePanel
from gui.session import Session


@pytest.fixture
def session() -> Session:
    return Session(Request(image="sample:chelsea"))


@pytest.fixture
def panel(qtbot: QtBot, session: Session) -> Iterator[ImagePanel]:
    theme.apply(theme.Scheme.LIGHT)
    made = ImagePanel(session)
    qtbot.addWidget(made)
    made.resize(244, 300)
    made.show()
    yield made
    theme.apply(theme.Scheme.LIGHT)


def show(session: Session, window: Window, shape: tuple[int, int] = (300, 600), *notes: str) -> None:
    pixels = np.full((*shape, 3), (255, 0, 0), np.uint8)
    session.show(Frame(session.request, Stage.OPENED, photo=Photo(pixels, "cat.png", window, notes)))


def colour_at(panel: ImagePanel, place: QPointF) -> QColor:
    image = panel.thumbnail.grab().toImage()
    return image.pixelColor((place * image.devicePixelRatio()).toPoint())


def test_before_there_is_a_picture_the_panel_says_how_to_get_one(panel: ImagePanel) -> None:
    assert "Drop a picture" in panel.thumbnail.accessibleDescription()
    assert panel.facts.text() == "opening…"


def test_what_the_network_sees_is_bright_and_the_rest_dimmed(panel: ImagePanel, session: Session) -> None:
    show(session, Window(150, 0, 450, 300))
    place, seen = panel.thumbnail.place(), panel.thumbnail.seen()
    assert place.width() == pytest.approx(2 * place.height())
    assert seen.width() == pytest.approx(place.height())
    assert seen.center() == place.center()
    assert colour_at(panel, seen.center()) == QColor(255, 0, 0)
    beside = colour_at(panel, QPointF((place.left() + seen.left()) / 2, place.center().y()))
    assert beside.red() < 240
    assert beside.green() > 60


def test_a_picture_that_is_fitted_in_has_the_grey_bars_that_the_network_sees(
    panel: ImagePanel, session: Session
) -> None:
    show(session, Window(0, -150, 600, 450))
    place, seen = panel.thumbnail.place(), panel.thumbnail.seen()
    assert seen.contains(place)
    bar = QPointF(place.center().x(), (seen.top() + place.top()) / 2)
    assert colour_at(panel, bar) == QColor(128, 128, 128)
    assert "all of cat.png" in panel.thumbnail.accessibleDescription()


def test_size_and_notes_stand_below(panel: ImagePanel, session: Session) -> None:
    show(session, Window(0, 0, 1, 1), (300, 600), "turned upright")
    assert panel.facts.text() == "600 × 300 pixels · turned upright"


def test_a_frame_without_a_new_picture_paints_nothing_anew(panel: ImagePanel, session: Session) -> None:
    show(session, Window(0, 0, 300, 300))
    photo = panel.thumbnail.photo
    frame = session.frame
    assert frame is not None
    session.propose(epsilon=0.1)
    session.show(Frame(session.request, Stage.OPENED, photo=frame.photo))
    assert panel.thumbnail.photo is photo


def test_a_huge_picture_is_reduced_without_a_halt(panel: ImagePanel, session: Session) -> None:
    show(session, Window(0, 0, 4000, 4000), (4000, 6000))
    start = time.process_time()
    panel.thumbnail.grab()
    assert time.process_time() - start < 0.5


def test_a_picture_of_one_pixel_and_one_of_one_row_are_shown(panel: ImagePanel, session: Session) -> None:
    for shape in ((1, 1), (1, 5000), (5000, 1)):
        show(session, Window(0, 0, 1, 1), shape)
        place = panel.thumbnail.place()
        seen = [colour_at(panel, each) for each in (place.center(), QPointF(place.right() - 2, place.center().y()))]
        assert any(each.red() > each.green() + 50 for each in seen)


def test_the_placement_is_chosen_with_the_mouse_and_follows_undo(
    panel: ImagePanel, session: Session, qtbot: QtBot
) -> None:
    qtbot.mouseClick(panel.placement.button(Placement.FIT), Qt.MouseButton.LeftButton)
    assert session.request.placement is Placement.FIT
    session.undo()
    assert panel.placement.button(Placement.CROP).isChecked()


def test_one_picture_shows_its_name_and_no_list(panel: ImagePanel, session: Session) -> None:
    session.open_images(("/Bilder von Jörg/schöne Katze.png",))
    assert panel.name.text() == "schöne Katze.png"
    assert panel.name.toolTip() == "/Bilder von Jörg/schöne Katze.png"
    assert not panel.switcher.isVisible()


def test_a_sample_and_a_pasted_picture_have_names_that_can_be_read(panel: ImagePanel, session: Session) -> None:
    assert panel.name.text() == "Chelsea the cat"
    session.propose(image=str(pasted.folder() / "0123abcd.png"))
    assert panel.name.text() == "Pasted picture"


def test_several_pictures_are_gone_through_with_buttons_and_keys(
    panel: ImagePanel, session: Session, qtbot: QtBot
) -> None:
    session.open_images(("/a.png", "/b.png", "/c.png"))
    switcher = panel.switcher
    assert switcher.isVisible()
    assert panel.facts.text().startswith("1 of 3")
    assert not switcher.previous.isEnabled()
    qtbot.mouseClick(switcher.next, Qt.MouseButton.LeftButton)
    assert session.request.image == "/b.png"
    panel.show_next()
    panel.show_next()
    assert session.request.image == "/c.png"
    assert panel.facts.text().startswith("3 of 3")
    assert not switcher.next.isEnabled()
    panel.show_previous()
    assert session.request.image == "/b.png"
    session.undo()
    assert switcher.list.currentText() == "c.png"
    switcher.list.setFocus()
    qtbot.keyClick(switcher.list, Qt.Key.Key_Home)
    assert session.request.image == "/a.png"


def test_each_picture_gone_to_is_one_step_of_undo(panel: ImagePanel, session: Session) -> None:
    session.open_images(("/a.png", "/b.png", "/c.png"))
    panel.show_next()
    panel.show_next()
    session.undo()
    assert session.request.image == "/b.png"


def test_a_thousand_pictures_are_laid_out_at_once(panel: ImagePanel, session: Session) -> None:
    start = time.process_time()
    session.open_images(tuple(f"/pictures/{k:04}.png" for k in range(1000)))
    QApplication.processEvents()
    assert time.process_time() - start < 0.5
    assert panel.switcher.list.count() == 1000
    assert panel.facts.text().startswith("1 of 1 000")


def test_a_picture_that_is_none_of_those_laid_out_stands_alone(panel: ImagePanel, session: Session) -> None:
    session.open_images(("/a.png", "/b.png"))
    session.propose(image="sample:coffee")
    assert not panel.switcher.isVisible()
    assert panel.name.isVisible()
    panel.show_next()
    assert session.request.image == "/a.png"


def refuse(session: Session) -> None:
    why = Failure("“a.png” cannot be opened", "the file is empty", "Get it again.", "image")
    session.show(Frame(session.request, Stage.OPENED, final=True, failure=why))


def test_a_picture_that_cannot_be_opened_is_passed_over_by_the_next_step(panel: ImagePanel, session: Session) -> None:
    session.open_images(("/a.png", "/b.png", "/c.png"))
    session.show(Frame(session.request, Stage.ATTACKED))
    panel.show_next()
    refuse(session)
    assert session.request.image == "/a.png"
    assert panel.switcher.list.currentText() == "a.png"
    panel.switcher.next.click()
    assert session.request.image == "/c.png"
    refuse(session)
    panel.show_previous()
    assert session.request.image == "/b.png"


def test_pictures_can_be_reached_though_the_first_of_them_is_broken(panel: ImagePanel, session: Session) -> None:
    session.show(Frame(session.request, Stage.ATTACKED))
    session.open_images(("/a.png", "/b.png"))
    refuse(session)
    assert session.request.image == "sample:chelsea"
    assert panel.switcher.isVisible()
    assert panel.name.isVisible()
    panel.switcher.next.click()
    assert session.request.image == "/b.png"


def test_a_picture_refused_after_the_user_went_on_is_not_returned_to(panel: ImagePanel, session: Session) -> None:
    session.open_images(("/a.png", "/b.png", "/c.png"))
    session.show(Frame(session.request, Stage.ATTACKED))
    late = session.request.with_(image="/b.png")
    session.propose(image="/c.png")
    session.show(Frame(late, Stage.OPENED, final=True, failure=Failure("No", "why", "what", "image")))
    panel.show_previous()
    assert session.request.image == "/b.png"


class Bench(QWidget):
    """Takes drops everywhere, as the window does."""

    def __init__(self) -> None:
        super().__init__()
        self.setAcceptDrops(True)
        self.dropped: list[QUrl] = []

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802
        event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802
        self.dropped += event.mimeData().urls()


def test_what_is_dropped_on_the_panel_reaches_the_window(qtbot: QtBot, session: Session) -> None:
    bench = Bench()
    qtbot.addWidget(bench)
    panel = ImagePanel(session, bench)
    QVBoxLayout(bench).addWidget(panel)
    bench.show()
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile("/a.png")])
    how = (Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    for target in (panel.thumbnail, panel.name, panel.placement.button(Placement.FIT)):
        place = target.rect().center()
        QApplication.sendEvent(target, QDragEnterEvent(place, *how))
        QApplication.sendEvent(target, QDropEvent(QPointF(place), *how))
    assert bench.dropped == 3 * mime.urls()


@pytest.mark.parametrize("scheme", [theme.Scheme.LIGHT, theme.Scheme.DARK])
def test_the_panel_fits_into_its_column(panel: ImagePanel, session: Session, scheme: theme.Scheme) -> None:
    theme.apply(scheme)
    session.open_images(("/a very long name of a picture that nobody would choose.png", "/b.png"))
    assert panel.minimumSizeHint().width() <= 244
    assert panel.switcher.list.accessibleName()
    assert panel.placement.accessibleName()


def test_a_small_picture_is_shown_with_square_pixels(panel: ImagePanel, session: Session) -> None:
    pixels = np.zeros((28, 28, 3), np.uint8)
    pixels[:, 14:] = 255
    session.show(Frame(session.request, Stage.OPENED, photo=Photo(pixels, "digit.png", Window(0, 0, 28, 28))))
    place, shown = panel.thumbnail.place(), panel.thumbnail.grab().toImage()
    ratio, height = shown.devicePixelRatio(), place.center().y()
    across = range(round((place.left() + 4) * ratio), round((place.right() - 4) * ratio))
    greys = [shown.pixelColor(x, round(height * ratio)).lightness() for x in across]
    assert sum(0 < grey < 255 for grey in greys) <= 1  # the pixel of the screen in which the edge lies
    assert {greys[0], greys[-1]} == {0, 255}
