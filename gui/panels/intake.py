"""What a drop or a paste means: pictures, a session, a network, or why none of them. Nothing is ever fetched."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from PySide6.QtCore import QBuffer, QIODevice, QMimeData, QUrl
from PySide6.QtGui import QImage

from engine.catalogue.own import SUFFIXES
from engine.images import FILE_LIMIT, PIXEL_LIMIT, ImageError, is_picture_name, pictures_in
from engine.images.errors import RefusedError, check_size, grouped
from engine.images.kinds import kind_of
from engine.teaching.folders import are_classes
from gui.panels import pasted

LIMIT = 1000
"""How many pictures are taken at once."""
LOOKED_INTO = 20
"""How many files whose names tell nothing are opened to see what they are."""
TEXT_LIMIT = 100_000
"""How many characters of a text are looked at for paths."""

REMOTE = "Foolscope fetches nothing: save the picture first, then drop the file."
_WHAT_TO_DROP = "Drop pictures, a folder of pictures, a session (.json) or a network (.safetensors, .pt, .onnx …)."
_ENCODED = {
    "image/png": ".png",
    "image/webp": ".webp",
    "image/tiff": ".tiff",
    "image/bmp": ".bmp",
    "image/gif": ".gif",
    "image/jpeg": ".jpg",
}
"""Kinds of encoded pictures, the best first: a program that offers several has made the others from one of them."""


@dataclass(frozen=True)
class Intake:
    """What came in.

    Attributes:
        images: pictures as ``Request.image`` names them, in their order, none twice.
        session_file: a session to open; only where there are no pictures.
        network_file: what may be a network; only where there is nothing else.
        class_folders: folders that a network can be taught to tell apart: two or more with pictures, or one of such.
        message: what the user should know: what was left out, and why.
    """

    images: tuple[str, ...] = ()
    session_file: str | None = None
    network_file: str | None = None
    class_folders: tuple[str, ...] = ()
    message: str | None = None


def images_in(mime: QMimeData) -> Intake:
    """What was dropped or is on the clipboard.

    Local files come first, then the picture itself (dragged from a browser, copied in another program), which is
    kept as a file; addresses on the network are only told of. No picture is decoded.
    """
    addresses = _addresses(mime)
    paths = [each.toLocalFile() for each in addresses if each.isLocalFile()]
    if paths:
        return _from_paths(paths)
    if mime.hasImage() or any(mime.hasFormat(each) for each in _ENCODED):
        return _from_picture(mime)
    if addresses:
        return Intake(message=REMOTE)
    if mime.hasText() and mime.text().strip():
        return Intake(message=f"This is a text, not a picture nor the path of one. {_WHAT_TO_DROP}")
    return Intake(message=f"There is no picture in this. {_WHAT_TO_DROP}")


# Addresses


def _addresses(mime: QMimeData) -> list[QUrl]:
    if mime.hasUrls():
        return mime.urls()
    lines = [line.strip().strip("\"'") for line in mime.text()[:TEXT_LIMIT].splitlines()]
    found = [_address(line) for line in lines if line]
    return [each for each in found if each is not None] if found and found[0] is not None else []


def _address(text: str) -> QUrl | None:
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", text):
        return QUrl(text)
    return QUrl.fromLocalFile(text) if Path(text).is_absolute() else None


# Files


@dataclass
class _Sorted:
    """Paths, sorted by what they are."""

    images: dict[str, None] = field(default_factory=dict)
    sessions: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    count: int = 0
    """Of pictures, also those over the limit."""

    @property
    def is_full(self) -> bool:
        return len(self.images) >= LIMIT

    def take(self, path: str) -> None:
        """Sorts one path; once enough pictures are found, by its name alone."""
        if self.is_full:
            if is_picture_name(path):
                self.count += 1
            else:
                self.others.append(path)
        elif not os.path.lexists(path):
            self.troubles.append(f"There is no file “{path}”.")
        elif Path(path).is_dir():
            self._take_folder(path)
        elif is_picture_name(path):
            self._take_pictures([path], 1)
        elif path.lower().endswith(".json"):
            self.sessions.append(path)
        else:
            self.others.append(path)

    def _take_folder(self, path: str) -> None:
        try:
            inside, count = pictures_in(path, LIMIT)
        except ImageError as error:
            self.troubles.append(str(error))
            return
        if not inside:
            self.troubles.append(f"“{Path(path).name}” holds no pictures; folders inside it are not opened.")
        self._take_pictures(inside, count)

    def _take_pictures(self, paths: Sequence[str], count: int) -> None:
        before = len(self.images)
        new = [each for each in paths if each not in self.images]
        self.images.update(dict.fromkeys(new[: LIMIT - before]))
        self.count += count - (len(paths) - len(new))

    def look_into_others(self) -> None:
        """Opens the few files whose names tell nothing: a picture may be called anything."""
        for path in self.others[:LOOKED_INTO]:
            why = _why_no_picture(path)
            if why is None:
                self._take_pictures([path], 1)
            else:
                self.troubles.append(f"“{Path(path).name}” cannot be opened: {why}")
        self.troubles += [f"“{Path(path).name}” was left out." for path in self.others[LOOKED_INTO:]]
        self.others.clear()


def _from_paths(paths: Sequence[str]) -> Intake:
    found = _Sorted()
    for path in paths:
        found.take(path)
    network = None
    if not found.images and not found.sessions:
        network = next((each for each in found.others if _may_be_network(each)), None)
        if network is None:
            found.look_into_others()
    session = found.sessions[0] if found.sessions and not found.images else None
    left_out = [each for each in found.sessions + found.others if each not in {session, network}]
    said = [*_some(found.troubles), _say_left_out(left_out), _say_count(found)]
    classes = _classes(paths, found)
    message = None if classes and not found.images else " ".join(filter(None, said)) or None
    return Intake(tuple(found.images), session, network, classes, message)


def _classes(paths: Sequence[str], found: _Sorted) -> tuple[str, ...]:
    """The paths, if all are folders that may be classes; a single one only if no pictures lie beside its folders."""
    may_be = (len(paths) > 1 or not found.images) and all(Path(each).is_dir() for each in paths)
    return tuple(paths) if may_be and are_classes(paths) else ()


def _may_be_network(path: str) -> bool:
    """Whether a file is called as networks are; whether it is one is found out when it is opened."""
    return path.lower().endswith(SUFFIXES) and Path(path).is_file()


def _some(troubles: Sequence[str]) -> list[str]:
    """The first of what went wrong; nobody reads a thousand."""
    more = len(troubles) - 1
    return [troubles[0], f"There are {grouped(more)} more like it."] if more > 1 else list(troubles)


def _say_left_out(paths: Sequence[str]) -> str:
    if not paths:
        return ""
    names = ", ".join(f"“{Path(each).name}”" for each in paths[:3])
    more = f" and {grouped(len(paths) - 3)} more" if len(paths) > 3 else ""
    return f"Left out: {names}{more}. {_WHAT_TO_DROP}"


def _say_count(found: _Sorted) -> str:
    shown = len(found.images)
    return f"Showing the first {grouped(shown)} of {grouped(found.count)} pictures." if found.count > shown else ""


def _why_no_picture(path: str) -> str | None:
    """Why a file is not a picture, and what to do; None if it begins as one."""
    if not Path(path).is_file():
        return f"it is a device or a pipe, not a file. {_WHAT_TO_DROP}"
    try:
        with Path(path).open("rb") as file:
            start = file.read(4096)
        if not start:
            raise RefusedError("the file is empty", _WHAT_TO_DROP)
        kind_of(start)
    except OSError as error:
        return f"{error.strerror or error}. Check its permissions and the disk."
    except RefusedError as error:
        return f"{error.why}. {error.remedy}"
    return None


# The picture itself


def _from_picture(mime: QMimeData) -> Intake:
    try:
        path = pasted.keep(*_encoded(mime))
    except RefusedError as error:
        return Intake(message=f"The picture cannot be taken: {error.why}. {error.remedy}")
    except OSError as error:
        why = error.strerror or str(error)
        return Intake(message=f"The picture cannot be kept in {pasted.folder()}: {why}. Save it first, then open that.")
    return Intake((str(path),))


def _encoded(mime: QMimeData) -> tuple[bytes, str]:
    """The bytes of a picture's file and its suffix: as they came, else as a lossless PNG."""
    for kind, suffix in _ENCODED.items():
        content = bytes(mime.data(kind).data()) if mime.hasFormat(kind) else b""
        if content:
            _check(content)
            return content, suffix
    image = mime.imageData()
    if not isinstance(image, QImage) or image.isNull():
        raise RefusedError("it came without its pixels", "Save it first, then drop the file.")
    return _as_png(image), ".png"


def _check(content: bytes) -> None:
    if len(content) > FILE_LIMIT:
        raise RefusedError(f"it has {grouped(len(content))} bytes", "Save it smaller and open that.")
    if kind_of(content) == "PNG":
        check_size(int.from_bytes(content[16:20], "big"), int.from_bytes(content[20:24], "big"), PIXEL_LIMIT)


def _as_png(image: QImage) -> bytes:
    check_size(image.width(), image.height(), PIXEL_LIMIT)
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    if not image.save(buffer, "PNG", 80):  # type: ignore[call-overload]  # any quality is lossless; 80 packs fast
        raise RefusedError("its pixels cannot be written as PNG", "Save it first, then drop the file.")
    return bytes(buffer.data().data())
