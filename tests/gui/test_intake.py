"""Whatever is dropped or pasted becomes pictures, a session, or a sentence that says what to do."""

from __future__ import annotations

import io
import os
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QColor, QDragEnterEvent, QDropEvent, QGuiApplication, QImage
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from engine.images import decode
from engine.request import Request
from gui.panels import intake, pasted
from gui.panels.intake import LIMIT, Intake, images_in


def encoded(kind: str = "PNG", size: tuple[int, int] = (8, 6), colour: str = "red") -> bytes:
    made = io.BytesIO()
    Image.new("RGB", size, colour).save(made, kind)
    return made.getvalue()


def picture(path: Path) -> str:
    path.write_bytes(encoded())
    return str(path)


def files(*paths: str | Path) -> QMimeData:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return mime


def text(content: str) -> QMimeData:
    mime = QMimeData()
    mime.setText(content)
    return mime


def of_kind(kind: str, content: bytes) -> QMimeData:
    mime = QMimeData()
    mime.setData(kind, content)
    return mime


@pytest.fixture(autouse=True)
def nothing_pasted_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pasted, "user_data_dir", lambda *_, **__: str(tmp_path / "data"))


class Bench(QWidget):
    """Takes drops as the window does; the panel within does not."""

    def __init__(self) -> None:
        super().__init__()
        self.setAcceptDrops(True)
        self.taken: list[Intake] = []

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802
        event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802
        event.acceptProposedAction()
        self.taken.append(images_in(event.mimeData()))


