"""Numbers that are shown in teaching, beside ours: shifted digits, permuted pixels, a frog made a ship, transfer.

The networks are those that this project trained, the pictures whole test sets. A missing network or data set is told in
a sentence, and its rows are left out.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from engine.device import set_threads, tune_process
from engine.errors import ExplainedError

if TYPE_CHECKING:
    from torch import Tensor

    from engine.models.classifier import Classifier
    from engine.training.data import DataSet, Pictures

NAME = "lectures"
Row = dict[str, object]
AT_ONCE = 500
OF_A_CLASS = 100
"""So many photographs of each of two classes are learnt from."""
FROG, SHIP = 0, 1


def run(arguments: list[str]) -> dict[str, object]:
    """Computes the rows; ``--data`` names a folder laid out as ``engine/training/data.py`` says."""
    parser = argparse.ArgumentParser(prog=NAME, description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--rows", nargs="+", choices=tuple(_PARTS), default=tuple(_PARTS), metavar="NAME")
    chosen = parser.parse_args(arguments)
    tune_process()
    set_threads(window=False)
    rows: list[Row] = []
    for name in chosen.rows:
        try:
            for row in _PARTS[name](chosen.data):
                _tell(f"{row['what']}: {row['lecture']} there, {row['ours']} here")
                rows.append(row)
        except ExplainedError as error:
            _tell(f"{name} is left out: {error}")
    return {"rows": rows}


def _shifted(data: Path) -> Iterator[Row]:
    """A dense network, and a convolutional one, on digits as they are and moved two pixels up and to the left."""
    for network, still, moved in (("mlp-512", "0.94 to 0.98", 0.21), ("cnn-32-32", None, None)):
        classifier, pictures = _case(network, data, "mnist")
        yield _row(f"{network} on MNIST", still, _accuracy(classifier, pictures.x, pictures.labels))
        x = _up_and_left(pictures.x, 2)
        yield _row(f"{network}, moved two pixels up and left", moved, _accuracy(classifier, x, pictures.labels))


def _permuted(data: Path) -> Iterator[Row]:
    """The same convolutional network where neighbours are neighbours, and where one fixed permutation came first."""
    for network, what in (("cnn-32-32", "as they are"), ("cnn-32-32-permuted", "permuted")):
        classifier, pictures = _case(network, data, "mnist")
        said = f"convolutional network, learnt and asked with pixels {what}"
        yield _row(said, None, _accuracy(classifier, pictures.x, pictures.labels))


def _frog_or_ship(data: Path) -> Iterator[Row]:
    """Logistic regression before and after its weights are added, and after a step of the gradient's sign.

    Of all frogs in the test set that are seen as frogs, the mean and the median of p(ship); "fooled" is their share
    that is seen as a ship. Pictures are kept within [0, 1].
    """
    classifier, pictures = _case("frog-or-ship", data, "frog-or-ship")
    x = pictures.x.float() / 255
    is_frog = (pictures.labels == FROG) & (classifier.logits(x).argmax(1) == FROG)
    frogs = x[is_frog]
    weights = _weights(classifier, frogs[:1])
    for what, theirs, moved in (
        ("as it is", None, frogs),
        ("plus its weights / 6", 0.66, frogs + weights / 6),
        ("plus 0.02 · sign of the gradient", 0.59, frogs + 0.02 * weights.sign()),
    ):
        ship = classifier.logits(moved.clamp(0, 1)).softmax(1)[:, SHIP]
        yield _row(f"p(ship) of a frog, {what}: median", theirs, float(ship.median()))
        yield _row(f"p(ship) of a frog, {what}: mean", None, float(ship.mean()))
        yield _row(f"frogs seen as ships, {what}", None, float((ship > 0.5).float().mean()))


def _transfer(data: Path) -> Iterator[Row]:
    """Two classes of CIFAR-10, 100 pictures each: features of a network against pixels, cross-validated."""
    from engine.teaching.folders import classes_in
    from engine.teaching.lesson import Lesson
    from engine.teaching.outcome import Outcome
    from engine.teaching.teaching import teach
    from engine.training.data import read_data

    train = read_data("cifar-10", data).train
    with tempfile.TemporaryDirectory() as folder:
        folders = [_saved(Path(folder, name), train, label) for name, label in (("cat", 3), ("dog", 5))]
        found: list[Outcome] = []
        for _ in teach(Lesson(classes_in(folders), "efficientnet-lite0", pixels=True), found):
            pass
    (outcome,) = found
    what = f"cat or dog, {OF_A_CLASS} pictures each"
    yield _row(f"{what}: features of efficientnet-lite0, pictures it had not seen", 0.82, outcome.accuracy)
    yield _row(f"{what}: the same, pictures it learnt from", 1.0, outcome.trained)
    yield _row(f"{what}: pixels alone, pictures it had not seen", None, outcome.pixels or 0.0)


_PARTS: Mapping[str, Callable[[Path], Iterator[Row]]] = {
    "shifted": _shifted,
    "permuted": _permuted,
    "frog-or-ship": _frog_or_ship,
    "transfer": _transfer,
}


def _row(what: str, lecture: object, ours: float) -> Row:
    return {"what": what, "lecture": lecture, "ours": round(ours, 4)}


def _case(network: str, data: Path, name: str) -> tuple[Classifier, Pictures]:
    """A network and the test set that counts.

    Raises:
        ExplainedError: one of them is missing.
    """
    from engine.models import load_model
    from engine.training.data import read_data

    found: DataSet = read_data(name, data)
    return load_model(network, "cpu"), next(iter(found.tests.values()))


def _accuracy(classifier: Classifier, x: Tensor, labels: Tensor) -> float:
    right = sum(
        int((classifier.logits(some.float() / 255).argmax(1) == wanted).sum())
        for some, wanted in zip(x.split(AT_ONCE), labels.split(AT_ONCE), strict=True)
    )
    return right / len(labels)


def _up_and_left(x: Tensor, pixels: int) -> Tensor:
    """Pictures (N, 1, H, W) moved, with black coming in."""
    import torch

    moved = torch.zeros_like(x)
    moved[..., :-pixels, :-pixels] = x[..., pixels:, pixels:]
    return moved


def _weights(classifier: Classifier, x: Tensor) -> Tensor:
    """The weights by which pixels in [0, 1] add to the lead of the ship, (1, 3, 32, 32)."""
    import torch

    leaf = x.clone().requires_grad_()
    logits = classifier(leaf)
    (weights,) = torch.autograd.grad((logits[:, SHIP] - logits[:, FROG]).sum(), leaf)
    return weights


def _saved(folder: Path, pictures: Pictures, label: int) -> Path:
    """The first pictures of a class as files in a folder of that name."""
    from PIL import Image

    folder.mkdir()
    some = pictures.x[pictures.labels == label][:OF_A_CLASS]
    for place, each in enumerate(some):
        Image.fromarray(each.permute(1, 2, 0).contiguous().numpy()).save(folder / f"{place:03}.png")
    return folder


def _tell(said: str) -> None:
    sys.stderr.write(f"{said}\n")
