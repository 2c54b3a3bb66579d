"""The window for crafting: a folder and a class go in; a perturbation, a patch or a picture comes out on the bench."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

from engine.catalogue import crafted
from engine.catalogue.attacks import Norm, Patch, Universal
from engine.catalogue.crafted import Crafted, CraftKind, all_crafted, keep
from engine.frame import Stage
from engine.request import Placement, Request
from gui.__main__ import build
from gui.crafting import kept
from gui.crafting.dialog import CraftDialog
from gui.crafting.kept import NOTHING
from gui.crafting.pages import NO_CLASS, NO_FOLDER
from gui.forms import NEWEST, NameBox
from gui.panels import pasted
from gui.window import Window

WAIT = 30_000
"""Milliseconds: torch may have to be imported first, on a busy machine."""
NETWORK = "linear"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (crafted, pasted):
        monkeypatch.setattr(module, "user_data_dir", lambda *_, **__: str(tmp_path / "data"))


@pytest.fixture
def folder(tmp_path: Path) -> str:
    made = tmp_path / "pictures"
    made.mkdir()
    random = np.random.default_rng(0)
    for place in range(20):
        Image.fromarray(random.integers(0, 256, (28, 28), dtype=np.uint8)).save(made / f"{place}.png")
    (made / "torn.png").write_text("no picture")
    return str(made)


@pytest.fixture
def window(qtbot: QtBot) -> Iterator[Window]:
    made = build(Request(model=NETWORK))
    qtbot.addWidget(made)
    made.show()
    qtbot.waitUntil(lambda: made.session.frame is not None and made.session.frame.stage >= Stage.DONE, timeout=WAIT)
    yield made
    made.close()


@pytest.fixture
def dialog(window: Window, qtbot: QtBot) -> CraftDialog:
    window.action["craft"].trigger()
    [made] = window.findChildren(CraftDialog)
    return made


def click(qtbot: QtBot, button: QPushButton) -> None:
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def said(page: object) -> str:
    return page.said.text()  # type: ignore[attr-defined, no-any-return]


def test_a_universal_perturbation_grows_is_kept_and_put_on_the_bench(
    window: Window, dialog: CraftDialog, qtbot: QtBot, folder: str
) -> None:
    page = dialog.universal
    dialog.use_folder(folder)
    assert page.epsilon.value() == pytest.approx(50)  # 5/8 of the usual 80/255 of small pictures
    click(qtbot, page.start)
    qtbot.waitUntil(page.again.isVisible, timeout=WAIT)
    assert "random noise of this size fools" in said(page)
    assert "Left out, because they cannot be read: “torn.png”." in said(page)
    assert not page.start.isVisible()
    click(qtbot, page.use)
    request = window.session.request
    assert isinstance(request.attack, Universal)
    assert list(all_crafted(CraftKind.UNIVERSAL)) == [request.attack.saved]
    assert (request.norm, request.epsilon) == (Norm.LINF, pytest.approx(50 / 255))
    qtbot.waitUntil(lambda: not window.session.is_catching_up, timeout=WAIT)
    assert window.session.frame is not None
    assert window.session.frame.attacked is not None
    assert window.session.frame.attacked.linf > 0
    assert window.attack_panel.form is not None
    [box] = [each for each in window.attack_panel.form.editors if isinstance(each, NameBox)]
    assert "of new pictures (" in box.currentText()
    assert box.itemText(0) == NEWEST


def test_a_patch_is_stopped_continued_and_laid_on_the_picture(
    window: Window, dialog: CraftDialog, qtbot: QtBot, folder: str
) -> None:
    page = dialog.patch
    dialog.tabs.setCurrentWidget(page)
    dialog.use_folder(folder)
    page.target.entry.setText("3")
    qtbot.keyClick(page.target.entry, Qt.Key.Key_Return)
    assert page.form is not None
    page.form.take("passes", 100)
    click(qtbot, page.start)
    qtbot.waitUntil(page.use.isVisible, timeout=WAIT)
    click(qtbot, page.stop)
    qtbot.waitUntil(page.start.isVisible, timeout=WAIT)
    assert page.start.text() == "&Continue"
    done = page.bar.value()
    click(qtbot, page.start)
    qtbot.waitUntil(lambda: page.bar.value() > done, timeout=WAIT)
    dialog.close()
    qtbot.waitUntil(lambda: window.bridge.crafting.unfinished == (), timeout=WAIT)
    dialog.show()
    click(qtbot, page.use)
    request = window.session.request
    assert isinstance(request.attack, Patch)
    assert (request.norm, request.target) == (Norm.L0, 3)
    assert request.epsilon == 98  # an eighth of 28 × 28
    qtbot.waitUntil(lambda: not window.session.is_catching_up, timeout=WAIT)
    assert window.session.frame is not None
    assert window.session.frame.attacked is not None
    assert 80 <= window.session.frame.attacked.l0 <= 98


def test_a_fooling_image_becomes_the_picture_on_the_bench_pixel_by_pixel(
    window: Window, dialog: CraftDialog, qtbot: QtBot
) -> None:
    page = dialog.fooling
    dialog.tabs.setCurrentWidget(page)
    page.target.show_label(7)
    click(qtbot, page.start)
    qtbot.waitUntil(page.again.isVisible, timeout=WAIT)
    click(qtbot, page.use)
    assert window.session.request.placement is Placement.STRETCH
    qtbot.waitUntil(lambda: not window.session.is_catching_up, timeout=WAIT)
    frame, newest = window.session.frame, dialog._runs[page].making.newest
    assert frame is not None
    assert frame.clean is not None
    assert frame.before is not None
    assert newest is not None
    np.testing.assert_allclose(frame.clean, newest.values, rtol=0, atol=0.51 / 255)
    assert frame.before.label == 7
    window.session.undo()


def test_what_is_missing_is_said_and_nothing_is_started(window: Window, dialog: CraftDialog, qtbot: QtBot) -> None:
    for page, missing in ((dialog.universal, NO_FOLDER), (dialog.patch, NO_FOLDER), (dialog.fooling, NO_CLASS)):
        dialog.tabs.setCurrentWidget(page)
        click(qtbot, page.start)
        assert page.trouble.text() == missing
        assert page.trouble.isVisible()
    assert window.bridge.crafting.unfinished == ()


def test_a_folder_without_pictures_is_told_and_another_may_be_chosen(
    window: Window, dialog: CraftDialog, qtbot: QtBot, tmp_path: Path, folder: str
) -> None:
    page = dialog.universal
    (tmp_path / "empty").mkdir()
    dialog.use_folder(str(tmp_path / "empty"))
    click(qtbot, page.start)
    qtbot.waitUntil(lambda: "holds no pictures" in page.trouble.text(), timeout=WAIT)
    dialog.use_folder(folder)
    qtbot.waitUntil(lambda: page not in dialog._runs)
    click(qtbot, page.start)
    qtbot.waitUntil(page.use.isVisible, timeout=WAIT)
    assert not page.trouble.isVisible()


def keep_one(target: str) -> str:
    record = Crafted(
        kind=CraftKind.PATCH,
        network=NETWORK,
        network_title="Softmax regression",
        method="a test",
        shape=(1, 8, 8),
        norm=Norm.L0,
        epsilon=98.0,
        pictures=10,
        held_out=5,
        seed=0,
        rate=0.5,
        held_out_rate=0.4,
        control_rate=0.1,
        target=3,
        target_name=target,
    )
    return keep(record, np.full((1, 8, 8), 0.5, np.float32))


def test_what_is_kept_is_used_again_from_the_list(window: Window, dialog: CraftDialog, qtbot: QtBot) -> None:
    page = dialog.kept
    dialog.tabs.setCurrentWidget(page)
    assert page.said.text() == NOTHING
    assert not page.delete.isVisible()
    name = keep_one("3")
    dialog.tabs.setCurrentWidget(dialog.patch)
    dialog.tabs.setCurrentWidget(page)
    assert page.list.item(0).text() == "Patch · 3, seen in 40 % of new pictures (Softmax regression)"
    assert "noise of its size 10 %" in page.said.text()
    click(qtbot, page.use)
    assert window.session.request.attack == Patch(name)
    assert (window.session.request.target, window.session.request.epsilon) == (3, 98)


def test_what_is_kept_is_deleted_only_after_a_question(dialog: CraftDialog, qtbot: QtBot) -> None:
    names = {keep_one("3"), keep_one("5")}
    page = dialog.kept
    dialog.tabs.setCurrentWidget(page)
    for button, left in ((QMessageBox.StandardButton.Cancel, 2), (QMessageBox.StandardButton.Yes, 1)):
        dialog.activateWindow()
        page.list.setFocus()
        qtbot.waitUntil(page.list.hasFocus)
        qtbot.keyClick(page.list, Qt.Key.Key_Delete)
        [box] = page.findChildren(QMessageBox)
        assert page.list.currentItem().text() in box.text()
        click(qtbot, box.button(button))
        assert len(all_crafted(CraftKind.PATCH)) == page.list.count() == left
        qtbot.waitUntil(lambda: not page.findChildren(QMessageBox))
    assert set(all_crafted(CraftKind.PATCH)) < names


def test_what_cannot_be_deleted_is_said_and_stays(
    window: Window, dialog: CraftDialog, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_name: str) -> None:
        raise PermissionError(13, "Permission denied")

    name = keep_one("3")
    monkeypatch.setattr(kept, "forget", refuse)
    dialog.tabs.setCurrentWidget(dialog.kept)
    dialog.kept.forget(name)
    assert window.session.message is not None
    assert window.session.message.text == f"“{name}” could not be deleted: Permission denied. It is still there."
    assert dialog.kept.list.count() == 1


def test_the_attack_says_how_to_get_a_perturbation_where_there_is_none(window: Window, qtbot: QtBot) -> None:
    before = window.session.request.attack
    window.session.propose(attack=Universal())
    qtbot.waitUntil(lambda: window.session.request.attack == before, timeout=WAIT)
    assert window.session.message is not None
    assert "none was crafted yet" in window.session.message.text
    assert "Attack > Craft" in window.session.message.text


def test_the_tab_key_goes_from_top_to_bottom(dialog: CraftDialog, qtbot: QtBot) -> None:
    page = dialog.universal
    dialog.activateWindow()
    page.folder.button.setFocus()
    qtbot.waitUntil(page.folder.button.hasFocus)
    assert page.form is not None
    for following in (page.norm.buttons[0], page.epsilon, page.chooser, *page.form.editors, page.seed, page.start):
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        assert following.hasFocus()


def test_the_tab_key_goes_round_the_page_of_patches_and_leaves_nothing_out(dialog: CraftDialog, qtbot: QtBot) -> None:
    page = dialog.patch
    dialog.tabs.setCurrentWidget(page)
    dialog.activateWindow()
    dialog.tabs.tabBar().setFocus()
    qtbot.waitUntil(dialog.tabs.tabBar().hasFocus)
    assert page.form is not None
    stops = (page.folder.button, page.target.entry, *page.form.editors, page.seed, page.start, dialog.tabs.tabBar())
    for following in stops:
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        assert following.hasFocus()


def test_all_controls_have_a_name_for_those_who_cannot_see(dialog: CraftDialog) -> None:
    from PySide6.QtWidgets import QAbstractSpinBox, QComboBox, QLineEdit

    for kind in (QComboBox, QAbstractSpinBox):
        for each in dialog.findChildren(kind):
            assert each.accessibleName(), each
    assert all(page.target.entry.accessibleName() for page in (dialog.patch, dialog.fooling))
    assert dialog.findChildren(QLineEdit)
