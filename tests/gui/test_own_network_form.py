"""The form for a network of one's own: filled in by the file, tried at every change, used only if it can be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog
from pytestqt.qtbot import QtBot

from engine.catalogue.found import Found, Guess
from engine.catalogue.own import Kind, OwnNetwork
from gui.panels import own_network
from gui.panels.own_network import OwnNetworkForm

RESNET = Guess("resnet18", "ResNet-18", 122, 122, classes=3)
WIDE = Guess("wide_resnet50_2", "Wide ResNet-50", 100, 160, missing=("fc.bias",) * 60, classes=3)
TRIES: list[OwnNetwork] = []
"""What the form of the test has wanted to be tried, the newest last."""
FOUND = Found("/nets/flowers.pt", "ab" * 32, Kind.STATE, 44.8, 11_000_000, (RESNET, WIDE))


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_network, "PAUSE_MS", 0)


@pytest.fixture
def form(qtbot: QtBot) -> Iterator[OwnNetworkForm]:
    made = opened(FOUND, qtbot)
    yield made
    made.close()


def opened(found: Found, qtbot: QtBot) -> OwnNetworkForm:
    form = OwnNetworkForm(found)
    TRIES[:] = []
    form.tryRequested.connect(TRIES.append)
    qtbot.addWidget(form)
    form.show()
    return form


def next_try(form: OwnNetworkForm, qtbot: QtBot) -> OwnNetwork:
    """What the form wants to be tried next, as it stands now."""
    qtbot.waitUntil(lambda: bool(TRIES) and TRIES[-1] == form.record)
    return TRIES.pop()


def answer(form: OwnNetworkForm, record: OwnNetwork, why_not: str = "") -> None:
    form.show_tried(record, "A grey test picture gives 3 finite numbers.", why_not, ("A note.",))


def test_what_the_file_told_is_filled_in_and_tried_and_enter_uses_it(form: OwnNetworkForm, qtbot: QtBot) -> None:
    assert not form.use.isEnabled()
    assert form.name.text() == "flowers"
    assert (form.height_box.value(), form.resize_box.value()) == (224, 256)
    assert form.normalisation.currentText() == "ImageNet"
    assert form.class_names.text() == "3: class 0, class 1, class 2"
    record = next_try(form, qtbot)
    assert (record.size, record.details["architecture"]) == ((224, 224), "resnet18")
    answer(form, record)
    assert form.check.text() == "Fits: 122 of 122 tensors. A grey test picture gives 3 finite numbers. A note."
    qtbot.keyClick(form.name, Qt.Key.Key_Return)
    assert form.result() == QDialog.DialogCode.Accepted
    assert form.record == record


def test_a_change_is_tried_again_and_an_answer_about_an_earlier_state_does_not_count(
    form: OwnNetworkForm, qtbot: QtBot
) -> None:
    first = next_try(form, qtbot)
    form.height_box.setValue(64)
    answer(form, first)
    assert not form.use.isEnabled()
    second = next_try(form, qtbot)
    assert second.size == (64, 224)
    answer(form, second)
    assert form.use.isEnabled()


def test_why_it_cannot_be_used_is_said_and_use_stays_closed(form: OwnNetworkForm, qtbot: QtBot) -> None:
    answer(form, next_try(form, qtbot), why_not="It does not take such pictures. Change the size.")
    assert form.check.text() == "It does not take such pictures. Change the size."
    assert not form.use.isEnabled()


def test_an_architecture_that_does_not_fit_says_what_is_missing_and_is_not_tried(
    form: OwnNetworkForm, qtbot: QtBot
) -> None:
    next_try(form, qtbot)
    assert form.architecture.itemText(1) == "Wide ResNet-50: fits 100 of 160 tensors"
    form.architecture.setCurrentIndex(1)
    qtbot.waitUntil(lambda: "60 missing (fc.bias" in form.check.text())
    assert not form.use.isEnabled()


def test_own_numbers_for_the_normalisation_have_lines_of_their_own(form: OwnNetworkForm, qtbot: QtBot) -> None:
    next_try(form, qtbot)
    assert not form.mean.isVisible()
    form.normalisation.setCurrentIndex(form.normalisation.count() - 1)
    assert form.mean.isVisible()
    form.mean.setText("0.5")
    form.std.setText("0.1, 0.2, 0.3")
    record = next_try(form, qtbot)
    assert (record.mean, record.std) == ((0.5, 0.5, 0.5), (0.1, 0.2, 0.3))


@pytest.mark.parametrize(
    ("text", "why"),
    [("", "Mean: write one number, or three"), ("a", "Mean"), ("1, 2", "Mean"), ("nan", "mean and std")],
)
def test_numbers_that_make_no_sense_are_explained(form: OwnNetworkForm, qtbot: QtBot, text: str, why: str) -> None:
    form.normalisation.setCurrentIndex(form.normalisation.count() - 1)
    form.mean.setText(text)
    qtbot.waitUntil(lambda: why in form.check.text())
    assert not form.use.isEnabled()


def test_names_of_the_classes_come_from_a_file_or_it_says_why_not(
    form: OwnNetworkForm, qtbot: QtBot, tmp_path: Path
) -> None:
    next_try(form, qtbot)
    (tmp_path / "two.txt").write_text("rose\ntulip")
    form.take_class_names(tmp_path / "two.txt")
    assert form.check.text() == "two.txt has 2 names, and the network tells 3 classes apart."
    form.take_class_names(tmp_path / "gone.txt")
    assert "cannot be read" in form.check.text()
    (tmp_path / "three.txt").write_text("rose\ntulip\nlily")
    form.take_class_names(tmp_path / "three.txt")
    assert next_try(form, qtbot).classes == ("rose", "tulip", "lily")
    assert form.class_names.text() == "3: rose, tulip, lily"


def test_a_file_of_one_architecture_asks_for_none_and_torchscript_asks_for_the_channels(qtbot: QtBot) -> None:
    guess = replace(RESNET, architecture="", fitting=0, of=0, channels=1, mean=(0.0,), std=(1.0,))
    form = opened(replace(FOUND, kind=Kind.SCRIPT, guesses=(guess,), is_trusted=True), qtbot)
    assert not form.architecture.isVisible()
    assert form.channels.isVisible()
    assert form.normalisation.currentText().startswith("none")
    assert len(next_try(form, qtbot).mean) == 1
    form.channels.setCurrentIndex(0)
    assert len(next_try(form, qtbot).mean) == 3
    form.close()


def test_every_control_has_a_name_for_those_who_listen(form: OwnNetworkForm) -> None:
    editors = (form.architecture, form.channels, form.height_box, form.width_box, form.resize_box, form.normalisation)
    assert all(each.accessibleName() for each in (*editors, form.mean, form.std))


def test_every_control_is_explained(form: OwnNetworkForm) -> None:
    editors = (form.name, form.architecture, form.channels, form.height_box, form.width_box, form.resize_box)
    assert all(each.toolTip() for each in (*editors, form.normalisation, form.mean, form.std, form.class_names))
    assert form.class_file.toolTip()


def test_a_form_is_filled_in_as_the_file_was_asked_before_to_the_last_digit(form: OwnNetworkForm, qtbot: QtBot) -> None:
    first = next_try(form, qtbot)
    numbers = (0.123456789, 0.5, 0.25)
    before = replace(first, title="Roses", size=(96, 64), resize=100, mean=numbers, classes=("a", "b", "c"))
    form.fill(before)
    assert form.mean.isVisible()
    assert form.class_names.text() == "3: a, b, c"
    assert next_try(form, qtbot) == before
