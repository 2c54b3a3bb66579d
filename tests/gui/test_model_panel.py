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
from engine.catalogue.downloads import partial
from engine.catalogue.models import NETWORKS, all_networks, find_network, weights_path
from engine.catalogue.own import OwnNetwork
from engine.request import Request
from gui.panels import model, networks
from gui.panels.downloading import Download
from gui.panels.model import ModelPanel
from gui.panels.network_row import WHERE
from gui.panels.network_words import Heading, describe
from gui.session import Session

HERE, ALSO_HERE, AWAY = "efficientnet-lite0", "squeezenet1.1", "resnet50"


@pytest.fixture(autouse=True)
def nothing_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own, "user_data_dir", lambda *_, **__: str(tmp_path / "data"))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))


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


def plain(text: str) -> str:
    """The text with ordinary spaces between numbers and units."""
    return text.replace("\N{NO-BREAK SPACE}", " ")


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
    assert all("B to download" in each or "no weights" in each for each in said[2:])
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


@pytest.mark.parametrize("key", [Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Down, Qt.Key.Key_F4])
def test_the_list_opens_by_the_keys_that_open_a_list(panel: ModelPanel, qtbot: QtBot, key: Qt.Key) -> None:
    qtbot.keyClick(panel.chooser, key)
    assert panel.list.isVisible()


def test_whoever_begins_to_type_a_name_finds_the_network_without_opening_the_list_first(
    panel: ModelPanel, session: Session, qtbot: QtBot
) -> None:
    qtbot.keyClick(panel.chooser, Qt.Key.Key_S)
    assert panel.list.search.text() == "s"
    qtbot.keyClicks(panel.list.search, "queezenet 1.1")
    qtbot.keyClick(panel.list.search, Qt.Key.Key_Return)
    assert session.request.model == ALSO_HERE


def test_where_nothing_is_found_no_card_is_shown_and_an_emptied_line_shows_the_chosen_one_again(
    panel: ModelPanel,
) -> None:
    panel.chooser.showPopup()
    panel.list.search.setText("no such network")
    assert panel.list.card.text() == ""
    panel.list.search.setText("")
    assert panel.list.list.currentItem().text() == "EfficientNet-Lite0"
    assert "Apache-2.0" in panel.list.card.text()


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
    said = plain(panel.question.text.text())
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
    [row] = panel.findChildren(Download)
    panel.set_progress(AWAY, 25, 100)
    assert row.bar.value() == 250
    assert plain(row.said) == "ResNet-50: 26 of 102 MB"
    panel.set_progress(AWAY, 5, 100, "checking")
    assert row.said == "ResNet-50: checking"
    assert session.request.model == HERE
    at_hand.add(AWAY)
    panel.download_ended(AWAY, None)
    assert session.request.model == AWAY
    assert not row.isVisible()
    assert session.message is not None
    assert session.message.text == "ResNet-50 has arrived."


def test_a_download_can_be_stopped(panel: ModelPanel, session: Session, qtbot: QtBot) -> None:
    stopped: list[str] = []
    panel.cancelRequested.connect(stopped.append)
    panel.set_progress(AWAY, 25, 100)
    [row] = panel.findChildren(Download)
    qtbot.mouseClick(row.cancel, Qt.MouseButton.LeftButton)
    assert stopped == [AWAY]
    assert not row.cancel.isEnabled()
    panel.set_progress(AWAY, 26, 100)
    assert row.said == "ResNet-50: stopping"
    panel.download_ended(AWAY, None)
    assert session.request.model == HERE
    assert session.message is not None
    assert session.message.text == "The download of ResNet-50 was stopped. What has arrived is kept."
    assert not session.message.is_error


def test_a_download_that_fails_says_why_and_changes_nothing(panel: ModelPanel, session: Session, qtbot: QtBot) -> None:
    panel.choose(AWAY)
    qtbot.mouseClick(panel.question.download, Qt.MouseButton.LeftButton)
    panel.download_ended(AWAY, "ResNet-50 could not be downloaded: there is no network. Try again later.")
    assert session.message is not None
    assert session.message.is_error
    assert "no network" in session.message.text
    assert session.request.model == HERE
    assert not [each for each in panel.findChildren(Download) if each.isVisible()]


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


def test_of_two_that_are_waited_for_the_second_is_not_lost_when_the_first_arrives(
    panel: ModelPanel, session: Session, at_hand: set[str], qtbot: QtBot
) -> None:
    for name in (AWAY, "resnet18"):
        panel.choose(name)
        qtbot.mouseClick(panel.question.download, Qt.MouseButton.LeftButton)
    for name in (AWAY, "resnet18"):
        at_hand.add(name)
        panel.download_ended(name, None)
        assert session.request.model == name


