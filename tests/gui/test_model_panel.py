"""The network's panel: choosing, searching, and weights that are downloaded only when the user says so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from engine.catalogue.models import NETWORKS
from engine.request import Request
from gui.panels import model, networks
from gui.panels.model import ModelPanel
from gui.session import Session

HERE, ALSO_HERE, AWAY = "efficientnet-lite0", "squeezenet1.1", "resnet50"


@pytest.fixture
def at_hand(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The names of the networks whose weights are on this machine; a test may add some."""
    names = {HERE, ALSO_HERE}
    for module in (model, networks):
        monkeypatch.setattr(module, "is_at_hand", lambda card: card.name in names)
    return names


@pytest.fixture
def session() -> Session:
    return Session(Request(model=HERE, pinned=(5, 6), away_from=7))


@pytest.fixture
def panel(qtbot: QtBot, session: Session, at_hand: set[str]) -> Iterator[ModelPanel]:
    made = ModelPanel(session)
    qtbot.addWidget(made)
    made.resize(244, 200)
    made.show()
    yield made
    made.list.close()


@pytest.fixture
def asked(panel: ModelPanel) -> list[str]:
    """The names of the networks that the panel wants downloaded, in turn."""
    names: list[str] = []
    panel.downloadRequested.connect(names.append)
    return names


def shown(panel: ModelPanel) -> list[str]:
    rows = [panel.list.list.item(row) for row in range(panel.list.list.count())]
    return [row.text() for row in rows if not row.isHidden()]


def test_the_chosen_network_is_described(panel: ModelPanel) -> None:
    assert panel.chooser.currentText() == "EfficientNet-Lite0"
    assert panel.facts.text() == "4.7 M parameters · 224 × 224 pixels\ntop-1 75.1 % · ImageNet-1K"
    assert "Apache-2.0" in panel.chooser.toolTip()


def test_the_list_has_every_network_and_those_on_this_machine_come_first(panel: ModelPanel, qtbot: QtBot) -> None:
    panel.chooser.setFocus()
    qtbot.keyClick(panel.chooser, Qt.Key.Key_Space)
    assert panel.list.isVisible()
    assert shown(panel)[:2] == ["EfficientNet-Lite0", "SqueezeNet 1.1"]
    assert len(shown(panel)) == len(NETWORKS)
    said = [panel.list.list.item(row).data(Qt.ItemDataRole.AccessibleTextRole) for row in range(len(NETWORKS))]
    assert "on this machine" in said[0]
    assert all("MB" in each for each in said[2:])
    panel.list.grab()


def test_weights_that_came_meanwhile_are_marked_when_the_list_is_opened_again(
    panel: ModelPanel, at_hand: set[str]
) -> None:
    panel.chooser.showPopup()
    panel.list.close()
    at_hand.add(AWAY)
    panel.chooser.showPopup()
    assert shown(panel)[2] == "ResNet-50"


def test_a_part_of_a_name_finds_a_network_and_enter_chooses_it(
    panel: ModelPanel, session: Session, qtbot: QtBot
) -> None:
    panel.chooser.showPopup()
    qtbot.keyClicks(panel.list.search, "squeeze 1.1")
    assert shown(panel)[0] == "SqueezeNet 1.1"
    assert all("SqueezeNet 1.1" in each for each in shown(panel))
    qtbot.keyClick(panel.list.search, Qt.Key.Key_Return)
    assert session.request.model == ALSO_HERE
    assert panel.chooser.currentText() == "SqueezeNet 1.1"
    assert not panel.list.isVisible()


def test_a_name_that_no_network_has_chooses_nothing(panel: ModelPanel, session: Session, qtbot: QtBot) -> None:
    panel.chooser.showPopup()
    qtbot.keyClicks(panel.list.search, "no such network")
    assert shown(panel) == []
    qtbot.keyClick(panel.list.search, Qt.Key.Key_Return)
    assert session.request.model == HERE
    assert panel.list.isVisible()


def test_the_arrow_keys_move_in_the_list_while_the_line_is_typed_in(
    panel: ModelPanel, session: Session, qtbot: QtBot
) -> None:
    panel.chooser.showPopup()
    qtbot.keyClick(panel.list.search, Qt.Key.Key_Down)
    qtbot.keyClick(panel.list.search, Qt.Key.Key_Return)
    assert session.request.model == ALSO_HERE