def drop(widget: QWidget, mime: QMimeData) -> None:
    place, actions = widget.rect().center(), Qt.DropAction.CopyAction | Qt.DropAction.MoveAction
    how = (actions, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    enter = QDragEnterEvent(place, *how)
    QApplication.sendEvent(widget, enter)
    assert enter.isAccepted()
    dropped = QDropEvent(QPointF(place), *how)
    QApplication.sendEvent(widget, dropped)
    assert dropped.isAccepted()


@pytest.mark.parametrize("name", ["cat.png", "ein schönes Bild.JPG", "猫 #1 50%.webp", "a+b&c;d.tiff"])
def test_a_dropped_file_is_taken_whatever_it_is_called(qtbot: QtBot, tmp_path: Path, name: str) -> None:
    path = picture(tmp_path / name)
    bench = Bench()
    qtbot.addWidget(bench)
    drop(bench, files(path))
    assert bench.taken == [Intake(images=(path,))]


def test_several_files_keep_their_order_and_come_once(tmp_path: Path) -> None:
    paths = [picture(tmp_path / name) for name in ("c.png", "a.png", "b.png")]
    assert images_in(files(*paths, paths[0])).images == tuple(paths)


def test_a_folder_gives_its_pictures_in_natural_order(tmp_path: Path) -> None:
    folder = tmp_path / "Urlaub in Köln"
    folder.mkdir()
    for name in ("img10.png", "img2.png", "notes.txt"):
        picture(folder / name)
    taken = images_in(files(folder))
    assert taken == Intake(images=(str(folder / "img2.png"), str(folder / "img10.png")))


def test_an_empty_folder_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    taken = images_in(files(tmp_path / "empty"))
    assert taken.images == ()
    assert taken.message is not None
    assert "“empty” holds no pictures" in taken.message


def test_ten_thousand_files_at_once_give_the_first_thousand_and_say_so(tmp_path: Path) -> None:
    paths = [tmp_path / f"{k:05}.png" for k in range(10_000)]
    for path in paths[:LIMIT]:
        path.touch()
    taken = images_in(files(*paths))
    assert taken.images == tuple(str(path) for path in paths[:LIMIT])
    assert taken.message == "Showing the first 1 000 of 10 000 pictures."


def test_a_folder_of_more_than_a_thousand_pictures_gives_the_first_thousand(tmp_path: Path) -> None:
    for k in range(LIMIT + 5):
        (tmp_path / f"{k}.png").touch()
    taken = images_in(files(tmp_path))
    assert len(taken.images) == LIMIT
    assert taken.message == "Showing the first 1 000 of 1 005 pictures."


def test_ten_thousand_texts_at_once_are_not_all_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [tmp_path / f"{k}.txt" for k in range(10_000)]
    for name in names:
        name.touch()
    opened = []
    monkeypatch.setattr(intake, "_why_no_picture", lambda path: opened.append(path) or "it is a text file")
    taken = images_in(files(*names))
    assert len(opened) <= 20
    assert taken.images == ()
    assert taken.message is not None
    assert taken.message.endswith("There are 9 999 more like it.")


def test_a_text_file_is_refused_by_name_with_what_it_is_and_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("milk, eggs", "utf-8")
    taken = images_in(files(path))
    assert taken.images == ()
    assert taken.message is not None
    assert taken.message.startswith("“notes.txt” cannot be opened: it is a text file, not a picture. ")
    assert "PNG" in taken.message


def test_a_picture_with_a_strange_name_is_still_a_picture(tmp_path: Path) -> None:
    path = picture(tmp_path / "download")
    assert images_in(files(path)) == Intake(images=(path,))


def test_texts_among_pictures_are_left_out_and_named(tmp_path: Path) -> None:
    path = picture(tmp_path / "cat.png")
    (tmp_path / "notes.txt").write_text("milk", "utf-8")
    taken = images_in(files(tmp_path / "notes.txt", path))
    assert taken.images == (path,)
    assert taken.message is not None
    assert taken.message.startswith("Left out: “notes.txt”.")


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    if not hasattr(os, "mkfifo"):
        pytest.skip("this system has no pipes with names")
    os.mkfifo(tmp_path / "pipe")
    taken = images_in(files(tmp_path / "pipe"))
    assert taken.message is not None
    assert "a device or a pipe" in taken.message


@pytest.mark.parametrize("name", ["resnet.pth", "a.SAFETENSORS", "b.pt2", "c.onnx"])
def test_a_file_that_is_called_as_networks_are_is_taken_as_one(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"PK\x03\x04")
    taken = images_in(files(tmp_path / name))
    assert (taken.network_file, taken.message) == (str(tmp_path / name), None)


def test_pictures_come_before_a_network_that_is_dropped_with_them(tmp_path: Path) -> None:
    (tmp_path / "resnet.pth").write_bytes(b"PK\x03\x04")
    cat = picture(tmp_path / "cat.png")
    taken = images_in(files(tmp_path / "resnet.pth", cat))
    assert (taken.images, taken.network_file) == ((cat,), None)
    assert taken.message is not None
    assert "Left out: “resnet.pth”" in taken.message


def test_a_file_that_is_gone_is_told_of(tmp_path: Path) -> None:
    taken = images_in(files(tmp_path / "gone.png"))
    assert taken.images == ()
    assert taken.message is not None
    assert "gone.png" in taken.message


def test_an_address_that_no_file_can_have_is_told_of() -> None:
    mime = QMimeData()
    mime.setUrls([QUrl("file:///a%00b.png")])
    taken = images_in(mime)
    assert taken.images == ()
    assert taken.message is not None
    assert taken.message.startswith("There is no file ")


def test_a_session_is_a_session(tmp_path: Path) -> None:
    path = tmp_path / "mine.JSON"
    path.write_text(Request().to_json(), "utf-8")
    assert images_in(files(path)) == Intake(session_file=str(path))


def test_a_session_among_pictures_is_left_out_and_named(tmp_path: Path) -> None:
    (tmp_path / "mine.json").write_text(Request().to_json(), "utf-8")
    path = picture(tmp_path / "cat.png")
    taken = images_in(files(tmp_path / "mine.json", path))
    assert taken.images == (path,)
    assert taken.session_file is None
    assert taken.message is not None
    assert "“mine.json”" in taken.message


@pytest.mark.parametrize("address", ["https://example.org/cat.png", "http://example.org/", "ftp://example.org/a.png"])
def test_an_address_on_the_network_is_not_fetched_as_link_or_as_text(address: str) -> None:
    link = QMimeData()
    link.setUrls([QUrl(address)])
    for mime in (link, text(address)):
        assert images_in(mime) == Intake(message=intake.REMOTE)


def test_a_path_or_a_local_address_as_text_is_a_file(tmp_path: Path) -> None:
    path = picture(tmp_path / "schöne Katze.png")
    for written in (path, f'"{path}"', f"{path}\n", QUrl.fromLocalFile(path).toString()):
        assert images_in(text(written)).images == (path,)


@pytest.mark.parametrize("content", ["hello", "two\nlines", "data:image/png;base64,AAAA", "cat.png", "\0\0"])
def test_a_text_that_is_no_path_is_told_so(content: str) -> None:
    taken = images_in(text(content))
    assert taken.images == ()
    assert taken.message is not None
    assert "not a picture" in taken.message


def test_nothing_at_all_is_told_so() -> None:
    assert images_in(QMimeData()).message == (
        "There is no picture in this. Drop pictures, a folder of pictures, a session (.json) or a network "
        "(.safetensors, .pt, .onnx …)."
    )


def test_a_picture_dragged_from_a_browser_is_kept_byte_for_byte_though_an_address_comes_along() -> None:
    mime = of_kind("image/png", encoded())
    mime.setUrls([QUrl("https://example.org/cat.png")])
    [path] = images_in(mime).images
    assert Path(path).read_bytes() == encoded()
    assert Path(path).parent == pasted.folder()
    assert pasted.title(path) == "Pasted picture"


def test_a_jpeg_that_comes_as_bytes_is_not_packed_again() -> None:
    [path] = images_in(of_kind("image/jpeg", encoded("JPEG"))).images
    assert Path(path).suffix == ".jpg"
    assert Path(path).read_bytes() == encoded("JPEG")


def test_a_pasted_picture_keeps_every_pixel() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (20, 31, 3), dtype=np.uint8)
    image = QImage(pixels.tobytes(), 31, 20, 31 * 3, QImage.Format.Format_RGB888)
    QGuiApplication.clipboard().setImage(image)
    [path] = images_in(QGuiApplication.clipboard().mimeData()).images
    assert (decode(path).pixels == pixels).all()


