"""The gallery shows its pictures without a halt, shelf by shelf, and opens one by mouse or keys."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QImageReader
from PySide6.QtWidgets import QListWidgetItem
from pytestqt.qtbot import QtBot

from engine.catalogue.samples import SAMPLES
from engine.request import Request
from gui.panels import gallery
from gui.panels.gallery import COLUMNS, PICTURE, GalleryDialog
from gui.session import Session

NAMES = [name for name, each in SAMPLES.items() if each.shelf == "imagenet"]


@pytest.fixture
def session() -> Session:
    return Session(Request(image=f"sample:{NAMES[0]}"))


@pytest.fixture
def dialog(qtbot: QtBot, session: Session) -> GalleryDialog:
    made = GalleryDialog(session)
    qtbot.addWidget(made)
    made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)  # the test looks at it after it has closed
    made.open()
    return made


def items(dialog: GalleryDialog) -> list[QListWidgetItem]:
    return [dialog.list.item(row) for row in range(dialog.list.count())]


def wait_until_read(dialog: GalleryDialog, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not dialog.is_reading, timeout=20_000)


def test_no_photograph_is_read_before_the_gallery_is_shown(
    qtbot: QtBot, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = []
    monkeypatch.setattr(gallery, "_picture", lambda sample, _: read.append(sample.name))
    made = GalleryDialog(session)
    qtbot.addWidget(made)
    assert read == []
    made.open()
    wait_until_read(made, qtbot)
    assert read == NAMES


def test_every_photograph_is_shown_with_its_licence_and_who_made_it(dialog: GalleryDialog, qtbot: QtBot) -> None:
    wait_until_read(dialog, qtbot)
    for item, sample in zip(items(dialog), (SAMPLES[name] for name in NAMES), strict=True):
        pixmap = item.data(gallery._PIXMAP)
        assert pixmap.deviceIndependentSize().toSize() == gallery.PICTURE
        said = item.data(Qt.ItemDataRole.AccessibleTextRole)
        assert sample.title in said
        assert sample.licence in said
        assert sample.credit in said


def test_the_photograph_on_the_bench_is_the_current_one_and_its_note_is_shown(dialog: GalleryDialog) -> None:
    assert dialog.list.currentRow() == 0
    assert SAMPLES[NAMES[0]].note in dialog.note.text()
    assert SAMPLES[NAMES[0]].credit in dialog.note.text()


def test_a_click_opens_a_photograph(dialog: GalleryDialog, session: Session, qtbot: QtBot) -> None:
    place = dialog.list.visualItemRect(dialog.list.item(2)).center()
    qtbot.mouseClick(dialog.list.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert session.request.image == f"sample:{NAMES[2]}"
    assert session.images == (f"sample:{NAMES[2]}",)
    assert not dialog.isVisible()


def test_the_arrow_keys_go_along_and_across_and_enter_opens(
    dialog: GalleryDialog, session: Session, qtbot: QtBot
) -> None:
    dialog.list.setFocus()
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Down):
        qtbot.keyClick(dialog.list, key)
    assert dialog.list.currentRow() == 1 + COLUMNS
    assert SAMPLES[NAMES[1 + COLUMNS]].note in dialog.note.text()
    qtbot.keyClick(dialog.list, Qt.Key.Key_Return)
    assert session.request.image == f"sample:{NAMES[1 + COLUMNS]}"
    assert not dialog.isVisible()


def test_escape_changes_nothing(dialog: GalleryDialog, session: Session, qtbot: QtBot) -> None:
    before = session.request
    qtbot.keyClick(dialog.list, Qt.Key.Key_Escape)
    assert not dialog.isVisible()
    assert session.request == before


def test_a_gallery_closed_while_it_reads_stops_reading(dialog: GalleryDialog, qtbot: QtBot) -> None:
    dialog.reject()
    qtbot.waitUntil(lambda: not dialog.is_reading, timeout=5000)


def test_a_photograph_whose_package_is_missing_is_told_of_and_cannot_be_opened(
    qtbot: QtBot, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str) -> Path:
        raise FileNotFoundError(f"{name} is missing from its package")

    monkeypatch.setattr(gallery, "sample_path", missing)
    made = GalleryDialog(session)
    qtbot.addWidget(made)
    made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    made.open()
    wait_until_read(made, qtbot)
    before = session.request
    place = made.list.visualItemRect(made.list.item(1)).center()
    qtbot.mouseClick(made.list.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.keyClick(made.list, Qt.Key.Key_Return)
    assert "is missing" in made.list.item(1).toolTip()
    assert session.request == before
    assert made.isVisible()


def test_a_photograph_that_cannot_be_read_is_told_of(
    qtbot: QtBot, session: Session, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "broken.png").write_bytes(b"broken")
    monkeypatch.setattr(gallery, "sample_path", lambda _: tmp_path / "broken.png")
    assert not QImageReader(str(tmp_path / "broken.png")).canRead()
    made = GalleryDialog(session)
    qtbot.addWidget(made)
    made.open()
    wait_until_read(made, qtbot)
    assert not made.list.item(0).flags() & Qt.ItemFlag.ItemIsEnabled


def names(dialog: GalleryDialog) -> list[str]:
    return [each.data(gallery._NAME) for each in items(dialog)]


def test_the_shelf_of_the_network_on_the_bench_is_shown_first_and_the_others_are_a_click_away(
    qtbot: QtBot, dialog: GalleryDialog, session: Session
) -> None:
    assert set(names(dialog)) == set(NAMES)
    dialog.reject()
    session.propose(model="lenet-5")
    digits = GalleryDialog(session)
    qtbot.addWidget(digits)
    digits.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    digits.open()
    assert digits.shelves.button("mnist").isChecked()
    assert names(digits)[:2] == ["mnist-0", "mnist-1"]
    qtbot.mouseClick(digits.shelves.button("fashion-mnist"), Qt.MouseButton.LeftButton)
    assert names(digits)[0] == "fashion-mnist-0"
    wait_until_read(digits, qtbot)
    digits.list.setFocus()
    qtbot.keyClick(digits.list, Qt.Key.Key_Return)
    assert session.request.image == "sample:fashion-mnist-0"


def test_pictures_of_the_networks_own_classes_come_first(qtbot: QtBot, session: Session) -> None:
    session.propose(model="frog-or-ship", image="sample:cifar10-0")
    made = GalleryDialog(session)
    qtbot.addWidget(made)
    first = [SAMPLES[name].label for name in names(made)[:8]]
    assert set(first) == {"frog", "ship"}
    assert len(names(made)) == 20
    assert made.list.currentItem().data(gallery._NAME) == "cifar10-0"


@pytest.mark.parametrize("ratio", [1.0, 2.0])
def test_a_small_picture_is_shown_with_square_pixels_and_whole(qtbot: QtBot, ratio: float) -> None:
    shown = gallery._picture(SAMPLES["mnist-0"], ratio)
    pixels = shown.toImage()
    times = pixels.width() // 28
    assert (pixels.width(), pixels.height()) == (28 * times, 28 * times)
    assert PICTURE.height() * ratio - 28 * times < 28
    original = QImage(str(gallery.sample_path("mnist-0")))
    for x, y in ((6, 7), (15, 12), (9, 22)):
        wanted = original.pixelColor(x, y)
        corners = ((0, 0), (times - 1, times - 1))
        assert all(pixels.pixelColor(x * times + i, y * times + j) == wanted for i, j in corners)
