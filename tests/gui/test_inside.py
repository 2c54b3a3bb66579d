"""Looking inside, in the whole window: every view on the user's own picture, together with the slider."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QTabBar
from pytestqt.qtbot import QtBot

from engine.frame import Frame, Stage
from engine.look import Part
from engine.request import Request
from gui.__main__ import build
from gui.docks import PLACES
from gui.session import Side
from gui.settings import Store
from gui.views.base import FrameView
from gui.window import Window

LONG = 60_000


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path) -> Iterator[Window]:
    made = build(Request(), Store.load(tmp_path / "settings.json"))
    qtbot.addWidget(made)
    made.show()
    qtbot.waitUntil(lambda: answered(made) is not None, timeout=LONG)
    yield made
    made.close()


def answered(window: Window, stage: Stage = Stage.ATTACKED) -> Frame | None:
    """The frame on the screen, once it answers what the controls say."""
    frame = window.session.frame
    if frame is None or frame.request != window.session.request or frame.stage < stage:
        return None
    return frame


def wait(qtbot: QtBot, window: Window, stage: Stage = Stage.ATTACKED) -> Frame:
    qtbot.waitUntil(lambda: answered(window, stage) is not None, timeout=LONG)
    frame = answered(window, stage)
    assert frame is not None
    return frame


def come_forward(qtbot: QtBot, window: Window, title: str) -> None:
    dock = window.inside_docks[title]
    dock.show()
    dock.raise_()
    qtbot.waitUntil(lambda: dock.is_made and dock.view.isVisible(), timeout=LONG)


def test_no_view_of_the_inside_is_made_or_computed_for_before_it_is_seen(window: Window) -> None:
    assert not [title for title, dock in window.inside_docks.items() if dock.is_made]
    assert window.session.request.views == {"curve"}


def test_the_engine_works_only_for_the_view_that_is_on_top(window: Window, qtbot: QtBot) -> None:
    come_forward(qtbot, window, "Activations")
    assert window.session.request.views == {Part.ACTIVATIONS, Part.ARCHITECTURE}
    come_forward(qtbot, window, "Divergence")
    qtbot.waitUntil(lambda: window.session.request.views == {Part.DIVERGENCE, Part.ARCHITECTURE}, timeout=LONG)
    window.curve_dock.raise_()
    qtbot.waitUntil(lambda: window.session.request.views == {"curve"}, timeout=LONG)


@pytest.mark.parametrize("title", [each.title for each in PLACES])
def test_every_view_is_filled_for_the_picture_at_hand(window: Window, qtbot: QtBot, title: str) -> None:
    come_forward(qtbot, window, title)
    frame = wait(qtbot, window)
    needed = {need for view in views_in(window, title) for need in view.needs if need in set(Part)}
    qtbot.waitUntil(lambda: not missing(window, needed), timeout=LONG)
    assert frame.inside.notes == ()


def views_in(window: Window, title: str) -> list[FrameView]:
    view = window.inside_docks[title].view
    return [each for each in (view, *view.findChildren(FrameView)) if isinstance(each, FrameView)]


def missing(window: Window, needed: set[str]) -> list[str]:
    frame = window.session.frame
    return [each for each in needed if frame is None or getattr(frame.inside, each) is None]


def test_a_layer_chosen_in_one_view_is_the_layer_of_the_next(window: Window, qtbot: QtBot) -> None:
    come_forward(qtbot, window, "Divergence")
    wait(qtbot, window)
    window.session.look_at(layer="_blocks.3._depthwise_conv")
    come_forward(qtbot, window, "Activations")
    qtbot.waitUntil(lambda: shown_layer(window) == "_blocks.3._depthwise_conv", timeout=LONG)


def shown_layer(window: Window) -> str:
    frame = window.session.frame
    return "" if frame is None or frame.inside.activations is None else frame.inside.activations.layer


def test_dragging_epsilon_moves_the_attacked_feature_maps_and_never_the_clean_ones(
    window: Window, qtbot: QtBot
) -> None:
    come_forward(qtbot, window, "Activations")
    qtbot.waitUntil(lambda: shown_layer(window) != "", timeout=LONG)
    seen = []
    for epsilon in (1 / 255, 8 / 255):
        window.session.propose(epsilon=epsilon)
        frame = wait(qtbot, window)
        assert frame.inside.activations is not None
        seen.append(frame.inside.activations)
    assert np.array_equal(seen[0].clean, seen[1].clean)
    near, far = (float(np.abs(each.attacked - each.clean).mean()) for each in seen)
    assert 0 < near < far


def test_the_answer_is_the_same_number_whether_or_not_somebody_looks_inside(window: Window, qtbot: QtBot) -> None:
    alone = wait(qtbot, window)
    come_forward(qtbot, window, "Divergence")
    watched = wait(qtbot, window)
    window.session.propose(epsilon=window.session.request.epsilon + 1e-3)
    wait(qtbot, window)
    window.session.propose(epsilon=alone.request.epsilon)
    again = wait(qtbot, window)
    for each in (watched, again):
        assert alone.attacked is not None
        assert each.attacked is not None
        assert np.array_equal(each.attacked.prediction.probabilities, alone.attacked.prediction.probabilities)


def test_another_network_shows_its_own_layers(window: Window, qtbot: QtBot) -> None:
    come_forward(qtbot, window, "Activations")
    window.session.look_at(layer="_blocks.3._depthwise_conv")
    wait(qtbot, window)
    window.session.propose(model="squeezenet1.1")
    qtbot.waitUntil(lambda: shown_layer(window) == "features.0", timeout=LONG)
    assert wait(qtbot, window).inside.notes == ()


def test_look_inside_gives_the_views_half_of_the_window_and_takes_it_back(window: Window, qtbot: QtBot) -> None:
    low = window.curve_dock.height()
    window.action["inside"].trigger()
    network = window.inside_docks["Network"]
    qtbot.waitUntil(lambda: network.is_made and network.view.isVisible(), timeout=LONG)
    qtbot.waitUntil(lambda: network.height() > 1.4 * low, timeout=LONG)
    window.action["inside"].trigger()
    qtbot.waitUntil(lambda: network.height() < 1.2 * low, timeout=LONG)


def test_holding_space_shows_the_clean_run_in_every_view_and_letting_go_the_attacked_one(
    window: Window, qtbot: QtBot
) -> None:
    come_forward(qtbot, window, "Activations")
    qtbot.keyPress(window, Qt.Key.Key_Space)
    assert window.session.side is Side.CLEAN
    qtbot.keyRelease(window, Qt.Key.Key_Space)
    assert window.session.side is Side.ATTACKED


def test_the_names_of_all_tabs_are_written_in_full(window: Window) -> None:
    bars = [bar for bar in window.findChildren(QTabBar) if bar.count() > 10]
    assert bars
    for bar in bars:
        for place in range(bar.count()):
            assert bar.tabRect(place).width() >= bar.fontMetrics().horizontalAdvance(bar.tabText(place))