def test_the_same_picture_pasted_twice_is_one_file() -> None:
    first, second = (images_in(of_kind("image/png", encoded())) for _ in range(2))
    assert first == second
    assert len(list(pasted.folder().iterdir())) == 1


def test_only_the_newest_pasted_pictures_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pasted, "MAX_COUNT", 3)
    paths = []
    for k in range(5):
        paths.append(pasted.keep(encoded(size=(4, k + 1)), ".png"))
        os.utime(paths[-1], (time.time() - 100 + k,) * 2)
    assert sorted(pasted.folder().iterdir()) == sorted(paths[2:])


def test_pasted_pictures_take_no_more_than_their_share_of_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pasted, "MAX_BYTES", 1000)
    old = pasted.keep(b"a" * 600, ".png")
    os.utime(old, (time.time() - 100,) * 2)
    new = pasted.keep(b"b" * 600, ".png")
    assert list(pasted.folder().iterdir()) == [new]


def test_a_picture_beyond_the_limit_of_pixels_is_refused_and_not_kept() -> None:
    mime = QMimeData()
    mime.setImageData(QImage(20_000, 20_000, QImage.Format.Format_Mono))
    header = encoded()[:16] + (30_000).to_bytes(4, "big") * 2 + encoded()[24:]
    for each in (mime, of_kind("image/png", header)):
        taken = images_in(each)
        assert taken.images == ()
        assert taken.message is not None
        assert "000 pixels" in taken.message
    assert not pasted.folder().exists()


@pytest.mark.parametrize("content", [b"<html>not found</html>", b"\x00" * 50])
def test_bytes_that_only_claim_to_be_a_picture_are_refused(content: bytes) -> None:
    taken = images_in(of_kind("image/png", content))
    assert taken.images == ()
    assert taken.message is not None
    assert taken.message.startswith("The picture cannot be taken: ")


def test_a_full_disk_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Path, _: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    taken = images_in(of_kind("image/png", encoded()))
    assert taken.images == ()
    assert taken.message is not None
    assert "No space left on device" in taken.message
    assert "Save it first" in taken.message


def test_a_red_picture_in_the_clipboard_is_red_on_the_bench() -> None:
    image = QImage(5, 4, QImage.Format.Format_RGB32)
    image.fill(QColor("red"))
    mime = QMimeData()
    mime.setImageData(image)
    [path] = images_in(mime).images
    assert decode(path).pixels[0, 0].tolist() == [255, 0, 0]
