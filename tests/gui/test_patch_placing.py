"""A patch is laid on the picture by hand: dragged with Ctrl, larger and smaller with the wheel."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from engine.catalogue.attacks import FGSM, Norm, Patch
from engine.frame import Frame, Stage
from engine.request import Request
from gui.panels.patching import PatchPlacing
from gui.session import Session

CTRL, LEFT = Qt.KeyboardModifier.ControlModifier, Qt.MouseButton.LeftButton


class Board(QWidget):
    """Shows a picture of 100 × 50 at twice its size."""

    def point_at(self, position: QPointF) -> QPointF:
        return position / 2


@pytest.fixture
def session() -> Session:
    made = Session(Request(attack=Patch(), norm=Norm.L0, epsilon=200.0))
    made.show(Frame(made.request, Stage.PREDICTED, clean=np.zeros((50, 100, 3), np.float32)))
    return made


@pytest.fixture
def board(qtbot: QtBot, session: Session) -> Board:
    made = Board()
    qtbot.addWidget(made)
    made.resize(200, 100)
    PatchPlacing(session, made, made)
    made.show()
    return made


def where(session: Session) -> tuple[float, float]:
    attack = session.request.attack
    assert isinstance(attack, Patch)
    return attack.across, attack.down


def turn(board: Board, notches: float, modifier: Qt.KeyboardModifier = CTRL) -> None:
    event = QWheelEvent(
        QPointF(9, 9),
        QPointF(9, 9),
        QPoint(),
        QPoint(0, round(120 * notches)),
        Qt.MouseButton.NoButton,
        modifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(board, event)


def test_a_drag_with_ctrl_puts_the_middle_under_the_pointer_and_is_one_step_of_undo(
    qtbot: QtBot, session: Session, board: Board
) -> None:
    qtbot.mousePress(board, LEFT, CTRL, QPoint(20, 20))
    assert where(session) == (0.1, 0.2)
    qtbot.mouseMove(board, QPoint(100, 75))
    qtbot.waitUntil(lambda: where(session) == (0.5, 0.75))
    qtbot.mouseRelease(board, LEFT, CTRL, QPoint(100, 75))
    session.undo()
    assert where(session) == (0.5, 0.5)
    assert not session.can_undo


def test_a_press_without_ctrl_is_left_to_the_picture(qtbot: QtBot, session: Session, board: Board) -> None:
    qtbot.mouseClick(board, LEFT, pos=QPoint(20, 20))
    assert where(session) == (0.5, 0.5)


def test_its_middle_stays_on_the_picture(qtbot: QtBot, session: Session, board: Board) -> None:
    qtbot.mousePress(board, LEFT, CTRL, QPoint(199, 0))
    qtbot.mouseMove(board, QPoint(500, -40))
    qtbot.waitUntil(lambda: where(session) == (1.0, 0.0))
    qtbot.mouseRelease(board, LEFT, CTRL, QPoint(500, -40))


def test_ctrl_and_the_wheel_change_its_area_within_the_picture(session: Session, board: Board) -> None:
    turn(board, 1)
    assert session.request.epsilon == 221
    turn(board, -1)
    assert session.request.epsilon == 200
    turn(board, 1, Qt.KeyboardModifier.NoModifier)
    assert session.request.epsilon == 200
    turn(board, 60)
    assert session.request.epsilon == 5000
    turn(board, -200)
    assert session.request.epsilon == 1


def test_another_attack_is_left_alone(qtbot: QtBot, session: Session, board: Board) -> None:
    session.propose(attack=FGSM(), norm=Norm.LINF, epsilon=0.01)
    before = session.request
    qtbot.mouseClick(board, LEFT, CTRL, QPoint(20, 20))
    turn(board, 3)
    assert session.request == before
