"""Numbers of well-known papers beside ours, on the networks that this project trained.

Those networks are not the papers', so that the numbers need not agree; their order and size should. Pictures are the
first ones of a test set; where a part of the data or a network is missing, a sentence says so and its rows are left
out. In the rows, shares are between 0 and 1, and ρ is the mean of ‖δ‖₂ / ‖x‖₂.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from engine.device import set_threads, tune_process
from engine.errors import ExplainedError

if TYPE_CHECKING:
    from torch import Tensor

    from engine.attacks import Problem, Step
    from engine.catalogue.attacks import Attack, Norm
    from engine.models.classifier import Classifier

NAME = "published"
Row = dict[str, object]

FOOLED = 0.9
"""As DeepFool's paper compares FGSM: at the smallest ε that fools so many."""


def run(arguments: list[str]) -> dict[str, object]:
    """Computes the rows; ``--data`` names a folder laid out as ``engine/training/data.py`` says."""
    parser = argparse.ArgumentParser(prog=NAME, description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--images", type=int, default=100, help="of each test set; AutoAttack takes half of them")
    parser.add_argument("--quick", action="store_true", help="AutoAttack with a fifth of its steps and few queries")
    parser.add_argument("--rows", nargs="+", choices=tuple(_PARTS), default=tuple(_PARTS), metavar="NAME")
    chosen = parser.parse_args(arguments)
    tune_process()
    set_threads(window=False)
    how = Settings(chosen.data, chosen.images, chosen.quick)
    rows: list[Row] = []
    for name in chosen.rows:
        try:
            for row in _PARTS[name](how):
                _tell(f"{row['what']}: {row['paper']} in the paper, {row['ours']:.4g} here")
                rows.append(row)
        except ExplainedError as error:
            _tell(f"{name} is left out: {error}")
    return {"images": how.images, "rows": rows}


@dataclass(frozen=True)
class Settings:
    """What the rows are computed from.

    Attributes:
        data: the folder with the data sets.
        images: how many pictures.
        quick: whether AutoAttack is shortened.
    """

    data: Path
    images: int
    quick: bool


def _goodfellow(how: Settings) -> Iterator[Row]:
    """Goodfellow et al. 2015, section 4 to 6: errors on MNIST under FGSM with ε = 0.25."""
    from engine.catalogue.attacks import FGSM, Norm

    for network, theirs, paper in (
        ("linear", "softmax regression", 0.999),
        ("lenet-5", "maxout network", 0.894),
        ("robust-mnist", "maxout network trained with FGSM", 0.179),
    ):
        classifier, x, labels = _case(network, how.data, "mnist", how.images)
        problem = _problem(classifier, x, labels, Norm.LINF, 0.25)
        error = float((_last(FGSM(), problem).logits.argmax(1) != labels).float().mean())
        yield _row(f"error under FGSM, ε = 0.25; theirs: {theirs}", network, len(x), paper, error)


def _deepfool(how: Settings) -> Iterator[Row]:
    """Moosavi-Dezfooli et al. 2016, table 1."""
    from engine.catalogue.attacks import LBFGS, DeepFool, Norm

    for network, labels_of, theirs, papers in (
        ("lenet-5", "mnist", "LeNet", (0.20, 1.0, 0.25)),
        ("mlp-512", "mnist", "FC500-150-10", (0.11, 0.39, 0.12)),
        ("cifar-cnn", "cifar-10", "LeNet on CIFAR-10", (0.030, 0.13, 0.039)),
    ):
        classifier, x, labels = _case(network, how.data, labels_of, how.images, right=True)
        problem = _problem(classifier, x, labels, Norm.L2, 0.0)
        found = _last(DeepFool(), problem).x
        yield _row(f"ρ of DeepFool; theirs: {theirs}", network, len(x), papers[0], _relative(found - x, x))
        moved = _fgsm_that_fools(_problem(classifier, x, labels, Norm.LINF, 0.0))
        yield _row(f"ρ of FGSM; theirs: {theirs}", network, len(x), papers[1], _relative(moved - x, x))
        some = _problem(classifier, x[:20], labels[:20], Norm.L2, 0.0)
        shortest = _last(LBFGS(), some).x
        yield _row(
            f"ρ of L-BFGS; theirs: {theirs}", network, len(some.x), papers[2], _relative(shortest - some.x, some.x)
        )


def _szegedy(how: Settings) -> Iterator[Row]:
    """Szegedy et al. 2013, table 1: the mean distortion √(Σδ² / n) that L-BFGS needs."""
    from engine.catalogue.attacks import LBFGS, Norm

    for network, theirs, paper in (("linear", "FC10(10⁻⁴)", 0.062), ("mlp-512", "FC100-100-10", 0.058)):
        classifier, x, labels = _case(network, how.data, "mnist", min(how.images, 20), right=True)
        found = _last(LBFGS(), _problem(classifier, x, labels, Norm.L2, 0.0)).x
        distortion = float((found - x).square().flatten(1).mean(1).sqrt().mean())
        yield _row(f"distortion of L-BFGS; theirs: {theirs}", network, len(x), paper, distortion)


def _autoattack(how: Settings) -> Iterator[Row]:
    """Croce & Hein 2020: the share of test pictures that are seen right under AutoAttack."""
    from engine.catalogue.attacks import AutoAttack, Norm

    attack = AutoAttack(steps=20, targets=3, queries=100) if how.quick else AutoAttack()
    for network, labels_of, epsilon, said, theirs, paper in (
        ("cnn-32-32", "mnist", 0.3, "0.3", "any standard network", 0.0),
        ("robust-mnist", "mnist", 0.3, "0.3", "Madry et al.", 0.885),
        ("cifar-cnn", "cifar-10", 8 / 255, "8/255", "any standard network", 0.0),
        ("robust-cifar", "cifar-10", 8 / 255, "8/255", "Wong et al. 2020, a far larger network", 0.4321),
    ):
        classifier, x, labels = _case(network, how.data, labels_of, max(1, how.images // 2))
        right = classifier.logits(x).argmax(1) == labels
        end = _last(attack, _problem(classifier, x[right], labels[right], Norm.LINF, epsilon))
        holds = float((end.logits.argmax(1) == labels[right]).sum()) / len(x)
        yield _row(f"accuracy under AutoAttack, ε = {said}; theirs: {theirs}", network, len(x), paper, holds)


def _universal(how: Settings) -> Iterator[Row]:
    """Moosavi-Dezfooli et al. 2017, table 1; they learn from 10 000 pictures."""
    from engine.catalogue.attacks import Norm
    from engine.catalogue.crafting import UniversalByGradient
    from engine.crafting.pictures import Pictures
    from engine.crafting.universal import Universal
    from engine.models import load_model

    classifier = load_model("efficientnet-lite0", "cpu")
    pictures = Pictures(classifier, how.data / "imagenet-samples", 0)
    steps = Universal(classifier, pictures, UniversalByGradient(), Norm.LINF, 10 / 255, 0).grow()
    *_, last = (each for each in steps if each is not None)
    learnt, held_out = pictures.counts
    what = f"share that a universal change fools, ε = 10/255, learnt from {learnt} pictures; theirs: GoogLeNet, 10 000"
    yield _row(what, classifier.name, held_out, 0.789, last.rates.held_out)


_PARTS: Mapping[str, Callable[[Settings], Iterator[Row]]] = {
    "goodfellow": _goodfellow,
    "deepfool": _deepfool,
    "szegedy": _szegedy,
    "autoattack": _autoattack,
    "universal": _universal,
}


def _row(what: str, network: str, images: int, paper: float, ours: float) -> Row:
    return {"what": what, "network": network, "images": images, "paper": paper, "ours": ours}


def _case(network: str, data: Path, name: str, count: int, *, right: bool = False) -> tuple[Classifier, Tensor, Tensor]:
    """A network with the first pictures of a test set, or with the first that it sees right.

    Raises:
        ExplainedError: one of them is missing.
    """
    from engine.models import load_model
    from engine.training.data import read_data

    classifier = load_model(network, "cpu")
    test = next(iter(read_data(name, data).tests.values()))
    x, labels = test.x[: 2 * count].float() / 255, test.labels[: 2 * count]
    if right:
        seen = classifier.logits(x).argmax(1) == labels
        x, labels = x[seen], labels[seen]
    return classifier, x[:count], labels[:count]


def _problem(classifier: Classifier, x: Tensor, labels: Tensor, norm: Norm, epsilon: float) -> Problem:
    from engine.attacks import Problem

    return Problem(classifier.prepared, x, labels, False, norm, epsilon, tuple(range(len(x))))


def _last(attack: Attack, problem: Problem) -> Step:
    from engine.attacks import search

    *_, last = (step for step in search(attack, problem) if step is not None)
    return last


def _fgsm_that_fools(problem: Problem) -> Tensor:
    """FGSM's pictures at the smallest of a hundred ε that fools nine tenths, or at the largest."""
    from engine.attacks import along, direction
    from engine.catalogue.attacks import FGSM

    way = direction(FGSM(), problem)
    moved = problem.x
    for percent in range(1, 101):
        moved = along(replace(problem, epsilon=percent / 100), way)
        if float((problem.model(moved).argmax(1) != problem.labels).float().mean()) >= FOOLED:
            break
    return moved


def _relative(change: Tensor, x: Tensor) -> float:
    """ρ: the mean of ‖δ‖₂ / ‖x‖₂."""
    return float((change.flatten(1).norm(dim=1) / x.flatten(1).norm(dim=1)).mean())


def _tell(sentence: str) -> None:
    print(sentence, file=sys.stderr)