def test_what_arrived_before_a_download_was_cut_short_is_told_and_only_the_rest_is_asked_for(panel: ModelPanel) -> None:
    half_arrived(AWAY, 40_000_000)
    panel.choose(AWAY)
    said = plain(panel.question.text.text())
    assert said.startswith("ResNet-50's weights are here in part: 40 of 102 MB. Download what is left from ")
    panel.chooser.showPopup()
    [row] = [row for row in rows(panel) if row.text() == "ResNet-50"]
    assert plain(row.data(WHERE)) == "62 MB left to download"


def half_arrived(name: str, size: int) -> None:
    path = partial(weights_path(NETWORKS[name]))
    path.parent.mkdir(parents=True)
    path.write_bytes(bytes(size))


def test_two_downloads_are_shown_one_below_the_other(panel: ModelPanel) -> None:
    panel.set_progress(AWAY, 25, 100)
    panel.set_progress("vgg16", 0, None)
    assert [each.said.split(":")[0] for each in panel.findChildren(Download)] == ["ResNet-50", "VGG-16"]


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


@pytest.mark.parametrize("way", ["key", "menu"])
def test_the_weights_of_one_network_can_be_asked_to_be_deleted_by_key_and_by_menu(
    panel: ModelPanel, at_hand: set[str], qtbot: QtBot, way: str
) -> None:
    half_arrived(AWAY, 12_000_000)
    unwanted: list[str] = []
    panel.deleteRequested.connect(unwanted.append)
    panel.chooser.showPopup()
    qtbot.keyClicks(panel.list.search, "resnet-50")
    assert plain(panel.list.card.text()).endswith("delete the weights of ResNet-50 (12 MB).")
    if way == "key":
        qtbot.keyClick(panel.list.search, Qt.Key.Key_Delete)
    else:
        listed = panel.list.list
        listed.customContextMenuRequested.emit(listed.visualItemRect(listed.currentItem()).center())
        [menu] = panel.list.findChildren(QMenu)
        [action] = menu.actions()
        assert plain(action.text()) == "Delete the weights of ResNet-50 (12 MB)"
        action.trigger()
        menu.close()
    assert unwanted == [AWAY]
    assert not panel.list.isVisible()


def test_the_delete_key_in_the_middle_of_the_line_deletes_a_letter(panel: ModelPanel, qtbot: QtBot) -> None:
    half_arrived(AWAY, 1000)
    panel.chooser.showPopup()
    qtbot.keyClicks(panel.list.search, "resnet-50")
    qtbot.keyClick(panel.list.search, Qt.Key.Key_Left)
    qtbot.keyClick(panel.list.search, Qt.Key.Key_Delete)
    assert panel.list.search.text() == "resnet-5"
    assert panel.list.isVisible()


def test_the_foot_of_the_list_opens_a_file_and_tells_what_downloads_take(panel: ModelPanel, qtbot: QtBot) -> None:
    wanted: list[str] = []
    panel.fileWanted.connect(lambda: wanted.append("file"))
    panel.clearRequested.connect(lambda: wanted.append("clear"))
    panel.chooser.showPopup()
    assert not panel.list.clear.isVisible()
    qtbot.mouseClick(panel.list.open_file, Qt.MouseButton.LeftButton)
    assert not panel.list.isVisible()
    path = weights_path(NETWORKS[AWAY])
    path.parent.mkdir(parents=True)
    path.write_bytes(bytes(3_000_000))
    panel.chooser.showPopup()
    assert plain(panel.list.cache.text()) == "Downloaded weights: 3.0 MB"
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


def test_what_was_said_of_one_network_does_not_stand_there_for_the_next(
    panel: ModelPanel, session: Session, at_hand: set[str]
) -> None:
    at_hand.update(("lenet-5", "mlp-512"))
    panel.choose("lenet-5")
    assert session.message is not None
    panel.choose("mlp-512")
    assert session.message is None
    session.report("Saved.")
    panel.choose("lenet-5")
    assert session.message is not None


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
    said = " ".join(plain(describe(card)).split())
    for each in (card.note, card.data, "0.2 MB", card.training, card.tested, card.robust, card.licence):
        assert each in said


def test_every_card_fits_into_its_place_below_the_list(panel: ModelPanel) -> None:
    panel.chooser.showPopup()
    card = panel.list.card
    too_long = []
    for row in rows(panel):
        panel.list.list.setCurrentItem(row)
        if card.heightForWidth(card.width()) > card.height():
            too_long.append(row.text())
    assert too_long == []


@pytest.mark.parametrize("name", [HERE, AWAY, "untrained:resnet18", "zfnet"])
def test_every_card_can_be_described(name: str) -> None:
    card = find_network(name)
    assert all(len(line) <= 72 for line in describe(card).splitlines())
    assert ("Licence" in describe(card)) == ("untrained" not in card.top1)
