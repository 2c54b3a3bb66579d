"""The pictures that networks learn from, whole in memory as bytes.

A folder is laid out like this (``FOLDER`` of ``--data``)::

    mnist/          train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz, t10k-…: the four original files
    fashion-mnist/  the same four names; without this folder Debian's package dataset-fashion-mnist is looked for
    cifar-10/       train_00.webp … train_49.webp, sheets of 1000 pictures, 40 across, without loss; train_labels.npy;
                    test_first1000.webp and test_first1000_labels.npy, the first of the official test set;
                    test_jpeg.zip, CLASS/NNNN.jpg, all 10 000 test pictures as JPEG copies

Without a folder, torchvision downloads the data sets from their publishers into a cache.
"""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from engine.catalogue.classes import CLASSES
from engine.training.errors import TrainingError

Bytes = NDArray[np.uint8]

DEBIAN = Path("/usr/share/datasets/fashion-mnist")
"""Where Debian's package puts Fashion-MNIST."""

SIDE, ACROSS = 32, 40
"""A picture on a sheet, and how many lie side by side."""


class Pictures(NamedTuple):
    """Pictures (N, C, H, W) of uint8 with their classes (N,) of int64."""

    x: Tensor
    labels: Tensor

    def first(self, count: int) -> Pictures:
        """The first of them."""
        return Pictures(self.x[:count], self.labels[:count])


@dataclass(frozen=True, eq=False)
class DataSet:
    """What a network learns from, and what it is measured on.

    Attributes:
        train: to learn from.
        tests: pictures it never saw, by what they are called on the card; the first is the one that counts.
    """

    train: Pictures
    tests: dict[str, Pictures]


def read_data(labels: str, folder: Path | None) -> DataSet:
    """One of the data sets that networks in the box are trained on.

    Args:
        labels: its name among ``engine.catalogue.classes.CLASSES``.
        folder: laid out as above; None downloads the pictures, or finds them where they were downloaded to.

    Raises:
        TrainingError: files are missing, broken, or do not fit each other.
    """
    reader = _READERS[labels] if folder else _DOWNLOADS[labels]
    place = folder or _cache()
    try:
        data = reader(place)
    except (OSError, ValueError, RuntimeError, EOFError, KeyError, zipfile.BadZipFile) as error:
        raise TrainingError(f"The pictures of {labels} could not be read", str(error), _what_to_do(folder)) from error
    for pictures in (data.train, *data.tests.values()):
        if len(pictures.x) != len(pictures.labels) or not len(pictures.x):
            why = f"there are {len(pictures.x)} pictures and {len(pictures.labels)} classes for them"
            raise TrainingError(f"The pictures of {labels} could not be read", why, _what_to_do(folder))
    return data


def _what_to_do(folder: Path | None) -> str:
    if folder is None:
        return "Try again when this machine is online, or name a folder that holds them with --data FOLDER."
    return f"See in engine/training/data.py how {folder} should be laid out, or leave --data out to download them."


def _cache() -> Path:
    import platformdirs

    return platformdirs.user_cache_path("foolscope") / "datasets"


# From a folder


def _read_mnist(folder: Path) -> DataSet:
    return _read_idx(folder / "mnist")


def _read_fashion(folder: Path) -> DataSet:
    own = folder / "fashion-mnist"
    return _read_idx(DEBIAN if DEBIAN.is_dir() and not own.is_dir() else own)


def _read_idx(folder: Path) -> DataSet:
    """The four files of MNIST's own format."""
    train, test = (
        _pictures(_idx(folder / f"{part}-images-idx3-ubyte.gz")[:, None], _idx(folder / f"{part}-labels-idx1-ubyte.gz"))
        for part in ("train", "t10k")
    )
    return DataSet(train, {f"{_count(test)} test pictures": test})


def _idx(path: Path) -> Bytes:
    """An array of bytes in the idx format: 0, 0, 8, the number of axes, the length of each (32 bits), the bytes."""
    with gzip.open(path) as file:
        data = file.read()
    axes = data[3] if data[:3] == b"\0\0\x08" else 0
    shape = np.frombuffer(data, ">u4", count=axes, offset=4)
    if not axes or len(data) != 4 + 4 * axes + int(np.prod(shape)):
        raise ValueError(f"{path} is not an array of bytes in the idx format")
    return np.frombuffer(data, np.uint8, offset=4 + 4 * axes).reshape(shape)