def test_a_click_in_the_list_chooses(panel: ModelPanel, session: Session, qtbot: QtBot) -> None:
    panel.chooser.showPopup()
    rows = panel.list.list
    place = rows.visualItemRect(rows.item(1)).center()
    qtbot.mouseClick(rows.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert session.request.model == ALSO_HERE


def test_escape_closes_the_list_and_changes_nothing(panel: ModelPanel, session: Session, qtbot: QtBot) -> None:
    panel.chooser.showPopup()
    qtbot.keyClick(panel.list.search, Qt.Key.Key_Escape)
    assert not panel.list.isVisible()
    assert session.request.model == HERE


def test_another_network_of_the_same_classes_keeps_the_chosen_classes(panel: ModelPanel, session: Session) -> None:
    panel.choose(ALSO_HERE)
    assert session.request.pinned == (5, 6)
    assert session.request.away_from == 7


def test_a_network_of_other_classes_forgets_the_chosen_ones_and_undo_brings_all_back(
    panel: ModelPanel, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(NETWORKS, ALSO_HERE, replace(NETWORKS[ALSO_HERE], data="MNIST"))
    before = session.request
    panel.choose(ALSO_HERE)
    assert (session.request.target, session.request.away_from, session.request.pinned) == (None, None, ())
    session.undo()
    assert session.request == before
    assert panel.chooser.currentText() == "EfficientNet-Lite0"


def test_weights_that_are_not_here_are_asked_for_with_their_size_and_where_they_come_from(
    panel: ModelPanel, session: Session, asked: list[str]
) -> None:
    panel.choose(AWAY)
    said = panel.question.text.text()
    assert said.startswith(f"ResNet-50's weights ({NETWORKS[AWAY].megabytes:.0f} MB) are not on this machine. ")
    assert said.endswith(f"Download them from {urlsplit(NETWORKS[AWAY].url).hostname}?")
    assert panel.question.isVisible()
    assert session.request.model == HERE
    assert asked == []


def test_cancel_downloads_nothing(panel: ModelPanel, session: Session, asked: list[str], qtbot: QtBot) -> None:
    panel.choose(AWAY)
    qtbot.mouseClick(panel.question.cancel, Qt.MouseButton.LeftButton)
    assert not panel.question.isVisible()
    assert asked == []
    assert session.request.model == HERE


def test_download_is_asked_for_once_shown_and_puts_the_network_on_the_bench(
    panel: ModelPanel, session: Session, asked: list[str], at_hand: set[str], qtbot: QtBot
) -> None:
    panel.choose(AWAY)
    qtbot.mouseClick(panel.question.download, Qt.MouseButton.LeftButton)
    assert asked == [AWAY]
    panel.choose(AWAY)
    assert asked == [AWAY]
    assert not panel.question.isVisible()
    [row] = panel.findChildren(model.Download)
    panel.set_progress(AWAY, 25, 100)
    assert row.bar.value() == 250
    assert row.said == "ResNet-50: 26 of 102 MB"
    assert session.request.model == HERE
    at_hand.add(AWAY)
    panel.download_ended(AWAY, None)
    assert session.request.model == AWAY
    assert not row.isVisible()


def test_a_download_can_be_stopped(panel: ModelPanel, session: Session, qtbot: QtBot) -> None:
    stopped: list[str] = []
    panel.cancelRequested.connect(stopped.append)
    panel.set_progress(AWAY, 25, 100)
    [row] = panel.findChildren(model.Download)
    qtbot.mouseClick(row.cancel, Qt.MouseButton.LeftButton)
    assert stopped == [AWAY]
    panel.download_ended(AWAY, None)
    assert session.request.model == HERE
    assert session.message is not None
    assert "cancelled" in session.message.text
    assert not session.message.is_error


def test_a_download_that_fails_says_why_and_changes_nothing(panel: ModelPanel, session: Session, qtbot: QtBot) -> None:
    panel.choose(AWAY)
    qtbot.mouseClick(panel.question.download, Qt.MouseButton.LeftButton)
    panel.download_ended(AWAY, "ResNet-50 could not be downloaded: there is no network. Try again later.")
    assert session.message is not None
    assert session.message.is_error
    assert "no network" in session.message.text
    assert session.request.model == HERE
    assert not [each for each in panel.findChildren(model.Download) if each.isVisible()]


def test_who_chose_another_network_meanwhile_keeps_it(
    panel: ModelPanel, session: Session, at_hand: set[str], qtbot: QtBot
) -> None:
    panel.choose(AWAY)
    qtbot.mouseClick(panel.question.download, Qt.MouseButton.LeftButton)
    panel.choose(ALSO_HERE)
    at_hand.add(AWAY)
    panel.download_ended(AWAY, None)
    assert session.request.model == ALSO_HERE
    assert session.message is not None
    assert "ResNet-50 is on this machine now" in session.message.text


def test_choosing_it_again_while_it_comes_means_that_it_is_wanted_after_all(
    panel: ModelPanel, session: Session, at_hand: set[str], qtbot: QtBot
) -> None:
    panel.choose(AWAY)
    qtbot.mouseClick(panel.question.download, Qt.MouseButton.LeftButton)
    panel.choose(ALSO_HERE)
    panel.choose(AWAY)
    at_hand.add(AWAY)
    panel.download_ended(AWAY, None)
    assert session.request.model == AWAY


def test_two_downloads_are_shown_one_below_the_other(panel: ModelPanel) -> None:
    panel.set_progress(AWAY, 25, 100)
    panel.set_progress("vgg16", 0, None)
    assert [each.said.split(":")[0] for each in panel.findChildren(model.Download)] == ["ResNet-50", "VGG-16"]


def test_weights_missing_from_their_package_cannot_be_downloaded(panel: ModelPanel, at_hand: set[str]) -> None:
    at_hand.discard(ALSO_HERE)
    panel.choose(ALSO_HERE)
    assert not panel.question.download.isVisible()
    assert "installing Foolscope again" in panel.question.text.text()


def test_a_network_that_is_not_known_is_named_all_the_same(panel: ModelPanel, session: Session) -> None:
    session.propose(model="gone")
    assert panel.chooser.currentText() == "gone"


def test_the_panel_fits_into_its_column_while_it_asks(panel: ModelPanel) -> None:
    panel.choose(AWAY)
    panel.set_progress(AWAY, 1, 2)
    assert panel.minimumSizeHint().width() <= 244
