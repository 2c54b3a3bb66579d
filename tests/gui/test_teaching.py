"""The window in which a network is taught: folders go in, an accuracy and a network for the bench come out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from engine.catalogue import own
from engine.catalogue.own import OwnNetwork
from engine.request import Request
from engine.teaching import cache, fitting
from engine.teaching.outcome import Mistake, Outcome
from gui.__main__ import build
from gui.panels.intake import _from_paths
from gui.teaching.dialog import TeachDialog
from gui.teaching.matrix import Matrix
from gui.teaching.result import Result
from gui.teaching.thumbnails import SIDE, thumbnail
from gui.window import Window
from tests.engine.teaching.lessons import folders

WAIT = 60_000
"""Milliseconds: torch and scikit-learn may have to be imported first, on a busy machine."""
NETWORK = "cnn-32-32"


@pytest.fixture(autouse=True)
def places_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own, "user_data_dir", lambda *_, **__: str(tmp_path / "data"))
    monkeypatch.setattr(cache, "user_cache_dir", lambda *_, **__: str(tmp_path / "cache"))
    monkeypatch.setattr(fitting, "STRENGTHS", (1e-2,))


@pytest.fixture
def window(qtbot: QtBot) -> Iterator[Window]:
    made = build(Request(model=NETWORK, device="cpu"))
    qtbot.addWidget(made)
    yield made
    made.close()


@pytest.fixture
def dialog(window: Window) -> TeachDialog:
    window.action["teach"].trigger()
    [made] = window.findChildren(TeachDialog)
    return made


def outcome(mistakes: tuple[Mistake, ...] = ()) -> Outcome:
    record = OwnNetwork(
        title="frog or ship",
        kind="taught",
        file="x.safetensors",
        sha256="0" * 64,
        classes=("frog", "ship"),
        size=(28, 28),
        resize=28,
        mean=(0.0,),
        std=(1.0,),
    )
    counts = np.array([[24, 1], [8, 17]])
    return Outcome(record, b"", counts, mistakes, ("bad.png",), 512, 0, 0.1, 1.0)


# From folders to the bench


def test_dropped_folders_are_taught_and_the_network_is_used(window: Window, qtbot: QtBot, tmp_path: Path) -> None:
    paths = folders(tmp_path / "pictures", count=6)
    window.commands.take_in(_from_paths(paths))
    [dialog] = window.findChildren(TeachDialog)
    assert dialog.isVisible()
    assert [each.name for each in dialog.asking.classes.all] == ["dark", "light", "striped"]
    assert dialog.asking.network.currentData() == NETWORK
    dialog.asking.start.click()
    assert dialog.asking.stop.isVisible()
    assert not dialog.asking.network.isEnabled()
    qtbot.waitUntil(dialog.results.use.isVisible, timeout=WAIT)
    assert "of 18 pictures it had not seen" in dialog.results.said.text()
    assert own.own_networks() == {}
    dialog.results.use.click()
    [name] = own.own_networks()
    request = window.session.request
    assert request.model == name
    assert request.image == str(tmp_path / "pictures" / "dark" / "0.png")
    assert dialog.asking.network.currentData() == NETWORK


def test_a_stopped_lesson_leaves_nothing_and_can_begin_again(dialog: TeachDialog, qtbot: QtBot, tmp_path: Path) -> None:
    dialog.take(folders(tmp_path / "pictures", count=6))
    dialog.start()
    dialog.stop()
    qtbot.waitUntil(dialog.asking.start.isVisible, timeout=WAIT)
    assert dialog.results.empty.isVisible()
    assert own.own_networks() == {}


def test_too_few_pictures_are_refused_before_anything_is_loaded(dialog: TeachDialog, tmp_path: Path) -> None:
    dialog.take(folders(tmp_path / "few", count=2, kinds=("dark", "light")))
    dialog.start()
    assert "the class “dark” has 2 pictures only" in dialog.asking.trouble.text()
    assert dialog.asking.start.isVisible()


def test_no_class_at_all_says_what_is_needed(dialog: TeachDialog) -> None:
    assert "two at least" in dialog.asking.classes.advice.text()
    dialog.asking.start.click()
    assert "there is no class" in dialog.asking.trouble.text()


def test_what_goes_wrong_while_it_learns_is_told_and_it_can_begin_again(
    dialog: TeachDialog, qtbot: QtBot, tmp_path: Path
) -> None:
    paths = folders(tmp_path / "pictures", kinds=("dark", "light"))
    for picture in Path(paths[0]).iterdir():
        picture.write_bytes(b"nothing")
    dialog.take(paths)
    dialog.start()
    qtbot.waitUntil(dialog.asking.trouble.isVisible, timeout=WAIT)
    assert "“dark” has no picture that can be used" in dialog.asking.trouble.text()
    assert dialog.asking.start.isVisible()


def test_classes_can_be_taken_off_the_list_and_are_not_added_twice(
    dialog: TeachDialog, qtbot: QtBot, tmp_path: Path
) -> None:
    paths = folders(tmp_path / "pictures", count=1)
    dialog.take(paths)
    dialog.take(paths[:1])
    assert dialog.asking.classes.list.count() == 3
    dialog.asking.classes.list.setCurrentRow(1)
    qtbot.keyClick(dialog.asking.classes.list, Qt.Key.Key_Delete)
    assert [each.name for each in dialog.asking.classes.all] == ["dark", "striped"]


def test_a_class_shows_its_first_picture_and_how_many_it_has(dialog: TeachDialog, qtbot: QtBot, tmp_path: Path) -> None:
    dialog.take(folders(tmp_path / "pictures", count=3, kinds=("dark", "light")))
    item = dialog.asking.classes.list.item(0)
    assert item.text() == "dark\n3 pictures"
    qtbot.waitUntil(lambda: not item.icon().isNull())


def test_a_broken_picture_is_passed_over_for_the_next(dialog: TeachDialog, qtbot: QtBot, tmp_path: Path) -> None:
    [path] = folders(tmp_path / "pictures", count=3, kinds=("dark",))
    (Path(path) / "0.png").write_bytes(b"nothing")
    dialog.take([path])
    qtbot.waitUntil(lambda: not dialog.asking.classes.list.item(0).icon().isNull())


def test_stop_says_that_it_was_heard(dialog: TeachDialog, qtbot: QtBot, tmp_path: Path) -> None:
    dialog.take(folders(tmp_path / "pictures", count=6))
    dialog.asking.start.click()
    dialog.asking.stop.click()
    assert dialog.asking.detail.text() == "stopping …" or dialog.asking.start.isVisible()
    qtbot.waitUntil(dialog.asking.start.isVisible, timeout=WAIT)


def test_what_is_kept_is_told_and_can_be_forgotten(dialog: TeachDialog, tmp_path: Path) -> None:
    assert not dialog.asking.forget.isVisible()
    cache.folder().mkdir(parents=True)
    (cache.folder() / "x.safetensors").write_bytes(b"0" * 2_000_000)
    dialog.hide()
    dialog.show()
    assert dialog.asking.kept.text().startswith("2.0 MB of features are kept")
    dialog.asking.forget.click()
    assert not dialog.asking.forget.isVisible()
    assert cache.kept_bytes() == 0


# Names


def write_name(dialog: TeachDialog, qtbot: QtBot, row: int, name: str) -> None:
    """As with the keyboard: F2 on a class, the name, Enter."""
    its = dialog.asking.classes.list
    its.setFocus()
    its.setCurrentRow(row)
    qtbot.keyClick(its, Qt.Key.Key_F2)
    line = its.viewport().findChild(QLineEdit)
    assert line is not None
    assert line.text() == dialog.asking.classes.all[row].name
    line.setText(name)
    qtbot.keyClick(line, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: its.viewport().findChild(QLineEdit) is None)


def test_a_class_can_be_called_otherwise_than_its_folder(dialog: TeachDialog, qtbot: QtBot, tmp_path: Path) -> None:
    dialog.take(folders(tmp_path / "pictures", count=5))
    write_name(dialog, qtbot, 1, " bright ")
    assert [each.name for each in dialog.asking.classes.all] == ["dark", "bright", "striped"]
    assert dialog.asking.classes.list.item(1).text() == "bright\n5 pictures"
    assert [each.name for each in dialog.asking.lesson("cpu").classes] == ["dark", "bright", "striped"]


@pytest.mark.parametrize(("name", "why"), [(" ", "a class would have no name"), ("dark", "would be called “dark”")])
def test_an_empty_or_doubled_name_is_refused_in_a_sentence(
    dialog: TeachDialog, qtbot: QtBot, tmp_path: Path, name: str, why: str
) -> None:
    dialog.take(folders(tmp_path / "pictures", count=5))
    write_name(dialog, qtbot, 1, name)
    assert why in dialog.asking.trouble.text()
    assert dialog.asking.classes.all[1].name == "light"
    write_name(dialog, qtbot, 1, "bright")
    assert not dialog.asking.trouble.isVisible()


def test_folders_of_one_name_that_are_added_one_by_one_are_told_apart(dialog: TeachDialog, tmp_path: Path) -> None:
    for place in ("a", "b"):
        dialog.take(folders(tmp_path / place, count=1, kinds=("dark",)))
    assert [each.name for each in dialog.asking.classes.all] == ["dark", "dark (2)"]


# What is dropped


def drop(widget: QWidget, paths: list[str]) -> bool:
    """Whether the widget takes what is dropped on it."""
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(each) for each in paths])
    place, action, button = widget.rect().center(), Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    enter = QDragEnterEvent(place, action, mime, button, Qt.KeyboardModifier.NoModifier)
    QCoreApplication.sendEvent(widget, enter)
    if enter.isAccepted():
        QCoreApplication.sendEvent(
            widget, QDropEvent(place.toPointF(), action, mime, button, Qt.KeyboardModifier.NoModifier)
        )
    return enter.isAccepted()


def test_folders_can_be_dropped_on_the_dialog_and_anything_else_says_why_not(
    dialog: TeachDialog, tmp_path: Path
) -> None:
    paths = folders(tmp_path / "pictures", count=1)
    (tmp_path / "more.zip").touch()
    assert drop(dialog, [str(tmp_path / "more.zip")])
    assert "“more.zip” is no folder" in dialog.asking.trouble.text()
    assert drop(dialog, paths[:2])
    assert [each.name for each in dialog.asking.classes.all] == ["dark", "light"]
    assert not dialog.asking.trouble.isVisible()


def test_a_saved_network_is_on_the_bench_again_when_its_file_is_dropped(
    window: Window, dialog: TeachDialog, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dialog.take(folders(tmp_path / "pictures", count=6, kinds=("dark", "light")))
    dialog.asking.start.click()
    qtbot.waitUntil(dialog.results.save.isVisible, timeout=WAIT)
    write_name(dialog, qtbot, 0, "night")
    assert dialog.results.matrix.accessibleDescription().startswith("night: ")
    path = tmp_path / "mine.safetensors"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    dialog.results.save.click()
    assert own.own_networks() == {}
    window.commands.take_in(_from_paths([str(path)]))
    qtbot.waitUntil(lambda: window.session.request.model.startswith("own:"), timeout=WAIT)
    [record] = own.own_networks().values()
    assert (record.classes, record.file) == (("night", "light"), str(path))
    assert window.session.request.model == record.name


def test_a_folder_of_folders_is_offered_to_be_taught_and_not_called_empty(tmp_path: Path) -> None:
    folders(tmp_path / "pictures", count=1)
    intake = _from_paths([str(tmp_path / "pictures")])
    assert intake.class_folders == (str(tmp_path / "pictures"),)
    assert intake.message is None


def test_one_folder_of_pictures_and_a_folder_beside_a_picture_are_only_opened(tmp_path: Path) -> None:
    paths = folders(tmp_path / "pictures", count=1)
    assert _from_paths(paths[:1]).class_folders == ()
    assert _from_paths([paths[0], str(Path(paths[1]) / "0.png")]).class_folders == ()
    both = _from_paths(paths[:2])
    assert both.class_folders == tuple(paths[:2])
    assert len(both.images) == 2


# What came of it


@pytest.fixture
def matrix(qtbot: QtBot) -> Matrix:
    made = Matrix()
    qtbot.addWidget(made)
    made.resize(400, 300)
    made.show_counts(np.array([[24, 1], [8, 17]]), ("frog", "ship"))
    made.show()
    return made


def test_the_cell_under_the_mouse_says_what_it_is(matrix: Matrix, qtbot: QtBot) -> None:
    said: list[str] = []
    matrix.picked.connect(said.append)
    for row, column in ((1, 0), (0, 0)):
        qtbot.mouseMove(matrix, matrix.cell(row, column).center().toPoint())
    qtbot.mouseMove(matrix, QPoint(1, 1))
    assert said == [
        "8 of 25 pictures of “ship” were taken for “frog”.",
        "24 of 25 pictures of “frog” were taken for what they are.",
    ]


def test_the_arrow_keys_go_from_cell_to_cell_and_stop_at_the_edge(matrix: Matrix, qtbot: QtBot) -> None:
    said: list[str] = []
    matrix.picked.connect(said.append)
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Down):
        qtbot.keyClick(matrix, key)
    assert [each.split()[0] for each in said] == ["1", "17"]


def test_the_more_of_a_row_the_lighter_the_cell(matrix: Matrix) -> None:
    image = matrix.grab().toImage()
    lightness = [
        image.pixelColor((matrix.cell(row, column).topLeft() + QPoint(5, 5)).toPoint()).lightness()
        for row, column in ((0, 1), (1, 0), (1, 1), (0, 0))
    ]
    assert lightness == sorted(lightness)
    assert lightness[0] < lightness[-1]


def test_the_matrix_can_be_read_aloud(matrix: Matrix) -> None:
    assert matrix.accessibleDescription() == "frog: 24 as frog, 1 as ship; ship: 8 as frog, 17 as ship"


def test_a_hundred_classes_still_fit(matrix: Matrix) -> None:
    matrix.show_counts(np.eye(100, dtype=np.int64), [f"class {each}" for each in range(100)])
    assert matrix.cell(99, 99).bottom() < matrix.height()
    assert not matrix.grab().isNull()


def test_names_that_are_wider_than_a_cell_stand_upright_and_are_all_there(qtbot: QtBot) -> None:
    made = Matrix()
    qtbot.addWidget(made)
    made.resize(460, 500)
    made.show_counts(np.eye(2, dtype=np.int64), ("frog", "ship"))
    flat = made.cell(0, 0).top()
    made.show_counts(np.eye(12, dtype=np.int64), [f"a name of {each}" for each in range(12)])
    assert made.cell(0, 0).top() > flat + 30
    assert made.cell(0, 0).width() > 20  # wide enough for a number
    assert made.cell(11, 11).right() <= made.width()


def test_the_result_is_a_sentence_with_what_was_left_out_and_the_mistakes(qtbot: QtBot, tmp_path: Path) -> None:
    made = Result(None)
    qtbot.addWidget(made)
    assert "press Start" in made.empty.text()
    [path] = folders(tmp_path, count=1, kinds=("dark",))
    mistake = Mistake(str(Path(path) / "0.png"), 1, 0, 0.98)
    made.show_outcome(outcome((mistake,)))
    assert "Right on 41 of 50 pictures it had not seen (82.0 %)." in made.said.text()
    assert "“bad.png”" in made.note.text()
    assert made.mistakes.item(0).text() == "ship, taken for frog\n98 % · 0.png"
    wanted: list[str] = []
    made.pictureWanted.connect(wanted.append)
    made.mistakes.setCurrentRow(0)
    made.mistakes.itemActivated.emit(made.mistakes.item(0))
    assert wanted == [mistake.path]


def test_a_thumbnail_is_a_square_and_a_broken_picture_has_none(tmp_path: Path, qtbot: QtBot) -> None:
    [path] = folders(tmp_path, count=1, kinds=("dark",), size=200)
    made = thumbnail(str(Path(path) / "0.png"), 2.0)
    assert made is not None
    assert made.width() == made.height() == 2 * SIDE
    (tmp_path / "bad.png").write_bytes(b"nothing")
    assert thumbnail(str(tmp_path / "bad.png")) is None
