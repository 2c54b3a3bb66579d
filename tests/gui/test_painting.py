"""Where the attack may act is painted on the picture, with the mouse or with the keyboard."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QSize, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from engine.errors import Failure
from engine.frame import Frame, Stage
from engine.masks import Area, read_mask, write_mask
from engine.request import Request
from gui.panels.areas import stroked
from gui.panels.dragging import Dragging
from gui.panels.painting import Painting
from gui.session import Session
from gui.views.equation import EquationView
from gui.views.pane_pictures import picture_of
from gui.views.pane_viewport import Viewport
from gui.views.panes import FRAME, ImagePane

SIDE, SCALE = 16, 10
LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
NO_KEY, SHIFT, ALT = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.AltModifier


@pytest.fixture
def session() -> Session:
    made = Session(Request())
    made.show(Frame(made.request, Stage.DONE, clean=np.zeros((SIDE, SIDE, 3), np.float32)))
    return made


@pytest.fixture
def pane(qtbot: QtBot) -> ImagePane:
    viewport = Viewport()
    made = ImagePane(viewport, "a picture")
    viewport.setParent(made)
    qtbot.addWidget(made)
    viewport.set_size(QSize(SIDE, SIDE))
    made.show_picture(picture_of(np.zeros((SIDE, SIDE, 3), np.float32)))
    made.resize(SIDE * SCALE + 2 * FRAME, SIDE * SCALE + 2 * FRAME)
    made.show()
    made.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is made)
    return made


@pytest.fixture
def painting(session: Session, pane: ImagePane) -> Painting:
    made = Painting(session, pane, pane)
    made.set_width(1)
    made.turn(True)
    return made


def place(pane: ImagePane, column: float, row: float) -> QPoint:
    """The middle of a pixel of the picture, wherever it is zoomed to."""
    space = pane.contentsRect().toRectF().adjusted(FRAME, FRAME, -FRAME, -FRAME)
    corner = pane._viewport.place_in(space).topLeft()
    return (corner + QPointF(column + 0.5, row + 0.5) * pane._viewport.scale_in(space)).toPoint()


def stroke(
    qtbot: QtBot, pane: ImagePane, *pixels: tuple[int, int], button: Qt.MouseButton = LEFT, key: object = NO_KEY
) -> None:
    first, *others = (place(pane, *each) for each in pixels)
    qtbot.mousePress(pane, button, key, first)
    for each in others:
        qtbot.mouseMove(pane, each)
    qtbot.mouseRelease(pane, button, key, others[-1] if others else first)


def allowed(session: Session) -> set[tuple[int, int]]:
    """Columns and rows of the pixels that may change."""
    rows, columns = np.nonzero(read_mask(session.request.mask))
    return set(zip(columns.tolist(), rows.tolist(), strict=True))


@pytest.mark.usefixtures("painting")
def test_the_first_stroke_allows_just_what_it_meets_and_is_one_step_of_undo(
    qtbot: QtBot, session: Session, pane: ImagePane
) -> None:
    stroke(qtbot, pane, (3, 5), (6, 5))
    assert allowed(session) == {(3, 5), (4, 5), (5, 5), (6, 5)}
    stroke(qtbot, pane, (3, 9))
    assert (3, 9) in allowed(session)
    session.undo()
    assert allowed(session) == {(3, 5), (4, 5), (5, 5), (6, 5)}
    session.undo()
    assert session.request.mask == ""
    assert not session.can_undo


@pytest.mark.usefixtures("painting")
@pytest.mark.parametrize(("button", "key"), [(RIGHT, NO_KEY), (LEFT, SHIFT)])
def test_the_right_button_or_shift_forbids_what_it_meets(
    qtbot: QtBot, session: Session, pane: ImagePane, button: Qt.MouseButton, key: object
) -> None:
    stroke(qtbot, pane, (3, 5), button=button, key=key)
    assert len(allowed(session)) == SIDE * SIDE - 1
    assert (3, 5) not in allowed(session)


@pytest.mark.usefixtures("painting")
def test_on_a_zoomed_picture_the_pixels_below_the_pointer_are_met(
    qtbot: QtBot, session: Session, pane: ImagePane
) -> None:
    pane._viewport.zoom_by(3, QPointF(12, 12))
    stroke(qtbot, pane, (11, 12), (13, 12))
    assert allowed(session) == {(11, 12), (12, 12), (13, 12)}


@pytest.mark.usefixtures("painting")
def test_a_stroke_may_leave_the_picture_and_come_back(qtbot: QtBot, session: Session, pane: ImagePane) -> None:
    stroke(qtbot, pane, (1, 5), (-3, 5))
    assert allowed(session) == {(0, 5), (1, 5)}


@pytest.mark.usefixtures("painting")
def test_the_picture_is_not_dragged_nor_a_menu_opened_meanwhile(qtbot: QtBot, pane: ImagePane) -> None:
    pane._viewport.zoom_by(2, QPointF(8, 8))
    centre = pane._viewport.centre
    stroke(qtbot, pane, (7, 7), (9, 9))
    assert pane._viewport.centre == centre
    asked = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, QPoint(20, 20), QPoint(20, 20))
    assert QApplication.sendEvent(pane, asked), "nobody behind it hears of it"


@pytest.mark.usefixtures("painting")
def test_a_drag_with_alt_moves_the_picture_even_then(qtbot: QtBot, session: Session, pane: ImagePane) -> None:
    Dragging(session, pane, lambda: SCALE)
    stroke(qtbot, pane, (3, 3), (5, 3), key=ALT)
    assert session.request.mask == ""
    assert session.request.moves.right == 2


def test_where_no_picture_is_shown_nothing_is_painted(qtbot: QtBot, pane: ImagePane) -> None:
    empty = Session(Request())
    Painting(empty, pane, pane).turn(True)
    stroke(qtbot, pane, (3, 5), (6, 5))
    assert empty.request.mask == ""


def test_without_the_brush_in_hand_the_picture_is_dragged_as_ever(
    qtbot: QtBot, session: Session, pane: ImagePane, painting: Painting
) -> None:
    told: list[bool] = []
    painting.toggled.connect(told.append)
    painting.turn(False)
    painting.turn(False)
    stroke(qtbot, pane, (3, 5), (6, 5))
    assert told == [False]
    assert session.request.mask == ""


@pytest.mark.usefixtures("painting")
def test_by_keyboard_the_brush_is_put_down_at_the_pixel_that_is_pointed_at(
    qtbot: QtBot, session: Session, pane: ImagePane
) -> None:
    pane.hovered.connect(lambda x, y: pane.mark(QPoint(x, y)))
    pane.setFocus()
    qtbot.keyClick(pane, Qt.Key.Key_Return)
    assert session.request.mask == "", "nothing is pointed at yet"
    qtbot.keyClick(pane, Qt.Key.Key_Right, SHIFT)
    pixel = (pane.marked.x(), pane.marked.y())
    qtbot.keyClick(pane, Qt.Key.Key_Return)
    assert allowed(session) == {pixel}
    qtbot.keyClick(pane, Qt.Key.Key_Right, SHIFT)
    qtbot.keyClick(pane, Qt.Key.Key_Return)
    assert allowed(session) == {pixel, (pixel[0] + 1, pixel[1])}
    qtbot.keyClick(pane, Qt.Key.Key_Delete)
    assert allowed(session) == {pixel}


def test_escape_lays_the_brush_down(qtbot: QtBot, pane: ImagePane, painting: Painting) -> None:
    pane.setFocus()
    qtbot.keyClick(pane, Qt.Key.Key_Escape)
    assert not painting.is_on


@pytest.mark.usefixtures("painting")
def test_to_forbid_the_last_pixel_is_answered_with_a_reason_and_the_area_stays(
    qtbot: QtBot, session: Session, pane: ImagePane
) -> None:
    stroke(qtbot, pane, (3, 5))
    good = session.request
    session.show(Frame(good, Stage.DONE, clean=np.zeros((SIDE, SIDE, 3), np.float32)))
    stroke(qtbot, pane, (3, 5), button=RIGHT)
    assert allowed(session) == set()
    failure = Failure("The attack cannot keep to its rules", "no pixel may change", "Paint an area.", "mask")
    session.show(Frame(session.request, Stage.OPENED, final=True, failure=failure))
    assert session.request == good
    assert session.message is not None
    assert session.message.is_error


def test_a_broad_brush_draws_a_round_stroke() -> None:
    met = stroked(np.zeros((9, 9), bool), QPointF(4.5, 4.5), QPointF(4.5, 4.5), 5, allows=True)
    assert met.sum() == 21
    assert not met[2, 2]
    assert (met == met.T).all()
    assert (met == met[::-1]).all()


def test_the_veil_lies_over_what_may_not_change_and_says_how_much_that_is(qtbot: QtBot) -> None:
    session = Session(Request())
    view = EquationView(session)
    qtbot.addWidget(view)
    view.resize(760, 360)
    view.show()
    frame = Frame(session.request, Stage.DONE, clean=np.zeros((8, 8, 3), np.float32))
    session.show(frame)
    assert view.clean_pane.veil is None
    area: Area = np.zeros((8, 8), bool)
    area[:, :2] = True
    session.propose(mask=write_mask(area))
    assert view.clean_pane.veil is not None
    image = view.clean_pane.grab().toImage()
    ratio = image.devicePixelRatio()

    def shade(column: int) -> int:
        at = place(view.clean_pane, column, 4) * ratio
        return image.pixelColor(at).red()

    assert shade(0) == 0
    assert shade(6) > 60
    assert view._captions[0].text == "may not change: 75 %"
    session.show(replace(frame, request=session.request, clean=np.zeros((4, 4, 3), np.float32)))
    assert view.clean_pane.veil.area.shape == (4, 4)
    session.propose(mask="")
    assert view.clean_pane.veil is None
    assert view._captions[0].text == "4 × 4"
