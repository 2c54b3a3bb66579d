"""The network's panel: choosing, searching, and weights that are downloaded only when the user says so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QListWidgetItem, QMenu
from pytestqt.qtbot import QtBot

from engine.catalogue import own
from engine.catalogue.models import NETWORKS, all_networks, find_network, weights_path
from engine.catalogue.own import OwnNetwork
from engine.request import Request
from gui.panels import model, networks
from gui.panels.model import ModelPanel
from gui.panels.network_words import Heading, describe
from gui.session import Session

HERE, ALSO_HERE, AWAY = "efficientnet-lite0", "squeezenet1.1", "resnet50"


@pytest.fixture(autouse=True)
def nothing_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own, "user_data_dir", lambda *_, **__: str(tmp_path / "data"))


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
    return [row.text() for row in rows(panel)]


def rows(panel: ModelPanel) -> list[QListWidgetItem]:
    """The networks that the list shows, without its headings."""
    found = [panel.list.list.item(row) for row in range(panel.list.list.count())]
    return [row for row in found if not row.isHidden() and row.flags() & Qt.ItemFlag.ItemIsEnabled]


def headings(panel: ModelPanel) -> list[str]:
    found = [panel.list.list.item(row) for row in range(panel.list.list.count())]
    return [row.text() for row in found if not row.isHidden() and not row.flags() & Qt.ItemFlag.ItemIsEnabled]


def test_the_chosen_network_is_described(panel: ModelPanel) -> None:
    assert panel.chooser.currentText() == "EfficientNet-Lite0"
    assert panel.facts.text() == "4.7 M parameters · 224 × 224 pixels\ntop-1 75.1 % · ImageNet-1K"
    assert "Apache-2.0" in panel.chooser.toolTip()


def test_the_list_has_every_network_and_those_on_this_machine_come_first(panel: ModelPanel, qtbot: QtBot) -> None:
    panel.chooser.setFocus()
    qtbot.keyClick(panel.chooser, Qt.Key.Key_Space)
    assert panel.list.isVisible()
    assert shown(panel)[:2] == ["EfficientNet-Lite0", "SqueezeNet 1.1"]
    assert len(shown(panel)) == len(all_networks())
    said = [row.data(Qt.ItemDataRole.AccessibleTextRole) for row in rows(panel)]
    assert "on this machine" in said[0]
    assert all("MB" in each or "no weights" in each for each in said[2:])
    panel.list.grab()


def test_weights_that_came_meanwhile_are_marked_when_the_list_is_opened_again(
    panel: ModelPanel, at_hand: set[str]
) -> None:
    panel.chooser.showPopup()
    panel.list.close()
    at_hand.add(AWAY)
    panel.chooser.showPopup()
    [row] = [row for row in rows(panel) if row.text() == "ResNet-50"]
    assert "on this machine" in row.data(Qt.ItemDataRole.AccessibleTextRole)
    assert Heading.DOWNLOADED.value in headings(panel)


def test_a_part_of_a_name_finds_a_network_and_enter_chooses_it(
    panel: ModelPanel, session: Session, qtbot: QtBot
) -> None:
    panel.chooser.showPopup()
    qtbot.keyClicks(panel.list.search, "squeeze 1.1")
    assert shown(panel)[0] == "SqueezeNet 1.1"
    assert all("squeeze" in each.casefold() for each in shown(panel))
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
    listed = panel.list.list
    place = listed.visualItemRect(rows(panel)[1]).center()
    qtbot.mouseClick(listed.viewport(), Qt.MouseButton.LeftButton, pos=place)
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
    monkeypatch.setitem(NETWORKS, ALSO_HERE, replace(NETWORKS[ALSO_HERE], labels="mnist"))
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


def own_network(**changes: Any) -> OwnNetwork:
    made = OwnNetwork("Flowers", "state", "/nets/a.pt", "ab" * 32, ("rose", "tulip"), (32, 32), 36, (0.5,), (0.2,))
    return replace(made, **changes)


def test_the_users_own_networks_come_first_and_say_so(panel: ModelPanel, session: Session, at_hand: set[str]) -> None:
    name = own.remember(own_network(parameters=1234))
    at_hand.add(name)
    panel.chooser.showPopup()
    assert shown(panel)[:2] == ["Flowers", "EfficientNet-Lite0"]
    said = rows(panel)[0].data(Qt.ItemDataRole.AccessibleTextRole)
    assert said == "Flowers, your file. 1 234 parameters. Your own."
    panel.list.grab()
    panel.choose(name)
    assert session.request.model == name
    assert session.request.pinned == ()
    assert panel.facts.text() == "1 234 parameters · 32 × 32 pixels\n2 classes · your own file"


def test_an_own_network_whose_file_is_gone_says_where_it_was(panel: ModelPanel, session: Session) -> None:
    panel.choose(own.remember(own_network()))
    assert "no longer at /nets/a.pt. Put it back, or open it" in panel.question.text.text()
    assert not panel.question.download.isVisible()
    assert session.request.model == HERE


def test_delete_in_an_empty_search_line_asks_to_forget_an_own_network_and_no_other(
    panel: ModelPanel, at_hand: set[str], qtbot: QtBot
) -> None:
    name = own.remember(own_network())
    at_hand.add(name)
    forgotten: list[str] = []
    panel.forgetRequested.connect(forgotten.append)
    panel.chooser.showPopup()
    qtbot.keyClick(panel.list.search, Qt.Key.Key_Delete)  # the one in use is a network of a package
    assert (forgotten, panel.list.isVisible()) == ([], True)
    qtbot.keyClick(panel.list.search, Qt.Key.Key_Up)
    qtbot.keyClick(panel.list.search, Qt.Key.Key_Delete)
    assert (forgotten, panel.list.isVisible()) == ([name], False)


def test_the_menu_of_an_own_network_forgets_it(panel: ModelPanel, at_hand: set[str], qtbot: QtBot) -> None:
    at_hand.add(name := own.remember(own_network()))
    forgotten: list[str] = []
    panel.forgetRequested.connect(forgotten.append)
    panel.chooser.showPopup()
    listed = panel.list.list
    listed.customContextMenuRequested.emit(listed.visualItemRect(listed.item(0)).center())  # a heading has no menu
    assert not panel.list.findChildren(QMenu)
    listed.customContextMenuRequested.emit(listed.visualItemRect(rows(panel)[0]).center())
    [menu] = panel.list.findChildren(QMenu)
    [action] = menu.actions()
    assert action.text() == "Forget Flowers"
    action.trigger()
    assert forgotten == [name]
    menu.close()


def test_the_foot_of_the_list_opens_a_file_and_tells_what_downloads_take(
    panel: ModelPanel, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted: list[str] = []
    panel.fileWanted.connect(lambda: wanted.append("file"))
    panel.clearRequested.connect(lambda: wanted.append("clear"))
    panel.chooser.showPopup()
    assert not panel.list.clear.isVisible()
    qtbot.mouseClick(panel.list.open_file, Qt.MouseButton.LeftButton)
    assert not panel.list.isVisible()
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    path = weights_path(NETWORKS[AWAY])
    path.parent.mkdir(parents=True)
    path.write_bytes(bytes(3_000_000))
    panel.chooser.showPopup()
    assert panel.list.cache.text() == "Downloaded weights: 3 MB"
    qtbot.mouseClick(panel.list.clear, Qt.MouseButton.LeftButton)
    assert wanted == ["file", "clear"]


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


# A picture that suits the network


def test_a_sample_makes_room_for_one_that_suits_the_network_in_one_step_of_undo(
    panel: ModelPanel, session: Session, at_hand: set[str]
) -> None:
    at_hand.add("lenet-5")
    before = session.request
    panel.choose("lenet-5")
    assert session.request.image == "sample:mnist-0"
    assert session.message is not None
    assert session.message.text.startswith(
        "The sample is MNIST: a seven now, to suit LeNet-5 on digits. ε is 50.0/255 now"
    )
    session.undo()
    assert session.request == before


def test_who_comes_back_to_a_network_finds_the_sample_that_was_left(
    panel: ModelPanel, session: Session, at_hand: set[str]
) -> None:
    at_hand.add("lenet-5")
    session.open_images(("sample:coffee",))
    panel.choose("lenet-5")
    session.open_images(("sample:mnist-3",))
    panel.choose(ALSO_HERE)
    assert session.request.image == "sample:coffee"
    panel.choose("lenet-5")
    assert session.request.image == "sample:mnist-3"


def test_a_picture_of_the_users_own_stays_whatever_the_network(
    panel: ModelPanel, session: Session, at_hand: set[str]
) -> None:
    at_hand.add("lenet-5")
    session.open_images(("/photos/dog.png",))
    panel.choose("lenet-5")
    assert session.request.image == "/photos/dog.png"


def test_a_sample_stays_where_it_suits_both_networks(panel: ModelPanel, session: Session) -> None:
    session.open_images(("sample:coffee",))
    panel.choose(ALSO_HERE)
    assert session.request.image == "sample:coffee"


# Headings, and what the list says of a network


def test_networks_stand_under_headings_and_a_search_leaves_only_those_that_hold_what_was_found(
    panel: ModelPanel, at_hand: set[str], qtbot: QtBot
) -> None:
    at_hand.add(own.remember(own_network()))
    panel.chooser.showPopup()
    found = headings(panel)
    assert found[:3] == [each.value for each in (Heading.OWN, Heading.PHOTOGRAPHS, Heading.BOX)]
    assert found[-1] == Heading.UNTRAINED.value
    qtbot.keyClicks(panel.list.search, "alexnet")
    assert headings(panel)[0] == Heading.TORCHVISION.value
    assert headings(panel)[-1] == Heading.UNTRAINED.value
    qtbot.keyClicks(panel.list.search, " nowhere")
    assert headings(panel) == []


def test_the_arrow_keys_and_clicks_pass_over_headings(panel: ModelPanel, session: Session, qtbot: QtBot) -> None:
    panel.chooser.showPopup()
    listed = panel.list.list
    for _ in range(3):
        qtbot.keyClick(panel.list.search, Qt.Key.Key_Down)
        assert listed.currentItem() in rows(panel)
    place = listed.visualItemRect(listed.item(0)).center()
    qtbot.mouseClick(listed.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert panel.list.isVisible()
    assert session.request.model == HERE


def test_an_untrained_network_is_chosen_without_a_download_and_called_so(
    panel: ModelPanel, session: Session, at_hand: set[str], qtbot: QtBot
) -> None:
    at_hand.add("untrained:resnet18")
    panel.chooser.showPopup()
    qtbot.keyClicks(panel.list.search, "untrained:resnet18")
    qtbot.keyClick(panel.list.search, Qt.Key.Key_Return)
    assert session.request.model == "untrained:resnet18"
    assert panel.chooser.currentText() == "ResNet-18, untrained"
    assert panel.facts.text().endswith("untrained: its answers are chance")


def test_the_card_of_a_network_in_the_box_tells_its_data_recipe_accuracies_and_licence() -> None:
    card = find_network("lenet-5")
    said = " ".join(describe(card).split())
    for each in (card.note, card.data, card.training, card.tested, card.robust, card.licence):
        assert each in said


@pytest.mark.parametrize("name", [HERE, AWAY, "untrained:resnet18", "zfnet"])
def test_every_card_can_be_described(name: str) -> None:
    card = find_network(name)
    assert all(len(line) <= 72 for line in describe(card).splitlines())
    assert ("Licence" in describe(card)) == ("untrained" not in card.top1)
