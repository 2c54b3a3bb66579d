"""What a file is, and that it is no larger than it says, found out before anything in it is unpacked."""

from __future__ import annotations

import zipfile
from pathlib import Path

from engine.catalogue.own import Kind
from engine.models.errors import ModelError

MOST_BYTES = 16_000_000_000
"""Of a file; the largest networks for pictures have a tenth of it."""
MOST_ENTRIES = 100_000
"""Of an archive: a tensor each."""
MOST_PACKED = 64_000_000
"""Bytes that compressed parts of an archive (its program text) may become."""
LONGEST_HEADER = 100_000_000
"""Bytes of the table at the start of a safetensors file; its library has the same limit."""
LONGEST_REASON = 600
"""Characters."""

WHAT_OPENS = (
    "Foolscope opens .safetensors, PyTorch weights (.pt, .pth: a state_dict), TorchScript, torch.export (.pt2) and "
    "ONNX files."
)

_ARCHIVE = b"PK\x03\x04"
_TOLD_APART = (
    (b"\x89HDF", "it is a file of Keras (HDF5)", "Convert it to ONNX with tf2onnx, and open that."),
    (
        b"version https://git-lfs",
        "it only says where Git LFS keeps the network",
        "Fetch the network itself: git lfs pull",
    ),
    (b"<", "it is a web page: the address gave a page in place of the file", "Download it again, by a direct link."),
    (b"GGUF", "it is a language model (GGUF)", "Choose a network that classifies pictures."),
)
"""How files begin that are often taken for networks, what they are, and what to do."""


def refused(path: Path, why: str, remedy: str) -> ModelError:
    """The error about a file that is not opened; what it calls its tensors may be longer than anybody reads."""
    said = why if len(why) <= LONGEST_REASON else f"{why[:LONGEST_REASON]} …"
    return ModelError(f"“{path.name}” cannot be opened", said, remedy)


def kind_of(path: Path) -> Kind:
    """What a file is, by its content.

    Raises:
        ModelError: it is no file, too large, an archive that unpacks to more than it should, or something else.
    """
    try:
        if not path.is_file():
            raise _no_file(path)
        size = path.stat().st_size
        with path.open("rb") as file:
            start = file.read(32)
    except OSError as error:
        raise refused(path, error.strerror or str(error), "Check its permissions and the disk.") from error
    if size > MOST_BYTES:
        raise refused(
            path, f"it has {size / 1e9:.0f} GB, more than {MOST_BYTES / 1e9:.0f}", "Choose a smaller network."
        )
    if start.startswith(_ARCHIVE):
        return _kind_of_archive(path, size)
    return _kind_by_start(path, start)


def is_archive(path: Path) -> bool:
    """Whether a file begins as zip archives do; torch goes by that, too."""
    with path.open("rb") as file:
        return file.read(len(_ARCHIVE)) == _ARCHIVE


def is_safetensors(path: Path) -> bool:
    """Whether a file begins as safetensors do: the length of a table, and the table."""
    with path.open("rb") as file:
        start = file.read(9)
    return len(start) == 9 and int.from_bytes(start[:8], "little") <= LONGEST_HEADER and start[8:9] == b"{"


def _no_file(path: Path) -> ModelError:
    if path.is_dir():
        return refused(path, "it is a folder", "Open the file in it that holds the weights.")
    if path.exists():
        return refused(path, "it is a device or a pipe, not a file", "Save it as a file first.")
    if path.is_symlink():
        return refused(path, f"it is a link to {path.readlink()}, and nothing is there", "Open the file itself.")
    return refused(path, "there is no such file", "Open it from where it is now.")


def _kind_by_start(path: Path, start: bytes) -> Kind:
    if not start:
        raise refused(path, "the file is empty", "Get it again where it came from.")
    if is_safetensors(path) or start.startswith(b"\x80"):  # the latter begins every pickle
        return Kind.STATE
    if path.suffix.lower() == ".onnx":
        return Kind.ONNX
    if path.suffix.lower() == ".safetensors":
        raise refused(path, "the table at its start is damaged", "Get it again where it came from.")
    for beginning, what, remedy in _TOLD_APART:
        if start.startswith(beginning):
            raise refused(path, what, remedy)
    raise refused(path, "it is not a network", WHAT_OPENS)


def _kind_of_archive(path: Path, size: int) -> Kind:
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, MemoryError) as error:
        raise refused(path, "it is cut short or damaged", "Get it again where it came from.") from error
    names = [each.filename for each in entries]
    if len({each.casefold() for each in names}) < len(names):  # readers of archives differ in which of two they take
        raise refused(path, "it holds two parts of one name", "No program writes such files: do not trust it.")
    kind = _kind_of_entries(path, {each.partition("/")[2] or each for each in names})
    _check_sizes(path, size, entries, kind)
    return kind


def _kind_of_entries(path: Path, inside: set[str]) -> Kind:
    if {"archive_format", "serialized_exported_program.json"} & inside or any(
        each.startswith("models/") for each in inside
    ):
        return Kind.EXPORTED
    if "constants.pkl" in inside:
        return Kind.SCRIPT
    if "data.pkl" in inside:
        return Kind.STATE
    if "config.json" in inside and any(each.endswith(".h5") for each in inside):
        raise refused(path, "it is a file of Keras", "Convert it to ONNX with tf2onnx, and open that.")
    raise refused(path, "it is an archive without a network", f"Unpack it first. {WHAT_OPENS}")


def _check_sizes(path: Path, size: int, entries: list[zipfile.ZipInfo], kind: Kind) -> None:
    """Refuses what unpacks to more than it weighs: numbers are stored as they are, only program text is packed."""
    stored = sum(each.file_size for each in entries if each.compress_type == zipfile.ZIP_STORED)
    packed = sum(each.file_size for each in entries if each.compress_type != zipfile.ZIP_STORED)
    most_packed = MOST_PACKED if kind.runs_code else 0
    if len(entries) > MOST_ENTRIES or stored > size or packed > most_packed:
        why = f"it has {size / 1e6:.1f} MB and says that it unpacks to {(stored + packed) / 1e6:.0f} MB"
        raise refused(
            path, why, "PyTorch stores numbers unpacked: this file was made by something else, do not trust it."
        )
