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

WHAT_OPENS = (
    "Foolscope opens .safetensors, PyTorch weights (.pt, .pth: a state_dict), TorchScript, torch.export (.pt2) and "
    "ONNX files."
)


def refused(path: Path, why: str, remedy: str) -> ModelError:
    """The error about a file that is not opened."""
    return ModelError(f"“{path.name}” cannot be opened", why, remedy)


def kind_of(path: Path) -> Kind:
    """What a file is, by its content.

    Raises:
        ModelError: it is no file, too large, an archive that unpacks to more than it should, or something else.
    """
    try:
        if not path.is_file():
            raise refused(path, "there is no such file", "Open it from where it is now.")
        size = path.stat().st_size
        with path.open("rb") as file:
            start = file.read(16)
    except OSError as error:
        raise refused(path, error.strerror or str(error), "Check its permissions and the disk.") from error
    if size > MOST_BYTES:
        raise refused(
            path, f"it has {size / 1e9:.0f} GB, more than {MOST_BYTES / 1e9:.0f}", "Choose a smaller network."
        )
    if start.startswith(b"PK\x03\x04"):
        return _kind_of_archive(path, size)
    return _kind_by_start(path, start)


def is_safetensors(path: Path) -> bool:
    """Whether a file begins as safetensors do: the length of a table, and the table."""
    with path.open("rb") as file:
        start = file.read(9)
    return len(start) == 9 and int.from_bytes(start[:8], "little") <= LONGEST_HEADER and start[8:9] == b"{"


def _kind_by_start(path: Path, start: bytes) -> Kind:
    if not start:
        raise refused(path, "the file is empty", "Get it again where it came from.")
    if is_safetensors(path) or start.startswith(b"\x80"):  # the latter begins every pickle
        return Kind.STATE
    if path.suffix.lower() == ".onnx":
        return Kind.ONNX
    if path.suffix.lower() == ".safetensors":
        raise refused(path, "the table at its start is damaged", "Get it again where it came from.")
    if start.startswith(b"\x89HDF"):
        raise refused(path, "it is a file of Keras (HDF5)", "Convert it to ONNX with tf2onnx, and open that.")
    raise refused(path, "it is not a network", WHAT_OPENS)


def _kind_of_archive(path: Path, size: int) -> Kind:
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, MemoryError) as error:
        raise refused(path, "it is cut short or damaged", "Get it again where it came from.") from error
    kind = _kind_of_entries(path, {each.filename.partition("/")[2] or each.filename for each in entries})
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
