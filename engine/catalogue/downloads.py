"""The weights that were downloaded: what they take on the disk, and how to be rid of them; without torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.catalogue.models import NETWORKS, NetworkCard, Source, cache_folder, timm_networks


@dataclass(frozen=True)
class Download:
    """Downloaded weights.

    Attributes:
        name: of the network; ``title`` as read.
        path: of the file.
        megabytes: its size, in millions of bytes; what is left of a broken download counts.
    """

    name: str
    title: str
    path: Path
    megabytes: float


def downloads() -> list[Download]:
    """The downloaded weights of the networks that Foolscope knows; other programs' files are not among them."""
    found = []
    folder = cache_folder()
    present = {each.name.removesuffix(".part") for each in folder.iterdir()} if folder.is_dir() else set()
    cards = (each for each in NETWORKS.values() if each.source is Source.TORCHVISION)
    for card in (each for each in (*cards, *timm_networks().values()) if each.file in present):
        path = folder / card.file
        if size := sum(_size(each) for each in _files(path)):
            found.append(Download(card.name, card.title, path, size / 1e6))
    return found


def megabytes_arrived(card: NetworkCard) -> float:
    """What a download of these weights that was cut short has left, in millions of bytes."""
    return _size(partial(cache_folder() / card.file)) / 1e6


def partial(path: Path) -> Path:
    """Where a file is while it is downloaded."""
    return path.with_name(f"{path.name}.part")


def delete_downloads(wanted: Sequence[Download]) -> str:
    """Deletes weights; gives a sentence about what came of it."""
    freed, troubles = 0.0, []
    for each in wanted:
        try:
            for path in _files(each.path):
                path.unlink(missing_ok=True)
            freed += each.megabytes
        except OSError as error:
            troubles.append(f"{each.path} could not be deleted ({error.strerror or error}).")
    return " ".join([f"{freed:.0f} MB of downloaded weights are deleted.", *troubles])


def _files(path: Path) -> tuple[Path, Path]:
    """A file, and what a download leaves when it is cut short."""
    return path, partial(path)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
