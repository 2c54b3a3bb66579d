"""Looks at a file and says what network it may be; nothing in it is run unless the user has spoken for it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from torch import nn

from engine.catalogue.found import NORMALISATIONS, Found, Guess, spread
from engine.catalogue.own import Kind, OwnNetwork, OwnNetworkError
from engine.catalogue.taught import record_in
from engine.models.own.adapting import NoAnswerError, adapted, ask
from engine.models.own.guessing import guesses, why_none
from engine.models.own.kinds import kind_of, refused
from engine.models.own.onnx_graph import load_onnx
from engine.models.own.programs import SIDES, Size, channels_of, load_exported, load_script
from engine.models.own.states import read_state
from engine.tasks import Progress

CHUNK = 1 << 24
"""Bytes between two marks of progress while a file's hash is computed."""


@dataclass(frozen=True, eq=False)
class Program:
    """A network that its file built, with what the file tells of its input."""

    network: nn.Module
    size: Size | None = None
    channels: int | None = None


def inspect(path: str | Path, found: list[Found], *, is_trusted: bool = False) -> Iterator[Progress]:
    """Looks at a file, with progress.

    Args:
        path: of the file.
        found: gets one ``Found``. Where the file may run code and is not trusted, it has no guesses.
        is_trusted: whether the user has said that they made the file.

    Raises:
        ModelError: it is no network, damaged, or of an architecture that is not known; says what to do.
    """
    path = Path(path).absolute()
    kind = kind_of(path)
    digests: list[str] = []
    yield from digest(path, digests)
    seen = Found(str(path), digests[0], kind, path.stat().st_size / 1e6, is_trusted=is_trusted)
    if seen.needs_trust:
        found.append(seen)
    elif (record := _taught(path, seen)) is not None:
        yield Progress(0, None, "loading the network below it")
        found.append(_tried(record, seen))
    elif kind is Kind.STATE:
        yield from _inspect_state(path, seen, found)
    else:
        yield Progress(0, None, "reading the program")
        found.append(_inspect_program(path, seen))


def _taught(path: Path, seen: Found) -> OwnNetwork | None:
    """The record in the file of a network that was taught classes here; None for any other file."""
    try:
        return record_in(path, seen.sha256) if seen.kind is Kind.STATE else None
    except OwnNetworkError as error:
        raise refused(path, f"it is a taught network, and {error}", "Get it again where it came from.") from error


def _tried(record: OwnNetwork, seen: Found) -> Found:
    """A taught network that can be used; whoever loads it says why, if it cannot."""
    from engine.models.own.loading import classifier_of  # which needs this module

    classifier_of(record)
    return replace(seen, parameters=record.parameters, record=record)


def digest(path: Path, found: list[str]) -> Iterator[Progress]:
    """Computes the SHA-256 of a file, with progress; appends its hexadecimal digits to ``found``."""
    made, done, size = hashlib.sha256(), 0, path.stat().st_size
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            made.update(chunk)
            done += len(chunk)
            yield Progress(done, size, "reading the file")
    found.append(made.hexdigest())


def open_program(path: Path, kind: Kind) -> Program:
    """A file that brings its own architecture, as a network; the caller sees to it that it is trusted.

    Raises:
        ModelError: it cannot be read.
    """
    if kind is Kind.SCRIPT:
        return Program(load_script(path))
    return Program(*(load_onnx(path) if kind is Kind.ONNX else load_exported(path)))


def _inspect_state(path: Path, seen: Found, found: list[Found]) -> Iterator[Progress]:
    read = read_state(path)
    yield Progress(0, None, "comparing it with what is known")
    made: list[Guess] = []
    yield from guesses(read.state, made)
    if not any(each.fits and each.classes > 1 for each in made):
        raise refused(path, *why_none(made, read.state))
    parameters = sum(each.numel() for each in read.state.values())
    found.append(replace(seen, parameters=parameters, guesses=tuple(made), class_names=read.class_names))


def _inspect_program(path: Path, seen: Found) -> Found:
    program = open_program(path, seen.kind)
    channels = program.channels or channels_of(program.network)
    if channels not in {1, 3}:
        why = f"its pictures have {channels} channels, and Foolscope has grey ones (1) and colour ones (3)"
        raise refused(path, why, "Choose a network that was trained on one of these.")
    size = program.size or _size_of(path, program.network, channels)
    made = adapted(program.network, f"“{path.name}”", channels, size)
    usual = NORMALISATIONS["imagenet" if channels == 3 and size[0] > 64 else "none"]
    guess = Guess(
        "",
        "as the file says",
        fitting=0,
        of=0,
        classes=made.classes,
        channels=channels,
        size=size,
        resize=round(size[0] * 256 / 224) if size[0] > 64 else size[0],
        mean=spread(usual.mean, channels),
        std=spread(usual.std, channels),
        labels="imagenet" if made.classes == 1000 else "",
    )
    parameters = sum(each.numel() for each in program.network.parameters())
    return replace(seen, parameters=parameters, guesses=(guess,), notes=made.notes)


def _size_of(path: Path, network: nn.Module, channels: int) -> Size:
    """The first of the usual sizes that the network takes."""
    import torch

    why = ""
    for side in SIDES:
        try:
            ask(network, torch.rand(1, channels, side, side))
        except NoAnswerError as error:
            why = why or str(error)
        else:
            return side, side
    sides = f"none of the usual sizes ({min(SIDES)} to {max(SIDES)} pixels), {'grey' if channels == 1 else 'in colour'}"
    raise refused(path, f"it takes {sides} ({why})", "Export it as ONNX or torch.export, which tell the input's shape.")
