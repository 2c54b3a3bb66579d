"""A network file is dropped on the window: it is looked at, tried, used, remembered; or it says why not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

from engine.catalogue import own
from engine.catalogue.models import all_networks
from engine.frame import Stage
from gui import __main__ as program
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


def test_a_session_file_may_name_a_network_of_ones_own(window: Window, tmp_path: Path) -> None:
    record = own.OwnNetwork("Mine", "state", "/gone.pt", "ab" * 32, ("a", "b"), (8, 8), 8, (0.0,), (1.0,))
    name = own.remember(record)
    path = tmp_path / "session.json"
    path.write_text(window.session.request.with_(model=name).to_json())
    window.commands.take_in(Intake(session_file=str(path)))
    assert window.session.request.model == name


# What is told beforehand


def started(window: Window, *arguments: str) -> None:
    """What ``foolscope`` does with these arguments, once the window is painted."""
    program.open_what_is_named(window, program.parse(arguments))
    window.firstPainted.emit()


def used(window: Window, qtbot: QtBot) -> own.OwnNetwork:
    """The record of the network that comes into use."""
    qtbot.waitUntil(lambda: window.session.request.model.startswith("own:"), timeout=WAIT)
    record = own.find_own(window.session.request.model)
    assert record is not None
    return record


def test_a_file_on_the_command_line_is_used_as_the_arguments_say_and_nothing_is_asked(
    window: Window, qtbot: QtBot, tmp_path: Path
) -> None:
    (tmp_path / "names.txt").write_text("a\nb\nc\nd")
    names, path = str(tmp_path / "names.txt"), dense(tmp_path / "digits.pt")
    started(window, "--model", path, "--classes", names, "--normalise", "mnist")
    record = used(window, qtbot)
    assert (record.classes, record.mean, record.file) == (tuple("abcd"), (0.1307,), path)
    assert not any(form.isVisible() for form in window.findChildren(OwnNetworkForm))


def test_the_window_begins_with_the_usual_network_where_a_file_is_named(tmp_path: Path) -> None:
    chosen = program.parse(["--model", dense(tmp_path / "digits.pt"), "--attack", "pgd"])
    request, trouble = program.first_request(chosen, "cpu")
    assert (request.model, request.attack.name, trouble) == (HERE, "pgd", "")
    assert program.first_request(program.parse(["--model", "mlp-512"]), "cpu")[0].model == "mlp-512"


@pytest.mark.parametrize(
    ("arguments", "image", "epsilon"),
    [
        ([], "sample:camera", 2 / 255),
        (["--model", "squeezenet1.1"], "sample:camera", 2 / 255),
        (["--model", "mlp-512"], "sample:mnist-0", 50 / 255),
        (["--model", "mlp-512", "--attack", "cw"], "sample:mnist-0", 1.0),
        (["--model", "mlp-512", "--epsilon", "0.3"], "sample:mnist-0", 0.3),
        (["--model", "resnet-20", "--epsilon", "8/255"], "sample:cifar10-7", 8 / 255),
    ],
)
def test_a_network_that_is_named_begins_with_a_picture_and_an_epsilon_that_suit_it(
    arguments: list[str], image: str, epsilon: float
) -> None:
    request, trouble = program.first_request(program.parse(arguments), "cpu")
    assert (request.image, request.epsilon, trouble) == (image, pytest.approx(epsilon), "")


def test_arguments_that_do_not_go_with_the_file_bring_up_the_form_that_says_so(
    window: Window, qtbot: QtBot, tmp_path: Path
) -> None:
    started(window, "--model", dense(tmp_path / "digits.pt"), "--input", "30x30")
    form = form_of(window, qtbot)
    qtbot.waitUntil(form.isVisible, timeout=WAIT)
    assert "it does not take pictures of (1, 1, 30, 30)" in form.check.text()
    assert window.session.request.model == HERE


def test_arguments_that_make_no_sense_are_told_and_the_form_asks(window: Window, qtbot: QtBot, tmp_path: Path) -> None:
    started(window, "--model", dense(tmp_path / "digits.pt"), "--input", "large")
    form = form_of(window, qtbot)
    qtbot.waitUntil(form.isVisible, timeout=WAIT)
    assert window.session.message is not None
    assert "write HEIGHTxWIDTH" in window.session.message.text


def test_a_program_on_the_command_line_needs_the_word_of_its_maker_there_or_in_the_window(
    window: Window, qtbot: QtBot, tmp_path: Path
) -> None:
    path = str(exported(small(), tmp_path / "net.pt2"))
    started(window, "--model", path)
    box = box_of(window, qtbot)
    assert "can run code" in box.informativeText()
    box.close()
    started(window, "--model", path, "--i-made-this-file")
    assert used(window, qtbot).details["is_trusted"] is True


def test_a_network_among_the_files_of_the_command_line_is_opened_as_if_it_were_dropped(
    window: Window, qtbot: QtBot, tmp_path: Path
) -> None:
    started(window, dense(tmp_path / "digits.pt"))
    assert form_of(window, qtbot).isVisible()


def test_a_file_that_was_opened_before_is_asked_as_it_was_then(window: Window, qtbot: QtBot, tmp_path: Path) -> None:
    path = dense(tmp_path / "digits.pt")
    drop(window, path)
    form = form_of(window, qtbot)
    form.name.setText("My digits")
    form.resize_box.setValue(40)
    qtbot.waitUntil(form.use.isEnabled, timeout=WAIT)
    form.use.click()
    record = used(window, qtbot)
    window.model_panel.choose(HERE)
    qtbot.waitUntil(lambda: not window.findChildren(OwnNetworkForm))
    drop(window, path)
    again = form_of(window, qtbot)
    assert (again.name.text(), again.resize_box.value()) == ("My digits", 40)
    qtbot.waitUntil(again.use.isEnabled, timeout=WAIT)
    assert again.record == record
    again.reject()
    started(window, "--model", path)
    assert used(window, qtbot) == record
