"""Small files of networks, good and bad, for the tests."""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from engine.catalogue.found import Found, record_of
from engine.catalogue.own import OwnNetwork
from engine.models.own import inspect


def small() -> nn.Module:
    """Grey pictures of 28 × 28 to four classes, always the same."""
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(4 * 13 * 13, 4)
    ).eval()


class Answering(nn.Module):
    """What ``small`` answers, put into another form."""

    def __init__(self, form: Callable[[Tensor], Any]) -> None:
        super().__init__()
        self.inner, self.form = small(), form

    def forward(self, x: Tensor) -> Any:
        return self.form(self.inner(x))


class Trap:
    """Makes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


def pictures(count: int = 2, channels: int = 1, side: int = 28) -> Tensor:
    return torch.rand(count, channels, side, side, generator=torch.Generator().manual_seed(3))


def saved(content: object, path: Path) -> Path:
    torch.save(content, path)
    return path


def exported(network: nn.Module, path: Path, *inputs: Tensor) -> Path:
    torch.export.save(torch.export.export(network, inputs or (pictures(1),)), path)
    return path


def scripted(network: nn.Module, path: Path) -> Path:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # TorchScript is deprecated
        torch.jit.trace(network, pictures(1)).save(path)  # type: ignore[no-untyped-call]
    return path


def bomb(path: Path, megabytes: int = 60) -> Path:
    """A file of weights whose one tensor is packed a thousandfold."""
    saved({"fc.weight": torch.zeros(4, 4)}, path)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive, archive.open("archive/data/9", "w") as entry:
        for _ in range(megabytes):
            entry.write(bytes(1_000_000))
    return path


def look_at(path: Path, *, is_trusted: bool = False) -> Found:
    """What is found out about a file."""
    found: list[Found] = []
    for _ in inspect(path, found, is_trusted=is_trusted):
        pass
    return found[0]


def record(path: Path, *, is_trusted: bool = False, **chosen: Any) -> OwnNetwork:
    """What is remembered of a file if the user accepts its first guess."""
    found = look_at(path, is_trusted=is_trusted)
    return record_of(found, found.guesses[0], **chosen)
