"""What a pickle asks for by name, read without running any of it: the first of two gates.

The second is ``torch.load(weights_only=True)``, which calls nothing but a short list of functions. That list is a
little wider than numbers need: ``bytearray(10**12)`` is on it, and fills the memory. PyTorch's notes on security call
the safe reading a larger surface of attack than safetensors, and it has been broken before (CVE-2025-32434, closed in
2.6; CVE-2026-24747, closed in 2.10), so that it is only given what asks for tensors and the plainest of containers.
"""

from __future__ import annotations

import io
import pickletools
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

from engine.models.own.kinds import is_archive

LONGEST = 1 << 24
"""Bytes of instructions; those of a network of a thousand tensors are some hundred thousand."""
PARTS = 5
"""How many pickles a file begins with that is no archive: a magic number, a version, the machine, the content, keys."""

_OF_TENSORS = re.compile(
    r"torch\.(\w+Storage|storage\.\w+Storage|Size|device|[a-z]+\d+\w*|bool|Tensor|nn\.parameter\.Parameter"
    r"|_utils\._rebuild_\w+|_tensor\._rebuild_from_type_v2|serialization\._get_layout)"
)
_PLAIN = frozenset({"collections.OrderedDict", "collections.Counter", "argparse.Namespace", "set", "complex"})
"""Containers and numbers that run nothing. A namespace holds the options of many a training script."""


class DamagedPickleError(ValueError):
    """These are no instructions of a pickle, or far too many."""


def foreign_names(path: Path) -> list[str]:
    """The names that a file of weights asks for and that are neither tensors nor plain containers, in their order.

    Raises:
        DamagedPickleError: it cannot be followed.
    """
    try:
        return [name for part in _parts(path) for name in _names(part) if not is_plain(name)]
    except Exception as error:  # whatever a damaged or forged file makes its readers raise
        raise DamagedPickleError(str(error)) from error


def is_plain(name: str) -> bool:
    """Whether a function or class of that name makes numbers, tensors or containers of such, and does nothing else."""
    return name in _PLAIN or _OF_TENSORS.fullmatch(name) is not None


def _parts(path: Path) -> Iterator[io.BytesIO]:
    """What there is of instructions, each from its beginning; behind the last one a file has raw numbers."""
    if not is_archive(path):
        with path.open("rb") as file:
            content = io.BytesIO(file.read(LONGEST))
        for _ in range(PARTS):
            if content.tell() < len(content.getbuffer()):
                yield content
        return
    with zipfile.ZipFile(path) as archive:
        for entry in archive.infolist():
            if entry.filename.rpartition("/")[2] == "data.pkl":
                if entry.file_size > LONGEST:
                    raise DamagedPickleError("it has far too many instructions")
                yield io.BytesIO(archive.read(entry))


def _names(part: io.BytesIO) -> Iterator[str]:
    """The names in one pickle, as ``module.name``; those of Python itself as ``name``."""
    texts = [""] * 2
    for code, said, _ in pickletools.genops(part):
        if isinstance(said, str):
            texts = [texts[-1], said]
        if code.name in {"GLOBAL", "INST"}:
            yield _told(str(said).replace(" ", "."))
        elif code.name == "STACK_GLOBAL":
            yield _told(".".join(texts))


def _told(name: str) -> str:
    return name.removeprefix("__builtin__.").removeprefix("builtins.")