def _read_cifar(folder: Path) -> DataSet:
    folder = folder / "cifar-10"
    sheets = sorted(folder.glob("train_*.webp"))
    if not sheets:
        raise FileNotFoundError(f"there is no train_00.webp in {folder}")
    train = _pictures(np.concatenate([_sheet(path) for path in sheets]), np.load(folder / "train_labels.npy"))
    first = _pictures(_sheet(folder / "test_first1000.webp"), np.load(folder / "test_first1000_labels.npy"))
    tests = {f"the first {_count(first)} test pictures": first}
    copies = _read_copies(folder / "test_jpeg.zip")
    return DataSet(train, tests | {f"{_count(copies)} JPEG copies of test pictures": copies})


def _sheet(path: Path) -> Bytes:
    """Pictures (N, 3, 32, 32) from a sheet, row by row."""
    with Image.open(path) as file:
        sheet = np.asarray(file.convert("RGB"))
    if sheet.shape[0] % SIDE or sheet.shape[1] != SIDE * ACROSS:
        raise ValueError(f"{path} is {sheet.shape[1]} × {sheet.shape[0]} pixels, not a sheet {SIDE * ACROSS} wide")
    tiles = sheet.reshape(-1, SIDE, ACROSS, SIDE, 3)
    return np.ascontiguousarray(tiles.transpose(0, 2, 4, 1, 3)).reshape(-1, 3, SIDE, SIDE)


def _read_copies(path: Path) -> Pictures:
    with zipfile.ZipFile(path) as archive:
        names = sorted(each for each in archive.namelist() if each.endswith(".jpg"))
        x = np.stack([_decoded(archive.read(name)) for name in names])
    return _pictures(x, np.array([CLASSES["cifar-10"].index(name.split("/")[-2]) for name in names]))


def _decoded(data: bytes) -> Bytes:
    with Image.open(io.BytesIO(data)) as file:
        return np.asarray(file.convert("RGB").resize((SIDE, SIDE))).transpose(2, 0, 1)


def _pictures(x: NDArray[np.generic], labels: NDArray[np.generic]) -> Pictures:
    return Pictures(torch.from_numpy(np.array(x, np.uint8)), torch.from_numpy(np.array(labels, np.int64)))


# Downloaded


def _download_mnist(cache: Path) -> DataSet:
    from torchvision.datasets import MNIST

    return _downloaded(lambda train: MNIST(cache, train=train, download=True))


def _download_fashion(cache: Path) -> DataSet:
    from torchvision.datasets import FashionMNIST

    return _downloaded(lambda train: FashionMNIST(cache, train=train, download=True))


def _download_cifar(cache: Path) -> DataSet:
    from torchvision.datasets import CIFAR10

    return _downloaded(lambda train: CIFAR10(cache, train=train, download=True))


def _downloaded(part: Callable[[bool], object]) -> DataSet:
    """What torchvision's classes hold: ``data`` (N, H, W) or (N, H, W, 3), and ``targets``."""
    train, test = (_whole(part(is_train)) for is_train in (True, False))
    return DataSet(train, {f"{_count(test)} test pictures": test})


def _whole(found: object) -> Pictures:
    x, labels = np.asarray(getattr(found, "data")), np.asarray(getattr(found, "targets"))  # noqa: B009
    return _pictures(x[:, None] if x.ndim == 3 else x.transpose(0, 3, 1, 2), labels)


# Two classes of ten


def _frog_or_ship(reader: Callable[[Path], DataSet]) -> Callable[[Path], DataSet]:
    """The same data set with two of its classes only: frog is 0, ship is 1."""

    def read(folder: Path) -> DataSet:
        data = reader(folder)
        tests = {name: _two(pictures) for name, pictures in data.tests.items()}
        return DataSet(_two(data.train), {_among(name, each): each for name, each in tests.items()})

    return read


def _two(pictures: Pictures) -> Pictures:
    wanted = [CLASSES["cifar-10"].index(name) for name in CLASSES["frog-or-ship"]]
    which = torch.isin(pictures.labels, torch.tensor(wanted))
    return Pictures(pictures.x[which], (pictures.labels[which] == wanted[1]).long())


def _among(name: str, pictures: Pictures) -> str:
    return f"{_count(pictures)} frogs and ships among {name}"


def _count(pictures: Pictures) -> str:
    """How many they are, as read."""
    count = len(pictures.x)
    return f"{count:,}".replace(",", " ") if count >= 10_000 else str(count)


_READERS: dict[str, Callable[[Path], DataSet]] = {
    "mnist": _read_mnist,
    "fashion-mnist": _read_fashion,
    "cifar-10": _read_cifar,
    "frog-or-ship": _frog_or_ship(_read_cifar),
}
_DOWNLOADS: dict[str, Callable[[Path], DataSet]] = {
    "mnist": _download_mnist,
    "fashion-mnist": _download_fashion,
    "cifar-10": _download_cifar,
    "frog-or-ship": _frog_or_ship(_download_cifar),
}
