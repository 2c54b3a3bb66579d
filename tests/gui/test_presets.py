"""Another network, another kind of picture, another ε."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from engine.catalogue.attacks import Norm
from engine.catalogue.budgets import usual_epsilon
from engine.request import Request
from gui.panels.budget import BudgetPanel
from gui.panels.presets import Presets
from gui.session import Session

PHOTOGRAPHS, MORE_PHOTOGRAPHS, DIGITS, SMALL = "efficientnet-lite0", "resnet50", "mlp-512", "frog-or-ship"


@pytest.fixture
def session() -> Session:
    return Session(Request())


@pytest.fixture
def presets(session: Session) -> Presets:
    return Presets(session)


@pytest.mark.parametrize(
    ("values", "said"), [(3 * 224 * 224, 2 / 255), (3 * 32 * 32, 8 / 255), (28 * 28, 50 / 255)], ids=["224", "32", "28"]
)
def test_the_usual_size_is_that_of_the_literature(values: int, said: float) -> None:
    assert usual_epsilon(Norm.LINF, values) == pytest.approx(said)


def test_a_network_of_other_pictures_brings_an_epsilon_and_says_so(session: Session, presets: Presets) -> None:
    presets.put_on(DIGITS)
    assert (session.request.model, session.request.epsilon) == (DIGITS, pytest.approx(50 / 255))
    assert session.message is not None
    assert not session.message.is_error
    assert session.message.text == (
        "ε is 50.0/255 now, to suit Dense network on digits; for EfficientNet-Lite0 it was 2.0/255."
    )
    session.undo()
    assert session.request == Request()
    assert not session.can_undo


def test_what_was_set_by_hand_comes_back_with_the_pictures(session: Session, presets: Presets) -> None:
    session.propose(epsilon=3 / 255)
    presets.put_on(SMALL)
    assert session.request.epsilon == pytest.approx(8 / 255)
    session.propose(epsilon=5 / 255)
    presets.put_on(PHOTOGRAPHS)
    assert session.request.epsilon == 3 / 255
    presets.put_on(SMALL)
    assert session.request.epsilon == 5 / 255


def test_a_network_of_the_same_pictures_keeps_epsilon_and_says_nothing(session: Session, presets: Presets) -> None:
    session.propose(epsilon=3 / 255)
    presets.put_on(MORE_PHOTOGRAPHS)
    assert session.request.epsilon == 3 / 255
    assert session.message is None


def test_another_norm_has_an_epsilon_for_these_pictures(qtbot: QtBot, session: Session, presets: Presets) -> None:
    panel = BudgetPanel(session)
    qtbot.addWidget(panel)
    panel.show()
    qtbot.mouseClick(panel.norm.button(Norm.L2), Qt.MouseButton.LeftButton)
    assert session.request.epsilon == pytest.approx(0.8)
    presets.put_on(DIGITS)
    qtbot.mouseClick(panel.norm.button(Norm.LINF), Qt.MouseButton.LeftButton)
    assert session.request.epsilon == pytest.approx(50 / 255)
