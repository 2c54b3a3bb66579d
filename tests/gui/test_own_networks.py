"""A network file is dropped on the window: it is looked at, tried, used, remembered; or it says why not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

from engine.catalogue import own
from engine.catalogue.models import all_networks, find_network, weights_path
from engine.frame import Stage
from gui.__main__ import build
from gui.panels.intake import Intake
from gui.panels.own_network import OwnNetworkForm
from gui.window import Window
from tests.engine.models.own_files import Trap, exported, saved, small

HERE = "efficientnet-lite0"
WAIT = 30_000
"""Milliseconds: torch may have to be imported first, on a busy machine."""


@pytest.fixture(autouse=True)
def nothing_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own, "user_data_dir", lambda *_, **__: str(tmp_path / "data"))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))


@pytest.fixture
def window(qtbot: QtBot) -> Iterator[Window]:
    made = build()
    qtbot.addWidget(made)
    yield made
    made.close()


def dense(path: Path) -> str:
    torch.manual_seed(0)
    layers = torch.nn.Sequential(torch.nn.Linear(784, 20), torch.nn.ReLU(), torch.nn.Linear(20, 4))
    return str(saved(layers.state_dict(), path))


def drop(window: Window, path: str) -> None:
    window.commands.take_in(Intake(network_file=path))


def form_of(window: Window, qtbot: QtBot) -> OwnNetworkForm:
    """The form, once the network in it has been tried."""
    qtbot.waitUntil(lambda: len(window.findChildren(OwnNetworkForm)) == 1, timeout=WAIT)
    [form] = window.findChildren(OwnNetworkForm)
    return form


def box_of(window: Window, qtbot: QtBot) -> QMessageBox:
    qtbot.waitUntil(lambda: len(window.findChildren(QMessageBox)) == 1, timeout=WAIT)
    [box] = window.findChildren(QMessageBox)
    return box


def press(box: QMessageBox, text: str) -> None:
    [button] = [each for each in box.buttons() if each.text().replace("&", "") == text]
    button.click()


def test_a_dropped_network_is_tried_used_and_remembered(window: Window, qtbot: QtBot, tmp_path: Path) -> None:
    window.show()
    drop(window, dense(tmp_path / "digits.pt"))
    form = form_of(window, qtbot)
    assert window.session.request.model == HERE
    qtbot.waitUntil(form.use.isEnabled, timeout=WAIT)
    assert "A grey test picture gives 4 finite numbers" in form.check.text()
    form.use.click()
    name = window.session.request.model
    assert name.startswith("own:digits-")
    assert list(own.own_networks()) == [name]
    qtbot.waitUntil(lambda: _answers(window, name), timeout=WAIT)
    assert window.model_panel.chooser.currentText() == "digits"
    window.session.undo()
    assert window.session.request.model == HERE


def _answers(window: Window, name: str) -> bool:
    frame = window.session.frame
    return frame is not None and frame.request.model == name and frame.stage >= Stage.PREDICTED


def test_a_form_that_is_cancelled_leaves_everything_as_it_was(window: Window, qtbot: QtBot, tmp_path: Path) -> None:
    drop(window, dense(tmp_path / "digits.pt"))
    form_of(window, qtbot).reject()
    assert window.session.request.model == HERE
    assert own.own_networks() == {}


def test_a_forged_file_is_not_run_says_why_and_the_network_in_use_stays(
    window: Window, qtbot: QtBot, tmp_path: Path
) -> None:
    drop(window, str(saved({"x": Trap(tmp_path / "sprung")}, tmp_path / "bad.pt")))
    box = box_of(window, qtbot)
    assert box.text() == "“bad.pt” cannot be opened."
    assert "more than numbers" in box.informativeText()
    assert box.informativeText().endswith("The network in use stays.")
    box.close()
    assert not (tmp_path / "sprung").exists()
    assert window.session.request.model == HERE


def test_a_program_is_opened_only_after_the_user_has_said_that_they_made_it(
    window: Window, qtbot: QtBot, tmp_path: Path
) -> None:
    path = exported(small(), tmp_path / "net.pt2")
    drop(window, str(path))
    box = box_of(window, qtbot)
    assert "can run code" in box.informativeText()
    assert box.checkBox().text() == "I made this file"
    [open_it] = [each for each in box.buttons() if each.text() == "Open"]
    assert not open_it.isEnabled()
    assert window.findChildren(OwnNetworkForm) == []
    box.checkBox().click()
    open_it.click()
    form = form_of(window, qtbot)
    qtbot.waitUntil(form.use.isEnabled, timeout=WAIT)
    form.use.click()
    [record] = own.own_networks().values()
    assert record.details["is_trusted"] is True


def test_a_network_is_forgotten_but_not_while_it_is_in_use(window: Window, tmp_path: Path) -> None:
    path = tmp_path / "a.pt"
    path.touch()
    record = own.OwnNetwork("Mine", "state", str(path), "ab" * 32, ("a", "b"), (8, 8), 8, (0.0,), (1.0,))
    name = own.remember(record)
    window.model_panel.choose(name)
    window.commands.own.forget(name)
    assert name in all_networks()
    assert window.session.message is not None
    assert "is in use" in window.session.message.text
    window.model_panel.choose(HERE)
    window.commands.own.forget(name)
    assert name not in all_networks()
    assert path.exists()
    assert window.session.message.text == f"Mine is forgotten. Its file is left alone: {path}"


def test_downloaded_weights_are_deleted_when_the_user_says_so(window: Window, qtbot: QtBot) -> None:
    window.commands.own.ask_whether_to_clear()
    assert window.session.message is not None
    assert "no downloaded weights" in window.session.message.text
    path = weights_path(find_network("resnet18"))
    path.parent.mkdir(parents=True)
    path.write_bytes(bytes(2_000_000))
    window.commands.own.ask_whether_to_clear()
    box = box_of(window, qtbot)
    assert box.text() == "Delete 2 MB of downloaded weights?"
    assert "ResNet-18" in box.informativeText()
    assert path.exists()
    press(box, "Delete")
    assert not path.exists()
    assert window.session.message.text == "2 MB of downloaded weights are deleted."


def test_a_session_file_may_name_a_network_of_ones_own(window: Window, tmp_path: Path) -> None:
    record = own.OwnNetwork("Mine", "state", "/gone.pt", "ab" * 32, ("a", "b"), (8, 8), 8, (0.0,), (1.0,))
    name = own.remember(record)
    path = tmp_path / "session.json"
    path.write_text(window.session.request.with_(model=name).to_json())
    window.commands.take_in(Intake(session_file=str(path)))
    assert window.session.request.model == name
