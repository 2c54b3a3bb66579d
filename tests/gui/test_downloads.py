"""Weights are downloaded beside the live view, may be stopped, and are deleted when the user says so."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

from engine.catalogue import own
from engine.catalogue.downloads import partial
from engine.catalogue.models import NetworkCard, find_network, weights_path
from engine.errors import Failure
from engine.frame import Frame, Stage
from engine.models import download as module
from engine.models.errors import DownloadError
from engine.tasks import Progress
from gui.__main__ import build
from gui.window import Window

HERE, AWAY, ALSO_AWAY = "lenet-5", "resnet18", "resnet50"
WAIT = 20_000


@pytest.fixture(autouse=True)
def an_empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))


class Server:
    """Stands for the server: sends one byte, then waits until it is told to go on."""

    def __init__(self) -> None:
        self.going_on = threading.Event()
        self.failure: DownloadError | None = None

    def download(self, card: NetworkCard, **_: Any) -> Iterator[Progress]:
        path = weights_path(card)
        path.parent.mkdir(parents=True, exist_ok=True)
        partial(path).write_bytes(b"1")
        while not self.going_on.wait(0.01):
            yield Progress(1, 2)
        if self.failure is not None:
            raise self.failure
        partial(path).replace(path)
        yield Progress(2, 2)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    made = Server()
    monkeypatch.setattr(module, "download", made.download)
    return made


@pytest.fixture
def window(qtbot: QtBot, server: Server) -> Iterator[Window]:
    made = build()
    qtbot.addWidget(made)
    made.session.propose(model=HERE)
    yield made
    made.close()


def ask_for(window: Window, name: str) -> None:
    window.model_panel.choose(name)
    window.model_panel.question.download.click()


def is_idle(window: Window) -> bool:
    return not window.bridge.tasks.unfinished and not window.model_panel.downloads_under_way


def keep(name: str, size: int) -> Path:
    path = weights_path(find_network(name))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(bytes(size))
    return path


def box_of(window: Window) -> QMessageBox:
    [box] = window.findChildren(QMessageBox)
    return box


def press(box: QMessageBox, text: str) -> None:
    [button] = [each for each in box.buttons() if each.text() == text]
    button.click()


def message(window: Window) -> str:
    assert window.session.message is not None
    return window.session.message.text.replace("\N{NO-BREAK SPACE}", " ")


def test_two_downloads_come_one_after_the_other_and_the_last_is_on_the_bench(
    window: Window, server: Server, qtbot: QtBot
) -> None:
    ask_for(window, AWAY)
    ask_for(window, ALSO_AWAY)
    assert window.model_panel.downloads_under_way == (AWAY, ALSO_AWAY)
    server.going_on.set()
    qtbot.waitUntil(lambda: is_idle(window), timeout=WAIT)
    assert window.session.request.model == ALSO_AWAY
    assert message(window) == "ResNet-50 has arrived."


def test_one_that_is_stopped_leaves_the_bench_and_the_other_alone(window: Window, server: Server, qtbot: QtBot) -> None:
    ask_for(window, AWAY)
    ask_for(window, ALSO_AWAY)
    window.commands.downloads.cancel(AWAY)
    qtbot.waitUntil(lambda: window.model_panel.downloads_under_way == (ALSO_AWAY,), timeout=WAIT)
    assert window.session.request.model == HERE
    assert message(window) == "The download of ResNet-18 was stopped. What has arrived is kept."
    server.going_on.set()
    qtbot.waitUntil(lambda: is_idle(window), timeout=WAIT)
    assert window.session.request.model == ALSO_AWAY


def test_one_that_fails_says_why_and_the_bench_stays(window: Window, server: Server, qtbot: QtBot) -> None:
    server.failure = DownloadError("ResNet-18 could not be downloaded", "the connection was lost", "Try again.")
    server.going_on.set()
    ask_for(window, AWAY)
    qtbot.waitUntil(lambda: is_idle(window), timeout=WAIT)
    assert window.session.request.model == HERE
    assert message(window) == "ResNet-18 could not be downloaded: the connection was lost. Try again."


def test_a_window_that_is_closed_in_the_middle_keeps_what_has_arrived(
    window: Window, server: Server, qtbot: QtBot
) -> None:
    ask_for(window, AWAY)
    path = weights_path(find_network(AWAY))
    qtbot.waitUntil(lambda: partial(path).exists(), timeout=WAIT)
    window.close()
    assert not window.bridge.tasks.unfinished
    assert (partial(path).exists(), path.exists()) == (True, False)


def test_downloaded_weights_are_deleted_when_the_user_says_so(window: Window) -> None:
    window.commands.downloads.ask_whether_to_clear()
    assert "no downloaded weights" in message(window)
    paths = [keep(AWAY, 2_000_000), keep(ALSO_AWAY, 1_000_000)]
    window.commands.downloads.ask_whether_to_clear()
    box = box_of(window)
    assert "ResNet-18 (2.0" in box.informativeText()
    assert "ResNet-50 (1.0" in box.informativeText()
    assert all(each.exists() for each in paths)
    press(box, "Delete")
    assert not any(each.exists() for each in paths)
    assert message(window) == "3 MB of downloaded weights are deleted."


def test_the_weights_of_one_network_are_deleted_alone(window: Window) -> None:
    path, other = keep(AWAY, 2_000_000), keep(ALSO_AWAY, 1_000_000)
    window.model_panel.list.deleteRequested.emit(AWAY)
    press(box_of(window), "Delete")
    assert (path.exists(), other.exists()) == (False, True)


def test_weights_that_are_needed_stay(window: Window, server: Server, qtbot: QtBot) -> None:
    in_use = keep(ALSO_AWAY, 1_000_000)
    window.session.propose(others=(ALSO_AWAY,))
    window.commands.downloads.ask_whether_to_delete(ALSO_AWAY)
    assert message(window) == "ResNet-50 is in use. Its weights stay."
    ask_for(window, AWAY)
    arriving = partial(weights_path(find_network(AWAY)))
    qtbot.waitUntil(arriving.exists, timeout=WAIT)
    window.commands.downloads.ask_whether_to_delete(AWAY)
    assert message(window) == "ResNet-18 is on its way: stop the download first. Its weights stay."
    window.commands.downloads.ask_whether_to_clear()
    assert message(window) == "There are no downloaded weights but those in use or on their way."
    assert (in_use.exists(), arriving.exists()) == (True, True)


def test_weights_that_a_taught_network_in_use_rests_on_stay(
    window: Window, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own, "user_data_dir", lambda *_, **__: str(tmp_path / "data"))
    path = keep(AWAY, 1_000_000)
    taught = own.OwnNetwork("Mine", "taught", "/a", "ab" * 32, ("a", "b"), (8, 8), 8, (0.0,), (1.0,))
    window.session.propose(others=(own.remember(replace(taught, details={"base": AWAY})),))
    window.commands.downloads.ask_whether_to_delete(AWAY)
    assert message(window) == "ResNet-18 is in use. Its weights stay."
    assert path.exists()


def test_weights_that_came_into_use_while_the_question_stood_there_stay(window: Window) -> None:
    path = keep(AWAY, 1_000_000)
    window.commands.downloads.ask_whether_to_clear()
    window.session.propose(others=(AWAY,))
    press(box_of(window), "Delete")
    assert path.exists()
    assert message(window) == "Nothing was deleted: it has come into use."


def test_a_network_that_a_session_names_and_that_is_not_here_is_offered_and_shown_once_it_has_arrived(
    window: Window, server: Server, qtbot: QtBot
) -> None:
    window.session.propose(model=AWAY)
    why = Failure("ResNet-18 could not be loaded", "its weights are not on this machine", "Choose Download.", "model")
    window.session.show(Frame(window.session.request, Stage.OPENED, failure=why))
    question = window.model_panel.question
    assert not question.isHidden()
    assert "ResNet-18's weights (47" in question.text.text()
    asked: list[str] = []
    window.session.request_changed.connect(lambda request: asked.append(request.model))
    question.download.click()
    server.going_on.set()
    qtbot.waitUntil(lambda: is_idle(window), timeout=WAIT)
    assert asked == [AWAY]  # it was on the bench all the while, and is asked once more
